"""The bounds of numbers in the `Annotated` metadata of a generated type."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class IntRange:
    """An integer from `minimum` to `maximum`, both included.

    It follows the protocol `GroupedMetadata` of annotated-types, so that pydantic and Hypothesis apply the bounds too.
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
            return  # pydantic depends on annotated-types, so pydantic is not installed either
        yield Ge(self.minimum)
        yield Le(self.maximum)


@dataclass(frozen=True, slots=True)
class Finite:
    """A float that JSON can express: neither NaN nor infinite. It follows the same protocol."""

    __is_annotated_types_grouped_metadata__: ClassVar[bool] = True

    def __iter__(self) -> Iterator[object]:
        if "hypothesis" in sys.modules:
            from hypothesis import strategies as st

            yield st.floats(allow_nan=False, allow_infinity=False)
        try:
            from annotated_types import Predicate
        except ImportError:
            return
        yield Predicate(math.isfinite)
