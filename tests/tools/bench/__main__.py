"""`make bench`: a table of times, ratios and goals, and the plot docs/benchmark.svg.

Without the Rust program its rows and goals are left out, and the plot stays as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from pathlib import Path
from typing import Final

from . import rust
from .contenders import check_contenders
from .figures import Figures, as_json, figures_of
from .operations import jobs
from .plot import plot
from .rounds import measure
from .table import table

PLOT: Final = Path(__file__).parents[3] / "docs" / "benchmark.svg"


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    check_contenders()
    fault = rust.fault()
    figures = run(options.rounds, with_rust=fault is None)
    print(*table(figures), sep="\n")
    if options.json is not None:
        options.json.write_text(json.dumps(as_json(figures), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print()
    if fault is None:
        PLOT.write_text(plot(figures), encoding="utf-8")
        print(f"Wrote docs/{PLOT.name}")
    else:
        print(f"LEFT OUT, all that concerns Rust: {fault}. The plot stays as it is.")


def run(rounds: int, *, with_rust: bool) -> Figures:
    """The figures of one run."""
    with rust.RustTimer() if with_rust else contextlib.nullcontext() as timer:
        everything = jobs(timer)
        return figures_of(everything, measure(everything, rounds), rounds)


if __name__ == "__main__":
    main()
