"""What marginal means need of a fit: coefficients, their covariance, degrees of freedom, what can be estimated.

What can be estimated is told by the null space of X (see `pylmer.design.estimable`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np

from ...design.estimable import NullSpace, null_space
from ...errors import ArgumentError
from ...fit.fitted_model import FittedModel
from ...fit.linear.regression import LinearFit
from ...fit.per_fit import once_per_fit
from ...fit.refitting import refit_reml
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array
from ...numerics.rank import TOLERANCE, left_to_right
from ..analysis_of_variance.hypotheses import reduced
from ..contrasts.contrasts import note_undetermined
from ..degrees_of_freedom.choice import Method, kenward_roger_of, satterthwaite_of
from ..degrees_of_freedom.kenward_roger import KenwardRoger
from ..degrees_of_freedom.satterthwaite import rank_of

DDF = "kenward-roger"
METHODS = ("kenward-roger", "satterthwaite", "asymptotic")
RELATIVE = 1e-13  # differences of functions, relative to the data, that are rounding


@dataclass(frozen=True, eq=False)
class Basis:
    """Coefficients and how they are judged; P columns of X, r of them kept.

    kept    (r,) positions of the estimated coefficients;  beta (r,)
    null    the null space of X
    method  covariance and degrees of freedom of functions (q, r);  ddf its name as R's emmeans prints it, None for lm
    """

    kept: Array
    beta: Array
    null: NullSpace
    method: Method
    ddf: str | None

    def estimable(self, L: Array) -> Array:
        """Mask (q,) of the functions L (q, P) that can be estimated; functions with missing weights cannot."""
        return self.null.estimable(L)

    def independent(self, L: Array) -> list[int]:
        """Rows of the functions L (q, P) that are not combinations of those before them, whatever the units."""
        return left_to_right((L / self.units(L)).T, TOLERANCE)

    def aligned(self, L: Array) -> Array:
        """Rows of the same space as the independent rows L (q, P), with ones and zeros in the columns' own units."""
        units = self.units(L)
        rows = reduced(np.linalg.qr((L / units).T)[0].T, list(range(L.shape[1])))
        return rows * np.where(np.isfinite(units), units, 0.0)

    def units(self, L: Array) -> Array:
        """The largest entry (P,) of each column, infinite where all are rounding beside the data."""
        largest = np.max(np.abs(L), axis=0, initial=0.0)
        return np.where(largest > RELATIVE * self.null.lengths, largest, np.inf)

    def estimates(self, L: Array) -> Array:
        """L beta (q,), NaN where it cannot be estimated."""
        return np.where(self.estimable(L), L[:, self.kept] @ self.beta, np.nan)

    def covariance(self, L: Array) -> Array:
        """Covariance (q, q) of the estimates."""
        return self.method.covariance(L[:, self.kept])

    def errors(self, L: Array) -> Array:
        """Standard errors (q,), NaN where there is no estimate."""
        variances = np.array([float(self.covariance(row[None])[0, 0]) for row in L])
        return np.where(self.estimable(L), np.sqrt(np.maximum(variances, 0.0)), np.nan)

    def degrees_of_freedom(self, L: Array) -> Array:
        """Of the t test of each function (q,), NaN where there is no estimate."""
        known = self.estimable(L) & np.any(L != 0, axis=1)
        df = np.full(len(L), np.nan)
        df[known] = self.method.single(L[known][:, self.kept])
        note_undetermined(df[known])
        return df


@dataclass(frozen=True, eq=False)
class KnownCovariance:
    """Coefficients with a covariance V (r, r) that is given."""

    V: Array

    def covariance(self, L: Array) -> Array:
        """L V L': (q, q)."""
        return np.asarray(L @ self.V @ L.T)

    def rank(self, L: Array) -> int:
        """How many rows of L (q, r) are independent."""
        return rank_of(L, np.diag(np.sqrt(np.diag(self.V))))


@dataclass(frozen=True, eq=False)
class KnownDf(KnownCovariance):
    """A covariance (r, r) that is taken as known, or known but for a factor estimated with `df` degrees of freedom."""

    df: float

    def single(self, L: Array) -> Array:
        """Degrees of freedom (q,), all alike."""
        return np.full(len(L), self.df)

    def joint(self, L: Array) -> tuple[float, float]:
        """Denominator degrees of freedom, and no scaling of F."""
        return self.df, 1.0


@singledispatch
def basis_of(fit: Any, lmer_df: str | None) -> Basis:
    """The basis of a fit, with degrees of freedom by the method `lmer_df` (None: `DDF`) if it is one of lmer.

    Raises ArgumentError for an unknown method.
    """
    raise ArgumentError(f"marginal means want a fit of lmer(), glmer() or lm(), found {type(fit).__name__}")


@basis_of.register
def _(fit: FittedModel, lmer_df: str | None) -> Basis:
    lmer_df = DDF if lmer_df is None else lmer_df
    if lmer_df not in METHODS:
        raise ArgumentError(
            f"lmer_df={lmer_df!r}: wanted one of {', '.join(map(repr, METHODS))}{did_you_mean(str(lmer_df), METHODS)}"
        )
    kept = fit.design.spec.fixed_columns
    return Basis(kept, fit.beta, null_space(fit, kept), _method(fit, lmer_df), lmer_df)


@basis_of.register
def _(fit: LinearFit, lmer_df: str | None) -> Basis:
    kept = fit.solution.kept
    method = KnownDf(fit.sigma**2 * fit.solution.unscaled, fit.solution.df_residual)
    return Basis(kept, fit.beta[kept], null_space(fit, kept), method, None)


def _method(fit: FittedModel, lmer_df: str) -> Method:
    if lmer_df == "kenward-roger":
        return kenward_roger_of(fit) if fit.REML else kenward_roger_of_ml(fit)
    if lmer_df == "satterthwaite":
        return satterthwaite_of(fit)
    return KnownDf(fit.sigma**2 * fit.solution.Phi, np.inf)


@once_per_fit
def kenward_roger_of_ml(fit: FittedModel) -> KenwardRoger:
    """As R's emmeans does for a fit by maximum likelihood, without a word: everything is of the REML refit.

    All but the covariance that the degrees of freedom are relative to, which stays the one of the fit.
    """
    method = kenward_roger_of(refit_reml(fit))
    return replace(method, Phi=fit.at.Phi * (fit.at.s2 / method.s2))
