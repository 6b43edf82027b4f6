"""What generalized linear mixed models have no answer for: each word says so, and what there is instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from ..extract.likelihood import REMLcrit
from ..fit.generalized import GeneralizedFittedModel
from ..fit.words import refusal
from .analysis_of_variance.model_comparisons import KRmodcomp, SATmodcomp
from .analysis_of_variance.selection import step
from .analysis_of_variance.variance_tables import show_tests
from .bootstrap.residuals import resid_bootstrap
from .contrasts.contrasts import contest, contest1D, contestMD
from .degrees_of_freedom.choice import vcovAdj
from .exact.exact_ratio import exactLRT, exactRLRT
from .explained import variance_ratio
from .marginal_means.least_squares_means import difflsmeans, ls_means
from .robust.robust import check_fit, vcovCR

INSTEAD = (
    "z tests (summary), Wald's chi-square (Anova), likelihood ratios (drop1, anova of two fits) and the bootstrap "
    "(bootMer, PBmodcomp)"
)
DENOMINATORS = "Satterthwaite's and Kenward and Roger's degrees of freedom are those of linear mixed models"
ROBUST = "the cluster-robust covariance is that of linear mixed models"
MEANS = "marginal means of a glmer() are those of emmeans(), with z tests"
STEPS = "the steps are those of lmerTest's F tests of linear mixed models"
EXACT = "the exact distribution is that of linear mixed models"
RESIDUALS = "residuals of other families have means and variances of their own and cannot be exchanged"
RATIO = "its residuals have no variance on the scale of the random effects"
NO_REML = "a generalized linear mixed model has no restricted likelihood"
REFUSED: dict[Any, tuple[str, str]] = {
    **dict.fromkeys(
        (contest, contest1D, contestMD, vcovAdj, KRmodcomp, SATmodcomp, show_tests), (DENOMINATORS, INSTEAD)
    ),
    vcovCR: (ROBUST, INSTEAD + "; case_bootstrap resamples groups and assumes no variances"),
    **dict.fromkeys((ls_means, difflsmeans), (MEANS, INSTEAD)),
    step: (STEPS, 'drop1(fit, test="Chisq") and ranova(fit), whose terms update(fit, ". ~ . - x") leaves out'),
    **dict.fromkeys(
        (exactRLRT, exactLRT), (EXACT, "ranova(fit), and PBmodcomp(fit, small), whose small model may be a glm()")
    ),
    resid_bootstrap: (RESIDUALS, "bootMer(fit), which draws from the family, and case_bootstrap(fit)"),
    variance_ratio: (RATIO, "icc(fit), with the variance that the family has there, and VarCorr(fit)"),
    REMLcrit: (NO_REML, "logLik(fit), whose -2 times is what was minimized"),
}


def _refused(name: str, why: str, instead: str) -> ArgumentError:
    return ArgumentError(f"{name}(): {why}; of a fit of glmer() there are {instead}")


def _refusing(name: str, why: str, instead: str) -> Callable[..., Any]:
    @refusal
    def refuse(fit: GeneralizedFittedModel, *args: Any, **options: Any) -> Any:
        raise _refused(name, why, instead)

    return refuse


for word, (why, instead) in REFUSED.items():
    word.register(GeneralizedFittedModel, _refusing(word.__name__, why, instead))


@check_fit.register(GeneralizedFittedModel)
def _not_robust(fit: GeneralizedFittedModel, name: str) -> None:
    raise _refused(name, *REFUSED[vcovCR])
