"""What is given to words that compare fits: the fits by their names, and which indices are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

from ...errors import ArgumentError, DataError, note
from ...extract import LogLik, logLik
from ...fit.base import Fit
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...fit.linear.regression import LinearFit
from ...fit.words import several
from ...text.arguments import is_one_of, written
from ..analysis_of_variance.likelihood_ratio import check_same_data, check_same_likelihood
from .indices import COMMON, METRICS, NAMES, REML_CRITERION

ESTIMATORS = ("ML", REML_CRITERION)
DIFFERENT_EFFECTS = (
    'estimator="REML": the restricted likelihood of fits with different fixed effects is that of different data, and '
    'their criteria cannot be compared; leave estimator="ML"'
)
OTHER_CRITERIA = (
    'estimator="REML": fits of lmer() have a restricted likelihood, others have none: criteria of two kinds of '
    'likelihood cannot be compared; leave estimator="ML"'
)
WANTED = "fits of lmer(), glmer(), lm() or glm()"
WAYS_OUT = {
    "LmList": "a fit for each group, beside which lm(y ~ g * x) is one model",
    "LmerMany": "take the fits of single responses, .fit(name)",
}


@singledispatch
def class_in_R(fit: object) -> str:
    """The class of such a fit in R; ArgumentError for what is no single fit."""
    way_out = WAYS_OUT.get(type(fit).__name__)
    raise ArgumentError(f"wanted {WANTED}, found {type(fit).__name__}{'' if way_out is None else f': {way_out}'}")


class_in_R.register(FittedModel, lambda fit: "lmerMod")
class_in_R.register(GeneralizedFittedModel, lambda fit: "glmerMod")
class_in_R.register(LinearFit, lambda fit: "lm")
class_in_R.register(GeneralizedFit, lambda fit: "glm")


def check_fits(word: str, fits: Mapping[str, Any]) -> dict[str, Any]:
    """The fits; ArgumentError where there are none, or one is no single fit."""
    if not fits:
        raise ArgumentError(f"{word}() wants at least one fitted model")
    for name, fit in fits.items():
        try:
            class_in_R(fit)
        except ArgumentError as error:
            raise ArgumentError(f"{word}(): {name}: {error}") from None
    return dict(fits)


def labels(word: str, fits: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """MODEL1, MODEL2, ... and the names of those that have one -> the fits."""
    placed = {f"MODEL{k + 1}": fit for k, fit in enumerate(fits)}
    if both := placed.keys() & named.keys():
        raise ArgumentError(f"{word}(): two models are called {min(both)}: call the one that has a name otherwise")
    return check_fits(word, placed | dict(named))


def chosen_metrics(metrics: Any) -> tuple[str, ...]:
    """The indices that are wanted, in the order in which they are shown."""
    if is_one_of(metrics, ("all", "common")):
        asked = list(METRICS) if metrics == "all" else list(COMMON)
    else:
        asked = several(metrics)
    if not asked or not all(is_one_of(each, METRICS) for each in asked):
        wanted = ", ".join(map(repr, METRICS))
        raise ArgumentError(f"metrics={written(metrics)}: wanted 'all', 'common', or several of {wanted} in a list")
    return tuple(name for name in NAMES if any(name in METRICS[each] for each in asked))


def check_estimator(fits: Mapping[str, Any], estimator: str) -> None:
    """ArgumentError for an unknown one; a note for restricted likelihoods that cannot be compared."""
    if estimator not in ESTIMATORS:
        raise ArgumentError(f"estimator={estimator!r}: wanted one of {', '.join(map(repr, ESTIMATORS))}")
    restricted = [fit for fit in fits.values() if isinstance(fit, FittedModel)]
    if estimator != REML_CRITERION or len(fits) == 1 or not restricted:
        return
    if len(restricted) < len(fits):
        note(OTHER_CRITERIA)
    elif len({fit.design.X_names for fit in restricted}) > 1:
        note(DIFFERENT_EFFECTS)


def likelihood(fit: Fit, estimator: str) -> LogLik:
    """The log-likelihood at the estimates; of linear mixed models the restricted one where that is asked for."""
    return logLik(fit, REML=estimator == REML_CRITERION) if isinstance(fit, FittedModel) else logLik(fit)


def check_comparable(fits: Mapping[str, Any]) -> None:
    """DataError unless all are of the same rows and response, ArgumentError unless of one kind of likelihood."""
    every, names = list(fits.values()), list(fits)
    check_same_likelihood(every, names)
    check_same_data(every, names)


def not_comparable(fits: Mapping[str, Any]) -> str | None:
    """Why criteria of these fits cannot be compared; None where they can."""
    try:
        check_comparable(fits)
    except (ArgumentError, DataError) as error:
        return str(error)
    return None
