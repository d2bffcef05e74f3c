"""The command line: the list of commands, the messages for usage errors, and shell completion."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Final

import click

from checkpoint_notify.cli._command import (
    CONTEXT,
    PROGRAM,
    Command,
    CommandError,
    Context,
    OneOf,
    in_our_words,
    say,
    write_usage,
)
from checkpoint_notify.cli._process import Exit
from checkpoint_notify.cli._terminal import quoted, visible
from checkpoint_notify.errors import DecodeError, EncodeError

if TYPE_CHECKING:
    from pathlib import Path

_COMMANDS: Final = {
    "publish": ("publish", "Publish one notification, once, and say how many received it."),
    "watch": ("watch", "Show what is published, and each gap, until Ctrl-C."),
    "validate": ("validate", "Say whether Rust accepts payloads, and where and why not."),
    "doctor": ("doctor", "Find out what keeps notifications from arriving."),
    "schema": ("contract", "Print the JSON Schema of the message."),
    "conformance": (
        "contract",
        "Judge an implementation of the message by the golden vectors of the real Rust crate.",
    ),
    "compat": ("contract", "Say whether the schema NEW may follow the schema OLD, and why not."),
}
"""Each command with its module and the first sentence of its help, so that the list of commands imports no module."""
_SHELLS: Final = ("bash", "zsh", "fish")
_COMPLETION: Final = "_CHECKPOINT_NOTIFY_COMPLETE"
"""The environment variable by which a shell requests completions, in click's naming scheme."""


class _Commands(click.Group):
    """The commands, in the order of the table."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> Command | None:
        """Import and return the command with this name; None if there is none."""
        if cmd_name not in _COMMANDS:
            return None
        command: Command = getattr(importlib.import_module(f"{__package__}.{_COMMANDS[cmd_name][0]}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the named command and the arguments after it; raises CommandError for an unknown name."""
        if args and args[0] not in _COMMANDS and not ctx.resilient_parsing:
            raise CommandError(f"there is no command {quoted(args[0])}: {PROGRAM} --help lists all")
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option --help."""
        return in_our_words(super().get_help_option(ctx))

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        write_usage(ctx, formatter, ["COMMAND ..."])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with the whole first sentence of its help; click would cut it short."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


def _show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"{PROGRAM} {version(PROGRAM)}")
        ctx.exit()


def _show_completion(ctx: click.Context, _param: click.Parameter, shell: str | None) -> None:
    if shell is not None and not ctx.resilient_parsing:
        click.echo(_script(_shell(shell)), nl=False)
        ctx.exit()


def _install_completion(ctx: click.Context, _param: click.Parameter, shell: str | None) -> None:
    if shell is not None and not ctx.resilient_parsing:
        for file in _installed(_shell(shell)):
            click.echo(f"written: {file}")
        click.echo("it takes effect in new shells")
        ctx.exit()


@click.command(
    cls=_Commands,
    context_settings=CONTEXT,
    invoke_without_command=True,
    help="""Publish, watch and check checkpoint notifications.

    The settings are those of the service: REDIS_URL, FKS_INSTANCE_ID, ENABLE_CHECKPOINT_NOTIFY, and of its listener
    ENABLE_MODEL_RELOAD, MODEL_RELOAD_RECONNECT_MS, MODEL_RELOAD_MAX_RETRIES. --url and --instance override two of them.

    Exit status: 0 done; 1 a payload is refused, or a contract is not kept; 2 wrong command line, setting or file;
    3 no connection, nothing was sent; 4 the server refused; 5 sent, but no reply, so the outcome is unknown;
    6 too few receivers; 7 a gap, under --fail-on-gap; 124 --wait expired; 130 Ctrl-C; 141 nobody reads the output;
    143 SIGTERM.

    \b
    Example: checkpoint-notify doctor
    """,
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Print the version."
)
@click.option(
    "--install-completion",
    is_flag=False,
    flag_value="auto",
    type=OneOf("auto", *_SHELLS),
    metavar="[SHELL]",
    is_eager=True,
    expose_value=False,
    callback=_install_completion,
    help="Have bash, zsh or fish complete this command; unless given, the shell of the variable SHELL.",
)
@click.option(
    "--show-completion",
    is_flag=False,
    flag_value="auto",
    type=OneOf("auto", *_SHELLS),
    metavar="[SHELL]",
    is_eager=True,
    expose_value=False,
    callback=_show_completion,
    help="Print what a shell must read for that.",
)
@click.pass_context
def app(ctx: click.Context) -> None:
    """Print the help if no command is given."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(Exit.USAGE)


def run(arguments: list[str]) -> int:
    """Run the named command and return its exit status; write errors to stderr."""
    try:
        status = app.main(arguments, PROGRAM, _COMPLETION, standalone_mode=False)
    except CommandError as error:
        say(str(error))
        return error.status
    except click.ClickException as error:
        say(_words(error))
        return Exit.USAGE
    except (DecodeError, EncodeError) as error:
        say(visible(str(error)))
        return Exit.INVALID
    except ImportError as error:
        if (error.name or "redis").partition(".")[0] != "redis":
            raise
        say(f"Python finds a module named redis that is not a usable redis-py: {visible(str(error))}")
        return Exit.USAGE
    return int(status or Exit.OK)


def _words(error: click.ClickException) -> str:
    """Return what is wrong with a command line, in this package's words."""
    match error:
        case click.NoSuchOption():
            near = " or ".join(error.possibilities or ())
            what = f"there is no option {quoted(error.option_name)}" + f"; is it {near}?" * bool(near)
        case click.BadOptionUsage():
            what = f"{error.option_name} {'takes no value' if _is_flag(error) else 'needs a value'}"
        case click.MissingParameter():
            what = f"{_name(error.param)} is missing"
        case click.BadParameter():
            what = f"{_name(error.param)} {error.message}"
        case _:
            what = visible(error.format_message())
    context = getattr(error, "ctx", None)
    return f"{what} ({context.command_path if context else PROGRAM} --help)"


def _is_flag(error: click.BadOptionUsage) -> bool:
    params = error.ctx.command.params if error.ctx else []
    return any(
        isinstance(param, click.Option) and param.is_flag and error.option_name in param.opts for param in params
    )


def _name(param: click.Parameter | None) -> str:
    """Return the name of an option or argument as the help shows it."""
    if isinstance(param, click.Option):
        return param.opts[-1]
    return "an argument" if param is None else str(param.metavar or param.name)


def _shell(word: str) -> str:
    """Return the named shell; `auto` is the shell of the variable SHELL."""
    shell = os.environ.get("SHELL", "").rpartition("/")[2] if word == "auto" else word
    if shell not in _SHELLS:
        raise CommandError("which shell? Name it: --install-completion bash, zsh or fish")
    return shell


def _script(shell: str) -> str:
    """Return the script that makes the shell complete this command."""
    from click.shell_completion import get_completion_class

    completion = get_completion_class(shell)
    if completion is None:
        raise CommandError(f"this release of click cannot complete in {shell}")
    return completion(app, {}, PROGRAM, _COMPLETION).source()


def _installed(shell: str) -> list[Path]:
    """Write the script where the shell finds it, and load it in the user's start file; return the files written."""
    import shlex
    from pathlib import Path

    home = Path.home()
    start: Path | None = None
    if shell == "bash":
        script, start = home / ".bash_completions" / f"{PROGRAM}.sh", home / ".bashrc"
        lines = f"source {shlex.quote(str(script))}"
    elif shell == "zsh":
        script = home / ".zfunc" / f"_{PROGRAM}"
        start = Path(os.environ.get("ZDOTDIR") or home) / ".zshrc"
        lines = f"fpath+={shlex.quote(str(script.parent))}; autoload -Uz compinit; compinit"
    else:
        settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        script = settings / "fish" / "completions" / f"{PROGRAM}.fish"
    try:
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(_script(shell), encoding="utf-8")
        if start is None:
            return [script]
        there = start.read_text(encoding="utf-8", errors="surrogateescape") if start.exists() else ""
        if lines not in there.splitlines():
            with start.open("a", encoding="utf-8") as file:
                file.write(("" if there.endswith("\n") or not there else "\n") + lines + "\n")
    except OSError as error:
        raise CommandError(f"cannot write {quoted(str(error.filename))}: {error.strerror}") from None
    return [script, start]
