"""A copy of the tree under a temporary folder, the only place where the codec is changed."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .changes import Mutant
from .killer import PACKAGE, Fate

ROOT: Final = Path(__file__).parents[3]
_COPIED: Final = ("python", "schema", "fixtures", "tests", "pyproject.toml")
_RUST_PROGRAMS: Final = Path("tests/rust/target")


class Workspace:
    """A copy, with Rust's answers beside it."""

    def __init__(self, folder: Path, count: int) -> None:
        self._tree = folder / "tree"
        self._evidence = folder / "evidence.pickle"
        self._mutants = folder / "mutants.pickle"
        for name in _COPIED:
            _copy(ROOT / name, self._tree / name)
        (self._tree / _RUST_PROGRAMS).symlink_to(ROOT / _RUST_PROGRAMS)
        self._run("evidence", self._evidence, str(count))

    def modules(self) -> dict[str, str]:
        """The codec's sources by file name."""
        return {path.name: path.read_text(encoding="utf-8") for path in sorted((self._tree / PACKAGE).glob("*.py"))}

    def fates(self, mutants: list[Mutant], stages: list[str]) -> Iterator[Fate]:
        """Judge each mutant in these stages, in order; raises RuntimeError if the codec itself does not survive."""
        self._mutants.write_bytes(pickle.dumps([(mutant.file, mutant.source) for mutant in mutants]))
        command = self._command("killer", self._evidence, self._mutants, *stages)
        with subprocess.Popen(command, cwd=self._tree, env=self._environment(), stdout=subprocess.PIPE) as killer:
            assert killer.stdout is not None
            try:
                answers = (Fate(*json.loads(line)) for line in killer.stdout)
                control = next(answers, None)
                if control is None or control.stage != "survived":
                    raise RuntimeError(f"the codec as it is does not survive: {control}")
                yield from answers
            finally:
                killer.terminate()

    def _run(self, module: str, *arguments: Path | str) -> None:
        subprocess.run(self._command(module, *arguments), cwd=self._tree, env=self._environment(), check=True)

    def _command(self, module: str, *arguments: Path | str) -> list[str]:
        return [sys.executable, "-m", f"tests.tools.mutation.{module}", *map(str, arguments)]

    def _environment(self) -> dict[str, str]:
        """Return an environment that prefers the copy's package and writes no bytecode, which could be a mutant's."""
        return {
            **os.environ,
            "PYTHONPATH": str(self._tree / "python"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("target", "__pycache__"))
    else:
        shutil.copy2(source, target)
