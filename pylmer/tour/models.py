"""Steps that fit a model, or write it another way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..extract import se_fixef, se_ranef
from ..partial_pooling import criterion_curve, five_ways, pooling
from .chapter import Chapter
from .telling import fixed, interval, table


def complete_pooling(chapter: Chapter) -> Sequence[str]:
    """One line for all houses."""
    b = chapter.complete.coef()
    return (
        "Radon was measured in 919 houses of 85 counties of Minnesota, in the basement (floor = 0) or on the first "
        "floor (floor = 1). Complete pooling leaves the counties out: one line for all.",
        str(chapter.complete.display()),
        f"A house measured on the first floor has exp({b['floor']:.2f}) = {np.exp(b['floor']):.2f} times the radon of "
        "one measured in the basement. That counties differ is not in this model.",
    )


def no_pooling(chapter: Chapter) -> Sequence[str]:
    """A line for each county."""
    fit, found = chapter.none, chapter.pooled.as_frame()
    highest = str(found["no_pooling"].idxmax())
    shown = [*found.index[:3], highest]
    return (
        "No pooling gives each county an intercept of its own: lm with 85 indicators, log_radon ~ floor + county - 1.",
        table(
            ["floor", *shown],
            {
                "houses": ["", *map(str, found["n"][shown])],
                "estimate": fixed([chapter.pooled.slopes["floor"], *found.loc[shown, "no_pooling"]]),
                "std. error": fixed([float(np.sqrt(fit.covariance[0, 0])), *found.loc[shown, "se_no"]]),
            },
        )
        + f"\n---\nn = {len(chapter.radon)}, k = {len(fit.beta)}\nresidual sd = {fit.sigma:.2f}",
        f"The highest intercept is that of {highest}, estimated from {found['n'][highest]} houses. No pooling "
        "overstates the variation of counties, the more so the fewer houses a county has.",
    )


def without_predictors(chapter: Chapter) -> Sequence[str]:
    """M0."""
    theta = chapter.M0.theta[0]
    return (
        "The multilevel model lies between both: county intercepts alpha_j come from a normal distribution, whose "
        "standard deviation is estimated from the data. Without predictors:",
        str(chapter.M0.display()),
        "An estimate is a weighted average (12.1) of the county's mean, with weight n_j / sigma_y^2, and of the mean "
        f"of all, with weight 1 / sigma_alpha^2. As sigma_y^2 / sigma_alpha^2 = {1 / theta**2:.1f}, the mean of all "
        "counts as much as that many houses.",
    )


def criterion(chapter: Chapter) -> Sequence[str]:
    """The REML criterion over theta."""
    curve = criterion_curve(chapter.M1)
    return (
        "How much to pool is one number, theta = sigma_alpha / sigma_y. For each theta the coefficients and sigma_y "
        "have a closed form, and what remains is a curve whose lowest point is the fit of log_radon ~ floor + "
        "(1 | county):",
        str(curve),
        f"The optimum lies {curve.complete - curve.lowest:.1f} below complete pooling; no pooling, where theta is "
        "infinite, is infinitely far above.",
    )


def with_floor(chapter: Chapter) -> Sequence[str]:
    """M1 and the intervals of 12.4."""
    M1 = chapter.M1
    beta, county = M1.fixef(), "HENNEPIN"
    mode, error = (float(each["county"]["(Intercept)"][county]) for each in (M1.ranef(), se_ranef(M1)))
    return (
        "The floor as a predictor of houses:",
        str(M1.display()),
        table(
            ["slope of floor", "intercept of county 26", "its difference from the mean"],
            {
                "estimate": fixed([beta["floor"], beta["(Intercept)"] + mode, mode]),
                "+- 2 s.e.": [
                    interval(beta["floor"], se_fixef(M1)["floor"]),
                    interval(beta["(Intercept)"] + mode, error),
                    interval(mode, error),
                ],
            },
        ),
        f"County 26 is {county}. Its difference is within 2 standard errors of zero, and is estimated all the same.",
    )


def with_uranium(chapter: Chapter) -> Sequence[str]:
    """M2."""
    M2, second = chapter.M2, pooling(chapter.M2).second_level
    sd = [fit.theta[0] * fit.sigma for fit in (chapter.M1, M2)]
    return (
        "The uranium in the soil of a county is a predictor of its intercept:",
        str(M2.display()),
        f"It explains most of what differs between counties: sigma_alpha falls from {sd[0]:.2f} to {sd[1]:.2f}, "
        "sigma_y stays. With so little left to vary, estimates are pooled towards the line of uranium more strongly "
        "than they were towards the mean. In no pooling uranium is aliased with the county indicators; regressing "
        "those estimates on it afterwards, with the variances of M2, gives",
        table(
            list(second.index),
            {"estimate": fixed(second["Estimate"]), "std. error": fixed(second["Std. Error"])},
        ),
    )


def written_five_ways(chapter: Chapter) -> Sequence[str]:
    """12.5."""
    found = five_ways(chapter.M2)
    return (
        "The same model can be written in five ways (12.5), and computed in five ways that share no solver:",
        str(found),
        "The last forms the covariance matrix of all houses; its block of the 4 houses of AITKIN:",
        table(
            [str(k) for k in found.covariance_of("AITKIN").index],
            {str(name): fixed(column, 3) for name, column in found.covariance_of("AITKIN").items()},
        ),
    )
