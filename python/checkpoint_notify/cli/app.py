"""The commands of `checkpoint-notify`, one module each; what they need is imported when they run."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Annotated

import typer

from checkpoint_notify.cli._guard import guarded
from checkpoint_notify.cli.compat import compat
from checkpoint_notify.cli.conformance import conformance
from checkpoint_notify.cli.doctor import doctor
from checkpoint_notify.cli.publish import publish
from checkpoint_notify.cli.schema import schema
from checkpoint_notify.cli.validate import validate
from checkpoint_notify.cli.watch import watch

# Plain help: it can be searched, piped and copied from, and is the same on every terminal.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 120},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"checkpoint-notify {version('checkpoint-notify')}")
        raise typer.Exit


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Publish, watch and check checkpoint notifications.

    The settings are those of the service: REDIS_URL, FKS_INSTANCE_ID, ENABLE_CHECKPOINT_NOTIFY, and of its listener
    ENABLE_MODEL_RELOAD, MODEL_RELOAD_RECONNECT_MS, MODEL_RELOAD_MAX_RETRIES. --url and --instance override two of them.

    Exit status: 0 done; 1 a payload is refused, or a contract is not kept; 2 wrong command line, setting or file;
    3 no connection, nothing was sent; 4 the server refused; 5 sent, but no reply, so the outcome is unknown;
    6 too few receivers; 7 a gap, under --fail-on-gap; 124 --wait expired; 130 Ctrl-C; 141 nobody reads the output;
    143 SIGTERM.

    Example: checkpoint-notify doctor
    """


def _help(command: Callable[..., None]) -> str:
    """Its docstring, in which a paragraph that is an example is not filled, so that it can be copied."""
    return re.sub(r"^(?=Example: )", "\b\n", inspect.getdoc(command) or "", flags=re.MULTILINE)


for _command in (publish, watch, validate, doctor, schema, conformance, compat):
    app.command(help=_help(_command))(guarded(_command))
