"""What is shipped works where nothing but it is installed, and the repository holds nothing of one machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Final, get_args

import pytest

import checkpoint_notify
from checkpoint_notify.resources import VectorKind, schema_text, vectors

ROOT: Final = Path(__file__).parents[2]

PROBE: Final = """
import importlib.metadata, json, logging, sys
logging.basicConfig(format="%(levelname)s %(message)s")
from checkpoint_notify import CheckpointNotification, CheckpointNotifier, CheckpointNotifierConfig
from checkpoint_notify.resources import schema_text, vectors

def as_rust_reads_it(vector):
    read = CheckpointNotification.from_json(vector.payload)
    values = {name: getattr(read, name) for name in vector.value}
    return vector.value == {name: str(value) if isinstance(value, int) else value for name, value in values.items()}

report = {
    "imported": sorted(sys.modules),
    "installed": sorted(found.name for found in importlib.metadata.distributions()),
    "vectors": {kind: len(list(vectors(kind))) for kind in ("canonical", "unusual", "refused")},
    "misread": [vector.name for vector in vectors("canonical") if not as_rust_reads_it(vector)],
    "schema": schema_text(),
    "published": CheckpointNotifier(CheckpointNotifierConfig()).publish(CheckpointNotification.new("p", "n")),
}
json.dump(report, sys.stdout)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one in WHEEL, or one built from the source distribution, as an index would be given both."""
    if "WHEEL" in os.environ:
        return Path(os.environ["WHEEL"])
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def report(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program finds in an environment that holds the wheel, without extras, and what the wheel asks for."""
    folder = tmp_path_factory.mktemp("clean")
    uv = [sys.executable, "-m", "uv", "--no-config", "--quiet"]
    python = folder / "venv" / "bin" / "python"
    _run(*uv, "venv", "--python", sys.executable, folder / "venv")
    _run(*uv, "pip", "install", "--python", python, wheel)
    done = _run(python, "-I", "-c", PROBE, cwd=folder)
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"log": done.stderr}


def test_wheel_installs_msgspec_only(report: dict[str, Any]) -> None:
    """It is the only dependency without extras."""
    assert ["checkpoint-notify", "msgspec"] == report["installed"]


def test_wheel_reads_its_vectors_and_schema(report: dict[str, Any]) -> None:
    """Every vector and the schema are in the wheel, load through importlib.resources, and decode as Rust reads them."""
    assert {kind: len(list(vectors(kind))) for kind in get_args(VectorKind)} == report["vectors"]
    assert [] == report["misread"]
    assert schema_text() == report["schema"]


@pytest.mark.parametrize("name", ["redis", "asyncio", "jsonschema", "hypothesis", "pytest", "valkey"])
def test_importing_does_not_import_extras(report: dict[str, Any], name: str) -> None:
    """Importing the package imports neither its extras nor what only tests need."""
    assert "checkpoint_notify._sync.notifier" in report["imported"]
    assert name not in report["imported"]


def test_publishing_without_the_extra(report: dict[str, Any]) -> None:
    """A warning, and nothing is sent, as in a Rust build without the feature `redis`."""
    assert report["published"] is None
    warning = "Redis feature not enabled — checkpoint notification not published on 'fks:default:model_checkpoints'"
    advice = "redis-py is not installed: run pip install '.[redis]' in a clone of the repository"
    assert f"WARNING {warning}: {advice}\n" == report["log"]


def test_wheel_contains_package_schema_and_vectors(wheel: Path) -> None:
    """The package, the schema and the vectors once each, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = Counter(archive.namelist())
    package = ROOT / "python" / "checkpoint_notify"
    code = {f"checkpoint_notify/{file.relative_to(package)}" for file in [*package.rglob("*.py"), package / "py.typed"]}
    schemas = {f"checkpoint_notify/{file.relative_to(ROOT)}" for file in (ROOT / "schema").glob("*.json")}
    fixtures = {f"checkpoint_notify/{file.relative_to(ROOT)}" for file in (ROOT / "fixtures").rglob("*.*")}
    held = {name for name in names if ".dist-info/" not in name}
    assert code | schemas | fixtures == held
    assert {1} == set(names.values())
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_metadata(wheel: Path) -> None:
    """The extras, and what is needed without any."""
    metadata = _metadata(wheel)
    needs = metadata.get_all("Requires-Dist", [])
    assert {"redis", "cli", "testing"} == set(metadata.get_all("Provides-Extra", []))
    assert ["msgspec"] == [re.split(r"[^\w-]", need)[0] for need in needs if "extra ==" not in need]
    assert ["redis"] == [re.split(r"[^\w-]", need)[0] for need in needs if "extra == 'redis'" in need]
    assert ">=3.11" == metadata["Requires-Python"]


def test_all_is_what_can_be_imported() -> None:
    """`__all__` is sorted and names every public name of the package that is no module, imported late or not."""
    public = [name for name in dir(checkpoint_notify) if not name.startswith("_")]
    modules = {name for name in public if isinstance(getattr(checkpoint_notify, name), type(sys))}
    assert sorted(set(public) - modules - {"TYPE_CHECKING"}) == checkpoint_notify.__all__
    with pytest.raises(AttributeError, match="no attribute 'CheckpointNotifer'"):
        _ = checkpoint_notify.CheckpointNotifer  # type: ignore[attr-defined]


def test_make_help_lists_every_target() -> None:
    """Every target has its line, but for those whose name starts with `_`; `help` is what plain `make` runs."""
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE)
    shown = _run("make", cwd=ROOT).stdout
    assert targets == re.findall(r"^make ([a-z-]+) +\S", shown, re.MULTILINE)
    assert {"help", "setup", "demo", "test", "check", "format", "generate", "golden", "clean"} <= set(targets)
    assert sorted([*targets, "_rust"]) == sorted(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))


REGISTRIES: Final = "|".join(["pypi" r"\.org", "python" r"hosted\.org", "crates" r"\.io", "npmjs" r"\.(?:org|com)"])
MACHINE: Final = "(?<![A-Za-z0-9.])/(?:" + "|".join(["work", "root", "home", "Users"]) + r")/[\w.-]+"
OWN_NAME_OF_A_REGISTRY: Final = "registry+https://github.com/rust-lang/" + "crates" + ".io-index"
"""Stands in every Cargo.lock: how cargo calls the registry, whatever host serves it."""


def test_nothing_of_one_machine_is_tracked() -> None:
    """No file names a package registry's host or an absolute path of some machine."""
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.split("\0")
    files = [ROOT / name for name in listed if name and not name.startswith("fixtures/")]
    assert ROOT / "pyproject.toml" in files
    found = {str(file.relative_to(ROOT)): _of_one_machine(file) for file in files if file.is_file()}
    assert {} == {name: words for name, words in found.items() if words}


def _of_one_machine(file: Path) -> list[str]:
    text = file.read_bytes().decode(errors="replace").replace(OWN_NAME_OF_A_REGISTRY, "")
    return re.findall(f"{REGISTRIES}|{MACHINE}", text)


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return HeaderParser().parsestr(archive.read(name).decode())


def _run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
