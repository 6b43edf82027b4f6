"""Bootstraps of a fit: responses simulated or resampled, refitted together, and what is made of the replicates.

In: a fit, a statistic, a seed.
Out: replicates, their limits, tests.
Must not know: printing.
"""

from __future__ import annotations

from .cases import case_bootstrap
from .likelihood_ratios import ParametricComparison, ParametricComparisonSummary, PBmodcomp, summarized
from .limits import boot_ci
from .record import BootMer
from .residuals import resid_bootstrap
from .words import bootMer

__all__ = [
    "BootMer",
    "PBmodcomp",
    "ParametricComparison",
    "ParametricComparisonSummary",
    "bootMer",
    "boot_ci",
    "case_bootstrap",
    "resid_bootstrap",
    "summarized",
]
