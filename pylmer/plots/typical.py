"""Rows to draw a line through: one predictor varied, the others at typical values.

Numbers are held at their means. Factors are averaged over: the design row of a value is the mean of the design rows of
all combinations of the other factors, weighted by how often they occur.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..extract.random import factors
from ..functions import aligned, read_columns
from ..functions.python import as_array
from ..functions.series import value_of
from ..functions.values import Value, take
from ..language import deparse
from ..language.nodes import Name, Node
from ..language.walk import variables
from ..numerics.linalg import Array, dense
from .canvas import FEW
from .scales import AnyFit, Fitted

JITTER = 0.08  # of the smallest distance between two numbers


def fixed_columns(fit: AnyFit) -> list[str]:
    """The columns of the data that the fixed effects are made of."""
    return _columns(fit, fit.design.spec.fixed_variables)


def raw(fit: AnyFit) -> pd.DataFrame:
    """The columns of the data that the formula reads, on the rows used, before any function is applied to them."""
    used = (*_variables(fit), *(node for term in fit.design.spec.random_terms for node in term.factors))
    return pd.DataFrame({name: as_array(_value(fit, name)) for name in _columns(fit, used)})


def _variables(fit: AnyFit) -> tuple[Node, ...]:
    spec = fit.design.spec
    return (*spec.fixed_variables, *(node for term in spec.random_terms for node in term.variables))


def _columns(fit: AnyFit, used: Iterable[Node]) -> list[str]:
    names = dict.fromkeys(name.name for node in used for name in variables(node))
    return [name for name in names if name in fit.design.spec.columns]


def _value(fit: AnyFit, name: str) -> Value:
    label = deparse(Name(name))
    if label in fit.rows.variables:
        return fit.rows.variables[label]
    if fit.request.data is not None:
        return take(read_columns(fit.request.data)[name], fit.rows.kept)
    if name not in (fit.request.env or {}):
        raise DataError(f"the fit has kept no column {name!r}: pictures of its rows need a fit made with data")
    given = aligned((fit.request.env or {})[name], fit.rows.data_index, f"env[{name!r}]")
    return take(value_of(given, name), fit.rows.kept)


def level_columns(fit: AnyFit, rows: pd.DataFrame) -> list[str]:
    """The columns of `rows` that the model knows by levels: all but numbers and dates, and x in factor(x)."""
    known = fit.design.spec.variables
    coded = _columns(fit, [node for node in _variables(fit) if known[deparse(node)].kind in ("factor", "logical")])
    return [str(name) for name in rows if name in coded or rows[name].dtype.kind not in "iufM"]


def typical_rows(fit: AnyFit, rows: pd.DataFrame, predictor: str, values: Any) -> Array:
    """Design rows (G, p) of the fixed effects at G values of the predictor, the other columns as typical of `rows`."""
    grid, weights = _grid(fit, rows[fixed_columns(fit)], predictor, values)
    return _averaged(dense(fit.design.spec.fixed(grid)), weights)


def at_first_levels(fit: AnyFit, rows: pd.DataFrame, predictor: str) -> pd.DataFrame:
    """The rows with all factors but the predictor at their first levels, those that have no rows left out."""
    first = {
        name: pd.Categorical(rows[name]).remove_unused_categories().categories[0]
        for name in level_columns(fit, rows)
        if name != predictor
    }
    held = {name: rows[name].where(rows[name] == level, level) for name, level in first.items()}
    return rows.assign(**held)


def typical_random_rows(fit: Fitted, group: str, rows: pd.DataFrame, predictor: str, values: Any) -> Array:
    """The same for the random effects of one grouping factor, `rows` being those of one level: (G, L)."""
    spec, pieces = fit.design.spec, []
    for position in factors(fit)[group]:
        term = spec.random_terms[position]
        grid, weights = _grid(fit, rows[_columns(fit, (*term.variables, *term.factors))], predictor, values)
        Z = spec.random(grid, [position], allow_new_levels=True)[position][0]
        pieces.append(np.ones((len(values), 1)) if Z is None else _averaged(Z, weights))
    return np.hstack(pieces)


def _grid(fit: AnyFit, rows: pd.DataFrame, predictor: str, values: Any) -> tuple[pd.DataFrame, Array]:
    """For each value all K combinations of levels, the numbers at their means (G K rows); and their weights (K,)."""
    others = rows.drop(columns=predictor, errors="ignore")
    by_level = level_columns(fit, others)
    combinations = _combinations(others[by_level])
    weights = combinations.pop("share").to_numpy()
    G, K = len(values), len(weights)
    columns: dict[str, Any] = {predictor: values.repeat(K)}
    columns |= {name: combinations[name].take(np.tile(np.arange(K), G)).array for name in by_level}
    columns |= {name: [others[name].mean()] * (G * K) for name in map(str, others) if name not in by_level}
    return pd.DataFrame(columns), weights


def _averaged(matrix: Array, weights: Array) -> Array:
    """The mean over each K rows: (G, columns)."""
    return np.asarray(np.einsum("gkp,k->gp", matrix.reshape(-1, len(weights), matrix.shape[1]), weights))


def _combinations(columns: pd.DataFrame) -> pd.DataFrame:
    """The distinct rows, and in `share` how often each occurs."""
    if columns.columns.empty:
        return pd.DataFrame({"share": [1.0]})
    sizes = columns.groupby(list(columns), observed=True).size()
    return (sizes / sizes.sum()).rename("share").reset_index()


def jittered(x: Array) -> Array:
    """Numbers moved a little, the same way each time, where they have few values and would hide each other."""
    distinct = np.unique(x)
    if not 1 < len(distinct) <= FEW or len(distinct) == len(x):
        return x
    width = JITTER * np.diff(distinct).min()
    return x + np.random.default_rng(1).uniform(-width, width, len(x))
