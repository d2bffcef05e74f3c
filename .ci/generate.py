"""Makes the dataclass of each message from its schema, or with `--check` finds where that would change it.

Run by `make generate` and `make check`, in the folder that it works on. pyproject.toml names the files: those of
`[tool.datamodel-codegen]`, and for each further message those of `[tool.datamodel-codegen.profiles.NAME]`. A schema
that says what the codec cannot do is refused first, each field by name: the generator would take it, and drop without a
word what it has no type for. Exit status 0: all is well; 1: drift, or the generator failed; 2: a schema was refused.
"""

import json
import keyword
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

U64 = {"type": "integer", "minimum": 0, "maximum": 2**64 - 1}
WORDS = {"title", "description"}
FORMS: list[tuple[dict[str, Any], type]] = [
    ({"type": "string"}, str),
    ({"$ref": "#/$defs/u64"}, int),
    ({"type": "object", "additionalProperties": {"type": "string"}}, dict),
]
"""What a field may be, and the type of its default; anything more would be a promise that no code keeps."""

KNOWN = "strings, u64 and maps of strings, with no keyword beside these but title, description and default"


def main() -> int:
    """Refuse, or generate, or look for drift."""
    config = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["datamodel-codegen"]
    profiles = config.get("profiles", {})
    refused = [
        f"{file}: {reason}"
        for file in [config["input"], *(profile["input"] for profile in profiles.values())]
        for reason in refusals(json.loads(Path(file).read_text(encoding="utf-8")))
    ]
    if refused:
        print(*refused, sep="\n", file=sys.stderr)
        return 2
    return max(generate(*profile, *sys.argv[1:]) for profile in [(), *(("--profile", name) for name in profiles)])


def refusals(schema: dict[str, Any]) -> list[str]:
    """Why the codec cannot read and write what this schema describes; empty if it can."""
    fields = schema.get("properties", {})
    reasons = [reason for name, field in fields.items() for reason in field_refusals(name, field, schema)]
    if schema.get("type") != "object" or not fields:
        reasons.append("the message is no object with properties")
    if schema.get("additionalProperties", True) is not True:
        reasons.append("additionalProperties: serde ignores fields that it does not know, so it must be true")
    if without(schema.get("$defs", {}).get("u64", U64), WORDS) != U64:
        reasons.append(f"$defs.u64 must hold {json.dumps(U64)}")
    reasons += [
        f"field {name}: it is required and not described" for name in schema.get("required", []) if name not in fields
    ]
    optional = [name for name, field in fields.items() if "default" in field]
    if optional and list(fields)[-len(optional) :] != optional:
        first = optional[0]
        reasons.append(
            f"field {first}: it has a default and stands before fields that have none; the array form has an order"
        )
    return reasons


def field_refusals(name: str, field: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """The same for one field."""
    reasons = []
    form = without(field, {*WORDS, "default"})
    taken = [default for known, default in FORMS if known == form]
    if not taken:
        reasons.append(f"it is {json.dumps(form)}; the codec knows {KNOWN}")
    elif "default" in field and not fits(field["default"], taken[0]):
        reasons.append(f"its default {json.dumps(field['default'])} is not of its own type")
    if not re.fullmatch("[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        reasons.append("its name is no name of a Python field in small letters")
    if ("default" in field) == (name in schema.get("required", [])):
        reasons.append("it must either be required or have a default; an Option is neither, and is not supported")
    return [f"field {name}: {reason}" for reason in reasons]


def without(members: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The members of other names."""
    return {name: value for name, value in members.items() if name not in names}


def fits(default: object, kind: type) -> bool:
    """Whether a default is a value of its field: serde would not compile otherwise."""
    if isinstance(default, dict):
        return kind is dict and all(isinstance(value, str) for value in default.values())
    if isinstance(default, int):
        return kind is int and type(default) is int and 0 <= default < 2**64
    return type(default) is kind


def generate(*arguments: str) -> int:
    """Run the generator for one message: 0, or 1 for drift or a failure."""
    # Only a warning tells that ruff failed and the code was left as it was.
    command = [sys.executable, "-W", "error", "-m", "datamodel_code_generator", *arguments]
    return min(1, abs(subprocess.run(command, check=False).returncode))


if __name__ == "__main__":
    sys.exit(main())
