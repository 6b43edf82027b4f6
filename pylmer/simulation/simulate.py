"""simulate: new responses from a fit, from a formula with parameters, and from least squares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..design import Designed
from ..design.spec import NewFrame
from ..errors import ArgumentError
from ..extract import word
from ..fit.fitted_model import FittedModel
from ..fit.given_parameters import with_parameters
from ..fit.linear.regression import LinearFit
from ..numerics.linalg import Array
from ..prediction import predict, selected_terms
from ..prediction.choosing import ReForm
from ..prediction.labels import check_na_action, new_noise, refuse_without_newdata, rows_kept
from .drawing import Effects, Seed, draw_responses, drawn, generator, replicates

if TYPE_CHECKING:
    from ..fit.generalized import GeneralizedFittedModel


@word
def simulate(
    fit: FittedModel,
    nsim: int = 1,
    seed: Seed = None,
    *,
    use_u: bool = False,
    re_form: ReForm = "NA",
    newdata: Any = None,
    newparams: Mapping[str, Any] | None = None,
    allow_new_levels: bool = False,
    weights: Any = None,
    offset: Any = None,
    na_action: str = "pass",
    cond_sim: bool = True,
) -> pd.DataFrame:
    """Draw new responses from a fit, as lme4's `simulate`: DataFrame (n, nsim) with columns sim_1, sim_2, ...

    fit               a fit of `lmer`, `glmer`, `lm` or `glm`, or a formula: `simulate("~ x + (1 | g)", newdata=,
                      newparams=)` draws without a fit; then theta, beta and, unless the family has no scale, sigma are
                      all needed
    nsim              number of responses; default 1
    seed              a whole number or a numpy Generator; None, the default: other draws every time
    use_u             of a mixed model: True: given the conditional modes of all random effects; False, the default:
                      with new effects
    re_form           the same for single terms: None is `use_u=True`, "NA" (the default) and "~0" new effects for all
                      terms; of a formula such as "~ (1 | g)" the terms are conditioned on, all others are drawn
    newdata           a data frame with the columns of the formula, without the response; None: the rows of the fit
    newparams         parameters in place of those fitted: dict(theta=, beta=, sigma=); theta in lme4's order, beta
                      likewise or by name; what is left out stays as fitted. Spherical modes u are held. None: those
                      fitted
    allow_new_levels  True: rows of `newdata` may have unknown levels: drawn anew, or zero where the term is conditioned
                      on; rows without a level get no effect of the term. False, the default: they raise DataError
    weights           of `newdata`, prior weights: a number, one per row, or a column or expression; None, the default:
                      what the fit was given, evaluated there (see `predict`)
    offset            of `newdata`, a part of the mean that is known, given likewise; None: what the fit was given
    na_action         rows of `newdata` with missing predictors: "pass", the default, and "exclude" give NaN, "omit"
                      leaves them out, "fail" raises DataError
    cond_sim          False: the mean given the effects, without residuals; default True
    family            of a formula: of the response, as in `glmer`; None, the default: normal with the identity link. A
                      response on its left side that `newdata` has gives the shape (a factor's categories, the two
                      columns and trials of cbind); else a binomial response is a proportion of `weights` trials
    contrasts         of a formula: of its factors, as in `lmer`; None: those that rule, see `set_contrasts`
    env               of a formula: names that are not columns, as in `lmer`; None: there are none

    The rows of the fit are those used, with its weights; after na_action="exclude" the others are NaN.

    Residuals have variance sigma^2 / w, as the model says (Bates, Maechler, Bolker & Walker 2015, section 2); lme4 1.1
    leaves the weights out of it.

    Raises ArgumentError for `nsim` below 1, unknown terms in `re_form`, and parameters of other names or lengths;
    DataError for missing columns and unknown levels.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> simulate(fit, nsim=2, seed=1).shape
    (180, 2)
    >>> import pandas as pd
    >>> plan = pd.DataFrame({"x": [0, 1] * 3, "g": list("aabbcc")})
    >>> simulate("~ x + (1 | g)", newdata=plan, newparams=dict(beta=[1, 2], theta=[0.5], sigma=0)).sim_1.tolist()
    [1.0, 3.0, 1.0, 3.0, 1.0, 3.0]
    """
    count, rng = replicates(nsim), generator(seed)
    check_na_action(na_action)
    kept = conditioned(fit, use_u, re_form)
    model = fit if newparams is None else with_parameters(fit, newparams)
    if newdata is None:
        refuse_without_newdata(offset)
        if weights is not None:
            raise ArgumentError("weights= belongs to newdata; the rows of the fit have the weights of the fit")
        return labelled(fit, draw_responses(model, count, rng, kept, cond_sim))
    frame = fit.design.spec.frame(newdata)
    mean, effects = _coded(model, None if use_u else re_form, frame, allow_new_levels, offset)
    w = 1.0 / new_noise(fit.design.spec, frame, weights) if cond_sim else None
    out = drawn(mean, effects, model.sigma if cond_sim else 0.0, w, count, rng)
    shown = rows_kept(~np.isnan(out[:, 0]), frame.index, na_action)
    return _frame(out[shown], frame.index[shown])


@simulate.register(LinearFit)
def simulate_linear(fit: LinearFit, nsim: int = 1, seed: Seed = None) -> pd.DataFrame:
    """`simulate` for least squares: fitted values plus residuals of variance sigma^2 / w."""
    return labelled(fit, draw_linear(fit, replicates(nsim), generator(seed)))


def draw_linear(fit: LinearFit, count: int, rng: np.random.Generator) -> Array:
    """Responses (n, count) of a least-squares fit; ArgumentError where nothing is left to know sigma from."""
    if not fit.solution.df_residual:
        raise ArgumentError("the fit has no residual degrees of freedom: nothing says how large its residuals are")
    return drawn(fit.solution.fitted, (), fit.sigma, fit.rows.weights, count, rng)


def conditioned(fit: FittedModel | GeneralizedFittedModel, use_u: bool, re_form: ReForm) -> tuple[int, ...]:
    """The terms whose conditional modes are kept."""
    if not isinstance(use_u, bool | np.bool_):
        raise ArgumentError(f"use_u must be True or False, found {use_u!r}")
    if not use_u:
        return selected_terms(fit, re_form)
    if re_form not in ("NA", None):
        raise ArgumentError(f"use_u=True conditions on all random effects, re_form={str(re_form)!r} does not: give one")
    return selected_terms(fit, None)


def _coded(
    fit: FittedModel, re_form: ReForm, frame: NewFrame, allow_new_levels: bool, offset: Any
) -> tuple[Array, list[Effects]]:
    """The means of new rows given the terms in `re_form`, and all other terms, whose effects are drawn."""
    spec, kept = fit.design.spec, selected_terms(fit, re_form)
    mean = predict(fit, frame, re_form=re_form, allow_new_levels=allow_new_levels, offset=offset).to_numpy()
    others = [number for number in range(len(fit.design.random)) if number not in kept]
    effects = []
    for number, (Z, _) in spec.random(frame, others, allow_new_levels=allow_new_levels).items():
        found = spec.levels_found(frame, number)
        effects.append(Effects(Z, found.codes, len(found.levels), fit.sigma * fit.solution.T[number]))
    return mean, effects


def labelled(fit: Designed, out: Array) -> pd.DataFrame:
    """Responses of the rows of a fit; NaN for rows left out with na_action="exclude"."""
    if fit.design.na_action != "exclude":
        return _frame(out, fit.rows.index)
    return _frame(fit.rows.padded(out), fit.rows.padded_index)


def _frame(out: Array, index: pd.Index[Any]) -> pd.DataFrame:
    return pd.DataFrame(out, index=index, columns=[f"sim_{k}" for k in range(1, out.shape[1] + 1)], copy=False)
