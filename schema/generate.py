"""Makes the dataclass of each message from its schema, or with `--check` finds where that would change it.

Run by `make generate` and `make check`, in the folder that it works on. pyproject.toml names the files: those of
`[tool.datamodel-codegen]`, and for each further message those of `[tool.datamodel-codegen.profiles.NAME]`. A schema
that says what the codec cannot do is refused first, with its place: the generator would take it, and drop without a
word what it has no type for. Exit status 0: all is well; 1: drift, or the generator failed; 2: a schema was refused.

`python schema/generate.py SCHEMA OUTPUT`, in any folder, writes the classes of one schema file to one module, with the
options of the pyproject.toml beside this folder, and touches nothing else.
"""

import importlib
import json
import keyword
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "checkpoint_notify"
if PACKAGE not in sys.modules:
    # An empty package with the same modules: the real one cannot be imported while its generated class is broken.
    sys.modules[PACKAGE] = ModuleType(PACKAGE)
    sys.modules[PACKAGE].__path__ = [str(Path(__file__).parent.parent / "python" / PACKAGE)]
compat = importlib.import_module(f"{PACKAGE}.compat")
child = importlib.import_module(f"{PACKAGE}.compat.pointer").child

FORMS = ["String", "u64", "HashMap<String, String>"]
"""What the codec reads and writes."""
U64 = "#/$defs/u64"
RESERVED = "self|new|(to|from)_json(_bytes)?|with_.*"
"""What the class of a message calls its own."""


def main() -> int:
    """Do what the command line says."""
    match sys.argv[1:]:
        case [] | ["--check"]:
            return generate_all(*sys.argv[1:])
        case [schema, output] if not (schema.startswith("-") or output.startswith("-")):
            return generate_one(Path(schema).absolute(), Path(output).absolute())
    print(f"usage: {sys.argv[0]} [--check | SCHEMA OUTPUT]", file=sys.stderr)
    return 2


def generate_one(schema: Path, output: Path) -> int:
    """Write the classes of one schema to one module, whole or not at all."""
    root = Path(__file__).absolute().parent.parent
    try:
        text = schema.read_bytes()
        if refused := refusals(text):
            print(*(f"{schema}: {reason}" for reason in refused), sep="\n", file=sys.stderr)
            return 2
        header = (
            f'"""{json.loads(text)["title"]}, generated from its schema by schema/generate.py; not to be edited."""'
        )
        with tempfile.TemporaryDirectory() as folder:
            module = Path(folder) / "generated.py"
            # The formatter takes the settings of the folder that the module is written into.
            settings = json.dumps(str(root / "pyproject.toml"), ensure_ascii=False)
            Path(folder, "ruff.toml").write_text(f"extend = {settings}\n", encoding="utf-8")
            files = ("--input", str(schema), "--output", str(module))
            status = generate(*files, "--custom-file-header", header, cwd=root)
            if status == 0:
                output.write_bytes(module.read_bytes())
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return status


def generate_all(*arguments: str) -> int:
    """Refuse, or generate, or look for drift, for each message that pyproject.toml names."""
    config = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["datamodel-codegen"]
    profiles = config.get("profiles", {})
    refused = [
        f"{file}: {reason}"
        for file in [config["input"], *(profile["input"] for profile in profiles.values())]
        for reason in refusals(Path(file).read_bytes())
    ]
    if refused:
        print(*refused, sep="\n", file=sys.stderr)
        return 2
    return max(generate(*profile, *arguments) for profile in [(), *(("--profile", name) for name in profiles)])


def refusals(text: bytes) -> list[str]:
    """Why the codec cannot read and write what this schema describes; empty if it can."""
    try:
        message = compat.read_contract(text)
    except compat.SchemaError as error:
        return [str(error)]
    schema = json.loads(text)
    reasons = [reason for field in message.fields for reason in field_refusals(field, schema["properties"][field.name])]
    if message.closed:
        reasons.append("/additionalProperties: serde ignores fields that it does not know, so it must be true")
    if not re.fullmatch("([A-Z][a-z0-9]*)+", message.name) or message.name in ("U64", "Annotated", "IntRange"):
        reasons.append(f"/title: {message.name!r} is no name for the class, such as CheckpointNotification")
    reasons += [
        f"{child('/$defs', name)}: there is room for u64 alone" for name in schema.get("$defs", {}) if name != "u64"
    ]
    optional = [field.name for field in message.fields if not field.required]
    if optional and [field.name for field in message.fields[-len(optional) :]] != optional:
        reasons.append(
            f"{child('/properties', optional[0])}: it has a default and stands before fields that have none; "
            "the array form has an order"
        )
    return reasons


def field_refusals(field: Any, node: dict[str, Any]) -> list[str]:
    """The same for one field."""
    reasons = []
    if field.kind.rust not in FORMS:
        reasons.append(f"the codec knows {', '.join(FORMS)}, and no {field.kind.rust}")
    elif node.get("$ref") != (U64 if field.kind.rust == "u64" else None):
        # Compared as text: the generator makes another name of another spelling, or finds nothing there.
        reasons.append(f'a u64, and nothing else, is written {{"$ref": "{U64}"}}')
    if not re.fullmatch("[a-z][a-z0-9_]*", field.name) or keyword.iskeyword(field.name):
        reasons.append("its name is no name of a Python field in small letters")
    elif re.fullmatch(RESERVED, field.name):
        reasons.append("its name is one that the Python class needs itself")
    return [f"{child('/properties', field.name)}: {reason}" for reason in reasons]


def generate(*arguments: str, cwd: Path | None = None) -> int:
    """Run the generator for one message: 0, or 1 for drift or a failure."""
    # Only a warning tells that ruff failed and the code was left as it was.
    command = [sys.executable, "-W", "error", "-m", "datamodel_code_generator", *arguments]
    return min(1, abs(subprocess.run(command, cwd=cwd, check=False).returncode))


if __name__ == "__main__":
    sys.exit(main())
