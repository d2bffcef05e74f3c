"""Tests any implementation of the message against the golden vectors, over the peer protocol (docs/protocol.md).

`checkpoint-notify conformance -- COMMAND…` runs it from a command line. `lines` reads and writes the protocol.
`process` controls the peer's process. `checks` makes the checks and judges the answers. `runner` sends the checks to
a peer. `values` converts messages to the values of the protocol. `known` reads the list of known divergences, and
`report` compares a run with it. `serving` implements the peer's side of the protocol, for peers in Python.
"""

from checkpoint_notify.conformance.checks import Check, Outcome, OutcomeKind, all_checks
from checkpoint_notify.conformance.known import Entry, KnownFileError, read_known
from checkpoint_notify.conformance.report import Report, Stale
from checkpoint_notify.conformance.runner import CommandNotFoundError, Limits, Run, run
from checkpoint_notify.conformance.serving import Implementation, RefusedError, TypeCodec, serve

__all__ = [
    "Check",
    "CommandNotFoundError",
    "Entry",
    "Implementation",
    "KnownFileError",
    "Limits",
    "Outcome",
    "OutcomeKind",
    "RefusedError",
    "Report",
    "Run",
    "Stale",
    "TypeCodec",
    "all_checks",
    "read_known",
    "run",
    "serve",
]
