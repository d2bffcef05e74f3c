"""What counts as an answer to PING: an error may come from a server that delivers every message."""

from __future__ import annotations

import socket
from typing import Final

import pytest

from checkpoint_notify import CheckpointListenerConfig, Connected, Disconnected, Gap, Invalid
from checkpoint_notify._protocol.resp import command
from checkpoint_notify._protocol.subscription import SubscriptionRefusedError
from checkpoint_notify._protocol.timestamps import Loss, Timestamp

from ..support.listener_world import CONFIRMATION, PONG, RecordedSubscription, message
from ..support.listeners import CHANNEL, Listen
from ..support.loopback import LoopbackServer
from ..support.timestamps import at
from ..support.waiting import wait_until

PING: Final = command(b"PING")

ANSWERS: Final = [
    PONG,
    b"+PONG\r\n",
    b"-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n",
    b"-BUSY\r\n",
    b"-LOADING Redis is loading the dataset in memory\r\n",
    b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
    b"-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.\r\n",
    b"-NOPERM User listener has no permissions to run the 'ping' command\r\n",
    b"-ERR unknown command 'PING', with args beginning with: \r\n",
    b"-ERR unknown command `PING`, with args beginning with: \r\n",
    b"-ERR unknown command 'PING'\r\n",
    b"-ERR unknown command\r\n",
]
OTHERS: Final = [
    b"-BUSYGROUP Consumer Group name already exists\r\n",
    b"-BUSYKEY Target key name already exists.\r\n",
    b"-busy x\r\n",
    b"- BUSY x\r\n",
    b"-LOADING\tx\r\n",
    b"-MASTERDOWN: x\r\n",
    b"-NOPERMISSION x\r\n",
    b"-ERR\r\n",
    b"-ERR BUSY x\r\n",
    b"-ERR unknown commandant\r\n",
    b"-ERR unknown subcommand 'PING'\r\n",
    b"-ERR upstream is gone\r\n",
    b"-ERR max number of clients reached\r\n",
    b"-NOAUTH Authentication required.\r\n",
    b"-\r\n",
    b"+pong\r\n",
    b"+PONG x\r\n",
    b"+OK\r\n",
    b":1\r\n",
    b"$4\r\nPONG\r\n",
    b"$5\r\n+PONG\r\n",
    b"*1\r\n+PONG\r\n",
    b"*1\r\n-BUSY x\r\n",
    b"*2\r\n+pong\r\n$0\r\n\r\n",
    b"*2\r\n$4\r\npong\r\n$1\r\nx\r\n",
    b"*1\r\n$4\r\npong\r\n",
]


def subscribing() -> RecordedSubscription:
    """A core that has written SUBSCRIBE, at second 100."""
    core = RecordedSubscription(CheckpointListenerConfig(ping_interval=1, ping_timeout=5))
    core.begin(at(100))
    core.subscribe(at(100))
    return core


def pinging(count: int) -> RecordedSubscription:
    """A core that has written so many PINGs, from second 101 on, one each second."""
    core = subscribing()
    core.receive(CONFIRMATION, at(100))
    for number in range(count):
        assert PING == core.receive(None, at(101 + number))
    core.take_items()
    return core


def gap_since(core: RecordedSubscription) -> Timestamp:
    """Where the Gap starts if the connection breaks now."""
    core.fail(ConnectionError("broken"), at(200))
    core.begin(at(201))
    core.subscribe(at(201))
    core.receive(CONFIRMATION, at(201))
    (loss,) = [item for item in core.take_items() if isinstance(item, Loss)]
    return loss.since


@pytest.mark.parametrize("reply", ANSWERS)
def test_an_accepted_error_answers_the_oldest_ping(reply: bytes) -> None:
    """A Gap starts at that PING, and the next answer is waited for."""
    core = pinging(3)
    assert 104 == core.wake_at
    core.receive(reply, at(103.5))
    assert PING == core.receive(message(b"x"), at(104))
    core.receive(reply, at(104.5))
    assert core.connected
    assert 1 == len(core.take_items())
    assert at(102) == gap_since(core)


@pytest.mark.parametrize("reply", ANSWERS)
def test_an_answer_without_a_ping_ends_the_connection(reply: bytes) -> None:
    """It comes before the first PING, or after as many answers as there were PINGs."""
    with pytest.raises(ConnectionError):
        pinging(0).receive(reply, at(103))
    core = pinging(2)
    core.receive(reply + reply, at(102.5))
    with pytest.raises(ConnectionError):
        core.receive(reply, at(102.5))


@pytest.mark.parametrize("reply", [*ANSWERS, *OTHERS])
def test_an_error_does_not_confirm_a_subscription(reply: bytes) -> None:
    """Any answer to SUBSCRIBE other than its confirmation ends the try."""
    core = subscribing()
    with pytest.raises(ConnectionError) as caught:
        core.receive(reply, at(100.5))
    assert reply.startswith(b"-") is isinstance(caught.value, SubscriptionRefusedError)
    assert not core.connected


@pytest.mark.parametrize("reply", OTHERS)
def test_a_proxys_error_ends_the_connection(reply: bytes) -> None:
    """The server behind the proxy may be gone, so the error proves nothing."""
    core = pinging(1)
    with pytest.raises(ConnectionError, match=r"the server answered: |to a subscriber") as caught:
        core.receive(reply, at(101.5))
    assert reply.startswith(b"-") is isinstance(caught.value, SubscriptionRefusedError)
    assert at(100) == gap_since(core)


@pytest.mark.parametrize("reply", ANSWERS)
def test_connection_is_given_up_when_the_next_answer_is_missing(reply: bytes) -> None:
    """It is given up when the answer to the next PING is due."""
    core = pinging(1)
    core.receive(reply, at(101.5))
    assert PING == core.receive(None, at(102))
    core.receive(None, at(106.9))
    with pytest.raises(TimeoutError, match="no answer to PING within 5 s"):
        core.receive(None, at(107))


# Over sockets.


class Subscribed:
    """A server that confirms SUBSCRIBE, answers each PING with the same reply, and publishes on demand."""

    def __init__(self, reply: bytes) -> None:
        self._reply = reply
        self._connection: socket.socket | None = None
        self.pings = 0

    def __call__(self, connection: socket.socket) -> None:
        """Serve one connection."""
        while data := connection.recv(65536):
            if b"SUBSCRIBE" in data:
                connection.sendall(
                    CONFIRMATION.replace(b"$7\r\nchannel", b"$%d\r\n%s" % (len(CHANNEL), CHANNEL.encode()))
                )
                self._connection = connection
            else:
                self.pings += data.count(b"PING")
                connection.sendall(self._reply * data.count(b"PING"))

    def publish(self, payload: bytes) -> None:
        """Send a message to the last subscriber."""
        assert self._connection is not None
        self._connection.sendall(command(b"message", CHANNEL.encode(), payload))


@pytest.mark.parametrize("reply", ANSWERS)
def test_listener_keeps_the_connection_to_a_living_server(listen: Listen, reply: bytes) -> None:
    """It delivers messages and no other event, though all PINGs get such an answer."""
    server = Subscribed(reply)
    with (
        LoopbackServer(server) as place,
        listen(redis_url=place.url, ping_interval=0.02, ping_timeout=60, connect_timeout=60) as listening,
    ):
        listening.take(Connected)
        wait_until(lambda: server.pings > 3)
        server.publish(b"end")
        assert b"end" == listening.take(Invalid).raw
        assert 1 == place.accepted


@pytest.mark.parametrize("reply", OTHERS)
def test_listener_reconnects_after_a_proxys_error(listen: Listen, reply: bytes) -> None:
    """It delivers Disconnected, Connected and a Gap."""
    with (
        LoopbackServer(Subscribed(reply)) as place,
        listen(redis_url=place.url, ping_interval=0.02, ping_timeout=60, connect_timeout=60) as listening,
    ):
        for kind in (Connected, Disconnected, Connected, Gap):
            listening.take(kind)
