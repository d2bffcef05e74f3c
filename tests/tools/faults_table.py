"""The fault table with what was measured in each row, as Markdown: `python -m tests.tools.faults_table junit.xml`.

The file is pytest's: `pytest tests/listening/test_faults*.py -o junit_family=xunit1 --junitxml junit.xml`. Without
that option pytest takes no measurements into it, and turns each into an error.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path


def lines(report: Path) -> Iterator[str]:
    """The table."""
    yield "| test | seconds | outcome | measured |"
    yield "|---|---|---|---|"
    for case in ET.parse(report).getroot().iter("testcase"):
        measured = [f"{found.get('name')}: {found.get('value')}" for found in case.iter("property")]
        outcomes = {"failure": "FAILED", "error": "ERROR", "skipped": "skipped"}
        outcome = next((word for name, word in outcomes.items() if case.find(name) is not None), "passed")
        if measured or outcome != "passed":
            name = case.get("name", "").removeprefix("test_")
            yield f"| {name} | {float(case.get('time', 0)):.1f} | {outcome} | {'; '.join(measured)} |"


if __name__ == "__main__":
    print("\n".join(lines(Path(sys.argv[1]))))
