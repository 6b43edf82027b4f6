"""sim: draws of (beta, b, sigma), as arm's `sim`.

Given theta, with a flat prior on (beta, log sigma), the posterior is exact and has two steps (Gelman & Hill 2007,
7.2 for least squares; the same algebra holds for the mixed model, with u another set of normal coefficients):

    r2 / sigma^2 ~ chi2(n - p),      (beta, b) | sigma ~ N((beta-hat, b-hat), sigma^2 C)

with sigma^2 C the covariance of (beta-hat - beta, b-hat - b), Henderson's inverse of the mixed-model equations
(Henderson 1975, Biometrics 31). C is (p + q, p + q) and is never formed: draw beta = 0, b* = T z and y* = Z b* + e*,
fit y* at the same theta, and (beta-hat*, b-hat* - b*) is a draw from N(0, C) (Hoffman & Ribak 1991, Astrophysical
Journal 380, L5). All y* are further columns of the fit's own sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..engine.factorization.choose import engine_to_share
from ..engine.factorization.contract import SumsEngine
from ..engine.many_responses import response_sums, weighted_columns
from ..errors import ArgumentError, NumericalError
from ..extract import coef, fitted, fixef, ranef, sigma_hat, word
from ..extract.random import factors
from ..extract.records import ReadOnly
from ..extract.rows import on_rows
from ..fit.devfun import rows_of
from ..fit.fitted_model import FittedModel, linear_predictor
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..numerics.linalg import Array
from ..text import Shown
from ..text.arguments import plain
from .drawing import CELLS, Effects, Seed, add_effects, check_room, draw_effects, draw_residuals, generator, replicates

TOGETHER = 256  # draws that are solved for at once


class Draws(ReadOnly[Array]):
    """Grouping factor -> draws (n_sims, J, l); `levels` and `columns` name what lies along the last two axes.

    `frame("county", "(Intercept)")` is one column as a DataFrame (n_sims, J).
    """

    __slots__ = ("columns", "levels")
    levels: Mapping[str, list[str]]
    columns: Mapping[str, list[str]]

    def __init__(
        self, entries: Mapping[str, Array], levels: Mapping[str, list[str]], columns: Mapping[str, list[str]]
    ) -> None:
        super().__init__(entries)
        object.__setattr__(self, "levels", dict(levels))
        object.__setattr__(self, "columns", dict(columns))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._entries, self.levels, self.columns)

    @plain
    def frame(self, factor: str, column: str) -> pd.DataFrame:
        """The draws of one column, a level a column: DataFrame (n_sims, J).

        factor  the grouping factor
        column  one of its coefficients, such as "(Intercept)"

        Raises ArgumentError for names that there are not.
        """
        if factor not in self:
            raise ArgumentError(f"factor={factor!r}: there is {', '.join(map(repr, self))}")
        if column not in self.columns[factor]:
            raise ArgumentError(f"column={column!r}: there is {', '.join(map(repr, self.columns[factor]))}")
        values = self[factor][:, :, self.columns[factor].index(column)]
        return pd.DataFrame(values, columns=self.levels[factor])


@dataclass(frozen=True, eq=False, repr=False)
class MixedDraws(Shown):
    """Draws of the parameters of a mixed model (arm's sim.merMod).

    fixef  DataFrame (n_sims, p);   sigma  (n_sims,)
    ranef  mapping factor -> (n_sims, J, l), levels and columns in the order of `ranef(fit)`

    `coef` adds fixed and random effects level by level, `fitted` gives X beta + Z b of the rows, draw by draw.
    """

    fit: Any  # any mixed model
    fixef: pd.DataFrame
    ranef: Draws
    sigma: Array


@dataclass(frozen=True, eq=False, repr=False)
class LinearDraws(Shown):
    """Draws of the parameters of a linear model (arm's sim): coef DataFrame (n_sims, p), sigma (n_sims,)."""

    fit: LinearFit | GeneralizedFit
    coef: pd.DataFrame
    sigma: Array


@word
def sim(fit: FittedModel, n_sims: int = 100, seed: Seed = None) -> MixedDraws:
    """Draw beta, b and sigma from their posterior given theta, as arm's `sim`.

    fit     a fit of `lmer`, `glmer`, `lm` or `glm`
    n_sims  number of draws; default 100
    seed    a whole number or a numpy Generator; None, the default: other draws every time

    sigma^2 is r2 / chi2(n - p), which is sigma-hat^2 (n - p) / chi2(n - p) for a REML fit; given sigma, beta and b are
    normal about their estimates with their joint covariance, as in arm. Four things differ:
    * Correlated slopes have the joint covariance that `vcov(fit, full=True)` forms; arm 1.13's draws depart from it
      (sleepstudy: the variance of a subject's slope is 9 % too large).
    * Terms on one grouping factor stand side by side under its name, as in `ranef`; arm lists the factor twice.
    * The draws come from sums; no matrix of all random effects is formed.
    * `coef` gives the coefficients of every level; arm's gives the two lists they are made of, here `.fixef`, `.ranef`.
    Like arm's, the draws hold theta at its estimate; for its uncertainty see `profile` or `bootMer`.

    For a fit of glmer() beta and b are normal about their estimates, with the joint covariance of the working linear
    model at the modes: that of beta is `vcov(fit, use_hessian=False)`. sigma is that of the fit, 1 without a scale (arm
    gives NA); with one (Gamma) the covariance has sigma^2, which arm leaves out. `fitted` gives means, as arm's.

    For a fit of lm(): sigma = s sqrt((n - p) / chi2(n - p)), beta ~ N(beta-hat, sigma^2 (X'WX)^-1); coefficients
    without an estimate are left out, as in arm. For a fit of glm(): beta ~ N(beta-hat, vcov).
    Source: Gelman & Hill (2007), sections 7.2 and 12.4. Raises ArgumentError for `n_sims` below 1, NumericalError where
    no residual degrees of freedom are left.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> draws = sim(fit, 1000, seed=1)
    >>> draws.fixef.shape, draws.ranef["county"].shape, draws.sigma.shape
    ((1000, 2), (1000, 85, 1), (1000,))
    >>> draws.fixef.std().round(2).to_dict()
    {'(Intercept)': 0.05, 'floor': 0.07}
    """
    count, rng = replicates(n_sims, "n_sims"), generator(seed)
    check_room(count, len(fit.u) + len(fit.beta), "n_sims")
    solution = fit.solution
    sigma = _sigmas(solution.r2, fit.design.n - len(fit.beta), count, rng)
    beta_errors, b_errors = prediction_errors(fit, count, rng)
    fixed = pd.DataFrame(fit.beta - sigma[:, None] * beta_errors, columns=list(fit.design.X_names))
    scale = sigma[:, None, None]
    modes = [b - scale * errors for b, errors in zip(solution.b_terms, b_errors, strict=True)]
    return MixedDraws(fit, fixed, by_factor(fit, modes), sigma)


def by_factor(fit: FittedModel | GeneralizedFittedModel, modes: list[Array]) -> Draws:
    """Draws per term (n_sims, J, l), side by side where terms share a factor."""
    terms, where = fit.design.random, factors(fit)
    return Draws(
        {factor: np.concatenate([modes[i] for i in positions], axis=2) for factor, positions in where.items()},
        {factor: terms[positions[0]].labels() for factor, positions in where.items()},
        {factor: [column for i in positions for column in terms[i].columns] for factor, positions in where.items()},
    )


@sim.register(LinearFit)
def sim_linear(fit: LinearFit, n_sims: int = 100, seed: Seed = None) -> LinearDraws:
    """`sim` for least squares."""
    count, rng = replicates(n_sims, "n_sims"), generator(seed)
    check_room(count, len(fit.names), "n_sims")
    solution = fit.solution
    sigma = _sigmas(solution.rss, solution.df_residual, count, rng)
    half = np.linalg.cholesky(solution.unscaled)
    z = rng.standard_normal((count, solution.rank))
    beta = solution.beta[solution.kept] + sigma[:, None] * (z @ half.T)
    return LinearDraws(fit, pd.DataFrame(beta, columns=[fit.names[k] for k in solution.kept]), sigma)


def _sigmas(squares: float, df: int, count: int, rng: np.random.Generator) -> Array:
    """sqrt(squares / chi2(df)): (count,)."""
    if df < 1:
        raise NumericalError("no residual degrees of freedom are left to draw sigma from")
    return np.sqrt(squares / rng.chisquare(df, count))


def prediction_errors(fit: FittedModel, count: int, rng: np.random.Generator) -> tuple[Array, list[Array]]:
    """Draws of (beta-hat - beta) / sigma (count, p) and, per random term, (b-hat - b) / sigma (count, J, l)."""
    size = max(1, min(TOGETHER, CELLS // fit.design.n))
    parts = [_errors(fit, min(size, count - at), rng) for at in range(0, count, size)]
    beta = np.concatenate([part[0] for part in parts])
    return beta, [np.concatenate(each) for each in zip(*(part[1] for part in parts), strict=True)]


def _errors(fit: FittedModel, count: int, rng: np.random.Generator) -> tuple[Array, list[Array]]:
    rows, engine = fit.rows, fit.criterion.engine
    effects = [Effects(t.Z, t.codes, len(t.levels), T) for t, T in zip(rows.random, fit.solution.T, strict=True)]
    drawn = [draw_effects(term, count, rng) for term in effects]
    Y = draw_residuals(rows.n, 1.0, rows.weights, count, rng)
    for term, b in zip(effects, drawn, strict=True):
        add_effects(Y, term, b, slice(0, rows.n))
    beta, b_hat = _best_predictions(fit, engine_to_share(engine), Y)
    return beta, [hat - np.moveaxis(b, 2, 0) for hat, b in zip(b_hat, drawn, strict=True)]


def _best_predictions(fit: FittedModel, engine: SumsEngine, Y: Array) -> tuple[Array, list[Array]]:
    """beta-hat (R, p) and b-hat per term (R, J, l) of other responses Y (n, R) at the fit's theta."""
    gram, p = engine.gram, engine.gram.p
    responses = response_sums(rows_of(fit.rows), gram, Y)
    _, B, XtVY = weighted_columns(engine, [point.template() for point in fit.optimum.points], responses)
    beta = fit.at.Phi @ XtVY
    b = [columns[:, :, p:] - columns[:, :, :p] @ beta for columns in B]
    back = gram.scaling.inverse_terms
    places = [gram.place[term] for term in range(len(back))]
    return beta.T @ gram.scaling.inverse.T + responses.shift, [
        np.moveaxis(b[f][:, at], 2, 0) @ R.T for (f, at), R in zip(places, back, strict=True)
    ]


@coef.register(MixedDraws)
def coef_of_draws(draws: MixedDraws) -> Draws:
    """Fixed plus random effects of every level: factor -> (n_sims, J, columns), columns as of `coef(fit)`."""
    entries, columns = {}, {}
    every = dict.fromkeys(name for names in draws.ranef.columns.values() for name in names)
    names = [*(name for name in every if name not in draws.fixef), *draws.fixef]
    for factor, modes in draws.ranef.items():
        values = np.zeros((*modes.shape[:2], len(names)))
        values[:, :, len(names) - draws.fixef.shape[1] :] = draws.fixef.to_numpy()[:, None]
        for k, column in enumerate(draws.ranef.columns[factor]):
            values[:, :, names.index(column)] += modes[:, :, k]
        entries[factor], columns[factor] = values, names
    return Draws(entries, draws.ranef.levels, columns)


@fixef.register(MixedDraws)
def fixef_of_draws(draws: MixedDraws) -> pd.DataFrame:
    """(n_sims, p)."""
    return draws.fixef


@ranef.register(MixedDraws)
def ranef_of_draws(draws: MixedDraws) -> Draws:
    """Factor -> (n_sims, J, l)."""
    return draws.ranef


@fitted.register(MixedDraws)
def fitted_of_draws(draws: MixedDraws) -> pd.DataFrame:
    """X beta + Z b + offset: a row for each row of the data, a column for each draw."""
    return pd.DataFrame({name: on_rows(draws.fit, eta) for name, eta in predictors_of_draws(draws).items()})


def predictors_of_draws(draws: MixedDraws) -> dict[str, Array]:
    """sim_1, sim_2, ...: linear predictors (n,) of the rows used."""
    fit = draws.fit
    where = factors(fit)
    out = {}
    for s, beta in enumerate(draws.fixef.to_numpy()):
        b_terms: list[Array] = [np.empty(0)] * len(fit.design.random)
        for factor, positions in where.items():
            at = 0
            for i in positions:
                width = len(fit.design.random[i].columns)
                b_terms[i] = draws.ranef[factor][s, :, at : at + width]
                at += width
        out[f"sim_{s + 1}"] = linear_predictor(fit.rows, beta, b_terms)
    return out


@coef.register(LinearDraws)
def coef_of_linear_draws(draws: LinearDraws) -> pd.DataFrame:
    """(n_sims, p)."""
    return draws.coef


@sigma_hat.register(MixedDraws)
@sigma_hat.register(LinearDraws)
def sigma_of_draws(draws: MixedDraws | LinearDraws) -> Array:
    """(n_sims,)."""
    return draws.sigma
