"""Run every peer that is there, and print the table of docs/proof.md; the times go to stderr."""

from __future__ import annotations

import sys

from checkpoint_notify.conformance import CommandNotFoundError

from .table import HEADER, PEERS, judged, row


def main() -> None:
    """Judge them one after the other."""
    print(*HEADER, sep="\n")
    for name in PEERS:
        try:
            found = judged(name)
        except CommandNotFoundError as error:
            print(f"{name}: LEFT OUT: {error}", file=sys.stderr)
        else:
            print(row(found), flush=True)
            print(f"{name}: {found.seconds:.2f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
