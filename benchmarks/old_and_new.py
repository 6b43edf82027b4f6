"""Two installed pylmers against each other, interleaved: is a case slower than it was?

    python old_and_new.py --old PYTHON --new PYTHON [--rounds 21] [--only NAME ...] [--slow]

`PYTHON` are interpreters of two environments, each with a wheel of its own. For each problem both are started once,
read the data and fit them twice; then each round fits with both, in turn, on one thread, the order of the two changing
from round to round. CPU seconds of a whole call from data frame to fit: medians over the rounds, their ratio, and the
quartiles of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile

from problems import PROBLEMS, Problem, write

HERE = pathlib.Path(__file__).resolve().parent
ONE_THREAD = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE)}
WORKER = """
import pathlib, statistics, sys, time
from problems import read
from run_pylmer import fit, warm_up
record, frame = read(pathlib.Path(sys.argv[1]))
warm_up()
for _ in range(2):
    fit(record["formula"], frame)
for _ in sys.stdin:
    seconds = []
    for _ in range(int(record["repeats"])):
        start = time.process_time()
        fit(record["formula"], frame)
        seconds.append(time.process_time() - start)
    print(statistics.median(seconds), flush=True)
"""


def started(python: str, about: pathlib.Path) -> subprocess.Popen[str]:
    """A process that fits whenever a line comes, and answers with CPU seconds."""
    command = [python, "-W", "ignore", "-c", WORKER, str(about)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=ONE_THREAD, cwd=tempfile.gettempdir(), **pipes)


def cpu(worker: subprocess.Popen[str]) -> float:
    """CPU seconds of one fit."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


def compare(problem: Problem, pythons: dict[str, str], rounds: int, folder: pathlib.Path) -> str:
    """A line of the table."""
    about, found = write(problem, folder), {name: [0.0] * rounds for name in pythons}
    workers = {name: started(python, about) for name, python in pythons.items()}
    for turn in range(rounds):
        for name in list(pythons)[:: 1 if turn % 2 else -1]:
            found[name][turn] = cpu(workers[name])
    for worker in workers.values():
        worker.communicate()
    old, new = (statistics.median(found[name]) for name in ("old", "new"))
    ratios = [b / a for a, b in zip(found["old"], found["new"], strict=True)]
    low, middle, high = statistics.quantiles(ratios) if rounds > 1 else ratios * 3
    spread = f"{low:.3f} {middle:.3f} {high:.3f}"
    return f"| {problem.name} | {1e3 * old:.4g} | {1e3 * new:.4g} | {new / old:.3f} | {spread} |"


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
