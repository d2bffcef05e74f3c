"""The build hook: a wheel holds each list of golden vectors as one file, `LIST.jsonl`.

The repository keeps two files for each vector, which are easy to read and to compare. A file system gives each of them
a block of its own, so installed they would take seven times the space of what they hold. An editable install reads
them where they are.
"""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackVectors(BuildHookInterface[BuilderConfig]):
    """Makes the files when a wheel is built, and gives them their places in it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the packed lists to the wheel; hatchling calls this before it collects the files."""
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory()
        for vectors in lists(Path(self.root)):
            inside = Path("fixtures", vectors.parent.name, f"{vectors.name}.jsonl")
            packed = Path(self._folder.name, inside)
            packed.parent.mkdir(parents=True, exist_ok=True)
            packed.write_bytes(pack(vectors))
            build_data["force_include"][str(packed)] = str("checkpoint_notify" / inside)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what `initialize` made; hatchling calls this when the wheel is written."""
        if version != "editable":
            self._folder.cleanup()


def lists(root: Path) -> list[Path]:
    """The folders of vectors, such as `fixtures/checkpoint_notification/refused`."""
    found = sorted(folder for folder in (root / "fixtures").glob("*/*") if folder.is_dir())
    if not found:
        raise ValueError(f"{root / 'fixtures'} holds no list of vectors; a wheel is built from a complete source tree")
    return found


def pack(folder: Path) -> bytes:
    """The vectors of a folder by name: a line of JSON each, in ASCII, with the payload in base64."""
    names = {file.stem for file in folder.iterdir() if file.suffix in {".json", ".payload"}}
    if not names:
        raise ValueError(f"{folder} holds no vector")
    return b"".join(line(folder, name) for name in sorted(names))


def line(folder: Path, name: str) -> bytes:
    """One vector: its name, what its `.json` file says, and its payload."""
    about, payload = folder / f"{name}.json", folder / f"{name}.payload"
    for file in (about, payload):
        if not file.is_file():
            raise ValueError(f"{file} is missing: a vector is two files, and `make golden` writes both")
    vector = {
        "name": name,
        **json.loads(about.read_bytes()),
        "payload": base64.b64encode(payload.read_bytes()).decode(),
    }
    return json.dumps(vector, separators=(",", ":")).encode() + b"\n"
