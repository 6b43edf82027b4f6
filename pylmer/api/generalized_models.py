"""GlmerFit: the record of a generalized fit; each method is the function of the same name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..fit.generalized import GeneralizedFittedModel
from ..printing.generalized import print_generalized
from ..text import InNotebooks
from .rooms import Room

if TYPE_CHECKING:
    from .. import extract, inference, plots, prediction
    from ..printing import arm, summaries
    from ..saving import words as saving
    from ..simulation import simulate as simulation
else:
    extract, inference, plots, prediction = map(
        Room, ("pylmer.extract", "pylmer.inference", "pylmer.plots", "pylmer.prediction")
    )
    simulation = Room("pylmer.simulation.simulate")
    arm, summaries = Room("pylmer.printing.arm"), Room("pylmer.printing.summaries")
    saving = Room("pylmer.saving.words")


@dataclass(frozen=True, eq=False, repr=False)
class GlmerFit(GeneralizedFittedModel, InNotebooks):
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
    summary = summaries.summary
    anova = inference.anova
    confint = inference.confint  # type: ignore[has-type]
    tidy = inference.tidy  # type: ignore[has-type]
    display = arm.display
    plot = plots.plot
    save = saving.save

    def __repr__(self) -> str:
        return print_generalized(self)
