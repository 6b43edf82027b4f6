"""The public names, each from the module that defines it; `__init__.py` reads this file and imports on first use."""

from . import datasets
from .api import lFormula, lmer, mkLmerDevfun, mkMerMod, optimizeLmer, refit, refitML, update
from .comparing import AllFit, allFit
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

__version__: str

__all__ = [
    # fitting
    "lmer",
    "lmerControl",
    "lm",
    "lmList",
    "update",
    "refit",
    "refitML",
    "allFit",
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
    "AllFit",
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
