"""Installs .ci/requirements.txt and this package (editable) into .venv, unless .venv is up to date.

Run it as `python3 .ci/setup.py` (`make setup`). It needs only Python 3.11 with its venv module. Two runs at the same
time are safe: the second waits for the first.
"""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "complete"
REQUIREMENTS = ROOT / ".ci" / "requirements.txt"
INPUTS = [REQUIREMENTS, ROOT / "pyproject.toml", Path(__file__)]


def main() -> None:
    """Set up .venv, or exit with one line that says why not."""
    check_python()
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system releases the lock when this process ends
        found, wanted = (STAMP.read_text().splitlines() if STAMP.is_file() else []), [interpreter(), contents()]
        if found == wanted:
            return
        print("Setting up .venv", flush=True)
        STAMP.unlink(missing_ok=True)  # after an interruption, the next run starts again
        set_up(anew=found[:1] != wanted[:1])
        STAMP.write_text("\n".join(wanted))


def check_python() -> None:
    """Exit if this Python is too old or has no venv module."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this script may run on an older Python
        found = sys.version.split()[0]
        sys.exit(f"Python 3.11 or newer is needed; {sys.executable} is {found}. Name another one: make PYTHON=…")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit(f"{sys.executable} lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv")


def interpreter() -> str:
    """Return the Python that .venv uses, and its place; if either changes, .venv must be made again."""
    return f"{sys.base_prefix} {sys.version.split()[0]} {VENV}"


def contents() -> str:
    """Return a digest of all files that determine the content of .venv."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in INPUTS)).hexdigest()


def set_up(*, anew: bool) -> None:
    """Install uv with pip, and everything else with uv, which is five times as fast."""
    python = str(VENV / "bin" / "python")
    if anew:
        base = str(getattr(sys, "_base_executable", sys.executable))  # sys.executable may be in .venv
        run(base, "-m", "venv", "--clear", str(VENV))
        (VENV / "uv.txt").write_text(requirement("uv"))
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "-r", str(VENV / "uv.txt"))
    uv = [python, "-m", "uv", "--quiet", "pip"]
    run(*uv, "sync", "--python", python, "--require-hashes", str(REQUIREMENTS))
    # This folder has no hash, so it needs its own command. --no-deps: it must not install anything without a hash.
    run(*uv, "install", "--python", python, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def requirement(name: str) -> str:
    """Return the lines of the requirements for one package: its version and its hashes."""
    found = re.search(rf"^{name}==(?:.*\\\n)*.*", REQUIREMENTS.read_text(), re.MULTILINE)
    return found[0] if found else sys.exit(f"{REQUIREMENTS} does not name {name}; run make lock")


def run(*command: str) -> None:
    """Run a command; if it fails, exit: it has printed its reason."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    try:
        subprocess.run(command, check=True, env=environment)
    except subprocess.CalledProcessError as error:
        sys.exit(f"setup failed (exit status {error.returncode}): {' '.join(command)}")


if __name__ == "__main__":
    main()
