"""`python -m tests.tools.soak --seconds 60`: exits with 1 when the promise is broken."""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from ...support.flavours import FLAVOURS
from .plan import make_plan
from .run import Settings, run


def main() -> int:
    """Run a soak and print its report."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.soak", description="Faults, and the listener's promise"
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, help="of the plan of faults; by chance otherwise")
    parser.add_argument("--flavour", choices=FLAVOURS, default="sync")
    parser.add_argument("--server", choices=("valkey", "redis"), default="valkey", help="redis: the one on PATH")
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second")
    parser.add_argument("--no-faults", action="store_true", help="demand that there be no Gap, and nothing lost")
    parser.add_argument("--no-plain", action="store_true", help="leave redis-py's listen() out")
    parser.add_argument("--json", type=Path, help="write everything there, each Gap included")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    plan = [] if options.no_faults else make_plan(seed, options.seconds)
    print(f"seed {seed}, {options.flavour}, {options.seconds:g} s, {len(plan)} faults", flush=True)
    report = run(
        Settings(
            seconds=options.seconds,
            flavour=options.flavour,
            plan=plan,
            server=options.server,
            rate=options.rate,
            beside_plain=not options.no_plain,
            say=lambda line: print(line, flush=True),
        )
    )
    print(report.text())
    if options.json:
        options.json.write_text(
            json.dumps({"seed": seed, "flavour": options.flavour, **report.data()}, indent=2) + "\n"
        )
    return 0 if report.kept else 1


if __name__ == "__main__":
    sys.exit(main())
