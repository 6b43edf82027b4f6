"""step: backward elimination of random, then of fixed effects, as lmerTest's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...extract import word
from ...fit.fitted_model import FittedModel
from ...fit.linear.regression import LinearFit
from ...text import Shown
from ...text.arguments import is_number, plain
from ..contrasts.contrasts import DDF
from ..degrees_of_freedom.choice import METHODS, check_ddf
from ..records import AnovaTable, table
from .deletions import drop1, random_table, reductions, without_term
from .likelihood_ratio import refitted
from .linear_deletions import COLUMNS as LINEAR_COLUMNS
from .linear_deletions import linear_deletions, without_groups, without_linear_term
from .variance_tables import COLUMNS

Fit = FittedModel | LinearFit
RANDOM_HEADING = ("Backward reduced random-effect table:", "")
FIXED_HEADING = "Backward reduced fixed-effect table:"
ALL_STAY = 1.0  # no p-value is larger


@dataclass(frozen=True, eq=False, repr=False)
class Step(Shown):
    """What `step` did: tables `random` and `fixed`, and the `model` it arrived at, an `lm` if no random term stayed.

    In the column Eliminated terms that went are numbered in order; 0 stands for those that stayed.
    """

    random: AnovaTable
    fixed: AnovaTable
    model: Fit
    ddf: str


@word
def step(
    fit: FittedModel,
    ddf: str = DDF,
    alpha_random: float = 0.1,
    alpha_fixed: float = 0.05,
    reduce_fixed: bool = True,
    reduce_random: bool = True,
) -> Step:
    """Backward elimination: first random effects by likelihood-ratio tests (`ranova`), then fixed ones by F tests.

    fit            a fit of `lmer`
    ddf            "Satterthwaite" (the default) or "Kenward-Roger", of the F tests
    alpha_random   level above which a random term goes, from 0 to 1; default 0.1
    alpha_fixed    level above which a fixed term goes, from 0 to 1; default 0.05
    reduce_fixed   False: fixed terms stay, and their table shows the tests of the model; default True
    reduce_random  False: random terms stay, and their table shows the tests of the model; default True

    At each turn the term with the largest p-value goes, if that is above the level; fixed terms that are part of others
    stay as long as those do. Where no random term stays the model is an `lm`, and the fixed ones are tested by its F
    tests (Df, Sum of Sq, RSS, AIC). `get_model(step)` (`.model`) is the model found.

    Raises DataError if other rows come to be used without a term.

    Source: Kuznetsova, Brockhoff & Christensen (2017), J. Stat. Softw. 82(13).

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> str(pylmer.step(fit).model.formula)
    'angle ~ temp + (1 | recipe:replicate)'
    """
    check_ddf(ddf, METHODS)
    for name, alpha in (("alpha_random", alpha_random), ("alpha_fixed", alpha_fixed)):
        if not is_number(alpha) or not 0 <= alpha <= 1:
            raise ArgumentError(f"{name}={alpha!r}: a level lies between 0 and 1")
    random, left = reduced_random(fit, alpha_random if reduce_random else ALL_STAY)
    fixed, model = reduced_fixed(left, alpha_fixed if reduce_fixed else ALL_STAY, ddf)
    return Step(random, fixed, model, ddf)


@plain
def get_model(step: Step) -> Fit:
    """The model that `step` found, as lmerTest's `get_model`: a fit of lmer, or of lm where no random term stayed.

    step  what `step` returned

    Raises ArgumentError for anything else.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.fixef(pylmer.get_model(pylmer.step(fit))).round(3).to_dict()
    {'(Intercept)': 0.516, 'temp': 0.158}
    """
    if not isinstance(step, Step):
        raise ArgumentError(f"get_model() wants what step() returns, found {type(step).__name__}")
    return step.model


def reduced_random(fit: FittedModel, alpha: float) -> tuple[AnovaTable, Fit]:
    """Eliminate random effects one by one; the table and the model left, an `lm` if none stayed."""
    rows: dict[str, dict[str, float]] = {}
    while True:
        options = dict(reductions(fit))
        tests = random_table(fit, options, ())
        if not rows:
            rows["<none>"] = _row(tests, "<none>", math.nan)
        worst = _worst(tests.iloc[1:], alpha)
        if worst is None:
            break
        rows[worst] = _row(tests, worst, len(rows))
        smaller = options[worst]
        if smaller is None:
            return _table(rows, RANDOM_HEADING), without_groups(fit)
        fit = refitted(fit, smaller)
    rows |= {label: _row(tests, label, 0) for label in map(str, tests.index[1:])}
    return _table(rows, RANDOM_HEADING), fit


def reduced_fixed(fit: Fit, alpha: float, ddf: str) -> tuple[AnovaTable, Fit]:
    """Eliminate fixed effects one by one; the table and the model left."""
    rows: dict[str, dict[str, float]] = {}
    while True:
        tests = linear_deletions(fit) if isinstance(fit, LinearFit) else drop1(fit, ddf=ddf)
        worst = _worst(tests, alpha)
        if worst is None:
            break
        rows[worst] = _row(tests, worst, len(rows) + 1)
        fit = _without(fit, worst)
    rows |= {label: _row(tests, label, 0) for label in map(str, tests.index)}
    if isinstance(fit, LinearFit):
        return _table(rows, (FIXED_HEADING,), LINEAR_COLUMNS), fit
    return _table(rows, (f"{FIXED_HEADING}\nDegrees of freedom method: {ddf} ", "")), fit


def _row(tests: AnovaTable, label: str, eliminated: float) -> dict[str, float]:
    place = list(tests.index).index(label)
    values = tests.to_numpy(float)[place]
    return {"Eliminated": eliminated, **dict(zip(map(str, tests.columns), map(float, values), strict=True))}


def _worst(tests: Any, alpha: float) -> str | None:
    """The label with the largest p-value, if that is above `alpha`; terms without a test stay."""
    p = tests.iloc[:, -1].fillna(-1.0).to_numpy() if len(tests) else np.zeros(0)
    return str(tests.index[int(np.argmax(p))]) if len(p) and p.max() > alpha else None


def _without(fit: Fit, label: str) -> Fit:
    if isinstance(fit, LinearFit):
        return without_linear_term(fit, label)
    smaller: Fit = refitted(fit, without_term(fit, label))
    return smaller


def _table(
    rows: dict[str, dict[str, float]], heading: tuple[str, ...], columns: tuple[str, ...] = COLUMNS
) -> AnovaTable:
    names = list(next(iter(rows.values()))) if rows else ["Eliminated", *columns]
    values = {name: np.array([row[name] for row in rows.values()]) for name in names}
    made: AnovaTable = table(AnovaTable, values, list(rows), heading)
    return made
