"""What is shipped works where nothing but it is installed, and the repository holds nothing of one machine."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Final, get_args

import hatch_build
import pytest

import checkpoint_notify
from checkpoint_notify.resources import VectorKind, schema_text

ROOT: Final = Path(__file__).parents[2]
VECTORS: Final = ROOT / "fixtures" / "checkpoint_notification"
KINDS: Final = get_args(VectorKind)

BLOCK: Final = 4096
"""Bytes: what a file or a folder takes on disk is a multiple of it."""
MOST_FILES: Final = 200
MOST_BYTES: Final = 2_500_000

READ_VECTORS: Final = """
import base64, json, sys
from checkpoint_notify.resources import vectors
def as_list(vector):
    return [*vector._replace(payload=base64.b64encode(vector.payload).decode())]
json.dump({kind: [as_list(vector) for vector in vectors(kind)] for kind in sys.argv[1:]}, sys.stdout)
"""
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
    return _build(folder)


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that holds the wheel and what it needs, without extras."""
    folder = tmp_path_factory.mktemp("clean")
    uv = [sys.executable, "-m", "uv", "--no-config", "--quiet"]
    _run(*uv, "venv", "--python", sys.executable, folder)
    _run(*uv, "pip", "install", "--python", folder / "bin" / "python", wheel)
    return folder


@pytest.fixture(scope="module")
def report(environment: Path) -> dict[str, Any]:
    """What a program finds in that environment, and what it logs."""
    done = _run(environment / "bin" / "python", "-I", "-c", PROBE, cwd=environment)
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"log": done.stderr}


def test_wheel_installs_msgspec_only(report: dict[str, Any]) -> None:
    """It is the only dependency without extras."""
    assert ["checkpoint-notify", "msgspec"] == report["installed"]


def test_reads_its_own_vectors_and_schema(report: dict[str, Any]) -> None:
    """The vectors and the schema are in the wheel, load through importlib.resources, and decode as Rust reads them."""
    assert [] == report["misread"]
    assert schema_text() == report["schema"]


def test_installed_vectors_are_those_of_the_repository(environment: Path) -> None:
    """Each vector by name and to the byte, though the wheel holds them in another form."""
    done = _run(environment / "bin" / "python", "-I", "-c", READ_VECTORS, *KINDS)
    assert _vectors_by_kind() == json.loads(done.stdout)


def test_a_source_tree_reads_the_pairs(tmp_path: Path) -> None:
    """Of each vector two files, as an editable install reads them too: here of one vector a list."""
    shutil.copytree(ROOT / "python", tmp_path / "python", ignore=shutil.ignore_patterns("__pycache__"))
    expected = {kind: found[:1] for kind, found in _vectors_by_kind().items()}
    for kind, [(name, *_)] in expected.items():
        folder = tmp_path / VECTORS.relative_to(ROOT) / kind
        folder.mkdir(parents=True)
        for suffix in (".json", ".payload"):
            shutil.copy(VECTORS / kind / f"{name}{suffix}", folder)
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'python')!r})\n{READ_VECTORS}"
    assert expected == json.loads(_run(sys.executable, "-c", code, *KINDS).stdout)


def test_an_editable_install_holds_no_copy(tmp_path: Path) -> None:
    """It points at the source tree, and so reads the vectors there."""
    code = "import sys, hatchling.build; hatchling.build.build_editable(sys.argv[1])"
    _run(sys.executable, "-c", code, tmp_path, cwd=ROOT)
    (file,) = tmp_path.glob("*.whl")
    assert ["_checkpoint_notify.pth"] == [name for name in _contents(file) if ".dist-info/" not in name]


def test_the_way_to_the_wheel_does_not_matter(wheel: Path, tmp_path: Path) -> None:
    """Built from the source tree it holds the same bytes as built from the source distribution."""
    assert _contents(_build(tmp_path, "--wheel")) == _contents(wheel)


def test_weight(environment: Path) -> None:
    """An installed package takes few files and little space, whatever the number of vectors."""
    (site_packages,) = environment.glob("lib/python*/site-packages")
    found = [
        environment / "bin" / "checkpoint-notify",
        *(path for folder in site_packages.glob("checkpoint_notify*") for path in [folder, *folder.rglob("*")]),
    ]
    installed = [path for path in found if "__pycache__" not in path.parts]
    files = [path for path in installed if path.is_file()]
    blocks = sum(-(-path.stat().st_size // BLOCK) if path.is_file() else 1 for path in installed)
    assert len(_contents_of_package()) <= len(files) <= MOST_FILES
    assert blocks * BLOCK <= MOST_BYTES


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


def test_wheel_holds_what_it_should(wheel: Path) -> None:
    """The package, the schema and the lists of vectors once each, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = Counter(archive.namelist())
    held = {name for name in names if ".dist-info/" not in name}
    assert _contents_of_package() == held
    assert {1} == set(names.values())
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.parametrize("kind", KINDS)
def test_packed_vectors(wheel: Path, kind: VectorKind) -> None:
    """A line of JSON for each vector, in ASCII, with all that its `.json` file holds and the payload in base64."""
    text = _contents(wheel)[f"checkpoint_notify/fixtures/checkpoint_notification/{kind}.jsonl"].decode("ascii")
    assert text.endswith("\n")
    expected = []
    for about in sorted((VECTORS / kind).glob("*.json")):
        payload = base64.b64encode(about.with_suffix(".payload").read_bytes()).decode()
        expected.append({"name": about.stem, "payload": payload, **json.loads(about.read_bytes())})
    assert expected == [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("kept", [".json", ".payload"])
def test_half_a_vector_is_not_packed(tmp_path: Path, kept: str) -> None:
    """The build fails and names the file that is missing, where a vector would else be lost in silence."""
    shutil.copy(VECTORS / "refused" / f"empty{kept}", tmp_path)
    (missing,) = {".json", ".payload"} - {kept}
    with pytest.raises(ValueError, match=rf"{re.escape(str(tmp_path))}/empty\{missing} is missing: .*make golden"):
        hatch_build.pack(tmp_path)


def test_no_wheel_without_vectors(tmp_path: Path) -> None:
    """A tree without lists, such as one that was copied in part, does not build; a list without vectors neither."""
    with pytest.raises(ValueError, match="holds no list of vectors"):
        hatch_build.lists(tmp_path)
    (tmp_path / "fixtures" / "message" / "refused").mkdir(parents=True)
    (folder,) = hatch_build.lists(tmp_path)
    with pytest.raises(ValueError, match="refused holds no vector"):
        hatch_build.pack(folder)


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


def _build(folder: Path, *options: str) -> Path:
    _run(sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", folder, ROOT)
    (file,) = folder.glob("*.whl")
    return file


def _contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _contents_of_package() -> set[str]:
    package = ROOT / "python" / "checkpoint_notify"
    code = {f"checkpoint_notify/{file.relative_to(package)}" for file in [*package.rglob("*.py"), package / "py.typed"]}
    schemas = {f"checkpoint_notify/{file.relative_to(ROOT)}" for file in (ROOT / "schema").glob("*.json")}
    return code | schemas | {f"checkpoint_notify/{(VECTORS / kind).relative_to(ROOT)}.jsonl" for kind in KINDS}


def _vectors_by_kind() -> dict[str, list[list[Any]]]:
    """What READ_VECTORS prints, read from the files of the repository."""
    return {kind: [_vector(kind, file) for file in sorted((VECTORS / kind).glob("*.json"))] for kind in KINDS}


def _vector(kind: str, file: Path) -> list[Any]:
    about = json.loads(file.read_bytes())
    payload = base64.b64encode(file.with_suffix(".payload").read_bytes()).decode()
    return [file.stem, kind, about["description"], payload, about.get("value"), about.get("error")]


def _run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
