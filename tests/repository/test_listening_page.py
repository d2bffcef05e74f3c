"""The tables of docs/listening.md have every setting with its default, every counter, and every reason of a Gap."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Final, get_args

import pytest

from checkpoint_notify import CheckpointListenerConfig, ListenerCounters
from checkpoint_notify._events import Reason

from ..support.docs import DOCS

PAGE: Final = (DOCS / "listening.md").read_text(encoding="utf-8")
UNITS: Final = {"s": 1, "MiB": 1024 * 1024}


def rows(header: str) -> Iterator[list[str]]:
    """The cells of each row of the table whose first column has this header."""
    table = PAGE.partition(f"\n| {header} |")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def value(shown: str) -> object:
    """The value that a cell shows: a number with or without a unit, or code."""
    if number := re.fullmatch(r"([\d.]+) ?(s|MiB)?", shown):
        return float(number[1]) * UNITS.get(number[2], 1)
    return {"True": True, "False": False}.get(shown.strip("`"), shown.strip("`"))


@pytest.mark.time_limits("connect_timeout", "ping_timeout")
def test_each_setting_is_listed_with_its_default() -> None:
    """In the order of the class."""
    shown = {name.strip("`"): value(default) for name, default, _ in rows("setting")}
    assert list(dataclasses.asdict(CheckpointListenerConfig()).items()) == list(shown.items())


def test_each_counter_is_explained() -> None:
    """In the order of the class."""
    assert [field.name for field in dataclasses.fields(ListenerCounters)] == [
        row[0].strip("`") for row in rows("counter")
    ]


def test_each_reason_of_a_gap_is_explained() -> None:
    """The table has no other."""
    assert list(get_args(Reason)) == [row[0].strip("`") for row in rows("`reason`")]
