"""What the commands are made of: click, with help and messages in our own words."""

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
    """Something that the user can mend: what is wrong, what to do, and the exit status."""

    def __init__(self, message: str, status: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.status = status


def say(message: str) -> None:
    """A message for people on stderr, behind whatever went to stdout so far. Its texts are visible ones."""
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
    """A context whose help is formatted so."""

    formatter_class = _Formatter


class Command(click.Command):
    """A command with several usage lines, whose help says `Print this help.`."""

    context_class = Context

    def __init__(self, *args: Any, usage: Sequence[str] = ("[OPTIONS]",), **kwargs: Any) -> None:
        # click's words for an argument too many are its own: it is let through, and refused by `invoke`.
        kwargs["context_settings"] = {**CONTEXT, "allow_extra_args": True}
        super().__init__(*args, **kwargs)
        self.usage: Final = tuple(usage)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; each fault in them knows the command."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; it has no arguments that nobody takes."""
        if ctx.args:
            raise CommandError(f"one argument too many: {quoted(ctx.args[0])} ({ctx.command_path} --help)")
        return super().invoke(ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option --help."""
        return in_our_words(super().get_help_option(ctx))

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A line for each way to call it."""
        write_usage(ctx, formatter, self.usage)


def write_usage(ctx: click.Context, formatter: click.HelpFormatter, lines: Sequence[str]) -> None:
    """The usage lines of a command."""
    for number, line in enumerate(lines):
        formatter.write_usage(ctx.command_path, line, prefix="       " if number else "Usage: ")


def in_our_words(option: click.Option | None) -> click.Option | None:
    """The option --help, which speaks as the others do."""
    if option is not None:
        option.help = "Print this help."
    return option


def command(*usage: str) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function: its docstring is the help, in which an example stands on a line of its own."""

    def make(function: Callable[..., Any]) -> Command:
        text = re.sub(r"^(?=Example: )", "\b\n", inspect.getdoc(function) or "", flags=re.MULTILINE)
        made: Command = click.command(function.__name__, cls=Command, usage=usage, help=text)(function)
        return made

    return make


class _Type(_ParamType):
    """A type whose refusal reads on from the option's name: `--count is …, not …`."""

    name = "value"

    def refuse(self, what: str, value: str, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        """Raise the refusal."""
        raise click.BadParameter(f"is {what}, not {quoted(value)}", ctx, param)


class Integer(_Type):
    """An integer without a sign, `_` or spaces."""

    def __init__(self, least: int, most: int | None = None) -> None:
        self._least = least
        self._most = most
        self._what = f"an integer from {least} on" if most is None else f"an integer from {least} to {most}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; a default is one already."""
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
        """The number; a default is one already."""
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
        """The word itself."""
        if value not in self.words:
            self.refuse(f"{', '.join(self.words[:-1])} or {self.words[-1]}", value, param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The words that begin so."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


class File(_Type):
    """The name of a file; `-` is stdin where the command says so."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The shell completes names of files."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


def with_url(function: F) -> F:
    """The options --url and --instance."""
    function = click.option("--instance", metavar="ID", help="The instance, instead of FKS_INSTANCE_ID.")(function)
    return click.option("-u", "--url", metavar="URL", help="The server, instead of REDIS_URL.")(function)


def with_json(function: F) -> F:
    """The option --json."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON, for machines.")(function)
