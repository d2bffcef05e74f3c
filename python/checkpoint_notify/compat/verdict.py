"""The result of a comparison: the changes, the verdict, and the version bump that they require."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Any, NamedTuple


class Verdict(Enum):
    """How compatible two versions of a message are; the value says it in words."""

    FULL = "fully compatible"
    BACKWARD = "backward"
    """New readers accept all old messages; old readers refuse or misread some new ones."""
    FORWARD = "forward"
    """Old readers accept all new messages; new readers refuse or misread some old ones."""
    BREAKING = "breaking"


class Bump(IntEnum):
    """The part of the version that must grow, by the rule at the top of CHANGELOG.md."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def after(self, version: str) -> str:
        """Return the next version, `X.Y.Z`; before 1.0.0, a major change only raises the minor part."""
        major, minor, patch = (int(part) for part in version.split("."))
        if self is Bump.NONE:
            return version
        if self is Bump.PATCH:
            return f"{major}.{minor}.{patch + 1}"
        return f"{major + 1}.0.0" if self is Bump.MAJOR and major else f"{major}.{minor + 1}.0"


class Change(NamedTuple):
    """One difference between two schemas."""

    field: str
    """The place of the field, such as `legs[].side`, or `limits.*` for the values of a map; empty for the message."""
    what: str
    backward: str = ""
    """Why a new reader refuses or misreads some old message; empty if it does not."""
    forward: str = ""
    """Why an old reader refuses or misreads some new message; empty if it does not."""
    bump: Bump = Bump.MAJOR
    type: str = ""
    """The struct or enum that changed, at each place where it stands; empty for the message itself."""

    @property
    def where(self) -> str:
        """The place and the type in words."""
        return (self.field or "the message") + (f" (in {self.type})" if self.type else "")


class Comparison(NamedTuple):
    """All differences between two schemas."""

    changes: tuple[Change, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on all changes together."""
        backward = not any(change.backward for change in self.changes)
        forward = not any(change.forward for change in self.changes)
        if backward:
            return Verdict.FULL if forward else Verdict.BACKWARD
        return Verdict.FORWARD if forward else Verdict.BREAKING

    @property
    def bump(self) -> Bump:
        """The greatest bump of all changes."""
        return max((change.bump for change in self.changes), default=Bump.NONE)

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as a JSON object."""
        changes = [change._asdict() | {"bump": change.bump.name.lower()} for change in self.changes]
        return {"verdict": self.verdict.value, "bump": self.bump.name.lower(), "changes": changes}
