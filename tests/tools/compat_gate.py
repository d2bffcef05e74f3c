"""`make compat`: if schema or vectors differ from the last release, checks that the version was raised enough.

schema/released/VERSION records a release: for each message its schema, and digests of its golden vectors.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from checkpoint_notify.compat import Bump, SchemaError, Verdict, compare, read_contract

ROOT: Final = Path(__file__).parent.parent.parent
_SCHEMA: Final = ".schema.json"
_VECTORS: Final = ".vectors.json"
_TEXTS: Final = ("message", "text")


class Message(NamedTuple):
    """The contract of one message."""

    schema: str
    vectors: dict[str, str]
    """By list and name, the digest of payload and verdict. For a refused one, the digest of its text follows."""


class Contracts(NamedTuple):
    """All messages of one version."""

    version: str
    messages: dict[str, Message]


class Difference(NamedTuple):
    """A difference from the release."""

    what: str
    bump: Bump
    """The bump that the change requires in the next release."""
    must: Bump
    """The bump that the current version must already have; none if both versions are compatible."""


def present(root: Path = ROOT) -> Contracts:
    """Read the contract of the working tree."""
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    names = sorted(folder.name for folder in (root / "fixtures").iterdir() if folder.is_dir())
    read = {name: (root / "schema" / f"{name}{_SCHEMA}").read_text(encoding="utf-8") for name in names}
    return Contracts(
        version, {name: Message(text, dict(_vectors(root / "fixtures" / name))) for name, text in read.items()}
    )


def last_release(root: Path = ROOT) -> Contracts:
    """Read the record of the newest release; raises ValueError if there is none."""
    folder = max((root / "schema" / "released").glob("*.*.*"), key=lambda folder: _numbers(folder.name), default=None)
    if folder is None:
        raise ValueError("nothing is kept in schema/released")
    messages = {}
    for file in folder.glob(f"*{_SCHEMA}"):
        name = file.name.removesuffix(_SCHEMA)
        vectors = json.loads((folder / f"{name}{_VECTORS}").read_bytes())
        messages[name] = Message(file.read_text(encoding="utf-8"), vectors)
    return Contracts(folder.name, messages)


def record(root: Path = ROOT) -> Path:
    """Record the working tree as a release; raises FileExistsError if that version is already recorded."""
    now = present(root)
    folder = root / "schema" / "released" / now.version
    folder.mkdir(parents=True)
    for name, message in now.messages.items():
        (folder / f"{name}{_SCHEMA}").write_text(message.schema, encoding="utf-8")
        (folder / f"{name}{_VECTORS}").write_text(json.dumps(message.vectors, indent=0) + "\n", encoding="utf-8")
    return folder


def differences(old: Contracts, new: Contracts) -> Iterator[Difference]:
    """Return all differences between a release and the working tree; additions alone break nothing."""
    for name, before in old.messages.items():
        after = new.messages.get(name)
        if after is None:
            yield Difference(f"{name}: the message is gone", Bump.MAJOR, Bump.MAJOR)
            continue
        yield from _in_schema(name, before.schema, after.schema)
        for vector, digests in before.vectors.items():
            found = after.vectors.get(vector, "")
            if found.split()[:1] != digests.split()[:1]:
                what = "has another payload or verdict" if found else "is gone"
                yield Difference(f"{name}: the vector {vector} {what}", Bump.MAJOR, Bump.MAJOR)
            elif found != digests:
                yield Difference(f"{name}: the vector {vector} has another error text", Bump.MINOR, Bump.MINOR)


def least_version(old: Contracts, found: list[Difference]) -> str:
    """Return the lowest valid version."""
    return max((difference.must for difference in found), default=Bump.NONE).after(old.version)


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Return the exit status: 0 only if the version was raised enough."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.compat_gate", description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep what is here as the release of its version")
    try:
        if parser.parse_args(arguments).record:
            print(f"Kept {record(root).relative_to(root)}; it is never changed once the version is released.")
            return 0
        return _check(last_release(root), present(root))
    except FileExistsError as error:
        print(f"{error.filename} is kept already; give pyproject.toml the next version", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"compat: {error}", file=sys.stderr)
    return 2


def _check(old: Contracts, new: Contracts) -> int:
    found = list(differences(old, new))
    for difference in found:
        print(f"{difference.what} [{difference.bump.name.lower()}]")
    least = least_version(old, found)
    if _numbers(new.version) < _numbers(least):
        print(f"FAILED: since {old.version} changed what needs version {least}, and pyproject.toml says {new.version}")
        return 1
    due = max((difference.bump for difference in found), default=Bump.NONE).after(old.version)
    release = f"; to be released as {due} or later" if _numbers(new.version) < _numbers(due) else ""
    print(f"ok: {new.version} against the release {old.version}: {len(found)} differences{release}")
    return 0


def _in_schema(name: str, before: str, after: str) -> Iterator[Difference]:
    try:
        comparison = compare(read_contract(before), read_contract(after))
    except SchemaError as error:
        raise ValueError(f"{name}{_SCHEMA}: {error}") from None
    for change in comparison.changes:
        stops = [f"not backward: {change.backward}"] * bool(change.backward)
        stops += [f"not forward: {change.forward}"] * bool(change.forward)
        what = "; ".join([f"{name}: {change.where}: {change.what}", *stops])
        yield Difference(what, change.bump, Bump.NONE if comparison.verdict is Verdict.FULL else change.bump)


def _vectors(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*/*.json")):
        about = json.loads(file.read_bytes())
        error = about.get("error", {})
        verdict = {"value": about.get("value"), "error": {key: error[key] for key in error if key not in _TEXTS}}
        digests = [_digest(file.with_suffix(".payload").read_bytes(), verdict)]
        if error:
            digests.append(_digest(b"", {key: error[key] for key in error if key in _TEXTS}))
        yield f"{file.parent.name}/{file.stem}", " ".join(digests)


def _digest(payload: bytes, answer: dict[str, Any]) -> str:
    """Return a digest of 64 bits, which detects accidental changes, not malicious ones."""
    return hashlib.sha256(payload + b"\0" + json.dumps(answer, sort_keys=True).encode()).hexdigest()[:16]


def _numbers(version: str) -> tuple[int, ...]:
    """Return the three numbers for comparing; a suffix such as `.dev1` does not count."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if found is None:
        raise ValueError(f"{version!r} does not begin with three numbers")
    return tuple(map(int, found.groups()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
