"""What is known of the levels of one grouping factor: sizes, random coefficients, group-level predictors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import fixef, ranef
from ..extract.random import factors
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..numerics.linalg import Array, dense
from ..partial_pooling import Pooling
from .choosing import known, one_group
from .scales import Fitted

INTERCEPT = "(Intercept)"
CONSTANT = 1e-8  # of a column's range, within which it is constant in a level


def grouping_factor(fit: Any, group: str | None, word: str) -> str:
    """The grouping factor that is meant; ArgumentError for what is no fit of lmer() or glmer()."""
    if not isinstance(fit, FittedModel | GeneralizedFittedModel):
        raise ArgumentError(f"{word}() wants a fit of lmer() or glmer(), found {type(fit).__name__}")
    chosen = one_group(factors(fit), group, word)
    _check_distinct(fit, chosen, word)
    return chosen


def _check_distinct(fit: Fitted, group: str, word: str) -> None:
    """A picture names its coefficients, so two of one name (a logical `lg` and a number `lgTRUE`) cannot be shown."""
    random = [column for i in factors(fit)[group] for column in fit.design.random[i].columns]
    for names in (list(fit.design.X_names), random):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ArgumentError(f"{word}(): {names.count(twice)} coefficients are called {twice!r}: rename a column")


def codes(fit: Fitted, group: str) -> Array:
    """The level of each row used: (n,)."""
    return fit.rows.random[factors(fit)[group][0]].codes


def sizes(fit: Fitted, group: str) -> Array:
    """Rows of each level: (J,)."""
    return np.bincount(codes(fit, group), minlength=len(ranef(fit, condVar=False)[group]))


def random_column(fit: Fitted, group: str, column: str, word: str) -> str:
    """`column`, if it varies over the levels of the factor."""
    return known(ranef(fit, condVar=False)[group].columns, column, f"{word}(): coefficient")


def level_values(fit: Fitted, group: str, column: str) -> Array:
    """A column of X that is constant within the levels, by level: (J,); ArgumentError if it is not."""
    j = fit.design.X_names.index(column)
    x, level = dense(fit.rows.X[:, [j]])[:, 0], codes(fit, group)
    values = np.bincount(level, x) / np.bincount(level)
    if np.abs(x - values[level]).max() > CONSTANT * np.ptp(x):
        raise ArgumentError(f"{column} varies within {group}: wanted a predictor of the groups, constant in each")
    return np.asarray(values)


def spread_of_sizes(fit: Fitted, group: str, count: int) -> list[str]:
    """`count` levels from the smallest to the largest, equally spaced in the order of their sizes."""
    order = np.argsort(sizes(fit, group), kind="stable")
    chosen = np.unique(np.linspace(0, len(order) - 1, count).round().astype(int))
    labels = ranef(fit, condVar=False)[group].index
    return [str(labels[k]) for k in order[chosen]]


def by_coefficient(found: Pooling, coefficient: str, word: str) -> pd.DataFrame:
    """The rows (J,) of one coefficient in what `pooling` says; ArgumentError if it does not vary over the levels."""
    name = known(found.coefficients, coefficient, f"{word}(): coefficient")
    return found.frame if len(found.coefficients) == 1 else pd.DataFrame(found.frame.loc[name])


def common_mean(fit: Fitted, coefficient: str, table: pd.DataFrame) -> float | None:
    """The fixed effect of a random coefficient; None where predictors of the groups give each a mean of its own."""
    mean = float(fixef(fit).get(coefficient, 0.0))
    spread = np.ptp(table["complete"])
    return mean if spread <= CONSTANT * max(np.abs(table["complete"]).max(), 1e-300) else None
