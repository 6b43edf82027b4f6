"""Between complete and no pooling: where each level's estimate lies, and why (Gelman & Hill 2007, chapter 12).

In: a fit.
Out: pooling factors, the three estimates side by side.
Must not know: tests, printing.
"""

from __future__ import annotations

from .comparison import FiveWays, five_ways
from .estimates import Pooling, pooling
from .fixed_theta import CriterionCurve, at_theta, criterion_curve
from .generalized import GeneralizedPooling, complete_coefficients
from .generalized_theta import criterion_curve_generalized
from .grouped import GroupedRows, TwoLevel, grouped_rows
from .refusals import no_five_ways, no_held_theta
from .ways import (
    correlated_errors,
    group_effects_as_errors,
    least_squares_with_prior,
    mixed_model_equations,
    regressions_by_group,
)

__all__ = [
    "CriterionCurve",
    "FiveWays",
    "GeneralizedPooling",
    "GroupedRows",
    "Pooling",
    "TwoLevel",
    "at_theta",
    "complete_coefficients",
    "correlated_errors",
    "criterion_curve",
    "criterion_curve_generalized",
    "five_ways",
    "group_effects_as_errors",
    "grouped_rows",
    "least_squares_with_prior",
    "mixed_model_equations",
    "no_five_ways",
    "no_held_theta",
    "pooling",
    "regressions_by_group",
]
