"""What a fit says beyond its estimates: tests, intervals, tables. Nothing here is computed before it is asked for."""

from __future__ import annotations

from .contrasts import contest
from .degrees_of_freedom import vcovAdj
from .variance_tables import show_tests

__all__ = ["contest", "show_tests", "vcovAdj"]
