"""Hides the password in text from outside: from a server, from redis-py or from a URL.

Our own words are never searched for the password: a gap in a sentence that everybody knows would reveal it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_REPEATED_ARGUMENTS: Final = re.compile(r"(?<=with args beginning with: ).*", re.DOTALL)
"""What a server quotes of a command that it does not know. It may quote only a part of a long password."""
_SHORT: Final = 2
"""A shorter password occurs in most words. Removed from them, it could be guessed."""
_HIDDEN: Final = "***"
_WITHHELD: Final = "*** (not shown: it may hold the password)"
_QUOTED: Final = 300
"""The number of characters of outside text that are quoted at most."""
_FIXED: Final = frozenset(
    {"Connection closed by server.", "Timeout connecting to server", "Timeout reading from socket"}
)
"""Sentences of redis-py that contain nothing from a server."""


def one_line(text: str) -> str:
    """Return the text on one line: line breaks and other unprintable characters are escaped as in a Python string."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def text_of(data: bytes) -> str:
    """Return bytes from outside as text, whether they are UTF-8 or not."""
    return data.decode(errors="replace")


def redact(text: str, password: str | None) -> str:
    """Return text from outside on one line, and without the password in any form that it may be written in."""
    if not password or text in _FIXED:
        return one_line(text)
    text = _REPEATED_ARGUMENTS.sub(_HIDDEN, text)
    found = [form for form in _forms(password) if form in text]
    if found and len(password) < _SHORT:
        return _WITHHELD
    for form in found:
        text = text.replace(form, _HIDDEN)
    return one_line(text)


def redact_errors(error: BaseException, password: str | None, outer: BaseException | None = None) -> None:
    """Hide the password in the texts of an error and of all its causes: a traceback would show them.

    Errors of the operating system contain no outside text, and our own only what a TransportError quotes. `outer` is
    the exception that the caller was handling already; it and its causes are not changed.
    """
    for each in _chain(error, outer):
        if isinstance(each, TransportError):
            each.redact(password)
        elif not _is_system_error(each) and each.args:
            text, arguments = str(each), repr(each.args)
            shown = redact(text, password)
            if shown != text or redact(arguments, password) != arguments:
                each.args = (shown,)


class TransportError(ConnectionError):
    """An error of ours that may quote text from outside. The password is hidden in the quotation once it is known."""

    def __init__(self, before: str, quoted: str = "", after: str = "") -> None:
        super().__init__(f"{before}{one_line(quoted)[:_QUOTED]}{after}")
        self._parts = before, quoted, after

    @property
    def quoted(self) -> str:
        """The text from outside."""
        return one_line(self._parts[1])[:_QUOTED]

    def redact(self, password: str | None) -> None:
        """Hide the password in what is quoted."""
        before, quoted, after = self._parts
        quoted = redact(quoted, password)[:_QUOTED]  # cut last: half a password would not be found
        self._parts = before, quoted, after
        self.args = ("".join(self._parts),)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._parts


def _forms(password: str) -> list[str]:
    """Return the forms in which a password may be written, the longest first."""
    from urllib.parse import quote, quote_plus  # only a password needs it

    forms = {password, quote(password, safe="", errors="replace"), quote_plus(password, errors="replace")}
    forms |= {one_line(password), repr(password)[1:-1], repr(password.encode(errors="replace"))[2:-1]}
    forms |= {repr(form)[1:-1] for form in forms}  # redis-py quotes what a server has quoted already
    return sorted(forms, key=len, reverse=True)


def _is_system_error(error: BaseException) -> bool:
    """Whether the text of an error comes from the operating system, or from a time limit."""
    return isinstance(error, TimeoutError) or (isinstance(error, OSError) and error.errno is not None)


def _chain(error: BaseException, end: BaseException | None) -> Iterator[BaseException]:
    seen = {id(end)}
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__]


def presentable(error: Exception, password: str | None) -> Exception:
    """Return the error without the password, and without tracebacks and causes: an event keeps it for a long time.

    Their frames would keep their variables alive for as long.
    """
    redact_errors(error, password)
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
