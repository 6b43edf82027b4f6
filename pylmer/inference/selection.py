"""step: backward elimination of random, then of fixed effects, as lmerTest's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import is_number
from ..errors import ArgumentError
from ..extract import word
from ..fitting import FittedModel
from ..language.syntax import MixedFormula
from ..tables import Shown
from .contrasts import DDF
from .degrees_of_freedom import METHODS, check_ddf
from .deletions import drop1, random_table, reductions, without_term
from .likelihood_ratio import refitted
from .records import AnovaTable, table
from .variance_tables import COLUMNS


@dataclass(frozen=True, eq=False, repr=False)
class Step(Shown):
    """What `step` did: tables `random` and `fixed` (None if not asked for), and the `model` it arrived at.

    In the column Eliminated terms that went are numbered in order; 0 stands for those that stayed.
    """

    random: AnovaTable | None
    fixed: AnovaTable | None
    model: FittedModel
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

    At each turn the term with the largest p-value goes, if that is above `alpha_random`, or `alpha_fixed`; fixed terms
    that are part of others stay as long as those do. The last random term stays, since without one the model is no
    mixed model; its p-value says whether `lm` would do. `.model` is the model found.

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
    random, model = reduced_random(fit, alpha_random) if reduce_random else (None, fit)
    fixed, model = reduced_fixed(model, alpha_fixed, ddf) if reduce_fixed else (None, model)
    return Step(random, fixed, model, ddf)


def reduced_random(fit: FittedModel, alpha: float) -> tuple[AnovaTable, FittedModel]:
    """Eliminate random effects one by one; the table and the model left."""
    rows: dict[str, dict[str, float]] = {}
    while True:
        options = dict(reductions(fit))
        tests = random_table(fit, options, ())
        if not rows:
            rows["<none>"] = _row(tests, "<none>", math.nan)
        worst = _worst(tests.iloc[1:], alpha)
        if worst is None or options[worst] is None:
            break
        rows[worst] = _row(tests, worst, len(rows))
        fit = _refit(fit, options[worst])
    rows |= {label: _row(tests, label, 0) for label in map(str, tests.index[1:])}
    return _table(rows, "Backward reduced random-effect table:"), fit


def reduced_fixed(fit: FittedModel, alpha: float, ddf: str) -> tuple[AnovaTable, FittedModel]:
    """Eliminate fixed effects one by one; the table and the model left."""
    rows: dict[str, dict[str, float]] = {}
    while True:
        tests = drop1(fit, ddf=ddf)
        worst = _worst(tests, alpha)
        if worst is None:
            break
        rows[worst] = _row(tests, worst, len(rows) + 1)
        fit = _refit(fit, without_term(fit, worst))
    rows |= {label: _row(tests, label, 0) for label in map(str, tests.index)}
    heading = f"Backward reduced fixed-effect table:\nDegrees of freedom method: {ddf} "
    return _table(rows, heading), fit


def _row(tests: AnovaTable, label: str, eliminated: float) -> dict[str, float]:
    place = list(tests.index).index(label)
    values = tests.to_numpy(float)[place]
    return {"Eliminated": eliminated, **dict(zip(map(str, tests.columns), map(float, values), strict=True))}


def _worst(tests: Any, alpha: float) -> str | None:
    """The label with the largest p-value, if that is above `alpha`; terms without a test stay."""
    p = tests.iloc[:, -1].fillna(-1.0).to_numpy() if len(tests) else np.zeros(0)
    return str(tests.index[int(np.argmax(p))]) if len(p) and p.max() > alpha else None


def _refit(fit: FittedModel, formula: MixedFormula | None) -> FittedModel:
    assert formula is not None
    return refitted(fit, formula)


def _table(rows: dict[str, dict[str, float]], heading: str) -> AnovaTable:
    names = list(next(iter(rows.values()))) if rows else ["Eliminated", *COLUMNS]
    columns = {name: np.array([row[name] for row in rows.values()]) for name in names}
    made: AnovaTable = table(AnovaTable, columns, list(rows), (heading, ""))
    return made
