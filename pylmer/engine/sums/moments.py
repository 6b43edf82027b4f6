"""Relative standard deviations from one-way moments: where to begin when a value of the criterion costs seconds.

For each scalar random term alone, between and within its levels (Searle, Casella & McCulloch 1992, 3.6):

    sigma_f^2 = max(0, MSB - MSW) / n_0,    n_0 = (n - sum n_j^2 / n) / (J - 1)

on the residuals of least squares; what the terms leave of the total is sigma^2.
"""

from __future__ import annotations

import numpy as np

from ...numerics.linalg import Array
from .gram import Gram

SMALLEST = 0.03  # relative standard deviation below which no start is placed
RESIDUAL_SHARE = 0.05  # of the total that is left to sigma^2 at least


def moment_ratios(gram: Gram) -> Array | None:
    """theta by random term (k,), in scaled coordinates; None unless every term is scalar and alone on its factor."""
    if any(sums.L > 1 for sums in gram.factors):
        return None
    total = float(gram.XytXy[-1, -1])
    variances = np.zeros(len(gram.factors))
    for sums in gram.factors:
        size, sum_y = sums.ZtZ[:, 0, 0], sums.ZtXy[:, 0, -1]
        between = float(np.sum(sum_y**2 / size))
        mean_between, mean_within = between / max(sums.J - 1, 1), (total - between) / max(gram.n - sums.J, 1)
        n_0 = (size.sum() - float(size @ size) / size.sum()) / max(sums.J - 1, 1)
        variances[sums.terms[0]] = max(0.0, mean_between - mean_within) / n_0
    left = total / gram.n
    sigma2 = max(left - variances.sum(), RESIDUAL_SHARE * left)
    return np.asarray(np.maximum(np.sqrt(variances / sigma2), SMALLEST))
