"""Judges another revision of the Rust crate by the contract: `tests/rust/against.py FOLDER [ARGUMENTS OF CARGO TEST]`.

Runs this judge's tests with `jflow-core` taken from that folder, whatever the crate is called there. Nothing is copied
into its tree: the judge is built in `tests/rust/target`, or in CARGO_TARGET_DIR, with the dependencies of
`tests/rust/Cargo.lock` where the crate allows them. With `--newest` for the folder, the crate is the newest published
one, and all dependencies are the newest that it allows. Needs Python 3.11 and cargo. Exit status 0: the crate keeps the
contract; 1: the compiler or a test says where it does not; 2: nothing was judged, since there is no crate, or no cargo
that works.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

JUDGE = Path(__file__).resolve().parent
ROOT = JUDGE.parent.parent
TESTS = ("contract", "schema")
"""What is tested of the crate; the judge itself is tested where it lives."""


def main() -> int:
    """Judge the crate that the command line names."""
    if len(sys.argv) < 2:
        print(f"usage: {sys.argv[0]} FOLDER|--newest [ARGUMENTS OF CARGO TEST]", file=sys.stderr)
        return 2
    try:
        crate, dependency = newest() if sys.argv[1] == "--newest" else checkout(Path(sys.argv[1]).resolve())
        manifest = lay_out(dependency, locked=sys.argv[1] != "--newest")
        resolve(manifest)
    except (OSError, ValueError) as error:
        print(f"{sys.argv[1]} was not judged: {error}", file=sys.stderr)
        return 2
    kept = cargo_test(manifest, sys.argv[2:]) == 0
    print(f"{crate} {'keeps' if kept else 'DOES NOT KEEP'} the contract.", flush=True)
    return 0 if kept else 1


def newest() -> tuple[str, str]:
    """What to call the newest published crate, and how a manifest names it."""
    return "The newest jflow-core", '"*"'


def checkout(core: Path) -> tuple[str, str]:
    """The same for the crate in a folder; ValueError where the folder holds none."""
    package = tomllib.loads((core / "Cargo.toml").read_text(encoding="utf-8")).get("package", {})
    if "name" not in package:
        raise ValueError("its Cargo.toml names no [package]; name the folder of the crate, not that of its workspace")
    name = str(package["name"])
    return f"The crate {name} in {core}", f"{{ path = {json.dumps(str(core))}, package = {json.dumps(name)} }}"


def lay_out(dependency: str, *, locked: bool) -> Path:
    """The manifest of a judge of this crate, in a folder of its own that refers to the sources, vectors and schema."""
    root = target_folder() / "against" / hashlib.sha256(os.fsencode(dependency)).hexdigest()[:16]
    package = root / "tests" / "rust"
    package.mkdir(parents=True, exist_ok=True)
    for link, source in {
        **{root / part: ROOT / part for part in ("fixtures", "schema")},
        **{package / part: JUDGE / part for part in ("src", "tests", "vectors")},
    }.items():
        link.unlink(missing_ok=True)
        link.symlink_to(source)
    (package / "Cargo.lock").unlink(missing_ok=True)
    if locked:
        shutil.copy(JUDGE / "Cargo.lock", package)
    manifest = package / "Cargo.toml"
    manifest.write_text(manifest_for(dependency), encoding="utf-8")
    return manifest


def manifest_for(dependency: str) -> str:
    """The judge's own manifest, but for where the crate comes from."""
    lines = (JUDGE / "Cargo.toml").read_text(encoding="utf-8").splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("jflow-core = ")]
    lines[at] = f"jflow-core = {dependency}"
    # Programs would take the places of those that were built with the published crate.
    lines.insert(lines.index("[package]") + 1, "autobins = false")
    return "\n".join([*lines, "", "[workspace] # of its own, in whatever workspace this folder lies", ""])


def target_folder() -> Path:
    """Where cargo builds: one folder for all crates, so that only the crate and the judge are built anew."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or JUDGE / "target").resolve()


def resolve(manifest: Path) -> None:
    """Get all that the judge is built of; OSError without cargo, and ValueError where it fails."""
    command = ["cargo", "metadata", "--format-version", "1", "--manifest-path", str(manifest)]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode != 0:
        raise ValueError("cargo does not get so far as to build it")


def cargo_test(manifest: Path, arguments: list[str]) -> int:
    """Cargo's exit status."""
    tests = [word for test in TESTS for word in ("--test", test)]
    command = ["cargo", "test", "--no-fail-fast", "--manifest-path", str(manifest), *tests, *arguments]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target_folder())}
    return subprocess.run(command, check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
