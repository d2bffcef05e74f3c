"""The workflows are sound, ask for no more than they need, and run what there is."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from ..support.actionlint import lint

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXAMPLES: Final = sorted((ROOT / "docs" / "examples").glob("*.yml"))
FILES: Final = [*WORKFLOWS, *EXAMPLES]
MAKEFILE: Final = (ROOT / "Makefile").read_text(encoding="utf-8")

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))


def _commands_of_check() -> list[str]:
    """The commands of `make check`, without the setup."""
    shown = subprocess.run(["make", "-n", "check"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if re.match(r"\.venv/bin/|cd tests/rust && ", line)]


def test_the_hooks_run_what_make_check_runs() -> None:
    """The same commands in the same order, from this machine alone; cargo's is left out where there is no cargo."""
    (repository,) = _read(ROOT / ".pre-commit-config.yaml")["repos"]
    hooks = repository["hooks"]
    assert "local" == repository["repo"]
    assert {"system"} == {hook["language"] for hook in hooks}
    commands = [re.sub(r"^sh -c '(.*)'$", r"\1", hook["entry"]) for hook in hooks]
    check = _commands_of_check()
    assert {"lint-imports", "zizmor", "mypy"} <= {Path(command.split()[0]).name for command in check}
    assert check == [command for command in commands if command in check or "cargo" not in command]


def _read(file: Path) -> dict[Any, Any]:
    read: dict[Any, Any] = importlib.import_module("yaml").safe_load(file.read_text(encoding="utf-8"))
    return read


def _steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def _commands(file: Path) -> str:
    return "\n".join(step["run"] for step in _steps(_read(file)) if "run" in step)


def test_every_workflow_is_known() -> None:
    """Each is tested below."""
    assert ["ci", "release", "scheduled"] == [file.stem for file in WORKFLOWS]
    assert "rust-contract" in [file.stem for file in EXAMPLES]


def test_the_linter_finds_nothing() -> None:
    """Neither in our own, nor in those that others are to copy."""
    assert "" == lint(FILES, ROOT)


def test_the_linter_detects_a_fault(tmp_path: Path) -> None:
    """So its silence about our workflows means something."""
    faulty = tmp_path / "faulty.yml"
    faulty.write_text(WORKFLOWS[0].read_text(encoding="utf-8").replace("matrix.python }}", "matrix.pyhton }}"))
    assert 'property "pyhton" is not defined' in lint([faulty], ROOT)


def _audit(*files: Path) -> subprocess.CompletedProcess[str]:
    """What `make check` runs to find what an attacker could use; it asks nobody on the network."""
    zizmor = Path(sys.executable).with_name("zizmor")
    options = ["--quiet", "--no-progress", "--offline", "--persona", "regular"]
    return subprocess.run([zizmor, *options, *files], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_audit_finds_nothing() -> None:
    """Neither in our own, nor in those that others are to copy."""
    done = _audit(*FILES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("permissions:\n  contents: read\n", "permissions: write-all\n", "excessive-permissions"),
        ("  pull_request:\n", "  pull_request_target:\n", "dangerous-triggers"),
        ("run: make demo", "run: make demo ${{ github.head_ref }}", "template-injection"),
        ("@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@v6", "unpinned-uses"),
    ],
)
def test_the_audit_detects_each_fault(tmp_path: Path, old: str, new: str, finding: str) -> None:
    """It names each of these faults."""
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    assert old in text
    faulty = tmp_path / "faulty.yml"
    faulty.write_text(text.replace(old, new), encoding="utf-8")
    done = _audit(faulty)
    assert done.returncode >= 10, done.stderr
    assert f"[{finding}]" in done.stdout


@each_file
def test_targets_and_files_of_workflows_exist(file: Path) -> None:
    """Each target of make, and each file of this repository."""
    commands = _commands(file)
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    paths = re.findall(r"(?<![\w./-])(?:checkpoint-notify/)?((?:\.ci|tests|docs|python)/[\w./-]+)", commands)
    assert set() == set(re.findall(r"\bmake ([a-z][a-z-]*)", commands)) - targets
    assert [] == [path for path in paths if not (ROOT / path).exists()]
    assert re.search(r"\bmake [a-z]", commands) or paths


@each_file
def test_variables_given_to_make_are_read_by_it(file: Path) -> None:
    """A misspelt one would be ignored without a word."""
    given = re.findall(r"^make .*?\b([A-Z_]+)=", _commands(file), re.MULTILINE)
    assert [] == [name for name in given if f"$({name})" not in MAKEFILE and f"$(or $({name})" not in MAKEFILE]


@each_file
def test_least_permissions(file: Path) -> None:
    """Reading, and for publishing the token that the index trusts; nothing is left behind for later steps to find."""
    workflow = _read(file)
    assert {"contents": "read"} == workflow["permissions"]
    asked = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert ({"publish": {"id-token": "write"}} if file.stem == "release" else {}) == asked
    checkouts = [step for step in _steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert {False} == {step["with"]["persist-credentials"] for step in checkouts}
    assert "pull_request_target" not in file.read_text(encoding="utf-8")
    assert "secrets." not in file.read_text(encoding="utf-8")


@each_file
def test_each_job_has_a_time_limit_and_concurrency(file: Path) -> None:
    """A limit of minutes for each job, and one run at a time."""
    workflow = _read(file)
    assert {} == {name: job for name, job in workflow["jobs"].items() if not 0 < job["timeout-minutes"] <= 120}
    assert "github.workflow" in workflow["concurrency"]["group"]


@each_file
def test_actions_are_pinned(file: Path) -> None:
    """Each is pinned to a commit, which cannot move. The comment names the release."""
    used = re.findall(r"uses: *(.*)", file.read_text(encoding="utf-8"))
    assert used
    assert [] == [
        action for action in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
    ]


def test_each_action_has_one_release() -> None:
    """All files use the same one."""
    used = {action for file in FILES for action in re.findall(r"uses: *(\S+@\S+)", file.read_text(encoding="utf-8"))}
    assert len(used) == len({action.partition("@")[0] for action in used})


def test_the_matrix_covers_the_supported_pythons() -> None:
    """Every Python of the classifiers and newer ones, on Linux and on macOS."""
    matrix = _read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["python"]["strategy"]["matrix"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert classified
    assert classified == matrix["python"][: len(classified)]
    assert ["ubuntu-latest", "macos-latest"] == matrix["os"]


def test_a_release_publishes_the_tested_wheel() -> None:
    """The files that are published are those that were tested, by the uv that everything else is tested with."""
    jobs = _read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert ("build", "try") == (jobs["try"]["needs"], jobs["publish"]["needs"])
    assert "release" == jobs["publish"]["environment"]
    names = {
        step["with"]["name"] for job in jobs.values() for step in job["steps"] if "artifact@" in step.get("uses", "")
    }
    assert {"dist"} == names
    uv = pinned()["uv"]
    installed = _commands(ROOT / ".github" / "workflows" / "release.yml")
    assert [uv.version] == re.findall(r"uv==(\S+)", installed)
    assert set(re.findall(r"--hash=(\S+?)[\s']", installed)) <= uv.hashes


class Pin(NamedTuple):
    """What .ci/requirements.txt says of a package."""

    version: str
    hashes: set[str]


def pinned() -> dict[str, Pin]:
    """The packages of .ci/requirements.txt by name."""
    text = (ROOT / ".ci" / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.partition("==") for line in text.splitlines()]
    return {name: Pin(rest.split()[0], set(re.findall(r"--hash=(\S+)", rest))) for name, _, rest in lines}


def test_each_package_is_pinned_with_hashes() -> None:
    """Whatever else an index offers under that version is not installed."""
    assert {"uv", "msgspec", "pytest", "zizmor"} <= pinned().keys()
    digests = [digest for pin in pinned().values() for digest in pin.hashes or {"none"}]
    assert [] == [digest for digest in digests if not re.fullmatch("sha256:[0-9a-f]{64}", digest)]


@pytest.mark.parametrize("name", ["uv", "iniconfig"])
def test_hashes_are_required(tmp_path: Path, name: str) -> None:
    """The setup fails if a package has none; pip installs uv, and uv installs all else."""
    (tmp_path / ".ci").mkdir()
    for file in (Path(".ci", "setup.py"), Path("pyproject.toml")):
        shutil.copy(ROOT / file, tmp_path / file)
    packages = {package: pinned()[package] for package in ("uv", "iniconfig")}
    packages[name] = packages[name]._replace(hashes=set())
    lines = [
        " ".join([f"{package}=={pin.version}", *(f"--hash={digest}" for digest in pin.hashes)])
        for package, pin in packages.items()
    ]
    (tmp_path / ".ci" / "requirements.txt").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, str(tmp_path / ".ci" / "setup.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert f"{name}=={packages[name].version}" in done.stderr
    assert "hash" in done.stderr.lower()
    assert not (tmp_path / ".venv" / "complete").exists()
