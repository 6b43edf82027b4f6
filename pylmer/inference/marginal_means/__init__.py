"""Estimated marginal means, their contrasts, trends and joint tests, as R's emmeans gives them.

In: a fit and a specification.
Out: grids and tables.
Must not know: printing.
"""

from __future__ import annotations

from . import links, reading
from .combining import rbind
from .comparing import contrast, pairs
from .effect_sizes import eff_size
from .grids import EmmGrid, EmmList
from .grouping import add_grouping
from .letters import cld
from .records import MeansTable, MeansTables
from .reference_grid import ref_grid
from .regridding import regrid
from .testing import joint_tests, test
from .words import emmeans, emtrends

__all__ = [
    "EmmGrid",
    "EmmList",
    "MeansTable",
    "MeansTables",
    "add_grouping",
    "cld",
    "contrast",
    "eff_size",
    "emmeans",
    "emtrends",
    "joint_tests",
    "links",
    "pairs",
    "rbind",
    "reading",
    "ref_grid",
    "regrid",
    "test",
]
