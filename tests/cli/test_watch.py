"""`watch`: what real Rust publishes is shown, in pipes and on a terminal."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import signal
from datetime import datetime
from typing import Any, Final

import pytest
import redis

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._live import Rate

from ..conftest import RustBin
from ..support.cli import Cli, Running
from ..support.rust import RustNotifier
from ..support.server import Server
from ..support.terminal import Terminal
from ..support.values import to_protocol
from ..support.waiting import PATIENCE

SENT: Final = (
    CheckpointNotification.new("модели/m.bin", "lstm")
    .with_version(2**64 - 1)
    .with_training_step(9)
    .with_metadata("loss", "0.0023")
)
LIMIT: Final = ("--wait", str(PATIENCE))


class Channel:
    """Publishes on the channel of a test: as the real Rust notifier, or any bytes."""

    def __init__(self, server: Server, settings: dict[str, str], rust_bin: RustBin) -> None:
        self._server = server
        self._settings = settings
        self._rust = rust_bin
        self.name = f"fks:{settings['FKS_INSTANCE_ID']}:model_checkpoints"

    def rust(self, *notifications: CheckpointNotification) -> None:
        """Publish by the real Rust notifier."""
        with RustNotifier(self._rust("notifier"), self._settings) as notifier:
            assert [None] * len(notifications) == [notifier.publish(to_protocol(one)) for one in notifications]

    def send(self, payload: bytes) -> None:
        """Publish bytes."""
        with redis.Redis(port=self._server.port, protocol=2) as client:
            client.publish(self.name, payload)

    def cut(self) -> None:
        """Close the connections of all listeners."""
        with redis.Redis(port=self._server.port, protocol=2) as client:
            client.client_kill_filter(_type="pubsub")


@pytest.fixture
def channel(server: Server, settings: dict[str, str], rust_bin: RustBin) -> Channel:
    """The channel of this test."""
    return Channel(server, settings, rust_bin)


def event(running: Running) -> dict[str, Any]:
    """The next line."""
    found: dict[str, Any] = json.loads(running.out.line())
    assert datetime.fromisoformat(found.pop("at")).tzinfo
    return found


def test_each_event_is_a_line(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """As it happens: no line waits for the next one."""
    with cli.start("watch", env=settings) as watching:
        assert {"event": "connected"} == event(watching)
        channel.rust(SENT)
        received = event(watching)
        assert {"event": "received", "notification": dataclasses.asdict(SENT), "raw": SENT.to_json()} == received
        channel.send(b"{,}")
        error = {"category": "syntax", "message": "key must be a string", "line": 1, "column": 2, "offset": 2}
        text = "key must be a string at line 1 column 2"
        assert {"event": "invalid", "error": {**error, "text": text}, "raw": "{,}"} == event(watching)
        channel.send(b"a\xff")
        invalid = event(watching)
        assert ("utf8", None, 1) == tuple(invalid["error"][name] for name in ("category", "line", "offset"))
        assert (b"a\xff", None) == (base64.b64decode(invalid["raw_base64"]), invalid.get("raw"))
        channel.cut()
        assert {"event": "disconnected", "error": "the server closed the connection"} == event(watching)
        assert {"event": "connected"} == event(watching)
        gap = event(watching)
        assert ("gap", "reconnected") == (gap["event"], gap["reason"])
        assert datetime.fromisoformat(gap["since"]) < datetime.fromisoformat(gap["until"])
        watching.send(signal.SIGTERM)
        assert (Exit.TERMINATED, "", "") == watching.finish()


def test_count(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """Only those received count."""
    with cli.start("watch", "--count", "2", *LIMIT, "--json", env=settings) as watching:
        assert "connected" == event(watching)["event"]
        channel.send(b"{,}")
        channel.rust(SENT, SENT.with_version(2))
        assert [2**64 - 1, 2] == [
            json.loads(line)["notification"]["version"]
            for line in watching.finish().out.splitlines()
            if '"received"' in line
        ]
        assert Exit.OK == watching.wait()


@pytest.mark.parametrize(("count", "status", "words"), [([], Exit.OK, ""), (["--count", "2"], Exit.EXPIRED, "1 of 2")])
def test_wait(count: list[str], status: Exit, words: str, cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """One is enough unless --count says otherwise; the whole time is waited for."""
    with cli.start("watch", *count, "--wait", "10", env=settings) as watching:
        assert "connected" == event(watching)["event"]
        channel.send(SENT.to_json_bytes())
        done = watching.finish()
    assert status == done.status
    assert (f"checkpoint-notify: {words} came within 10 s\n" if words else "") == done.err


def test_wait_tells_why_nothing_came(cli: Cli, settings: dict[str, str]) -> None:
    """No server: still 124, and why."""
    done = cli.run("watch", "--wait", "5", "--url", "redis://127.0.0.1:1", env=settings)
    assert Exit.EXPIRED == done.status
    assert re.fullmatch(r"checkpoint-notify: 0 of 1 came within 5 s: .*refused.*\n", done.err)


def test_raw(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """The payloads as they came, to the byte, fit for `validate --lines`; the rest is told on stderr."""
    with cli.start("watch", "--format", "raw", "--count", "1", *LIMIT, env=settings) as watching:
        assert watching.err.line().endswith("Z connected: subscribed")
        channel.send(b"\xff\x1b")
        channel.rust(SENT)
        assert b"\xff\x1b\n" + SENT.to_json_bytes() + b"\n" == watching.out.rest()
        assert (Exit.OK, b"") == (watching.wait(), watching.err.rest())


def test_text(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """A line for each event, and the place of a fault; nothing that a terminal would obey."""
    with cli.start("watch", "--format", "text", *LIMIT, env=settings) as watching:
        lines = [watching.out.line()]
        channel.rust(SENT.with_metadata("note", "\x1b[2J"))
        lines.append(watching.out.line())
        channel.send(b'{"model_path":"\x1b"}')
        lines += [watching.out.line() for _ in range(3)]
    assert [
        "connected    subscribed",
        f"received     model_path=модели/m.bin model_name=lstm version={2**64 - 1} saved_at={SENT.saved_at}"
        " training_step=9",
        "invalid      18 bytes: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 16",
    ] == [line.partition(" loss=0.0023 note=␛[2J")[0].partition("Z ")[2] or line for line in lines[:3]][:1] + [
        re.sub(r" (loss=0.0023 note=␛\[2J|note=␛\[2J loss=0.0023)$", "", line.partition("Z ")[2]) for line in lines[1:3]
    ]
    assert ['    {"model_path":"␛"}', "                   ^"] == lines[3:]


def test_table_on_a_terminal(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """What Rust published last, the rate, gaps, invalid ones, and the connection; what went wrong stays above it."""
    with Terminal(cli, "watch", "--count", "2", *LIMIT, env=settings) as terminal:
        terminal.until("connection  connected since 20")
        channel.rust(SENT)
        terminal.until("received    1, ")
        channel.send(b"{,}")
        terminal.until("invalid     1, last 3 bytes: key must be a string at line 1 column 2")
        channel.cut()
        terminal.until("gaps        1, last what was published from 20")
        channel.rust(SENT.with_version(1))
        assert Exit.OK == terminal.wait()
        events = [line.split()[1] for line in terminal.lines if re.match(r"\d{4}-", line)]
        assert ["connected", "invalid", "disconnected", "connected", "gap"] == events
        table = terminal.lines[-10:]
        assert f"channel     {channel.name} at {settings['REDIS_URL'].removeprefix('redis://')}/0" == table[0]
        assert re.fullmatch(r"received    2, \d\.\d a second", table[2])
        assert "  model     lstm at модели/m.bin" == table[4]
        assert "  version   1, training step 9" == table[5]
        assert ["  saved", "  metadata", "gaps", "invalid"] == [line[:11].rstrip() for line in table[6:]]
        assert {"green", "cyan", "red", "brown"} <= terminal.colours


def test_table_on_a_narrow_terminal(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """What is too long is cut; the names of the rows are not."""
    with Terminal(cli, "watch", *LIMIT, "--count", "1", columns=50, env=settings) as terminal:
        terminal.until("connected since")
        channel.send(CheckpointNotification.new("p" * 200, "\x1b[31mname").to_json_bytes())
        terminal.wait()
        model = next(line for line in terminal.lines if line.startswith("  model "))
        assert model.startswith("  model     ␛[31mname at ppp")
        assert model.endswith("p…")


def test_rate() -> None:
    """Over the last ten seconds, or since the first one came; in the memory of ten numbers."""
    rate = Rate()
    assert 0.0 == rate.per_second(5.0)
    for number in range(100_000):
        rate.count(100.0 + number / 10_000)
    assert 10_000 == pytest.approx(rate.per_second(110.0), rel=0.2)
    assert 0.0 == rate.per_second(130.0)
    rate.count(131.0)
    assert 0.1 == rate.per_second(131.5)
