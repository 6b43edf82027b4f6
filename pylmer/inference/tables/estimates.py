"""The estimates of one model, a row for each: fixed effects with their tests, standard deviations and correlations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...extract import VarCorr
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...fit.linear.regression import LinearFit
from ..tidying.fits import tidy

NUMBERS = ("estimate", "std.error", "statistic", "df", "p.value", "conf.low", "conf.high")
COLUMNS = ("effect", "group", "term", "label", "test", *NUMBERS)
RESIDUAL = "Residual"


@dataclass(frozen=True)
class EstimateOptions:
    """What is asked of every model.

    effects             of "fixed" and "ran_pars"
    statistic           what stands beneath estimates
    level, conf_method  of intervals, where these are wanted
    ddf, scales         as of `tidy`
    """

    effects: tuple[str, ...]
    statistic: tuple[str, ...]
    level: float
    conf_method: str
    ddf: str
    scales: str

    @property
    def intervals(self) -> dict[str, Any]:
        return {"conf_int": "conf.int" in self.statistic, "conf_level": self.level}


def estimates(fit: Any, asked: EstimateOptions, exponentiate: bool) -> pd.DataFrame:
    """The rows of a model, with all of COLUMNS; NaN where a number is not known."""
    found = estimated(fit, asked)
    fixed = found["effect"] == "fixed"
    found["label"] = np.where(fixed, found["term"], list(parameter_labels(found)))
    found = found.reindex(columns=list(COLUMNS))
    found["group"] = found["group"].where(~fixed, "")
    return _exponentiated(found, fixed) if exponentiate else found


def _exponentiated(found: pd.DataFrame, fixed: pd.Series[bool]) -> pd.DataFrame:
    """exp of fixed effects and limits; standard errors by the delta method."""
    ratio = np.exp(found["estimate"].where(fixed))
    for name in ("conf.low", "conf.high"):
        found[name] = np.exp(found[name]).where(fixed, found[name])
    found["std.error"] = (found["std.error"] * ratio).where(fixed, found["std.error"])
    found["estimate"] = ratio.where(fixed, found["estimate"])
    return found


@singledispatch
def estimated(fit: Any, asked: EstimateOptions) -> pd.DataFrame:
    """What `tidy` says of a model, and the letter of its tests."""
    raise ArgumentError(f"modelsummary() knows no {type(fit).__name__}")


@estimated.register
def _of_lmer(fit: FittedModel, asked: EstimateOptions) -> pd.DataFrame:
    given: dict[str, Any] = {"effects": asked.effects, "conf_method": asked.conf_method, "scales": asked.scales}
    return _named(fit, tidy(fit, ddf=asked.ddf, **given, **asked.intervals)).assign(test="t")


@estimated.register
def _of_glmer(fit: GeneralizedFittedModel, asked: EstimateOptions) -> pd.DataFrame:
    given: dict[str, Any] = {"effects": asked.effects, "conf_method": asked.conf_method, "scales": asked.scales}
    return _named(fit, tidy(fit, **given, **asked.intervals)).assign(test="z")


def _named(fit: FittedModel | GeneralizedFittedModel, found: pd.DataFrame) -> pd.DataFrame:
    """Beside each standard deviation or correlation the one or two effects that it is of."""
    of = VarCorr(fit).as_frame(order="lower.tri")
    none = [None] * int((found["effect"] == "fixed").sum())  # which come first
    ran_pars = len(found) > len(none)
    names: dict[str, Any] = {name: [*none, *(of[name] if ran_pars else ())] for name in ("var1", "var2")}
    return found.assign(**names)


@estimated.register
def _of_lm(fit: LinearFit, asked: EstimateOptions) -> pd.DataFrame:
    found = tidy(fit, **asked.intervals).assign(effect="fixed", df=float(fit.solution.df_residual))
    sd = asked.scales == "sdcor"
    spread = {"effect": "ran_pars", "group": RESIDUAL, "estimate": fit.sigma if sd else fit.sigma**2}
    residual = pd.DataFrame([spread | {"term": f"{'sd' if sd else 'var'}__Observation"}])
    parts = {"fixed": found, "ran_pars": residual}
    return pd.concat([parts[each] for each in parts if each in asked.effects], ignore_index=True).assign(test="t")


@estimated.register
def _of_glm(fit: GeneralizedFit, asked: EstimateOptions) -> pd.DataFrame:
    found = tidy(fit, conf_method=asked.conf_method, **asked.intervals).assign(effect="fixed")
    known = found if "fixed" in asked.effects else found.iloc[:0]
    if not fit.family.has_scale:
        return known.assign(test="z")
    return known.assign(test="t", df=float(fit.df_residual))


def parameter_labels(found: pd.DataFrame) -> Iterator[str]:
    """ "Subject: sd (Intercept)", "Subject: cor (Intercept), Days", "Residual: sd"; "" for fixed effects."""
    for row in found.to_dict("records"):
        if row["effect"] == "fixed":
            yield ""
            continue
        what = str(row["term"]).partition("__")[0]
        of = ", ".join(str(name) for name in (row.get("var1"), row.get("var2")) if isinstance(name, str))
        yield f"{row['group']}: {what} {of}".rstrip()
