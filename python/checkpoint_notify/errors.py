"""Every exception that this package raises.

ValueError
├── DecodeError            a received payload that the Rust service refuses as well
├── PayloadTooLargeError   a received payload with more bytes than the listener's `max_payload`
├── EncodeError            a value that no Rust value can hold
└── RedisUrlError          a URL that the Rust service refuses as well
Exception
└── PublishError           a notification did not, or may not, have reached the server
    ├── NotSentError           PUBLISH was not written: safe to publish again
    ├── RejectedError          the server answered with an error: nothing was published
    └── OutcomeUnknownError    PUBLISH was written and no reply came: it may have gone out
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

__all__ = [
    "Category",
    "DecodeError",
    "EncodeError",
    "NotSentError",
    "OutcomeUnknownError",
    "PayloadTooLargeError",
    "PublishError",
    "RedisUrlError",
    "RejectedError",
]

Category: TypeAlias = Literal["syntax", "data", "eof", "utf8"]
"""What is wrong with a payload: the three of `serde_json::error::Category`, and `utf8` for bytes that are not UTF-8."""


class DecodeError(ValueError):
    """A payload that is refused, and the place of the fault; counterpart of `serde_json::Error`.

    `str()` is Rust's text with the position. For `utf8` it is our own: Rust refuses such bytes before its decoder.
    """

    category: Category
    """`syntax`: not JSON; `data`: JSON, but not this message; `eof`: cut short; `utf8`: bytes that are not UTF-8."""
    message: str
    """What is wrong, without the position."""
    line: int | None
    """Line of the fault, from 1; None for `utf8`."""
    column: int | None
    """Bytes between the start of that line and the fault's end; None for `utf8`."""
    offset: int
    """Bytes between the start of the payload and the fault's end; for `utf8`, the index of the first bad byte."""

    def __init__(self, category: Category, message: str, line: int | None, column: int | None, offset: int) -> None:
        super().__init__(category, message, line, column, offset)
        self.category = category
        self.message = message
        self.line = line
        self.column = column
        self.offset = offset

    def __str__(self) -> str:
        if self.line is None:
            return self.message
        return f"{self.message} at line {self.line} column {self.column}"


class PayloadTooLargeError(ValueError):
    """A payload of more bytes than the listener's `max_payload`; it was not decoded."""


class EncodeError(ValueError):
    """A value that no Rust value can hold; it must not go on the wire."""


class RedisUrlError(ValueError):
    """A Redis URL that `redis::Client::open` refuses; `str()` is redis-rs's text."""


class PublishError(Exception):
    """A notification did not, or may not, have reached the server.

    `str()` is the cause, then what it means for the notification, then the advice. A program may raise one with a text
    of its own, for example in a fake: the text is the cause then.
    """

    _EFFECT: ClassVar[str] = "nothing is known about {channel!r}"

    cause: str
    """What went wrong, in Rust's words."""
    advice: str
    """What to do about it; empty for an error that a program made itself."""

    def __init__(self, cause: str = "", advice: str = "", channel: str | None = None) -> None:
        super().__init__(cause)  # pickle and copy restore the other attributes by name
        self.cause = cause
        self.advice = advice
        self._channel = channel

    def __str__(self) -> str:
        effect = "" if self._channel is None else f"; {self._EFFECT.format(channel=self._channel)}"
        advice = f": {self.advice}" if self.advice else ""
        return f"{self.cause}{effect}{advice}"


class NotSentError(PublishError):
    """No server answered, and PUBLISH was not written: nothing went out, and publishing again is safe."""

    _EFFECT = "nothing was sent on {channel!r}"


class RejectedError(PublishError):
    """The server answered AUTH, SELECT or PUBLISH with an error: nothing went out."""

    _EFFECT = "nothing was published on {channel!r}"

    _reply: str = ""
    """The server's words, for the command line."""
    _at_login: bool = False
    """Whether the server refused the login, rather than PUBLISH."""


class OutcomeUnknownError(PublishError):
    """PUBLISH was written and no reply came: subscribers may have it, so publishing again may deliver it twice."""

    _EFFECT = "subscribers of {channel!r} may have it or not"
