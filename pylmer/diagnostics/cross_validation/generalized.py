"""Folds of a generalized linear mixed model: their prior weights at 0, fitted from the optimum of the whole.

The linear predictor of a held-out row is taken as normal, with the variance of the joint distribution of (beta, b)
given theta; the density of its response is integrated over it. A group without rows has the mode 0 and the whole
variance.
"""

from __future__ import annotations

import numpy as np

from ...engine.criterion.row_variances import row_variances
from ...errors import ArgumentError, NumericalError
from ...fit.generalized import GeneralizedFittedModel, generalized_model, steps_of
from ...fit.generalized_refitting import optimize_near
from ...numerics.linalg import Codes, dense
from ...numerics.rank import independent_columns
from ...prediction.choosing import chosen_effects
from ...prediction.generalized import working
from ...prediction.rows import fitted_rows
from .folds import Folds
from .held_out import HeldOut, held_out, without
from .mixtures import log_mixture


@held_out.register(GeneralizedFittedModel)
def held_out_of_glmer(fit: GeneralizedFittedModel, folds: Folds) -> HeldOut:
    """All parameters estimated anew without each fold."""
    if not fit.optimum.estimated:
        raise ArgumentError(
            "cross_validate() compares estimates, and the parameters of this fit were given (makeGlmer)"
        )
    out, X = HeldOut.nothing(fit.design.n), dense(fit.rows.X)
    for fold in range(folds.count):
        gone = folds.codes == fold
        if lost := np.delete(np.array(fit.design.X_names), independent_columns(X[~gone])).tolist():
            out.failed[fold] = without(lost)
            continue
        try:
            _foretell(fit, np.flatnonzero(gone), out)
        except NumericalError as error:
            out.failed[fold] = str(error)
    return out


def _foretell(fit: GeneralizedFittedModel, gone: Codes, out: HeldOut) -> None:
    weights = fit.prior_weights.copy()
    weights[gone] = 0.0
    devfun = fit.devfun.with_responses(fit.rows.y, weights)
    optimum = optimize_near(devfun, fit.optimum, steps_of(fit.control))
    rest = generalized_model(type(fit), fit.request, fit.data, devfun, optimum)
    rows = fitted_rows(rest, chosen_effects(rest, None)).some(gone)
    eta, phi = rows.fixed() + rows.random(), rest.sigma**2
    variance = phi * row_variances(working(rest), rows.joint(fixed=True, unknown=False))
    y, w = fit.rows.y[gone], fit.prior_weights[gone]
    out.write(gone, rest.family.mu(eta), log_mixture(rest.family, y, w, phi, eta, variance))
