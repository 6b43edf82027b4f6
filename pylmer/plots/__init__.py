"""Pictures of fits. Every function draws on the axes that it is given, or on new ones, and returns them."""

from __future__ import annotations

from .criterion import plot_criterion
from .modes import dotplot
from .profiles import plot_profile
from .residuals import plot_diagnostics
from .words import plot, qqmath

__all__ = ["dotplot", "plot", "plot_criterion", "plot_diagnostics", "plot_profile", "qqmath"]
