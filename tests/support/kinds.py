"""Types of further kinds (tests/kinds): their generated classes and their vectors."""

from __future__ import annotations

import base64
import functools
import importlib.util
import json
import runpy
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from checkpoint_notify.testing.refusals import RefusedPayload

from .repository_copy import ROOT

FOLDER: Final = ROOT / "tests" / "kinds"
SCHEMAS: Final = {file.name.removesuffix(".schema.json"): file for file in sorted(FOLDER.glob("*.schema.json"))}
LISTS: Final = ("canonical", "unusual", "refused")

Vector = dict[str, Any]


def schema(name: str) -> dict[str, Any]:
    """The schema of a type."""
    read: dict[str, Any] = json.loads(SCHEMAS[name].read_text(encoding="utf-8"))
    return read


def vectors(name: str, which: str) -> list[Vector]:
    """A list of a type."""
    text = (FOLDER / "vectors" / name / f"{which}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def payload(vector: Vector) -> bytes:
    """The bytes of a vector."""
    return base64.b64decode(vector["payload_base64"]) if "payload_base64" in vector else vector["payload"].encode()


def source(name: str) -> str:
    """The source of the module that is generated from the schema of a type."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "generated.py")
        assert _generate_one()(SCHEMAS[name], file) == 0
        return file.read_text(encoding="utf-8")


@functools.cache
def generated(name: str) -> Any:
    """The class that is generated from the schema of a type; made once in a process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "generated.py")
        assert _generate_one()(SCHEMAS[name], file) == 0
        spec = importlib.util.spec_from_file_location(f"generated_{name}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # where `typing.get_type_hints` and pickle look for names
        spec.loader.exec_module(module)
    return getattr(module, schema(name)["title"])


@functools.cache
def _generate_one() -> Callable[[Path, Path], int]:
    generate_one: Callable[[Path, Path], int] = runpy.run_path(str(ROOT / "schema" / "generate.py"))["generate_one"]
    return generate_one


def refusal_of(refused: RefusedPayload) -> dict[str, Any]:
    """The error that a strategy claims, as the peer would answer."""
    error = refused.error
    if error.category == "utf8":
        return {"error": {"category": "utf8", "offset": error.offset}}
    fields = ("category", "message", "line", "column", "text")
    return {"error": {name: getattr(error, name) for name in fields}}
