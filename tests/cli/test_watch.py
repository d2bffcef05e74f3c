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
from checkpoint_notify.cli._process import Exit
from checkpoint_notify.cli.watch import Rate
from checkpoint_notify.conformance.values import to_protocol

from ..conftest import RustBin
from ..support.cli import Cli, Running
from ..support.loopback import LoopbackServer, scripted
from ..support.rust import RustNotifier
from ..support.server import Server
from ..support.terminal import Terminal
from ..support.waiting import PATIENCE, wait_until

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
    with Terminal(cli, "watch", "--live", "--count", "2", *LIMIT, env=settings) as terminal:
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
    with Terminal(cli, "watch", "--live", *LIMIT, "-c", "1", columns=50, env=settings) as terminal:
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


# Lines on a terminal.


def test_lines_on_a_terminal(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """A line for each event, as in a pipe with `--format text`; nothing is drawn, and the cursor is not hidden."""
    with Terminal(cli, "watch", "-c", "2", *LIMIT, columns=250, env=settings) as terminal:
        terminal.until("connected    subscribed")
        assert terminal.shows_cursor
        channel.rust(SENT)
        channel.send(b"{,}")
        terminal.until("{,}")
        channel.rust(SENT.with_version(2))
        assert Exit.OK == terminal.wait()
        assert ["connected", "received", "invalid", "received"] == [
            line.split()[1] for line in terminal.lines if re.match(r"\d{4}-", line)
        ]
        assert "received     model_path=модели/m.bin model_name=lstm version=2 saved_at=" in terminal.lines[-1]
        assert {"green", "red"} <= terminal.colours
        assert b"\x1b[?25l" not in terminal.written


@pytest.mark.parametrize("columns", [99, 80, 50])
def test_lines_on_a_narrow_terminal(columns: int, cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """They are wrapped between words, and what follows is indented."""
    sent = CheckpointNotification.new("p" * 20, "lstm").with_metadata("note", " ".join(["word"] * 30))
    with Terminal(cli, "watch", "-c", "1", *LIMIT, columns=columns, env=settings) as terminal:
        terminal.until("subscribed")
        channel.send(sent.to_json_bytes())
        assert Exit.OK == terminal.wait()
        first, *others = terminal.lines[1:]
    assert re.match(r"\S+Z received", first)
    assert [] == [line for line in others if not line.startswith("    ") or line[4:5] == " "]
    shown = " ".join([first, *(line.strip() for line in others)])
    assert f'note="{sent.metadata["note"]}"' in shown


def test_a_value_cannot_be_taken_for_another(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """What contains spaces is in quotes, and so is the name of an entry that is the name of a field."""
    value = CheckpointNotification.new("a b", "")
    for name, entry in (("version", "7"), ("a=b", "c"), ("x y", 'say "hi" \\'), ("z", "\x1b[2J\n")):
        value = value.with_metadata(name, entry)
    with cli.start("watch", "--format", "text", "-c", "1", *LIMIT, env=settings) as watching:
        watching.out.line()
        channel.send(value.to_json_bytes())
        line = watching.out.line()
    words = {'model_path="a b"', 'model_name=""', "version=0", '"version"=7', '"a=b"=c', "z=␛[2J␊"}
    words.add(r'"x y"="say \"hi\" \\"')
    assert set() == {word for word in words if f" {word} " not in f"{line} "}


def test_raw_on_a_terminal(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """The terminal obeys nothing of it."""
    with Terminal(cli, "watch", "--format", "raw", "-c", "1", *LIMIT, columns=250, env=settings) as terminal:
        terminal.until("connected: subscribed")
        channel.send(b"\xff\x1b[31mred")
        channel.send(SENT.to_json_bytes())
        assert Exit.OK == terminal.wait()
        assert "<FF>␛[31mred" == terminal.lines[1]
        assert {"default"} == terminal.colours


def test_huge_payloads(cli: Cli, settings: dict[str, str], channel: Channel) -> None:
    """As text, the beginning and the length are shown; as JSON, all of it."""
    huge = CheckpointNotification.new("p" * 300_000, "n").with_metadata("k" * 2_000, "\x1b" * 50_000)
    for number in range(100):
        huge = huge.with_metadata(f"entry{number}", "")
    with (
        cli.start("watch", "--format", "text", "-c", "1", *LIMIT, env=settings) as text,
        cli.start("watch", "-c", "1", *LIMIT, env=settings) as json_,
    ):
        text.out.line()
        json_.out.line()
        channel.send(b'{"model_path":"' + b"9" * 200_000)
        channel.send(b'{"version":"' + b"9" * 200_000 + b'"}')
        channel.send(huge.to_json_bytes())
        invalid = [text.out.line() for _ in range(6)]
        assert ["invalid", "invalid"] == [event(json_)["event"] for _ in range(2)]
        line = text.out.line()
        assert huge.metadata == event(json_)["notification"]["metadata"]
        assert (Exit.OK, Exit.OK) == (text.wait(), json_.wait())
    assert [] == [shown for shown in invalid if len(shown) > 1200]
    assert len(line) < 10_000
    assert f" model_path={'p' * 1000}…(300,000 characters) model_name=n " in line
    assert f"k…(2,000 characters)={'␛' * 1000}…(50,000 characters) " in line
    assert line.endswith(" and 51 more")


# The table, on request.


def test_no_table_where_none_can_be_drawn(cli: Cli, settings: dict[str, str]) -> None:
    """In a pipe, and on a terminal that cannot move its cursor."""
    words = (
        "checkpoint-notify: --live needs a terminal that can move its cursor; leave it out to get a line for each event"
    )
    assert (Exit.USAGE, "", f"{words}\n") == cli.run("watch", "--live", env=settings)
    with Terminal(cli, "watch", "--live", columns=200, env={**settings, "TERM": "dumb"}) as terminal:
        assert (Exit.USAGE, [words]) == (terminal.wait(), terminal.lines)


# A server that refuses the first login.


def refusing_url(server: Server) -> str:
    """The URL of a user who is not there."""
    return f"redis://absent:pw@127.0.0.1:{server.port}"


@pytest.mark.parametrize("more", [(), ("--wait", "60"), ("--format", "text"), ("--format", "raw"), ("--json",)])
def test_a_refused_login_is_the_end(more: tuple[str, ...], cli: Cli, server: Server) -> None:
    """At once, with the status of a refusal; a JSON reader is told as well."""
    done = cli.run("watch", *more, "--url", refusing_url(server))
    told = [event["event"] for event in done.objects] if more in [(), ("--wait", "60"), ("--json",)] else []
    assert (Exit.REFUSED, ["disconnected"][: len(told)], 1) == (done.status, told, done.err.count("\n"))
    assert done.err.endswith("; check the user and the password in --url, or try again until it works: --retry\n")


def test_a_refused_login_on_a_terminal(cli: Cli, server: Server) -> None:
    """The table is gone before the message comes."""
    with Terminal(cli, "watch", "--live", "--url", refusing_url(server), columns=250) as terminal:
        assert Exit.REFUSED == terminal.wait()
        assert terminal.lines[-1].startswith("checkpoint-notify: Redis connection error: WRONGPASS ")
        assert terminal.shows_cursor


def test_retry(cli: Cli) -> None:
    """It tries again until the user is there."""
    with (
        Server() as server,
        redis.Redis(port=server.port, protocol=2) as client,
        cli.start("watch", "--retry", "--url", refusing_url(server), "-c", "1", *LIMIT) as watching,
    ):
        assert "disconnected" == event(watching)["event"]
        client.execute_command("ACL", "SETUSER", "absent", "on", ">pw", "allchannels", "+@all")
        assert "connected" == event(watching)["event"]
        client.publish("fks:default:model_checkpoints", SENT.to_json_bytes())
        assert "received" == event(watching)["event"]
        assert (Exit.OK, b"") == (watching.wait(), watching.err.rest())


def test_a_later_refusal_is_not_the_end(cli: Cli) -> None:
    """A password that is changed while the command listens is an outage like any other."""
    with (
        Server(password="pw") as server,
        redis.Redis(port=server.port, protocol=2, password="pw") as client,
        cli.start("watch", "--url", server.url) as watching,
    ):
        assert "connected" == event(watching)["event"]
        client.config_set("requirepass", "other")
        client.client_kill_filter(_type="pubsub")
        assert "disconnected" == event(watching)["event"]
        client.config_set("requirepass", "pw")
        assert "connected" == event(watching)["event"]
        watching.send(signal.SIGINT)
        assert (Exit.INTERRUPTED, b"") == (watching.wait(), watching.err.rest())


@pytest.mark.parametrize("code", ["BUSY", "LOADING", "MASTERDOWN", "MISCONF"])
def test_a_state_that_passes_is_not_the_end(code: str, cli: Cli) -> None:
    """Nor is a server that is not there yet: a service is often started before it."""
    peer = LoopbackServer(scripted((b"", f"-{code} as it is\r\n".encode())))
    with peer, cli.start("watch", "--url", peer.url) as watching:
        assert {"event": "disconnected", "error": f"Redis SUBSCRIBE error: {code} as it is"} == event(watching)
        wait_until(lambda: peer.accepted > 1, "it tries again")
        watching.send(signal.SIGINT)
        assert (Exit.INTERRUPTED, b"") == (watching.wait(), watching.err.rest())


def test_no_message_is_printed_twice(cli: Cli) -> None:
    """The library logs warnings, which Python prints where a program has not set up logging."""
    for command in (("watch", "--wait", "0.5"), ("publish", "--path", "p", "--name", "n"), ("doctor",)):
        done = cli.run(*command, "--url", "redis://127.0.0.1:1")
        assert "No subscription" not in done.err + done.out
        assert done.err.count("\n") == (command != ("doctor",))
