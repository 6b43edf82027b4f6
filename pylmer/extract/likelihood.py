"""Words on likelihood and sizes: logLik, AIC, BIC, deviance, REMLcrit, nobs, ngrps, df_residual, isREML, isLMM."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..engine.criterion import deviance as formula
from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel
from ..fit.words import word
from ..text.arguments import plain
from .random import factors
from .records import LogLik, NamedVector

if TYPE_CHECKING:
    from ..fit.generalized import GeneralizedFittedModel


@word
def logLik(fit: FittedModel, REML: bool | None = None) -> LogLik:
    """Log-likelihood, by default the one that was maximized: a float with `df`, `nobs`, `REML`.

    fit   a fit of `lmer` or `lm`
    REML  of a mixed model: False on a REML fit, or True on an ML fit, gives the other criterion at the same theta, not
          refitted; None, the default: that of the fit

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.logLik(fit)
    'log Lik.' -871.8141 (df=6)
    """
    wanted = fit.REML if REML is None else REML
    return LogLik(-criterion(fit, wanted) / 2, n_parameters(fit), nobs(fit), wanted)


def criterion(fit: FittedModel, REML: bool) -> float:
    """-2 log L, or the REML criterion, at the fit's theta (design.md, section 3)."""
    s = fit.solution
    L = formula.log_determinants(fit.logdet_V, s.logdet_XtVX, REML)
    return float(formula.deviance(L, s.r2, formula.degrees(nobs(fit), len(fit.beta), REML)))


def n_parameters(fit: FittedModel) -> int:
    """Fixed effects, covariance parameters, and sigma."""
    return len(fit.beta) + len(fit.par) + 1


@word
def deviance(fit: FittedModel, REML: bool | None = None) -> float:
    """The deviance, a float: -2 log L of an ML fit, the REML criterion of a REML fit.

    fit   a fit of `lmer`, or of `lm`: there the residual sum of squares, weighted
    REML  of a mixed model: True gives the REML criterion, False -2 log L, at the estimates that the fit has; None, the
          default: what was minimized

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> round(pylmer.deviance(fit), 4), round(pylmer.deviance(fit, REML=False), 3)
    (1743.6283, 1751.986)
    """
    return criterion(fit, fit.REML if REML is None else REML)


@word
def REMLcrit(fit: FittedModel) -> float:
    """The REML criterion, a float.

    fit  a fit of `lmer`; of one by maximum likelihood it is the REML criterion at its theta

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> round(pylmer.REMLcrit(fit), 4)
    1743.6283
    """
    return criterion(fit, True)


@word
def nobs(fit: FittedModel) -> int:
    """Number of observations used.

    fit  a fit of `lmer`, `lm` (rows of positive weight) or `lmList` (rows in groups that could be fitted)

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.nobs(fit)
    180
    """
    return fit.design.n


@word
def ngrps(fit: FittedModel) -> NamedVector:
    """Number of levels: Series by grouping factor.

    fit  a fit of `lmer`

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.ngrps(fit).to_dict()
    {'Subject': 18}
    """
    return NamedVector(group_sizes(fit), dtype=int)


def group_sizes(fit: FittedModel | GeneralizedFittedModel) -> dict[str, int]:
    """Grouping factor -> number of levels."""
    return {group: len(fit.design.random[where[0]].levels) for group, where in factors(fit).items()}


@word
def df_residual(fit: FittedModel) -> int:
    """Number of observations minus number of parameters.

    fit  a fit of `lmer`, `lm` or `lmList`; of the last the sum over groups

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.df_residual(fit)
    174
    """
    return nobs(fit) - n_parameters(fit)


@word
def isREML(fit: FittedModel) -> bool:
    """Whether the fit is by REML.

    fit  a fit of `lmer`

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.isREML(fit), pylmer.isREML(pylmer.refitML(fit))
    (True, False)
    """
    return fit.REML


def isLMM(fit: object) -> bool:
    """Whether this is a linear mixed model.

    fit  anything: True for a fit of `lmer`, False for all else

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.isLMM(fit)
    True
    """
    return isinstance(fit, FittedModel)


@plain
def AIC(*fits: Any, k: float = 2.0, **named: Any) -> Any:
    """Akaike's criterion, -2 logLik + k df: a float for one fit, a frame (df, AIC) for several.

    fits   one or more fits of `lmer` or `lm`
    k      what a parameter costs; default 2
    named  fits by the names of their rows: `AIC(M0=fit0, M1=fit1)`; the others are MODEL1, MODEL2, ...

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> round(pylmer.AIC(fit), 4)
    1755.6283
    """
    weight = _weight(k)
    return _criteria("AIC", lambda ll: weight, fits, named)


@plain
def BIC(*fits: Any, **named: Any) -> Any:
    """Schwarz's criterion, -2 logLik + log(nobs) df: a float for one fit, a frame (df, BIC) for several.

    fits   one or more fits of `lmer` or `lm`
    named  fits by the names of their rows, as in `AIC`

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> round(pylmer.BIC(fit), 3)
    1774.786
    """
    return _criteria("BIC", lambda ll: math.log(ll.nobs), fits, named)


def _weight(k: Any) -> float:
    if not isinstance(k, Real) or not math.isfinite(k):
        raise ArgumentError(f"k={k!r}: wanted a number, the weight of a degree of freedom")
    return float(k)


def _criteria(name: str, penalty: Callable[[LogLik], float], fits: tuple[Any, ...], named: dict[str, Any]) -> Any:
    labelled = {f"MODEL{i + 1}": fit for i, fit in enumerate(fits)} | named
    if not labelled:
        raise ArgumentError(f"{name}() wants at least one fitted model")
    found = {label: logLik(fit) for label, fit in labelled.items()}
    values = {label: -2 * ll + penalty(ll) * ll.df for label, ll in found.items()}
    if len(fits) == 1 and not named:
        return next(iter(values.values()))
    return pd.DataFrame({"df": {label: ll.df for label, ll in found.items()}, name: values})
