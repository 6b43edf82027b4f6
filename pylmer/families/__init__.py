"""Families of generalized linear models: the law of a response given its mean, and the link of the mean.

In come numbers y, weights w and the linear predictor eta; out go deviances, weights, their derivatives, likelihoods and
draws. It must not know formulas, data frames or fits.

>>> from pylmer import families
>>> families.binomial("probit")
binomial("probit")
>>> families.poisson().mu(0.0).item()
1.0
"""

from __future__ import annotations

from .family import Family
from .named import Gamma, binomial, gaussian, inverse_gaussian, negative_binomial, poisson
from .reading import read_family
from .row_pass import RowPass, row_pass

__all__ = [
    "Family",
    "Gamma",
    "RowPass",
    "binomial",
    "gaussian",
    "inverse_gaussian",
    "negative_binomial",
    "poisson",
    "read_family",
    "row_pass",
]
