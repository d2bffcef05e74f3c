"""The embedded server ends with whoever started it, and never without."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from ..support import server as module
from ..support.loopback import free_port
from ..support.server import Server
from ..support.subscriber import Subscriber
from ..support.waiting import PATIENCE, wait_until

ROOT: Final = Path(__file__).parents[2]

STARTER: Final = """
import signal
from tests.support.server import Server
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored
server = Server()
print(server.port, server.unix_path.parent, flush=True)
signal.pause()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_server_dies_with_its_parent(end: signal.Signals) -> None:
    """A killed test run leaves no server behind."""
    command = [sys.executable, "-W", "ignore", "-c", STARTER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as starter:
        assert starter.stdout is not None
        number, folder = starter.stdout.readline().decode().split()
        port = int(number)
        assert _is_open(port)
        assert Path(folder).is_dir()
        starter.send_signal(end)
        try:
            starter.wait(PATIENCE)
        finally:
            starter.kill()
    wait_until(lambda: not (_is_open(port) or Path(folder).exists()), "the server and its folder are gone")


def test_server_outlives_other_children() -> None:
    """The end of a child program or of a fork does not end the server."""
    with Server() as mine:
        subprocess.run([sys.executable, "-c", ""], check=True)
        if (child := os.fork()) == 0:
            os._exit(0)
        os.waitpid(child, 0)
        time.sleep(0.1)
        assert _is_open(mine.port)


def test_restart_keeps_the_address() -> None:
    """A new process, at the same port."""
    with Server() as running:
        before = running.pid
        running.kill()
        assert not _is_open(running.port)
        running.restart()
        assert before != running.pid
        assert _is_open(running.port)


def test_server_tries_another_port_if_the_first_is_taken(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other server keeps its port."""
    free = free_port()
    ports = iter([server.port, server.port, free])
    monkeypatch.setattr(module, "free_port", lambda: next(ports))
    with Server() as second:
        assert free == second.port


def test_a_server_that_cannot_start_says_why() -> None:
    """Its own words are in the error."""
    with pytest.raises(RuntimeError, match="Bad directive"):
        Server("--no-such-option", "1")


def test_password_and_unix_socket() -> None:
    """Both URLs lead to the server, with the password in them."""
    with (
        Server(password="a b@/?#:%") as closed,
        Subscriber(closed.url, "channel") as over_tcp,
        Subscriber(closed.unix_url, "channel") as over_unix,
        socket.create_connection((closed.host, closed.port)) as publisher,
    ):
        publisher.sendall(b"AUTH 'a b@/?#:%'\r\nPUBLISH channel hello\r\n")
        assert [b"hello", b"hello"] == [over_tcp.receive(), over_unix.receive()]


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except OSError:
        return False
    return True
