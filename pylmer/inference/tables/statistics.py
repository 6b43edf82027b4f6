"""The lines at the foot of a table: sizes, explained variance, criteria."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...errors import ArgumentError
from ...extract import REMLcrit, deviance, df_residual, logLik, nobs
from ...extract.likelihood import group_sizes
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.words import several
from ...text.arguments import is_one_of, written
from ..performance.indices import CRITERIA, METRICS, criteria, indices

DEFAULT = ("nobs", "groups", "R2", "ICC", "AIC", "BIC", "logLik", "REMLcrit")
SIZES = ("nobs", "groups", "df_residual")
KNOWN = (*SIZES, *METRICS, "logLik", "REMLcrit", "deviance")
GROUPS = "groups: "  # before the factor's name


def chosen_statistics(given: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    """Which lines are wanted, in their order, and the labels that the user gives them."""
    if given is None:
        return {}, DEFAULT
    labels = dict(given) if isinstance(given, Mapping) else {}
    names = several(given)
    if not all(is_one_of(name, KNOWN) for name in names) or not all(isinstance(each, str) for each in labels.values()):
        raise ArgumentError(
            f"gof_map={written(given)}: wanted several of {', '.join(map(repr, KNOWN))}, or a dict of them and their "
            "labels; [] for none"
        )
    return labels, tuple(names)


def foot(fits: Mapping[str, Any], wanted: tuple[str, ...]) -> pd.DataFrame:
    """A row for each line, a column for each fit; NaN where a fit has no such statistic."""
    found = {name: statistics(fit, wanted) for name, fit in fits.items()}
    lines = dict.fromkeys(line for each in found.values() for line in each)
    ordered = sorted(lines, key=lambda line: wanted.index(_asked(line)))
    columns = {name: [each.get(line, math.nan) for line in ordered] for name, each in found.items()}
    return pd.DataFrame(columns, index=pd.Index(ordered, dtype=object))


def _asked(line: str) -> str:
    """The name by which a line is asked for."""
    if line.startswith(GROUPS):
        return "groups"
    return next((name for name, lines in METRICS.items() if line in lines), line)


def statistics(fit: Any, wanted: tuple[str, ...]) -> dict[str, float]:
    """Name -> value, of those that the fit has, in the order wanted; sizes are whole numbers."""
    found: dict[str, float] = {}
    for name in wanted:
        found |= _of_name(fit, name)
    return found


def _of_name(fit: Any, name: str) -> dict[str, float]:
    mixed = isinstance(fit, FittedModel | GeneralizedFittedModel)
    if name == "groups":
        return {f"{GROUPS}{factor}": size for factor, size in group_sizes(fit).items()} if mixed else {}
    if name in CRITERIA:
        return {name: criteria(logLik(fit))[name]}
    if name == "REMLcrit":
        return {name: REMLcrit(fit)} if isinstance(fit, FittedModel) and fit.REML else {}
    if name in READERS:
        return {name: READERS[name](fit)}
    return indices(fit, METRICS[name])


READERS: dict[str, Any] = {
    "nobs": nobs,
    "df_residual": df_residual,
    "logLik": lambda fit: float(logLik(fit)),
    "deviance": deviance,
}
