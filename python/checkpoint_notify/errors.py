"""Every exception that this package raises.

ValueError
├── DecodeError            they sent bytes that the Rust service refuses, too
├── PayloadTooLargeError   they sent more bytes than the listener was told to take
├── EncodeError            we built a value that no Rust value can hold
└── RedisUrlError          a URL that the Rust service refuses, too
Exception
└── PublishError           a notification did not, or may not, have reached the server
    ├── NotSentError           PUBLISH was not written: safe to publish again
    ├── RejectedError          the server answered with an error: nothing was published
    └── OutcomeUnknownError    PUBLISH was written, no reply came: it may have gone out
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Category: TypeAlias = Literal["syntax", "data", "eof", "utf8"]
"""What is wrong with a payload: the three of `serde_json::error::Category`, and `utf8` for bytes that are no UTF-8."""


class DecodeError(ValueError):
    """A payload that is refused, and where; counterpart of `serde_json::Error`.

    `str()` is Rust's text, position included; for `utf8` it is our own, as Rust meets such bytes before its decoder.
    """

    category: Category
    """`syntax`: no JSON; `data`: JSON, but not this message; `eof`: cut short; `utf8`: bytes that are not UTF-8."""
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
    """A value that no Rust value can hold, and so none that may go on the wire."""


class RedisUrlError(ValueError):
    """A Redis URL that `redis::Client::open` refuses; `str()` is redis-rs's text."""


class PublishError(Exception):
    """A notification did not, or may not, have reached the server."""


class NotSentError(PublishError):
    """No server answered, and PUBLISH was not written: nothing went out, and publishing again is safe."""


class RejectedError(PublishError):
    """The server answered AUTH, SELECT or PUBLISH with an error: nothing went out."""


class OutcomeUnknownError(PublishError):
    """PUBLISH was written and no reply came: subscribers may have it, so publishing again may deliver it twice."""
