"""The record of a fit: symbols are attributes; words are functions elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..design import Design
from ..engine.criterion.profiled import At
from ..errors import FitNote
from ..language import fitted_formula
from ..language.nodes import Call
from ..language.syntax import MixedFormula
from ..numerics.linalg import Array, read_only
from ..options import lmerControl
from .devfun import Devfun, group_numbers
from .optimum import Optimum
from .request import Request
from .solution import Solution, solve


@dataclass(frozen=True, eq=False)
class FittedModel:
    """The record of a fit. Symbols are attributes; words (`fixef`, `ranef`, ...) are functions."""

    linear_kind: ClassVar[type[Any] | None] = None  # what `lm` makes beside it, for words that end without groups
    request: Request
    devfun: Devfun
    optimum: Optimum
    notes: tuple[FitNote, ...] = ()

    @cached_property
    def at(self) -> At:
        """Criterion, score and information at the optimum."""
        return self.devfun.criterion.at(self.optimum.points)

    @cached_property
    def solution(self) -> Solution:
        """Estimates in the user's coordinates."""
        return solve(self.at, self.devfun.families, group_numbers(self.design))

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "at"}

    @property
    def design(self) -> Design:
        """Rows and matrices."""
        return self.devfun.design

    @cached_property
    def formula(self) -> MixedFormula:
        """The formula as it was fitted: every `(x || g)` written out; `design.formula` is the one given."""
        return fitted_formula(self.design.formula, "diag" if self.control.doublevert == "diag" else "split")

    @property
    def REML(self) -> bool:
        """Fitted by REML (else by maximum likelihood)."""
        return self.devfun.REML

    @property
    def control(self) -> lmerControl:
        """The options of the fit."""
        return self.devfun.control

    @property
    def call(self) -> Call:
        """The call, arguments under R's names."""
        return self.request.call

    @property
    def data_name(self) -> str | None:
        """The data's name, if it has one."""
        return self.request.data_name

    @property
    def engine(self) -> str:
        """Name of the engine."""
        return self.devfun.criterion.engine.name

    @property
    def par(self) -> Array:
        """Free parameters (k,)."""
        return self.solution.par

    @property
    def theta(self) -> Array:
        """Entries of the relative covariance templates."""
        return self.solution.theta

    @property
    def beta(self) -> Array:
        """Fixed effects (p,)."""
        return self.solution.beta

    @property
    def sigma(self) -> float:
        """Residual standard deviation."""
        return self.solution.sigma

    @property
    def u(self) -> Array:
        """Spherical conditional modes (q,), terms in fitting order, effects inside a level."""
        return np.concatenate([u.ravel() for u in self.solution.u_terms])

    @property
    def b(self) -> Array:
        """Conditional modes (q,), ordered as `u`."""
        return np.concatenate([b.ravel() for b in self.solution.b_terms])

    @cached_property
    def mu(self) -> Array:
        """Fitted values (n,) of the rows used: X beta + Z b + offset."""
        mu: Array = read_only(linear_predictor(self.design, self.beta, self.solution.b_terms))
        return mu


def linear_predictor(design: Design, beta: Array, b_terms: Sequence[Array]) -> Array:
    """X beta + Z b + offset: (n,)."""
    mu = np.asarray(design.X @ beta, float)
    for term, b in zip(design.random, b_terms, strict=True):
        mu = mu + random_effect(term.Z, b[term.codes])
    return mu if design.offset is None else mu + design.offset


def random_effect(Z: Array | None, b: Array) -> Array:
    """One term's Z b (n,), of Z (n, l), or None for ones, and the modes b (n, l) of each row's level."""
    return b[:, 0] if Z is None else np.einsum("nl,nl->n", Z, b)
