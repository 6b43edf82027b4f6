"""Estimated marginal means, their contrasts, trends and joint tests, as R's emmeans gives them."""

from __future__ import annotations

from .grids import EmmGrid, EmmList
from .records import MeansTable, MeansTables
from .reference_grid import ref_grid
from .testing import joint_tests, test
from .words import contrast, emmeans, emtrends, pairs

__all__ = [
    "EmmGrid",
    "EmmList",
    "MeansTable",
    "MeansTables",
    "contrast",
    "emmeans",
    "emtrends",
    "joint_tests",
    "pairs",
    "ref_grid",
    "test",
]
