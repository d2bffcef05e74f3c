"""`checkpoint-notify doctor`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from checkpoint_notify.cli._options import Instance, Json, Url


class Purpose(StrEnum):
    """What a service does with the channel."""

    PUBLISH = "publish"
    WATCH = "watch"


def doctor(
    purpose: Annotated[
        Purpose | None,
        typer.Option(
            "--for",
            metavar="|".join(Purpose),
            help="What must be switched on and allowed. Unless given, one of the two rights is enough.",
            show_default=False,
        ),
    ] = None,
    url: Url = None,
    instance: Instance = None,
    as_json: Json = False,
) -> None:
    """Find out what keeps notifications from arriving.

    It looks at each step from the settings to a message that comes back, and says what to do where one fails.
    Each line is ok, warning or failed; what cannot be asked with the rights of this user is a warning. Nothing is
    published on the channel itself: a round trip takes a channel of its own, fks:doctor-*:model_checkpoints.
    Exit status 0 unless a line failed, else that of the first: 2 a setting, 3 no connection, 4 refused by the server.

    Example: REDIS_URL=redis://user:password@localhost checkpoint-notify doctor --for watch
    """
    from checkpoint_notify.cli._settings import require_redis

    require_redis()
    from checkpoint_notify.cli._examination import examine  # imports redis

    status = examine(url, instance, purpose, as_json=as_json)
    if status:
        raise typer.Exit(status)
