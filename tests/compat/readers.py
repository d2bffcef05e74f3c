"""Programs that read a message of any schema: this package's codec, and structs compiled with the real serde."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from checkpoint_notify import DecodeError
from checkpoint_notify._bounds import IntRange
from checkpoint_notify.codec.codec import codec_for
from checkpoint_notify.compat import Contract
from checkpoint_notify.compat.wire_types import Enum, Struct, StructField

from ..support.crate_copy import JUDGE

Read: TypeAlias = dict[str, Any] | None
"""The fields that were read; None where the payload is refused."""

_TYPES: Final[dict[str, Any]] = {
    "String": str,
    "HashMap<String, String>": dict[str, str],
    "u64": Annotated[int, IntRange(0, 2**64 - 1)],
}


def codec_knows(contract: Contract) -> bool:
    """The codec has no other integers than u64, and never refuses an unknown field."""
    return not contract.root.closed and all(field.type.rust in _TYPES for field in contract.root.fields)


def dataclass_for(contract: Contract) -> type:
    """The class that the generator makes of the schema, but for the words."""
    fields = [(field.name, _TYPES[field.type.rust], _default(field)) for field in contract.root.fields]
    return dataclasses.make_dataclass(contract.root.rust, fields, frozen=True, kw_only=True, slots=True)


def _default(field: StructField) -> Any:
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

    def __init__(self, contracts: Iterable[Contract], name: str) -> None:
        self._structs: Final = {structs: index for index, structs in enumerate(dict.fromkeys(map(_structs, contracts)))}
        self._program: Final = _build(_source(self._structs), name)

    def read(self, payloads: Iterable[tuple[Contract, str]]) -> list[tuple[Read, str]]:
        """For each payload what the struct reads, and what it then writes (or the error)."""
        asked, last, index = [], None, 0
        for contract, payload in payloads:
            if contract is not last:
                last, index = contract, self._structs[_structs(contract)]
            asked.append(json.dumps([index, payload]))
        done = subprocess.run(
            [self._program], input="\n".join(asked), capture_output=True, encoding="utf-8", check=True
        )
        answers = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
        assert len(asked) == len(answers)
        return [(None if refused else json.loads(text), text) for refused, text in answers]


_MANIFEST: Final = """
[package]
name = "NAME"
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


def _source(modules: Mapping[str, int]) -> str:
    readers = ", ".join(f"read::<m{index}::Message>" for index in modules.values())
    lines = [f"pub mod m{index} {{\n{structs}\n}}" for structs, index in modules.items()]
    return "\n".join([*lines, f"static READERS: [fn(&str) -> (bool, String); {len(modules)}] = [{readers}];", _MAIN])


def _structs(contract: Contract) -> str:
    """The Rust code of a message and of all types in it."""
    types = [kind for kind in contract.types.values() if isinstance(kind, Struct | Enum)]
    lines = [
        "#[allow(unused_imports)] use std::collections::HashMap;",
        f"pub type Message = {contract.root.rust};",
        *(_struct(kind) if isinstance(kind, Struct) else _enum(kind) for kind in [contract.root, *types]),
    ]
    return "\n".join(lines)


def _enum(enum: Enum) -> str:
    variants = [f"#[serde(rename = {_rust_string(name)})] V{index}," for index, name in enumerate(enum.variants)]
    return "\n".join([f"{_DERIVE} pub enum {enum.rust} {{", *variants, "}"])


def _struct(struct: Struct) -> str:
    closed = "#[serde(deny_unknown_fields)]" * struct.closed
    fields = [f"{_attributes(struct, field)} pub {field.name}: {field.type.rust}," for field in struct.fields]
    defaults = [_default_function(struct, field) for field in struct.fields if _has_default(field)]
    return "\n".join([f"{_DERIVE} {closed} pub struct {struct.rust} {{", *fields, "}", *defaults])


_DERIVE: Final = "#[derive(serde::Serialize, serde::Deserialize)]"


def _has_default(field: StructField) -> bool:
    return not field.required and "default" not in field.serde


def _attributes(struct: Struct, field: StructField) -> str:
    skip = '#[serde(skip_serializing_if = "Option::is_none")]' * ("skip_serializing_if" in field.serde)
    return skip + f'#[serde(default = "{struct.rust}_{field.name}")]' * _has_default(field)


def _default_function(struct: Struct, field: StructField) -> str:
    value = f"serde_json::from_str({_rust_string(json.dumps(field.default))}).unwrap()"
    return f"#[allow(non_snake_case)] fn {struct.rust}_{field.name}() -> {field.type.rust} {{ {value} }}"


def _rust_string(text: str) -> str:
    assert '"#' not in text
    return f'r#"{text}"#'


def _build(source: str, name: str) -> Path:
    """The program; the folder lies in tests/rust/target, so that it is built once, and anew only where it changed."""
    home = JUDGE / "target" / "compat"
    folder = home / name
    (folder / "src").mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _write(folder / "locked", (JUDGE / "Cargo.lock").read_text(encoding="utf-8")):
            shutil.copyfile(folder / "locked", folder / "Cargo.lock")  # cargo drops what this crate does not use
        _write(folder / "Cargo.toml", _MANIFEST.replace("NAME", name))
        _write(folder / "src" / "main.rs", source)
        environment = os.environ | {"CARGO_TARGET_DIR": str(home / "target")}
        done = subprocess.run(
            ["cargo", "build", "--quiet"], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert 0 == done.returncode, done.stderr
    return home / "target" / "debug" / name


def _write(file: Path, text: str) -> bool:
    """Whether the file had to be written, by whose time cargo sees what is new."""
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    file.write_text(text, encoding="utf-8")
    return True
