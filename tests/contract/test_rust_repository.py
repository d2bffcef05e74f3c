"""Another repository's revision of the Rust crate is judged where it lies, and what breaks the contract is named."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from ..support.cargo import require_cargo
from ..support.crate_copy import JUDGE, Edit, apply, write_copy

AGAINST: Final = JUDGE / "against.py"
BUILD: Final = JUDGE / "target"
FIELD: Final = "    pub model_path: String,\n"
METADATA: Final = "    #[serde(default)]\n    pub metadata: HashMap<String, String>,\n"
STRUCT: Final = "#[derive(Debug, Clone, Serialize, Deserialize)]\npub struct CheckpointNotification {\n"
RENAMED: Final = Edit('name = "jflow-core"', 'name = "janus-core"', file="Cargo.toml")
INHERITED: Final = Edit('\nversion = "0.1.0"\n', "\nversion.workspace = true\n", file="Cargo.toml")
WORKSPACE: Final = '[workspace]\nmembers = ["crates/core"]\n\n[workspace.package]\nversion = "0.7.3"\n'


class Revision(NamedTuple):
    """The crate with edits that break the contract, and what must be said about it."""

    edits: Sequence[Edit]
    named: Sequence[str]
    """Patterns; each matches what the compiler or a failed test says."""


REVISIONS: Final = {
    "field_renamed": Revision(
        [Edit("model_path", "checkpoint_path", times=13)],
        [
            r"canonical/readme: refused: missing field `checkpoint_path`",
            r'left: \["model_path", .*\n.*right: \["checkpoint_path',
        ],
    ),
    "field_renamed_on_the_wire": Revision(
        [Edit(FIELD, f'    #[serde(rename = "path")]\n{FIELD}')],
        [r"canonical/readme: refused: missing field `path`", r'left: \["model_path", .*\n.*right: \["path", '],
    ),
    "type_narrowed": Revision(
        [
            Edit("    pub version: u64,\n", "    pub version: u32,\n"),
            Edit("version: u64) -> Self", "version: u32) -> Self"),
        ],
        [r"canonical/version_maximum: refused: invalid value: integer `18446744073709551615`, expected u32"],
    ),
    "default_lost": Revision(
        [Edit(METADATA, METADATA.replace("    #[serde(default)]\n", ""))],
        [r"unusual/metadata_absent: refused: missing field `metadata`", r"left: Ok\(.*\n.*missing field `metadata`"],
    ),
    "deny_unknown_fields": Revision(
        [Edit(STRUCT, STRUCT.replace("pub struct", "#[serde(deny_unknown_fields)]\npub struct"))],
        [
            r"unusual/unknown_last: refused: unknown field ",
            r"unknown_fields_are_allowed_as_the_schema_says \.\.\. FAILED",
        ],
    ),
    "rename_all": Revision(
        [Edit(STRUCT, STRUCT.replace("pub struct", '#[serde(rename_all = "camelCase")]\npub struct'))],
        [r"canonical/readme: refused: missing field `modelPath`", r'right: \["modelPath", "modelName", '],
    ),
    "fields_reordered": Revision(
        [
            Edit("    pub version: u64,\n", ""),
            Edit("    pub training_step: u64,\n", "    pub training_step: u64,\n    pub version: u64,\n"),
        ],
        [r"canonical/readme: another payload", r"unusual/array_of_six: ", r'right: .*"training_step", "version", '],
    ),
    "channel_renamed": Revision(
        [Edit('format!("fks:{instance_id}:model_checkpoints")', 'format!("fks:{instance_id}:checkpoints")')],
        [r'left: "fks:default:model_checkpoints"\n.*right: "fks:default:checkpoints"'],
    ),
}


@pytest.fixture
def crate() -> Iterator[Path]:
    """A folder for the copies, of which cargo builds one at a time; always the same, so that it builds little anew."""
    require_cargo()
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "revision.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield BUILD / "revision" / "crates" / "core"


def _write_workspace(crate: Path, edits: Sequence[Edit]) -> None:
    """Upstream's tree, as far as it matters: its name for the crate, which is a member of a workspace."""
    write_copy(crate, [RENAMED, INHERITED, *edits])
    (crate.parent.parent / "Cargo.toml").write_text(WORKSPACE)


def _judge(crate: Path) -> subprocess.CompletedProcess[str]:
    """What the command says of a crate, with both of its streams in `stdout`."""
    environment = {**os.environ, "RUST_BACKTRACE": "0", "CARGO_TERM_COLOR": "never"}
    command: list[str | Path] = [sys.executable, AGAINST, crate]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_the_crate_under_another_name_keeps_the_contract(crate: Path) -> None:
    """Upstream's own tree calls it janus-core; nothing is written there."""
    _write_workspace(crate, [])
    workspace = crate.parent.parent
    before = _contents(workspace)
    done = _judge(crate)
    assert 0 == done.returncode, done.stdout
    assert f"The crate janus-core in {crate} keeps the contract.\n" in done.stdout
    assert ["5", "7"] == re.findall(r"test result: ok\. (\d+) passed; 0 failed; 0 ignored", done.stdout)
    assert before == _contents(workspace)


@pytest.mark.parametrize("name", REVISIONS)
def test_a_broken_contract_is_named(crate: Path, name: str) -> None:
    """The compiler or a test says which field, or which vector."""
    _write_workspace(crate, REVISIONS[name].edits)
    done = _judge(crate)
    assert 1 == done.returncode, done.stdout
    assert f"The crate janus-core in {crate} DOES NOT KEEP the contract.\n" in done.stdout
    assert [] == [words for words in REVISIONS[name].named if not re.search(words, done.stdout)], done.stdout


def test_an_edit_that_does_not_apply_is_an_error(tmp_path: Path) -> None:
    """A revision whose edit changes nothing would be judged as the published crate."""
    (tmp_path / "lib.rs").write_text("version: u64")
    with pytest.raises(AssertionError, match=r"lib\.rs holds 'version: u63' 0 times, and not 1"):
        apply(tmp_path, Edit("version: u63", "version: u32", file="lib.rs"))


def test_a_folder_without_a_crate_is_an_error(tmp_path: Path) -> None:
    """The exit status is neither that of a kept nor that of a broken contract, and there is a reason."""
    (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["core"]\n')
    for folder, reason in [
        (tmp_path, "names no \\[package\\]; name the folder of the crate"),
        (tmp_path / "no", "No such"),
    ]:
        done = _judge(folder)
        assert 2 == done.returncode, done.stdout
        assert re.search(f"was not judged: .*{reason}", done.stdout), done.stdout


def test_a_broken_cargo_is_an_error(tmp_path: Path) -> None:
    """So is a crate that cargo cannot read. Neither says anything about the contract."""
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "janus-core"\n')
    assert "was not judged: [Errno 2] No such file or directory: 'cargo'" in _not_judged(tmp_path, str(tmp_path))
    cargo = tmp_path / "cargo"
    cargo.write_text("#!/bin/sh\necho no toolchain >&2\nexit 1\n")
    cargo.chmod(0o755)
    assert "was not judged: cargo does not get so far as to build it" in _not_judged(tmp_path, str(tmp_path))
    require_cargo()
    assert "was not judged: cargo does not get so far as to build it" in _not_judged(tmp_path, os.environ["PATH"])


def _not_judged(crate: Path, path: str) -> str:
    environment = {**os.environ, "PATH": path, "CARGO_TARGET_DIR": str(crate / "target")}
    command: list[str | Path] = [sys.executable, AGAINST, crate]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert 2 == done.returncode, done.stdout
    return done.stdout


def _contents(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
