"""The problem table: real and generated data, the model, the ratio to be reached.

python problems.py FOLDER [NAME ...]     write the data of the named problems (all) as CSV with a JSON of column types
"""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

SETS = pathlib.Path(__file__).resolve().parents[1] / "tests" / "data" / "sets"


@dataclass(frozen=True)
class Problem:
    """One line of a benchmark; `repeats` fits are timed in a process, `against` names the other programs."""

    name: str
    formula: str
    data: Callable[[], pd.DataFrame]
    wanted: float
    repeats: int = 1
    against: tuple[str, ...] = ("lme4",)
    slow: bool = False
    family: str = ""  # of a generalized model, in R's spelling
    work: str = "fit"  # what is timed


def real(name: str) -> Callable[[], pd.DataFrame]:
    """A packaged set, or one of the tests'."""

    def make() -> pd.DataFrame:
        from pylmer import datasets  # not at the top: the competitors' runners have no pylmer

        return datasets.load(name) if name in datasets.names() else datasets.read(SETS / f"{name}.json")

    return make


def grouped(n: int, groups: int, slopes: bool) -> Callable[[], pd.DataFrame]:
    """y = 1 + x + a_g (+ b_g x) + e, sd 1, 0.5, 1."""

    def make() -> pd.DataFrame:
        rng = np.random.default_rng(1)
        g, x = rng.integers(0, groups, n), rng.normal(size=n)
        y = 1 + x + rng.normal(size=groups)[g] + rng.normal(size=n)
        if slopes:
            y += 0.5 * rng.normal(size=groups)[g] * x
        return pd.DataFrame({"y": y, "x": x, "g": pd.Categorical(g)})

    return make


def schools() -> pd.DataFrame:
    """25,000 rows: 10,800 pupils, 1,400 teachers, 80 schools; pupils change teachers twice."""
    rng = np.random.default_rng(2)
    school_of_teacher = np.arange(1400) % 80
    school = rng.integers(0, 80, 10_800)
    teachers = [np.flatnonzero(school_of_teacher == s) for s in range(80)]
    rows = [(p, rng.choice(teachers[school[p]]), school[p]) for p in range(10_800) for _ in range(3)]
    keep = np.sort(rng.choice(len(rows), 25_000, replace=False))
    p, t, s = np.array(rows)[keep].T
    y = rng.normal(size=10_800)[p] + 0.5 * rng.normal(size=1400)[t] + 0.4 * rng.normal(size=80)[s]
    x = rng.normal(size=len(y))
    frame = {"y": y + 0.3 * x + rng.normal(size=len(y)), "x": x}
    return pd.DataFrame(frame | {"p": pd.Categorical(p), "t": pd.Categorical(t), "s": pd.Categorical(s)})


def ratings() -> pd.DataFrame:
    """1,000,000 ratings of 3,706 items by 6,040 users, unequally popular (the shape of MovieLens 1M)."""
    rng = np.random.default_rng(3)
    n = 1_000_000
    users, items = rng.gamma(1.0, size=6040) + 0.12, rng.gamma(0.5, size=3706) + 0.01
    u, i = rng.choice(6040, n, p=users / users.sum()), rng.choice(3706, n, p=items / items.sum())
    u[:6040], i[:3706] = np.arange(6040), np.arange(3706)
    y = 3.5 + 0.4 * rng.normal(size=6040)[u] + 0.5 * rng.normal(size=3706)[i] + 0.9 * rng.normal(size=n)
    return pd.DataFrame({"y": y, "u": pd.Categorical(u), "i": pd.Categorical(i)})


def latin_square() -> pd.DataFrame:
    """56 subjects x 32 items, each pair once; conditions S, P, C in a Latin square; all effects vary by both."""
    rng = np.random.default_rng(4)
    subj, item = (v.ravel() for v in np.meshgrid(np.arange(56), np.arange(32), indexing="ij"))
    cell = (subj + item) % 8
    S, P, C = (np.where(cell >> k & 1, 1.0, -1.0) for k in range(3))
    X = np.column_stack([np.ones(len(subj)), S, P, C])
    b = rng.normal(size=(56, 4)) @ np.diag([300, 60, 50, 40])
    c = rng.normal(size=(32, 4)) @ np.diag([200, 40, 30, 30])
    y = 2000 + X @ [0, 60, -50, 40] + np.sum(X * (b[subj] + c[item]), axis=1) + 500 * rng.normal(size=len(subj))
    frame = {"y": y, "S": S, "P": P, "C": C}
    return pd.DataFrame(frame | {"subj": pd.Categorical(subj), "item": pd.Categorical(item)})


PROBLEMS = (
    Problem("sleepstudy", "Reaction ~ Days + (Days | Subject)", real("sleepstudy"), 2.5, 20),
    Problem("Machines", "score ~ Machine + (Machine | Worker)", real("Machines"), 3, 20),
    Problem("Hsb82", "mAch ~ meanses * cses + sector * cses + (cses | school)", real("Hsb82"), 5, 10),
    Problem("Chem97", "score ~ 1 + (1 | school) + (1 | lea)", real("Chem97"), 6, 5),
    Problem("InstEval", "y ~ service + (1 | s) + (1 | d) + (1 | dept)", real("InstEval"), 8),
    Problem("million (1|g)", "y ~ x + (1 | g)", grouped(1_000_000, 50_000, False), 15),
    Problem("million (1+x|g)", "y ~ x + (1 + x | g)", grouped(1_000_000, 50_000, True), 20),
    Problem("schools", "y ~ x + (1 | p) + (1 | t) + (1 | s)", schools, 2),
    Problem("ratings", "y ~ 1 + (1 | u) + (1 | i)", ratings, 5, 1, ("lme4", "gpboost"), slow=True),
    Problem("latin square", "y ~ S + P + C + (1 + S + P + C | subj) + (1 + S + P + C | item)", latin_square, 10),
    Problem("1e5 (1|g)", "y ~ x + (1 | g)", grouped(100_000, 5_000, False), 50, 1, ("statsmodels",)),
    Problem("1e5 (1+x|g)", "y ~ x + (1 + x | g)", grouped(100_000, 5_000, True), 50, 1, ("statsmodels",)),
)
BY_NAME = {problem.name: problem for problem in PROBLEMS}


def write(problem: Problem, folder: pathlib.Path) -> pathlib.Path:
    """Write the data once; returns the path of its JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / f"{problem.name.replace('|', '_').replace(' ', '_')}.json"
    if about.exists():
        return about
    frame = problem.data()
    frame.to_csv(about.with_suffix(".csv"), index=False, float_format="%.17g")
    frame.to_pickle(about.with_suffix(".pickle"))
    factors = {c: [str(v) for v in frame[c].cat.categories] for c in frame if frame[c].dtype == "category"}
    record = {"name": problem.name, "formula": problem.formula, "repeats": problem.repeats, "factors": factors}
    record |= {"family": problem.family, "work": problem.work}
    about.write_text(json.dumps(record | {"file": about.with_suffix(".csv").name, "columns": list(frame)}))
    return about


def read(about: pathlib.Path) -> tuple[dict[str, object], pd.DataFrame]:
    """Record and data frame of a written problem."""
    record = json.loads(about.read_text())
    return record, pd.read_pickle(about.with_suffix(".pickle"))


if __name__ == "__main__":
    for name in sys.argv[2:] or BY_NAME:
        print(write(BY_NAME[name], pathlib.Path(sys.argv[1])))
