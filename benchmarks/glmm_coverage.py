"""How often 95 % intervals of glmer hold the truth: Wald, profile and bootstrap on three designs.

    python glmm_coverage.py [--sets 500] [--nsim 200] [--methods Wald profile bootstrap] [--seed 1] [--out results]
    python glmm_coverage.py --table                       # the table of the limits that are there

Data sets are drawn from known parameters on fixed designs and fitted; an interval counts where it covers the true
parameter, an open end covers. Beside each figure stands its Monte-Carlo standard error. All methods see the same data
sets. Limits are added to glmm_coverage_limits.csv set by set, and sets that are in it are not run again; the table is
glmm_coverage.csv and glmm_coverage.md.
"""

from __future__ import annotations

import argparse
import pathlib
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
LEVEL = 0.95
METHODS = ("Wald", "profile", "bootstrap")
COLUMNS = ["design", "interval", "set", "of", "low", "high", "seconds", "failed"]
Draw = Callable[[np.random.Generator, pd.DataFrame, np.ndarray], pd.DataFrame]


@dataclass(frozen=True)
class Study:
    """A design, its true parameters and the law of the response; `sd` of (1 | g)."""

    name: str
    formula: str
    family: str
    frame: pd.DataFrame
    beta: dict[str, float]
    sd: float
    law: Draw

    @property
    def truth(self) -> dict[str, float]:
        """Parameter, as `confint` names it -> value."""
        return {".sig01": self.sd} | self.beta

    def made(self, number: int, seed: int) -> pd.DataFrame:
        """One data set, of the seed and its number alone."""
        rng = np.random.default_rng([seed, number, *self.name.encode()])
        g = self.frame["g"].cat.codes.to_numpy()
        eta = self.sd * rng.normal(size=g.max() + 1)[g]
        for name, value in self.beta.items():
            eta = eta + value * (1.0 if name == "(Intercept)" else self.frame[name].to_numpy())
        return self.law(rng, self.frame, eta)


def grouped(groups: int, size: int, seed: int) -> pd.DataFrame:
    """x varies by row, w by group: 0 and 1 in halves."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), size)
    names = [f"g{k:02d}" for k in range(groups)]
    return pd.DataFrame({"x": rng.normal(size=len(g)), "w": g % 2 * 1.0, "g": pd.Categorical.from_codes(g, names)})


def herds() -> pd.DataFrame:
    """The herds, periods and herd sizes of cbpp; the periods as three indicators."""
    cbpp = pylmer.datasets.load("cbpp")
    period = cbpp["period"].astype(int)
    marks = {f"p{k}": (period == k) * 1.0 for k in (2, 3, 4)}
    return pd.DataFrame(marks | {"size": cbpp["size"].astype(int), "g": cbpp["herd"].astype("category")})


def binary(rng: np.random.Generator, frame: pd.DataFrame, eta: np.ndarray) -> pd.DataFrame:
    return frame.assign(y=(rng.random(len(eta)) < 1 / (1 + np.exp(-eta))) * 1.0)


def counts(rng: np.random.Generator, frame: pd.DataFrame, eta: np.ndarray) -> pd.DataFrame:
    return frame.assign(y=rng.poisson(np.exp(eta)) * 1.0)


def trials(rng: np.random.Generator, frame: pd.DataFrame, eta: np.ndarray) -> pd.DataFrame:
    return frame.assign(y=rng.binomial(frame["size"], 1 / (1 + np.exp(-eta))))


TWO = {"(Intercept)": -0.5, "x": 0.7, "w": 0.5}
SMALL = {"(Intercept)": -0.3, "x": 0.4, "w": 0.3}  # means about 1
CBPP = {"(Intercept)": -1.4, "p2": -1.0, "p3": -1.1, "p4": -1.6}
STUDIES = {
    "binary 30 x 10": Study("b", "y ~ x + w + (1 | g)", "binomial", grouped(30, 10, 1), TWO, 0.8, binary),
    "poisson 20 x 5": Study("p", "y ~ x + w + (1 | g)", "poisson", grouped(20, 5, 2), SMALL, 0.5, counts),
    "cbpp": Study("c", "cbind(y, size - y) ~ p2 + p3 + p4 + (1 | g)", "binomial", herds(), CBPP, 0.64, trials),
}


def limits(study: Study, method: str, number: int, seed: int, nsim: int) -> pd.DataFrame:
    """The intervals of one data set, by parameter, those that the method has."""
    fit = pylmer.glmer(study.formula, study.made(number, seed), study.family)
    options = {"nsim": nsim, "seed": number} if method == "bootstrap" else {}
    found = pylmer.confint(fit, level=LEVEL, method="boot" if method == "bootstrap" else method, **options)
    return found.loc[[name for name in study.truth if method != "Wald" or not name.startswith(".")]]


def lines(design: str, method: str, number: int, seed: int, nsim: int) -> pd.DataFrame:
    """One data set's lines of the file; a fit that fails says so."""
    begun, about = time.process_time(), {"design": design, "interval": method, "set": number}
    try:
        found = limits(STUDIES[design], method, number, seed, nsim)
    except pylmer.PylmerError as error:
        return pd.DataFrame([about | {"of": "fit", "failed": str(error).splitlines()[0]}], columns=COLUMNS)
    rows = [about | {"of": name, "low": low, "high": high} for name, low, high in found.itertuples()]
    return pd.DataFrame(rows, columns=COLUMNS).assign(seconds=time.process_time() - begun)


def left(file: pathlib.Path, methods: list[str], sets: int) -> Iterator[tuple[str, str, int]]:
    """What is not in the file yet."""
    done = set()
    if file.exists():
        done = set(pd.read_csv(file)[["design", "interval", "set"]].itertuples(index=False, name=None))
    for method in methods:
        for number in range(sets):
            yield from ((design, method, number) for design in STUDIES if (design, method, number) not in done)


def table(file: pathlib.Path) -> pd.DataFrame:
    """Coverage by design, interval and parameter, the misses on either side, failures and CPU seconds a data set."""
    found = pd.read_csv(file)
    out = []
    for (design, method), some in found.groupby(["design", "interval"], sort=False):
        failed = int((some["of"] == "fit").sum())
        for name, value in STUDIES[str(design)].truth.items():
            mine = some[some["of"] == name]
            above, below = int((mine["low"] > value).sum()), int((mine["high"] < value).sum())
            if not len(mine):
                continue
            share = 1 - (above + below) / len(mine)
            error = float(np.sqrt(share * (1 - share) / len(mine)))
            line = {"design": design, "interval": method, "of": name, "sets": len(mine), "coverage": share}
            line |= {"error": error, "all above": above, "all below": below, "failed": failed}
            out.append(line | {"seconds": mine["seconds"].median()})
    return pd.DataFrame(out).sort_values("design", kind="stable")


def markdown(found: pd.DataFrame) -> str:
    heads = ("design", "interval", "of", "data sets", "coverage", "Monte-Carlo error", "above, below the truth")
    head = f"| {' | '.join(heads)} | failed fits | CPU s |"
    rows = (
        f"| {r['design']} | {r['interval']} | {r['of']} | {r['sets']} | {r['coverage']:.4f} | {r['error']:.4f} "
        f"| {r['all above']}, {r['all below']} | {r['failed']} | {r['seconds']:.2g} |"
        for r in found.to_dict("records")
    )
    return "\n".join([head, "|--" * 9 + "|", *rows]) + "\n"


def main() -> None:
    """The study from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--nsim", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=METHODS)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    given = parser.parse_args()
    warnings.simplefilter("ignore", pylmer.FitNote)  # singular fits are part of the game
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "glmm_coverage_limits.csv"
    for design, method, number in [] if given.table else left(file, given.methods, given.sets):
        new = lines(design, method, number, given.seed, given.nsim)
        new.to_csv(file, mode="a", header=not file.exists(), index=False, float_format="%.8g")
    found = table(file)
    found.to_csv(given.out / "glmm_coverage.csv", index=False, float_format="%.6g")
    (given.out / "glmm_coverage.md").write_text(markdown(found))
    print(markdown(found))


if __name__ == "__main__":
    main()
