"""`checkpoint-notify schema`."""

from __future__ import annotations

import typer

from checkpoint_notify.resources import schema_text


def schema() -> None:
    """Print the JSON Schema of the message.

    Example: checkpoint-notify schema > checkpoint_notification.schema.json
    """
    typer.echo(schema_text(), nl=False)
