"""A copy of what the generator reads and writes, for tests that edit a schema; its own package is the one imported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent
SCHEMA: Final = "schema/checkpoint_notification.schema.json"

Schema = dict[str, Any]


class RepositoryCopy:
    """The schemas, the package and pyproject.toml, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("schema", "python"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def edit_schema(self, edit: Callable[[Schema], object]) -> None:
        """Change the schema of the message, and nothing else."""
        schema = json.loads((self.folder / SCHEMA).read_text(encoding="utf-8"))
        edit(schema)
        self.write_schema(SCHEMA, schema)

    def write_schema(self, file: str, schema: Schema) -> None:
        """Write a schema file."""
        (self.folder / file).write_text(json.dumps(schema, indent=2), encoding="utf-8")

    def generate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What `make generate` runs (`make check` with `--check`)."""
        return self._run(str(ROOT / "schema" / "generate.py"), *arguments)

    def generate_module(self, schema: Path, output: Path) -> subprocess.CompletedProcess[str]:
        """Write the classes of one schema to one module, from a folder where nothing lies."""
        command = [sys.executable, str(self.folder / "schema" / "generate.py"), str(schema), str(output)]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)

    def python(self, code: str, arguments: Sequence[str], given: Mapping[str, Any]) -> Any:
        """What a program prints, as JSON, that imports this copy's package and is given JSON."""
        done = self._run("-c", code, *arguments, given=json.dumps(given))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def files(self) -> dict[Path, bytes]:
        """Every file of the copy, by its place in it."""
        files = [file for file in self.folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        return {file.relative_to(self.folder): file.read_bytes() for file in files}

    def _run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.folder / "python")}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, input=given, capture_output=True, text=True, check=False
        )
