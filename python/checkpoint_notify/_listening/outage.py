"""Errors of a connection, fit to be kept and shown."""

from __future__ import annotations


def presentable(error: Exception, password: str | None) -> Exception:
    """The error without the password, and without the frames it came through.

    A server may repeat the arguments of a command that it refuses. The frames, its own and those of the errors behind
    it, would keep their variables alive for as long as the event waits.
    """
    text = str(error)
    if password and password in text:
        error.args = (text.replace(password, "***"),)
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
