"""Each byte where it matters, and the patterns that take the common forms; found wanting by `make mutants`.

What a pattern does not take is read step by step to the same answer, so that only a look at the pattern itself shows
that it still takes what it is there for.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import pytest

from checkpoint_notify import DecodeError
from checkpoint_notify.codec import codec, containers, decoder, scanner
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.resources import vectors

from ..support.peer import Peer

REST: Final = b'"model_path":"p","model_name":"n","saved_at":"t","training_step":2'
CANONICAL: Final = b'{"model_path":"p","model_name":"n","version":%b,"saved_at":"t","training_step":%b,"metadata":{}}'

PLACES: Final = (
    # in what nobody uses
    *(b'{"x":#1}', b'{"x":1#}', b'{"x":-#1}', b'{"x":0#}', b'{"x":-#}', b'{"x":-0#}', b'{"x":12#}', b'{"x":1#2}', b'{"x":19#}'),
    *(b'{"x":1.#}', b'{"x":1.5#}', b'{"x":1.#5}', b'{"x":1.5#5}', b'{"x":1e5#5}', b'{"x":1.55#}', b'{"x":0.#}', b'{"x":1e#}', b'{"x":1E#5}'),
    *(b'{"x":1e#5}', b'{"x":1e+#}', b'{"x":1e-#5}', b'{"x":1e5#}', b'{"x":1e55#}', b'{"x":#}', b'{"x": # }'),
    *(b'{"x":"#"}', b'{"x":"a#b"}', b'{"x":"\\#"}', b'{"x":"\\u#000"}', b'{"x":"\\u00#0"}', b'{"x":"\\u000#"}'),
    *(b'{"x":"\\u0000#"}', b'{"x":"\\n#"}', b'{"x":nul#}', b'{"x":null#}', b'{"x":tru#}', b'{"x":fals#}', b'{"x":n#ll}'),
    *(b'{"x":[#]}', b'{"x":[1#]}', b'{"x":[1,#]}', b'{"x":[1#2]}', b'{"x":[1 # 2]}', b'{"x":[[1]#]}', b'{"x":[[[#]]]}'),
    *(b'{"x":[[[1#]]]}', b'{"x":{#}}', b'{"x":{"a"#1}}', b'{"x":{"a":#}}', b'{"x":{"a":1#}}', b'{"x":{"a":1,#}}'),
    *(b'{"x":{"a":1#"b":2}}', b'{"x":{"a":1,#"b":2}}', b'{"x":{"a":{"b":{#}}}}', b'{"x":{"a":{"b":{"c"#1}}}}'),
    *(b'{"x":{"a#":1}}', b'{"x":{"\\#":1}}', b'{"x":[1],#}', b'{"x":[1]#"y":2}', b'{"x":{"a":[1#,2]}}'),
    # in what is used
    *(b'{"version":#1}', b'{"version":1#}', b'{"version":0#}', b'{"version":-#}', b'{"version":19#}', b'{"version":1#2}'),
    *(b'{"version":1.#}', b'{"version":1.5#}', b'{"version":1e#}', b'{"version":1e#5}', b'{"version":1e5#}'),
    *(b'{"version":999999999999999999#}', b'{"version":9999999999999999999#}', b'{"version":#}', b'{"version":"#"}'),
    *(b'{"model_path":#"p"}', b'{"model_path":"#"}', b'{"model_path":"a#b"}', b'{"model_path":"\\#"}'),
    *(b'{"model_path":"\\u#000"}', b'{"model_path":"\\u00#0"}', b'{"model_path":"\\u000#"}', b'{"model_path":#}'),
    *(b'{"model_path":"\\ud83d#ude00"}', b'{"model_path":"\\ud83d\\#de00"}', b'{"model_path":"\\ud83d\\ude0#"}'),
    *(b'{"model_path":"\\ud#00"}', b'{"model_path":"\\ud800\\ud#00"}', b'{"model_path":"p"#}', b'{"model_path":"p",#}'),
    *(b'{"model_path":"p"#"version":1}', b'{"model_path":"p",#"version":1}', b'{"model_path"#"p"}', b'{"model_path#":1}'),
    *(b'{"model_path":"p","model_path"#}', b'{"model_path":"p","model_path" #:1}', b'{"model_\\#":1}', b'{"\\u006#":1}'),
    *(b'{"metadata":#}', b'{"metadata":{#}}', b'{"metadata":{"a"#"b"}}', b'{"metadata":{"a":#}}', b'{"metadata":{"a":"b"#}}'),
    *(b'{"metadata":{"a":"b",#}}', b'{"metadata":{"a":"b"#"c":"d"}}', b'{"metadata":{"a#":"b#"}}', b'{"metadata":{"\\#":""}}'),
    # around it all
    *(b"#", b"#{}", b"{#}", b'{#"x":1}', b'{"x"#:1}', b'{"x":1}#', b"[#]", b"[#", b'["p"#]', b'["p",#]', b'["p"#"n"]'),
    *(b'["p","n",1#"t",2,{}]', b'["p","n",1,"t",2,{}#]', b'["p","n",1,"t",2,{},#]', b'["p","n",1,"t",2,{}]#'),
    *(b'["p","n",1,"t",2#]', b'["p","n",1,"t",2,#]', b"{" + REST + b',"version":1#}', b"{" + REST + b',"version":1}#'),
    # in what Rust could have written, but for one integer
    *(CANONICAL % (number, b"2") for number in (b"#", b"#1", b"1844674407370955161#", b"922337203685477580#")),
    *(CANONICAL % (b"1", number) for number in (b"#", b"#1", b"1844674407370955161#", b"922337203685477580#")),
)  # fmt: skip
"""Payloads with a place for one byte, or for none; the same byte at each `#`."""


def test_every_ascii_byte_in_every_place_is_judged_as_by_rust(peer: Peer) -> None:
    """No byte, and each of 0x00 to 0x7F, at each place; whole, and cut off behind it."""
    parts = [b"", *(bytes([byte]) for byte in range(128))]
    whole = [place.replace(b"#", part) for place in PLACES for part in parts]
    cut = [place[: place.index(b"#")] + part for place in PLACES for part in parts]
    payloads = list(dict.fromkeys(whole + cut))
    assert [] == [
        payload
        for payload, rust in zip(payloads, peer.decode_many(payloads), strict=True)
        if rust != answer_to(payload)
    ]


def test_what_rust_writes_needs_no_exact_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is decoded on the fast path, but for integers that msgspec cannot bound."""

    def exact_decoder() -> None:
        raise AssertionError("the exact parser was asked")

    monkeypatch.setattr(codec, "_exact_decoder", exact_decoder)
    taken = 0
    for vector in vectors("canonical"):
        assert vector.value is not None
        if max(int(vector.value["version"]), int(vector.value["training_step"])) < 2**63:
            assert {"value": vector.value} == answer_to(vector.payload)
            taken += 1
    assert taken > 30


COMMON: Final = {
    "object": b'{ "model_path" : "p","x":{"y":[1, 2]} , "model_name":"n","version": 7 , "saved_at":\n"t","y" : "z", '
    b'"training_step":12,"metadata": { "a" :"b","c": "d" } }',
    "array": b'[ "p" ,"n", 7 , "t",12, { "a" :"b","c": "d" } ]',
}


@pytest.mark.parametrize("form", COMMON)
def test_common_forms_are_not_read_step_by_step(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """White space, other order and unknown fields need no slow reader, but at the end of each object."""

    def slow(*arguments: object) -> None:
        raise AssertionError("read step by step")

    ends: list[int] = []
    read_key = containers.read_key

    def counted(src: bytes, pos: int, **arguments: Any) -> tuple[int, str | None]:
        ends.append(pos)
        return read_key(src, pos, **arguments)

    monkeypatch.setattr(decoder, "read_key", counted)
    for module, names in (
        (decoder, ("read_string", "read_number", *(("_plain_string",) if form == "object" else ()))),
        (scanner, ("_skip_scalar", "_skip_key", "skip_string", "skip_number")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, slow)
    value = {"model_path": "p", "model_name": "n", "version": "7", "saved_at": "t", "training_step": "12"}
    assert {"value": {**value, "metadata": {"a": "b", "c": "d"}}} == answer_to(COMMON[form])
    assert (2 if form == "object" else 1) == len(ends)


def calls_to_skip(value: bytes) -> int:
    """How many Python functions are called to skip a value and what follows it."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with contextlib.suppress(DecodeError):
            scanner.skip_value(value, 0)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    "run", [b"[", b" [\n", b'{"a":', b"1,", b'"a" , ', b"null,\t", b"[1,", b"[[[[1]]]],", b'{"\\u0061":[1],"b":2},']
)
def test_a_run_is_skipped_by_windows(run: bytes) -> None:
    """What is too deep for the pattern of whole values takes far fewer calls than it has parts."""
    assert calls_to_skip(b"[[[" + run * 10_000) < 3_000


@pytest.mark.parametrize("end", [b"]", b" ]\n", b",1]", b', "a" ]'])
def test_brackets_are_closed_by_windows(end: bytes) -> None:
    """However many of them, and whatever stands between them."""
    assert calls_to_skip(b"[" * 10_000 + b"1" + end * 10_000) < 3_000


SPACE: Final = b" \t\n\r"

SKIPPED: Final = (
    *(b"0", b"-0", b"7", b"-19", b"1234567890", b"0.5", b"-10.25", b"1e5", b"1E5", b"1e+50", b"1E-57", b"1.5e10"),
    *(b"9", b"-98", b"1.0", b"9.90", b"1.09", b"1e9", b"1e90", b"1E-09"),
    *(b"null", b"true", b"false", b'""', b'"a b"', b'"\xc3\xa9\x7f"', b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', b'"\\u09afAF"'),
    *(b'"a\\u0000b\\ud800\\nc"', b"[]", b"[ ]", b"[1]", b"[ 1 ]", b"[1,2,3]", b'[ "a" , null ]', b"[[],[1]]", b"[{}]"),
    *(b"[[1, 2],[3]]", b'[{"a":1,"b":2}]', b"{}", b"{ }", b'{"a":1}', b'{ "a" : 1 }', b'{"a":1,"b":2}', b'{"a":[1,2]}'),
    *(b'{"":{}}', b'{"a":{"b":"c"},"\\n":true}', b'{"a" :{ "b" : 1 , "c" : 2 } , "d":[ ]}', SPACE + b"1" + SPACE),
    *(b"[" + SPACE + b"1" + SPACE + b"," + SPACE + b"2" + SPACE + b"]",),
    *(b"{" + SPACE + b'"a"' + SPACE + b":" + SPACE + b"1" + SPACE + b"," + SPACE + b'"b":2' + SPACE + b"}",),
)
"""Values that one pattern skips: scalars, and arrays and objects of these, two deep."""

LEFT: Final = (
    *(b"--1", b"1.2.3", b"1e2e3", b"1e--2", b"1.-2", b"1:", b"/1", b":1"),
    *(b"", b"-", b"01", b"1.", b".5", b"1e", b"+1", b"nul", b"True", b'"', b'"\\x"', b'"\x1f"', b'"\\u12g4"', b"1 2"),
    *(
        b"[",
        b"[,]",
        b"[1,]",
        b"[1 2]",
        b"[1}",
        b"{",
        b"{1:2}",
        b'{"a"}',
        b'{"a" 1}',
        b'{"a":1,}',
        b'{"a":1]',
        b"[[[1]]]",
    ),
)
"""Values that it leaves to the step by step reader: broken ones, and deeper ones."""


@pytest.mark.parametrize("end", [b",", b"}", b"]", b" ,"])
@pytest.mark.parametrize("value", SKIPPED)
def test_common_values_are_skipped_by_one_pattern(value: bytes, end: bytes) -> None:
    """It takes all of the value, and looks at what follows."""
    match = scanner._shallow(value + end)
    assert match is not None
    assert value.rstrip(SPACE) == match[0].rstrip(SPACE)


@pytest.mark.parametrize("value", LEFT)
def test_other_values_are_left(value: bytes) -> None:
    """It takes nothing of them."""
    assert scanner._shallow(value + b",") is None


TAKEN: Final[list[tuple[Callable[[bytes], re.Match[bytes] | None], bytes, tuple[bytes | None, ...], bytes]]] = [
    (decoder._first_member, b'"a":"b"', (b"a", b"b"), b""),
    (decoder._first_member, b'%b"a \x7f\xc3"%b:%b"c !\xff"' % (SPACE, SPACE, SPACE), (b"a \x7f\xc3", b"c !\xff"), b""),
    (decoder._first_member, b'"":"",', (b"", b""), b","),
    (decoder._first_member, b'"a": 1', (b"a", None), b" 1"),
    (decoder._first_member, b'"a":"\\n"', (b"a", None), b'"\\n"'),
    (decoder._first_member, b'"a":"\x1f"', (b"a", None), b'"\x1f"'),
    (decoder._first_member, b'"a":"b', (b"a", None), b'"b'),
    (decoder._later_member, b',"a":"b"', (b"a", b"b"), b""),
    (decoder._later_member, b'%b,%b"a"%b:%b"b" ' % (SPACE, SPACE, SPACE, SPACE), (b"a", b"b"), b" "),
    (decoder._later_member, b',"a":{', (b"a", None), b"{"),
    (decoder._plain_string, b'"" ', (b"",), b" "),
    (decoder._plain_string, SPACE + b'"a \x7f\xc3\xa9!"', (b"a \x7f\xc3\xa9!",), b""),
    (decoder._short_integer, b"0,", (b"0",), b","),
    (decoder._short_integer, SPACE + b"10}", (b"10",), b"}"),
    (decoder._short_integer, b"1,", (b"1",), b","),
    (decoder._short_integer, b"19", (b"19",), b""),
    (decoder._short_integer, b"-19,", (b"-19",), b","),
    (decoder._short_integer, b"90:", (b"90",), b":"),
    (decoder._short_integer, b"9999999999999999999", (b"9" * 19,), b""),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "groups", "rest"), TAKEN, ids=range(len(TAKEN)))
def test_common_members_and_values_are_taken_by_one_pattern(
    pattern: Callable[[bytes], re.Match[bytes] | None], text: bytes, groups: tuple[bytes | None, ...], rest: bytes
) -> None:
    """Its groups are the parts, and it ends behind them."""
    match = pattern(text)
    assert match is not None
    assert (groups, rest) == (match.groups(), text[match.end() :])


NOT_TAKEN: Final[list[tuple[Callable[[bytes], re.Match[bytes] | None], bytes]]] = [
    *((decoder._first_member, text) for text in (b'"a"', b'"a\\n":1', b'"\x00":1', b'"\x1f":1', b"}", b',"a":1', b"a:1")),
    *((decoder._later_member, text) for text in (b'"a":1', b',,"a":1', b"}", b',"\\n":1', b',"a"1')),
    *((decoder._plain_string, text) for text in (b'"a', b'"\\n"', b'"\x00"', b'"\x1f"', b"1", b"'a'", b"")),
    *((decoder._short_integer, text) for text in (b"-0", b"-01", b"01", b"1.0", b"1e0", b"1E0", b"9" * 20, b"", b":", b"/", b"0.1")),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text"), NOT_TAKEN, ids=range(len(NOT_TAKEN)))
def test_other_members_and_values_are_left(pattern: Callable[[bytes], re.Match[bytes] | None], text: bytes) -> None:
    """They are read step by step."""
    assert pattern(text) is None
