"""tidy and glance of generalized linear models, with the columns of R's broom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...extract import AIC, BIC, logLik
from ...extract.generalized_linear import coefficient_table
from ...fit.linear.generalized import GeneralizedFit
from ...text.arguments import check_level
from ..intervals import confint
from .fits import glance, tidy
from .generalized import LOGARITHMS

__all__ = ["glance_generalized_linear", "tidy_generalized_linear"]


@tidy.register(GeneralizedFit)
def tidy_generalized_linear(
    fit: GeneralizedFit,
    conf_int: bool = False,
    conf_level: float = 0.95,
    conf_method: str = "Wald",
    exponentiate: bool = False,
) -> pd.DataFrame:
    """Coefficients of a `glm`: term, estimate, std.error, statistic, p.value, and conf.low, conf.high if asked for.

    conf_method   "Wald" (the default), or "profile", as broom has it
    exponentiate  coefficients and their limits as odds or rate ratios, exp of them

    A coefficient without an estimate is a row of NaN.
    """
    if exponentiate and fit.family.link.name not in LOGARITHMS:
        raise ArgumentError(f"exponentiate=True: effects on the {fit.family.link.name} scale are no logs of ratios")
    found = coefficient_table(fit).reindex(list(fit.names)).to_numpy()
    columns: dict[str, Any] = {"term": list(fit.names)}
    columns |= dict(zip(("estimate", "std.error", "statistic", "p.value"), found.T, strict=True))
    if conf_int:
        limits = confint(fit, level=check_level(conf_level, "conf_level"), method=conf_method).to_numpy()
        columns |= {"conf.low": limits[:, 0], "conf.high": limits[:, 1]}
    if exponentiate:
        ratio = np.exp(columns["estimate"])
        columns |= {"estimate": ratio, "std.error": columns["std.error"] * ratio}
        columns |= {name: np.exp(columns[name]) for name in ("conf.low", "conf.high") if name in columns}
    return pd.DataFrame(columns)


@glance.register(GeneralizedFit)
def glance_generalized_linear(fit: GeneralizedFit) -> pd.DataFrame:
    """One row about a `glm`: deviances of the model without predictors and of this one, likelihood, sizes."""
    row: dict[str, Any] = {"null.deviance": fit.null_deviance, "df.null": fit.n_weighted - fit.intercept}
    row |= {"logLik": float(logLik(fit)), "AIC": AIC(fit), "BIC": BIC(fit), "deviance": fit.deviance}
    return pd.DataFrame([row | {"df.residual": fit.df_residual, "nobs": fit.n_weighted}])
