"""A payload that Rust refuses, and the error it gives."""

from __future__ import annotations

from dataclasses import dataclass

from checkpoint_notify.errors import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The error for one payload; the fields are those of `checkpoint_notify.DecodeError`, which says more."""

    category: Category
    message: str | None
    """None for `utf8`, as are `line` and `column`: Rust meets such bytes before its decoder."""
    line: int | None
    column: int | None
    offset: int
    """Bytes between the start of the payload and the fault's end; for `utf8`, the index of the first bad byte."""

    @property
    def text(self) -> str | None:
        """What Rust prints, position included; None for `utf8`."""
        return None if self.message is None else f"{self.message} at line {self.line} column {self.column}"


@dataclass(frozen=True, slots=True)
class RefusedPayload:
    """A payload that Rust refuses with just this error."""

    payload: bytes
    error: Refusal


def refused(payload: bytes, category: Category, message: str, offset: int) -> RefusedPayload:
    """With the position that serde_json gives once `offset` bytes are behind it."""
    lines = payload[:offset].split(b"\n")
    error = Refusal(category=category, message=message, line=len(lines), column=len(lines[-1]), offset=offset)
    return RefusedPayload(payload, error)
