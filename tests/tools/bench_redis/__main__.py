"""`make bench-redis`: a table of times, rates and goals, and the plot docs/benchmark-redis.svg. About two minutes.

Without the Rust program, the table lacks its rows and the plot is not written.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from pathlib import Path
from typing import Final

from ...support.server import Server
from . import rust
from .consumer import CREDIT, KINDS, OURS, OURS_ASYNCIO
from .figures import Figures, as_json
from .load import Consumer
from .plot import plot
from .publishing import measure, publishers
from .table import table

PLOT: Final = Path(__file__).parents[3] / "docs" / "benchmark-redis.svg"

_LATENCIES_IN_A_ROUND: Final = 200
_MESSAGES_IN_A_ROUND: Final = 64 * CREDIT
_ROUNDS: Final = range(2, 1_001)
_MESSAGES: Final = range(10_000, 10_000_001)


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench_redis", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="turns of each contender (default: %(default)s)")
    parser.add_argument("--messages", type=int, default=1_000_000, help="to measure memory (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    for value, allowed in ((options.rounds, _ROUNDS), (options.messages, _MESSAGES)):
        if value not in allowed:
            parser.error(f"{value} is not within {allowed.start} to {allowed.stop - 1}")
    figures = run(options.rounds, options.messages // CREDIT * CREDIT)
    print(*table(figures), sep="\n")
    if options.json is not None:
        options.json.write_text(json.dumps(as_json(figures), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if rust.program() is None:
        print("\nLEFT OUT: the Rust notifier and the plot; to build it: cargo build --release --bin notifier")
    else:
        PLOT.write_text(plot(figures), encoding="utf-8")
        print(f"\nWrote docs/{PLOT.name}")


def run(rounds: int, messages: int) -> Figures:
    """The figures of one run, against one server."""
    with Server() as server, contextlib.ExitStack() as open_:
        with publishers(server) as contenders:
            publish = measure(contenders, rounds)
        consumers = {kind: open_.enter_context(Consumer(kind, server)) for kind in KINDS}
        latency: dict[str, list[list[int]]] = {kind: [] for kind in consumers}
        rate: dict[str, list[float]] = {kind: [] for kind in consumers}
        for consumer in consumers.values():  # the first messages are slow
            consumer.latency(_LATENCIES_IN_A_ROUND)
            consumer.rate(_MESSAGES_IN_A_ROUND)
        for _ in range(rounds):
            for kind, consumer in consumers.items():
                latency[kind].append(consumer.latency(_LATENCIES_IN_A_ROUND))
        for _ in range(rounds):
            for kind, consumer in consumers.items():
                rate[kind].append(consumer.rate(_MESSAGES_IN_A_ROUND))
        memory = {kind: consumers[kind].memory(messages) for kind in (OURS, OURS_ASYNCIO)}
    return Figures(publish, latency, rate, memory, messages)


if __name__ == "__main__":
    main()
