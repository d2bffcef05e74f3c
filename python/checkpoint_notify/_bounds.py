"""The bounds that a generated type carries in its `Annotated` metadata."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class IntRange:
    """An integer from `minimum` to `maximum`, both included.

    Follows the protocol `GroupedMetadata` of annotated-types, so that pydantic and Hypothesis know the bounds as well.
    """

    minimum: int
    maximum: int
    __is_annotated_types_grouped_metadata__: ClassVar[bool] = True

    def __iter__(self) -> Iterator[object]:
        if "hypothesis" in sys.modules:
            from hypothesis import strategies as st

            yield st.integers(self.minimum, self.maximum)  # Hypothesis does not depend on annotated-types
        try:
            from annotated_types import Ge, Le
        except ImportError:
            return  # then pydantic, which depends on it, is not there to ask
        yield Ge(self.minimum)
        yield Le(self.maximum)
