"""Folds of a generalized linear model, fitted from the estimates of the whole.

The linear predictor of a held-out row is taken as normal, with the variance x'Vx; the density of its response is
integrated over it.
"""

from __future__ import annotations

import numpy as np

from ...engine.generalized.glm_fit import GlmData, GlmOptimum, fit_glm
from ...errors import NumericalError
from ...fit.linear.generalized import GeneralizedFit
from ...numerics.linalg import Array
from ...numerics.rank import independent_columns
from .folds import Folds
from .held_out import HeldOut, held_out, without
from .mixtures import log_mixture


@held_out.register(GeneralizedFit)
def held_out_of_glm(fit: GeneralizedFit, folds: Folds) -> HeldOut:
    """beta and the dispersion estimated anew without each fold."""
    whole, out = fit.optimum.at.data, HeldOut.nothing(fit.design.n)
    for fold in range(folds.count):
        gone = folds.codes == fold
        stay = ~gone & (fit.weights > 0)
        if len(kept := independent_columns(whole.X[stay])) < whole.X.shape[1]:
            out.failed[fold] = without([fit.names[k] for k in np.delete(fit.kept, kept)])
            continue
        try:
            found = _fitted(fit, ~gone)
        except NumericalError as error:
            out.failed[fold] = str(error)
            continue
        x = whole.X[gone]
        offset = np.broadcast_to(np.asarray(fit.offset, float), gone.shape)[gone]
        eta, phi = x @ found.beta + offset, _dispersion(found, int(np.count_nonzero(stay)))
        variance = phi * np.einsum("ij,jk,ik->i", x, found.unscaled, x)
        density = log_mixture(fit.family, fit.y[gone], fit.weights[gone], phi, eta, variance)
        out.write(np.flatnonzero(gone), fit.family.mu(eta), density)
    return out


def _fitted(fit: GeneralizedFit, rows: Array) -> GlmOptimum:
    """The fit of some rows."""
    whole = fit.optimum.at.data
    offset = np.broadcast_to(np.asarray(fit.offset, float), rows.shape)[rows]
    data = GlmData(fit.family, whole.X[rows], fit.y[rows], fit.weights[rows], offset)
    try:
        return fit_glm(data, fit.optimum.beta)
    except NumericalError:  # what is near for the whole may be outside the domain of a part
        return fit_glm(data)


def _dispersion(found: GlmOptimum, n: int) -> float:
    """phi: 1, or Pearson's chi-square over the residual degrees of freedom."""
    data = found.at.data
    if not data.family.has_scale:
        return 1.0
    mu = data.family.mu(found.at.eta)
    df = n - data.X.shape[1]
    chisq = float(np.sum(data.w * (data.y - mu) ** 2 / data.family.variance(mu)))
    if df < 1 or not chisq > 0:
        raise NumericalError("leaves no residual variance to estimate")
    return float(chisq / df)
