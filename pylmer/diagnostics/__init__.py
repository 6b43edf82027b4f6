"""What single rows and groups do to a fit: leverages, studentized residuals, deletions.

In: a fit.
Out: tables of influence.
Must not know: tests, printing.
"""

from . import linear  # noqa: F401  # registers these words for lm
from .influence import Influence, influence
from .leverage import cooks_distance, dfbeta, dfbetas, hatvalues, rstandard, rstudent

__all__ = ["Influence", "cooks_distance", "dfbeta", "dfbetas", "hatvalues", "influence", "rstandard", "rstudent"]
