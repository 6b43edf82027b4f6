"""What a fit says beyond its estimates: tests, intervals, tables. Nothing here is computed before it is asked for."""

from __future__ import annotations

from . import intervals
from .analysis import anova
from .contrasts import contest
from .degrees_of_freedom import vcovAdj
from .tidying import augment, glance, tidy
from .variance_tables import show_tests

__all__ = ["anova", "augment", "contest", "glance", "intervals", "show_tests", "tidy", "vcovAdj"]
