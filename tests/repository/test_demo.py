"""`make demo` shows what a listener tells, and says what to do next."""

from __future__ import annotations

import re
import subprocess
import sys

from ..support.docs import ROOT
from ..support.waiting import PATIENCE


def test_demo() -> None:
    """It shows three messages, a refused payload with its position, a Gap and the vectors, without colours."""
    command = [sys.executable, "-m", "tests.tools.demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    labels = [line[2:12].rstrip() for line in lines if re.match(r"  \w+  ", line)]
    assert [4, 3, 3] == [labels.count(word) for word in ("sent", "payload", "received")]
    refused = lines.index('  sent      {"model_path":"latest_model.bin","version":-1}')
    assert "            " + " " * 44 + "^" == lines[refused + 1]
    assert "  refused   invalid value: integer `-1`, expected u64 at line 1 column 45" == lines[refused + 2]
    events = [line.split()[1].rstrip(":") for line in lines if line.startswith("  event")]
    assert ["Disconnected", "Connected", "Gap"] == events
    assert 3 == sum(" agree: " in line for line in lines)
    assert "What to do next:" in lines
    assert "\x1b" not in done.stdout
