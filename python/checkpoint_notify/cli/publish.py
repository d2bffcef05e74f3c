"""`checkpoint-notify publish`."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

import click

from checkpoint_notify import CheckpointNotification, CheckpointNotifier, DecodeError, PublishError
from checkpoint_notify.cli._command import CommandError, File, IntegerInRange, command, say, with_json, with_url
from checkpoint_notify.cli._inputs import read, read_lines, shown
from checkpoint_notify.cli._process import CannotWriteError, Exit, drop_output
from checkpoint_notify.cli._server import Faults, address, library_log, require_enabled, require_redis
from checkpoint_notify.cli._settings import Settings
from checkpoint_notify.cli._terminal import Screen, json_line, quoted, shortened, visible

U64: Final = IntegerInRange(0, 2**64 - 1)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


@command("[OPTIONS] --path PATH --name NAME", "[OPTIONS] FILE|-", "[OPTIONS] --lines FILE|-")
@click.argument("file", required=False, metavar="FILE|-", type=File())
@click.option("--path", metavar="PATH", help="The checkpoint file.")
@click.option("--name", metavar="NAME", help="The model's name.")
@click.option("--version", type=U64, metavar="N", help="0 unless given.")
@click.option("--step", type=U64, metavar="N", help="The training step; 0 unless given.")
@click.option("--saved-at", metavar="TIME", help="Such as 2026-11-28T08:15:30.5Z (RFC 3339); now unless given.")
@click.option("--meta", multiple=True, metavar="K=V", help="An entry of metadata; repeatable.")
@click.option("--lines", is_flag=True, help="Each line of FILE is a notification; stop at the first failure.")
@click.option("--dry-run", is_flag=True, help="Print the payload; send nothing, connect nowhere.")
@click.option(
    "--require-receivers",
    type=IntegerInRange(0),
    default=0,
    metavar="N",
    help="End with 6 if fewer received it. Only the server itself counts: wrong in a cluster and on a replica.",
)
@with_url
@with_json
def publish(
    *,
    file: str | None,
    lines: bool,
    dry_run: bool,
    require_receivers: int,
    url: str | None,
    instance: str | None,
    as_json: bool,
    **fields: Any,
) -> None:
    """Publish one notification, once, and say how many received it.

    It is made from --path and --name, or read from FILE as JSON (- is stdin). What is sent is what Rust would write: of
    a FILE, the known fields in their order. If ENABLE_CHECKPOINT_NOTIFY is false, nothing is sent, and the exit status
    is 2.

    With --lines, each line of FILE is published on its own, in order. At the first failure the command stops and names
    the line.

    Example: checkpoint-notify publish --path model.bin --name lstm --version 42 --meta loss=0.0023
    """
    given = [f"--{name.replace('_', '-')}" for name, value in fields.items() if value not in (None, ())]
    if file is not None and given:
        raise CommandError(f"a FILE holds all of a notification: leave out {', '.join(given)}, or the FILE")
    if lines and file is None:
        raise CommandError("--lines needs a FILE (- is stdin)")
    notifications = _made(**fields) if file is None else _from_file(file, lines=lines)
    settings = Settings(url, instance)
    if dry_run:
        _show(settings, notifications, as_json=as_json)
        return
    require_redis()
    require_enabled("ENABLE_CHECKPOINT_NOTIFY", enabled=settings.notifier.enabled)
    _Publisher(settings, require_receivers, as_json=as_json).publish(notifications)


class _Notification(NamedTuple):
    """A notification to publish, and where it comes from."""

    value: CheckpointNotification
    number: int | None = None
    """The number of its line, under --lines."""
    prefix: str = ""
    """The file and line that begin each message about it; empty without --lines."""


def _made(
    *,
    path: str | None,
    name: str | None,
    version: int | None,
    step: int | None,
    saved_at: str | None,
    meta: tuple[str, ...],
) -> Iterator[_Notification]:
    """Yield the notification that the options describe."""
    if path is None or name is None:
        raise CommandError("what is to be published? Give a FILE (- is stdin), or both --path and --name")
    made = CheckpointNotification.new(path, name).with_version(version or 0).with_training_step(step or 0)
    time = made.saved_at if saved_at is None else _time(saved_at)
    yield _Notification(dataclasses.replace(made, saved_at=time, metadata=_metadata(meta)))


def _time(text: str) -> str:
    """Return the text unchanged; raises CommandError if it is not a time."""
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        is_time = False
    else:
        is_time = _TIME.fullmatch(text) is not None
    if not is_time:
        raise CommandError(f"--saved-at is a time such as 2026-11-28T08:15:30Z, not {quoted(text)}")
    return text


def _metadata(entries: tuple[str, ...]) -> dict[str, str]:
    metadata: dict[str, str] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not equals:
            raise CommandError(f"--meta is K=V, such as loss=0.0023, not {quoted(entry)}")
        if not name:
            raise CommandError(f"--meta {quoted(entry)} has no name before its =")
        if name in metadata:
            raise CommandError(f"--meta names {quoted(name)} twice")
        metadata[name] = value
    return metadata


def _from_file(file: str, *, lines: bool) -> Iterator[_Notification]:
    """Yield the notifications of a file: one for the whole file, or one for each line."""
    if not lines:
        yield _Notification(_decoded(read(file), shown(file)))
        return
    for number, payload in read_lines(file):
        where = f"{shown(file)}:{number}"
        yield _Notification(_decoded(payload, where), number, f"{where}: ")


def _decoded(payload: bytes, where: str) -> CheckpointNotification:
    try:
        return CheckpointNotification.from_json(payload)
    except DecodeError as error:
        text, carets = Screen("stderr").excerpt(payload, error)
        hint = "\na FILE is a notification as JSON; a checkpoint is named by --path" if error.category == "utf8" else ""
        refusal = f"{where}: refused: {shortened(str(error))}\n    {text}\n    {carets}{hint}"
        raise CommandError(refusal, Exit.INVALID) from None


def _show(settings: Settings, notifications: Iterator[_Notification], *, as_json: bool) -> None:
    """Print what would be published, and where."""
    target = address(settings.url())
    is_terminal = Screen().is_terminal
    for notification in notifications:
        if as_json:
            _print_json(notification, channel=settings.channel, target=target, published=False)
            continue
        if is_terminal:  # a terminal interprets control characters
            print(visible(notification.value.to_json()))
        else:
            sys.stdout.buffer.write(notification.value.to_json_bytes() + b"\n")
        sys.stdout.flush()
    if not as_json:
        off = "" if settings.notifier.enabled else ", if ENABLE_CHECKPOINT_NOTIFY were not false"
        say(f"not sent; it would go to {quoted(settings.channel)} at {target}{off}")


class _Publisher:
    """Publishes notifications and reports each outcome."""

    def __init__(self, settings: Settings, required: int, *, as_json: bool) -> None:
        self._channel = settings.channel
        self._faults = Faults(settings)
        self._notifier = CheckpointNotifier(settings.notifier)
        self._required = required
        self._as_json = as_json

    def publish(self, notifications: Iterator[_Notification]) -> None:
        """Publish in order; raises CommandError at the first failure."""
        published = 0
        for notification in notifications:
            try:
                self._publish(notification)
            except CommandError as error:
                raise CommandError(f"{notification.prefix}{error}", error.status) from None
            published += 1
        if not published:
            say("nothing was published: the FILE is empty")

    def _publish(self, notification: _Notification) -> None:
        try:
            receivers = self._notifier.publish(notification.value)
        except PublishError as error:
            raise self._failure(error) from None
        if receivers is None:  # the library logs why
            raise CommandError(f"nothing was published: {shortened(library_log.last)}")
        try:
            self._tell(notification, receivers)
        except CannotWriteError as error:
            drop_output()
            raise CommandError(f"published, but that cannot be written: {error.strerror}") from None
        if receivers < self._required:
            counted = f"published, but {receivers} of {self._required} receivers had it"
            raise CommandError(f"{counted}; only the server it was sent to counts them", Exit.TOO_FEW_RECEIVERS)

    def _tell(self, notification: _Notification, receivers: int) -> None:
        if self._as_json:
            _print_json(notification, channel=self._channel, receivers=receivers, published=True)
        else:
            where = f"published on {quoted(self._channel)}; receivers on that server: {receivers}"
            Screen().line(f"{notification.prefix}{where}", indent=4)
        sys.stdout.flush()

    def _failure(self, error: PublishError) -> CommandError:
        what, advice, status, _ = self._faults.publishing(error)
        if status is Exit.UNKNOWN:
            subscribers = f"subscribers of {quoted(self._channel)} may have it or not"
            return CommandError(f"{what}; {subscribers}: {advice}", status)
        effect = "nothing was sent" if status is Exit.NO_CONNECTION else "nothing was published"
        return CommandError(f"{what}; {effect}: {advice}, then publish again", status)


def _print_json(notification: _Notification, **rest: object) -> None:
    value = notification.value
    line = {} if notification.number is None else {"number": notification.number}
    print(json_line({**rest, **line, "notification": dataclasses.asdict(value), "raw": value.to_json()}))
