"""Rows in groups and the estimates of a model with one random intercept: what the five ways take and return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from ..extract import NamedVector
from ..extract.random import factors
from ..fit.fitted_model import FittedModel
from ..numerics.linalg import Array, dense
from ..text import Shown


@dataclass(frozen=True, eq=False)
class GroupedRows:
    """Rows in groups, as every way takes them.

    y (n,) without offset;  X (n, p);  codes (n,) group of each row, 0..J-1;  weights (n,)
    names (p,) of the columns of X;  levels (J,) of the groups;  group the factor's name
    """

    y: Array
    X: Array
    codes: Array
    weights: Array
    names: tuple[str, ...]
    levels: tuple[str, ...]
    group: str

    @property
    def J(self) -> int:
        """Number of groups."""
        return len(self.levels)

    @property
    def indicators(self) -> Array:
        """Z (n, J)."""
        return np.eye(self.J)[self.codes]

    def means(self, values: Array) -> Array:
        """Weighted means by group: (J, ...) for values (n, ...)."""
        size = np.bincount(self.codes, self.weights, self.J)
        columns = values.reshape(len(values), -1).T
        sums = [np.bincount(self.codes, self.weights * column, self.J) for column in columns]
        return np.asarray(np.array(sums).T / size[:, None]).reshape(self.J, *values.shape[1:])

    @property
    def group_level(self) -> Array:
        """Which columns of X are constant within groups: (p,) bool."""
        first = self.X[np.unique(self.codes, return_index=True)[1]]
        return np.asarray(np.all(first[self.codes] == self.X, axis=0))


@dataclass(frozen=True, eq=False, repr=False)
class TwoLevel(Shown):
    """What each way returns: beta of all columns of X, and alpha_j = u_j' gamma + b_j, the intercept of each group.

    se_beta and se_alpha where the way gives them naturally, given sigma_alpha and sigma_y; else None.
    """

    way: str
    beta: NamedVector
    alpha: NamedVector
    se_beta: NamedVector | None = None
    se_alpha: NamedVector | None = None


def two_level(rows: GroupedRows, way: str, beta: Array, b: Array, joint: Array | None = None) -> TwoLevel:
    """The record; `joint` is the covariance of (beta, b), of beta alone, or None."""
    U = rows.means(rows.X) * rows.group_level
    p = len(beta)
    se_beta = se_alpha = None
    if joint is not None:
        se_beta = NamedVector(np.sqrt(np.diag(joint)[:p]), index=list(rows.names))
    if joint is not None and len(joint) > p:
        to_alpha = np.hstack([U, np.eye(rows.J)])
        se_alpha = _by_level(rows, np.sqrt(np.sum((to_alpha @ joint) * to_alpha, axis=1)))
    return TwoLevel(way, NamedVector(beta, index=list(rows.names)), _by_level(rows, U @ beta + b), se_beta, se_alpha)


def _by_level(rows: GroupedRows, values: Array) -> NamedVector:
    return NamedVector(values, index=list(rows.levels))


def grouped_rows(fit: FittedModel) -> GroupedRows:
    """The rows of a fit with one random intercept; ArgumentError for any other model."""
    terms, rows = fit.rows.random, fit.rows
    if len(factors(fit)) != 1 or len(terms) != 1 or terms[0].Z is not None:
        raise ArgumentError(
            "the five ways write a model with one random intercept, as in y ~ x + (1 | g); this one has "
            + ", ".join(f"({term.label})" for term in terms)
        )
    return GroupedRows(
        y=rows.y if rows.offset is None else rows.y - rows.offset,
        X=dense(rows.X),
        codes=terms[0].codes,
        weights=np.ones(rows.n) if rows.weights is None else rows.weights,
        names=fit.design.X_names,
        levels=tuple(terms[0].labels()),
        group=terms[0].group,
    )
