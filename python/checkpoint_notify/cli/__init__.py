"""The command `checkpoint-notify`; it needs the extra `cli`."""

from __future__ import annotations

import sys
from typing import NoReturn

from checkpoint_notify.cli import _process


def main() -> NoReturn:
    """Run the command line, or say what is missing; ends the process."""
    _process.prepare()
    try:
        from checkpoint_notify.cli.app import run

        status = run(sys.argv[1:])
        sys.stdout.flush()  # all of it has left this process before the status is known
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("click", "rich"):
            raise
        hint = "in a clone of the repository, run: pip install '.[cli]'"
        print(f"checkpoint-notify: there is no {missing} here; {hint}", file=sys.stderr)
        status = _process.Exit.USAGE
    except _process.CannotWriteError as error:
        _process.drop_output()
        print(f"checkpoint-notify: cannot write: {error.strerror}", file=sys.stderr)
        status = _process.Exit.USAGE
    sys.exit(status)
