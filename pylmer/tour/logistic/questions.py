"""Steps that ask what the model says, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ... import check_overdispersion, check_quantile_residuals, emmeans, icc, logLik, predict, se_fixef, summary
from ..telling import fixed, table
from .herds import Herds
from .models import highest_and_lowest

ANIMALS = 20  # of a herd whose cases are predicted


def shrinkage(herds: Herds) -> Sequence[str]:
    """All herds by size, as probabilities."""
    found, errors = herds.pooled, herds.pooled.errors
    order = found["n"].sort_values(kind="stable").index
    shown = found.response().loc[order]
    return (
        "How far a herd moves from no pooling towards complete pooling depends on what its animals say: the pooling "
        "factor 1 / (1 + A_j theta^2) is 1 for complete and 0 for no pooling, A_j the sum of n p (1 - p) over the "
        "herd's quarters. As probabilities in the first quarter:",
        table(
            [f"herd {level}" for level in order],
            {
                "animals": [*map(str, shown["n"])],
                "no pooling": fixed(shown["no_pooling"], 3),
                "complete": fixed(shown["complete"], 3),
                "multilevel": fixed(shown["multilevel"], 3),
                "factor": fixed(found["factor"][order]),
            },
        ),
        "On the logit scale the multilevel estimate is the weighted average of mu and of what the herd's working "
        f"responses say (largest difference {errors.iloc[0]:.0e}); with no and complete pooling in their place it is "
        f"off by up to {errors.iloc[1]:.2f}, though nothing here is normal.",
    )


def ratio_and_icc(herds: Herds) -> Sequence[str]:
    """What one animal says against what the model says."""
    found, latent = herds.pooled, icc(herds.M)
    below = int((found["n"] < found.n_equal).sum())
    return (
        "One animal's 0 or 1 has, brought to the logit scale, the variance 1 / (p (1 - p)), here "
        f"{found.link_variance:.1f} on average; herds have {herds.M.theta[0] ** 2:.2f}. So the variance between "
        f"herds is that of {found.n_equal:.1f} animals averaged: where more were counted the herd's own data weigh "
        f"more than the model, as a rule; fewer were counted in {below} of 15 herds. The intraclass correlation is "
        f"{found.icc:.3f} of 0s and 1s; of the logistic variable that may be thought behind them, with variance "
        "pi^2 / 3, it is "
        f"{latent.ICC_adjusted:.3f}.",
    )


def without_a_case(herds: Herds) -> Sequence[str]:
    """The third quarter alone: estimates at the border."""
    found, separated = herds.third_pooled, herds.third_pooled.separated
    shown = found.response()
    none = [*separated[:2]]
    some = [str(level) for level in found.frame.index if str(level) not in separated][:3]
    levels = [*none, *some]
    return (
        f"In the third quarter alone {len(separated)} of {len(found.frame)} herds have no case. Without pooling their "
        "probability is 0, the logit minus infinity, and there is no standard error; the multilevel model has a finite "
        "estimate for all, lower where more animals stayed healthy:",
        table(
            [f"herd {level}" for level in levels],
            {
                "animals": [*map(str, found["n"][levels])],
                "no pooling": fixed(shown["no_pooling"][levels], 3),
                "multilevel": fixed(shown["multilevel"][levels], 3),
                "logit": fixed(found["multilevel"][levels]),
                "s.e.": fixed(found["se_multi"][levels]),
            },
        ),
        "In the picture such herds stand at the border.",
    )


def predictions(herds: Herds) -> Sequence[str]:
    """Probabilities by herd, and cases to be expected."""
    M = herds.M
    high, low = highest_and_lowest(herds)
    asked = pd.DataFrame({"period": ["1"] * 3, "herd": [high, low, "new"], "size": ANIMALS, "incidence": 0})
    ask: Any = predict  # its arguments are those of glmer, its answer a frame
    means, new = (
        ask(M, asked, type="response", interval=kind, allow_new_levels=True, weights=ANIMALS)
        for kind in ("confidence", "prediction")
    )
    return (
        f"Predicted probabilities in the first quarter of the two extreme herds and of a new one, with their 95 % "
        f"intervals, and how many of {ANIMALS} animals fall ill:",
        table(
            [f"herd {high}", f"herd {low}", "a new herd"],
            {
                "probability": fixed(means["fit"], 3),
                "interval": _intervals(means, 1.0, 3),
                f"cases of {ANIMALS}": fixed(ANIMALS * means["fit"], 1),
                "95 % of them": _intervals(new, ANIMALS, 0),
            },
        ),
        "The interval of the probability of a new herd is that of a herd in the middle; that of its cases has the "
        "variation of herds in it.",
        *_typical_and_mean(herds),
    )


def _intervals(found: pd.DataFrame, times: float, decimals: int) -> list[str]:
    ends = [fixed(times * found[name], decimals) for name in ("lwr", "upr")]
    return [f"({low}, {high})" for low, high in zip(*ends, strict=True)]


def _typical_and_mean(herds: Herds) -> tuple[str, str, str]:
    """A herd in the middle is not the mean of all herds."""
    plain: Any = summary(emmeans(herds.M, "period", type="response"))
    mean: Any = summary(emmeans(herds.M, "period", type="response", bias_adjust=True))
    quarters = [str(level) for level in herds.by_quarter.index]
    return (
        "A herd in the middle is not the mean of all herds, since logit^-1 bends. Bias-adjusted marginal means "
        "(emmeans) are the latter:",
        table(
            [f"quarter {quarter}" for quarter in quarters],
            {
                "all animals": fixed(herds.by_quarter, 3),
                "herd in the middle": fixed(plain["prob"], 3),
                "mean of herds": fixed(mean["prob"], 3),
            },
        ),
        "The proportion of all animals counts large herds more; a mean of herds counts them alike.",
    )


def laplace(herds: Herds) -> Sequence[str]:
    """nAGQ against Laplace."""
    fits = herds.quadratures
    return (
        "The likelihood is an integral over the intercepts of the herds, and lme4's default for it an approximation, "
        "Laplace's (nAGQ = 1). Adaptive Gauss-Hermite quadrature (nAGQ > 1) comes as near as one likes; nAGQ = 0 "
        "is faster and rougher:",
        table(
            [f"nAGQ = {count}" for count in fits],
            {
                "-2 log L": fixed([-2 * float(logLik(fit)) for fit in fits.values()], 4),
                "sd of herds": fixed([fit.theta[0] for fit in fits.values()], 4),
                "(Intercept)": fixed([fit.fixef()["(Intercept)"] for fit in fits.values()], 4),
                "period2": fixed([fit.fixef()["period2"] for fit in fits.values()], 4),
                "s.e.": fixed([se_fixef(fit)["period2"] for fit in fits.values()], 4),
            },
        ),
        "The log-likelihoods have all their constants: that of R leaves out one where nAGQ > 1, so that there they "
        "cannot be compared.",
    )


def certificates(herds: Herds) -> Sequence[str]:
    """What the fit has proved."""
    M, best = herds.M, herds.quadratures[max(herds.quadratures)]
    promised = np.asarray(M.approximation.steps)[1:]
    moved = (best.beta - M.beta) / se_fixef(M).to_numpy()
    proof = M.optimum.certificate
    return (
        "How far off Laplace's approximation is, the fit says without a second one: the score of the quadrature at "
        "Laplace's optimum, and one Newton step. In standard errors:",
        table(
            list(M.fixef().index),
            {"foretold": fixed(promised, 4), "by nAGQ = 25": fixed(moved, 4)},
        ),
        f"The largest step, {M.approximation.largest:.3f} standard errors, is that of the standard deviation of the "
        "herds; from 0.3 on, vcov and summary say so and name the way out.",
        f"That the optimum is one is proved too: no step promises to lower -2 log L by more than {proof.decrease:.0e}, "
        "and the Hessian is positive definite. R has to guess this from a gradient by differences.",
    )


def enough_variation(herds: Herds) -> Sequence[str]:
    """Overdispersion and quantile residuals."""
    return (
        "Do the counts vary more than binomial ones, given the herds? And are the residuals, each at its place in its "
        "distribution with the herds integrated out, as they should be?",
        str(check_overdispersion(herds.M)).strip(),
        str(check_quantile_residuals(herds.M)).strip(),
        "Nothing speaks against the model. With the herds left out it would be different: "
        f"{_left_out(herds)} is the ratio of Pearson's chi-square to its degrees of freedom in complete pooling.",
    )


def _left_out(herds: Herds) -> str:
    residuals = herds.complete.resid("pearson")
    return f"{float((residuals**2).sum()) / herds.complete.df_residual:.2f}"
