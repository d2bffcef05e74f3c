"""What a comparison says: the changes, the verdict, and what they do to the version."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Any, NamedTuple


class Verdict(Enum):
    """How two versions of a message get on; the value says it in words."""

    FULL = "fully compatible"
    BACKWARD = "backward"
    """New readers take old messages; old readers do not take all new ones."""
    FORWARD = "forward"
    """Old readers take new messages; new readers do not take all old ones."""
    BREAKING = "breaking"


class Bump(IntEnum):
    """The part of the version that must grow, as the head of CHANGELOG.md has it."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def after(self, version: str) -> str:
        """The least version after this one, `X.Y.Z`; before 1.0.0 what would be major is minor."""
        major, minor, patch = (int(part) for part in version.split("."))
        if self is Bump.NONE:
            return version
        if self is Bump.PATCH:
            return f"{major}.{minor}.{patch + 1}"
        return f"{major + 1}.0.0" if self is Bump.MAJOR and major else f"{major}.{minor + 1}.0"


class Change(NamedTuple):
    """One difference between two schemas."""

    field: str
    """The name of the field; empty for the message as a whole."""
    what: str
    backward: str = ""
    """Why a new reader does not take every old message; empty where it does."""
    forward: str = ""
    """Why an old reader does not take every new message; empty where it does."""
    bump: Bump = Bump.MAJOR


class Comparison(NamedTuple):
    """All differences between two schemas."""

    changes: tuple[Change, ...]

    @property
    def verdict(self) -> Verdict:
        """That of all changes together."""
        backward = not any(change.backward for change in self.changes)
        forward = not any(change.forward for change in self.changes)
        if backward:
            return Verdict.FULL if forward else Verdict.BACKWARD
        return Verdict.FORWARD if forward else Verdict.BREAKING

    @property
    def bump(self) -> Bump:
        """The greatest that a change asks for."""
        return max((change.bump for change in self.changes), default=Bump.NONE)

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        changes = [change._asdict() | {"bump": change.bump.name.lower()} for change in self.changes]
        return {"verdict": self.verdict.value, "bump": self.bump.name.lower(), "changes": changes}
