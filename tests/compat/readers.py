"""Programs that read a message of any schema: this package's codec, and structs compiled with the real serde."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from checkpoint_notify import DecodeError
from checkpoint_notify._bounds import IntRange
from checkpoint_notify.codec.codec import codec_for
from checkpoint_notify.compat import Contract, ContractField
from checkpoint_notify.compat.kind import INTEGERS, STRING, ContractKind, map_of

from ..support.crate_copy import JUDGE

Read: TypeAlias = dict[str, Any] | None
"""The fields that were read; None where the payload is refused."""

U64: Final = (0, 2**64 - 1)

_TYPES: Final[dict[ContractKind, Any]] = {
    STRING: str,
    map_of(STRING): dict[str, str],
    INTEGERS[U64]: Annotated[int, IntRange(*U64)],
}


def codec_knows(contract: Contract) -> bool:
    """The codec has no other integers than u64, and never refuses an unknown field."""
    return not contract.closed and all(field.kind in _TYPES for field in contract.fields)


def dataclass_for(contract: Contract) -> type:
    """The class that the generator makes of the schema, but for the words."""
    fields = [(field.name, _TYPES[field.kind], _default(field)) for field in contract.fields]
    return dataclasses.make_dataclass(contract.name, fields, frozen=True, kw_only=True, slots=True)


def _default(field: ContractField) -> Any:
    if field.required:
        return dataclasses.field()
    if isinstance(field.default, dict):
        return dataclasses.field(default_factory=lambda: dict(field.default))
    return dataclasses.field(default=field.default)


def codec_reader(contract: Contract) -> Callable[[str], Read]:
    """Reads as a Python program with this schema does."""
    message = dataclass_for(contract)
    decode: Callable[[str], Any] = codec_for(message, message).decode

    def read(payload: str) -> Read:
        try:
            return dataclasses.asdict(decode(payload))
        except DecodeError:
            return None

    return read


class SerdeReaders:
    """A Rust program with one struct for each schema, built with the serde of tests/rust/Cargo.lock."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self._contracts = [found for index, found in enumerate(contracts) if found not in contracts[:index]]
        self._program = _build(_source(self._contracts))

    def read(self, payloads: Iterable[tuple[Contract, str]]) -> list[tuple[Read, str]]:
        """For each payload what the struct reads, and what it then writes (or the error)."""
        asked = [json.dumps([self._contracts.index(contract), payload]) for contract, payload in payloads]
        done = subprocess.run(
            [self._program], input="\n".join(asked), capture_output=True, encoding="utf-8", check=True
        )
        answers = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
        assert len(asked) == len(answers)
        return [(None if refused else json.loads(text), text) for refused, text in answers]


_MANIFEST: Final = """
[package]
name = "structs"
version = "0.0.0"
edition = "2024"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = "1"

[profile.dev]
debug = false

[workspace]
"""

_MAIN: Final = """
fn read<T: serde::Serialize + serde::de::DeserializeOwned>(payload: &str) -> (bool, String) {
    match serde_json::from_str::<T>(payload) {
        Ok(value) => (false, serde_json::to_string(&value).unwrap()),
        Err(error) => (true, error.to_string()),
    }
}

fn main() {
    for line in std::io::stdin().lines() {
        let (index, payload): (usize, String) = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{}", serde_json::to_string(&READERS[index](&payload)).unwrap());
    }
}
"""


def _source(contracts: Sequence[Contract]) -> str:
    modules = [_module(contract, index) for index, contract in enumerate(contracts)]
    names = [f"read::<m{index}::{contract.name}>" for index, contract in enumerate(contracts)]
    readers = f"static READERS: [fn(&str) -> (bool, String); {len(names)}] = [{', '.join(names)}];"
    return "\n".join([*modules, readers, _MAIN])


def _module(contract: Contract, index: int) -> str:
    closed = "#[serde(deny_unknown_fields)]" * contract.closed
    fields = [_serde_default(field) + f"pub {field.name}: {field.kind.rust}," for field in contract.fields]
    defaults = [_default_function(field) for field in contract.fields if not field.required]
    lines = [
        f"pub mod m{index} {{",
        "#[allow(unused_imports)] use std::collections::HashMap;",
        f"#[derive(serde::Serialize, serde::Deserialize)] {closed}",
        f"pub struct {contract.name} {{",
        *fields,
        "}",
        *defaults,
        "}",
    ]
    return "\n".join(lines)


def _serde_default(field: ContractField) -> str:
    return "" if field.required else f'#[serde(default = "{field.name}")] '


def _default_function(field: ContractField) -> str:
    value = f"serde_json::from_str({_rust_string(json.dumps(field.default))}).unwrap()"
    return f"fn {field.name}() -> {field.kind.rust} {{ {value} }}"


def _rust_string(text: str) -> str:
    assert '"#' not in text
    return f'r#"{text}"#'


def _build(source: str) -> Path:
    """The program; the folder lies in tests/rust/target, so that it is built once, and anew only where it changed."""
    folder = JUDGE / "target" / "compat"
    (folder / "src").mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _write(folder / "locked", (JUDGE / "Cargo.lock").read_text(encoding="utf-8")):
            shutil.copyfile(folder / "locked", folder / "Cargo.lock")  # cargo drops what this crate does not use
        _write(folder / "Cargo.toml", _MANIFEST)
        _write(folder / "src" / "main.rs", source)
        environment = os.environ | {"CARGO_TARGET_DIR": str(folder / "target")}
        done = subprocess.run(
            ["cargo", "build", "--quiet"], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert 0 == done.returncode, done.stderr
    return folder / "target" / "debug" / "structs"


def _write(file: Path, text: str) -> bool:
    """Whether the file had to be written, by whose time cargo sees what is new."""
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    file.write_text(text, encoding="utf-8")
    return True
