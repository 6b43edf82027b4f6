"""What single rows and groups do to a fit: leverages, studentized residuals, deletions, cross-validation.

In: a fit.
Out: tables of influence and of losses.
Must not know: tests, printing.
"""

from . import generalized, linear
from .cross_validation import CrossValidation, cross_validate
from .influence import Influence, influence
from .leverage import cooks_distance, dfbeta, dfbetas, hatvalues, rstandard, rstudent
from .overdispersion import Overdispersion, check_overdispersion
from .quantile_checks import QuantileChecks, check_quantile_residuals

__all__ = [
    "CrossValidation",
    "Influence",
    "Overdispersion",
    "QuantileChecks",
    "check_overdispersion",
    "check_quantile_residuals",
    "cooks_distance",
    "cross_validate",
    "dfbeta",
    "dfbetas",
    "generalized",
    "hatvalues",
    "influence",
    "linear",
    "rstandard",
    "rstudent",
]
