"""summary and display of generalized linear models: the numbers as records. Their texts are in `generalized_linear`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..errors import ArgumentError
from ..extract import AIC, coef
from ..extract.generalized_linear import RESIDUALS, coefficient_table
from ..fit.linear.generalized import GeneralizedFit
from ..language.nodes import Call
from ..text import Shown
from ..text.arguments import check_digits, is_number, under_either_name, written
from .arm import NAMES, display
from .summaries import summary


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizedSummary(Shown):
    """What `summary(glm(...))` holds.

    coefficients  DataFrame: Estimate, Std. Error, z value, Pr(>|z|) of the coefficients that have an estimate; with an
                  estimated dispersion t value and Pr(>|t|)
    names         all coefficients, the aliased ones too
    family        as R writes it;  dispersion  1, estimated, or given
    residuals     deviance residuals, Series; None of a fit without its rows
    deviance, df_residual, null_deviance, df_null   of the fit, and of the intercept alone
    n_missing     rows left out for missing values;  iterations  Fisher scoring steps, as R counts them
    vcov          covariances of the coefficients that have an estimate
    correlation   whether the page shows their correlations
    """

    call: Call
    coefficients: pd.DataFrame
    names: tuple[str, ...]
    family: str
    dispersion: float
    residuals: pd.Series[float] | None
    deviance: float
    df_residual: int
    null_deviance: float
    df_null: int
    AIC: float
    n_missing: int
    iterations: int
    vcov: pd.DataFrame
    correlation: bool = False


@summary.register(GeneralizedFit)
def summary_generalized(
    fit: GeneralizedFit,
    dispersion: float | None = None,
    correlation: bool | None = None,
    corr: bool | None = None,
) -> GeneralizedSummary:
    """Estimates with their tests, deviances and AIC; `dispersion` in place of the one estimated, taken for known."""
    if dispersion is not None and not (is_number(dispersion) and dispersion > 0):
        raise ArgumentError(f"dispersion={written(dispersion)}: wanted a number above 0")
    phi = fit.dispersion if dispersion is None else float(dispersion)
    kept = [fit.names[k] for k in fit.kept]
    return GeneralizedSummary(
        call=fit.call,
        coefficients=coefficient_table(fit, dispersion),
        names=fit.names,
        family=fit.family.name,
        dispersion=phi,
        residuals=_residuals(fit) if fit.data.source.at_hand else None,
        deviance=fit.deviance,
        df_residual=fit.df_residual,
        null_deviance=fit.null_deviance,
        df_null=fit.n_weighted - int(fit.intercept),
        AIC=AIC(fit),
        n_missing=fit.design.n_missing,
        iterations=fit.optimum.iterations,
        vcov=pd.DataFrame(phi * fit.unscaled, index=kept, columns=kept),
        correlation=bool(under_either_name(correlation=correlation, corr=corr)),
    )


def _residuals(fit: GeneralizedFit) -> pd.Series[float]:
    return pd.Series(RESIDUALS["deviance"](fit), index=fit.rows.index)


@coef.register(GeneralizedSummary)
def summary_coef(record: GeneralizedSummary) -> pd.DataFrame:
    """R's coef(summary(fit)): the table of coefficients."""
    return record.coefficients


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizedDisplay(Shown):
    """What `display(glm(...))` shows: coef.est, coef.se (and tests with `detail`), n, k, deviances and dispersion."""

    call: Call
    coefficients: pd.DataFrame
    nobs: int
    rank: int
    deviance: float
    null_deviance: float
    family: str
    dispersion: float | None
    digits: int


@display.register(GeneralizedFit)
def display_generalized(fit: GeneralizedFit, digits: int = 2, detail: bool = False) -> GeneralizedDisplay:
    """The short page of arm's display for glm."""
    table = coefficient_table(fit).rename(columns=NAMES)
    return GeneralizedDisplay(
        call=fit.call,
        coefficients=table if detail else table.iloc[:, :2],
        nobs=fit.n_weighted,
        rank=fit.rank,
        deviance=fit.deviance,
        null_deviance=fit.null_deviance,
        family=fit.family.word,
        dispersion=fit.dispersion if fit.family.has_scale else None,
        digits=check_digits(digits),
    )
