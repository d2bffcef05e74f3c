"""`make bench`: times a message with a field of most kinds, `OptimizedParams` of the crate, against pydantic.

It has twenty fields; half of them are floats, and one is a struct of nine fields. pydantic checks the same types and
bounds in strict mode: once in a dataclass, and once in a model, which is its fastest form. The goals are for floats of
at most 15 digits. Floats of 17 digits take the exact parser, and are shown apart.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import random
import re
import subprocess
import sys
import tempfile
import types
import typing
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import pydantic
import pydantic.dataclasses

from checkpoint_notify._bounds import IntRange
from checkpoint_notify.codec import Codec, codec_for

from .operations import Job, calling
from .rounds import measure

ROOT: Final = Path(__file__).parents[3]
NAME: Final = "OptimizedParams"
OURS: Final = "checkpoint_notify"
DATACLASS: Final = "pydantic strict, dataclass"
MODEL: Final = "pydantic strict, model"
DIGITS: Final = {"2 digits": 2, "15 digits": 13, "17 digits": None}
"""How many digits stand behind the point of a float below 100; None for as many as it needs."""


class Goal(NamedTuple):
    """This package takes at most `limit` times as long as pydantic's dataclass."""

    operation: str
    limit: float


GOALS: Final = [Goal("decode, 2 digits", 1.0), Goal("decode, 15 digits", 1.0), Goal("encode, 15 digits", 1.5)]


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench.typed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="default: %(default)s")
    rounds = parser.parse_args().rounds
    everything = list(jobs(generated()))
    medians = {
        (job.operation, job.contender): t.median for job, t in zip(everything, measure(everything, rounds), strict=True)
    }
    print(f"{NAME}, nanoseconds, and in times of each form of pydantic")
    print(f"{'':20}{'ours':>9}{'dataclass':>11}{'ratio':>7}{'model':>9}{'ratio':>7}")
    for operation in dict.fromkeys(job.operation for job in everything):
        ours, *others = (medians[operation, contender] for contender in (OURS, DATACLASS, MODEL))
        print(f"{operation:20}{ours:9,.0f}" + "".join(f"{other:11,.0f}{ours / other:7.2f}" for other in others))
    for goal in GOALS:
        ratio = medians[goal.operation, OURS] / medians[goal.operation, DATACLASS]
        met = "met" if ratio <= goal.limit else "MISSED"
        print(f"goal: {goal.operation}: at most {goal.limit} times {DATACLASS}: {ratio:.2f}, {met}")


def generated() -> type:
    """Return the class that `schema/generate.py` makes for the type."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "typed_message.py"
        schema = ROOT / "tests" / "kinds" / f"{NAME}.schema.json"
        subprocess.run([sys.executable, ROOT / "schema" / "generate.py", schema, output], check=True)
        spec = importlib.util.spec_from_file_location("typed_message", output)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    found: type = getattr(module, NAME)
    return found


def jobs(cls: type) -> Iterator[Job]:
    """Return the jobs, grouped by operation."""
    codec: Codec[Any] = codec_for(cls)
    adapters: dict[str, pydantic.TypeAdapter[Any]] = {
        name: pydantic.TypeAdapter(pydantic_form(cls, make)) for name, make in FORMS.items()
    }
    for label, digits in DIGITS.items():
        payload = with_floats(canonical(), digits)
        yield Job(f"decode, {label}", OURS, partial(calling, codec.decode, payload))
        for contender, adapter in adapters.items():
            yield Job(f"decode, {label}", contender, partial(calling, adapter.validate_json, payload))
        yield Job(f"encode, {label}", OURS, partial(calling, codec.encode, codec.decode(payload)))
        for contender, adapter in adapters.items():
            yield Job(
                f"encode, {label}", contender, partial(calling, adapter.dump_json, adapter.validate_json(payload))
            )


def canonical() -> bytes:
    """Return the longest canonical vector of the type."""
    file = ROOT / "tests" / "kinds" / "vectors" / NAME / "canonical.jsonl"
    payloads: Iterator[bytes] = (
        json.loads(line)["payload"].encode() for line in file.read_text(encoding="utf-8").split("\n")[:-1]
    )
    return max(payloads, key=len)


def with_floats(payload: bytes, digits: int | None) -> bytes:
    """Replace the floats of the payload by random ones below 100, rounded to so many digits behind the point."""
    numbers = random.Random(1)

    def replace(match: re.Match[bytes]) -> bytes:
        number = numbers.uniform(10, 100)
        return repr(number if digits is None else round(number, digits)).encode()

    return re.sub(rb"[0-9]+\.[0-9]+", replace, payload)


def pydantic_form(cls: Any, make: Callable[[str, dict[str, Any]], type]) -> type:
    """Return pydantic's counterpart of a generated class, with the same types, bounds and defaults."""
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = dataclasses.fields(cls)
    annotations = {field.name: _pydantic_type(hints[field.name], make) for field in fields}
    defaults = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
    return make(cls.__name__, {"__annotations__": annotations, "__module__": __name__, **defaults})


def _pydantic_type(hint: Any, make: Callable[[str, dict[str, Any]], type]) -> Any:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return _pydantic_type(typing.get_args(hint)[0], make) | None
    for bounds in getattr(hint, "__metadata__", ()):
        if isinstance(bounds, IntRange):
            return Annotated[int, pydantic.Field(ge=bounds.minimum, le=bounds.maximum)]
    return pydantic_form(hint, make) if dataclasses.is_dataclass(hint) else hint


def _dataclass(name: str, body: dict[str, Any]) -> type:
    made = type(name, (), body)
    config = pydantic.ConfigDict(strict=True)
    return pydantic.dataclasses.dataclass(made, frozen=True, slots=True, kw_only=True, config=config)


def _model(name: str, body: dict[str, Any]) -> type:
    return type(name, (pydantic.BaseModel,), {"model_config": pydantic.ConfigDict(strict=True, frozen=True), **body})


FORMS: Final = {DATACLASS: _dataclass, MODEL: _model}


if __name__ == "__main__":
    main()
