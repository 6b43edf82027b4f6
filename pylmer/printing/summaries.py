"""summary(fit): the numbers as a record, and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..extract import RePCA, RePCASummary, VarCorr, VarCorrs, coef, fixef, nobs, resid, se_fixef, vcov, word
from ..extract.likelihood import group_sizes
from ..fit.fitted_model import FittedModel
from ..inference.contrasts.contrasts import t_tests
from ..inference.degrees_of_freedom.choice import METHODS, check_ddf
from ..language.nodes import Call
from ..numerics.linalg import Array
from ..text import Shown, format_numbers, print_named, show, zapsmall
from ..text.arguments import under_either_name
from .coefficients import MOST, correlation_table, fixed_table
from .fits import sizes
from .footers import long_footer
from .headers import criteria, model_lines, short_criteria, title
from .variances import chosen_components, print_variances

QUANTILES = ("Min", "1Q", "Median", "3Q", "Max")


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Shown):
    """What summary(fit) holds.

    coefficients  DataFrame by fixed effect: Estimate, Std. Error, t value (degrees of freedom and p-values where the
                  method gives them)
    vcov          covariance of the fixed effects;  varcor  variances of the random effects;  sigma  residual sd
    ngrps         levels by grouping factor;  nobs  observations
    AICtab        REML criterion, or AIC, BIC, logLik, -2*log(L), df.resid
    residuals     scaled Pearson residuals, Series (n,); None where the fit's rows are not at hand
    call, title, header, footer: what stands above and below the numbers
    correlation   whether the page shows the correlations of the fixed effects; None: up to twelve of them
    """

    coefficients: pd.DataFrame
    vcov: pd.DataFrame
    varcor: VarCorrs
    sigma: float
    ngrps: Mapping[str, int]
    nobs: int
    AICtab: pd.Series[float]
    residuals: pd.Series[float] | None
    call: Call
    title: str
    header: tuple[str, ...]
    footer: tuple[str, ...]
    correlation: bool | None = None


@word
def summary(
    fit: FittedModel, ddf: str = "Satterthwaite", correlation: bool | None = None, corr: bool | None = None
) -> Summary:
    """Summary of a fit as lmerTest gives it: a record that prints itself.

    fit          a fit of `lmer`, `lm` or `lmList`; marginal means and contrasts; what `rePCA` or `PBmodcomp` returned
    ddf          of a mixed model: the method of the degrees of freedom: "Satterthwaite" (the default), "Kenward-Roger"
                 (with the adjusted standard errors; for REML fits), or "lme4" for lme4's page, t values without degrees
                 of freedom and p-values
    correlation  of a mixed model and of `lm`: whether the page shows the correlations of the fixed effects; None, the
                 default: of a mixed model for up to twelve of them, of `lm` not
    corr         a short name of `correlation`
    pool         of `lmList`: True takes the residual variance pooled over groups, False each group's own; None, the
                 default: as fitted
    infer        of marginal means: whether to give intervals and tests, (True, False), or one for both; None, the
                 default: as they were made
    level        of marginal means: coverage of the intervals, between 0 and 1; None, the default: as they were made
    adjust       of marginal means: for the number of estimates in a table, see `contrast`; None, the default: as they
                 were made
    by           of marginal means: variables whose values make separate tables; by default as they were made, None for
                 one
    type         of marginal means: "response" transforms back; None, the default: as they were made
    null         of marginal means: what tests are against, see `test`; default 0
    side         of marginal means: "<" or ">" for one-sided tests and intervals; 0, the default: two-sided
    delta        of marginal means: a threshold of equivalence, see `test`; default 0, none
    bias_adjust  of marginal means: True: the way back is corrected for its bias, h(e) + h''(e) sigma^2 / 2; None, the
                 default: as they were made
    sigma        of marginal means: the standard deviation of that correction, one number or one for each row of a
                 table; None, the default: the residual one (means over new groups want the root of the sum of all
                 variances)
    df           of marginal means: degrees of freedom in place of those found; None, the default: those
    use_hessian  of `glmer`: True, the default: by the Hessian of the criterion; False: at the modes, theta taken for
                 true (R's RX)
    dispersion   of `glm`: the dispersion to take for true; None, the default: 1, or the estimate of a family with scale

    R's `print(summary(fit), correlation=, digits=, signif.stars=, ranef.comp=, show.resids=)` is
    `summary(fit).to_string(correlation=, corr=, digits=, signif_stars=, ranef_comp=, show_resids=)`, a text.

    Of an `lm` R's page of summary.lm; of `lmList` the t tests of each coefficient by group; of marginal means their
    table. Raises ArgumentError for anything else.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.summary(fit).coefficients.iloc[:, :4].round(3)
                 Estimate  Std. Error    df  t value
    (Intercept)   251.405       6.825  17.0   36.838
    Days           10.467       1.546  17.0    6.771
    >>> "Correlation of Fixed Effects" in str(pylmer.summary(fit, correlation=False))
    False
    """
    check_ddf(ddf, (*METHODS, "lme4"))
    tested = ddf != "lme4" and len(fit.beta) > 0
    return Summary(
        coefficients=tested_table(fit, ddf) if tested else coefficient_table(fit),
        vcov=vcov(fit),
        varcor=VarCorr(fit),
        sigma=fit.sigma,
        ngrps=group_sizes(fit),
        nobs=nobs(fit),
        AICtab=criteria(fit),
        residuals=resid(fit, "pearson", scaled=True) if fit.data.source.at_hand else None,
        call=fit.call,
        title=title(fit, None if ddf == "lme4" else ddf),
        header=tuple(model_lines(fit, control=True, as_given=ddf != "lme4")),
        footer=tuple(long_footer(fit)),
        correlation=under_either_name(correlation=correlation, corr=corr),
    )


def coefficient_table(fit: FittedModel) -> pd.DataFrame:
    """Estimate, Std. Error, t value by fixed effect."""
    estimate, error = pd.Series(fixef(fit)), pd.Series(se_fixef(fit))
    return pd.DataFrame({"Estimate": estimate, "Std. Error": error, "t value": estimate / error})


def tested_table(fit: FittedModel, ddf: str) -> pd.DataFrame:
    """Estimate, Std. Error, df, t value, Pr(>|t|) by fixed effect."""
    tests = t_tests(fit, np.eye(len(fit.beta)), ddf)
    columns = {
        "Estimate": tests.estimate,
        "Std. Error": tests.error,
        "df": tests.df,
        "t value": tests.t,
        "Pr(>|t|)": tests.p,
    }
    return pd.DataFrame(columns, index=list(fit.design.X_names))


@coef.register(Summary)
def summary_coef(record: Summary) -> pd.DataFrame:
    """R's coef(summary(fit)): the table of coefficients."""
    return record.coefficients


@summary.register(RePCA)
def summary_pca(components: RePCA) -> RePCASummary:
    """R's summary(rePCA(fit)): importance of components by grouping factor."""
    return RePCASummary({factor: each.importance for factor, each in components.items()})


@show.register
def show_summary(
    record: Summary,
    digits: int = 4,
    correlation: bool | None = None,
    signif_stars: bool = True,
    ranef_comp: str | Sequence[str] = ("Variance", "Std.Dev."),
    show_resids: bool = True,
    corr: bool | None = None,
) -> str:
    """The page; correlations of the fixed effects as the record says, by default up to twelve of them."""
    chosen = under_either_name(correlation=correlation, corr=corr)
    shown = record.correlation if chosen is None else chosen
    blocks = ["\n".join([record.title, *record.header]), short_criteria(record.AICtab)]
    if show_resids and record.residuals is not None:
        blocks.append(residual_lines(record.residuals, digits))
    table = print_variances(record.varcor, chosen_components(ranef_comp, "ranef_comp"), digits)
    blocks.append(f"Random effects:\n{table}\n{sizes(record.nobs, dict(record.ngrps))}")
    blocks += _fixed_blocks(record, digits, shown, signif_stars)
    return "\n".join(["\n\n".join(blocks), *record.footer])


def residual_lines(residuals: pd.Series[float], digits: int = 4) -> str:
    """Quantiles of the scaled residuals."""
    return f"Scaled residuals: \n{quantiles(residuals.dropna().to_numpy(), digits)}"


def quantiles(values: Array, digits: int) -> str:
    """Smallest, quartiles and largest under their names."""
    found = np.quantile(values, np.linspace(0, 1, len(QUANTILES)))
    return print_named(QUANTILES, format_numbers(zapsmall(found.tolist(), digits + 1), digits))


def _fixed_blocks(record: Summary, digits: int, correlation: bool | None, stars: bool) -> list[str]:
    p = len(record.coefficients)
    if not p:
        return []
    blocks = [f"Fixed effects:\n{fixed_table(record.coefficients, digits, stars)}"]
    if correlation is None and p > MOST:
        blocks.append(
            f"Correlation matrix not shown by default, as p = {p} > {MOST}.\n"
            "Use summary(fit).to_string(correlation=True)  or\n"
            "    vcov(fit)        if you need it\n"
        )
    elif correlation is not False and p > 1:
        blocks.append(f"Correlation of Fixed Effects:\n{correlation_table(record.vcov)}")
    return blocks
