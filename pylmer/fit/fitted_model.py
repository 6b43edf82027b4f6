"""The record of a fit: symbols are attributes; words are functions elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import numpy as np
import pandas as pd

from ..design import DesignRows, ModelData
from ..engine.covariance.covariances import Covariances
from ..engine.criterion.profiled import At, Criterion
from ..engine.factorization.contract import RemainderSizeError
from ..engine.sums.gram import Gram
from ..errors import FitNote
from ..language import fitted_formula
from ..language.syntax import MixedFormula
from ..numerics.linalg import Array, read_only
from ..options import Control
from .base import Fit
from .devfun import ITERATIVE, Devfun, group_numbers
from .optimum import Optimum
from .solution import Solution

Model = TypeVar("Model", bound="FittedModel")


@dataclass(frozen=True, eq=False)
class FittedModel(Fit):
    """The record of a fit. Symbols are attributes; words (`fixef`, `ranef`, ...) are functions.

    given       the solution where parameters were given, not estimated (see `parameters`)
    factorized  the criterion at the optimum where it is at hand already
    """

    linear_kind: ClassVar[type[Any] | None] = None  # what `lm` makes beside it, for words that end without groups
    devfun: Devfun
    optimum: Optimum
    notes: tuple[FitNote, ...] = ()
    given: Solution | None = field(default=None, repr=False)
    factorized: At | None = field(default=None, repr=False)

    @cached_property
    def at(self) -> At:
        """Criterion, score and information at the optimum."""
        if self.factorized is not None:
            return self.factorized
        return self._at_optimum(self.criterion)

    def _at_optimum(self, criterion: Criterion) -> At:
        """A criterion at the optimum, as the search has left it where it was the one that was searched."""
        known = self.optimum.factorized
        mine = known is not None and known.criterion is criterion and known.points == self.optimum.points
        return known if known is not None and mine else criterion.at(self.optimum.points)

    @cached_property
    def solution(self) -> Solution:
        """Estimates in the user's coordinates."""
        if self.given is not None:
            return self.given
        searched = self.devfun.searched
        at = self.at if searched is self.devfun else self._at_optimum(searched.criterion)
        return self.devfun.solution(at, group_numbers(self.design))

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "at"} | {"factorized": None}

    @property
    def data(self) -> ModelData:
        """Formula and data, read: the design, and the source of the rows."""
        return self.devfun.data

    @property
    def criterion(self) -> Criterion:
        """The function that was minimized."""
        return self.devfun.criterion

    @property
    def gram(self) -> Gram:
        """The sums that were fitted."""
        return self.devfun.gram

    @property
    def covariances(self) -> Covariances:
        """What the covariances of the random terms may be, and the scales of their columns."""
        return self.devfun.covariances

    @cached_property
    def formula(self) -> MixedFormula:
        """The formula as it was fitted: every `(x || g)` written out; `design.formula` is the one given."""
        return fitted_formula(self.design.formula, "diag" if self.control.doublevert == "diag" else "split")

    @property
    def REML(self) -> bool:
        """Fitted by REML (else by maximum likelihood)."""
        return self.devfun.REML

    @property
    def scaled(self) -> bool:
        """Whether sigma is a parameter: always."""
        return True

    @property
    def control(self) -> Control:
        """The options of the fit."""
        return self.devfun.control

    @property
    def engine(self) -> str:
        """Name of the engine."""
        return self.criterion.engine.name

    @property
    def logdet_V(self) -> float:
        """log|V|, prior weights included; by the iterative engine exact where the remainder can be factorized."""
        return self.solution.logdet_V if self._factorized_logdet is None else self._factorized_logdet

    @property
    def criterion_error(self) -> float:
        """Monte-Carlo standard error of the criterion as `logdet_V` leaves it: zero where that is exact."""
        estimated = self.engine == ITERATIVE and self._factorized_logdet is None
        return float(self.monte_carlo["std.error"].iloc[-1]) if estimated else 0.0

    @cached_property
    def _factorized_logdet(self) -> float | None:
        """log|V| by one factorization, for fits of the iterative engine; None for others, and where it is too large."""
        if self.engine != ITERATIVE or self.given is not None:
            return None
        from ..engine.factorization.iterative.engine import exact_factorization  # late: a room that few fits need

        try:
            exact = exact_factorization(self.criterion.engine, [point.template() for point in self.optimum.points])
        except RemainderSizeError:
            return None
        return exact.logdet_V - self.gram.sum_log_weights

    @cached_property
    def monte_carlo(self) -> pd.DataFrame:
        """What the iterative engine has estimated: name, value and std.error; without rows for exact fits."""
        columns = ["name", "value", "std.error"]
        if self.engine != ITERATIVE:
            return pd.DataFrame({"name": pd.Series([], dtype=object), **dict.fromkeys(columns[1:], np.zeros(0))})
        from ..engine.optimize.iterative_search import criterion_estimate, theta_covariance  # late, as above

        found = criterion_estimate(self.at)
        errors = [*np.sqrt(np.diag(theta_covariance(self.at))), found.se]
        names = [*(f"theta {name}" for name in self.covariances.names), "criterion"]
        return pd.DataFrame(dict(zip(columns, (names, [*self.par, found.value], errors), strict=True)))

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
        mu: Array = read_only(linear_predictor(self.rows, self.beta, self.solution.b_terms))
        return mu


def linear_predictor(rows: DesignRows, beta: Array, b_terms: Sequence[Array]) -> Array:
    """X beta + Z b + offset: (n,)."""
    mu = np.asarray(rows.X @ beta, float)
    for term, b in zip(rows.random, b_terms, strict=True):
        mu = mu + random_effect(term.Z, b[term.codes])
    return mu if rows.offset is None else mu + rows.offset


def random_effect(Z: Array | None, b: Array) -> Array:
    """One term's Z b (n,), of Z (n, l), or None for ones, and the modes b (n, l) of each row's level."""
    return b[:, 0] if Z is None else np.einsum("nl,nl->n", Z, b)
