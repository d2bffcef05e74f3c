"""Finds redis-py and imports it. A module named `redis` may be something else, or a redis-py older than 5.0.

The check looks at the module's files and does not execute them. If the check fails, the ImportError says what was
found, where it is, and what to do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

from checkpoint_notify._redaction import one_line

T = TypeVar("T")

_INSTALL: Final = "run pip install '.[redis]' in a clone of the repository"
_ABSENT: Final = object()
_PARTS: Final = ("redis.connection", "redis.exceptions")
"""Modules that every redis-py has, and that another package with this name is unlikely to have."""
_NEW_PARTS: Final = ("redis._parsers", "redis.asyncio", "redis.backoff", "redis.credentials", "redis.retry")
"""Modules that redis-py 5.0 and every later release has."""

_found: Any = None
"""The module, once `load` has imported redis-py; `check` does not examine it again."""


def check() -> None:
    """Check that redis-py can be used, without importing it.

    Raises ModuleNotFoundError if there is no module `redis`, and ImportError if it is not redis-py 5.0 or newer.
    """
    loaded = sys.modules.get("redis", _ABSENT)
    if loaded is _found and _found is not None:
        return
    if loaded is None:
        raise ModuleNotFoundError(f"redis-py is blocked, sys.modules['redis'] is None: unblock it, or {_INSTALL}")
    _judge(_spec() if loaded is _ABSENT else _spec_of(loaded))


def load(part: Callable[[], T]) -> T:
    """Import redis-py, call `part`, which imports modules that need it, and return the result; raises ImportError.

    The whole of redis-py is imported first. If threads import different parts of it at the same time, the import locks
    deadlock, and Python raises an error in one of the threads.
    """
    global _found
    check()
    try:
        import redis

        result = part()
    except Exception as error:
        where = _place(_spec_or_none())
        raise ImportError(
            f"redis-py{where} cannot be imported ({type(error).__name__}: {one_line(str(error))}):"
            f" mend that, or {_INSTALL}"
        ) from error
    _found = redis
    return result


def preload(part: Callable[[], object]) -> None:
    """Import redis-py ahead of time, and ignore an ImportError: each later use reports it."""
    try:
        load(part)
    except ImportError:
        pass  # each publish logs it, and entering a listener raises it


def _spec() -> ModuleSpec:
    try:
        spec = find_spec("redis")
    except ModuleNotFoundError:
        spec = None  # a finder on sys.meta_path blocks the module
    except Exception as error:  # a finder of another package may raise anything
        words = one_line(f"{type(error).__name__}: {error}")
        raise ImportError(f"the search for redis-py failed ({words}): mend that, or {_INSTALL}") from error
    if spec is None:
        raise ModuleNotFoundError(f"redis-py is not installed: {_INSTALL}", name="redis")
    return spec


def _spec_or_none() -> ModuleSpec | None:
    try:
        return find_spec("redis")
    except Exception:
        return None  # the spec serves only to name the place in a message


def _spec_of(loaded: object) -> ModuleSpec:
    """Return the spec of a module that is already imported; raises ImportError if it has none, as a stub."""
    # Read `__dict__` directly: reading an attribute would execute a module that is loaded lazily.
    known = ModuleType.__getattribute__(loaded, "__dict__") if isinstance(loaded, ModuleType) else {}
    spec = known.get("__spec__")
    if isinstance(spec, ModuleSpec):
        return spec
    file = known.get("__file__")
    where = f" from {one_line(str(file))}" if file else ""
    raise ImportError(
        f"sys.modules['redis'] is not redis-py, but a stand-in{where} of type {type(loaded).__name__}:"
        f" remove it, or {_INSTALL}"
    )


def _judge(spec: ModuleSpec) -> None:
    folders = spec.submodule_search_locations
    if folders is None:
        raise ImportError(_other(f"the module{_place(spec)}"))
    missing = [part for part in (*_PARTS, *_NEW_PARTS) if not _has(part, folders)]
    if spec.origin is None or spec.loader is None or set(missing) & set(_PARTS):
        raise ImportError(_other(f"the folder{_place(spec)}"))
    if missing:
        raise ImportError(f"redis-py{_version(spec)}{_place(spec)} is older than 5.0 or incomplete: {_INSTALL}")


def _other(what: str) -> str:
    return f"{what} is not redis-py, but has its name: rename it, and {_INSTALL}"


def _has(name: str, folders: Any) -> bool:
    """Return whether a finder finds this module; unlike `find_spec`, this does not execute the parent package."""
    finders = (getattr(finder, "find_spec", None) for finder in sys.meta_path)
    try:
        return any(find is not None and find(name, folders) is not None for find in finders)
    except ImportError:
        return False  # a finder on sys.meta_path blocks the module


def _place(spec: ModuleSpec | None) -> str:
    """Return the path of a module with a leading space; empty if it is unknown."""
    if spec is None:
        return ""
    places = list(spec.submodule_search_locations or ()) or ([spec.origin] if spec.origin else [])
    return f" {one_line(places[0])}" if places else ""


def _version(spec: ModuleSpec) -> str:
    """Return the release from the package's metadata, with a leading space; empty if there is none."""
    from importlib import metadata  # imported late: only this error message needs it

    folders = [str(Path(place).parent) for place in spec.submodule_search_locations or ()]
    versions = [found.version for found in metadata.distributions(name="redis", path=folders)]
    return f" {one_line(versions[0])}" if versions else ""
