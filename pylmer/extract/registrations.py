"""Importing this teaches the words of the room every kind of fit but that of `lmer`."""

from __future__ import annotations

from . import generalized, generalized_linear, generalized_me, linear  # noqa: F401  # each registers what it does
