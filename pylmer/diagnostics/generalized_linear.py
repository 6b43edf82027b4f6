"""Leverages and Cook's distances of `glm`, as R's stats has them: of the weighted least squares at the optimum."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..extract.rows import on_rows
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import full_matrix
from .leverage import cooks_distance, hatvalues
from .linear import ONE


@hatvalues.register(GeneralizedFit)
def _(fit: GeneralizedFit) -> pd.Series[float]:
    X = full_matrix(fit)[:, fit.kept]
    h = np.sum(np.linalg.qr(np.sqrt(fit.optimum.at.W)[:, None] * X)[0] ** 2, axis=1)
    return on_rows(fit, np.where(h > ONE, 1.0, h))


@cooks_distance.register(GeneralizedFit)
def _(fit: GeneralizedFit) -> pd.Series[float]:
    h = hatvalues(fit)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (on_rows(fit, fit.pearson) / (1 - h)) ** 2 * h / (fit.dispersion * fit.rank)
    return found.where(np.isfinite(found))
