"""Each verdict on a pair of schemas is what happens when programs of both versions read each other's messages."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from checkpoint_notify import _generated
from checkpoint_notify.codec.layout import StructKind, layout_of
from checkpoint_notify.compat import Comparison, Contract, Verdict, compare, read_contract
from checkpoint_notify.resources import Vector, VectorKind, vectors

from ..support.cargo import require_cargo
from .arrival import arrived, same
from .pairs import PAIRS
from .payloads import Payload, payloads
from .readers import Read, SerdeReaders, codec_knows, codec_reader, dataclass_for
from .schemas import MAP, REAL, STRING, U64, Node, Pair, message

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "evolution.md"
U64_FIELDS: Final = ("version", "training_step")


def contract_of(schema: Node) -> Contract:
    """The message that a schema describes."""
    return read_contract(json.dumps(schema))


def compared(pair: Pair) -> Comparison:
    """What is said of a pair."""
    return compare(contract_of(pair.old), contract_of(pair.new))


class Facts(NamedTuple):
    """Whether all of a kind of messages arrive: taken, and each field with the value that is meant."""

    backward_written: bool
    """Old messages as they are written, read by a new program."""
    backward: bool
    """Old messages in every spelling."""
    forward: bool
    """New messages as they are written, read by an old program."""
    forward_spelled: bool
    """New messages in every spelling."""

    @property
    def verdict(self) -> Verdict:
        """By the definition in docs/evolution.md."""
        words = {(True, True): Verdict.FULL, (True, False): Verdict.BACKWARD, (False, True): Verdict.FORWARD}
        return words.get((self.backward, self.forward), Verdict.BREAKING)


Sent: TypeAlias = list[tuple[Payload, Read]]
"""What was sent, and what was read of it."""


def facts(pair: Pair, old_by_new: Sent, new_by_old: Sent) -> Facts:
    """What became of all messages."""
    old, new = contract_of(pair.old), contract_of(pair.new)
    before, after = pair.renaming
    back = [
        (payload.written, arrived(payload, read, old, new, {after: before} if after else {}))
        for payload, read in old_by_new
    ]
    forth = [
        (payload.written, arrived(payload, read, new, old, {before: after} if before else {}))
        for payload, read in new_by_old
    ]
    assert back
    assert forth
    return Facts(_all_written(back), all(ok for _, ok in back), _all_written(forth), all(ok for _, ok in forth))


def _all_written(results: Iterable[tuple[bool, bool]]) -> bool:
    return all(ok for written, ok in results if written)


@pytest.fixture(scope="module")
def serde() -> SerdeReaders:
    """Rust structs for all schemas of all pairs."""
    require_cargo()
    return SerdeReaders([contract_of(schema) for schema in _schemas()], "pairs")


def _schemas() -> Iterator[Node]:
    for pair in PAIRS:
        yield from (pair.old, pair.new)


def _sent(serde: SerdeReaders, writer: Contract, reader: Contract) -> Sent:
    sent = list(payloads(writer))
    return [
        (payload, read) for payload, (read, _) in zip(sent, serde.read((reader, p.text) for p in sent), strict=True)
    ]


BY_CHANGE: Final = [pytest.param(pair, id=pair.change) for pair in PAIRS]
BY_CODEC: Final = [
    p for p, pair in zip(BY_CHANGE, PAIRS, strict=True) if all(map(codec_knows, map(contract_of, (pair.old, pair.new))))
]


@pytest.mark.parametrize("pair", BY_CHANGE)
def test_verdict_fields_and_version(pair: Pair) -> None:
    """The verdict, the fields that it names, and the part of the version that must grow."""
    comparison = compared(pair)
    named = tuple(dict.fromkeys(change.field for change in comparison.changes))
    assert (pair.verdict, pair.fields, pair.bump) == (comparison.verdict, named, comparison.bump)


@pytest.mark.parametrize("pair", BY_CHANGE)
def test_compiled_structs_behave_as_the_verdict_says(serde: SerdeReaders, pair: Pair) -> None:
    """Structs with serde's derive, one for each schema, read what the other writes and what it reads."""
    old, new = contract_of(pair.old), contract_of(pair.new)
    assert pair.verdict is facts(pair, _sent(serde, old, new), _sent(serde, new, old)).verdict


@pytest.mark.parametrize("pair", BY_CODEC)
def test_the_codec_behaves_as_the_verdict_says(pair: Pair) -> None:
    """This package's codec does, for classes made from the schemas."""
    old, new = contract_of(pair.old), contract_of(pair.new)
    read_old, read_new = codec_reader(old), codec_reader(new)
    old_by_new = [(payload, read_new(payload.text)) for payload in payloads(old)]
    new_by_old = [(payload, read_old(payload.text)) for payload in payloads(new)]
    assert pair.verdict is facts(pair, old_by_new, new_by_old).verdict


def test_each_verdict_has_pairs() -> None:
    """Names are unique, each verdict has its pairs, and the codec can run most of them."""
    assert len(PAIRS) == len({pair.change for pair in PAIRS})
    assert 30 <= len(PAIRS)
    assert 30 <= len(BY_CODEC)
    for verdict in Verdict:
        assert 4 <= sum(pair.verdict is verdict for pair in PAIRS), verdict


@pytest.mark.parametrize("pair", BY_CHANGE)
def test_a_program_reads_its_own_messages(serde: SerdeReaders, pair: Pair) -> None:
    """The control: each payload means what it is said to mean, and what is called written is what serde writes."""
    for contract in (contract_of(pair.old), contract_of(pair.new)):
        sent = list(payloads(contract))
        for payload, (read, text) in zip(sent, serde.read((contract, p.text) for p in sent), strict=True):
            assert same(contract.root, payload.value, contract.root, read), payload
            if payload.written:  # but for the order of a map's entries, which Rust has not
                assert list(json.loads(payload.text).items()) == list(json.loads(text).items())


def test_the_test_class_reads_as_the_generated_class() -> None:
    """For the real schema, what the codec reads from either class is the same."""
    expected, actual = layout_of(_generated.CheckpointNotification), layout_of(dataclass_for(contract_of(REAL)))
    assert _shown(expected) == _shown(actual)


def _shown(layout: StructKind) -> tuple[str, list[tuple[Any, ...]]]:
    return layout.name, [(field.name, field.kind, field.default and field.default()) for field in layout.fields]


def test_the_test_class_has_the_generated_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A string, a u64 and a map, each with a default that is not empty."""
    u64 = {"title": "T", "description": "D.", "default": 7} | U64
    more = {"loss": STRING | {"default": "x"}, "epoch": u64, "tags": MAP | {"default": {"a": "b"}}}
    schema = REAL | {"properties": REAL["properties"] | more}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    command: list[str | Path] = [
        sys.executable,
        ROOT / "schema" / "generate.py",
        tmp_path / "schema.json",
        tmp_path / "generated_of_pair.py",
    ]
    subprocess.run(command, check=True)
    monkeypatch.syspath_prepend(tmp_path)
    made = importlib.import_module("generated_of_pair").CheckpointNotification
    assert _shown(layout_of(made)) == _shown(layout_of(dataclass_for(contract_of(schema))))


def test_the_test_struct_answers_as_the_real_crate(serde: SerdeReaders) -> None:
    """For the real schema, the compiled struct answers the golden vectors as the real crate does."""
    real = contract_of(REAL)
    known = [vector for kind in get_args(VectorKind) for vector in vectors(kind) if not _is_bytes(vector)]
    answers = serde.read((real, vector.payload.decode()) for vector in known)
    for vector, (read, text) in zip(known, answers, strict=True):
        if vector.error:
            assert (None, vector.error["text"]) == (read, text), vector.name
        else:
            assert read is not None, vector.name
            assert vector.value == read | {name: str(read[name]) for name in U64_FIELDS}, vector.name


def _is_bytes(vector: Vector) -> bool:
    """A Rust String cannot hold it, so it cannot be asked."""
    return vector.error is not None and vector.error["category"] == "utf8"


KINDS: Final = (
    STRING,
    STRING | {"default": ""},
    STRING | {"default": "d"},
    U64,
    U64 | {"default": 0},
    MAP | {"default": {}},
)
FIELDS: Final = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(KINDS)), min_size=1, max_size=4, unique_by=itemgetter(0)
)


@st.composite
def edited_schemas(draw: st.DrawFn) -> tuple[Contract, Contract]:
    """Any schema, and what a few edits make of it."""
    old = draw(FIELDS)
    new = list(old)
    for edit in draw(st.lists(st.sampled_from(["add", "append", "drop", "move", "retype"]), max_size=3)):
        place = draw(st.integers(0, len(new)))
        if edit in ("add", "append"):
            free = sorted(set("abcdefgh") - {name for name, _ in new})
            added = (draw(st.sampled_from(free)), draw(st.sampled_from(KINDS)))
            new.insert(len(new) if edit == "append" else place, added)
        elif place < len(new):
            name, kind = new.pop(place)
            if edit == "move":
                new.insert(draw(st.integers(0, len(new))), (name, kind))
            elif edit == "retype":
                new.insert(place, (name, draw(st.sampled_from(KINDS))))
    assume(new)
    return contract_of(message(dict(old))), contract_of(message(dict(new)))


@given(edited_schemas())
@settings(max_examples=200)
def test_verdict_on_any_two_schemas(contracts: tuple[Contract, Contract]) -> None:
    """What the codec does is what is said, except that what may be a renaming is taken for one."""
    old, new = contracts
    verdict = compare(old, new).verdict
    read_old, read_new = codec_reader(old), codec_reader(new)
    back = all(arrived(p, read_new(p.text), old, new, {}) for p in payloads(old))
    forth = all(arrived(p, read_old(p.text), new, old, {}) for p in payloads(new) if p.written)
    if _may_be_renamed(old, new):
        assert Verdict.BREAKING is verdict
    else:
        assert Facts(back, back, forth, forth).verdict is verdict


def _may_be_renamed(old: Contract, new: Contract) -> bool:
    """Whether a field goes while another of its type comes."""
    before, after = ({field.name: field.type.rust for field in contract.root.fields} for contract in (old, new))
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    return bool({before[name] for name in gone} & {after[name] for name in come})


def test_the_documentation_lists_each_row(serde: SerdeReaders) -> None:
    """It lists the pairs, with what the compiled structs did."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert [_row(serde, pair) for pair in PAIRS] == rows[-len(PAIRS) :]


def _row(serde: SerdeReaders, pair: Pair) -> str:
    old, new = contract_of(pair.old), contract_of(pair.new)
    found = facts(pair, _sent(serde, old, new), _sent(serde, new, old))
    return f"| {pair.change} | {' | '.join('yes' if fact else 'no' for fact in found)} | {pair.verdict.value} |"
