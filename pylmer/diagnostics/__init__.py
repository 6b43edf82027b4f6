"""What single rows and groups do to a fit: leverages, studentized residuals, deletions, cross-validation.

In: a fit.
Out: tables of influence and of losses.
Must not know: tests, printing.
"""

from . import generalized, generalized_linear, linear
from .collinearity import Collinearity, check_collinearity
from .cross_validation import CrossValidation, cross_validate
from .influence import Influence, influence
from .leverage import cooks_distance, dfbeta, dfbetas, hatvalues, rstandard, rstudent
from .overdispersion import Overdispersion, check_overdispersion
from .quantile_checks import QuantileChecks, check_quantile_residuals

__all__ = [
    "Collinearity",
    "CrossValidation",
    "Influence",
    "Overdispersion",
    "QuantileChecks",
    "check_collinearity",
    "check_overdispersion",
    "check_quantile_residuals",
    "cooks_distance",
    "cross_validate",
    "dfbeta",
    "dfbetas",
    "generalized",
    "generalized_linear",
    "hatvalues",
    "influence",
    "linear",
    "rstandard",
    "rstudent",
]
