"""Schemas that are refused, each with how the message begins."""

from __future__ import annotations

from typing import Final

from .pairs import MAP, REAL, STRING, U64, F, Node, map_of, message, refer


def with_version(node: object) -> Node:
    """The schema with another field in the place of the version, whether it is one or not."""
    return REAL | {"properties": F | {"version": node}}


def with_default(node: Node) -> Node:
    """The same, where the field may have a default."""
    return message(F | {"version": node})


REFUSED: Final[dict[str, tuple[object, str]]] = {
    "no_object": ([], "the schema: expected an object"),
    "keyword_of_the_message": (
        REAL | {"minProperties": 1},
        "/minProperties: the keyword 'minProperties' is not supported",
    ),
    "keyword_of_a_field": (
        with_version(STRING | {"format": "date-time"}),
        "/properties/version/format: the keyword 'format' is not",
    ),
    "keyword_beside_a_reference": (
        with_version({"$ref": "#/$defs/u64", "minimum": 1}),
        "/properties/version/minimum: the keyword 'minimum' is not supported",
    ),
    "keyword_of_another_type": (
        with_version(STRING | {"minimum": 0}),
        "/properties/version/minimum: the keyword 'minimum' is",
    ),
    "keyword_in_defs": (REAL | {"$defs": {"u64": U64 | {"multipleOf": 2}}}, "/$defs/u64/multipleOf: the keyword 'mul"),
    "keyword_in_a_map": (
        with_version({"type": "object", "additionalProperties": STRING | {"pattern": "a"}}),
        "/properties/version/additionalProperties/pattern: the keyword 'pattern' is not supported",
    ),
    "dialect": (
        REAL | {"$schema": "http://json-schema.org/draft-07/schema#"},
        "/$schema: expected https://json-schema",
    ),
    "message_of_another_type": (REAL | {"type": "array"}, "/type: a message is of type"),
    "no_title": ({key: value for key, value in REAL.items() if key != "title"}, "/title: is missing"),
    "title_is_no_string": (REAL | {"title": 1}, "/title: expected a string"),
    "no_id": ({key: value for key, value in REAL.items() if key != "$id"}, "/$id: is missing"),
    "no_fields": (message({}), "/properties: a message has at least one field"),
    "unknown_required": (REAL | {"required": [*REAL["required"], "loss"]}, "/required/5: there is no property 'loss'"),
    "required_is_no_name": (REAL | {"required": [["loss"]]}, "/required/0: there is no property ['loss']"),
    "neither_required_nor_default": (
        REAL | {"required": REAL["required"][1:]},
        "/properties/model_path: neither required nor with a default",
    ),
    "required_and_default": (
        REAL | {"required": [*REAL["required"], "metadata"]},
        "/properties/metadata: both required and with a default",
    ),
    "default_of_another_type": (with_default(U64 | {"default": "0"}), '/properties/version/default: "0" is not a u64'),
    "default_is_true": (with_default(U64 | {"default": True}), "/properties/version/default: true is not a u64"),
    "default_out_of_bounds": (with_default(U64 | {"default": -1}), "/properties/version/default: -1 is not a u64"),
    "default_is_null": (with_default(STRING | {"default": None}), "/properties/version/default: null is not a String"),
    "default_of_a_map": (
        with_default(MAP | {"default": {"a": 1}}),
        '/properties/version/default: {"a": 1} is not a HashMap',
    ),
    "field_is_no_object": (with_version(True), "/properties/version: expected an object"),
    "float": (
        with_version({"type": "number"}),
        "/properties/version/type: a field is of type 'string', 'integer', 'object'",
    ),
    "nullable": (with_version({"type": ["string", "null"]}), "/properties/version/type: a field is of type"),
    "no_type": (with_version({"enum": ["a"]}), "/properties/version/type: a field is of type"),
    "no_bounds": (with_version({"type": "integer", "minimum": 0}), "/properties/version/maximum: is missing"),
    "bound_is_a_float": (
        with_version(U64 | {"minimum": 0.0}),
        "/properties/version/minimum: expected an integer, in digits",
    ),
    "odd_bounds": (
        with_version(U64 | {"minimum": 1}),
        "/properties/version: no integer type of Rust goes from 1 to 184467",
    ),
    "map_of_anything": (
        with_version({"type": "object"}),
        "/properties/version/additionalProperties: expected an object",
    ),
    "nested_struct": (
        with_version(MAP | {"properties": {}}),
        "/properties/version/properties: the keyword 'properties' is not supported",
    ),
    "map_of_maps": (
        with_version({"type": "object", "additionalProperties": MAP}),
        "/properties/version/additionalProperties/type: the values of a map are of type 'string', 'integer', not",
    ),
    "reference_is_no_text": (with_version({"$ref": {}}), "/properties/version/$ref: {} is not a reference"),
    "required_twice": (REAL | {"required": [*REAL["required"], "version"]}, "/required/5: 'version' is listed twice"),
    "dialect_with_a_fragment": (REAL | {"$schema": f"{REAL['$schema']}#"}, "/$schema: expected https://json-schema"),
    "id_with_a_fragment": (REAL | {"$id": f"{REAL['$id']}#"}, "/$id: the $id must be a URI without a fragment"),
    "one_type_in_a_list": (with_version({"type": ["string"]}), "/properties/version/type: a field is of type"),
    "bound_with_an_exponent": (
        with_version(U64 | {"maximum": 1.8446744073709551615e19}),
        "/properties/version/maximum: ",
    ),
    "map_of_maps_by_reference": (
        refer("#/$defs/outer", outer=map_of({"$ref": "#/$defs/inner"}), inner=MAP),
        "/$defs/inner/type: the values of a map are of type",
    ),
    "map_of_itself": (refer("#/$defs/a", a=map_of({"$ref": "#/$defs/a"})), "/$defs/a/type: the values of a map are of"),
    "default_of_a_map_of_another_type": (
        with_default(map_of(U64) | {"default": {"a": "1"}}),
        '/properties/version/default: {"a": "1"} is not a HashMap<String, u64>',
    ),
    "default_of_a_map_out_of_bounds": (
        with_default(map_of(U64) | {"default": {"a": -1}}),
        '/properties/version/default: {"a": -1} is not a HashMap<String, u64>',
    ),
    "default_in_defs": (refer("#/$defs/a", a=U64 | {"default": 1}), "/$defs/a/default: the keyword 'default' is not"),
    "place_is_escaped": (
        REAL | {"$defs": {"a/b~c": STRING | {"a/b": 0}}},
        "/$defs/a~1b~0c/a~1b: the keyword 'a/b' is not supported here",
    ),
    "place_of_a_property_is_escaped": (message({"a/b~c": {"type": "x"}}), "/properties/a~1b~0c/type: a field is of"),
}


NO_UNICODE: Final = {
    "property": (
        message({"\ud800": STRING}),
        '/properties: the name "\\ud800" is not valid Unicode',
    ),
    "definition": (REAL | {"$defs": {"a\udfffb": U64}}, '/$defs: the name "a\\udfffb" is not valid Unicode'),
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
