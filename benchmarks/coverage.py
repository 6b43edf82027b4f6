"""How often 95 % intervals hold the truth: profile, Satterthwaite, Kenward-Roger, bootstrap, and predictions.

    python coverage.py [--sets 2000] [--bootstraps 500] [--replicates 500] [--seed 1] [--out results]

Data sets are drawn from known parameters on fixed designs and fitted; an interval counts where it covers the true
parameter, a prediction interval where it covers a new observation of an old or of a new group. Beside each figure
stands its Monte-Carlo standard error. Written: coverage.csv and coverage.md.
"""

from __future__ import annotations

import pathlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
LEVEL = 0.95
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


def by_df(ddf: str) -> Callable[[pylmer.LmerFit, np.random.Generator], Limits]:
    def limits(fit: pylmer.LmerFit, rng: np.random.Generator) -> Limits:
        table = pylmer.tidy(fit, ddf=ddf, conf_int=True, conf_level=LEVEL)
        return _frame_limits(table.set_index("term")[["conf.low", "conf.high"]])

    return limits


METHODS = {
    "profile": profiled,
    "Satterthwaite": by_df("Satterthwaite"),
    "Kenward-Roger": by_df("Kenward-Roger"),
}


def fits(study: Study, sets: int, rng: np.random.Generator) -> Iterator[tuple[pylmer.LmerFit, np.ndarray]]:
    """Each data set's fit and the effects that were drawn for it."""
    drawn = [study.draw(rng) for _ in range(sets)]
    model = pylmer.lmer(study.formula, study.frame.assign(y=drawn[0][0]))
    for y, b in drawn:
        yield pylmer.refit(model, y), b


def hits(study: Study, method: str, sets: int, seed: int) -> dict[str, list[bool]]:
    """Per parameter, whether the interval of each data set covers it; NaN limits are open ends."""
    rng = np.random.default_rng([seed, 7])  # the designs have seeds of their own
    found: dict[str, list[bool]] = {name: [] for name in study.truth}
    for fit, _ in fits(study, sets, rng):
        limits = METHODS[method](fit, rng)
        for name, (low, high) in limits.items():
            found[name].append(not (low > study.truth[name] or high < study.truth[name]))
    return {name: covered for name, covered in found.items() if covered}


def line(study: str, method: str, what: str, covered: list[bool]) -> dict[str, object]:
    """One figure with its Monte-Carlo standard error."""
    share = float(np.mean(covered))
    error = float(np.sqrt(share * (1 - share) / len(covered)))
    return {"design": study, "interval": method, "of": what, "sets": len(covered), "coverage": share, "error": error}


def job(task: tuple[str, str, int, int]) -> list[dict[str, object]]:
    study, method, sets, seed = task
    warnings.simplefilter("ignore", pylmer.FitNote)  # singular fits are part of the game
    found = hits(STUDIES[study], method, sets, seed)
    return [line(study, method, what, covered) for what, covered in found.items()]
