"""The building blocks of the commands: click, with the help format and the messages of this package."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click

from checkpoint_notify.cli._process import Exit
from checkpoint_notify.cli._terminal import Screen, quoted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # generic only in newer releases

F = TypeVar("F", bound=Callable[..., Any])

PROGRAM: Final = "checkpoint-notify"
CONTEXT: Final = {"help_option_names": ["-h", "--help"]}

_INTEGER: Final = re.compile(r"[+]?0*([0-9]{1,20})", re.ASCII)
_DECIMAL: Final = re.compile(r"[+]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?", re.ASCII)


class CommandError(Exception):
    """An error that the user can correct: the text says what is wrong and what to do; it has the exit status."""

    def __init__(self, message: str, status: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.status = status


def say(message: str) -> None:
    """Write a message to stderr, after everything written to stdout. All parts must have passed `visible`."""
    sys.stdout.flush()
    screen = Screen("stderr")
    for number, line in enumerate(message.split("\n")):
        screen.line(line if number else f"{PROGRAM}: {line}", indent=4)
    screen.flush()


class _Formatter(click.HelpFormatter):
    """Help as wide as the terminal, from 50 to 118 columns."""

    def __init__(self, **_: Any) -> None:
        super().__init__(width=max(50, min(Screen().width, 120) - 2))


class Context(click.Context):
    """A context that formats help with `_Formatter`."""

    formatter_class = _Formatter


class Command(click.Command):
    """A command with several usage lines, whose help says `Print this help.`."""

    context_class = Context

    def __init__(self, *args: Any, usage: Sequence[str] = ("[OPTIONS]",), **kwargs: Any) -> None:
        # click would report an extra argument in its own words. Accept it here; `invoke` refuses it.
        kwargs["context_settings"] = {**CONTEXT, "allow_extra_args": True}
        super().__init__(*args, **kwargs)
        self.usage: Final = tuple(usage)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; add the command to each usage error, so that the message can name it."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raises CommandError for an extra argument."""
        if ctx.args:
            raise CommandError(f"one argument too many: {quoted(ctx.args[0])} ({ctx.command_path} --help)")
        return super().invoke(ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option --help."""
        return in_our_words(super().get_help_option(ctx))

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one usage line for each way to call the command."""
        write_usage(ctx, formatter, self.usage)


def write_usage(ctx: click.Context, formatter: click.HelpFormatter, lines: Sequence[str]) -> None:
    """Write the usage lines of a command."""
    for number, line in enumerate(lines):
        formatter.write_usage(ctx.command_path, line, prefix="       " if number else "Usage: ")


def in_our_words(option: click.Option | None) -> click.Option | None:
    """Give the option --help a help text in the style of the other options."""
    if option is not None:
        option.help = "Print this help."
    return option


def command(*usage: str) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a function a command. Its docstring is the help; `Example:` begins a new line."""

    def make(function: Callable[..., Any]) -> Command:
        text = re.sub(r"^(?=Example: )", "\b\n", inspect.getdoc(function) or "", flags=re.MULTILINE)
        made: Command = click.command(function.__name__, cls=Command, usage=usage, help=text)(function)
        return made

    return make


class _Type(_ParamType):
    """A type whose error text continues the option's name: `--count is …, not …`."""

    name = "value"

    def refuse(self, what: str, value: str, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        """Raise the error for a wrong value."""
        raise click.BadParameter(f"is {what}, not {quoted(value)}", ctx, param)


class IntegerInRange(_Type):
    """An integer without a sign, `_` or spaces."""

    def __init__(self, least: int, most: int | None = None) -> None:
        self._least = least
        self._most = most
        self._what = f"an integer from {least} on" if most is None else f"an integer from {least} to {most}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; a default value already is a number."""
        if isinstance(value, int):
            return value
        match = _INTEGER.fullmatch(value)
        number = int(match[1]) if match else -1
        if number < self._least or (self._most is not None and number > self._most):
            self.refuse(self._what, value, param, ctx)
        return number


class Seconds(_Type):
    """A number of seconds."""

    def __init__(self, least: float, most: float) -> None:
        self._least = least
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; a default value already is a number."""
        if isinstance(value, float):
            return value
        number = float(value) if _DECIMAL.fullmatch(value) else -1.0
        if not self._least <= number <= self._most:
            self.refuse(f"a number of seconds from {self._least:g} to {self._most:,.0f}", value, param, ctx)
        return number


class OneOf(_Type):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words: Final = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word if it is allowed."""
        if value not in self.words:
            self.refuse(f"{', '.join(self.words[:-1])} or {self.words[-1]}", value, param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the words that start with the typed text."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


class File(_Type):
    """The name of a file; some commands accept `-` for stdin."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Ask the shell to complete the name of a file."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


def with_url(function: F) -> F:
    """Add the options --url and --instance."""
    function = click.option("--instance", metavar="ID", help="The instance, instead of FKS_INSTANCE_ID.")(function)
    return click.option("-u", "--url", metavar="URL", help="The server, instead of REDIS_URL.")(function)


def with_json(function: F) -> F:
    """Add the option --json."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON, for machines.")(function)
