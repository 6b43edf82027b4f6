"""simulate for generalized linear models: new responses in the shape of the old one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..fit.linear.generalized import GeneralizedFit
from ..numerics.linalg import Array
from .drawing import Seed, generator, replicates
from .simulate import simulate

__all__ = ["simulate", "simulate_generalized"]


@simulate.register(GeneralizedFit)
def simulate_generalized(fit: GeneralizedFit, nsim: int = 1, seed: Seed = None) -> pd.DataFrame:
    """Draws from the family at the fitted means, with the weights of the fit: columns sim_1, sim_2, ...

    In the shape of the response: numbers, categories (of a factor the second level is success), and of
    cbind(successes, failures) two columns for each draw, `simulate(fit)["sim_1"]`.
    """
    Y, index = draw_generalized_linear(fit, replicates(nsim), generator(seed)), fit.rows.index
    draws: dict[str, Any] = {
        f"sim_{k}": _padded(fit, fit.rows.response.shaped(y, index)) for k, y in enumerate(Y.T, start=1)
    }
    return pd.concat(draws, axis=1) if fit.rows.trials is not None else pd.DataFrame(draws)


def draw_generalized_linear(fit: GeneralizedFit, count: int, rng: np.random.Generator) -> Array:
    """Responses (n, count) of the family, of a binomial one proportions; ArgumentError without a dispersion."""
    phi = fit.dispersion
    if not np.isfinite(phi):
        raise ArgumentError("the fit has no residual degrees of freedom: nothing says how large its residuals are")
    return np.column_stack([fit.family.simulate(rng, fit.mu, fit.weights, phi) for _ in range(count)])


def _padded(fit: GeneralizedFit, drawn: pd.Series[Any] | pd.DataFrame) -> pd.Series[Any] | pd.DataFrame:
    """With na_action="exclude" rows dropped for missing values are NaN."""
    return drawn.reindex(fit.rows.padded_index) if fit.design.na_action == "exclude" else drawn
