"""Reading marginal means: their covariance, and the coefficients of contrasts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...extract import coef, vcov
from .grids import EmmGrid


@vcov.register(EmmGrid)
def vcov_means(means: EmmGrid) -> pd.DataFrame:
    """The covariance matrix of marginal means or contrasts; NaN for what cannot be estimated."""
    known = means.basis.estimable(means.L)
    V = np.full((len(known), len(known)), np.nan)
    V[np.ix_(known, known)] = means.basis.covariance(means.L[known])
    return pd.DataFrame(V, index=range(len(known)), columns=range(len(known)))


@coef.register(EmmGrid)
def coef_contrasts(means: EmmGrid) -> pd.DataFrame:
    """The coefficients of contrasts: the means compared, and c.1, c.2, ... a column for each contrast."""
    if means.origin is None:
        raise ArgumentError("coef(): these are no contrasts of marginal means; coefficients are those of contrast()")
    frame, coefficients = means.origin
    columns = {f"c.{i + 1}": row for i, row in enumerate(coefficients)}
    return pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1)
