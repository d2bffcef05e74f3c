"""Foreign text: what a server, redis-py or a URL says. It is cleaned where it enters a sentence of ours.

Our own words are never searched for the password: a hole in a sentence that everybody knows would reveal it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_REPEATED_ARGUMENTS: Final = re.compile(r"(?<=with args beginning with: ).*", re.DOTALL)
"""What a server repeats of a command that it does not know; it cuts a long password short."""
_SHORT: Final = 2
"""A password of fewer characters is part of most words, which would show it by what is missing."""
_HIDDEN: Final = "***"
_WITHHELD: Final = "*** (not shown: it may hold the password)"
_QUOTED: Final = 300
"""How many characters of a foreign text are quoted at most."""
_FIXED: Final = frozenset(
    {"Connection closed by server.", "Timeout connecting to server", "Timeout reading from socket"}
)
"""Sentences of redis-py that hold nothing else."""


def one_line(text: str) -> str:
    """The text on one line: line breaks, and whatever else cannot be printed, as a Python string shows them."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def text_of(data: bytes) -> str:
    """Foreign bytes as text, whether they are UTF-8 or not."""
    return data.decode(errors="replace")


def redact(text: str, password: str | None) -> str:
    """Foreign text fit to be shown: on one line, and without the password in any form it may be written in."""
    if not password or text in _FIXED:
        return one_line(text)
    text = _REPEATED_ARGUMENTS.sub(_HIDDEN, text)
    found = [form for form in _forms(password) if form in text]
    if found and len(password) < _SHORT:
        return _WITHHELD
    for form in found:
        text = text.replace(form, _HIDDEN)
    return one_line(text)


def redact_errors(error: BaseException, password: str | None, handled: BaseException | None = None) -> None:
    """Clean the texts of an error and of all those behind it: a traceback would show them.

    Errors of the system hold no foreign text, and our own only what an TransportError quotes. `handled` is what the
    caller was handling before, and is left alone with what is behind it.
    """
    for each in _chain(error, handled):
        if isinstance(each, TransportError):
            each.redact(password)
        elif not _of_the_system(each) and each.args:
            text, arguments = str(each), repr(each.args)
            shown = redact(text, password)
            if shown != text or redact(arguments, password) != arguments:
                each.args = (shown,)


class TransportError(ConnectionError):
    """A sentence of ours; foreign text that it quotes is cleaned once the password is known."""

    def __init__(self, before: str, foreign: str = "", after: str = "") -> None:
        super().__init__(f"{before}{one_line(foreign)[:_QUOTED]}{after}")
        self._parts = before, foreign, after

    def redact(self, password: str | None) -> None:
        """Hide the password in what is quoted."""
        before, foreign, after = self._parts
        foreign = redact(foreign, password)[:_QUOTED]  # cut last: half a password would not be found
        self._parts = before, foreign, after
        self.args = ("".join(self._parts),)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._parts


def _forms(password: str) -> list[str]:
    """How a password may be written, the longest form first."""
    from urllib.parse import quote, quote_plus  # only a password needs it

    forms = {password, quote(password, safe="", errors="replace"), quote_plus(password, errors="replace")}
    forms |= {one_line(password), repr(password)[1:-1], repr(password.encode(errors="replace"))[2:-1]}
    forms |= {repr(form)[1:-1] for form in forms}  # redis-py quotes what a server has quoted
    return sorted(forms, key=len, reverse=True)


def _of_the_system(error: BaseException) -> bool:
    """Whether an error has the words of the system, or those of a time limit."""
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
