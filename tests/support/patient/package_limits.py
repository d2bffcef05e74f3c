"""Moves the package's time limits out of the way, so that no test fails because the machine is slow.

Importing this sets the limits that are asked for in the environment: none at first. `sitecustomize`, beside this,
imports it in every Python that a test starts. tests/conftest.py sets the limits that a test with the marker
`time_limits` asks for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Final

FOLDER: Final = str(Path(__file__).parent)
PACKAGE: Final = "checkpoint_notify"
CONSTANTS: Final = ("CONNECT_SECONDS", "REPLY_SECONDS", "LISTEN_SECONDS", "BAR_SECONDS")
"""Limits that no setting changes, in whatever modules of the package they are bound."""
DEFAULTS: Final = ("connect_timeout", "ping_timeout")
"""Settings of the listener whose defaults are limits."""
NAMES: Final = (*CONSTANTS, *DEFAULTS)
PATIENT_SECONDS: Final = 60.0
VARIABLE: Final = "CHECKPOINT_NOTIFY_TESTS_LIMITS"
"""Tells the programs that are started which limits are others: a JSON object, in which null stands for the real one."""

_real: Final[dict[str, float]] = {}
"""The package's own values, as far as they were met."""


def set_limits(limits: Mapping[str, float | None]) -> None:
    """Set the limits with these names, and all others out of the way, here and in every Python that is started here."""
    assert limits.keys() <= set(NAMES), limits
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join([FOLDER, *(path for path in paths if path not in ("", FOLDER))])
    os.environ[VARIABLE] = json.dumps(dict(limits))
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == PACKAGE:
            _set_in(module)


def _set_in(module: ModuleType) -> None:
    names = vars(module)
    _set(names, CONSTANTS)
    if "CheckpointListenerConfig" in names:
        _set(names["CheckpointListenerConfig"].__init__.__kwdefaults__, DEFAULTS)


def _set(values: dict[str, Any], names: Sequence[str]) -> None:
    limits = json.loads(os.environ.get(VARIABLE, "{}"))
    for name in names:
        if name in values:
            real = _real.setdefault(name, values[name])  # met first where it is defined, before it was changed
            limit = limits.get(name, PATIENT_SECONDS)
            values[name] = real if limit is None else limit


class _Setter(MetaPathFinder):
    """Finds the package's modules, and sets the limits once such a module is executed: importing stays lazy."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As PathFinder does."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname.partition(".")[0] == PACKAGE else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_set(module: ModuleType) -> None:
                execute(module)
                _set_in(module)

            spec.loader.exec_module = execute_and_set  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _Setter())
