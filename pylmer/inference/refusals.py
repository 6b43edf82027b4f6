"""What generalized linear mixed models have no answer for: each word says so, and what there is instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from ..fit.generalized import GeneralizedFittedModel
from .analysis_of_variance.model_comparisons import KRmodcomp, SATmodcomp
from .analysis_of_variance.variance_tables import show_tests
from .contrasts.contrasts import contest, contest1D, contestMD
from .degrees_of_freedom.choice import vcovAdj
from .marginal_means.least_squares_means import difflsmeans, ls_means
from .robust.robust import vcovCR

INSTEAD = (
    "z tests (summary), Wald's chi-square (Anova), likelihood ratios (drop1, anova of two fits) and the bootstrap "
    "(bootMer)"
)
DENOMINATORS = "Satterthwaite's and Kenward and Roger's degrees of freedom are those of linear mixed models"
ROBUST = "the cluster-robust covariance is that of linear mixed models"
MEANS = "marginal means of a glmer() are those of emmeans(), with z tests"
REFUSED: dict[Any, str] = {
    **dict.fromkeys((contest, contest1D, contestMD, vcovAdj, KRmodcomp, SATmodcomp, show_tests), DENOMINATORS),
    **dict.fromkeys((vcovCR,), ROBUST),
    **dict.fromkeys((ls_means, difflsmeans), MEANS),
}


def _refusing(name: str, why: str) -> Callable[..., Any]:
    def refuse(fit: GeneralizedFittedModel, *args: Any, **options: Any) -> Any:
        raise ArgumentError(f"{name}(): {why}; of a fit of glmer() there are {INSTEAD}")

    return refuse


for word, why in REFUSED.items():
    word.register(GeneralizedFittedModel, _refusing(word.__name__, why))
