"""Never worse than the best known, on problems as wide as users bring: pylmer against four optimizers of lme4.

    python wide.py [--out results] [--count 2000] [--first 0] [--folder F]

Problems: `wide_problems.py`. lme4's criterion is the best of its default, bobyqa, Nelder_Mead and nlminbwrap, computed
again at its theta where it looks lower than pylmer's (a place in a fall without end is no minimum to compare with, and
is counted by itself); its refusals (more effects than observations, a group of one
level) are its defaults, as pylmer's are. With --folder, the answers of an earlier run of lme4 are read. Written:
wide.csv, one line a problem, and wide.md, the counts of worse, same and better (1e-6, relative) and refused.
"""

from __future__ import annotations

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile
import time
import warnings
from collections import Counter

import numpy as np
from wide_problems import Problem, wide_problem

import pylmer
from pylmer.engine.optimize.unbounded import falls_without_end

HERE = pathlib.Path(__file__).resolve().parent
SAME = 1e-6
FIELDS = (
    "number", "formula", "REML", "weights", "offset", "n", "groups", "verdict", "pylmer", "lme4", "lme4 checked",
    "optimizer", "gap",
    "certified", "converged", "evaluations", "engine", "milliseconds", "error",
)  # fmt: skip


def write(folder: pathlib.Path, problems: list[Problem]) -> None:
    for problem in problems:
        problem.data.to_csv(folder / f"{problem.number}.csv", index=False, float_format="%.17g")
    cases = [{k: v for k, v in problem.case().items() if v is not None} | {"wide": True} for problem in problems]
    (folder / "cases.json").write_text(json.dumps(cases))


def ours(problem: Problem) -> dict[str, object]:
    started = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pylmer.FitNote)
            fit = pylmer.lmer(
                problem.formula, problem.data, problem.REML, weights=problem.weights, offset=problem.offset
            )
    except pylmer.PylmerError as error:
        return {"error": str(error).splitlines()[0]}
    optimum = fit.optimum
    return {
        "pylmer": optimum.value, "certified": optimum.certificate.holds, "converged": optimum.converged,
        "evaluations": optimum.evaluations, "engine": fit.engine,
        "milliseconds": round(1e3 * (time.perf_counter() - started), 1),
    }  # fmt: skip


def checked(problem: Problem, theta: object) -> float:
    """The criterion at lme4's theta; it agrees with 60-digit arithmetic where tried (numbers 516, 535).

    Where nothing is left of the response it is -inf.
    """
    devfun = pylmer.lmer(
        problem.formula, problem.data, problem.REML, weights=problem.weights, offset=problem.offset, devFunOnly=True
    )
    try:
        return float(devfun(np.atleast_1d(theta)))
    except pylmer.NumericalError:
        return -float("inf")


def no_minimum(problem: Problem, theta: object) -> bool:
    """Whether the criterion falls without end: from lme4's theta, or by arithmetic.

    By maximum likelihood it does where Z has less than n independent columns and [Z X] has n: as all deviations grow by
    c, log|V| + n log r2 falls by 2 (n - rank Z) log c.
    """
    devfun = pylmer.lmer(
        problem.formula, problem.data, problem.REML, weights=problem.weights, offset=problem.offset, devFunOnly=True
    )
    if falls_without_end(devfun.at(np.atleast_1d(theta))):
        return True
    rows = devfun.rows
    Z = np.hstack([_indicators(term) for term in rows.random])
    rank = np.linalg.matrix_rank(Z / np.linalg.norm(Z, axis=0))
    both = np.hstack([Z, rows.X])
    return not problem.REML and rank < np.linalg.matrix_rank(both / np.linalg.norm(both, axis=0)) == len(both)


def _indicators(term: object) -> np.ndarray:
    """The columns of Z (n, J l) of one term that are not zero."""
    Z = np.ones((len(term.codes), 1)) if term.Z is None else term.Z
    wide = (Z[:, None, :] * (term.codes[:, None] == np.arange(len(term.levels)))[:, :, None]).reshape(len(Z), -1)
    return wide[:, np.any(wide != 0, axis=0)]


def compared(problem: Problem, theirs: dict[str, object]) -> dict[str, object]:
    line = problem.case() | ours(problem) | {"lme4": theirs.get("best"), "optimizer": theirs.get("optimizer")}
    value, best = line.get("pylmer"), theirs.get("best")
    if value is None or best is None:
        line["verdict"] = "refused by " + (
            "both" if value is None and best is None else "pylmer" if value is None else "lme4"
        )
        if line["verdict"] == "refused by pylmer" and no_minimum(problem, theirs["theta"]):
            line["verdict"] = "refused by pylmer: the criterion falls without end"
        line.setdefault("error", theirs.get("error"))
        return line
    if float(str(value)) > float(str(best)):  # rounding may have flattered lme4: its criterion at its theta, by ours
        line["lme4 checked"] = best = checked(problem, theirs["theta"])
    line["gap"] = (float(str(value)) - float(str(best))) / max(1.0, abs(float(str(best))))
    line["verdict"] = "worse" if line["gap"] > SAME else "better" if line["gap"] < -SAME else "same"
    if line["verdict"] == "worse" and no_minimum(problem, theirs["theta"]):
        line["verdict"] = "a minimum, where lme4 stopped in a fall without end"
    return line


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--folder", type=pathlib.Path)
    given = parser.parse_args()
    problems = [wide_problem(number) for number in range(given.first, given.first + given.count)]
    folder = given.folder or pathlib.Path(tempfile.mkdtemp())
    if not (folder / "lme4.jsonl").exists():
        folder.mkdir(exist_ok=True)
        write(folder, problems)
        subprocess.run(["Rscript", str(HERE / "trust.R"), str(folder)], check=True)
    theirs = {line["number"]: line for line in map(json.loads, (folder / "lme4.jsonl").read_text().splitlines())}
    lines = [compared(problem, theirs[problem.number]) for problem in problems if problem.number in theirs]
    given.out.mkdir(parents=True, exist_ok=True)
    with open(given.out / "wide.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=FIELDS)
        writer.writeheader()
        writer.writerows(lines)
    counts = Counter(str(line["verdict"]) for line in lines)
    rows = "\n".join(f"| {verdict} | {count} |" for verdict, count in sorted(counts.items()))
    unsure = [str(line["number"]) for line in lines if line.get("certified") is False]
    text = (
        f"{len(lines)} generated fits (`wide_problems.py`), pylmer's criterion against the best of four optimizers of "
        f"lme4, 1e-6 relative.\n\n| pylmer's criterion | fits |\n|--|--|\n{rows}\n\n"
        f"Without a certificate (each with a note): {len(unsure)} of the fits that were made, {', '.join(unsure)}.\n"
    )
    (given.out / "wide.md").write_text(text)
    print(text)
    for line in lines:
        if line["verdict"] == "worse":
            print(line)


if __name__ == "__main__":
    main()
