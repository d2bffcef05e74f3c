"""A payload that Rust refuses, and Rust's error."""

from __future__ import annotations

from dataclasses import dataclass

from checkpoint_notify.errors import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Rust's error for one payload; `checkpoint_notify.DecodeError` explains the fields."""

    category: Category
    message: str | None
    """None for `utf8`, as are `line` and `column`: Rust checks the encoding before it calls serde_json."""
    line: int | None
    column: int | None
    offset: int
    """The number of bytes up to the end of the fault; for `utf8`, the index of the first invalid byte."""

    @property
    def text(self) -> str | None:
        """The text that Rust prints, with the position; None for `utf8`."""
        return None if self.message is None else f"{self.message} at line {self.line} column {self.column}"


@dataclass(frozen=True, slots=True)
class RefusedPayload:
    """A payload that Rust refuses with exactly this error."""

    payload: bytes
    error: Refusal


def refused(payload: bytes, category: Category, message: str, offset: int) -> RefusedPayload:
    """Return a refused payload whose error has the position that serde_json reports after `offset` bytes."""
    lines = payload[:offset].split(b"\n")
    error = Refusal(category=category, message=message, line=len(lines), column=len(lines[-1]), offset=offset)
    return RefusedPayload(payload, error)
