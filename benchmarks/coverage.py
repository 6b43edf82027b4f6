"""How often 95 % intervals hold the truth: profile, Satterthwaite, Kenward-Roger, bootstrap, and predictions.

    python coverage.py [--sets 2000] [--bootstraps 500] [--seed 1] [--out results]

Data sets are drawn from known parameters on fixed designs and fitted; an interval counts where it covers the true
parameter, a prediction interval where it covers a new observation of an old or of a new group. Beside each figure
stands its Monte-Carlo standard error. Written: coverage.csv and coverage.md.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import pathlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
LEVEL = 0.95
REPLICATES = 500  # of each bootstrap
Limits = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Study:
    """A design and its true parameters; `deviations` of (1 + x | g) or (1 | g), uncorrelated."""

    name: str
    formula: str
    frame: pd.DataFrame
    beta: dict[str, float]
    deviations: tuple[float, ...]
    sigma: float = 1.0

    @property
    def truth(self) -> dict[str, float]:
        """Parameter name, as `confint` has it, -> value."""
        sds = {f".sig{k + 1:02d}": sd for k, sd in enumerate(self.deviations)}
        correlations = {f".sig{len(sds) + 1:02d}": 0.0} if len(sds) == 2 else {}
        return sds | correlations | {".sigma": self.sigma} | self.beta

    def mean(self, frame: pd.DataFrame) -> np.ndarray:
        """X beta of some rows."""
        terms = [value if name == "(Intercept)" else value * frame[name] for name, value in self.beta.items()]
        return np.asarray(sum(terms), float) * np.ones(len(frame))

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A response (n,) and the effects of the groups (J, l)."""
        groups = self.frame["g"].cat.codes.to_numpy()
        b = rng.normal(size=(groups.max() + 1, len(self.deviations))) * self.deviations
        e = self.sigma * rng.normal(size=len(groups))
        return self.mean(self.frame) + self.effect(self.frame, b[groups]) + e, b

    def effect(self, frame: pd.DataFrame, b: np.ndarray) -> np.ndarray:
        """Z b of some rows, for the effects b (rows, l) of their groups."""
        return b[:, 0] + (b[:, 1] * frame["x"].to_numpy() if b.shape[1] == 2 else 0.0)


def grouped(sizes: list[int], seed: int) -> pd.DataFrame:
    """x varies by row, w by group."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(len(sizes)), sizes)
    w = rng.normal(size=len(sizes))
    names = [f"g{k:02d}" for k in range(len(sizes))]
    return pd.DataFrame({"x": rng.normal(size=len(g)), "w": w[g], "g": pd.Categorical.from_codes(g, names)})


SMALL, MEDIUM = [4] * 8, [2 + k % 12 for k in range(36)]
ONE, TWO = {"(Intercept)": 1.0}, {"(Intercept)": 1.0, "x": 0.5}
STUDIES = {
    "no predictor": Study("no predictor", "y ~ 1 + (1 | g)", grouped(SMALL, 1), ONE, (1.0,)),
    "small": Study("small", "y ~ x + (1 | g)", grouped(SMALL, 1), TWO, (1.0,)),
    "medium": Study("medium", "y ~ x + w + (x | g)", grouped(MEDIUM, 2), TWO | {"w": -0.5}, (1.0, 0.5)),
}


def _frame_limits(frame: pd.DataFrame) -> Limits:
    return {str(name): (float(low), float(high)) for name, low, high in frame.itertuples()}


def profiled(fit: pylmer.LmerFit, rng: np.random.Generator) -> Limits:
    return _frame_limits(pylmer.confint(fit, level=LEVEL))


def bootstrapped(fit: pylmer.LmerFit, rng: np.random.Generator) -> Limits:
    return _frame_limits(pylmer.confint(fit, level=LEVEL, method="boot", nsim=REPLICATES, seed=rng))


def by_df(ddf: str) -> Callable[[pylmer.LmerFit, np.random.Generator], Limits]:
    def limits(fit: pylmer.LmerFit, rng: np.random.Generator) -> Limits:
        table = pylmer.tidy(fit, ddf=ddf, conf_int=True, conf_level=LEVEL)
        return _frame_limits(table.set_index("term")[["conf.low", "conf.high"]])

    return limits


METHODS = {
    "profile": profiled,
    "bootstrap": bootstrapped,
    "Satterthwaite": by_df("Satterthwaite"),
    "Kenward-Roger": by_df("Kenward-Roger"),
}
PREDICTIONS = {"prediction, theta given": "effects", "prediction, theta estimated": "theta"}


def fits(study: Study, sets: int, rng: np.random.Generator) -> Iterator[tuple[pylmer.LmerFit, np.ndarray]]:
    """Each data set's fit and the effects that were drawn for it."""
    drawn = [study.draw(rng) for _ in range(sets)]
    model = pylmer.lmer(study.formula, study.frame.assign(y=drawn[0][0]))
    for y, b in drawn:
        yield pylmer.refit(model, y), b


def stream(seed: int, study: Study, what: str) -> np.random.Generator:
    """Random numbers of their own for every figure, so that their errors are independent."""
    return np.random.default_rng([seed, *study.name.encode(), *what.encode()])


def hits(study: Study, method: str, sets: int, seed: int) -> dict[str, list[bool]]:
    """Per parameter, whether the interval of each data set covers it; NaN limits are open ends."""
    rng = stream(seed, study, method)
    found: dict[str, list[bool]] = {name: [] for name in study.truth}
    for fit, _ in fits(study, sets, rng):
        limits = METHODS[method](fit, rng)
        for name, (low, high) in limits.items():
            found[name].append(not (low > study.truth[name] or high < study.truth[name]))
    return {name: covered for name, covered in found.items() if covered}


def new_rows(study: Study) -> pd.DataFrame:
    """A row of the smallest group, one of the largest, one of a new group; x at 1, w as in the group (new: 0)."""
    sizes = study.frame["g"].value_counts(sort=False)
    old = [str(sizes.idxmin()), str(sizes.idxmax())]
    w = study.frame.groupby("g", observed=True)["w"].first()
    return pd.DataFrame({"x": 1.0, "w": [*w[old], 0.0], "g": [*old, "new"]}, index=["smallest", "largest", "new"])


def predicted(study: Study, uncertainty: str, sets: int, seed: int) -> dict[str, list[bool]]:
    """Whether the prediction interval of each data set covers a new response of an old or a new group."""
    rng, rows = stream(seed, study, uncertainty), new_rows(study)
    codes = study.frame["g"].cat.categories.get_indexer(rows["g"][:2])
    found: dict[str, list[bool]] = {f"{name} group": [] for name in rows.index}
    for fit, b in fits(study, sets, rng):
        limits = pylmer.predict(
            fit, rows, interval="prediction", level=LEVEL, allow_new_levels=True, uncertainty=uncertainty
        )
        effects = np.vstack([b[codes], rng.normal(size=b.shape[1]) * study.deviations])
        y = study.mean(rows) + study.effect(rows, effects) + study.sigma * rng.normal(size=len(rows))
        for covered, inside in zip(found.values(), (limits["lwr"] <= y) & (y <= limits["upr"]), strict=True):
            covered.append(bool(inside))
    return found


def line(study: str, method: str, what: str, covered: list[bool]) -> dict[str, object]:
    """One figure with its Monte-Carlo standard error."""
    share = float(np.mean(covered))
    error = float(np.sqrt(share * (1 - share) / len(covered)))
    return {"design": study, "interval": method, "of": what, "sets": len(covered), "coverage": share, "error": error}


def job(task: tuple[str, str, int, int]) -> list[dict[str, object]]:
    """All figures of one method on one design."""
    study, method, sets, seed = task
    warnings.simplefilter("ignore", pylmer.FitNote)  # singular fits are part of the game
    if method in PREDICTIONS:
        found = predicted(STUDIES[study], PREDICTIONS[method], sets, seed)
    else:
        found = hits(STUDIES[study], method, sets, seed)
    return [line(study, method, what, covered) for what, covered in found.items()]


def tasks(sets: int, bootstraps: int, seed: int) -> list[tuple[str, str, int, int]]:
    """What is to be run: every method on a small and a medium design, predictions also without a predictor."""
    count = {"bootstrap": bootstraps}
    intervals = [(study, method, count.get(method, sets), seed) for study in ("small", "medium") for method in METHODS]
    return intervals + [(study, method, sets, seed) for study in STUDIES for method in PREDICTIONS]


def markdown(lines: list[dict[str, object]]) -> str:
    """The table."""
    head = "| design | interval | of | data sets | coverage | Monte-Carlo error |\n|--|--|--|--|--|--|\n"
    rows = (
        f"| {r['design']} | {r['interval']} | {r['of']} | {r['sets']} | {r['coverage']:.4f} | {r['error']:.4f} |"
        for r in lines
    )
    return head + "\n".join(rows) + "\n"


def main() -> None:
    """The study from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=2000)
    parser.add_argument("--bootstraps", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    given = parser.parse_args()
    lines: list[dict[str, object]] = []
    with multiprocessing.Pool(given.processes) as pool:
        for found in pool.imap(job, tasks(given.sets, given.bootstraps, given.seed)):
            lines += found
            print(markdown(found), flush=True)
    given.out.mkdir(parents=True, exist_ok=True)
    with open(given.out / "coverage.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    (given.out / "coverage.md").write_text(markdown(lines))


if __name__ == "__main__":
    main()
