"""`doctor`: each line, on servers and for users where it is ok, a warning, or failed."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import redis

from checkpoint_notify.cli._process import Exit

from ..support.cli import Cli
from ..support.loopback import LoopbackServer, free_port, scripted, silent
from ..support.proxy import FaultProxy
from ..support.server import Server
from ..support.subscriber import Subscriber
from ..support.terminal import Terminal
from ..support.waiting import wait_until

SETTINGS: Final = [
    "REDIS_URL",
    "FKS_INSTANCE_ID",
    "ENABLE_CHECKPOINT_NOTIFY",
    "ENABLE_MODEL_RELOAD",
    "MODEL_RELOAD_RECONNECT_MS",
    "MODEL_RELOAD_MAX_RETRIES",
]
STEPS: Final = [
    *SETTINGS,
    "URL, as Rust reads it",
    "addresses",
    "connection",
    "user",
    "server state",
    "right to publish",
    "right to subscribe",
    "role",
    "subscribers now",
    "output buffer",
    "round trip",
]
LEAST: Final = "resetchannels &fks:*:model_checkpoints -@all"
Report = dict[str, dict[str, Any]]


def examine(cli: Cli, url: str, *arguments: str, **env: str) -> tuple[int, Report]:
    """The status, and each check by its name."""
    done = cli.run("doctor", "--json", "--url", url, *arguments, env=env)
    assert "" == done.err
    (report,) = done.objects
    assert report["status"] == done.status
    return done.status, {check["name"]: check for check in report["checks"]}


def grades(report: Report) -> dict[str, str]:
    """The lines that are not ok."""
    return {name: check["grade"] for name, check in report.items() if check["grade"] != "ok"}


@contextmanager
def user(server: Server, rules: str) -> Iterator[str]:
    """The URL of a user with these rules."""
    with redis.Redis(port=server.port, protocol=2) as client:
        client.execute_command("ACL", "SETUSER", "u", "reset", "on", ">pw", *rules.split())
        yield f"redis://u:pw@127.0.0.1:{server.port}"
        client.execute_command("ACL", "DELUSER", "u")


def assert_nothing_came(server: Server, subscriber: Subscriber, channel: str) -> None:
    """What is published now is the first that the subscriber receives: the server keeps the order."""
    with redis.Redis(port=server.port, protocol=2) as client:
        client.publish(channel, b"the end")
    assert b"the end" == subscriber.receive()


def test_all_is_well(cli: Cli, server: Server) -> None:
    """Every line is ok where somebody listens, and he hears nothing of it; his own subscription does not count."""
    with Subscriber(server.url, "fks:well:model_checkpoints") as subscriber:
        status, report = examine(cli, server.url, "--instance", "well")
        assert (Exit.OK, STEPS, {}) == (status, list(report), grades(report))
        assert "1 on fks:well:model_checkpoints" == report["subscribers now"]["detail"]
        assert_nothing_came(server, subscriber, "fks:well:model_checkpoints")
    assert "primary, valkey 9.1.2" == report["role"]["detail"]
    assert "32 MiB at most, or 8 MiB for 60 s" == report["output buffer"]["detail"]


def test_nobody_listens(cli: Cli, server: Server) -> None:
    """A warning, and what to do."""
    status, report = examine(cli, server.url, "--instance", "nobody")
    assert (Exit.OK, {"subscribers now": "warning"}) == (status, grades(report))
    assert "start the consumer" in report["subscribers now"]["advice"]


def test_where_settings_come_from(cli: Cli, server: Server) -> None:
    """Option, environment or default; what looks like `off` and is not, and what is not read."""
    env = {
        "REDIS_URL": "redis://ignored",
        "FKS_INSTANCE_ID": "from-env",
        "ENABLE_CHECKPOINT_NOTIFY": "0",
        "ENABLE_MODEL_RELOAD": "false",
        "MODEL_RELOAD_RECONNECT_MS": "5_000",
    }
    _, report = examine(cli, server.url, **env)
    warned = {"subscribers now", "ENABLE_CHECKPOINT_NOTIFY", "ENABLE_MODEL_RELOAD", "MODEL_RELOAD_RECONNECT_MS"}
    assert dict.fromkeys(warned, "warning") == grades(report)
    sources = [report[name]["detail"].rpartition("(")[2] for name in SETTINGS]
    assert ["from --url)", *["from the environment)"] * 3, "default)", "default)"] == sources
    assert "'0' does not switch it off, only false does" == report["ENABLE_CHECKPOINT_NOTIFY"]["advice"]


@pytest.mark.parametrize(
    ("purpose", "switch"), [("publish", "ENABLE_CHECKPOINT_NOTIFY"), ("watch", "ENABLE_MODEL_RELOAD")]
)
def test_switched_off(purpose: str, switch: str, cli: Cli, server: Server) -> None:
    """That has failed if it is what the service is for, and all else is looked at nevertheless."""
    env = {switch: "false"}
    status, report = examine(cli, server.url, "--for", purpose, **env)
    assert (Exit.USAGE, "failed", STEPS) == (status, report[switch]["grade"], list(report))
    other = "watch" if purpose == "publish" else "publish"
    for arguments in ((), ("--for", other)):
        status, report = examine(cli, server.url, *arguments, **env)
        assert (Exit.OK, "warning") == (status, report[switch]["grade"])


def test_settings_that_are_not_utf8(cli: Cli) -> None:
    """Rust uses the default and reports nothing."""
    done = cli.run("doctor", "--json", env={"REDIS_URL": "redis://127.0.0.1:1", "FKS_INSTANCE_ID": "\udcff"})
    checks = {check["name"]: check for check in done.objects[0]["checks"]}
    assert "'default', channel fks:default:model_checkpoints (default)" == checks["FKS_INSTANCE_ID"]["detail"]
    assert "warning" == checks["FKS_INSTANCE_ID"]["grade"]


@pytest.mark.parametrize(
    ("url", "status", "line", "detail"),
    [
        ("http://localhost", Exit.USAGE, "URL", "Redis client error: Redis URL did not parse - Inv"),
        ("rediss://localhost", Exit.USAGE, "URL", "Redis client error: can't connect with TLS, "),
        ("redis://unknown.invalid", Exit.NO_CONNECTION, "addresses", "Redis connection error: failed to lookup"),
        ("redis://127.0.0.1:1", Exit.NO_CONNECTION, "connection", "Redis connection error: Connection refused"),
        ("unix:///no/such/socket", Exit.NO_CONNECTION, "connection", "Redis connection error: No such file"),
    ],
)
def test_no_way_there(url: str, status: Exit, line: str, detail: str, cli: Cli) -> None:
    """The line that fails is the last."""
    found, report = examine(cli, url)
    assert (status, line, {line: "failed"}) == (found, list(report)[-1], grades(report))
    assert report[line]["detail"].startswith(detail)
    assert report[line]["advice"]


@pytest.mark.time_limits("CONNECT_SECONDS", "REPLY_SECONDS")
def test_silent_peer(cli: Cli) -> None:
    """It takes the connection, and says nothing."""
    with LoopbackServer(silent) as peer:
        status, report = examine(cli, peer.url)
    assert (Exit.NO_CONNECTION, {"connection": "failed"}) == (status, grades(report))
    assert "timed out" in report["connection"]["detail"]


@pytest.mark.time_limits("CONNECT_SECONDS", "REPLY_SECONDS")
def test_server_that_stands_still(cli: Cli) -> None:
    """The system takes connections for it."""
    with Server() as server:
        os.kill(server.pid, signal.SIGSTOP)
        status, report = examine(cli, server.url)
        os.kill(server.pid, signal.SIGCONT)
    assert (Exit.NO_CONNECTION, {"connection": "failed"}) == (status, grades(report))


@pytest.mark.parametrize(
    ("user_info", "detail"),
    [
        (":wrong@", "invalid username-password pair"),
        ("who:wrong@", "invalid username-password pair"),
        ("", "uthentication required"),
    ],
)
def test_login_refused(user_info: str, detail: str, cli: Cli) -> None:
    """The connection is fine, and the user is not."""
    with Server(password="pw") as server:
        status, report = examine(cli, f"redis://{user_info}127.0.0.1:{server.port}")
    assert (Exit.REFUSED, {"user": "failed"}) == (status, grades(report))
    assert detail in report["user"]["detail"]


RIGHTS: Final = [
    (f"{LEAST} +publish", [], Exit.OK, {"right to publish", "right to subscribe", "round trip"}, set()),
    (f"{LEAST} +publish", ["--for", "watch"], Exit.REFUSED, {"right to publish", "round trip"}, {"right to subscribe"}),
    (f"{LEAST} +subscribe +ping", [], Exit.OK, {"right to publish", "round trip"}, set()),
    (
        f"{LEAST} +subscribe +ping",
        ["--for", "publish"],
        Exit.REFUSED,
        {"round trip"},
        {"right to publish"},
    ),
    (f"{LEAST} +subscribe", [], Exit.OK, {"right to publish", "right to subscribe", "round trip"}, set()),
    ("resetchannels &fks:mine:* +@all", [], Exit.OK, {"round trip"}, set()),
    ("resetchannels &other +@all", [], Exit.REFUSED, {"round trip"}, {"right to publish", "right to subscribe"}),
]


@pytest.mark.parametrize(("rules", "arguments", "status", "warned", "failed"), RIGHTS)
def test_rights(
    rules: str, arguments: list[str], status: Exit, warned: set[str], failed: set[str], cli: Cli, server: Server
) -> None:
    """Users with few rights: what cannot be asked is a warning, what is needed and forbidden has failed."""
    always = {"subscribers now"}
    if "-@all" in rules:
        always |= {"user", "role", "output buffer"}
    with user(server, rules) as url:
        found, report = examine(cli, url, "--instance", "mine", *arguments)
    expected = dict.fromkeys(warned | always, "warning") | dict.fromkeys(failed, "failed")
    assert (status, STEPS, expected) == (found, list(report), grades(report))


@pytest.mark.parametrize(("purpose", "line"), [("publish", "right to publish"), ("watch", "right to subscribe")])
def test_advice_about_rights(purpose: str, line: str, cli: Cli, server: Server) -> None:
    """Who follows it has rights enough, and is told of each that he left out."""

    def examine_user(rules: list[str]) -> tuple[int, Report]:
        with user(server, f"resetchannels -@all {' '.join(rules)}") as url:
            return examine(cli, url, "--for", purpose)

    _, report = examine_user([])
    rules = re.findall(r"[+&][^\s,]+", report[line]["advice"])
    assert Exit.OK == examine_user(rules)[0]
    for rule in rules:
        _, report = examine_user([other for other in rules if other != rule])
        assert rule in report[line]["advice"]


def test_nothing_is_published_on_the_channel(cli: Cli, server: Server) -> None:
    """Not even where the transaction, which is never carried out, is forbidden."""
    with Subscriber(server.url, "fks:quiet:model_checkpoints") as subscriber, user(server, f"{LEAST} +publish") as url:
        status, _ = examine(cli, url, "--instance", "quiet")
        assert Exit.OK == status
        assert_nothing_came(server, subscriber, "fks:quiet:model_checkpoints")


def test_replica_and_small_buffer(cli: Cli, server: Server) -> None:
    """Both are warnings; the primary's address is told."""
    arguments = ["--replicaof", f"127.0.0.1 {server.port}", "--client-output-buffer-limit", "pubsub 1mb 512kb 5"]
    with Server(*arguments) as replica:
        status, report = examine(cli, replica.url)
    expected = dict.fromkeys(["role", "subscribers now", "output buffer"], "warning")
    assert (Exit.OK, expected) == (status, grades(report))
    assert f"publish to 127.0.0.1:{server.port}" in report["role"]["advice"]
    assert "1 MiB at most, or 0.5 MiB for 5 s" == report["output buffer"]["detail"]


@pytest.mark.parametrize(
    ("limit", "detail"), [("0 0 0", "no limit"), ("32mb 0 0", "32 MiB at most"), ("0 8mb 60", "8 MiB for 60 s")]
)
def test_limits_that_are_not_set(limit: str, detail: str, cli: Cli) -> None:
    """0 is none."""
    with Server("--client-output-buffer-limit", f"pubsub {limit}") as server:
        _, report = examine(cli, server.url)
    assert ("ok", detail) == (report["output buffer"]["grade"], report["output buffer"]["detail"])


def test_cluster(cli: Cli) -> None:
    """A node counts its own subscribers alone."""
    with Server("--cluster-enabled", "yes", "--cluster-port", str(free_port())) as node:
        status, report = examine(cli, node.url)
    assert (Exit.OK, dict.fromkeys(["role", "subscribers now"], "warning")) == (status, grades(report))
    assert "primary, valkey 9.1.2, a node of a cluster" == report["role"]["detail"]


@pytest.mark.time_limits("REPLY_SECONDS")
def test_server_that_falls_silent(cli: Cli, server: Server) -> None:
    """In the middle of it: that is told, and no other line follows."""
    with FaultProxy(server.port, lose_replies_from=b"NUMSUB") as proxy:
        status, report = examine(cli, proxy.url)
    assert (Exit.NO_CONNECTION, "connection lost") == (status, list(report)[-1])
    assert {"connection lost": "failed"} == grades(report)
    assert "timed out, no reply within 0.5 s" == report["connection lost"]["detail"]


def test_unix_socket(cli: Cli, server: Server) -> None:
    """There is no address to look up."""
    status, report = examine(cli, server.unix_url)
    assert (Exit.OK, [step for step in STEPS if step != "addresses"]) == (status, list(report))


def test_user_without_password(cli: Cli, server: Server) -> None:
    """Rust sends no AUTH then, which is worth a warning."""
    _, report = examine(cli, f"redis://somebody@127.0.0.1:{server.port}")
    assert {"URL, as Rust reads it": "warning", "subscribers now": "warning"} == grades(report)


def test_on_a_terminal(cli: Cli, settings: dict[str, str]) -> None:
    """A line for each, and one for what to do."""
    with Terminal(cli, "doctor", env=settings) as terminal:
        assert Exit.OK == terminal.wait()
        assert {"green", "brown"} <= terminal.colours
        assert STEPS == [
            line[9:35].rstrip() for line in terminal.lines if line.startswith(("ok ", "warning ", "failed "))
        ]
        advice = next(line for line in terminal.lines if line.startswith(" " * 9 + "->"))
    assert "         -> what is published now is lost: start the consumer, and compare its FKS_INSTANCE_ID" == advice


# The state of a server is no matter of rights.


class Sentinel(Server):
    """A Sentinel that watches a primary."""

    def __init__(self, primary: Server) -> None:
        self._primary = primary
        super().__init__()

    def _command(self, port: int) -> list[str]:
        program, *words = super()._command(port)
        config = self.unix_path.with_name("sentinel.conf")
        config.write_text(f"sentinel monitor mymaster 127.0.0.1 {self._primary.port} 1\n")
        return [program, str(config), *words, "--sentinel"]


@pytest.mark.parametrize("purpose", [[], ["--for", "publish"], ["--for", "watch"]])
def test_sentinel(purpose: list[str], cli: Cli, server: Server) -> None:
    """Nothing can be published there, whatever a service is for; where the primary is, it says itself."""
    with Sentinel(server) as sentinel:
        status, report = examine(cli, sentinel.url, *purpose)
    assert (Exit.REFUSED, "server state", {"server state": "failed"}) == (status, list(report)[-1], grades(report))
    assert (
        f"name the primary in --url, not a Sentinel; mymaster is at 127.0.0.1:{server.port}"
        == (report["server state"]["advice"])
    )


def test_busy(cli: Cli) -> None:
    """A script runs: nothing is said about rights, as nothing can be asked."""
    with Server("--busy-reply-threshold", "1") as server, redis.Redis(port=server.port, protocol=2) as client:
        running = threading.Thread(target=pytest.raises, args=(redis.ResponseError, endless_script, server))
        running.start()
        wait_until(lambda: is_refused(client, "BUSY"), "the server is busy")
        status, report = examine(cli, server.url)
        client.script_kill()
        running.join()
    expected = {"user": "warning", "server state": "failed"}
    assert (Exit.REFUSED, "server state", expected) == (status, list(report)[-1], grades(report))
    assert report["server state"]["detail"].startswith("BUSY ")
    assert "SCRIPT KILL" in report["server state"]["advice"]


def endless_script(server: Server) -> None:
    """Keeps the server busy until somebody ends the script."""
    with redis.Redis(port=server.port, protocol=2, socket_timeout=None) as client:
        client.eval("while true do end", 0)


def test_lost_primary(cli: Cli) -> None:
    """A replica that refuses commands because of that, and passes messages on all the same."""
    with Server() as server, redis.Redis(port=server.port, protocol=2) as client:
        client.config_set("replica-serve-stale-data", "no")
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
        status, report = examine(cli, server.url)
    assert_passing(status, report, "MASTERDOWN", {"role"})
    assert "start the primary of this replica, or name it in --url" == report["server state"]["advice"]


def test_disk_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    """PING is refused, PUBLISH is not."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with Server("--dir", str(folder)) as server, redis.Redis(port=server.port, protocol=2) as client:
        client.config_set("save", "3600 1000000")
        client.set("key", "value")
        folder.rmdir()
        client.bgsave()
        wait_until(lambda: is_refused(client, "MISCONF"), "it cannot save")
        status, report = examine(cli, server.url)
    assert_passing(status, report, "MISCONF", set())


def test_loading(cli: Cli) -> None:
    """It answers most commands by saying so."""
    with Server("--enable-debug-command", "yes") as server, redis.Redis(port=server.port, protocol=2) as client:
        client.execute_command("DEBUG", "POPULATE", "100000")
        client.config_set("key-load-delay", "1000")  # microseconds a key, for longer than this test takes
        client.config_set("loading-process-events-interval-bytes", "1024")
        loading = socket.create_connection(("127.0.0.1", server.port))
        loading.sendall(b"DEBUG RELOAD\r\n")
        wait_until(lambda: is_refused(client, "LOADING"), "it loads")
        status, report = examine(cli, server.url)
        loading.close()
    assert_passing(status, report, "LOADING", set())


def is_refused(client: redis.Redis, code: str) -> bool:
    """Whether the server refuses PING with this code."""
    try:
        client.execute_command("PING")  # type: ignore[no-untyped-call]
    except redis.RedisError as error:
        shown = f"{getattr(error, 'status_code', None)} {type(error).__name__} {error}".upper()
        return code in shown
    return False


def assert_passing(status: int, report: Report, code: str, more: set[str]) -> None:
    """A warning about the state, and all rights: messages go out and arrive."""
    warned = {"server state", "subscribers now"} | more
    assert (Exit.OK, STEPS, dict.fromkeys(warned, "warning")) == (status, list(report), grades(report))
    assert report["server state"]["detail"].startswith(f"{code} ")


@pytest.mark.parametrize("code", ["BUSY", "LOADING", "MASTERDOWN", "MISCONF"])
def test_state_is_no_missing_right(code: str, cli: Cli) -> None:
    """Whatever is refused because of the state, no line says that a right is missing."""
    words = f"-{code} as it is\r\n".encode()
    with LoopbackServer(scripted((b"PING", b"+PONG\r\n"), (b"", words))) as server:
        status, report = examine(cli, server.url)
    lines = " ".join(f"{check['detail']} {check['advice']}" for check in report.values())
    assert ("+publish" in lines, "+subscribe" in lines, "may not ask" in lines) == (False, False, False)
    assert report["server state"]["detail"] == f"{code} as it is"
    assert (Exit.REFUSED if code == "BUSY" else Exit.OK) == status


@pytest.mark.parametrize("columns", [99, 80, 65, 50])
def test_narrow_terminal(columns: int, cli: Cli, settings: dict[str, str]) -> None:
    """Lines are wrapped between words, and each word of a wide terminal is there, in order."""
    wide, narrow = (screen_of(cli, settings, width) for width in (400, columns))
    assert [word for line in wide for word in line.split()] == [word for line in narrow for word in line.split()]
    assert any(line.startswith("    ") for line in narrow)


def screen_of(cli: Cli, settings: dict[str, str], columns: int) -> list[str]:
    """What `doctor` shows, but for what differs from run to run."""
    with Terminal(cli, "doctor", columns=columns, rows=100, env=settings) as terminal:
        assert Exit.OK == terminal.wait()
        shown = "\n".join(terminal.lines)
    return re.sub(r"[0-9.]+ ms\s+on\s+fks:doctor-[0-9a-f]+", "… ms on fks:doctor-…", shown).splitlines()
