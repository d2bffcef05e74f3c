"""`checkpoint-notify publish`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._guard import CommandError, fail, say
from checkpoint_notify.cli._options import Instance, Json, Url

if TYPE_CHECKING:
    from checkpoint_notify.config import CheckpointNotifierConfig
    from checkpoint_notify.notification import CheckpointNotification

_U64_MAX: Final = 2**64 - 1
U64: TypeAlias = Annotated[
    int | None, typer.Option(min=0, max=_U64_MAX, metavar="N", help="0 unless given.", show_default=False)
]


def publish(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE|-", help="A notification as JSON.", show_default=False)
    ] = None,
    path: Annotated[
        str | None, typer.Option("--path", metavar="PATH", help="The checkpoint file.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The model's name.", show_default=False)
    ] = None,
    version: U64 = None,
    step: U64 = None,
    meta: Annotated[
        list[str] | None,
        typer.Option("--meta", metavar="K=V", help="An entry of metadata; repeatable.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the payload; send nothing, connect nowhere.")
    ] = False,
    require_receivers: Annotated[
        int,
        typer.Option(
            "--require-receivers",
            min=0,
            metavar="N",
            help="End with 6 if fewer received it. Only the server itself counts: wrong in a cluster and on a replica.",
        ),
    ] = 0,
    url: Url = None,
    instance: Instance = None,
    as_json: Json = False,
) -> None:
    """Publish one notification, once, and say how many received it.

    It is read from FILE (- is stdin), or made from --path and --name and saved now. What goes out is what Rust would
    write: of a FILE, its known fields in their order. Where ENABLE_CHECKPOINT_NOTIFY is false, nothing is sent, and the
    exit status is 2.

    Example: checkpoint-notify publish --path model.bin --name lstm --version 42 --meta loss=0.0023
    """
    from checkpoint_notify.cli import _settings

    options = {"--version": version, "--step": step, "--meta": meta or None, "--path": path, "--name": name}
    notification = _read(file, options) if file is not None else _made(path, name, version or 0, step or 0, meta or [])
    config = _settings.notifier_config(url, instance)
    if dry_run:
        _show(config, notification, as_json=as_json)
        return
    _settings.require_redis()
    _settings.require_enabled("ENABLE_CHECKPOINT_NOTIFY", enabled=config.enabled)
    _send(config, notification, require_receivers, as_json=as_json)


def _read(file: str, options: Mapping[str, object]) -> CheckpointNotification:
    from checkpoint_notify.cli._inputs import read, shown
    from checkpoint_notify.cli._text import excerpt, visible
    from checkpoint_notify.errors import DecodeError
    from checkpoint_notify.notification import CheckpointNotification

    given = [name for name, value in options.items() if value is not None]
    if given:
        raise CommandError(f"a FILE holds all of a notification: leave out {', '.join(given)}, or the FILE")
    payload = read(file)
    try:
        return CheckpointNotification.from_json(payload)
    except DecodeError as error:
        text, carets = excerpt(payload, error, 100)
        hint = "\na FILE is a notification as JSON; a checkpoint is named by --path" if error.category == "utf8" else ""
        refusal = f"{shown(file)}: refused: {visible(str(error))}\n    {text}\n    {carets}{hint}"
        raise CommandError(refusal, Exit.INVALID) from None


def _made(path: str | None, name: str | None, version: int, step: int, meta: list[str]) -> CheckpointNotification:
    from checkpoint_notify.notification import CheckpointNotification

    if path is None or name is None:
        raise CommandError("what is to be published? Give a FILE (- is stdin), or both --path and --name")
    notification = CheckpointNotification.new(path, name).with_version(version).with_training_step(step)
    for entry in meta:
        key, equals, value = entry.partition("=")
        if not equals:
            raise CommandError("--meta is K=V, such as --meta loss=0.0023: there is no = in one")
        notification = notification.with_metadata(key, value)
    return notification


def _show(config: CheckpointNotifierConfig, notification: CheckpointNotification, *, as_json: bool) -> None:
    from checkpoint_notify._publishing import Order
    from checkpoint_notify.channel import checkpoint_channel
    from checkpoint_notify.cli._text import visible
    from checkpoint_notify.redis_url import RedisUrl

    channel = checkpoint_channel(config.instance_id)
    target = Order(RedisUrl.parse(config.redis_url), channel, b"").target
    if as_json:
        _print_json(notification, channel=channel, target=target, published=False)
        return
    typer.echo(notification.to_json_bytes())
    off = "" if config.enabled else ", if ENABLE_CHECKPOINT_NOTIFY were not false"
    say(f"not sent; it would go to {visible(channel)} at {visible(target)}{off}")


def _send(
    config: CheckpointNotifierConfig, notification: CheckpointNotification, required: int, *, as_json: bool
) -> None:
    from checkpoint_notify.cli._text import visible
    from checkpoint_notify.notifier import CheckpointNotifier

    notifier = CheckpointNotifier(config)
    receivers = notifier.publish(notification) or 0
    if as_json:
        _print_json(notification, channel=notifier.channel, receivers=receivers, published=True)
    else:
        typer.echo(f"published on {visible(notifier.channel)}; receivers on that server: {receivers}")
    if receivers < required:
        fail(
            f"published, but {receivers} of {required} receivers had it; only the server it was sent to counts them",
            Exit.TOO_FEW_RECEIVERS,
        )


def _print_json(notification: CheckpointNotification, **rest: object) -> None:
    import dataclasses

    from checkpoint_notify.cli._events import json_line

    payload = notification.to_json()
    typer.echo(json_line({**rest, "notification": dataclasses.asdict(notification), "raw": payload}))
