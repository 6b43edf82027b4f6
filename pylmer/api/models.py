"""LmerFit and GlmerFit: records of fits with about twenty words bound; each method is the function of the same name."""

from __future__ import annotations

from dataclasses import dataclass

from .. import extract, inference, plots, prediction, printing
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..simulation import simulate as simulation
from .linear import LmFit


@dataclass(frozen=True, eq=False, repr=False)
class LmerFit(FittedModel):
    """A fitted linear mixed model.

    Symbols are attributes (`theta`, `par`, `beta`, `sigma`, `u`, `b`, `optimum`, `notes`, `engine`); words are
    functions, and the ones bound here are the same function objects: `fit.ranef()` is `pylmer.ranef(fit)`.
    """

    linear_kind = LmFit
    fixef = extract.fixef
    ranef = extract.ranef
    coef = extract.coef
    VarCorr = extract.VarCorr
    vcov = extract.vcov
    logLik = extract.logLik
    AIC = extract.AIC
    BIC = extract.BIC
    nobs = extract.nobs
    ngrps = extract.ngrps
    fitted = extract.fitted
    resid = extract.resid
    getME = extract.getME
    isSingular = extract.isSingular
    model_matrix = extract.model_matrix
    predict = prediction.predict
    simulate = simulation.simulate
    summary = printing.summary
    anova = inference.anova
    confint = inference.confint
    tidy = inference.tidy
    display = printing.display
    plot = plots.plot

    def __repr__(self) -> str:
        return printing.print_fit(self)

    def _repr_html_(self) -> str:
        return printing.html_fit(self)


@dataclass(frozen=True, eq=False, repr=False)
class GlmerFit(GeneralizedFittedModel):
    """A fitted generalized linear mixed model.

    Symbols are attributes (`theta`, `par`, `beta`, `sigma`, `u`, `b`, `mu`, `eta`, `family`, `optimum`, `notes`); words
    are functions, and the ones bound here are the same function objects: `fit.ranef()` is `pylmer.ranef(fit)`.
    """

    fixef = extract.fixef
    ranef = extract.ranef
    coef = extract.coef
    VarCorr = extract.VarCorr
    vcov = extract.vcov
    logLik = extract.logLik
    AIC = extract.AIC
    BIC = extract.BIC
    nobs = extract.nobs
    ngrps = extract.ngrps
    fitted = extract.fitted
    resid = extract.resid
    getME = extract.getME
    isSingular = extract.isSingular
    model_matrix = extract.model_matrix
    predict = prediction.predict
    simulate = simulation.simulate
    summary = printing.summary
    anova = inference.anova
    confint = inference.confint
    tidy = inference.tidy
    display = printing.display
    plot = plots.plot

    def __repr__(self) -> str:
        return printing.print_generalized(self)

    def _repr_html_(self) -> str:
        return printing.html_generalized(self)
