"""Makes .venv hold what .ci/requirements.txt names, and this package in editable form, unless it does already.

Run as `python3 .ci/setup.py` (`make setup`). Needs Python 3.11 with its venv module and nothing else. Two of them at
once are no harm: the second waits for the first.
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
    """Set up, or say in one line why that cannot be."""
    check_python()
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system drops it when this process ends, in whatever way
        found, wanted = (STAMP.read_text().splitlines() if STAMP.is_file() else []), [interpreter(), contents()]
        if found == wanted:
            return
        print("Setting up .venv", flush=True)
        STAMP.unlink(missing_ok=True)  # should this be interrupted, the next one starts anew
        set_up(anew=found[:1] != wanted[:1])
        STAMP.write_text("\n".join(wanted))


def check_python() -> None:
    """Exit unless this Python can do it."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one is to be told
        found = sys.version.split()[0]
        sys.exit(f"Python 3.11 or newer is needed; {sys.executable} is {found}. Name another one: make PYTHON=…")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit(f"{sys.executable} lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv")


def interpreter() -> str:
    """Which Python .venv is made with, and where; with another one nothing in it can be kept."""
    return f"{sys.base_prefix} {sys.version.split()[0]} {VENV}"


def contents() -> str:
    """Changes with whatever is installed into .venv."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in INPUTS)).hexdigest()


def set_up(*, anew: bool) -> None:
    """Pip for uv alone, and uv for all the rest: that is five times as fast."""
    python = str(VENV / "bin" / "python")
    if anew:
        base = str(getattr(sys, "_base_executable", sys.executable))  # this Python may be that of .venv
        run(base, "-m", "venv", "--clear", str(VENV))
        (VENV / "uv.txt").write_text(requirement("uv"))
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "-r", str(VENV / "uv.txt"))
    uv = [python, "-m", "uv", "--quiet", "pip"]
    run(*uv, "sync", "--python", python, "--require-hashes", str(REQUIREMENTS))
    # This folder has no hash, so it is a command of its own; --no-deps: it must bring nothing without one.
    run(*uv, "install", "--python", python, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def requirement(name: str) -> str:
    """What the requirements say of one package: its version and its hashes."""
    found = re.search(rf"^{name}==(?:.*\\\n)*.*", REQUIREMENTS.read_text(), re.MULTILINE)
    return found[0] if found else sys.exit(f"{REQUIREMENTS} does not name {name}; make lock")


def run(*command: str) -> None:
    """Run a command; exit where it fails, which has told its reason."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    try:
        subprocess.run(command, check=True, env=environment)
    except subprocess.CalledProcessError as error:
        sys.exit(f"setup failed (exit status {error.returncode}): {' '.join(command)}")


if __name__ == "__main__":
    main()
