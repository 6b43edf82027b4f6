"""All pages: importing this teaches every record its text and HTML, and `summary` and `display` every kind of fit."""

from __future__ import annotations

from . import (  # noqa: F401  # each registers what it prints
    arm,
    bootstraps,
    collinearity,
    cross_validations,
    explained,
    factors,
    fits,
    fixed,
    generalized,
    generalized_linear,
    generalized_summaries,
    hypotheses,
    influences,
    linear,
    linear_summaries,
    marginal_means,
    notebooks,
    pages,
    partial_pooling,
    performance,
    posterior,
    power,
    robust,
    simulated,
    summaries,
    variances,
)
from .tables import great, models  # noqa: F401
