"""Runs pytest in temporary environments: with the lowest versions, on each Python found, or with a built wheel.

`matrix.py lowest` (`make test-lowest`) installs the lowest allowed version of each dependency, extras included. Other
packages, which only the tests need, have the versions of .ci/requirements.txt. `matrix.py pythons` (`make test-matrix`)
installs the versions of .ci/requirements.txt on each Python that the classifiers name. It reports a Python that this
machine lacks as not found, which is not a failure. `matrix.py wheel FILE` tests the package in that file, and not the
one in this folder. Run it with the Python of .venv, which has uv. pytest gets all further arguments.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
REQUIREMENTS = ROOT / ".ci" / "requirements.txt"
UV = (sys.executable, "-m", "uv", "--no-config", "--quiet", "pip")
ENVIRONMENT = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
PYTEST = ("-m", "pytest", "-n", "4", "--dist", "worksteal", "-p", "no:cacheprovider")


def main() -> int:
    """Run one mode and print the results; return 1 if a run failed or there was none."""
    mode, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    this = Path(str(getattr(sys, "_base_executable", sys.executable)))  # sys.executable is in .venv
    if mode == "lowest":
        results = {f"lowest versions, Python {version_of(this)}": try_on(this, arguments, lowest=True)}
    elif mode == "wheel" and arguments:
        file, *arguments = arguments
        results = {f"{Path(file).name}, Python {version_of(this)}": try_on(this, arguments, wheel=Path(file).resolve())}
    elif mode == "pythons":
        found = {version: python_of(version) for version in supported()}
        results = {
            f"Python {version_of(python) if python else version}": try_on(python, arguments) if python else "not found"
            for version, python in found.items()
        }
    else:
        sys.exit(f"usage: {sys.argv[0]} lowest|pythons|wheel FILE [ARGUMENTS OF PYTEST]")
    print("", *(f"{name}: {result}" for name, result in results.items()), sep="\n")
    ran = [result for result in results.values() if result != "not found"]
    return 0 if ran and all(result.startswith("passed") for result in ran) else 1


def supported() -> list[str]:
    """Return the Python versions of the classifiers, such as `3.11`."""
    classifiers = tomllib.loads(PYPROJECT.read_text())["project"]["classifiers"]
    return re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers))


def python_of(version: str) -> Path | None:
    """Find a Python of this version on the search path or in pyenv's folder; pyenv's shims hide versions not chosen."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    folders += sorted(folder / "bin" for folder in pyenv.glob(f"{version}.*"))
    pythons = [folder / f"python{version}" for folder in folders]
    return next((python for python in pythons if version_of(python).startswith(f"{version}.")), None)


def version_of(python: Path) -> str:
    """Return its version, such as `3.11.7`; empty if it does not run or has no venv module."""
    code = "import platform, venv; print(platform.python_version())"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def try_on(python: Path, arguments: Sequence[str], *, lowest: bool = False, wheel: Path | None = None) -> str:
    """Run pytest in a temporary environment; return `passed in …` or what failed."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "venv" / "bin" / "python"
        run(sys.executable, "-m", "uv", "--quiet", "venv", "--python", str(python), str(scratch.parent.parent))
        overrides = lowest_versions(Path(folder), scratch) if lowest else ()
        locked = ("--require-hashes", "--requirements", str(REQUIREMENTS))
        run(*UV, "install", "--python", str(scratch), *locked, *overrides)
        package = [str(wheel)] if wheel else ["--editable", str(ROOT)]
        run(*UV, "install", "--python", str(scratch), "--no-deps", *package)
        environment = ENVIRONMENT | ({"WHEEL": str(wheel)} if wheel else {})
        status = subprocess.run([scratch, *PYTEST, *arguments], cwd=ROOT, env=environment, check=False).returncode
    return f"{'failed' if status else 'passed'} in {time.monotonic() - start:.0f} s (pytest's exit status {status})"


def lowest_versions(folder: Path, python: Path) -> tuple[str, str]:
    """The option by which uv takes the lowest versions that this package allows instead of those it is asked for."""
    file = folder / "lowest.txt"
    lowest = ("--resolution", "lowest-direct", "--no-deps", "--all-extras", "--generate-hashes")
    output = ("--no-header", "--no-annotate", "--output-file", str(file))
    run(*UV, "compile", "--python", str(python), *lowest, *output, str(PYPROJECT))
    print(f"lowest versions: {', '.join(re.findall(r'^[^ ]+==[^ ]+', file.read_text(), re.MULTILINE))}", flush=True)
    return ("--overrides", str(file))


def run(*command: str) -> None:
    """Run a command; if it fails, exit: it has printed its reason."""
    try:
        subprocess.run(command, check=True, env=ENVIRONMENT)
    except subprocess.CalledProcessError as error:
        sys.exit(f"failed (exit status {error.returncode}): {' '.join(command)}")


if __name__ == "__main__":
    sys.exit(main())
