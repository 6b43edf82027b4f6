"""Two installed pylmers against each other, interleaved: is a case slower than it was?

    python old_and_new.py --old PYTHON --new PYTHON [--rounds 21] [--only NAME ...] [--slow]

`PYTHON` are interpreters of two environments, each with a wheel of its own. Each round runs both, in turn and in
processes of their own, on one thread; the order of the two changes from round to round. CPU seconds of a whole call
from data frame to fit: medians over the rounds, their ratio, and the ratio's quartiles over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

from problems import PROBLEMS, Problem, write

HERE = pathlib.Path(__file__).resolve().parent
ONE_THREAD = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def cpu(python: str, about: pathlib.Path) -> float:
    """CPU seconds of one fit by this interpreter's pylmer."""
    command = [python, str(HERE / "run_pylmer.py"), str(about)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=ONE_THREAD, cwd=tempfile.gettempdir()
    )
    return float(json.loads(done.stdout.splitlines()[-1])["cpu"])


def compare(problem: Problem, pythons: dict[str, str], rounds: int, folder: pathlib.Path) -> str:
    """A line of the table."""
    about, found = write(problem, folder), {name: [0.0] * rounds for name in pythons}
    for turn in range(rounds):
        for name in list(pythons)[:: 1 if turn % 2 else -1]:
            found[name][turn] = cpu(pythons[name], about)
    old, new = (statistics.median(found[name]) for name in ("old", "new"))
    ratios = [b / a for a, b in zip(found["old"], found["new"], strict=True)]
    low, middle, high = statistics.quantiles(ratios) if rounds > 1 else ratios * 3
    return (
        f"| {problem.name} | {1e3 * old:.4g} | {1e3 * new:.4g} | {new / old:.3f} | {low:.3f} {middle:.3f} {high:.3f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--old", required=True)
    parser.add_argument("--new", required=True)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--slow", action="store_true", help="the slow problems too")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results" / "old_and_new.md")
    given = parser.parse_args()
    chosen = [p for p in PROBLEMS if (p.name in given.only if given.only else given.slow or not p.slow)]
    lines = [
        "| problem | old, CPU ms | new, CPU ms | new / old | quartiles of the rounds' ratios |",
        "|--|--|--|--|--|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for problem in chosen:
            lines.append(compare(problem, {"old": given.old, "new": given.new}, given.rounds, pathlib.Path(folder)))
            print(lines[-1], flush=True)
            note = f"\n{given.rounds} rounds, one thread, load {os.getloadavg()[0]:.1f}.\n"
            given.out.write_text("\n".join(lines) + "\n" + note)


if __name__ == "__main__":
    main()
