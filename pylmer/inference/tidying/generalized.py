"""tidy, glance, augment of generalized linear mixed models, with the columns of R's broom.mixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ...diagnostics import cooks_distance, hatvalues
from ...errors import ArgumentError
from ...extract import AIC, BIC, deviance, df_residual, logLik, nobs, resid, se_fixef, sigma
from ...fit.generalized import GeneralizedFittedModel
from ...numerics.distributions import student_two_sided
from ...numerics.linalg import Array
from ...prediction import predict
from ...text.arguments import check_level
from .augmenting import as_frame, beside, joined, predicted, refuse_both
from .fits import (
    EFFECTS_OF,
    augment,
    check_choices,
    glance,
    limits_by,
    shown_limits,
    stacked,
    tidy,
    used,
    wanted_effects,
)

LOGARITHMS = ("logit", "log", "cloglog")  # links whose effects are logs of ratios


@tidy.register(GeneralizedFittedModel)
def tidy_generalized(
    fit: GeneralizedFittedModel,
    effects: str | Sequence[str] = "fixed",
    conf_int: bool = False,
    conf_level: float = 0.95,
    conf_method: str = "Wald",
    scales: str = "sdcor",
    exponentiate: bool = False,
) -> pd.DataFrame:
    """A fit of `glmer` as a data frame: fixed effects with z statistics and p-values.

    exponentiate  fixed effects and their limits as odds or rate ratios, exp of them; std.error times the estimate

    The other arguments are those of `tidy` for `lmer`.
    """
    wanted = wanted_effects(effects)
    check_choices(conf_method, scales)
    level = check_level(conf_level, "conf_level") if conf_int else None
    if exponentiate and fit.family.link.name not in LOGARITHMS:
        raise ArgumentError(f"exponentiate=True: effects on the {fit.family.link.name} scale are no logs of ratios")
    limits = limits_by(fit, wanted, level, conf_method, scales)
    parts: dict[str, Callable[[], pd.DataFrame]] = {
        "fixed": lambda: _fixed(fit, level, limits, exponentiate),
        **{name: partial(make, fit, level, limits, scales) for name, make in EFFECTS_OF.items()},
    }
    return stacked([make() for each, make in parts.items() if each in wanted])


def _fixed(fit: GeneralizedFittedModel, level: float | None, limits: Array | None, ratios: bool) -> pd.DataFrame:
    names, estimate, error = list(fit.design.X_names), fit.beta, se_fixef(fit).to_numpy()
    z = estimate / error
    shown = shown_limits(estimate, error, np.inf, level, None if limits is None else limits[-len(names) :])
    if ratios:
        estimate, shown = np.exp(estimate), {name: np.exp(values) for name, values in shown.items()}
        error = error * estimate
    columns = {"estimate": estimate, "std.error": error, "statistic": z, "p.value": student_two_sided(z, np.inf)}
    return pd.DataFrame({"effect": ["fixed"] * len(names), "term": names, **columns, **shown})


@glance.register(GeneralizedFittedModel)
def glance_generalized(fit: GeneralizedFittedModel) -> pd.DataFrame:
    """One row about a fit of `glmer`: nobs, sigma, logLik, AIC, BIC, deviance (of the residuals), df.residual."""
    row: dict[str, Any] = {"nobs": nobs(fit), "sigma": sigma(fit), "logLik": float(logLik(fit)), "AIC": AIC(fit)}
    row |= {"BIC": BIC(fit), "deviance": deviance(fit), "df.residual": df_residual(fit)}
    return pd.DataFrame([row])


@augment.register(GeneralizedFittedModel)
def augment_generalized(
    fit: GeneralizedFittedModel,
    data: Any = None,
    newdata: Any = None,
    *,
    type_predict: str = "link",
    type_residuals: str = "deviance",
    se_fit: bool = False,
    interval: str | None = None,
    level: float = 0.95,
    allow_new_levels: bool = False,
) -> pd.DataFrame:
    """The rows of a fit of `glmer`, or other rows, with their own numbers beside them.

    type_predict    of .fitted and its limits: "link" or "response"
    type_residuals  of .resid, as `resid` has them

    Of the rows of the fit: .fitted, .resid, .hat, .cooksd, .fixed (linear predictor without random effects), .mu, .eta,
    .offset, .weights (prior). Of newdata: .fitted and .fixed. The other arguments are those of `augment` for `lmer`.
    """
    refuse_both(data, newdata)
    asked: dict[str, Any] = {"se_fit": se_fit, "interval": interval, "level": level, "type": type_predict}
    if newdata is not None:
        frame = fit.design.spec.frame(newdata)
        own = {name: each.to_numpy() for name, each in
               predicted(fit, frame, **asked, allow_new_levels=allow_new_levels).items()}  # fmt: skip
        return joined(as_frame(newdata), own | {".fixed": predict(fit, newdata, re_form="NA").to_numpy()})
    columns = {name: used(fit, values) for name, values in predicted(fit, None, **asked).items()}
    return beside(fit, data, {**columns, **_row_numbers(fit, type_residuals)})


def _row_numbers(fit: GeneralizedFittedModel, type_residuals: str) -> dict[str, Array]:
    offset = fit.rows.offset
    return {
        ".resid": used(fit, resid(fit, type=type_residuals)),
        ".hat": used(fit, hatvalues(fit)),
        ".cooksd": used(fit, cooks_distance(fit)),
        ".fixed": fit.optimum.fixed_predictor,
        ".mu": fit.mu,
        ".eta": fit.eta,
        ".offset": np.zeros(fit.design.n) if offset is None else offset,
        ".weights": fit.prior_weights,
    }
