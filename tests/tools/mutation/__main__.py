"""`make mutants`: changes a copy of the codec in one place at a time, and checks that the tests detect each change.

Exit status 0: every mutant was found out, or is listed in survivors.toml and did survive, and docs/proof.md says how
many there are; 1: not so.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from .changes import Mutant, mutants_of
from .judgement import STAGES
from .killer import PACKAGE, Fate
from .survivors import as_toml, listed
from .workspace import ROOT, Workspace

_SEED: Final = 20_261_128
_COLUMNS: Final = (*STAGES, "time", "survived")

Fates = list[tuple[Mutant, Fate]]


def judged(options: argparse.Namespace) -> Fates:
    """Judge every mutant of these modules (or of all)."""
    stages = list(STAGES)[: list(STAGES).index(options.until) + 1]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        workspace = Workspace(Path(folder), options.count)
        mutants = [
            mutant
            for file, source in workspace.modules().items()
            if not options.only or file in options.only
            for mutant in mutants_of(file, source)
            if options.match in " ".join(mutant.key)
        ]
        mutants = sample(mutants, options.one_in)
        fates: Fates = []
        for mutant, fate in zip(mutants, workspace.fates(mutants, stages), strict=True):
            fates.append((mutant, fate))
            if options.show:
                print(f"{fate.stage}: {' | '.join(mutant.key)}: {fate.by}", flush=True)
            elif len(fates) % 100 == 0:
                print(f"{len(fates):,} of {len(mutants):,}", file=sys.stderr, flush=True)
        return fates


def sample(mutants: list[Mutant], one_in: int) -> list[Mutant]:
    """Return a random one in so many of the mutants of each module, in their order; the same ones each time."""
    chosen = []
    for file in dict.fromkeys(mutant.file for mutant in mutants):
        of_file = [mutant for mutant in mutants if mutant.file == file]
        indexes = random.Random(f"{_SEED} {file}").sample(range(len(of_file)), -(-len(of_file) // one_in))
        chosen += [of_file[index] for index in sorted(indexes)]
    return chosen


def table(fates: Fates) -> str:
    """How many mutants of each module ended in which stage."""
    rows = [("module", "mutants", *_COLUMNS)]
    for file in [*dict.fromkeys(mutant.file for mutant, _ in fates), "all"]:
        stages = Counter(fate.stage for mutant, fate in fates if file in (mutant.file, "all"))
        rows.append((file, f"{stages.total():,}", *(f"{stages[stage]:,}" for stage in _COLUMNS)))
    return "\n".join("".join(f"{cell:>{11 if at else 14}}" for at, cell in enumerate(row)) for row in rows)


def faults(fates: Fates, whole: bool, sampled: bool = False) -> list[str]:
    """What must not be: survivors not listed, and, of a whole run, those listed that are none, and stale figures.

    After a sample, only the entries for the mutants in it can be stale.
    """
    known = listed()
    survivors = [mutant for mutant, fate in fates if fate.stage == "survived"]
    unlisted = [mutant for mutant in survivors if mutant.key not in known]
    print(f"{len(survivors):,} survived: {len(survivors) - len(unlisted):,} listed, {len(unlisted):,} not listed")
    found = [f"survived and not listed; kill these, or list them with the reason:\n\n{as_toml(unlisted)}"] * bool(
        unlisted
    )
    judged_files = {mutant.file for mutant, _ in fates}
    slow = {mutant.key for mutant, fate in fates if fate.stage == "time"}  # may be only slower
    gone = known.keys() - {mutant.key for mutant in survivors} - slow
    judged_keys = {mutant.key for mutant, _ in fates}
    stale = sorted(key for key in gone if key in judged_keys or (not sampled and (whole or key[0] in judged_files)))
    found += [f"listed and does not survive: {' | '.join(key)}" for key in stale]
    figures = f"{len(fates):,} places, and the tests noticed all but {len(known):,},"
    if whole and figures not in " ".join((ROOT / "docs" / "proof.md").read_text(encoding="utf-8").split()):
        found.append(f"docs/proof.md does not say: {figures}")
    return found


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    files = sorted(path.name for path in (ROOT / PACKAGE).glob("*.py"))
    parser.add_argument("--only", action="append", default=[], choices=files, help="this module (again for more)")
    parser.add_argument("--match", default="", metavar="TEXT", help="only mutants whose name holds this text")
    parser.add_argument("--until", default=list(STAGES)[-1], choices=STAGES, help="the last stage")
    parser.add_argument("--count", default=20_000, type=int, help="how many payloads of the fuzzer")
    parser.add_argument(
        "--one-in", default=1, type=_positive, metavar="N", help="a random one in N mutants of a module"
    )
    parser.add_argument("--show", action="store_true", help="say of each mutant what became of it")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the killer and removes the copy
    start = time.monotonic()
    fates = judged(options)
    print(table(fates))
    print(f"{time.monotonic() - start:,.0f} s")
    if options.match:
        return 0
    found = faults(fates, whole=not options.only and options.one_in == 1, sampled=options.one_in > 1)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
