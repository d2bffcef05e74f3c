"""The command `checkpoint-notify`; it needs the extra `cli`."""

from __future__ import annotations

import sys
from typing import NoReturn

from checkpoint_notify.cli import _process


def main() -> NoReturn:
    """Run the command line and end the process; if click or rich is missing, say how to install it."""
    _process.prepare()
    try:
        from checkpoint_notify.cli.app import run

        status = run(sys.argv[1:])
        sys.stdout.flush()  # a failed write must still change the exit status
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("click", "rich"):
            raise
        hint = "in a clone of the repository, run: pip install '.[cli]'"
        print(f"checkpoint-notify: {missing} is not installed; {hint}", file=sys.stderr)
        status = _process.Exit.USAGE
    except _process.CannotWriteError as error:
        _process.drop_output()
        print(f"checkpoint-notify: cannot write: {error.strerror}", file=sys.stderr)
        status = _process.Exit.USAGE
    sys.exit(status)
