"""The residual bootstrap: conditional modes and residuals resampled instead of drawn from normal distributions.

Modes are shrunken, so they vary less than the model says; they are therefore centred and reflated (Carpenter, Goldstein
& Rasbash 2003, Appl. Statist. 52, section 3.2): with the modes of one grouping factor as rows of U (J, L), centred,
their covariance S = U'U / J = L_S L_S' and the model's Sigma = L_R L_R',

    U* = U A,   A = (L_R L_S^-1)',   so that U*'U* / J = Sigma.

Residuals likewise: centred, with the mean square sigma^2. Then levels and residuals are drawn with replacement.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...extract import word
from ...extract.random import factors
from ...fit.fitted_model import FittedModel, linear_predictor
from ...numerics.linalg import Array, block_diagonal, triangular_factor
from ...simulation.drawing import Seed, generator, replicates
from .record import BootMer
from .replicating import Execution, bootstrap, replicate
from .statistics import statistic
from .words import call_text, function_name

CUTOFF = 1e-8  # a direction of the modes that is so much smaller than the largest has no variance


@word
def resid_bootstrap(
    fit: FittedModel,
    FUN: Any = None,
    nsim: int = 1,
    seed: Seed = None,
    *,
    progress: bool | None = None,
    parallel: str = "no",
    ncpus: int = 1,
) -> BootMer:
    """Residual bootstrap: new responses from resampled conditional modes and residuals, centred and reflated.

    fit       a fit of `lmer`
    FUN       the statistic, as in `bootMer`; None, the default: standard deviations, correlations, sigma, fixed effects
    nsim      number of replicates; default 1
    seed      a whole number or a numpy Generator; None, the default: other draws every time
    progress  True or False for a progress bar (tqdm); None, the default: if there is tqdm and a terminal
    parallel  "no", the default, "multicore" or "snow", as in `bootMer`
    ncpus     how many processes these use; default 1

    The modes of all terms on one grouping factor are drawn together, level by level; the residuals row by row, those of
    a weighted fit brought to one variance. Nothing is assumed normal; the variances and the exchangeability of levels
    and of rows are. Crossed factors are resampled each by itself. The record is as for `bootMer`.

    Source: Carpenter, Goldstein & Rasbash (2003), Appl. Statist. 52, 431-443; lmeresampler has it under this name.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> resid_bootstrap(fit, pylmer.fixef, nsim=50, seed=1).t.shape
    (50, 2)
    """
    count, rng, how = replicates(nsim), generator(seed), Execution(progress, parallel, ncpus)
    read = statistic(fit, FUN)
    modes, residuals = reflated_modes(fit), reflated_residuals(fit)
    root = np.ones(fit.design.n) if fit.rows.weights is None else np.sqrt(fit.rows.weights)

    def draw(m: int) -> Array:
        Y = np.empty((fit.design.n, m))
        for r in range(m):
            b_terms = _drawn_modes(fit, modes, rng)
            e = residuals[rng.integers(0, len(residuals), len(residuals))] / root
            Y[:, r] = linear_predictor(fit.rows, fit.beta, b_terms) + e
        return Y

    call = call_text(
        "resid_bootstrap",
        {"FUN": function_name(FUN), "nsim": count, "seed": seed},
        {"FUN": None, "nsim": 1, "seed": None},
    )
    found = replicate(fit, draw, read, count, how)
    return bootstrap(fit, found, read, count, how, seed=seed, sim="residual", call=call)


def reflated_modes(fit: FittedModel) -> dict[str, Array]:
    """Grouping factor -> modes of all its terms side by side (J, L), centred, with the model's covariance."""
    out = {}
    for group, where in factors(fit).items():
        b = np.hstack([fit.solution.b_terms[i] for i in where])
        out[group] = reflated(b, fit.sigma * block_diagonal(fit.solution.T[i] for i in where))
    return out


def reflated(b: Array, L_R: Array) -> Array:
    """Rows b (J, L) centred and turned so that their covariance is L_R L_R'; as near as their rank allows."""
    centred = b - b.mean(axis=0)
    size = np.max(np.abs(centred), axis=0, initial=0.0)
    centred = centred / np.where(size > 0, size, 1.0)  # in units of their own, or small slopes had no variance
    L_S = triangular_factor([centred], b.shape[1]).T / np.sqrt(len(b))
    return np.asarray(centred @ np.linalg.pinv(L_S, rcond=CUTOFF).T @ L_R.T)


def reflated_residuals(fit: FittedModel) -> Array:
    """Residuals (n,), weighted ones brought to one variance, centred, with the mean square sigma^2."""
    e = fit.rows.y - fit.mu
    if fit.rows.weights is not None:
        e = e * np.sqrt(fit.rows.weights)
    e = e - e.mean()
    return np.asarray(e * (fit.sigma / np.sqrt(np.mean(e**2))))


def _drawn_modes(fit: FittedModel, modes: dict[str, Array], rng: np.random.Generator) -> list[Array]:
    """Modes of every term (J, l) for levels drawn with replacement."""
    b_terms: list[Array] = [np.zeros(0)] * len(fit.design.random)
    for group, where in factors(fit).items():
        drawn = modes[group][rng.integers(0, len(modes[group]), len(modes[group]))]
        at = 0
        for i in where:
            width = fit.solution.T[i].shape[0]
            b_terms[i] = drawn[:, at : at + width]
            at += width
    return b_terms
