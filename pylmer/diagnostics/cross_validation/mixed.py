"""Folds of a linear mixed model: cross-products of the whole less those of the fold, at the fold's own theta.

The modes of groups that have rows left are those of the rest; a group without rows has the mode 0 and the whole
variance. A held-out response is normal about x'beta + z'b with the variance of `predict(interval="prediction")`:
that of the joint distribution of (beta, b) given theta, and sigma^2 / w.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...engine.criterion.row_variances import row_variances
from ...engine.factorization.choose import elimination_engine
from ...errors import ArgumentError
from ...fit.devfun import rows_of
from ...fit.fitted_model import FittedModel
from ...fit.given_parameters import GIVEN
from ...numerics.distributions import student_log_density
from ...numerics.linalg import Array
from ...prediction.choosing import chosen_effects
from ...prediction.generalized import Given, Working
from ...prediction.rows import PredictedRows, fitted_rows
from ..refits import Refits, refits
from ..sums import Deletions
from .folds import Folds
from .held_out import HeldOut, held_out


@held_out.register(FittedModel)
def held_out_of_lmer(fit: FittedModel, folds: Folds) -> HeldOut:
    """beta, sigma and theta estimated anew without each fold; a theta that is held stays."""
    if fit.optimum.optimizer == GIVEN:
        raise ArgumentError(
            "cross_validate() compares estimates, and the parameters of this fit were given (makeLmer, extend): "
            "refit(fit, fit.rows.y) estimates them"
        )
    found = refits(fit.devfun, fit.optimum.points, folds.codes, folds.count, fit.optimum.held)
    deletions = Deletions(fit.gram, rows_of(fit.rows), folds.codes, folds.count)
    rows, out = fitted_rows(fit, chosen_effects(fit, None)), HeldOut.nothing(fit.design.n)
    out.failed.update(found.failed)
    noise = np.ones(fit.design.n) if fit.rows.weights is None else 1.0 / fit.rows.weights
    variances = np.full(fit.design.n, np.nan)
    for fold in range(folds.count):
        if fold not in found.failed:
            members = deletions.members(fold)
            out.mean[members], variances[members] = _foretold(
                fit, deletions, found, fold, rows.some(members), noise[members]
            )
    density = student_log_density(fit.rows.y, np.inf, out.mean, np.sqrt(variances))
    return replace(out, log_density=np.asarray(density))


def _foretold(
    fit: FittedModel, deletions: Deletions, found: Refits, fold: int, rows: PredictedRows, noise: Array
) -> tuple[Array, Array]:
    """Means and variances (m,) of the responses of a fold."""
    gram = deletions.gram_without(fold)
    scaling, s2 = gram.scaling, found.sigma[fold] ** 2
    pairs = zip(scaling.inverse_terms, found.Sigma, strict=True)
    engine = elimination_engine(gram)
    there = engine.factorize([_template(back, Sigma[fold] / s2) for back, Sigma in pairs])
    b = there.modes(np.append(-there.fixed.beta, 1.0)[:, None])[1]
    where = [gram.place[term] for term in range(len(scaling.inverse_terms))]
    b_terms = [b[f][:, here, 0] @ back.T for (f, here), back in zip(where, scaling.inverse_terms, strict=True)]
    known = replace(rows, fit=Given(found.beta[fold], tuple(b_terms)), gram=lambda: gram)
    variances = row_variances(Working(there, there.fixed.Phi), known.joint(fixed=True, unknown=False))
    return known.fixed() + known.random(), s2 * (variances + noise)


def _template(back: Array, Sigma: Array) -> Array:
    """The lower triangular T (l, l) in scaled coordinates, back T T' back' = Sigma, which may be singular."""
    inside = np.linalg.solve(back, np.linalg.solve(back, Sigma).T)
    values, vectors = np.linalg.eigh(0.5 * (inside + inside.T))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    R = np.linalg.qr(root)[1]
    return np.asarray((R * np.where(np.diag(R) < 0, -1.0, 1.0)[:, None]).T)
