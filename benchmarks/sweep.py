"""The whole sweep: every public word and parameter, with whatever may be given for it (tests/sweeping makes the calls).

    python sweep.py [--word predict] [--out results/sweep.csv] [--sample 3]

Prints how many calls ended with an answer, in a PylmerError, in Python's own words on the signature, and otherwise;
those that ended otherwise are listed, and are the exit code's 1.
"""

from __future__ import annotations

import argparse
import csv
import os
import pathlib
import sys
import time
from collections import Counter

os.environ.setdefault("MPLBACKEND", "Agg")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from tests.sweeping.calls import slots
from tests.sweeping.given import GIVEN
from tests.sweeping.outcomes import GOOD, bounded, outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--word", help="only this word")
    parser.add_argument("--out", help="a CSV of those that ended otherwise")
    given = parser.parse_args()
    chosen = [slot for slot in slots() if given.word in (None, slot.word)]
    counts: Counter[str] = Counter()
    bad: list[tuple[str, str, str]] = []
    slow: list[tuple[float, str]] = []
    start = time.perf_counter()
    with bounded():
        for slot in chosen:
            for name in GIVEN:
                began = time.perf_counter()
                end = outcome(slot, name)
                slow.append((time.perf_counter() - began, f"{slot} = {name}"))
                counts[end if end in GOOD else "otherwise"] += 1
                if end not in GOOD:
                    bad.append((str(slot), name, end))
                    print(*bad[-1], sep=" | ", flush=True)
    if given.out:
        with pathlib.Path(given.out).open("w", newline="") as file:
            csv.writer(file).writerows([("call", "given", "ended"), *bad])
    total = sum(counts.values())
    print(f"{len({slot.word for slot in chosen})} words, {len(chosen)} parameters, {total} calls, ", end="")
    print(f"{time.perf_counter() - start:.0f} s: {dict(counts)}")
    print("slowest:", *(f"{seconds:.1f} s {what}" for seconds, what in sorted(slow)[-5:]), sep="\n  ")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
