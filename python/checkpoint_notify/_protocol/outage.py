"""Errors of a connection, fit to be kept and shown."""

from __future__ import annotations

from checkpoint_notify._redaction import redact_errors


def presentable(error: Exception, password: str | None) -> Exception:
    """The error with clean text, without the password, and without the frames it came through.

    The frames, its own and those of the errors behind it, would keep their variables alive for as long as the event
    waits.
    """
    redact_errors(error, password)
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
