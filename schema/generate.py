"""Makes the dataclasses of each message from its schema, or with `--check` finds where that would change them.

Run by `make generate` and `make check`, in the folder that it works on. pyproject.toml names the files: those of
`[tool.datamodel-codegen]`, and for each further message those of `[tool.datamodel-codegen.profiles.NAME]`. Exit status
0: all is well; 1: drift, or the generator failed; 2: a schema was refused, in one line with its place.

`python schema/generate.py SCHEMA OUTPUT`, in any folder, writes the classes of one schema file to one module, with the
options of the pyproject.toml beside this folder, and touches nothing else.

A class says all that a codec has to know:

- its name, its fields in wire order and their names are Rust's;
- `str`, `bool`, `F64` (`Annotated[float, Finite()]`), `U8` to `I64` (`Annotated[int, IntRange(…)]`), `T | None`,
  `list[T]`, `dict[str, T]`, a class derived from `Record` (a struct), or a `StrEnum` (its values are the names of the
  variants on the wire);
- a field without a default is required;
- `field(default=None, metadata={"serde": {…}})` holds the schema's `x-serde` as it is: `"default": False` where serde
  has no `#[serde(default)]`, `"skip_serializing_if": "none"`;
- `__deny_unknown_fields__` is True in the body of a class that refuses unknown fields.

datamodel-code-generator makes the classes, of a schema that is written anew from the types that were read (`prepared`):
every field is required there, so that none is moved, and brings its default as Python text, which a template writes.
"""

import ast
import contextlib
import difflib
import importlib
import json
import os
import re
import shutil
import sys
import tempfile
import textwrap
import tomllib
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from datamodel_code_generator.__main__ import main as make_module

PACKAGE = "checkpoint_notify"
if PACKAGE not in sys.modules:
    # An empty package with the same modules: the real one cannot be imported while its generated class is broken.
    sys.modules[PACKAGE] = ModuleType(PACKAGE)
    sys.modules[PACKAGE].__path__ = [str(Path(__file__).parent.parent / "python" / PACKAGE)]
SchemaError = importlib.import_module(f"{PACKAGE}.compat").SchemaError
child = importlib.import_module(f"{PACKAGE}.compat.pointer").child
schemas = importlib.import_module(f"{PACKAGE}.compat.schema")
types = importlib.import_module(f"{PACKAGE}.compat.wire_types")

RESERVED = "self|new|(to|from)_json(_bytes)?|with_.*"
"""What the class of a message, built on the generated one, calls its own."""
WIDTH = 110
"""Of the text in a docstring."""

Node = dict[str, Any]


class GeneratorError(Exception):
    """The generator failed, or made something else; it has said how."""


def main() -> int:
    """Do what the command line says."""
    try:
        match sys.argv[1:]:
            case [] | ["--check"] as arguments:
                return generate_all(check=bool(arguments))
            case [schema, output] if not (schema.startswith("-") or output.startswith("-")):
                return generate_one(Path(schema), Path(output))
    except GeneratorError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'writing'}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"usage: {sys.argv[0]} [--check | SCHEMA OUTPUT]", file=sys.stderr)
    return 2


def generate_one(schema: Path, output: Path) -> int:
    """Write the classes of one schema to one module."""
    document = read(schema, reserved="")
    if document is None:
        return 2
    header = f'"""{document.root.rust}, generated from its schema by schema/generate.py; not to be edited."""'
    root = Path(__file__).absolute().parent.parent
    write(output, module_of(document, root, "--custom-file-header", header))
    return 0


def generate_all(*, check: bool) -> int:
    """Refuse, or generate, or look for drift, for each message that pyproject.toml names."""
    config = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["datamodel-codegen"]
    messages: dict[str | None, Node] = {None: config, **config.get("profiles", {})}
    documents = {name: read(Path(message["input"]), RESERVED) for name, message in messages.items()}
    if None in documents.values():
        return 2
    drift = False
    for name, document in documents.items():
        output = Path(messages[name]["output"])
        module = module_of(document, Path.cwd(), *(["--profile", name] if name else []))
        before = output.read_text(encoding="utf-8") if output.exists() else ""
        drift |= before != module
        if not check:
            write(output, module)
        elif before != module:
            old, new = (text.splitlines(keepends=True) for text in (before, module))
            sys.stdout.writelines(difflib.unified_diff(old, new, str(output), f"{output}, generated"))
    return 1 if check and drift else 0


def read(schema: Path, reserved: str) -> Any:
    """The types of a schema file; None where it is refused, which is told."""
    try:
        document = schemas.read_contract(schema.read_bytes())
        for field in document.root.fields:
            if re.fullmatch(reserved, field.name):
                place = child("/properties", field.name)
                raise SchemaError(f"{place}: its name is one that the Python class needs itself")
    except SchemaError as error:
        print(f"{schema}: {error}", file=sys.stderr)
        return None
    return document


def module_of(document: Any, root: Path, *arguments: str) -> str:
    """The module that the generator makes, with the options of the pyproject.toml in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        schema, output = Path(folder, "schema.json"), Path(folder, "generated.py")
        schema.write_text(json.dumps(prepared(document)), encoding="utf-8")
        # The formatter takes the settings of the folder that the module is written into.
        settings = json.dumps(str(root / "pyproject.toml"), ensure_ascii=False)
        # It leaves docstrings as they are: another kind of string would make others of them.
        Path(folder, "ruff.toml").write_text(f'extend = {settings}\nlint.unfixable = ["D"]\n', encoding="utf-8")
        # It reads the pyproject.toml of the working directory.
        with contextlib.chdir(root), warnings.catch_warnings():
            warnings.simplefilter("error")  # only a warning tells that ruff failed and the code was left as it was
            if status := make_module([*arguments, "--input", str(schema), "--output", str(output)]):
                raise GeneratorError(f"datamodel-code-generator failed with exit status {status}")
        module = output.read_text(encoding="utf-8")
    check_names(module, document)
    return module


def check_names(module: str, document: Any) -> None:
    """Refuse a module in which the generator has renamed, moved or left out a class, a field or a variant."""
    found = {cls.name: written_names(cls) for cls in ast.parse(module).body if isinstance(cls, ast.ClassDef)}
    expected = {kind.rust: names_of(kind) for kind in [document.root, *document.types.values()] if names_of(kind)}
    if found != expected:
        raise GeneratorError(f"datamodel-code-generator made {found} where the schema has {expected}")


def written_names(cls: ast.ClassDef) -> list[str]:
    """The same as `names_of`, of a class."""
    fields = [
        item.target.id for item in cls.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    ]
    variants = [ast.literal_eval(item.value) for item in cls.body if isinstance(item, ast.Assign)]
    return variants or [name for name in fields if not name.startswith("__")]


def names_of(kind: Any) -> list[str]:
    """The fields of a struct, or the variants of an enum."""
    match kind:
        case types.Struct():
            return [field.name for field in kind.fields]
        case types.Enum():
            return list(kind.variants)
    return []


def write(output: Path, module: str) -> None:
    """Write a file whole or not at all; one that is there keeps its mode."""
    target = output.resolve()
    if target.exists() and not target.is_file():
        raise OSError(0, "is no regular file", str(output))
    if target.exists() and not os.access(target, os.W_OK):
        raise OSError(0, "is read-only", str(output))
    whole = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        whole.write_text(module, encoding="utf-8")
        if target.exists():
            shutil.copymode(target, whole)
        whole.replace(target)
    finally:
        whole.unlink(missing_ok=True)


def prepared(document: Any) -> Node:
    """The schema that the generator is given: the same types, without what it has no word for."""
    root = {"$schema": schemas.DIALECT, "$id": document.identity, **definition(document.root)}
    return root | {"$defs": {name: definition(kind) for name, kind in document.types.items()}}


def definition(kind: Any) -> Node:
    """A type of `$defs`, or the one at the top."""
    match kind:
        case types.Struct():
            return {
                "title": kind.rust,
                "description": described(kind.words) or f"The Rust struct `{kind.rust}`.",
                "type": "object",
                "properties": {field.name: field_node(field) for field in kind.fields},
                "required": [field.name for field in kind.fields],
                "additionalProperties": not kind.closed,
            }
        case types.Enum():
            return {
                "title": kind.rust,
                "description": described(kind.words) or f"The Rust enum `{kind.rust}`.",
                "type": "string",
                "enum": kind.variants,
                "x-enum-varnames": list(members(kind).values()),
            }
        case types.Integer():
            bounds = {"minimum": kind.minimum, "maximum": kind.maximum}
            return {"title": kind.rust.upper(), "type": "integer", **bounds}
    return {"title": "F64", "type": "number"}


def field_node(field: Any) -> Node:
    """A field: its type, its description, and its default as Python text."""
    found = node(field.type)
    if text := described(field.words):
        found["description"] = text
    if not field.required:
        found["x-default"] = default(field)
    return found


def node(kind: Any) -> Node:
    """A type where it is used."""
    match kind:
        case types.Text():
            return {"type": "string"}
        case types.Bool():
            return {"type": "boolean"}
        case types.Option(inner):
            return {"anyOf": [node(inner), {"type": "null"}]}
        case types.Vec(inner):
            return {"type": "array", "items": node(inner)}
        case types.Map(inner):
            return {"type": "object", "additionalProperties": node(inner)}
    return {"$ref": schemas.DEFS + kind.rust}


def described(words: Node) -> str:
    """The description in lines that are not too long; empty where there is none."""
    lines = words.get("description", "").strip().splitlines()
    return "\n".join(textwrap.fill(line, WIDTH, break_on_hyphens=False) for line in lines)


def default(field: Any) -> str:
    """What stands behind the `=` of a field."""
    text = literal(field.type, field.default)
    if field.serde:
        return f"field(default={text}, metadata={ {'serde': field.serde}!r})"
    if text in ("[]", "{}"):
        return f"field(default_factory={'list' if text == '[]' else 'dict'})"
    kind = field.type.inner if isinstance(field.type, types.Option) else field.type
    mutable = isinstance(kind, (types.Vec, types.Map, types.Struct)) and field.default is not None
    return f"field(default_factory=lambda: {text})" if mutable else text


def literal(kind: Any, value: Any) -> str:
    """A JSON value of this type as Python text."""
    match kind:
        case types.Option(inner):
            return "None" if value is None else literal(inner, value)
        case types.Vec(inner):
            return f"[{', '.join(literal(inner, item) for item in value)}]"
        case types.Map(inner):
            return "{" + ", ".join(f"{name!r}: {literal(inner, item)}" for name, item in value.items()) + "}"
        case types.Struct():
            given = (field for field in kind.fields if field.name in value)
            return f"{kind.rust}({', '.join(f'{f.name}={literal(f.type, value[f.name])}' for f in given)})"
        case types.Enum():
            return f"{kind.rust}.{members(kind)[value]}"
        case types.Float():
            return repr(float(value))
    return repr(value)


def members(enum: Any) -> dict[str, str]:
    """The Python name of each variant: that on the wire in capitals, with a number where it would stand twice."""
    found: dict[str, str] = {}
    for variant in enum.variants:
        words = re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+", "_", variant).strip("_").upper()
        name = words if words[:1].isalpha() else f"VARIANT_{words}".rstrip("_")
        same = (f"{name}_{number}" for number in range(2, len(enum.variants) + 2))
        found[variant] = next(free for free in (name, *same) if free not in found.values())
    return found


if __name__ == "__main__":
    sys.exit(main())
