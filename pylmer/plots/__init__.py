"""Pictures of fits. Every function draws on the axes that it is given, or on new ones, and returns them.

In: a fit or a record.
Out: matplotlib axes.
Must not know: how the numbers are found.
"""

from __future__ import annotations

from .criterion import plot_criterion
from .effects import plot_effect
from .group_predictors import plot_group_predictor
from .interaction import emmip
from .intercepts import plot_intercepts
from .lines import plot_lines
from .model_checks import check_model
from .models import plot_model
from .modes import dotplot
from .power_curves import plot_power_curve
from .profiles import plot_profile
from .quantile_residuals import plot_quantile_residuals
from .residuals import plot, plot_diagnostics, qqmath
from .shrinkage import plot_shrinkage

__all__ = [
    "check_model",
    "dotplot",
    "emmip",
    "plot",
    "plot_criterion",
    "plot_diagnostics",
    "plot_effect",
    "plot_group_predictor",
    "plot_intercepts",
    "plot_lines",
    "plot_model",
    "plot_power_curve",
    "plot_profile",
    "plot_quantile_residuals",
    "plot_shrinkage",
    "qqmath",
]
