"""Where both notifiers and both listeners connect to: all parts of an address count, of IPv6 its scope too."""

from __future__ import annotations

import asyncio
import errno
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import checkpoint_notify.asyncio
from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Disconnected,
    NotSentError,
)

from ..support.loopback import LoopbackServer, Recorder, refusing_port
from ..support.server import Server

NAME: Final = "scoped.invalid"
SOCKADDR: Final = ("fe80::1", 6379, 7, 3)
"""Address, port, flow and scope."""
SAVED: Final = CheckpointNotification.new("model.bin", "lstm")


def blocking_notifier(url: str) -> object:
    """Publish once."""
    return CheckpointNotifier(CheckpointNotifierConfig(redis_url=url)).publish(SAVED)


def asyncio_notifier(url: str) -> object:
    """Publish once."""
    config = CheckpointNotifierConfig(redis_url=url)
    return asyncio.run(checkpoint_notify.asyncio.CheckpointNotifier(config).publish(SAVED))


def blocking_listener(url: str) -> object:
    """The first event."""
    with CheckpointListener(CheckpointListenerConfig(redis_url=url, connect_timeout=60)) as listener:
        return next(listener)


def asyncio_listener(url: str) -> object:
    """The first event."""

    async def main() -> object:
        config = CheckpointListenerConfig(redis_url=url, connect_timeout=60)
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            return await anext(listener)

    return asyncio.run(main())


USES: Final = [blocking_notifier, asyncio_notifier, blocking_listener, asyncio_listener]
each_use = pytest.mark.parametrize("use", USES)

Use = Callable[[str], object]


def named(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[Any, ...]) -> None:
    """Have the system resolve NAME to these, and all else as before."""
    resolve = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **options: Any) -> Any:
        if host not in (NAME, NAME.encode()):
            return resolve(host, *args, **options)
        if options.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        family = {2: socket.AF_INET, 4: socket.AF_INET6}
        return [(family[len(address)], socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@each_use
def test_all_parts_of_a_resolved_address_are_used(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is asked to connect to exactly what the resolver returned."""
    asked: list[object] = []

    def refuse(_: socket.socket, address: object) -> None:
        asked.append(address)
        raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")

    def refused(_: socket.socket, address: object) -> int:
        asked.append(address)
        return errno.ECONNREFUSED

    named(monkeypatch, SOCKADDR, ("192.0.2.7", 6379))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refused)
    try:
        assert isinstance(use(f"redis://{NAME}"), Disconnected)
    except NotSentError:
        pass  # the notifier's way to say so
    assert [SOCKADDR, ("192.0.2.7", 6379)] == asked[:2]


def link_local() -> tuple[str, int]:
    """An address of this machine that is worth nothing without its scope, and the scope."""
    interfaces = Path("/proc/net/if_inet6")
    for line in interfaces.read_text().splitlines() if interfaces.exists() else ():
        digits, index, _, scope, *_ = line.split()
        if scope == "20":
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)), int(index, 16)
    pytest.skip("no interface of this machine has a link-local IPv6 address")


@each_use
def test_connecting_to_a_link_local_address(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of mDNS may resolve to one."""
    address, scope = link_local()
    listener = socket.create_server((address, 0, 0, scope), family=socket.AF_INET6)
    with LoopbackServer(Recorder(), listener) as server:
        named(monkeypatch, (address, server.port, 0, scope))
        use(f"redis://{NAME}:{server.port}")
        assert 1 <= server.accepted


@each_use
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "127.1", "localhost"])
def test_connecting_to_addresses_and_names(use: Use, host: str, server: Server) -> None:
    """Each reaches a running server. IPv6 at least gets as far as a refusal."""
    try:
        event = use(f"redis://{host}:{server.port}")
    except NotSentError as error:
        event = Disconnected(error)
    if isinstance(event, Disconnected):
        assert "[::1]" == host
        assert "onnect" in str(event.error)


@each_use
def test_the_next_address_is_tried_after_a_refusal(use: Use, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two addresses is connected to."""
    with refusing_port() as port:
        named(monkeypatch, ("127.0.0.1", port), ("127.0.0.1", server.port))
        assert not isinstance(use(f"redis://{NAME}"), Disconnected)


@each_use
def test_tcp_nodelay_is_set(use: Use, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is set on every connection: a PING or a PUBLISH must not wait for an acknowledgement."""
    set_by_us: list[socket.socket] = []
    setsockopt = socket.socket.setsockopt

    def noted(sock: socket.socket, *args: Any) -> None:
        setsockopt(sock, *args)
        if args == (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1):
            set_by_us.append(sock)

    monkeypatch.setattr(socket.socket, "setsockopt", noted)
    use(server.url)
    assert 1 <= len(set_by_us)


CANCELLED: Final = """
import asyncio, os, sys
from checkpoint_notify._asyncio.connection import RedisConnection
from checkpoint_notify.redis_url import RedisUrl

async def main():
    url = RedisUrl.parse(sys.argv[1])
    (_, writer) = await RedisConnection(url, 60)._open()
    writer.close()
    await writer.wait_closed()
    before = len(os.listdir("/dev/fd"))
    for turns in range(12):
        task = asyncio.create_task(RedisConnection(url, 60)._open())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        try:
            (_, writer) = await task
        except asyncio.CancelledError:
            continue
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.05)
    print(len(os.listdir("/dev/fd")) - before)

asyncio.run(main())
"""


def test_cancelling_while_connecting_leaves_no_descriptor(server: Server) -> None:
    """It is cancelled at each turn of the loop. Python warns of no unclosed socket."""
    command = [sys.executable, "-X", "dev", "-c", CANCELLED, server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ("0\n", "") == (done.stdout, done.stderr)
