"""Words that only read a fit. Each takes the fit first; those bound on the class are the same functions.

In: a fit.
Out: tables and arrays: fixef, ranef, VarCorr, logLik, getME ....
Must not know: tests, new data, printing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..fit.words import Word, word
from .fixed import fixef, se_fixef, vcov
from .likelihood import AIC, BIC, REMLcrit, deviance, df_residual, isLMM, isREML, logLik, ngrps, nobs
from .random import coef, ranef, se_coef, se_ranef
from .records import (
    ByFactor,
    Coef,
    CondVar,
    LogLik,
    NamedVector,
    PrincipalComponents,
    Ranef,
    RePCA,
    RePCASummary,
    SigmaHat,
    StandardErrors,
)
from .variances import Covariance, TermStructure, VarCorr, VarCorrs, isSingular, rePCA, sigma, sigma_hat

if TYPE_CHECKING:
    from .me import DevComp, getME
    from .rows import fitted, formula, model_frame, model_matrix, resid, residuals, terms, weights

LATE = {  # module -> its words, which no page of a fit needs: imported when one is first asked for
    "me": "DevComp getME",
    "rows": "fitted formula model_frame model_matrix resid residuals terms weights",
}
__all__ = [
    "AIC",
    "BIC",
    "ByFactor",
    "Coef",
    "CondVar",
    "Covariance",
    "DevComp",
    "LogLik",
    "NamedVector",
    "PrincipalComponents",
    "REMLcrit",
    "Ranef",
    "RePCA",
    "RePCASummary",
    "SigmaHat",
    "StandardErrors",
    "TermStructure",
    "VarCorr",
    "VarCorrs",
    "Word",
    "coef",
    "deviance",
    "df_residual",
    "fitted",
    "fixef",
    "formula",
    "getME",
    "isLMM",
    "isREML",
    "isSingular",
    "logLik",
    "model_frame",
    "model_matrix",
    "ngrps",
    "nobs",
    "ranef",
    "rePCA",
    "resid",
    "residuals",
    "se_coef",
    "se_fixef",
    "se_ranef",
    "sigma",
    "sigma_hat",
    "terms",
    "vcov",
    "weights",
    "word",
]


def __getattr__(name: str) -> Any:
    module = next((module for module, words in LATE.items() if name in words.split()), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
