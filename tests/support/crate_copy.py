"""Edited copies of the published Rust crate, as another revision of it would look; none of its source is kept here."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

JUDGE = Path(__file__).parent.parent / "rust"


class Edit(NamedTuple):
    """A change of one file of the crate."""

    old: str
    new: str
    times: int = 1
    """How often `old` stands in the file; that and nothing else, or the copy would not be the one that is meant."""
    file: str = "src/checkpoint_notify.rs"


@functools.cache
def published_crate() -> Path:
    """The folder of the source of `jflow-core` that cargo builds tests/rust with."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    shown = subprocess.run(command, cwd=JUDGE, check=True, capture_output=True, text=True).stdout
    (manifest,) = [found["manifest_path"] for found in json.loads(shown)["packages"] if found["name"] == "jflow-core"]
    return Path(manifest).parent


def write_copy(folder: Path, edits: Iterable[Edit]) -> None:
    """Make the folder a copy of the crate with these edits; AssertionError where one does not fit."""
    shutil.rmtree(folder, ignore_errors=True)
    # New times of modification, by which cargo sees that this is not the copy it built before.
    shutil.copytree(published_crate(), folder, copy_function=shutil.copyfile)
    for edit in edits:
        apply(folder, edit)


def apply(folder: Path, edit: Edit) -> None:
    """Change a file of the crate in this folder."""
    file = folder / edit.file
    text = file.read_text(encoding="utf-8")
    found = text.count(edit.old)
    assert found == edit.times, f"{edit.file} holds {edit.old!r} {found} times, and not {edit.times}"
    file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
