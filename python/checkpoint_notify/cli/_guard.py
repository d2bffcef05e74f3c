"""What every command does alike: an error becomes one line on stderr, and an exit status."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Final, NoReturn, ParamSpec

import typer

from checkpoint_notify.cli._exits import BY_ERROR, Exit
from checkpoint_notify.errors import RedisUrlError

P = ParamSpec("P")

URL_ADVICE: Final = "write redis://[user:password@]host[:port][/database]"
_KNOWN: Final = tuple(kind for kind, _ in BY_ERROR)


class CommandError(Exception):
    """Something the user can mend: what is wrong, what to do, and the exit status."""

    def __init__(self, message: str, status: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.status = status


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command's function; typer still sees its signature."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except CommandError as error:
            fail(str(error), error.status)
        except _KNOWN as error:
            advice = f"; {URL_ADVICE} (REDIS_URL, --url)" if isinstance(error, RedisUrlError) else ""
            fail(f"{error}{advice}", status_of(error))

    return run


def status_of(error: Exception) -> Exit:
    """The exit status for one of this package's errors."""
    return next(status for kind, status in BY_ERROR if isinstance(error, kind))


def say(message: str) -> None:
    """A message for people on stderr, behind whatever went to stdout so far."""
    from checkpoint_notify.cli._text import visible

    sys.stdout.flush()
    lines = map(visible, message.split("\n"))  # a server's or a file's words may hold anything
    typer.echo("checkpoint-notify: " + "\n".join(lines), err=True)


def fail(message: str, status: Exit) -> NoReturn:
    """End the command with a message on stderr."""
    say(message)
    raise typer.Exit(status)
