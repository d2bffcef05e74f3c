"""docs/api.md names everything that is public, and the page built from it shows signatures, fields and defaults."""

from __future__ import annotations

import dataclasses
import enum
import html
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from ..support.docs import DOCS, ROOT

MODULES: Final = [
    "checkpoint_notify",
    *(
        f"checkpoint_notify.{name}"
        for name in (
            "asyncio",
            "codec",
            "compat",
            "conformance",
            "errors",
            "redis_url",
            "resources",
            "testing",
            "testing.asyncio",
        )
    ),
]
PACKAGE: Final = ROOT / "python" / "checkpoint_notify"
DIRECTIVES: Final = re.findall(r"^::: (\S+)$", (DOCS / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
ENTERED: Final = ("__enter__", "__exit__", "__iter__", "__next__", "__aenter__", "__aexit__", "__aiter__", "__anext__")


def public(module: str) -> dict[str, Any]:
    """Return the public names of a module and their values."""
    imported = importlib.import_module(module)
    return {name: getattr(imported, name) for name in imported.__all__}


def entries(name: str, value: object) -> list[str]:
    """Return the directives of the page for this value under this name."""
    return [path for path in DIRECTIVES if path.endswith(f".{name}") and pkgutil.resolve_name(path) is value]


@pytest.mark.parametrize("module", MODULES)
def test_each_public_name_has_its_entry(module: str) -> None:
    """A name has one entry, also if several modules export it. A submodule of the same name does not count."""
    found = {name: len(entries(name, value)) for name, value in public(module).items()}
    assert dict.fromkeys(found, 1) == found


def test_each_module_with_public_names_is_listed() -> None:
    """A module that has `__all__`, and no private part in its name, is compared with the page."""
    package = importlib.import_module("checkpoint_notify")
    found = {module.name for module in pkgutil.iter_modules(package.__path__, "checkpoint_notify.")}
    exported = {name for name in found if not name.rpartition(".")[2].startswith("_")} - {"checkpoint_notify.cli"}
    assert exported <= set(MODULES)


def test_the_package_does_not_import_the_codec() -> None:
    """`codec` exports `codec_for`, and the package itself still does not import msgspec."""
    code = "import sys, checkpoint_notify; assert 'msgspec' not in sys.modules"
    code += "; from checkpoint_notify.codec import codec_for; assert 'msgspec' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def sections(site: Path) -> dict[str, str]:
    """The text of each entry of the built page by its anchor, up to the next heading."""
    page = (site / "api" / "index.html").read_text(encoding="utf-8").partition("</article>")[0]
    parts = re.split(r'<h[1-6] id="([^"]+)"', page)
    return {
        anchor: " ".join(html.unescape(re.sub(r"<[^>]*>", "", text.partition(">")[2])).split())
        for anchor, text in zip(parts[1::2], parts[2::2], strict=True)
    }


CLASSES: Final = [path for path in DIRECTIVES if isinstance(pkgutil.resolve_name(path), type)]


def members(cls: type) -> set[str]:
    """Return what a user of the class may name: fields, enum members, properties, methods, and annotated attributes."""
    if issubclass(cls, enum.Enum):
        return {*cls.__members__}
    own = [base for base in cls.__mro__ if base.__module__.startswith("checkpoint_notify")]
    names = {name for base in own for name in (*vars(base), *inspect.get_annotations(base))}
    names -= {name for name in names if name.startswith("_") and name not in ENTERED}
    return names - ({"__iter__"} if issubclass(cls, tuple) else set())


def defaults(cls: Any) -> dict[str, object]:
    """Return the fields of a dataclass or a named tuple that have a default."""
    if not dataclasses.is_dataclass(cls):
        return getattr(cls, "_field_defaults", {})
    fields = dataclasses.fields(cls)
    made = {field.name: field.default_factory() for field in fields if callable(field.default_factory)}
    return made | {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}


@pytest.mark.parametrize("path", CLASSES)
def test_a_class_shows_its_members_and_defaults(path: str, sections: dict[str, str]) -> None:
    """Each member has an entry of its own, whether it has a docstring or not; a field shows its real default."""
    cls = pkgutil.resolve_name(path)
    assert set() == {name for name in members(cls) if f"{path}.{name}" not in sections}
    for name, value in defaults(cls).items():
        shown = f"{type(value).__name__}.{value.name}" if isinstance(value, enum.Enum) else repr(value)
        assert f" = {shown}" in sections[f"{path}.{name}"]


def constructed(path: str) -> bool:
    """Whether a class has a constructor of this package; the other exceptions have that of Python."""
    cls = pkgutil.resolve_name(path)
    own = [base for base in cls.__mro__ if base.__module__.startswith("checkpoint_notify")]
    has_own = any("__init__" in vars(base) or "_fields" in vars(base) for base in own)
    return has_own and not issubclass(cls, enum.Enum)


@pytest.mark.parametrize("path", [path for path in CLASSES if constructed(path)])
def test_a_class_shows_its_constructor(path: str, sections: dict[str, str]) -> None:
    """Every parameter is in its signature; a star stands before those that are keyword-only."""
    name = path.rpartition(".")[2]
    signature = re.search(rf"{name}\((.*?)\)(?: [A-Z]|$)", sections[path].partition("¶")[2])
    assert signature is not None
    for parameter in inspect.signature(pkgutil.resolve_name(path)).parameters.values():
        keyword = r"(?:^|.*, ?|\s)\*, .*" if parameter.kind is parameter.KEYWORD_ONLY else ".*"
        assert re.search(rf"{keyword}\b{parameter.name}\b: ", " " + signature[1]), (parameter, signature[1])


@pytest.mark.parametrize("path", [path for path in DIRECTIVES if path not in CLASSES])
def test_a_function_or_a_type_alias_is_shown_and_explained(path: str, sections: dict[str, str]) -> None:
    """A function shows its parameters and result; a type alias shows what it stands for. A text follows."""
    name, text = path.rpartition(".")[2], sections[path].partition("¶")[2]
    value = pkgutil.resolve_name(path)
    shown = f"{name}(" if inspect.isfunction(value) else f"{name}: TypeAlias = "
    assert text.strip().startswith(shown)
    assert re.search(r"\w\.(?: |$)", text), text


def test_each_type_alias_in_a_signature_is_explained(site: Path, sections: dict[str, str]) -> None:
    """An alias of this package that a signature names has an entry, whether a module exports it or not."""
    page = (site / "api" / "index.html").read_text(encoding="utf-8")
    shown = " ".join(re.sub(r"<[^>]*>", "", text) for text in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL))
    sources = "".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    named = {
        name for name in re.findall(r"^(\w+): TypeAlias", sources, re.MULTILINE) if re.search(rf"\b{name}\b", shown)
    }
    assert {"U64", "Payload", "Reason"} <= named
    assert set() == named - {anchor.rpartition(".")[2] for anchor in sections}


def test_the_entries_that_people_look_up_first(sections: dict[str, str]) -> None:
    """Stated in full, as a check of the tests above."""
    assert "notification: CheckpointNotification" in sections["checkpoint_notify.Received.notification"]
    assert "raw: bytes" in sections["checkpoint_notify.Received.raw"]
    assert "ping_interval: float = 10.0" in sections["checkpoint_notify.CheckpointListenerConfig.ping_interval"]
    assert "ping_interval: float = 10.0" in sections["checkpoint_notify.CheckpointListenerConfig"]
    assert (
        "redis_url: str = 'redis://localhost:6379'" in sections["checkpoint_notify.CheckpointNotifierConfig.redis_url"]
    )
    strategy = sections["checkpoint_notify.testing.refused_payloads"]
    assert "refused_payloads() -> SearchStrategy[RefusedPayload]" in strategy
