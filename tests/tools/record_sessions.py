"""Records `watch`, `watch --live` and `doctor` on a terminal, as text, in docs/_sessions, and each help text.

`python -m tests.tools.record_sessions`: a server of its own, the real Rust notifier as the publisher, and real faults.
Only the server's port is replaced.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Final

import redis

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.conformance.values import to_protocol

from ..cli.test_help import COMMANDS, help_of
from ..cli.test_help import FOLDER as HELP
from ..support.cli import ROOT, Cli
from ..support.rust import RustNotifier
from ..support.server import Server
from ..support.terminal import Terminal

FOLDER: Final = ROOT / "docs" / "_sessions"
NOTIFIER: Final = ROOT / "tests" / "rust" / "target" / "debug" / "notifier"
CHANNEL: Final = "fks:default:model_checkpoints"
COLUMNS: Final = 80
SAVED: Final = CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1")


def main() -> int:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    with Server() as server, Cli() as cli:
        record("watch", server, watch(cli, server))
        record("watch-live", server, watch_live(cli, server))
        record("doctor", server, doctor(cli, server))
        for name in COMMANDS:
            (HELP / f"{name}.txt").write_text(help_of(cli, name), encoding="utf-8")
        (HELP / "checkpoint-notify.txt").write_text(help_of(cli), encoding="utf-8")
    return 0


def record(name: str, server: Server, lines: Iterator[str]) -> None:
    """Write one session, line by line."""
    text = "\n".join(lines).replace(str(server.port), "6379")
    (FOLDER / f"{name}.txt").write_text(text + "\n", encoding="utf-8")


def watch(cli: Cli, server: Server) -> Iterator[str]:
    """Record: Rust publishes, another program publishes an invalid payload, the connection is lost, Ctrl-C."""
    with Terminal(cli, "watch", columns=COLUMNS, env={"REDIS_URL": server.url}) as terminal:
        terminal.until("subscribed")
        publish(server, 1, 2)
        terminal.until("training_step=2000")
        disturb(server, terminal, "-1}")
        terminal.until("(reconnected)")
        publish(server, 3)
        terminal.until("training_step=3000")
        yield from ["$ checkpoint-notify watch", *ended(terminal)]


def watch_live(cli: Cli, server: Server) -> Iterator[str]:
    """The same."""
    with Terminal(cli, "watch", "--live", columns=COLUMNS, env={"REDIS_URL": server.url}) as terminal:
        terminal.until("connected since")
        publish(server, 1, 2)
        yield from ["$ checkpoint-notify watch --live", *terminal.until("version   2"), "", "  … and later:", ""]
        disturb(server, terminal, "invalid     1")
        terminal.until("gaps        1")
        publish(server, 3)
        terminal.until("version   3")
        yield from ended(terminal)


def disturb(server: Server, terminal: Terminal, seen: str) -> None:
    """Publish an invalid payload; after it appears, cut the connection."""
    with redis.Redis(port=server.port, protocol=2) as client:
        client.publish(CHANNEL, '{"model_path":"latest_model.bin","version":-1}')
        terminal.until(seen)
        client.client_kill_filter(_type="pubsub")


def ended(terminal: Terminal) -> Iterator[str]:
    """Return the screen after Ctrl-C, and the exit status."""
    terminal.type(b"\x03")
    status = terminal.wait()
    yield from [*terminal.lines, "$ echo $?", str(status)]


def publish(server: Server, *versions: int) -> None:
    """The real Rust notifier publishes."""
    with RustNotifier(NOTIFIER, {"REDIS_URL": server.url}) as notifier:
        for version in versions:
            saved = SAVED.with_version(version).with_training_step(version * 1000).with_metadata("loss", "0.0023")
            notifier.publish(to_protocol(saved))


def doctor(cli: Cli, server: Server) -> Iterator[str]:
    """Record three runs: no server; one warning; a user without the right to subscribe."""
    yield from examined(cli, "redis://:secret@127.0.0.1:1")
    yield ""
    yield from examined(cli, server.url)
    with redis.Redis(port=server.port, protocol=2) as client:
        rules = ["on", ">secret", "resetchannels", "&fks:*:model_checkpoints", "-@all", "+publish"]
        client.execute_command("ACL", "SETUSER", "trainer", *rules)
    yield ""
    yield from examined(cli, f"redis://trainer:secret@127.0.0.1:{server.port}", "--for", "watch")


def examined(cli: Cli, url: str, *arguments: str) -> Iterator[str]:
    """One run."""
    with Terminal(cli, "doctor", *arguments, columns=COLUMNS, env={"REDIS_URL": url}) as terminal:
        status = terminal.wait()
        command = " ".join(["checkpoint-notify doctor", *arguments])
        yield from [
            f"$ REDIS_URL={re.sub(':secret@', ':…@', url)} {command}",
            *terminal.lines,
            "$ echo $?",
            str(status),
        ]


if __name__ == "__main__":
    sys.exit(main())
