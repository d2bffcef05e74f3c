"""Judges any implementation of the message by the golden vectors, over the peer protocol (docs/protocol.md).

`checkpoint-notify conformance -- COMMAND…` is this module on a command line. `lines` reads and writes the protocol,
`process` keeps a peer in hand, `checks` says what is asked and what an answer is worth, `runner` puts the two together,
`report` lays a run beside the list that `known` reads. `serving` is the other side of the pipe, for a peer in Python.
"""

from checkpoint_notify.conformance.checks import Check, Kind, Outcome, all_checks
from checkpoint_notify.conformance.known import Entry, KnownFileError, read_known
from checkpoint_notify.conformance.report import Report, Stale
from checkpoint_notify.conformance.runner import CommandNotFoundError, Limits, Run, run
from checkpoint_notify.conformance.serving import Implementation, RefusedError, serve

__all__ = [
    "Check",
    "CommandNotFoundError",
    "Entry",
    "Implementation",
    "Kind",
    "KnownFileError",
    "Limits",
    "Outcome",
    "RefusedError",
    "Report",
    "Run",
    "Stale",
    "all_checks",
    "read_known",
    "run",
    "serve",
]
