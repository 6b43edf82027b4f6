"""lm without its printing: formula and data -> least squares.

Complete pooling is `lm(y ~ x)`, no pooling `lm(y ~ x + factor(g) - 1)` or, with slopes too, `lmList(y ~ x | g)`
(module `grouped_regression`): the ends between which a mixed model finds its place (Gelman & Hill 2007, 12.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from ...design import Design
from ...errors import FitNote, FormulaError
from ...language.nodes import Call
from ...language.syntax import MixedFormula
from ...numerics.linalg import Array, dense, read_only
from ...options import lmerControl
from ...text import Shown
from ..fitting import design_of
from ..request import Request
from .least_squares import LeastSquares, least_squares

LENIENT = lmerControl(check_rankX="silent.drop.cols", check_scaleX="ignore", check_response_not_const="ignore")
Fit = TypeVar("Fit", bound="LinearFit")


@dataclass(frozen=True, eq=False, repr=False)
class LinearFit(Shown):
    """A linear model fitted by (weighted) least squares.

    `beta` (p,) are the bare estimates, NaN for aliased columns, `names` their p names, `sigma` the residual standard
    deviation, `solution` all numbers of the fit; words (`coef`, `vcov`, `summary`, ...) give them their labels.
    """

    request: Request
    design: Design
    solution: LeastSquares
    notes: tuple[FitNote, ...] = ()

    @property
    def formula(self) -> MixedFormula:
        return self.request.formula

    @property
    def call(self) -> Call:
        return self.request.call

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


def fit_linear(kind: type[Fit], request: Request) -> Fit:
    """The least-squares fit of a formula without random terms; raises FormulaError for one with."""
    if request.formula.random:
        term = request.formula.random[0]
        message = "lm() fits no random effects: leave the term out, or use lmer()"
        raise FormulaError(message, request.formula.text or None, *term.span)
    design = design_of(replace(request, control=LENIENT))
    return kind(request, design, solve_design(design), tuple(FitNote(text) for text in design.notes))


def solve_design(design: Design) -> LeastSquares:
    """Least squares on the rows of a design."""
    return least_squares(full_matrix(design), design.y, design.spec.fixed_columns, design.weights, design.offset)


def full_matrix(design: Design) -> Array:
    """X (n, p), dense, with a column of zeros in place of every dropped one."""
    X = np.zeros((len(design.y), len(design.X_full_names)))
    X[:, design.spec.fixed_columns] = dense(design.X)
    return X
