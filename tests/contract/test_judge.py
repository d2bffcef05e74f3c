"""The judge is the crate as published: nothing in tests/rust may switch on what would change its answers."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any, Final

from ..support.cargo import require_cargo

CRATE: Final = Path(__file__).parent.parent / "rust"


def _tree(*arguments: str) -> str:
    """What `cargo tree` says of tests/rust."""
    require_cargo()
    command = ["cargo", "tree", "--locked", "--prefix", "none", *arguments]
    return subprocess.run(command, cwd=CRATE, check=True, capture_output=True, text=True).stdout


def test_serde_json_has_its_default_features_only() -> None:
    """`arbitrary_precision`, `float_roundtrip` and their kin would move verdicts, positions or texts."""
    tree = _tree("-e", "features", "-i", "serde_json")
    features = set(re.findall(r'^serde_json feature "([^"]+)"', tree, re.MULTILINE))
    assert {"default", "std"} >= features >= {"default"}


def test_the_crate_is_the_published_one() -> None:
    """jflow-core comes from the registry, at the version that the contract names, and only once."""
    lock: dict[str, Any] = tomllib.loads((CRATE / "Cargo.lock").read_text())
    found = [package for package in lock["package"] if package["name"] == "jflow-core"]
    assert ["0.1.0"] == [package["version"] for package in found]
    assert found[0]["source"].startswith("registry+")
    assert found[0]["checksum"]


def test_the_redis_feature_of_the_crate_is_on() -> None:
    """Without it the crate's own `publish` would send nothing, and the live tests would prove nothing."""
    assert 'jflow-core feature "redis"' in _tree("-e", "features", "-i", "jflow-core")
