"""The benchmark's own parts: that it compares what it says, and shows what it measured."""

from __future__ import annotations

import dataclasses
from typing import Any
from xml.etree import ElementTree

import pydantic
import pytest

from checkpoint_notify.codec import codec_for

from ..tools.bench import typed
from ..tools.bench.contenders import RUST, check_contenders
from ..tools.bench.figures import Figures, results
from ..tools.bench.goals import GOALS
from ..tools.bench.operations import DECODE, ENCODE, jobs
from ..tools.bench.plot import plot
from ..tools.bench.rounds import Timing, timing
from ..tools.bench.table import table


@pytest.fixture
def figures() -> Figures:
    """Each operation takes a contender 1 µs, but for Rust, which takes half of that."""
    names = [
        *((job.operation, job.contender, job.accepts) for job in jobs(None)),
        (DECODE, RUST, True),
        (ENCODE, RUST, True),
    ]
    found = Figures({"CPython": "3.11.0"}, 2, {})
    for operation, contender, accepts in names:
        median = 500.0 if contender == RUST else 1000.0
        found.times.setdefault(operation, {})[contender] = (Timing(median, median, median), accepts)
    return found


def test_contenders_read_and_write_the_message() -> None:
    """All of them do the same work on the canonical message."""
    check_contenders()


def test_every_goal_is_judged(figures: Figures) -> None:
    """A ratio of 2 meets the limits above it, and one of 1 those from 1 on."""
    expected = [limit >= (2.0 if against == RUST else 1.0) for _, _, against, limit in GOALS]
    assert expected == [result.met for result in results(figures)]
    assert {True, False} == set(expected)


def test_goals_against_rust_are_open_without_it(figures: Figures) -> None:
    """What was not measured is neither met nor missed."""
    for times in figures.times.values():
        times.pop(RUST, None)
    expected = [against == RUST for _, _, against, _ in GOALS]
    assert expected == [result.met is None for result in results(figures)]
    assert any("not measured" in line for line in table(figures))


def test_the_plot_is_deterministic(figures: Figures) -> None:
    """It is well-formed SVG with the same bytes each time, and loads nothing from outside."""
    drawn = plot(figures)
    assert drawn == plot(figures)
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    bars = ElementTree.fromstring(drawn).findall(".//{*}rect[@class='ours']")
    assert 4 == len(bars)


def test_spread_ignores_an_outlier() -> None:
    """The median and the outer deciles, which one outlier does not move."""
    assert Timing(6.0, 2.0, 10.0) == timing([float(number) for number in range(1, 12)])


@pytest.mark.parametrize("name", typed.FORMS)
def test_pydantic_reads_and_writes_the_typed_message(name: str) -> None:
    """It has the same fields, defaults and bounds, and reads the same values from short floats."""
    cls = typed.generated()
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(typed.pydantic_form(cls, typed.FORMS[name]))
    for label, digits in typed.DIGITS.items():
        payload = typed.with_floats(typed.canonical(), digits)
        read = adapter.validate_json(payload)
        assert payload == adapter.dump_json(read)
        if digits is not None:
            assert dataclasses.asdict(codec_for(cls).decode(payload)) == adapter.dump_python(read), label
    with pytest.raises(pydantic.ValidationError, match="less than or equal to 4294967295"):
        adapter.validate_json(b'{"asset":"a","ema_fast_period":4294967296}')
