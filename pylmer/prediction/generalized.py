"""predict for generalized linear mixed models: on the scale of the linear predictor or of the response.

Standard errors are those of the joint distribution of (beta, b) given theta, with the covariance of beta that `vcov`
gives: Var = a'V a + z'K z, a = x - D'z (module `row_variances`). Intervals are made on the linear predictor and
transformed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..design.spec import NewFrame
from ..engine.criterion.row_variances import row_variances, unknown_variances
from ..engine.factorization.contract import Factorization
from ..errors import ArgumentError, note
from ..extract import vcov
from ..fit.generalized import GeneralizedFittedModel
from ..fit.given_parameters import Parameters, read_parameters
from ..numerics.distributions import two_sided_quantile
from ..numerics.linalg import Array, chunks
from ..text.arguments import check_level, is_one_of, written
from .choosing import ReForm, chosen_effects, selected_terms
from .intervals import INTERVALS
from .labels import (
    check_na_action,
    fitted_noise,
    labelled,
    new_noise,
    new_offset,
    on_fitted_rows,
    refuse_without_newdata,
    rows_kept,
)
from .options import one_of
from .rows import PredictedRows, fitted_rows, new_rows, rows_not_estimable
from .words import predict

TYPES = ("link", "response")
SIMULATED = 2_000  # responses drawn for a prediction interval, of each row
CELLS = 2_000_000  # numbers drawn at once


@dataclass(frozen=True, eq=False)
class Given:
    """Parameters that are given: what predictions read of a fit. The spherical modes u are held: b = T u."""

    beta: Array
    b_terms: tuple[Array, ...]

    @property
    def solution(self) -> Given:
        """Itself: a fit keeps its modes there."""
        return self


@dataclass(frozen=True, eq=False)
class Working:
    """The mixed-model equations at the optimum, expected information; Phi in scaled coordinates, without sigma^2."""

    factorization: Factorization
    Phi: Array


@dataclass(frozen=True, eq=False)
class LinkOptions:
    """What is asked of the linear predictor: see `predict`."""

    type: str
    random_only: bool
    se_fit: bool
    interval: str | None
    level: float
    seed: Any

    @property
    def means(self) -> bool:
        """Whether means alone are wanted."""
        return not self.se_fit and self.interval is None

    def check(self, newparams: Any) -> None:
        """Raise ArgumentError for what cannot be asked."""
        if not is_one_of(self.type, TYPES):
            raise ArgumentError(f"type={written(self.type)}: wanted 'link' or 'response'")
        one_of("interval", self.interval, (None, *INTERVALS))
        check_level(self.level)
        if self.random_only and self.type == "response":
            raise ArgumentError("random_only=True is a part of the linear predictor: it has no type='response'")
        if self.interval == "prediction" and (self.random_only or self.type == "link"):
            raise ArgumentError("interval='prediction' is that of a new response: ask for it with type='response'")
        if newparams is not None and not self.means:
            raise ArgumentError("newparams are given, not estimated: they have no standard errors and no intervals")


@predict.register(GeneralizedFittedModel)
def predict_generalized(
    fit: GeneralizedFittedModel,
    newdata: Any = None,
    *,
    type: str = "link",
    re_form: ReForm = None,
    allow_new_levels: bool = False,
    random_only: bool = False,
    se_fit: bool = False,
    interval: str | None = None,
    level: float = 0.95,
    weights: Any = None,
    offset: Any = None,
    newparams: Any = None,
    na_action: str = "pass",
    seed: Any = 1,
) -> pd.Series[float] | pd.DataFrame:
    """Predictions of a fit of `glmer`, R's `predict.merMod`, with standard errors and intervals.

    type      "link": the linear predictor X beta + Z b + offset; "response": the mean h of it
    se_fit    standard errors; of type="response" |h'| times those of the linear predictor
    interval  "confidence": of the linear predictor, transformed with type="response"; "prediction": of a new response,
              with type="response": quantiles of responses drawn from the estimated distribution (2,000 of each row;
              `seed`), a proportion where the family is binomial
    weights   prior weights of new responses, of a binomial family their trials: a number, one per row, or a column or
              expression of `newdata`; by default what the fit was given, evaluated there, else 1
    newparams a mapping with theta and beta in place of those fitted; u is held, as in lme4

    The other arguments are those of `predict` for `lmer`. The variances of the random effects are taken for known.
    """
    options = LinkOptions(type, random_only, se_fit, interval, level, seed)
    options.check(newparams)
    check_na_action(na_action)
    chosen = chosen_effects(fit, re_form)
    if interval == "prediction":
        selected_terms(fit, re_form)
    if newdata is None:
        refuse_without_newdata(offset)
        rows, noise = fitted_rows(fit, chosen), _fitted_noise(fit, weights)
        return on_fitted_rows(fit, _predicted(fit, _by_parameters(fit, rows, newparams), options, noise))
    frame = fit.design.spec.frame(newdata)
    noise = new_noise(fit.design.spec, frame, weights) if interval == "prediction" else np.zeros(frame.n)
    added = np.zeros(frame.n) if random_only else new_offset(fit.design.spec, frame, offset)
    rows = new_rows(fit, frame, added, chosen, allow_new_levels)
    if not random_only:
        _note_inestimable(fit, frame)
    kept = rows_kept(rows.complete & ~np.isnan(noise), rows.index, na_action)
    return labelled(_predicted(fit, _by_parameters(fit, rows, newparams), options, noise), rows.index, kept)


def _fitted_noise(fit: GeneralizedFittedModel, weights: Any) -> Array:
    """1 / weight of new responses of the rows of the fit, trials among the weights."""
    if weights is not None:
        return fitted_noise(fit.rows, weights)
    with np.errstate(divide="ignore"):
        return 1.0 / fit.prior_weights


def _note_inestimable(fit: GeneralizedFittedModel, frame: NewFrame) -> None:
    if text := rows_not_estimable(fit, frame):
        note(text)


def _by_parameters(fit: GeneralizedFittedModel, rows: PredictedRows, newparams: Any) -> PredictedRows:
    return rows if newparams is None else rows.by(given(fit, parameters_of(fit, newparams)))


def parameters_of(fit: GeneralizedFittedModel, newparams: Any = None) -> Parameters:
    """Those of a fit, or given ones in their place."""
    fitted = Parameters(fit.beta, fit.theta, fit.sigma, fit.T)
    return fitted if newparams is None else read_parameters(fit.design, newparams, fitted)


def given(fit: GeneralizedFittedModel, parameters: Parameters) -> Given:
    """What predictions read, at other parameters; the spherical modes are those of the fit."""
    modes = zip(fit.solution.u_terms, parameters.T, strict=True)
    return Given(parameters.beta, tuple(u @ T.T for u, T in modes))


def _predicted(
    fit: GeneralizedFittedModel, rows: PredictedRows, options: LinkOptions, noise: Array
) -> dict[str, Array]:
    """fit, or fit and se_fit, or fit, se_fit, lwr, upr of the rows; NaN where values are missing."""
    eta = rows.random() if options.random_only else rows.fixed() + rows.random()
    mean, slope = _on_scale(fit, eta, options.type)
    if options.means:
        return {"fit": mean}
    known = rows.complete
    known_rows = rows.some(known)
    error = np.full(len(eta), np.nan)
    error[known] = np.sqrt(_variances(fit, known_rows, not options.random_only))
    columns = {"fit": mean, "se_fit": np.abs(slope) * error}
    if options.interval == "confidence":
        half = two_sided_quantile(options.level, np.inf) * error
        ends = np.stack([_on_scale(fit, eta + side * half, options.type)[0] for side in (-1, 1)])
        columns |= {"lwr": ends.min(axis=0), "upr": ends.max(axis=0)}
    if options.interval == "prediction":
        limits = np.full((2, len(eta)), np.nan)
        limits[:, known] = _quantiles(fit, known_rows, eta[known], error[known], noise[known], options)
        columns |= {"lwr": limits[0], "upr": limits[1]}
    return columns


def _on_scale(fit: GeneralizedFittedModel, eta: Array, type: str) -> tuple[Array, Array]:
    """The linear predictor, or the mean, and its slope; NaN beyond the domain of the link."""
    if type == "link":
        return eta, np.ones(len(eta))
    inside = _inside(fit, eta)
    mean, slope = np.full(eta.shape, np.nan), np.full(eta.shape, np.nan)
    mean[inside], slope[inside] = fit.family.mu(eta[inside]), fit.family.link.inverse(eta[inside], 1)
    return mean, slope


def _inside(fit: GeneralizedFittedModel, eta: Array) -> Array:
    """Mask of the linear predictors that give a mean."""
    finite = np.isfinite(eta)
    if fit.family.valid(eta[finite]):
        return finite
    return np.array([ok and fit.family.valid(np.array([value])) for ok, value in zip(finite, eta, strict=True)], bool)


def _variances(fit: GeneralizedFittedModel, rows: PredictedRows, fixed: bool) -> Array:
    """Variance (m,) of x'(beta-hat - beta) + z'(b-hat - b)."""
    return np.asarray(fit.sigma**2 * row_variances(working(fit), rows.joint(fixed=fixed, unknown=False)))


def working(fit: GeneralizedFittedModel) -> Working:
    """The mixed-model equations of a fit."""
    R = fit.gram.scaling.R
    return Working(fit.optimum.expected_factorization, R @ vcov(fit).to_numpy() @ R.T / fit.sigma**2)


def _quantiles(
    fit: GeneralizedFittedModel, rows: PredictedRows, eta: Array, error: Array, noise: Array, options: LinkOptions
) -> Array:
    """Limits (2, m) of a new response: eta normal about its estimate, with the effects of unknown groups besides."""
    joint = rows.joint(fixed=True, unknown=True)
    spread = np.sqrt(error**2 + fit.sigma**2 * unknown_variances(fit.optimum, joint))
    rng = np.random.default_rng(options.seed)
    ends = np.array([(1 - options.level) / 2, (1 + options.level) / 2])
    out = np.empty((2, len(eta)))
    for at in chunks(len(eta), max(1, CELLS // SIMULATED)):
        drawn = eta[at, None] + spread[at, None] * rng.standard_normal((len(eta[at]), SIMULATED))
        if not fit.family.valid(drawn):
            raise ArgumentError(
                f"the {fit.family.link.name} link has no mean for some values that the linear predictor may have: "
                "there is no prediction interval; take interval='confidence'"
            )
        y = fit.family.simulate(rng, fit.family.mu(drawn), 1.0 / noise[at, None], fit.sigma**2)
        out[:, at] = np.quantile(y, ends, axis=1, method="inverted_cdf" if fit.family.discrete else "linear")
    return out
