"""Schemas that are refused, each with how the message begins."""

from __future__ import annotations

from typing import Final

from .schemas import MAP, NUMBERS, REAL, STRING, U64, F, Node, map_of, message


def with_version(node: object) -> Node:
    """The schema with another field in the place of the version, whether it is one or not."""
    return REAL | {"properties": F | {"version": node}}


def with_default(node: Node) -> Node:
    """The same, where the field may have a default."""
    return message(F | {"version": node})


REFUSED: Final[dict[str, tuple[object, str]]] = {
    "keyword_of_the_message": (
        REAL | {"minProperties": 1},
        "/minProperties: the keyword 'minProperties' is not supported",
    ),
    "keyword_of_a_field": (
        with_version(STRING | {"format": "date-time"}),
        "/properties/version/format: the keyword 'format' is not",
    ),
    "keyword_of_a_field_that_no_type_has": (
        with_version(STRING | {"minLength": 1}),
        "/properties/version/minLength: the keyword 'minLength' is not supported here: what it means for serde is not",
    ),
    "keyword_in_a_map": (
        with_version(map_of(STRING | {"pattern": "a"})),
        "/properties/version/additionalProperties/pattern: the keyword 'pattern' is not supported",
    ),
    "keyword_of_a_number": (
        message(F, NUMBERS["u64"] | {"title": "u64", "multipleOf": 2}),
        "/$defs/u64/title: expected 'U64'",
    ),
    "number_in_its_place": (with_version(NUMBERS["u64"]), "/properties/version: a number is described in $defs"),
    "bound_is_a_float": (
        REAL | {"$defs": {"u64": NUMBERS["u64"] | {"minimum": 0.0}}},
        "/$defs/u64/minimum: expected 0",
    ),
    "bound_with_an_exponent": (
        REAL | {"$defs": {"u64": NUMBERS["u64"] | {"maximum": 1.8446744073709551615e19}}},
        "/$defs/u64/maximum: expected 18446744073709551615",
    ),
    "required_is_no_name": (REAL | {"required": [["loss"]]}, '/required/0: there is no property ["loss"]'),
    "required_twice": (REAL | {"required": [*REAL["required"], "version"]}, "/required/5: 'version' stands here twice"),
    "dialect_with_a_fragment": (REAL | {"$schema": f"{REAL['$schema']}#"}, "/$schema: expected https://json-schema"),
    "id_with_a_fragment": (REAL | {"$id": f"{REAL['$id']}#"}, "/$id: a schema is named by a URI without a fragment"),
    "types_in_a_list": (with_version({"type": ["string", "null"]}), '/properties/version/type: ["string", "null"] is'),
    "default_of_another_type": (with_default(U64 | {"default": "0"}), '/properties/version/default: "0" is no u64'),
    "default_of_a_map_out_of_bounds": (
        with_default(map_of(U64) | {"default": {"a": -1}}),
        "/properties/version/default/a: -1 is no u64",
    ),
    "place_is_escaped": (
        with_version(STRING | {"a/b~c": 0}),
        "/properties/version/a~1b~0c: the keyword 'a/b~c' is not supported here",
    ),
}
"""What must not be compared, as nobody knows what it means on the wire; tests/contract has the other refusals."""

NO_UNICODE: Final = {
    "property": (
        message({"\ud800": STRING}),
        '/properties: the name "\\ud800" is not valid Unicode',
    ),
    "definition": (REAL | {"$defs": {"a\udfffb": NUMBERS["u64"]}}, '/$defs: the name "a\\udfffb" is not valid Unicode'),
    "halves_in_the_wrong_order": (message({"\ude00\ud83d": STRING}), '/properties: the name "\\ude00\\ud83d" is not'),
    "title": (REAL | {"title": "A\ud800"}, '/title: "A\\ud800" is not valid Unicode'),
    "id": (REAL | {"$id": "urn:\ud800"}, '/$id: "urn:\\ud800" is not valid Unicode'),
    "default": (with_default(STRING | {"default": "\ud800"}), '/properties/version/default: "\\ud800" is not valid'),
    "key_of_a_default": (
        with_default(MAP | {"default": {"\udfff": ""}}),
        '/properties/version/default: the name "\\udfff" is not valid Unicode',
    ),
    "description": (REAL | {"description": "\ud800"}, '/description: "\\ud800" is not valid Unicode'),
    "example": (REAL | {"examples": [{"a/b": "\ud800"}]}, '/examples/0/a~1b: "\\ud800" is not valid Unicode'),
    "required": (REAL | {"required": ["\ud800"]}, '/required/0: "\\ud800" is not valid Unicode'),
    "reference": (with_version({"$ref": "#/$defs/\ud800"}), '/properties/version/$ref: "#/$defs/\\ud800" is not valid'),
    "keyword": (REAL | {"\ud800": 1}, 'the schema: the name "\\ud800" is not valid Unicode'),
}
"""Halves of characters, which no Rust String and no UTF-8 file can hold."""

NO_JSON: Final[dict[str, tuple[str | bytes, str]]] = {
    "syntax": (b"{", "not JSON: Expecting property name"),
    "utf8": (b"\xff", "not JSON: 'utf-8' codec can't decode"),
    "nan": (b'{"examples": [NaN]}', "/examples/0: not JSON: NaN is not a JSON number"),
    "depth": (b"[" * 100_000, "not JSON: maximum recursion"),
    "depth_of_an_example": (b'{"examples": ' + b"[" * 200 + b"]" * 200 + b"}", "/examples/0/0/0/0"),
    "name_twice": (b'{"title": "a", "title": "b"}', 'the schema: the key "title" occurs twice'),
    "name_twice_by_an_escape": (
        b'{"$defs": {"a/b": {"type": 1, "\\u0074ype": 2}}}',
        '/$defs/a~1b: the key "type" occurs twice',
    ),
    "mark": (b"\xef\xbb\xbf{}", "not JSON: it begins with a byte order mark"),
    "mark_in_text": ("\ufeff{}", "not JSON: it begins with a byte order mark"),
    "utf16": ("{}".encode("utf-16"), "not JSON: 'utf-8' codec can't decode"),
    "utf16_without_a_mark": ("{}".encode("utf-16-le"), "not JSON: Expecting property name"),
}
"""What is no JSON, or has two meanings."""
