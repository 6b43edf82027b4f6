"""glm: what takes a formula, data and a family, and the record with its words bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..design import changed as changed_contrasts
from ..fit.linear.generalized import GeneralizedFit, fit_generalized
from ..fit.notes import announce
from ..fit.request import make_request, refuse
from ..language import explicit_formula, update_formula
from ..language.nodes import Argument, Call
from ..language.syntax import MixedFormula
from ..text.arguments import plain
from .mixed import update
from .rooms import Room

if TYPE_CHECKING:
    from .. import extract, inference, prediction
    from ..printing import arm, summaries
    from ..saving import words as saving
    from ..simulation import generalized_linear as generalized_linear_simulation
else:
    extract, inference, prediction = map(Room, ("pylmer.extract", "pylmer.inference", "pylmer.prediction"))
    arm, summaries = map(Room, ("pylmer.printing.arm", "pylmer.printing.summaries"))
    saving = Room("pylmer.saving.words")
    generalized_linear_simulation = Room("pylmer.simulation.generalized_linear")

GLM_ARGUMENTS = ("family", "weights", "offset", "subset", "na_action", "contrasts", "env")


@dataclass(frozen=True, eq=False, repr=False)
class GlmFit(GeneralizedFit):
    """A fitted generalized linear model; each method is the function of the same name."""

    coef = extract.coef
    se_coef = extract.se_coef
    vcov = extract.vcov
    logLik = extract.logLik
    AIC = extract.AIC
    BIC = extract.BIC
    nobs = extract.nobs
    fitted = extract.fitted
    resid = extract.resid
    model_matrix = extract.model_matrix
    confint = inference.confint  # type: ignore[has-type]
    predict = prediction.predict
    simulate = generalized_linear_simulation.simulate
    anova = inference.anova
    summary = summaries.summary
    display = arm.display
    save = saving.save


@plain
def glm(
    formula: str | MixedFormula,
    data: Any = None,
    family: Any = "gaussian",
    *,
    weights: Any = None,
    offset: Any = None,
    subset: Any = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    **unknown: Any,
) -> GlmFit:
    """Fit a generalized linear model by maximum likelihood, as R's `glm`: complete or no pooling beside `glmer`.

    formula    "y ~ x"; the response of a binomial family is 0/1, logical, a factor or text (its first level is failure,
               all others success), a proportion with `weights` as trials, or cbind(successes, failures)
    data       pandas or polars DataFrame, pyarrow Table, or dict of arrays; None, the default, with `env={...}`
    family     R's spelling of a family, "binomial", 'binomial("probit")', "poisson", "Gamma(link = log)",
               "negative.binomial(2)", or an object of `pylmer.families`; default "gaussian"
    weights    prior weights (n,), the trials of proportions; 0 leaves a row out of the fit; None: 1 for each row
    offset     a known part of the linear predictor (n,), given likewise; None: zero. It adds to offset() of the formula
    subset     rows to use: an expression such as "x > 2", or True or False for each row of the data; None: all
    na_action  rows with missing values: "omit", the default, "exclude", "fail" or "pass", as in `lmer`
    contrasts  {"a": "contr.sum"} for X alone, or ("contr.sum", "contr.poly") everywhere; None: those that rule
    env        names and functions that are not columns; None: there are none

    Coefficients of columns that are combinations of earlier ones are NaN.

    anova(fit, test=)       terms one after the other by their deviances; anova(fit1, fit2) several models
    drop1(fit, test=)       terms left out one at a time
    predict(fit, newdata, type="link"|"response", se_fit=, interval="confidence")
    resid(fit, type="deviance"|"pearson"|"working"|"response"), weights(fit, type="prior"|"working")
    confint(fit, method="profile"|"Wald"), simulate(fit, nsim, seed), family(fit), update(fit, ". ~ . - x")

    A response that a combination of predictors separates, so that the likelihood rises for ever, is found and the
    direction named in a FitNote. Raises FormulaError (also for random terms), DataError, ArgumentError, NumericalError.
    Source: McCullagh & Nelder (1989), Generalized Linear Models.

    >>> import pylmer
    >>> cbpp = pylmer.datasets.load("cbpp")
    >>> pylmer.coef(glm("cbind(incidence, size - incidence) ~ period", cbpp, family="binomial")).round(3).to_dict()
    {'(Intercept)': -1.269, 'period2': -1.171, 'period3': -1.301, 'period4': -1.782}
    """
    refuse(unknown, "glm", GLM_ARGUMENTS)
    given = {"weights": weights, "offset": offset, "subset": subset, "na_action": na_action, "contrasts": contrasts}
    request = make_request("glm", formula, data=data, family=family, control=None, env=env, **given)
    fit = fit_generalized(GlmFit, request)
    announce(fit.notes)
    return fit


@update.register(GeneralizedFit)
def update_glm(model: GlmFit, formula: str | None = None, **changes: Any) -> GlmFit:
    """`update` for a `glm`."""
    request = model.request
    given = {word: getattr(request, word) for word in ("data", *GLM_ARGUMENTS)}
    refuse({word: value for word, value in changes.items() if word not in given}, "update", GLM_ARGUMENTS)
    old = explicit_formula(model.formula, model.design.fixed_terms)
    changed = request.formula if formula is None else update_formula(old, formula)
    if "contrasts" in changes:
        changes["contrasts"] = changed_contrasts(request.contrasts, changes["contrasts"])
    asked = make_request("glm", changed, control=None, **{**given, **changes})
    if "family" not in changes:  # shown as it was first asked for
        asked = replace(asked, call=_with_family_of(asked.call, request.call))
    fit = fit_generalized(type(model), asked)
    announce(fit.notes)
    return fit


def _with_family_of(call: Call, old: Call) -> Call:
    """A call with the family argument of another one."""
    family = [each for each in old.arguments if each.name == "family"]
    others: list[Argument] = [each for each in call.arguments if each.name != "family"]
    return replace(call, arguments=(others[0], *family, *others[1:]))
