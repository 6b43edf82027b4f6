"""Linear mixed models as R's lme4 fits, names and prints them.

>>> import pylmer
>>> radon = pylmer.datasets.load("radon")
>>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", data=radon)
>>> pylmer.fixef(fit).round(3).to_dict()
{'(Intercept)': 1.462, 'floor': -0.693}
"""

from __future__ import annotations

from . import datasets
from .api import lFormula, lmer, mkLmerDevfun, mkMerMod, optimizeLmer, refit, refitML, update
from .design import isNested
from .errors import (
    ArgumentError,
    DataError,
    FitNote,
    FormulaError,
    FormulaNameError,
    FormulaSyntaxError,
    MissingExtraError,
    NumericalError,
    PylmerError,
)
from .extract import (
    AIC,
    BIC,
    REMLcrit,
    VarCorr,
    coef,
    deviance,
    df_residual,
    fitted,
    fixef,
    formula,
    getME,
    isLMM,
    isREML,
    isSingular,
    logLik,
    model_frame,
    model_matrix,
    ngrps,
    nobs,
    ranef,
    rePCA,
    resid,
    residuals,
    se_coef,
    se_fixef,
    se_ranef,
    sigma,
    sigma_hat,
    terms,
    vcov,
    weights,
)
from .inference import anova, augment, contest, glance, show_tests, tidy, vcovAdj
from .language import findbars, nobars
from .linear_model import LmFit, LmList, lm, lmList
from .linear_words import confint
from .model import LmerFit
from .options import lmerControl
from .prediction import predict
from .printing import display as display  # not in __all__: notebooks have a display() of their own
from .printing import summary

__version__ = "0.1.0"

__all__ = [
    # fitting
    "lmer",
    "lmerControl",
    "lm",
    "lmList",
    "update",
    "refit",
    "refitML",
    "predict",
    # reading a fit
    "fixef",
    "ranef",
    "coef",
    "VarCorr",
    "sigma",
    "vcov",
    "confint",
    "summary",
    "se_fixef",
    "se_ranef",
    "se_coef",
    "sigma_hat",
    "logLik",
    "AIC",
    "BIC",
    "deviance",
    "REMLcrit",
    "nobs",
    "ngrps",
    "df_residual",
    "fitted",
    "resid",
    "residuals",
    "weights",
    "formula",
    "terms",
    "model_frame",
    "model_matrix",
    "getME",
    "isREML",
    "isLMM",
    "isSingular",
    "rePCA",
    # tests and intervals
    "anova",
    "contest",
    "show_tests",
    "vcovAdj",
    "tidy",
    "glance",
    "augment",
    # the modular steps, and formulas
    "lFormula",
    "mkLmerDevfun",
    "optimizeLmer",
    "mkMerMod",
    "isNested",
    "findbars",
    "nobars",
    # records, errors, data
    "LmerFit",
    "LmFit",
    "LmList",
    "PylmerError",
    "FormulaError",
    "FormulaSyntaxError",
    "FormulaNameError",
    "DataError",
    "ArgumentError",
    "NumericalError",
    "MissingExtraError",
    "FitNote",
    "datasets",
]
