"""The words plot and qqmath, for everything that they know."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from ..errors import ArgumentError
from ..extract import Ranef
from ..fit.fitted_model import FittedModel
from ..fit.words import checks_arguments
from ..inference import LikelihoodProfile
from ..power_analysis import PowerCurve
from .modes import plot_modes, qqmath_modes
from .power_curves import plot_power_curve
from .profiles import plot_profile
from .residuals import plot_residuals, qqmath_residuals


@checks_arguments
@singledispatch
def plot(fit: Any, *args: Any, **kwargs: Any) -> Any:
    """The picture that R's plot gives of a fit, of a profile, or of random effects.

    plot(fit, ax=None)                       Pearson residuals against fitted values; returns the Axes
    plot(profile, ...)                       `plot_profile`
    plot(powerCurve(...), ax=None)           power against the size of the design; returns the Axes
    plot(ranef(fit), group=None, axes=None)  one column: its normal quantiles; several: a scatter plot for each pair.
                                             Returns the list of Axes

    Raises ArgumentError for anything else.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> ax = pylmer.plot(fit)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('fitted(.)', 'resid(., type = "pearson")')
    """
    raise ArgumentError(f"plot() wants a fit of lmer(), a profile or random effects; found {type(fit).__name__}")


plot.register(FittedModel, plot_residuals)
plot.register(LikelihoodProfile, plot_profile)
plot.register(Ranef, plot_modes)
plot.register(PowerCurve, plot_power_curve)


@checks_arguments
@singledispatch
def qqmath(fit: Any, *args: Any, **kwargs: Any) -> Any:
    """Normal quantiles, as lattice's qqmath of a fit or of its random effects.

    qqmath(fit, ax=None)
        Residuals over sigma, with the line through the quartiles; returns the Axes.
    qqmath(ranef(fit), group=None, level=0.95, axes=None)
        A panel for each column: conditional modes, with their intervals, across; quantiles of (i - 1/2) / J upwards.
        Returns the list of Axes.

    Raises ArgumentError for anything else, and for several grouping factors without `group`.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.qqmath(fit).get_ylabel(), len(pylmer.qqmath(pylmer.ranef(fit)))
    ('Standardized residuals', 2)
    """
    raise ArgumentError(f"qqmath() wants a fit of lmer() or random effects; found {type(fit).__name__}")


qqmath.register(FittedModel, qqmath_residuals)
qqmath.register(Ranef, qqmath_modes)
