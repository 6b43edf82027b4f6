"""glm without its printing: formula, data and family -> maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from ...design import Designed, ModelData
from ...engine.generalized.glm_fit import MAXIT, GlmData, GlmOptimum, fit_glm
from ...errors import FitNote, FormulaError
from ...families import Family
from ...families.binomial import Binomial
from ...numerics.linalg import Array, Codes, read_only
from ...numerics.rank import independent_columns
from ...text import Shown
from ..base import Fit
from ..fitting import design_of
from ..request import Request
from .regression import LENIENT, full_matrix

AT_THE_END = 10 * np.finfo(float).eps  # a fitted probability or mean that is numerically 0 or 1
Model = TypeVar("Model", bound="GeneralizedFit")


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizedFit(Shown, Fit):
    """A generalized linear model fitted by maximum likelihood.

    `beta` (p,) are the bare estimates, NaN for aliased columns, `names` their p names, `family` law and link,
    `optimum` all numbers of the fit; words (`coef`, `vcov`, `summary`, ...) give them their labels.
    """

    data: ModelData
    kept: Codes  # (r,) positions of the columns that have an estimate
    optimum: GlmOptimum
    notes: tuple[FitNote, ...] = ()

    @property
    def family(self) -> Family:
        return self.optimum.at.data.family

    @property
    def names(self) -> tuple[str, ...]:
        return self.design.X_full_names

    @property
    def intercept(self) -> bool:
        return self.design.fixed_terms.intercept

    @property
    def y(self) -> Array:
        """The response (n,); proportions of successes for a binomial family."""
        return self.rows.y

    @cached_property
    def weights(self) -> Array:
        """Prior weights (n,), trials among them."""
        w = self.rows.prior_weights
        return np.ones(self.design.n) if w is None else w

    @property
    def offset(self) -> Array | float:
        """The offset (n,), or 0.0."""
        return 0.0 if self.rows.offset is None else self.rows.offset

    @cached_property
    def beta(self) -> Array:
        beta = np.full(len(self.names), np.nan)
        beta[self.kept] = self.optimum.beta
        sealed: Array = read_only(beta)
        return sealed

    @property
    def eta(self) -> Array:
        """The linear predictor (n,) with the offset."""
        return self.optimum.at.eta

    @cached_property
    def mu(self) -> Array:
        """Fitted means (n,)."""
        return self.family.mu(self.eta)

    @property
    def rank(self) -> int:
        return len(self.kept)

    @cached_property
    def n_weighted(self) -> int:
        """Rows of positive weight."""
        return int(np.count_nonzero(self.weights))

    @property
    def df_residual(self) -> int:
        return self.n_weighted - self.rank

    @property
    def deviance(self) -> float:
        return self.optimum.at.deviance

    @cached_property
    def deviance_by_row(self) -> Array:
        """The rows' shares (n,) of the deviance."""
        return np.maximum(self.optimum.at.D, 0.0)

    @cached_property
    def pearson(self) -> Array:
        """(y - mu) sqrt(w / V(mu)): (n,)."""
        at = self.optimum.at
        V = self.family.variance(self.mu)
        plain = (self.y - self.mu) * np.sqrt(np.divide(self.weights, V, out=np.zeros_like(V), where=V > 0))
        root = np.sqrt(at.W)
        return np.where(V > 0, plain, np.divide(-at.g, root, out=np.zeros_like(root), where=root > 0))

    @cached_property
    def dispersion(self) -> float:
        """phi: 1, or of a family with scale Pearson's chi-square over the residual degrees of freedom, NaN without."""
        if not self.family.has_scale:
            return 1.0
        return float(self.pearson @ self.pearson) / self.df_residual if self.df_residual > 0 else float("nan")

    @cached_property
    def unscaled(self) -> Array:
        """(X'WX)^-1 (r, r) of the estimates."""
        return self.optimum.unscaled

    @cached_property
    def covariance(self) -> Array:
        """Covariances of the estimates (p, p); NaN for aliased columns."""
        full = np.full((len(self.names), len(self.names)), np.nan)
        full[np.ix_(self.kept, self.kept)] = self.dispersion * self.unscaled
        sealed: Array = read_only(full)
        return sealed

    @cached_property
    def null_deviance(self) -> float:
        """The deviance of the intercept alone, with the offset; without an intercept of the offset alone.

        Infinite where the offset alone is in the domain of no mean.
        """
        none = np.broadcast_to(np.asarray(self.offset, float), self.y.shape)
        return null_fit(self).at.deviance if self.intercept or self.family.valid(none) else np.inf

    @cached_property
    def minus_2_log_likelihood(self) -> float:
        """As R's glm has it: with a scale at phi = D / sum of weights."""
        at, data = self.optimum.at, self.optimum.at.data
        if self.rows.trials is not None and self.rows.weights is not None and isinstance(data.family, Binomial):
            return self.deviance + data.family.saturated_of_trials(self.y, self.rows.trials, self.rows.weights)
        return data.family.aic_r(data.y, data.w, at.eta, self.deviance) - 2 * self.family.has_scale


def fit_generalized(kind: type[Model], request: Request, start: Array | None = None) -> Model:
    """The fit of a formula without random terms; raises FormulaError for one with."""
    if request.formula.random:
        term = request.formula.random[0]
        message = "glm() fits no random effects: leave the term out, or use glmer()"
        raise FormulaError(message, request.formula.text or None, *term.span)
    return fit_rows(kind, request, design_of(replace(request, control=LENIENT)), start)


def fit_rows(kind: type[Model], request: Request, read: ModelData, start: Array | None = None) -> Model:
    """The fit of rows already read."""
    assert request.family is not None
    X, kept = columns_used(read)
    rows, w = read.rows, read.rows.prior_weights
    data = GlmData(
        request.family,
        X[:, kept],
        rows.y,
        1.0 if w is None else w,
        0.0 if rows.offset is None else rows.offset,
    )
    optimum = fit_glm(data, None if start is None else start[kept])
    texts = (*read.notes, *optimum_notes(optimum, [read.design.X_full_names[k] for k in kept]))
    return kind(request, read, kept, optimum, tuple(FitNote(text) for text in texts))


def columns_used(read: Designed) -> tuple[Array, Codes]:
    """X (n, p) with all its columns, and the positions of those that are independent in rows of positive weight."""
    X, w = full_matrix(read), read.rows.prior_weights
    kept = np.asarray(read.design.spec.fixed_columns)
    if w is None or w.all():
        return X, kept
    return X, kept[independent_columns(X[np.ix_(w > 0, kept)])]


def optimum_notes(optimum: GlmOptimum, names: list[str]) -> list[str]:
    """What must be said of how the iterations ended."""
    found, at = optimum.separation, optimum.at
    if found is not None:
        ends = "0 or 1" if isinstance(at.data.family, Binomial) else "0"
        return [
            f"the response is separated: along {found.described(names)} the fitted means of "
            f"{int(found.moved.sum())} of {len(found.moved)} rows tend to {ends}, and the likelihood rises for ever. "
            "The estimates are where the iterations stopped, and their standard errors say nothing; leave the "
            "predictor out, or use a model that holds coefficients back, such as random effects"
        ]
    if not optimum.converged:
        return [f"the iterations did not converge ({MAXIT} Fisher scoring steps, and Newton steps from there)"]
    mu = at.data.family.mu(at.eta)
    if isinstance(at.data.family, Binomial) and (np.any(mu > 1 - AT_THE_END) or np.any(mu < AT_THE_END)):
        return ["fitted probabilities numerically 0 or 1 occurred"]
    return []


def null_fit(fit: GeneralizedFit) -> GlmOptimum:
    """The fit of the intercept alone, or of no coefficient where there is no intercept."""
    ones = np.ones((fit.design.n, int(fit.intercept)))
    return fit_glm(replace(fit.optimum.at.data, X=ones))
