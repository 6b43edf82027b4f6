"""lm without its printing: formula and data -> least squares.

Complete pooling is `lm(y ~ x)`, no pooling `lm(y ~ x + factor(g) - 1)` or, with slopes too, `lmList(y ~ x | g)`
(module `grouped_regression`): the ends between which a mixed model finds its place (Gelman & Hill 2007, 12.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from ...design import Designed, ModelData
from ...errors import FitNote, FormulaError
from ...numerics.linalg import Array, dense, read_only
from ...options import lmerControl
from ...text import Shown
from ..base import Fit
from ..fitting import design_of
from ..request import Request
from .least_squares import LeastSquares, explained, least_squares, log_likelihood

LENIENT = lmerControl(check_rankX="silent.drop.cols", check_scaleX="ignore", check_response_not_const="ignore")
Linear = TypeVar("Linear", bound="LinearFit")


@dataclass(frozen=True, eq=False, repr=False)
class LinearFit(Shown, Fit):
    """A linear model fitted by (weighted) least squares.

    `beta` (p,) are the bare estimates, NaN for aliased columns, `names` their p names, `sigma` the residual standard
    deviation, `solution` all numbers of the fit; words (`coef`, `vcov`, `summary`, ...) give them their labels.
    """

    data: ModelData
    solution: LeastSquares
    notes: tuple[FitNote, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.design.X_full_names

    @property
    def beta(self) -> Array:
        return self.solution.beta

    @property
    def sigma(self) -> float:
        return self.solution.sigma

    @property
    def intercept(self) -> bool:
        return self.design.fixed_terms.intercept

    @cached_property
    def covariance(self) -> Array:
        """Covariances of the estimates (p, p); NaN for aliased columns."""
        full = np.full((len(self.names), len(self.names)), np.nan)
        full[np.ix_(self.solution.kept, self.solution.kept)] = self.sigma**2 * self.solution.unscaled
        sealed: Array = read_only(full)
        return sealed

    @cached_property
    def weighted(self) -> bool:
        """Whether there are prior weights."""
        return self.rows.weights is not None

    @cached_property
    def sum_explained(self) -> float:
        """Sum of squares of the fitted values, about their weighted mean where there is an intercept."""
        return explained(self.solution, self.rows.weights, self.intercept)

    @cached_property
    def log_likelihood(self) -> float:
        """At its maximum over sigma."""
        return log_likelihood(self.solution, self.rows.weights)

    @cached_property
    def effects(self) -> Array:
        """Q'y (r,) of the weighted columns in order: their squares are the sequential sums of squares."""
        rows = self.rows
        root = np.ones(rows.n) if rows.weights is None else np.sqrt(rows.weights)
        y = rows.y if rows.offset is None else rows.y - rows.offset
        Xy = np.column_stack([root[:, None] * dense(rows.X), root * y])
        R = np.asarray(np.linalg.qr(Xy, mode="r"))
        found: Array = read_only(R[: self.solution.rank, -1])
        return found


def fit_linear(kind: type[Linear], request: Request) -> Linear:
    """The least-squares fit of a formula without random terms; raises FormulaError for one with."""
    if request.formula.random:
        term = request.formula.random[0]
        message = "lm() fits no random effects: leave the term out, or use lmer()"
        raise FormulaError(message, request.formula.text or None, *term.span)
    data = design_of(replace(request, control=LENIENT))
    return kind(request, data, solve_rows(data), tuple(FitNote(text) for text in data.notes))


def solve_rows(data: ModelData) -> LeastSquares:
    """Least squares on the rows."""
    rows = data.rows
    return least_squares(full_matrix(data), rows.y, data.spec.fixed_columns, rows.weights, rows.offset)


def full_matrix(fit: Designed) -> Array:
    """X (n, p), dense, with a column of zeros in place of every dropped one."""
    X = np.zeros((fit.design.n, len(fit.design.X_full_names)))
    X[:, fit.design.spec.fixed_columns] = dense(fit.rows.X)
    return X
