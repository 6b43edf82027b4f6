"""LmerFit: the record of a fit with about twenty words bound; each method is the function of the same name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..fit.fitted_model import FittedModel
from ..printing.fits import print_fit
from ..text import InNotebooks
from .rooms import Room

if TYPE_CHECKING:
    from .. import extract, inference, plots, prediction
    from ..printing import arm, summaries
    from ..saving import words as saving
    from ..simulation import simulate as simulation
    from . import linear
else:
    extract, inference, plots, prediction = map(
        Room, ("pylmer.extract", "pylmer.inference", "pylmer.plots", "pylmer.prediction")
    )
    simulation, linear = Room("pylmer.simulation.simulate"), Room("pylmer.api.linear")
    arm, summaries = Room("pylmer.printing.arm"), Room("pylmer.printing.summaries")
    saving = Room("pylmer.saving.words")


@dataclass(frozen=True, eq=False, repr=False)
class LmerFit(FittedModel, InNotebooks):
    """A fitted linear mixed model.

    Symbols are attributes (`theta`, `par`, `beta`, `sigma`, `u`, `b`, `optimum`, `notes`, `engine`); words are
    functions, and the ones bound here are the same function objects: `fit.ranef()` is `pylmer.ranef(fit)`.
    """

    linear_kind = linear.LmFit
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
        return print_fit(self)
