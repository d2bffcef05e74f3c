"""One table of what can go wrong; the real Rust notifier and both of ours go through it, and end the same way."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, Literal, NamedTuple

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from checkpoint_notify import (
    CheckpointNotification,
    NotSentError,
    OutcomeUnknownError,
    PublishError,
    RedisUrlError,
    RejectedError,
    checkpoint_channel,
)
from checkpoint_notify.conformance.values import to_protocol

from ..conftest import RustBin
from ..support.flavours import Flavour, FlavourNotifier
from ..support.loopback import LoopbackServer, free_port, silent
from ..support.proxy import FaultProxy
from ..support.rust import SLOW_CLOCK, RustNotifier, Settings
from ..support.server import Server
from ..support.subscriber import Subscriber

NOTIFICATION: Final = CheckpointNotification.new("model.bin", "lstm").with_version(3)
CHANNEL: Final = checkpoint_channel("default")
MARKER: Final = b"the end"

CLIENT: Final = "Redis client error: "
CONNECTION: Final = "Redis connection error: "
PUBLISH: Final = "Redis PUBLISH error: "


class Scene(NamedTuple):
    """A situation that is set up: the URL to publish to, and that of a server whose subscribers are watched, if any."""

    url: str
    watched: str | None = None


class Row(NamedTuple):
    """A situation and what comes of it: how Rust's error begins (None: no error), our class, and what was delivered."""

    scene: Callable[[], AbstractContextManager[Scene]]
    prefix: str | None
    kind: type[PublishError] | type[RedisUrlError] | None
    delivered: int


@contextmanager
def on_server(*arguments: str, password: str | None = None, url: str = "{url}") -> Iterator[Scene]:
    """A server of its own; `url` is made from its `{url}` and `{port}`."""
    with Server(*arguments, password=password) as server:
        yield Scene(url.format(url=server.url, port=server.port), server.url)


@contextmanager
def user(rules: str, *arguments: str) -> Iterator[Scene]:
    """A user `u` with these ACL rules."""
    with Server(*arguments) as server, admin(server) as client:
        client.execute_command("ACL", "SETUSER", "u", "on", ">pw", *rules.split())
        yield Scene(f"redis://u:pw@127.0.0.1:{server.port}", server.url)


@contextmanager
def stopped() -> Iterator[Scene]:
    """A server that the system stopped; its port still takes connections."""
    with Server() as server:
        os.kill(server.pid, signal.SIGSTOP)
        try:
            yield Scene(server.url)
        finally:
            os.kill(server.pid, signal.SIGCONT)


@contextmanager
def silent_peer() -> Iterator[Scene]:
    """Takes connections and says nothing."""
    with LoopbackServer(silent) as server:
        yield Scene(server.url)


@contextmanager
def reply_lost() -> Iterator[Scene]:
    """The server gets PUBLISH; its reply is lost on the way."""
    with Server() as server, FaultProxy(server.port, lose_replies_from=b"PUBLISH") as proxy:
        yield Scene(proxy.url, server.url)


@contextmanager
def full() -> Iterator[Scene]:
    """A server that has all the clients it takes."""
    with Server("--maxclients", "1") as server, admin(server) as client:
        client.ping()
        yield Scene(server.url)


@contextmanager
def busy() -> Iterator[Scene]:
    """A server that runs a script without end."""
    with Server("--busy-reply-threshold", "1") as server, in_background(server, "EVAL", "while true do end", 0):
        with admin(server) as client:
            wait_for(client, redis.exceptions.ResponseError, "BUSY")
        yield Scene(server.url)


@contextmanager
def loading() -> Iterator[Scene]:
    """A server that loads its data, slowly."""
    slowly = ["--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024", "--rdbcompression", "no"]
    with Server("--enable-debug-command", "yes", *slowly) as server, admin(server) as client:
        client.execute_command("DEBUG", "POPULATE", "1000", "key", "2048")
        with Subscriber(server.url, CHANNEL), in_background(server, "DEBUG", "RELOAD"):
            wait_for(client, redis.exceptions.BusyLoadingError, "")
            yield Scene(server.url)


@contextmanager
def replica() -> Iterator[Scene]:
    """A replica; the subscriber is the primary's."""
    with Server() as primary, Server("--replicaof", f"127.0.0.1 {primary.port}") as server:
        yield Scene(server.url, primary.url)


@contextmanager
def cluster_node() -> Iterator[Scene]:
    """A cluster of one node that serves no slot."""
    with on_server("--cluster-enabled", "yes", "--cluster-port", str(free_port())) as scene:
        yield scene


@contextmanager
def admin(server: Server) -> Iterator[Any]:
    """A plain client, which tries nothing twice."""
    with redis.Redis(
        port=server.port, protocol=2, single_connection_client=True, retry=Retry(NoBackoff(), 0)
    ) as client:
        yield client


@contextmanager
def in_background(server: Server, *command: Any) -> Iterator[None]:
    """The server works on a command; it is killed at the end of the block, which ends the command as well."""

    def run() -> None:
        with admin(server) as client, pytest.raises(redis.exceptions.RedisError):
            client.execute_command(*command)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        server.kill()
        thread.join()


def wait_for(client: Any, kind: type[Exception], text: str) -> None:
    """Ask until the server answers with this error."""
    while True:
        try:
            client.ping()
        except kind as error:
            if text in str(error):
                return


LEAST: Final = "resetchannels &fks:*:model_checkpoints -@all +publish"

TABLE: Final[dict[str, Row]] = {
    "healthy": Row(on_server, None, None, 1),
    "url_without_host": Row(lambda: nullcontext(Scene("redis://")), CLIENT, RedisUrlError, 0),
    "url_not_a_redis_url": Row(lambda: nullcontext(Scene("http://localhost")), CLIENT, RedisUrlError, 0),
    "tls": Row(lambda: nullcontext(Scene("rediss://localhost")), CLIENT, RedisUrlError, 0),
    "server_down": Row(lambda: nullcontext(Scene("redis://127.0.0.1:1")), CONNECTION, NotSentError, 0),
    "socket_absent": Row(lambda: nullcontext(Scene("unix:///no/such/socket")), CONNECTION, NotSentError, 0),
    "socket_path_with_nul": Row(lambda: nullcontext(Scene("unix:///no%00socket")), CONNECTION, NotSentError, 0),
    "name_unknown": Row(lambda: nullcontext(Scene("redis://unknown.invalid")), CONNECTION, NotSentError, 0),
    "silent_peer": Row(silent_peer, CONNECTION, NotSentError, 0),
    "server_stopped": Row(stopped, CONNECTION, NotSentError, 0),
    "maxclients": Row(full, CONNECTION, NotSentError, 0),
    "reply_lost": Row(reply_lost, PUBLISH, OutcomeUnknownError, 1),
    "wrong_password": Row(
        lambda: on_server(password="pw", url="redis://:wrong@127.0.0.1:{port}"), CONNECTION, RejectedError, 0
    ),
    "unknown_user": Row(lambda: on_server(url="redis://who:pw@127.0.0.1:{port}"), CONNECTION, RejectedError, 0),
    "password_where_none_is_set": Row(
        lambda: on_server(url="redis://:pw@127.0.0.1:{port}"), CONNECTION, RejectedError, 0
    ),
    "wrong_password_resp3": Row(
        lambda: on_server(password="pw", url="redis://:wrong@127.0.0.1:{port}?protocol=3"),
        CONNECTION,
        RejectedError,
        0,
    ),
    "NOAUTH": Row(lambda: on_server(password="pw", url="redis://127.0.0.1:{port}"), PUBLISH, RejectedError, 0),
    "NOAUTH_user_without_password": Row(
        lambda: on_server(password="pw", url="redis://default@127.0.0.1:{port}"), PUBLISH, RejectedError, 0
    ),
    "NOAUTH_resp3": Row(
        lambda: on_server(password="pw", url="redis://127.0.0.1:{port}?protocol=3"), CONNECTION, RejectedError, 0
    ),
    "NOPERM_command": Row(lambda: user("~* &* +@all -publish"), PUBLISH, RejectedError, 0),
    "NOPERM_channel": Row(lambda: user("~* resetchannels &fks:other:* +@all"), PUBLISH, RejectedError, 0),
    "least_permissions": Row(lambda: user(LEAST), None, None, 1),
    "bad_database": Row(lambda: on_server(url="{url}/99"), CONNECTION, RejectedError, 0),
    "negative_database": Row(lambda: on_server(url="{url}/-1"), CONNECTION, RejectedError, 0),
    "BUSY": Row(busy, PUBLISH, RejectedError, 0),
    "LOADING": Row(loading, None, None, 0),
    "out_of_memory": Row(lambda: on_server("--maxmemory", "1"), None, None, 1),
    "replica": Row(replica, None, None, 0),
    "cluster_node_without_slots": Row(cluster_node, None, None, 1),
}


LIMITED: Final = {
    "silent_peer": pytest.mark.time_limits("CONNECT_SECONDS"),
    "server_stopped": pytest.mark.time_limits("CONNECT_SECONDS"),
    "reply_lost": pytest.mark.time_limits("REPLY_SECONDS"),
}
"""The rows in which a time limit ends the publish."""


@pytest.mark.parametrize("publisher", ["rust", "sync", "asyncio"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=LIMITED.get(name, ())) for name in TABLE])
def test_outcome(name: str, publisher: Literal["rust", "sync", "asyncio"], rust_bin: RustBin) -> None:
    """The error of each publisher begins as the row says, ours have its class, and as much was delivered."""
    row = TABLE[name]
    with row.scene() as scene, watching(scene.watched) as delivered:
        if publisher == "rust":
            text = rust_error(rust_bin, scene.url, {SLOW_CLOCK: "6"} if name in LIMITED else {})
        else:
            error = our_error(publisher, scene.url)
            assert row.kind is (None if error is None else type(error))
            text = None if error is None else str(error)
        assert row.prefix == beginning(text)
        if scene.watched is not None:
            assert [NOTIFICATION.to_json_bytes()] * row.delivered == delivered()


def rust_error(rust_bin: RustBin, url: str, settings: Settings) -> str | None:
    """The text of the real Rust notifier's error."""
    with RustNotifier(rust_bin("notifier"), {"REDIS_URL": url, **settings}) as notifier:
        return notifier.publish(to_protocol(NOTIFICATION))


def our_error(flavour: Flavour, url: str) -> Exception | None:
    """What our notifier raises."""
    try:
        FlavourNotifier(flavour).publish(url, NOTIFICATION)
    except (PublishError, RedisUrlError) as error:
        return error
    return None


def beginning(text: str | None) -> str | None:
    """The part of an error's text that says which step failed; all of it, if it does not say."""
    if text is None:
        return None
    return next((prefix for prefix in (CLIENT, CONNECTION, PUBLISH) if text.startswith(prefix)), text)


@contextmanager
def watching(url: str | None) -> Iterator[Callable[[], list[bytes]]]:
    """A function that gives what the subscribers of this server received so far."""
    if url is None:
        yield list
        return
    with Subscriber(url, CHANNEL) as subscriber:

        def delivered() -> list[bytes]:
            with redis.Redis.from_url(url, protocol=2) as client:
                assert 0 < client.publish(CHANNEL, MARKER)
            received = [subscriber.receive()]
            while MARKER not in received:
                received.append(subscriber.receive())
            return received[:-1]

        yield delivered
