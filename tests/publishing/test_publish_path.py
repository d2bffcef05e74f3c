"""A publish passes few files: whoever follows it from `publish` to the socket has little to read."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

import checkpoint_notify
from checkpoint_notify import CheckpointNotification

from ..support.flavours import Flavour, FlavourNotifier
from ..support.loopback import LoopbackServer, Recorder

PACKAGE: Final = Path(checkpoint_notify.__file__).parent
SAVED: Final = CheckpointNotification.new("model.bin", "lstm")
SHARED: Final = {"_protocol/publishing.py", "_protocol/connecting.py", "_redis_py.py", "redis_url.py"}


@pytest.mark.parametrize("flavour", ["sync", "asyncio"])
def test_files_up_to_the_socket(flavour: Flavour) -> None:
    """Six files from `publish` to the write of PUBLISH; those of the codec, and redis-py's, do not count."""
    files: set[str] = set()
    phase = ""

    def note(frame: FrameType, event: str, function: Any) -> None:
        nonlocal phase
        file, name = Path(frame.f_code.co_filename), frame.f_code.co_name
        if event == "c_call" and phase == "writing" and function.__name__ in ("send", "sendall"):
            phase = "written"
        elif event == "call" and phase != "written" and file.is_relative_to(PACKAGE):
            if name == "publish":
                phase = "writing" if file.name == "connection.py" else "publishing"
            if phase:
                files.add(file.relative_to(PACKAGE).as_posix())

    with LoopbackServer(Recorder()) as server:
        FlavourNotifier(flavour).publish(server.url, SAVED)  # imports what is imported late
        sys.setprofile(note)
        try:
            FlavourNotifier(flavour).publish(server.url, SAVED)
        finally:
            sys.setprofile(None)
    own = {f"_{flavour}/notifier.py", f"_{flavour}/connection.py"}
    assert SHARED | own == {file for file in files if not file.startswith("codec/")}
