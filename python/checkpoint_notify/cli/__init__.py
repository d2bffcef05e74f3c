"""The command `checkpoint-notify`; it needs the extra `cli`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from checkpoint_notify.cli import _process


def main() -> NoReturn:
    """Run the command line, or say in one line what is missing; ends the process."""
    _process.prepare()
    try:
        from checkpoint_notify.cli.app import app

        status = _status_of(app)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("rich", "typer"):
            raise
        print(f"There is no {missing} here: pip install 'checkpoint-notify[cli]'", file=sys.stderr)
        status = 2
    sys.exit(status)


def _status_of(app: Callable[..., Any]) -> Any:
    """The exit status, once all that was written has left this process."""
    status: Any = None
    try:
        try:
            app(prog_name="checkpoint-notify")
        except SystemExit as end:
            status = end.code
        sys.stdout.flush()
    except OSError as error:  # typer writes its help itself
        _process.drop_output()
        print(f"checkpoint-notify: cannot write: {error.strerror}", file=sys.stderr)
        return 2
    return status
