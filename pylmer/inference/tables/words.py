"""modelsummary: several fits in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ...extract.kinds import family
from ...text.arguments import plain
from ..contrasts.contrasts import DDF
from .choosing import chosen
from .estimates import RESIDUAL, estimates
from .models import given_exponentiate, given_models, response_of
from .options import EFFECTS, given_asked, given_look
from .record import ModelSummary
from .statistics import chosen_statistics, foot

PAIRS = ("cor__", "cov__")  # how the terms of two effects begin


@plain
def modelsummary(
    models: Any,
    output: str = "text",
    *,
    statistic: str | Sequence[str] = "se",
    stars: Any = False,
    digits: int = 3,
    exponentiate: Any = False,
    conf_level: float = 0.95,
    conf_method: str = "Wald",
    ddf: str = DDF,
    effects: str | Sequence[str] = EFFECTS,
    scales: str = "sdcor",
    coef_map: Any = None,
    coef_omit: Any = None,
    gof_map: Any = None,
    names: Any = None,
    title: str | None = None,
    notes: Any = None,
) -> ModelSummary:
    """Several fits side by side in one table for a report, as modelsummary, texreg and sjPlot's tab_model give it.

    models        a fit of `lmer`, `glmer`, `lm` or `glm`, several in a list, or {name: fit}
    output        what `str()` of the record is: "text", the default, "html", "latex" (with the package booktabs) or
                  "markdown"; the record gives all of them by `to_html()`, `to_latex()` and `to_markdown()`
    statistic     what stands beneath each estimate, a line each: "se" (the default, "std.error" too), "conf.int", "p"
                  ("p.value" too), "statistic", "df"; [] for nothing
    stars         True marks fixed effects by their p-values, + below 0.1, * 0.05, ** 0.01, *** 0.001; {"*": 0.05} by
                  marks of your own; False, the default: no marks
    digits        decimals, 0 to 22; default 3. What would round to zero is shown by two digits, criteria by one decimal
    exponentiate  True shows exp of fixed effects and their limits: odds ratios of a logit link, rate ratios of a log
                  link or of a response in logs; standard errors by the delta method. A list has a flag for each model;
                  False, the default: effects as they are
    conf_level    coverage of intervals, between 0 and 1; default 0.95
    conf_method   of intervals: "Wald", the default, or another method of `confint`, such as "profile", which gives
                  standard deviations their limits too; of `lm` they are always exact
    ddf           degrees of freedom of the t tests of `lmer`: "Satterthwaite", the default, "Kenward-Roger", or "lme4"
                  for none and no p-values
    effects       "fixed", "ran_pars" (standard deviations and correlations), or both, the default
    scales        of these: "sdcor", the default, or "vcov" for variances and covariances
    coef_map      the fixed effects that are shown, in their order: {coefficient: label}, or names in a list; None: all
    coef_omit     those that are not: a regular expression that is searched in their names, or names in a list; None:
                  none
    gof_map       the lines at the foot, in their order, or {line: label}: nobs, groups (levels of each factor),
                  df_residual, R2, ICC, AIC, AICc, BIC, logLik, REMLcrit, deviance, RMSE, Sigma, Log_loss, Score_log,
                  PCP; [] for none; None: nobs, groups, R2, ICC, AIC, BIC, logLik, REMLcrit
    names         of the models, texts in a list; None: those of the dict, or Model 1, Model 2, ...
    title         a text above; None: none
    notes         a text below, or several in a list; None: none beside those that explain marks and brackets

    The record holds the numbers: `.estimates`, `.fit_statistics`, and `.to_pandas()` has the table with numbers in
    place of texts. Notebooks show it as HTML. `.to_gt()` is it for great_tables, an extra: pip install
    "pylmer[tables]".
    Names of models and coefficients may be any texts: each output escapes what means something there.
    Criteria are those of each fit, `AIC(fit)`: of REML fits of the restricted likelihood (`compare_performance` has
    others); R2 and ICC are those of `r2` and `icc`, which for a `glmer` with a log link fit the model without
    predictors: leave them out of gof_map where that takes too long.
    Raises ArgumentError for what is no fit (an `lmList`: a fit for each group), and for unknown names.

    >>> import pylmer
    >>> sleepstudy = pylmer.datasets.load("sleepstudy")
    >>> line = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleepstudy)
    >>> lines = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleepstudy)
    >>> pylmer.modelsummary({"line": line, "lines": lines}, stars=True, digits=2, gof_map=["nobs", "groups", "R2"])
                                         line      lines
                                     Reaction   Reaction
    ----------------------------------------------------
    (Intercept)                     251.41***  251.41***
                                     (9.75)     (6.82)
    Days                             10.47***   10.47***
                                     (0.80)     (1.55)
    ----------------------------------------------------
    Random effects
    Subject: sd (Intercept)          37.12      24.74
    Subject: sd Days                             5.92
    Subject: cor (Intercept), Days               0.07
    Residual: sd                     30.99      25.59
    ----------------------------------------------------
    Observations                       180        180
    Groups: Subject                     18         18
    R2 (conditional)                  0.70       0.80
    R2 (marginal)                     0.28       0.28
    ----------------------------------------------------
    Standard errors in parentheses.
    + p < 0.1, * p < 0.05, ** p < 0.01, *** p < 0.001
    """
    fits = given_models(models, names)
    labels, wanted = chosen_statistics(gof_map)
    asked = given_asked(effects, statistic, conf_level, conf_method, ddf, scales)
    flags = given_exponentiate(exponentiate, {name: family(fit).link.name for name, fit in fits.items()})
    look = given_look(output, digits, asked, stars, title, notes, labels, flags)
    rows = [estimates(fit, asked, flags[name]).assign(model=name) for name, fit in fits.items()]
    table = in_order(chosen(pd.concat(rows, ignore_index=True), coef_map, coef_omit))
    return ModelSummary(tuple(fits), tuple(map(response_of, fits.values())), table, foot(fits, wanted), look)


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Fixed effects, then groups in the order in which they come, correlations behind deviations, the residual last.

    `model` is the first column.
    """
    groups = [group for group in dict.fromkeys(rows["group"]) if group != RESIDUAL]
    places = {group: place for place, group in enumerate([*groups, RESIDUAL])}

    def place(k: int) -> tuple[int, bool]:
        effect, group, term = (rows[name].iloc[k] for name in ("effect", "group", "term"))
        fixed = effect == "fixed"
        return -1 if fixed else places[group], not fixed and term.startswith(PAIRS)

    ordered = rows.iloc[sorted(range(len(rows)), key=place)].reset_index(drop=True)
    return ordered[["model", *(name for name in ordered if name != "model")]]
