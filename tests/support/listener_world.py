"""A simulated server, network, clock and consumer for a subscription, with faults on demand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Final

from checkpoint_notify import (
    CheckpointListenerConfig,
    Connected,
    Disconnected,
    Event,
    Gap,
    Invalid,
    Received,
)
from checkpoint_notify._protocol.event_decoder import EventDecoder
from checkpoint_notify._protocol.event_queue import EventQueue, Item
from checkpoint_notify._protocol.resp import command
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._protocol.timestamps import Loss, Timestamp

from .timestamps import at

ROOMY: Final = CheckpointListenerConfig(ping_interval=2.0, ping_timeout=1.5, connect_timeout=1.0, backoff_max=3.0)
TIGHT: Final = replace(ROOMY, max_queue=4, max_queue_bytes=24)
EAGER: Final = replace(ROOMY, ping_interval=0.5)
"""Several PINGs are on their way at a time."""
CHANNEL: Final = "channel"
STEP: Final = 0.125
"""How often something moves while all is well, in seconds."""
LATENCY: Final = 0.25
"""How long a request takes, and a reply."""

CONFIRMATION: Final = b"*3\r\n$9\r\nsubscribe\r\n$7\r\nchannel\r\n:1\r\n"
PONG: Final = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
BUSY: Final = b"-BUSY Valkey is busy running a script.\r\n"
PROXY_ERROR: Final = b"-ERR upstream is gone\r\n"


def message(payload: bytes) -> bytes:
    """A published payload as a subscriber reads it."""
    return b"*3\r\n$7\r\nmessage\r\n$7\r\nchannel\r\n$%d\r\n%s\r\n" % (len(payload), payload)


@dataclass
class Published:
    """What a publisher noted down."""

    payload: bytes
    at: Timestamp


@dataclass
class Connection:
    """The two directions between the server and the listener."""

    to_server: list[tuple[float, bytes]] = field(default_factory=list)
    to_client: list[tuple[float, bytes]] = field(default_factory=list)
    """What is under way, and when it is due."""
    subscribed: bool = False
    requests_lost: bool = False
    replies_lost: bool = False
    proxy_answers: bool = False
    """Whether a proxy answers the requests that are lost."""
    closed: bool = False
    """The stream ends behind what is in `to_client`."""
    fault_at: float = math.inf

    def reply(self, data: bytes, due: float) -> None:
        """The server writes."""
        if not (self.replies_lost or self.closed):
            self.to_client.append((due, data))


class RecordedSubscription(Subscription):
    """Keeps the items that it delivers."""

    def __init__(self, config: CheckpointListenerConfig, channel: str = CHANNEL) -> None:
        self._delivered: list[Item] = []
        super().__init__(config, channel, self._delivered.extend, lambda: 0.5)

    def take_items(self) -> list[Item]:
        """Return and forget the items delivered since the last call."""
        items = self._delivered[:]
        self._delivered.clear()
        return items


class World:
    """Runs a core against a server whose doings are the methods; `check` is the promise."""

    def __init__(
        self,
        make_subscription: Callable[..., Subscription] = Subscription,
        make_queue: Callable[[int, int], EventQueue] = EventQueue,
        config: CheckpointListenerConfig = ROOMY,
    ) -> None:
        self.config = config
        self.subscription = make_subscription(config, CHANNEL, self._deliver, lambda: 0.5)
        self.queue = make_queue(config.max_queue, config.max_queue_bytes)
        self.decoder = EventDecoder(config.max_payload)
        self.was_connected = False
        """Before the last step."""
        self.time = 100.0
        self.wall_offset = 0.0
        self.accepting = True
        self.answering = True
        self.pong = PONG
        """How the server answers PING."""
        self.connection: Connection | None = None
        self.resume_at: float | None = self.time
        """When the next try begins; None during one."""
        self.outage_from = math.inf
        self.covered_from = math.inf
        """How many messages were published before the first confirmation was read."""
        self.confirmations = 0
        self.losses = 0
        self.problems: list[str] = []
        self.published: list[Published] = []
        self.events: list[Event] = []

    # What the world does.

    def now(self) -> Timestamp:
        """This moment."""
        return at(self.time, wall=self.time + self.wall_offset)

    def publish(self, padding: int = 0) -> None:
        """The server takes a message."""
        payload = b"%d" % len(self.published) + b" " * padding
        self.published.append(Published(payload, self.now()))
        if self.connection is not None and self.connection.subscribed:
            self.connection.reply(message(payload), self.time + LATENCY)

    def work(self) -> None:
        """The server reads what has arrived, and answers."""
        connection = self.connection
        if connection is None or connection.closed or not self.answering:
            return
        due = [request for due, request in connection.to_server if due <= self.time]
        del connection.to_server[: len(due)]
        for request in due:
            if request == command(b"PING"):
                connection.reply(self.pong, self.time + LATENCY)
            else:
                assert command(b"SUBSCRIBE", CHANNEL.encode()) == request
                connection.subscribed = True
                connection.reply(CONFIRMATION, self.time + LATENCY)

    def deliver(self, count: int | None = None, cut: int = 0) -> None:
        """Some replies reach the listener, all but the last `cut` bytes; and the end of the stream behind the last."""
        connection = self.connection
        if connection is None:
            return
        replies = connection.to_client[:count]
        del connection.to_client[:count]
        data = b"".join(reply for _, reply in replies)
        if cut and data:
            data, rest = data[:-cut], data[-cut:]
            connection.to_client.insert(0, (replies[-1][0], rest))
        if data:
            self._step(data)
        if connection.closed and not connection.to_client and self.connection is connection:
            self._fail(ConnectionError("the server closed the connection"))

    def deliver_due(self) -> None:
        """What has been under way for long enough reaches the listener."""
        if self.connection is not None:
            self.deliver(sum(due <= self.time for due, _ in self.connection.to_client))

    def stall(self, seconds: float) -> None:
        """Time passes, and somebody publishes, but nothing gets through."""
        self.pass_time(seconds / 2)
        self.publish()
        self.pass_time(seconds / 2)

    def pass_time(self, seconds: float) -> None:
        """Nothing moves but the clocks, and the listener with them."""
        end = self.time + seconds
        while (due := self._due()) <= end:
            self.time = max(self.time, due)
            self._act()
        self.time = end

    def flow(self, seconds: float) -> None:
        """Time passes while somebody publishes, and bytes move as they should, one way in each step."""
        end = self.time + seconds
        while self.time < end:
            self.pass_time(STEP)
            self.deliver_due()
            self.work()
            self.publish()

    def close(self, *, lose: bool) -> None:
        """The server ends the connection; what is under way arrives first, or is lost."""
        if self.connection is not None:
            self._fault(self.connection)
            self.connection.closed = True
            if lose:
                self.connection.to_client.clear()

    def lose_replies(self) -> None:
        """From now on nothing reaches the listener on this connection."""
        if self.connection is not None:
            self._fault(self.connection)
            self.connection.replies_lost = True

    def lose_requests(self) -> None:
        """From now on nothing reaches the server on this connection."""
        if self.connection is not None:
            self._fault(self.connection)
            self.connection.requests_lost = True

    def answer_in_its_place(self) -> None:
        """From now on a proxy answers for the server, which neither hears the listener nor is heard."""
        if self.connection is not None:
            self.lose_requests()
            self.connection.subscribed = False
            self.connection.proxy_answers = True

    def take(self, count: int) -> None:
        """The consumer takes some events."""
        for _ in range(count):
            item = self.queue.take()
            if item is not None:
                self.events.append(self.decoder.decode(item))

    # What the listener does.

    def _due(self) -> float:
        return self.subscription.wake_at if self.resume_at is None else self.resume_at

    def _act(self) -> None:
        if self.resume_at is None:
            self._step(None)
            return
        self.resume_at = None
        self.subscription.begin(self.now())
        if not self.accepting:
            self._fail(ConnectionRefusedError("refused"))
            return
        self.connection = Connection()
        self._write(self.subscription.subscribe(self.now()))

    def _step(self, data: bytes | None) -> None:
        self.was_connected = self.subscription.connected
        try:
            answer = self.subscription.receive(data, self.now())
        except OSError as error:
            if not isinstance(error, TimeoutError) and self.connection and self.connection.fault_at == math.inf:
                self.problems.append(f"a connection without a fault was given up: {error}")
            self._fail(error)
        else:
            self._write(answer)

    def _write(self, data: bytes) -> None:
        if not data or self.connection is None:
            return
        if self.connection.proxy_answers:
            self.connection.reply(PROXY_ERROR, self.time + LATENCY)
        if not self.connection.requests_lost:
            self.connection.to_server.append((self.time + LATENCY, data))

    def _fail(self, error: Exception) -> None:
        if self.subscription.connected:
            unanswered = [ping.monotonic for ping in self.subscription._pings]
            fault_at = self.connection.fault_at if self.connection is not None else math.inf
            self.outage_from = min(self.outage_from, fault_at, *unanswered)
        self.connection = None
        self.was_connected = False
        pause = self.subscription.fail(error, self.now())
        assert pause is not None
        self.resume_at = self.time + pause

    def _deliver(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Loss):
                self.losses += 1
                self._check_width(item)
        if self.subscription.connected and not self.was_connected:
            self.confirmations += 1
            self.covered_from = min(self.covered_from, len(self.published))
            self.outage_from = math.inf
        self.queue.put(items)

    def _fault(self, connection: Connection) -> None:
        connection.fault_at = min(connection.fault_at, self.time)

    # What has been promised.

    def finish(self) -> None:
        """All is well again, for long enough; then the consumer takes everything."""
        self.accepting = self.answering = True
        self.flow(12.0)
        self.deliver()
        before = -1
        while before < len(self.events):
            before = len(self.events)
            self.take(1000)

    def check(self) -> None:
        """The promise, over the whole record; call it after `finish`."""
        assert not self.problems, self.problems[0]
        delivered = [event.raw for event in self.events if isinstance(event, (Received, Invalid))]
        assert sorted(delivered, key=int) == delivered, "out of order"
        arrived = set(delivered)
        assert len(arrived) == len(delivered), "delivered twice"
        assert [self.published[-1].payload] == delivered[-1:], "the last message was not delivered"
        gaps = [event for event in self.events if isinstance(event, Gap)]
        for number, published in enumerate(self.published):
            if number >= self.covered_from and published.payload not in arrived:
                assert any(gap.since <= published.at.wall <= gap.until for gap in gaps), f"{published} is uncovered"
        assert self.confirmations - 1 == self.losses, "a Gap for each subscription but the first"
        assert all(gap.since <= gap.until for gap in gaps), "a Gap ends before it starts"
        assert all(gap.since.tzinfo is UTC and gap.until.tzinfo is UTC for gap in gaps), "a Gap not in UTC"
        assert self.queue.dropped or all(gap.reason == "reconnected" for gap in gaps), "an overflow without a drop"
        check_order(self.events)

    def _check_width(self, loss: Loss) -> None:
        outage = loss.until.monotonic - self.outage_from
        width = loss.until.monotonic - loss.since.monotonic
        bound = outage + self.config.ping_interval + self.config.ping_timeout
        if width > bound:
            self.problems.append(f"a Gap of {width} s for an outage of {outage} s")


def check_order(events: list[Event]) -> None:
    """Connections and losses are told in an order that makes sense."""
    connected, ever, gap_due = False, False, False
    for event in events:
        match event:
            case Connected():
                assert not connected, "a Connected on top of another"
                connected, gap_due, ever = True, ever, True
            case Disconnected():
                assert connected or not ever, "a Disconnected on top of another"
                assert not gap_due, "no Gap between Connected and Disconnected"
                connected = False
            case Gap(reason=reason):
                assert ever, "a Gap before the first Connected"
                assert not gap_due or reason == "reconnected", "the Gap of a reconnect is missing"
                gap_due = False
            case _:
                assert connected, "a message without a connection"
                assert not gap_due, "the Gap comes before what is received"
