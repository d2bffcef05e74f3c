"""`checkpoint-notify doctor`: runs one check after the other and reports each result at once."""

from __future__ import annotations

import dataclasses
import os
import secrets
import time
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import click

from checkpoint_notify import (
    CheckpointListener,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    Disconnected,
    PublishError,
    Received,
    RedisUrlError,
    checkpoint_channel,
)
from checkpoint_notify.cli._command import OneOf, command, with_json, with_url
from checkpoint_notify.cli._process import Exit
from checkpoint_notify.cli._server import (
    STATES,
    CommandRefusedError,
    Fault,
    Faults,
    LostError,
    Server,
    address,
    addresses,
    closing_after,
    code_of,
    environment_text,
    parse_unsigned,
    require_redis,
    without_password,
)
from checkpoint_notify.cli._settings import Settings
from checkpoint_notify.cli._terminal import Screen, json_line, shortened, visible
from checkpoint_notify.redis_url import RedisUrl, parse_redacted

_STYLES: Final = {"ok": "green", "warning": "bold yellow", "failed": "bold red"}
LISTEN_SECONDS: Final = 3.0
_SWITCHES: Final = {
    "ENABLE_CHECKPOINT_NOTIFY": ("publish", "the service publishes nothing"),
    "ENABLE_MODEL_RELOAD": ("watch", "the service listens to nothing"),
}
_SECRET_STATE: Final = "this user has no right to ask: ask the operator of the server"
_LOAD: Final = "look at the server's load and log"
_ROLES: Final = {"master": "primary", "slave": "replica"}
_LIMIT_BYTES: Final = 8 * 1024 * 1024
"""The default soft limit of Redis."""


@command("[OPTIONS]")
@click.option(
    "--for",
    "purpose",
    type=OneOf("publish", "watch"),
    metavar="publish|watch",
    help="The job that must be switched on and allowed. Unless given, one of the two rights is enough.",
)
@with_url
@with_json
def doctor(*, purpose: str | None, url: str | None, instance: str | None, as_json: bool) -> Exit:
    """Find out what keeps notifications from arriving.

    It checks each step from the settings to a round trip of a message. If a step fails, it says what to do.
    Each line is ok, warning or failed. A question that this user has no right to ask is a warning. So is a state of the
    server in which messages still arrive.
    It publishes nothing on the channel itself: the round trip uses its own channel, fks:doctor-*:model_checkpoints.
    The first failed line sets the exit status: 2 a setting, 3 no connection, 4 refused by the server. It is 0 if no
    line failed.

    Example: REDIS_URL=redis://user:password@localhost checkpoint-notify doctor --for watch
    """
    require_redis()
    screen = Screen()
    findings: list[Finding] = []
    for finding in _examine(Settings(url, instance), purpose):
        findings.append(finding)
        if not as_json:
            _tell(screen, finding)
    status = next((finding.status for finding in findings if finding.status), Exit.OK)
    if as_json:
        screen.line(json_line({"status": int(status), "checks": [finding.to_json() for finding in findings]}))
    return status


class Finding(NamedTuple):
    """The result of one check."""

    name: str
    detail: str
    advice: str = ""
    """What to do; empty if nothing is wrong."""
    status: Exit = Exit.OK
    """The exit status of the process, if this is the first check that failed."""

    @property
    def grade(self) -> str:
        """`ok`, `warning` or `failed`."""
        return "failed" if self.status else "warning" if self.advice else "ok"

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        return {"name": self.name, "grade": self.grade, "detail": self.detail, "advice": self.advice or None}


def _tell(screen: Screen, finding: Finding) -> None:
    grade = (f"{finding.grade:8}", _STYLES[finding.grade])
    screen.line(grade, f" {finding.name:26} ", visible(finding.detail), indent=36)
    if finding.advice:
        screen.line(" " * 9, "-> ", visible(finding.advice), indent=12)
    screen.flush()


def _failed(name: str, fault: Fault) -> Finding:
    return Finding(name, fault.what, fault.advice, fault.status)


def _examine(settings: Settings, purpose: str | None) -> Iterator[Finding]:
    yield from _settings(settings, purpose)
    try:
        url = parse_redacted(settings.notifier.redis_url)
    except RedisUrlError as error:
        yield Finding("URL", shortened(str(error)), settings.url_advice, Exit.USAGE)
        return
    yield _url(url)
    faults = Faults(settings)
    if url.host is not None:
        found = _addresses(url, faults)
        yield found
        if found.status:
            return
    server = Server(url)
    try:
        yield from _Examination(server, settings, faults, purpose).findings()
    except LostError as error:
        yield Finding("connection lost", str(error), f"it answered before: {_LOAD}", Exit.NO_CONNECTION)
    finally:
        server.close()


def _url(url: RedisUrl) -> Finding:
    where = f"unix socket {url.unix_path}" if url.unix_path is not None else f"{url.host} port {url.port}"
    who = "no password, so no login" if url.password is None else f"user {url.username or 'default'}, with password"
    detail = f"{where}, database {url.db}, {who}, RESP{url.protocol}"
    lost = url.username is not None and url.password is None
    advice = "neither this package nor Rust uses a user name without a password: add the password" if lost else ""
    return Finding("URL, as Rust reads it", detail, advice)


def _addresses(url: RedisUrl, faults: Faults) -> Finding:
    try:
        return Finding("addresses", ", ".join(addresses(url.host or "", url.port or 0)))
    except OSError as error:
        return _failed("addresses", faults.connecting(error))


# The settings, and the source of each.


def _settings(settings: Settings, purpose: str | None) -> Iterator[Finding]:
    """Yield a finding for each setting; it failed if the purpose (`publish`, `watch` or None) is switched off."""
    listener, instance = settings.listener, settings.listener.instance_id
    yield _setting(settings, "REDIS_URL", without_password(listener.redis_url))
    odd = "" if instance.strip() == instance != "" else "empty, or with spaces at an end: is that meant?"
    yield _setting(settings, "FKS_INSTANCE_ID", f"{instance!r}, channel {settings.channel}", odd)
    for name, (job, effect) in _SWITCHES.items():
        yield _switch(settings, name, effect, Exit.USAGE if job == purpose else Exit.OK)
    yield _number(settings, "MODEL_RELOAD_RECONNECT_MS", f"tries again after {listener.backoff_max:g} s at most", 64)
    tries = f"gives up after {listener.max_reconnects} tries" if listener.max_reconnects else "never gives up"
    yield _number(settings, "MODEL_RELOAD_MAX_RETRIES", tries, 32)


def _setting(settings: Settings, name: str, detail: str, advice: str = "") -> Finding:
    option, given = settings.given.get(name, ("", None))
    if given is not None:
        return Finding(name, f"{detail} (from {option})", advice)
    if name.encode() not in os.environb:
        return Finding(name, f"{detail} (default)", advice)
    if not _is_text(name):
        return Finding(name, f"{detail} (default)", "its value is not UTF-8, so Rust also uses the default")
    return Finding(name, f"{detail} (from the environment)", advice)


def _switch(settings: Settings, name: str, effect: str, if_off: Exit) -> Finding:
    value = environment_text(name, "true")
    if value == "false":
        return _setting(settings, name, f"off: {effect}", f"unset {name} to switch it on")._replace(status=if_off)
    surprise = "" if value == "true" else f"{value!r} does not switch it off, only false does"
    return _setting(settings, name, "on", surprise)


def _number(settings: Settings, name: str, detail: str, bits: int) -> Finding:
    text = environment_text(name, "")
    if parse_unsigned(text, bits) is not None or not _is_text(name):
        return _setting(settings, name, detail)
    surprise = f"{text!r} is not an unsigned {bits}-bit integer, so Rust also uses the default"
    return Finding(name, f"{detail} (default)", surprise)


def _is_text(name: str) -> bool:
    """Return whether the variable is set and its value is UTF-8."""
    return environment_text(name, "a") == environment_text(name, "b")


# The server, the rights of the user, and a round trip.


class _Answer(NamedTuple):
    """Whether the user has a right."""

    allowed: bool
    detail: str
    advice: str = ""
    """What to do if the right is missing or uncertain."""
    is_state: bool = False
    """Whether the state of the server hides the answer."""


class _Examination:
    """The checks that need the server."""

    def __init__(self, server: Server, settings: Settings, faults: Faults, purpose: str | None) -> None:
        self._server = server
        self._faults = faults
        self._purpose = purpose
        self._listener = settings.listener
        self._channel = settings.channel
        self._ping = ""
        """The error reply to PING; empty if the server answers PONG."""
        self._info: dict[str, str] = {}
        self._no_info = ""
        """The error reply to INFO; empty if there is none."""

    def findings(self) -> Iterator[Finding]:
        """Yield all findings; a failure before the check of the rights is the last one."""
        for first in (self._connection(), self._state()):
            for finding in first:
                yield finding
                if finding.status:
                    return
        heard = self._subscribers()  # before this command subscribes
        publish, subscribe = self._may_publish(), self._may_subscribe()
        yield self._right("publish", publish, subscribe)
        yield self._right("subscribe", subscribe, publish)
        yield self._role()
        yield heard
        yield self._buffer()
        yield self._round_trip(subscribe)

    def _connection(self) -> Iterator[Finding]:
        where = address(self._server.url)
        try:
            self._ping = self._server.connect()
        except Exception as error:
            fault = self._faults.connecting(error)
            if fault.status is not Exit.REFUSED:
                yield _failed("connection", fault)
                return
            yield Finding("connection", where)
            yield _failed("user" if fault.lasts else "server state", fault)
            return
        yield Finding("connection", where)
        yield self._user()

    def _user(self) -> Finding:
        try:
            whoami = self._server.ask("ACL", "WHOAMI")
        except CommandRefusedError as error:
            if "NOAUTH" in (code_of(self._ping), code_of(str(error))):
                return _failed("user", self._faults.refused("ACL WHOAMI", str(error)))
            name = self._server.url.username if self._server.url.password is not None else None
            detail = f"{name or 'default'}, as the URL says; ACL WHOAMI: {error}"
            return Finding("user", detail, "no harm: nothing needs that right")
        return Finding("user", f"logged in as {whoami.decode(errors='replace')}")

    def _state(self) -> Iterator[Finding]:
        """Check that the server is not a Sentinel, and that its state allows messages."""
        try:
            self._info = _fields(self._server.ask("INFO"))
        except CommandRefusedError as error:
            self._no_info = str(error)
        if "sentinel" in (self._info.get("redis_mode"), self._info.get("server_mode")):
            fault = self._faults.refused("PUBLISH", "it is a Sentinel")
            yield Finding(
                "server state", "a Sentinel: it takes no messages", fault.advice + self._primary(), fault.status
            )
            return
        reply = next((reply for reply in (self._ping, self._no_info) if code_of(reply) in STATES), "")
        if not reply:
            told = self._ping if code_of(self._ping) != "NOPERM" else ""  # the finding on rights reports NOPERM
            yield Finding("server state", f"answers PING by {told}" if told else "answers")
            return
        fault = self._faults.refused("PING", reply)
        # PUBLISH and SUBSCRIBE work in all states except BUSY.
        yield Finding("server state", reply, fault.advice, fault.status if code_of(reply) == "BUSY" else Exit.OK)

    def _primary(self) -> str:
        """Return the address of the first primary that a Sentinel names."""
        try:
            reply = self._server.ask("SENTINEL", "MASTERS")
        except CommandRefusedError:
            return ""
        rows = [dict(zip(row[::2], row[1::2], strict=True)) for row in map(_texts, reply)]
        return "".join(f"; {row['name']} is at {row['ip']}:{row['port']}" for row in rows[:1])

    def _right(self, what: str, answer: _Answer, other: _Answer) -> Finding:
        """Return the finding on a right. It failed if the purpose needs the right; without a purpose, one is enough."""
        name = f"right to {what}"
        if answer.allowed:
            return Finding(name, answer.detail, answer.advice)
        if answer.is_state:
            return Finding(name, f"not known: {answer.detail}", "see server state")
        job, other_job, only = (
            ("publish", "watch", "listens") if what == "publish" else ("watch", "publish", "publishes")
        )
        needed = self._purpose == job or (self._purpose is None and not other.allowed and not other.is_state)
        advice = f"{answer.advice}, or ask with --for {other_job} if this service only {only}"
        return Finding(name, answer.detail, advice, Exit.REFUSED if needed else Exit.OK)

    def _may_publish(self) -> _Answer:
        """Test the right to publish without publishing.

        Redis checks the right when a transaction queues PUBLISH; DISCARD then drops the transaction.
        """
        try:
            self._server.ask("MULTI")
        except CommandRefusedError as error:
            return (
                self._refused("PUBLISH", str(error)) if code_of(str(error)) in STATES else self._may_publish_elsewhere()
            )
        try:
            self._server.ask("PUBLISH", self._channel.encode(), b"")
        except CommandRefusedError as error:
            return self._refused("PUBLISH", str(error))
        finally:
            self._give_up()
        return _Answer(True, f"allowed on {self._channel}")

    def _refused(self, command: str, reply: str) -> _Answer:
        fault = self._faults.refused(command, reply)
        return _Answer(False, fault.what, fault.advice, is_state=not fault.lasts)

    def _give_up(self) -> None:
        try:
            self._server.ask("DISCARD")
        except CommandRefusedError:
            self._server.close()  # this drops the transaction too
            self._server.connect()

    def _may_publish_elsewhere(self) -> _Answer:
        elsewhere = checkpoint_channel(_probe_instance())
        why = "not tried on the channel itself, because its subscribers would receive it"
        try:
            self._server.ask("PUBLISH", elsewhere.encode(), b"")
        except CommandRefusedError as error:
            if "channel" not in str(error):  # it is about the command
                return self._refused("PUBLISH", str(error))
            return _Answer(
                True, f"allowed, but not on {elsewhere}", f"{why}: check that this user has &{self._channel}"
            )
        return _Answer(True, f"allowed on {elsewhere}", why)

    def _may_subscribe(self) -> _Answer:
        """Test the right to subscribe: a listener subscribes to the channel and closes."""
        listener = CheckpointListener(dataclasses.replace(self._listener, enabled=True, max_reconnects=1))
        with listener, closing_after(LISTEN_SECONDS, listener):
            event = next(listener, None)
        if isinstance(event, Disconnected):
            fault = self._faults.listening(event.error, before=True)
            return _Answer(False, fault.what, fault.advice, is_state=fault.status is Exit.REFUSED and not fault.lasts)
        if not isinstance(event, Connected):
            return _Answer(False, f"no answer in {LISTEN_SECONDS:g} s", _LOAD)
        lacks_ping = f"a listener also asks PING: allow this user +ping ({self._ping})"
        return _Answer(True, f"allowed on {self._channel}", lacks_ping if code_of(self._ping) == "NOPERM" else "")

    def _role(self) -> Finding:
        """Report whether the server is a primary, a replica, or a node of a cluster."""
        info = self._info
        if not info:
            return self._unknown("role", self._no_info)
        program = f"{info.get('server_name', 'redis')} {info.get('valkey_version') or info.get('redis_version', '')}"
        detail = f"{_ROLES.get(info.get('role', ''), info.get('role', 'unknown'))}, {program}"
        if info.get("role") == "slave":
            primary = f"{info.get('master_host')}:{info.get('master_port')}"
            lost = f"what is published here does not reach the primary's subscribers: publish to {primary}"
            return Finding("role", f"{detail} of {primary}", lost)
        if info.get("cluster_enabled") == "1":
            alone = "a node counts only its own subscribers: do not rely on numbers of receivers and subscribers here"
            return Finding("role", f"{detail}, a node of a cluster", alone)
        return Finding("role", detail)

    def _subscribers(self) -> Finding:
        """Report how many clients of this server are subscribed to the channel."""
        try:
            count = int(self._server.ask("PUBSUB", "NUMSUB", self._channel.encode())[1])
        except CommandRefusedError as error:
            return self._unknown("subscribers now", str(error))
        nobody = "" if count else "what is published now is lost: start the consumer, and compare its FKS_INSTANCE_ID"
        return Finding("subscribers now", f"{count} on {self._channel}", nobody)

    def _buffer(self) -> Finding:
        """Report the limits at which the server disconnects a subscriber that reads too slowly."""
        name = "output buffer"
        try:
            hard, soft, seconds = _pubsub_limits(self._server.ask("CONFIG", "GET", "client-output-buffer-limit"))
        except CommandRefusedError as error:
            return self._unknown(name, str(error))
        except (ValueError, IndexError, KeyError):
            return self._unknown(name, "the reply has no limit for pubsub")
        limits = [f"{_size(hard)} at most"] * bool(hard) + [f"{_size(soft)} for {seconds} s"] * bool(soft)
        least = min((limit for limit in (hard, soft) if limit), default=_LIMIT_BYTES)
        setting = f"client-output-buffer-limit pubsub to {_LIMIT_BYTES} or more"
        small = f"a burst may cost listeners their connection: set {setting}"
        return Finding(name, ", or ".join(limits) or "no limit", small if least < _LIMIT_BYTES else "")

    def _unknown(self, name: str, reply: str) -> Finding:
        return Finding(name, reply, "see server state" if code_of(reply) in STATES else _SECRET_STATE)

    def _round_trip(self, subscribe: _Answer) -> Finding:
        """Publish and receive a notification on a channel that no other program uses."""
        name = "round trip"
        if not subscribe.allowed:
            why = "this state of the server" if subscribe.is_state else "no right to subscribe"
            return Finding(name, f"not tried: {why}", "no harm to a service that only publishes")
        instance = _probe_instance()
        listener = CheckpointListener(
            dataclasses.replace(self._listener, enabled=True, instance_id=instance, max_reconnects=1)
        )
        notifier = CheckpointNotifier(
            CheckpointNotifierConfig(redis_url=self._listener.redis_url, instance_id=instance)
        )
        sent = CheckpointNotification.new("none", "checkpoint-notify doctor")
        start = 0.0
        with listener, closing_after(LISTEN_SECONDS, listener):
            for event in listener:
                match event:
                    case Connected():
                        start = time.monotonic()
                        try:
                            notifier.publish(sent)
                        except PublishError as error:
                            return self._no_round_trip(self._faults.publishing(error), listener.channel)
                    case Disconnected(error):
                        return self._no_round_trip(self._faults.listening(error, before=True), listener.channel)
                    case Received(notification) if notification == sent:
                        return Finding(name, f"{(time.monotonic() - start) * 1000:.1f} ms on {listener.channel}")
        detail = f"nothing came back on {listener.channel} within {LISTEN_SECONDS:g} s"
        return Finding(name, detail, _LOAD, Exit.NO_CONNECTION)

    def _no_round_trip(self, fault: Fault, channel: str) -> Finding:
        if fault.status is Exit.REFUSED:
            return Finding("round trip", fault.what, f"cannot be tried unless this user may use {channel}: no harm")
        return Finding("round trip", fault.what, _LOAD, fault.status)


def _probe_instance() -> str:
    """Return an unused instance id; an ACL for `fks:*:model_checkpoints` allows its channel too."""
    return f"doctor-{secrets.token_hex(6)}"


def _texts(words: list[bytes]) -> list[str]:
    return [word.decode(errors="replace") for word in words]


def _fields(info: bytes | str) -> dict[str, str]:
    text = info if isinstance(info, str) else info.decode(errors="replace")
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def _pubsub_limits(reply: dict[bytes, bytes] | list[bytes]) -> tuple[int, int, int]:
    """Return the hard limit in bytes, the soft limit in bytes, and its seconds; 0 means no limit."""
    value = reply[b"client-output-buffer-limit"] if isinstance(reply, dict) else reply[1]
    words = value.decode().split()
    at = words.index("pubsub")
    hard, soft, seconds = words[at + 1 : at + 4]
    return int(hard), int(soft), int(seconds)


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.3g} MiB"
