"""Finds redis-py, and imports it. Not every module called redis is redis-py 5 or newer.

Whatever else has that name is told by where it lies, and never executed. All that is wrong with it is an ImportError
whose text says what was found, where, and what to do.
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
"""Modules of every redis-py, and hardly of anything else."""
_NEW_PARTS: Final = ("redis._parsers", "redis.asyncio", "redis.backoff", "redis.credentials", "redis.retry")
"""Modules that redis-py has since release 5 at the latest."""

_found: Any = None
"""The module that was found to be redis-py; it is not looked at again."""


def check() -> None:
    """Look whether redis-py is there, without importing it; raises ImportError, ModuleNotFoundError if nothing is."""
    loaded = sys.modules.get("redis", _ABSENT)
    if loaded is _found and _found is not None:
        return
    if loaded is None:
        raise ModuleNotFoundError(f"redis-py is blocked, sys.modules['redis'] is None: unblock it, or {_INSTALL}")
    _judge(_spec() if loaded is _ABSENT else _spec_of(loaded))


def load(part: Callable[[], T]) -> T:
    """Import redis-py, then what `part` imports on top of it, and return the result of `part`; raises ImportError.

    redis-py as a whole comes first: threads that import different parts of it at the same time lock each other out, and
    Python raises an error in one of them.
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
    """Import redis-py ahead of time. What is wrong with it is told by whoever needs it."""
    try:
        load(part)
    except ImportError:
        pass  # said at each publish, and by entering a listener


def _spec() -> ModuleSpec:
    try:
        spec = find_spec("redis")
    except ModuleNotFoundError:
        spec = None  # a finder that keeps others from it
    except Exception as error:  # whatever finders there are
        words = one_line(f"{type(error).__name__}: {error}")
        raise ImportError(f"the search for redis-py failed ({words}): mend that, or {_INSTALL}") from error
    if spec is None:
        raise ModuleNotFoundError(f"redis-py is not installed: {_INSTALL}", name="redis")
    return spec


def _spec_or_none() -> ModuleSpec | None:
    try:
        return find_spec("redis")
    except Exception:
        return None  # only for saying where it lies


def _spec_of(loaded: object) -> ModuleSpec:
    """The spec of a module that is imported already, which a stub has not."""
    # Not by an attribute: a module that is loaded lazily would be executed.
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
        raise ImportError(f"redis-py{_version(spec)}{_place(spec)} is older than 5.0, or not complete: {_INSTALL}")


def _other(what: str) -> str:
    return f"{what} is not redis-py, but has its name: rename it, and {_INSTALL}"


def _has(name: str, folders: Any) -> bool:
    """Whether there is such a module; unlike `find_spec`, this executes no package around it."""
    finders = (getattr(finder, "find_spec", None) for finder in sys.meta_path)
    try:
        return any(find is not None and find(name, folders) is not None for find in finders)
    except ImportError:
        return False  # a finder that keeps others from it


def _place(spec: ModuleSpec | None) -> str:
    """Where a module lies, with a space before; empty if that cannot be said."""
    if spec is None:
        return ""
    places = list(spec.submodule_search_locations or ()) or ([spec.origin] if spec.origin else [])
    return f" {one_line(places[0])}" if places else ""


def _version(spec: ModuleSpec) -> str:
    """The release, from the metadata beside the package, with a space before; empty if there are none."""
    from importlib import metadata  # only a message needs it

    folders = [str(Path(place).parent) for place in spec.submodule_search_locations or ()]
    versions = [found.version for found in metadata.distributions(name="redis", path=folders)]
    return f" {one_line(versions[0])}" if versions else ""
