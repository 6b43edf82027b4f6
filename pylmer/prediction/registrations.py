"""Importing this teaches `predict` every kind of fit but that of `lmer`."""

from __future__ import annotations

from . import generalized, generalized_linear, grouped, linear  # noqa: F401  # each registers what it does
