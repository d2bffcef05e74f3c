"""Runs the blocks of one document: Python in one interpreter, shell commands one after the other, files beside them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from .docs import ROOT, Block, agrees
from .waiting import PATIENCE, wait_until

_INTERPRETER: Final = """
import contextlib, io, json, sys, traceback
names = {"__name__": "__main__"}
for line in sys.stdin:
    block, printed = json.loads(line), io.StringIO()
    error = None
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(block["text"], block["place"], "exec"), names)
        except BaseException:
            error = traceback.format_exc()
    print(json.dumps({"printed": printed.getvalue(), "error": error}), flush=True)
"""


class Session:
    """The state of one document while it is run: a folder, an interpreter, perhaps a program that was left running."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str], subscribed: Callable[[], bool], programs: Path | None = None
    ) -> None:
        self._folder = folder
        self._subscribed = subscribed
        programs = programs or Path(sys.executable).parent
        self._python = programs / "python"
        self._environment = {**os.environ, **settings, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        self._interpreter: subprocess.Popen[str] | None = None
        self._left: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self._printed = ""
        """What the last block printed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._interpreter, self._left):
            if process is not None:
                _end(process)

    def run(self, block: Block) -> None:
        """Run one block, or compare it; AssertionError names the place."""
        if block.title is not None:
            (self._folder / block.title).write_text(_content(block), encoding="utf-8")
        elif block.language == "text":
            self._compare(block)
        elif block.language == "python":
            self._printed = self._run_python(block)
        elif block.language == "console":
            self._run_console(block)
        elif block.order == "leave running":
            self._leave_running(block)
        else:
            self._printed = self._run_shell(block.text, block, _status(block))

    def _compare(self, block: Block) -> None:
        if block.order == "from what runs":
            count = len(block.text.splitlines())
            _wait(lambda: len(self._lines) >= count, block)
            self._printed = "".join(self._lines[:count])
            del self._lines[:count]
        assert agrees(block.text, self._printed), f"{block.place} shows\n{block.text}and it prints\n{self._printed}"

    def _run_python(self, block: Block) -> str:
        if self._interpreter is None:
            self._interpreter = self._start([str(self._python), "-W", "error", "-c", _INTERPRETER])
        stdin, stdout = self._interpreter.stdin, self._interpreter.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"text": block.text, "place": block.place}) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        assert answer["error"] is None, f"{block.place}: {answer['error']}"
        printed: str = answer["printed"]
        return printed

    def _run_console(self, block: Block) -> None:
        """Lines that begin with `$ ` are commands, what follows each is what it prints, to stdout and stderr."""
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            printed = self._run_shell(command, block, None if "echo $?" in command else _status(block))
            assert agrees(shown, printed), f"{block.place}: {command} prints\n{printed}"

    def _run_shell(self, text: str, block: Block, status: int | None) -> str:
        folder = self._folder
        targets = re.findall(r"^make (.*?)(?:\s+#.*)?$", text, re.MULTILINE)
        if targets and len(targets) == len(text.strip().splitlines()):
            # They take minutes, and other tests run them: here only, that make knows them.
            text, folder = "\n".join(f"make --dry-run {target} > /dev/null" for target in targets), ROOT
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert status in (None, done.returncode), f"{block.place}: exit status {done.returncode}\n{done.stdout}"
        return done.stdout

    def _leave_running(self, block: Block) -> None:
        assert self._left is None, f"{block.place}: one is left running already"
        self._left = self._start(["bash", "-c", f"exec {block.text.strip()}"])
        threading.Thread(target=self._read, args=(self._left,), daemon=True).start()
        _wait(self._subscribed, block)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.append(line)

    def _start(self, command: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def _content(block: Block) -> str:
    return block.included.read_text(encoding="utf-8") if block.included else block.text


def _status(block: Block) -> int:
    return int((block.order or "exit 0").removeprefix("exit "))


def _wait(condition: Callable[[], bool], block: Block) -> None:
    wait_until(condition, f"{block.place} comes true")


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
