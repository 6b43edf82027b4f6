"""All pages: importing this teaches every record its text and HTML, and `summary` and `display` every kind of fit."""

from __future__ import annotations

from . import (  # noqa: F401  # each registers what it prints
    arm,
    bootstraps,
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
    pages,
    partial_pooling,
    posterior,
    power,
    robust,
    simulated,
    summaries,
    variances,
)
