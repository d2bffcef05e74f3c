"""The bounds that a generated type carries in its `Annotated` metadata."""

from __future__ import annotations

from typing import NamedTuple


class IntRange(NamedTuple):
    """An integer from `minimum` to `maximum`, both included."""

    minimum: int
    maximum: int
