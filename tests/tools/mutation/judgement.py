"""The stages that judge a mutant, in the process that has imported it; the first that detects it raises."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import sys
import types
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Answer = dict[str, Any]
KindEvidence = tuple[str, str, list[tuple[str, bytes, Answer, bool]]]
Evidence = tuple[
    list[tuple[str, bytes, Answer]],
    list[tuple[str, Answer, bytes]],
    list[tuple[bytes, Answer]],
    dict[str, Answer],
    list[KindEvidence],
]

UNIT_TESTS: Final = ("tests/codec/test_codec.py", "tests/codec/test_scanner.py", "tests/codec/test_record.py")
LARGE: Final = 20_000
"""Vectors of this size or more are left to the stage `limits`."""
LEAST_FAST: Final = 30
"""At least one payload in so many must take each fast path, as tests/codec/test_codec_fuzz.py demands."""


class NoticedError(Exception):
    """The mutant does something that the codec does not; the text says where."""


def imports(evidence: Evidence) -> None:
    """The package can be imported."""
    from checkpoint_notify.conformance import values, verdict  # noqa: F401


def golden_vectors(evidence: Evidence) -> None:
    """Each vector is decoded as by Rust, on both paths and as every type of payload, and written as by Rust."""
    from checkpoint_notify.conformance.values import from_protocol
    from checkpoint_notify.conformance.verdict import answer_to

    from ..fuzz.paths import same_on_both_paths

    for name, payload, rust in evidence[0]:
        if len(payload) < LARGE:
            _expect(answer_to(payload) == rust and same_on_both_paths(payload), name)
            for kind in (bytearray, memoryview, *[bytes.decode] * ("utf8" not in str(rust.get("error")))):
                _expect(answer_to(kind(payload)) == rust, name)  # type: ignore[operator]
    for name, value, payload in evidence[1]:
        _expect(from_protocol(value).to_json_bytes() == payload, name)


def kinds(evidence: Evidence) -> None:
    """Types with each kind of field: both decoders give Rust's answers, and what is written is what Rust writes."""
    from checkpoint_notify.codec import codec_for
    from checkpoint_notify.conformance.values import values_for
    from checkpoint_notify.conformance.verdict import answer_to

    for title, source, vectors in evidence[4]:
        cls = _class_in(title, source)
        codec, values = codec_for(cls), values_for(cls)
        for name, payload, rust, is_canonical in vectors:
            for decode in (codec.decode, codec.decode_exact):
                _expect(answer_to(payload, decode, values.to_protocol) == rust, f"{title}: {name}")
            if is_canonical:
                _expect(codec.encode(codec.decode(payload)) == payload, f"{title}: {name}")
                _expect(codec.encode(values.from_protocol(rust["value"])) == payload, f"{title}: {name}")


def _class_in(title: str, source: str) -> Any:
    """Return the class of a generated module."""
    module = types.ModuleType(f"generated_{title}")
    sys.modules[module.__name__] = module  # where dataclasses and `typing.get_type_hints` look for names
    exec(source, vars(module))
    return getattr(module, title)


def refusals(evidence: Evidence) -> None:
    """The constructor refuses a value that Rust cannot hold, with the text that tests/codec/test_codec.py expects."""
    from checkpoint_notify import EncodeError

    from ...codec.test_codec import REFUSED, VALID

    cases: list[tuple[str, Any, str]] = [*REFUSED]
    for name, value, text in cases:
        try:
            dataclasses.replace(VALID, **{name: value})
        except EncodeError as error:
            _expect(str(error).startswith(text), text)
        else:
            raise NoticedError(text)


def corpus(evidence: Evidence) -> None:
    """A run of the fuzzer: each payload is judged as by Rust, and both paths agree."""
    from checkpoint_notify.conformance.verdict import agree

    from ..fuzz.paths import CANONICAL, FAST, same_on_both_paths, watching

    seen: Counter[str] = Counter()
    with watching() as watch:
        for payload, rust in evidence[2]:
            answer, path = watch.path_of(payload)
            seen[path] += 1
            _expect(agree(rust, answer) and same_on_both_paths(payload), repr(payload))
    for path in (CANONICAL, FAST):
        _expect(seen[path] * LEAST_FAST > len(evidence[2]), f"the {path} path is not taken")


def limits(evidence: Evidence) -> None:
    """The large vectors, and the payloads of tests/codec/test_decoder_limits.py, are judged as by Rust."""
    from checkpoint_notify.conformance.verdict import answer_to

    from ...codec.test_decoder_limits import PAYLOADS

    for name, payload, rust in evidence[0]:
        if len(payload) >= LARGE:
            _expect(answer_to(payload) == rust, name)
    for name, rust in evidence[3].items():
        if name == "10 MB of escapes":
            continue  # it takes as long as all others together, and tests only time
        _expect(answer_to(PAYLOADS[name]()) == rust, name)


def quick_tests(evidence: Evidence) -> None:
    """The unit tests pass, except those that repeat all vectors, ask Rust, or try many values with other libraries."""
    _run_tests("not every_ and not exact_parser_agrees and not by_libraries and not hypothesis", "--noconftest")


def slow_tests(evidence: Evidence) -> None:
    """The unit tests that ask Rust pass."""
    _run_tests("every_ascii or every_character")


def _run_tests(which: str, *options: str) -> None:
    import pytest

    said = io.StringIO()
    plain = ("-xq", "-p", "no:cacheprovider", "-k", which, *options)
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = pytest.main([*plain, *(test for test in UNIT_TESTS if Path(test).is_file())])
    last = [line for line in said.getvalue().splitlines() if line.startswith(("FAILED", "ERROR"))]
    _expect(status == 0, last[0] if last else f"pytest: {status!r}")


STAGES: Final[dict[str, Callable[[Evidence], None]]] = {
    "import": imports,
    "vectors": golden_vectors,
    "kinds": kinds,
    "refusals": refusals,
    "tests": quick_tests,
    "fuzz": corpus,
    "slow tests": slow_tests,
    "limits": limits,
}


def _expect(condition: bool, where: str) -> None:
    if not condition:
        raise NoticedError(where)
