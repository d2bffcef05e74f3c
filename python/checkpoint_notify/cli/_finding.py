"""One line of `doctor`."""

from __future__ import annotations

from typing import Any, NamedTuple

from checkpoint_notify.cli._exits import Exit


class Finding(NamedTuple):
    """What was looked at, and what was found."""

    name: str
    detail: str
    advice: str = ""
    """What to do; empty where all is well."""
    status: Exit = Exit.OK
    """For the process, if this is the first line that failed."""

    @property
    def grade(self) -> str:
        """`ok`, `warning` or `failed`."""
        return "failed" if self.status else "warning" if self.advice else "ok"

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {"name": self.name, "grade": self.grade, "detail": self.detail, "advice": self.advice or None}
