"""glmer and glmer_nb: what takes a formula, data and a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast, overload

from ..engine.generalized.user import GeneralizedDevfun
from ..errors import ArgumentError, note
from ..families import negative_binomial, read_family
from ..fit.call import GLMER_DEFAULTS
from ..fit.devfun import Devfun
from ..fit.fitting import design_of
from ..fit.generalized import GeneralizedFittedModel, fit_generalized_model, generalized_devfun
from ..fit.request import make_request, refuse
from ..language.nodes import Call
from ..language.syntax import MixedFormula
from ..options import Control, glmerControl, lmerControl
from ..text.arguments import plain
from .generalized_models import GlmerFit
from .mixed import asked_anew, lmer, update
from .models import LmerFit

ARGUMENTS = ("family", *GLMER_DEFAULTS, "devFunOnly")
NB_ARGUMENTS = ("link", *GLMER_DEFAULTS)


@overload
def glmer(
    formula: str | MixedFormula,
    data: Any = ...,
    family: Any = ...,
    *,
    devFunOnly: Literal[False] = ...,
    **options: Any,
) -> GlmerFit: ...


@overload
def glmer(
    formula: str | MixedFormula, data: Any = ..., family: Any = ..., *, devFunOnly: Literal[True], **options: Any
) -> GeneralizedDevfun: ...


@plain
def glmer(
    formula: str | MixedFormula,
    data: Any = None,
    family: Any = "gaussian",
    *,
    nAGQ: int = 1,
    control: glmerControl | None = None,
    start: Any = None,
    weights: Any = None,
    offset: Any = None,
    subset: Any = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    verbose: int = 0,
    devFunOnly: bool = False,
    **unknown: Any,
) -> GlmerFit | LmerFit | GeneralizedDevfun | Devfun:
    """Fit a generalized linear mixed model, as R's `lme4::glmer`, by maximum likelihood.

    formula     R's formula language. The response of a binomial family is 0/1, logical, a factor or text (the first
                level against all others), `cbind(successes, failures)`, or a proportion with the numbers of trials as
                `weights`; of the others it is numbers. `offset(log(time))` may stand in the formula
    data        pandas or polars DataFrame, pyarrow Table, or dict of arrays; None, the default, with `env={...}`
    family      in R's spelling: "binomial", 'binomial("probit")', "poisson", "Gamma('log')", "negative.binomial(2)"; or
                an object of `pylmer.families`. "gaussian", the default, with the identity link hands over to `lmer`
    nAGQ        1, the default: Laplace's approximation. K > 1: adaptive Gauss-Hermite quadrature with K nodes in each
                dimension, for the terms of one grouping factor. 0: the fixed effects are found with the modes, faster
                and rougher
    control     checks and criterion, see `glmerControl`; None: its defaults
    start       {"theta": ..., "fixef": ...}, or numbers for theta alone; None: it looks for a place itself
    weights     prior weights (n,): a column's name, an expression, or an array; the numbers of trials of proportions;
                None: 1 for each row
    offset      a known part of the linear predictor (n,), given likewise; None: zero. It adds to offset() of the
                formula
    subset      rows to use: an expression such as "x > 2", or True or False for each row of the data; None: all
    na_action   rows with missing values: "omit", the default, "exclude", "fail" or "pass", as in `lmer`
    contrasts   {"a": "contr.sum"} for X alone, or ("contr.sum", "contr.poly") everywhere; None: those that rule
    env         names and functions that are not columns; None: there are none
    verbose     1 prints sizes, engine and the course of the optimization; 0, the default, nothing
    devFunOnly  True returns the criterion as a function of (par, beta) instead of a fit; default False

    The log-likelihood has all its constants, with nAGQ > 1 too. Raises FormulaError, DataError, ArgumentError,
    NumericalError (all PylmerError); issues FitNote warnings.
    Source: Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1); Pinheiro & Chao (2006), J. Comp. Graph.
    Stat. 15(1).

    >>> import pylmer
    >>> cbpp = pylmer.datasets.load("cbpp")
    >>> fit = pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", cbpp, "binomial")
    >>> pylmer.fixef(fit).round(2).to_dict()
    {'(Intercept)': -1.4, 'period2': -0.99, 'period3': -1.13, 'period4': -1.58}
    """
    refuse(unknown, "glmer", ARGUMENTS)
    given = {
        "data": data,
        "start": start,
        "weights": weights,
        "offset": offset,
        "subset": subset,
        "na_action": na_action,
        "contrasts": contrasts,
        "env": env,
        "verbose": verbose,
    }
    if _is_linear(family):
        return cast("LmerFit | Devfun", _by_lmer(formula, nAGQ, control, devFunOnly, given))
    request = make_request("glmer", formula, family=family, nAGQ=nAGQ, control=control, **given)
    return generalized_devfun(request, design_of(request)) if devFunOnly else fit_generalized_model(GlmerFit, request)


def _is_linear(family: Any) -> bool:
    read = read_family(family)
    return read.name == "gaussian" and read.link.name == "identity"


def _by_lmer(formula: Any, nAGQ: int, control: Any, devFunOnly: bool, given: Mapping[str, Any]) -> Any:
    """A normal response with the identity link is a linear mixed model."""
    if nAGQ != 1:
        raise ArgumentError(f"nAGQ={nAGQ!r}: a gaussian model with the identity link needs no quadrature; use lmer()")
    note("glmer() with a gaussian family and the identity link is lmer(): a linear mixed model, fitted by REML")
    return cast(Any, lmer)(formula, control=_control_of_lmer(control), devFunOnly=devFunOnly, **given)


def _control_of_lmer(control: Any) -> lmerControl | None:
    """The options that both have."""
    if control is None:
        return None
    if not isinstance(control, Control):
        raise ArgumentError(f"control must be glmerControl(...), found {type(control).__name__}")
    return lmerControl(**{name: getattr(control, name) for name in vars(lmerControl())})


@plain
def glmer_nb(
    formula: str | MixedFormula,
    data: Any = None,
    *,
    link: str = "log",
    nAGQ: int = 1,
    control: glmerControl | None = None,
    start: Any = None,
    weights: Any = None,
    offset: Any = None,
    subset: Any = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    verbose: int = 0,
    **unknown: Any,
) -> GlmerFit:
    """Fit a negative binomial mixed model whose theta is estimated too, as R's `glmer.nb`.

    formula    as in `glmer`; the response is counts
    data       pandas or polars DataFrame, pyarrow Table, or dict of arrays; None, the default, with `env={...}`
    link       "log" (the default), "sqrt" or "identity"
    nAGQ       1, the default: Laplace's approximation. K > 1: adaptive Gauss-Hermite quadrature with K nodes in each
               dimension, for the terms of one grouping factor. 0: the fixed effects are found with the modes, faster
               and rougher
    control    checks and criterion, see `glmerControl`; None: its defaults
    start      {"theta": ..., "fixef": ...}, or numbers for theta alone; None: it looks for a place itself
    weights    prior weights (n,): a column's name, an expression, or an array; the numbers of trials of proportions;
               None: 1 for each row
    offset     a known part of the linear predictor (n,), given likewise; None: zero. It adds to offset() of the formula
    subset     rows to use: an expression such as "x > 2", or True or False for each row of the data; None: all
    na_action  rows with missing values: "omit", the default, "exclude", "fail" or "pass", as in `lmer`
    contrasts  {"a": "contr.sum"} for X alone, or ("contr.sum", "contr.poly") everywhere; None: those that rule
    env        names and functions that are not columns; None: there are none
    verbose    1 prints sizes, engine and the course of the optimization; 0, the default, nothing

    The variance of a count is mu + mu^2 / theta;
    `getME(fit, "glmer.nb.theta")` is theta, found with all other parameters.
    The call shows it as R does: `family = negative.binomial(theta = ...)`.
    Where the counts show no overdispersion theta grows without end, and a note says so. Errors as in `glmer`.

    >>> import pylmer
    >>> cbpp = pylmer.datasets.load("cbpp")
    >>> fit = pylmer.glmer_nb("incidence ~ period + offset(log(size)) + (1 | herd)", cbpp)
    >>> round(pylmer.getME(fit, "glmer.nb.theta"), 1)
    2.3
    """
    refuse(unknown, "glmer_nb", NB_ARGUMENTS)
    request = make_request(
        "glmer.nb",
        formula,
        family=negative_binomial(1.0, link),
        free_shape=True,
        nAGQ=nAGQ,
        data=data,
        control=control,
        start=start,
        weights=weights,
        offset=offset,
        subset=subset,
        na_action=na_action,
        contrasts=contrasts,
        env=env,
        verbose=verbose,
    )
    return fit_generalized_model(GlmerFit, request)


@update.register(GeneralizedFittedModel)
def update_generalized(model: GlmerFit, formula: str | None = None, **changes: Any) -> GlmerFit:
    """Fit again with a changed formula or changed arguments of `glmer`; by `family` a glmer_nb() becomes a glmer()."""
    request = model.request
    estimated = request.free_shape and "family" not in changes
    own = {"free_shape": True} if estimated else {}
    words = ("data", "family", *GLMER_DEFAULTS)
    asked = asked_anew("glmer.nb" if estimated else "glmer", model, formula, words, changes, **own)
    if "family" not in changes and not estimated:
        asked = replace(asked, call=_as_written(asked.call, request.call))
    return fit_generalized_model(type(model), asked)


def _as_written(call: Call, old: Call) -> Call:
    """The call with the family written as it was: "binomial", not binomial(link = "logit")."""
    written = next((each for each in old.arguments if each.name == "family"), None)
    if written is None:
        return call
    return replace(call, arguments=tuple(written if each.name == "family" else each for each in call.arguments))
