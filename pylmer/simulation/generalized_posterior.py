"""sim for generalized models: draws of beta and of the modes from the normal law of the working linear model.

With theta and the weights W at the modes held, (beta, b) of a generalized linear mixed model are those of the working
linear model, normal about the estimates with phi C, C the inverse of Henderson's equations with weights W (Gelman &
Hill 2007, 7.2). As in `posterior`, C is never formed: with b* = T z and weighted responses c = W Z b* + W^1/2 e the
solution (beta*, b^*) of the equations for c gives (beta*, b^* - b*), a draw from N(0, C). Nothing is divided by W.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..engine.generalized.profiled_beta import crossproducts
from ..engine.generalized.solution import GeneralizedOptimum
from ..errors import NumericalError
from ..extract import fitted
from ..extract.rows import on_rows
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..numerics.linalg import Array
from ..numerics.stacks import inner_products
from .drawing import CELLS, Seed, check_room, generator, replicates
from .posterior import TOGETHER, LinearDraws, MixedDraws, by_factor, predictors_of_draws, sim


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizedDraws(MixedDraws):
    """Draws of the parameters of a generalized linear mixed model; `fitted` gives means, on the scale of the response.

    fixef  DataFrame (n_sims, p);   sigma  (n_sims,), that of the fit: 1 without a scale
    ranef  mapping factor -> (n_sims, J, l), levels and columns in the order of `ranef(fit)`
    """


@sim.register(GeneralizedFittedModel)
def sim_generalized(fit: GeneralizedFittedModel, n_sims: int = 100, seed: Seed = None) -> GeneralizedDraws:
    """`sim` for a fit of `glmer`."""
    count, rng = replicates(n_sims, "n_sims"), generator(seed)
    check_room(count, len(fit.u) + len(fit.beta), "n_sims")
    beta_errors, b_errors = _prediction_errors(fit.optimum, count, rng)
    fixed = pd.DataFrame(fit.beta - fit.sigma * beta_errors, columns=list(fit.design.X_names))
    modes = [b - fit.sigma * errors for b, errors in zip(fit.optimum.b_terms, b_errors, strict=True)]
    return GeneralizedDraws(fit, fixed, by_factor(fit, modes), np.full(count, fit.sigma))


def _prediction_errors(optimum: GeneralizedOptimum, count: int, rng: np.random.Generator) -> tuple[Array, list[Array]]:
    """Draws (count, p) of (beta-hat - beta) / sigma and, per random term, (count, J, l) of (b-hat - b) / sigma."""
    structure = optimum.devfun.structure
    size = max(1, min(TOGETHER, CELLS // structure.n))
    parts = [_errors(optimum, min(size, count - at), rng) for at in range(0, count, size)]
    beta = np.concatenate([part[0] for part in parts]) @ structure.scaling.inverse.T
    factors = [np.concatenate(each) for each in zip(*(part[1] for part in parts), strict=True)]
    backs = structure.scaling.inverse_terms
    where = [structure.place[term] for term in range(len(backs))]
    return beta, [factors[f][:, :, at] @ back.T for (f, at), back in zip(where, backs, strict=True)]


def _errors(optimum: GeneralizedOptimum, count: int, rng: np.random.Generator) -> tuple[Array, list[Array]]:
    """The same in scaled coordinates, per factor (count, J, L)."""
    structure, T, W = optimum.devfun.structure, optimum.laplace.T, optimum.working_weights
    root = np.sqrt(W)
    drawn = [rng.standard_normal((count, f.J, f.L)) @ t.T for f, t in zip(structure.factors, T, strict=True)]
    noise = rng.standard_normal((count, structure.n))
    c = [W * structure.random([b[s] for b in drawn]) + root * noise[s] for s in range(count)]
    Ztc = [np.stack(each, axis=2) for each in zip(*(structure.cross(one) for one in c), strict=True)]
    beta, b_hat = _solved(optimum, np.column_stack([structure.fixed_cross(one) for one in c]), Ztc)
    return beta.T, [np.moveaxis(hat, 2, 0) - b for hat, b in zip(b_hat, drawn, strict=True)]


def _solved(optimum: GeneralizedOptimum, Xtc: Array, Ztc: Sequence[Array]) -> tuple[Array, list[Array]]:
    """Henderson's equations for X'c (p, m) and Z'c (J, L, m): beta (p, m), b per factor (J, L, m)."""
    factorization = optimum.expected_factorization
    p = len(Xtc)
    ZtWX = [f.ZtXy[:, :, :p] for f in factorization.engine.gram.factors]
    beta = np.zeros_like(Xtc)
    if p:
        eliminated = inner_products(ZtWX, factorization.solve(Ztc))
        try:
            beta = np.linalg.solve(crossproducts(factorization), Xtc - eliminated)
        except np.linalg.LinAlgError:
            raise NumericalError(
                "the covariance of the fixed effects is not to be computed: X'V^-1X is singular"
            ) from None
    return beta, factorization.solve([each - x @ beta for each, x in zip(Ztc, ZtWX, strict=True)])


@fitted.register(GeneralizedDraws)
def fitted_of_generalized_draws(draws: GeneralizedDraws) -> pd.DataFrame:
    """h(X beta + Z b + offset), as arm's: a row for each row of the data, a column for each draw."""
    family = draws.fit.family
    means = {name: on_rows(draws.fit, family.mu(eta)) for name, eta in predictors_of_draws(draws).items()}
    return pd.DataFrame(means)


@sim.register(GeneralizedFit)
def sim_generalized_linear(fit: GeneralizedFit, n_sims: int = 100, seed: Seed = None) -> LinearDraws:
    """`sim` for a fit of `glm`: beta ~ N(beta-hat, vcov), sigma = sqrt(dispersion), as arm's."""
    count, rng = replicates(n_sims, "n_sims"), generator(seed)
    check_room(count, len(fit.names), "n_sims")
    if not np.isfinite(fit.dispersion):
        raise NumericalError("no residual degrees of freedom are left: nothing says how uncertain the coefficients are")
    sigma = float(np.sqrt(fit.dispersion))
    half = np.linalg.cholesky(fit.unscaled)
    beta = fit.beta[fit.kept] + sigma * (rng.standard_normal((count, fit.rank)) @ half.T)
    return LinearDraws(fit, pd.DataFrame(beta, columns=[fit.names[k] for k in fit.kept]), np.full(count, sigma))
