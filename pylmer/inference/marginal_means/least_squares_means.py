"""Least-squares means as lmerTest's ls_means: means of the levels of factors, all other cells weighing the same.

Other factors are averaged over their levels with equal weights, covariates stand at their means (Searle, Speed &
Milliken 1980). A mean that the data cannot estimate is missing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ...errors import ArgumentError, DataError
from ...extract import word
from ...fit.fitted_model import FittedModel
from ...fit.words import several
from ...functions import Matrix, Strings, evaluate
from ...functions.variables import as_variable
from ...language import deparse, known_as, variables
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array
from ...text.arguments import check_level
from ..analysis_of_variance.estimable import Overparametrised, Variable, overparametrise, variable_of_rows
from ..contrasts.contrasts import DDF, t_tests
from ..degrees_of_freedom.choice import METHODS, check_ddf
from ..records import CoefmatTable, table
from .seen import Seen

NOT_ESTIMABLE = 1e-6
COLUMNS = ("Estimate", "Std. Error", "df", "t value", "lower", "upper", "Pr(>|t|)")


@word
def ls_means(
    fit: FittedModel,
    which: str | Sequence[str] | None = None,
    level: float = 0.95,
    ddf: str = DDF,
    pairwise: bool = False,
) -> CoefmatTable:
    """Least-squares means of the factors of a fit, with t tests and confidence limits, as lmerTest's `ls_means`.

    fit       a fit of `lmer`
    which     labels of terms made of factors alone; None, the default: all of these
    level     coverage of the confidence limits, between 0 and 1; default 0.95
    ddf       "Satterthwaite" (the default) or "Kenward-Roger"
    pairwise  True: differences of all pairs instead (`difflsmeans`); default False

    A DataFrame with lmerTest's columns; NaN where a mean is not estimable (a cell without data). Raises ArgumentError
    for labels that are no such terms.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.ls_means(fit)["Estimate"].round(4).to_dict()
    {'recipeA': 33.1222, 'recipeB': 31.6444, 'recipeC': 31.6}
    """
    check_ddf(ddf, METHODS)
    check_level(level)
    names: list[str] = []
    rows: list[Array] = []
    for label in _terms(fit, which):
        cells, L = cell_means(fit, label)
        if pairwise:
            pairs = list(itertools.combinations(range(len(cells)), 2))
            cells, L = [f"{cells[i]} - {cells[j]}" for i, j in pairs], np.array([L[i] - L[j] for i, j in pairs])
        names += cells
        rows += list(L)
    footing = ("", f"  Confidence level: {100 * level:g}%", f"  Degrees of freedom method: {ddf} ")
    columns = _tests(fit, np.array(rows).reshape(len(rows), len(fit.beta)), ddf, level)
    made: CoefmatTable = table(CoefmatTable, columns, names, ("Least Squares Means table:", ""), footing)
    return made


@word
def difflsmeans(
    fit: FittedModel, which: str | Sequence[str] | None = None, level: float = 0.95, ddf: str = DDF
) -> CoefmatTable:
    """Differences of least-squares means between all pairs of levels, as lmerTest's `difflsmeans`.

    fit    a fit of `lmer`
    which  labels of terms made of factors alone; None, the default: all of these
    level  coverage of the confidence limits, between 0 and 1; default 0.95
    ddf    "Satterthwaite" (the default) or "Kenward-Roger"

    A DataFrame as of `ls_means`. Raises ArgumentError for labels that are no such terms.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.difflsmeans(fit)["Estimate"].round(4).to_dict()
    {'recipeA - recipeB': 1.4778, 'recipeA - recipeC': 1.5222, 'recipeB - recipeC': 0.0444}
    """
    return ls_means(fit, which, level=level, ddf=ddf, pairwise=True)


def _tests(fit: FittedModel, L: Array, ddf: str, level: float) -> dict[str, Array]:
    known = np.isfinite(L).all(axis=1)
    tests = t_tests(fit, L[known], ddf)
    found = (tests.estimate, tests.error, tests.df, tests.t, *tests.limits(level), tests.p)
    columns = {}
    for name, values in zip(COLUMNS, found, strict=True):
        columns[name] = np.full(len(L), np.nan)
        columns[name][known] = values
    return columns


def factor_terms(fit: FittedModel) -> list[str]:
    """Labels of the fixed-effects terms made of factors alone."""
    every = overparametrise(fit)
    return [
        label
        for label, term in zip(every.labels, every.terms, strict=True)
        if term and all(every.variables[v].is_factor for v in term)
    ]


def _terms(fit: FittedModel, which: str | Sequence[str] | None) -> list[str]:
    known = factor_terms(fit)
    if which is None:
        return known
    wanted = [known_as(label, known) or label for label in several(which)]
    for label in wanted:
        if label not in known:
            raise ArgumentError(
                f"which={label!r}: no term of the model is made of these factors{did_you_mean(str(label), known)}; "
                f"there is {', '.join(known) or 'none'}"
            )
    return wanted


def cell_means(fit: FittedModel, label: str) -> tuple[list[str], Array]:
    """Names of a term's cells, the first factor's levels fastest, and L (cells, p); NaN where not estimable."""
    every = overparametrise(fit)
    term, covariates = every.terms[every.labels.index(label)], covariate_means(fit)
    cells = [
        tuple(reversed(c)) for c in itertools.product(*(range(len(every.variables[v].labels)) for v in term[::-1]))
    ]
    rows = np.array([_weights(every, dict(zip(term, cell, strict=True)), covariates) for cell in cells])
    names = [
        ":".join(every.variables[v].name + every.variables[v].labels[k] for v, k in zip(term, cell, strict=True))
        for cell in cells
    ]
    return names, _on_coefficients(every, rows)


def _weights(every: Overparametrised, cell: dict[int, int], covariates: dict[int, Array]) -> Array:
    """The mean of a cell as weights of all columns (P,)."""
    out = np.ones(len(every.assign))
    for column, levels in enumerate(every.levels):
        for v, k in zip(every.terms[every.assign[column]], levels, strict=True):
            if v in covariates:
                out[column] *= covariates[v][k]
            elif v in cell:
                out[column] *= cell[v] == k
            else:
                out[column] /= len(every.variables[v].labels)
    return out


def _on_coefficients(every: Overparametrised, rows: Array) -> Array:
    """Functions (q, P) of all columns as functions (q, p) of the coefficients; NaN where they are not estimable."""
    rows = rows / every.lengths[: len(every.assign)]
    inside = rows[:, every.kept]
    off = np.max(np.abs(inside @ every.B - rows), axis=1, initial=0.0)
    L = every.functions_of_X(inside)
    L[off > NOT_ESTIMABLE * np.max(np.abs(rows), axis=1, initial=0.0)] = np.nan
    return L


def covariate_means(fit: FittedModel) -> dict[int, Array]:
    """Columns of each numeric variable, scaled as in `overparametrise`, where the data's columns are at their means.

    log(x) is thus the logarithm of the mean of x, as for a prediction at the mean.
    """
    every, spec = overparametrise(fit), fit.design.spec
    named = {deparse(node): node for node in fit.design.fixed_terms.variables}
    numeric = {v: named[each.name] for v, each in enumerate(every.variables) if not each.is_factor}
    if not numeric:
        return {}
    used = {v: {name.name for name in variables(node)} & set(spec.columns) for v, node in numeric.items()}
    of_factors = [v for v, names in used.items() if any(spec.columns[name].kind != "numeric" for name in names)]
    frame = spec.frame(_means(fit, sorted(set().union(*(used[v] for v in used if v not in of_factors)))))
    out = {}
    for v, node in numeric.items():
        if v in of_factors:  # as.numeric(f): only the variable itself has a mean
            out[v] = _mean_of(fit, every.variables[v])
            continue
        value = as_variable(evaluate(node, frame.scope))
        numbers = value.numbers[0] if isinstance(value, Matrix) else np.asarray(value, float)[:1]
        out[v] = numbers / every.variables[v].sizes
    return out


def _mean_of(fit: FittedModel, variable: Variable) -> Array:
    """The means of the columns of a numeric variable that is made of a factor."""
    whole = variable if len(variable.columns(slice(None))) else variable_of_rows(variable.name, fit.rows.variables)
    return np.asarray(whole.columns(slice(None)).mean(axis=0))


def _means(fit: FittedModel, names: Sequence[str]) -> dict[str, list[float]]:
    seen, out = Seen.of(fit, names), {}
    for name in names:
        if name in seen.numbers:
            out[name] = [seen.numbers[name].mean]
            continue
        value = seen.value(name)
        if isinstance(value, Strings):
            raise DataError(f"the covariate {name!r} is text and has no mean")
        out[name] = [float(np.mean(np.asarray(getattr(value, "codes", value), float)))]
    return out
