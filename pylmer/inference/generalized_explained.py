"""icc and r2 of generalized linear mixed models: the variance of a row given its mean, on the scale of the link.

    logit pi^2/3, probit 1, cloglog pi^2/6: the variances of the latent distributions
    log     "lognormal" log(1 + cv^2), "delta" cv^2, "trigamma" psi_1(1/cv^2)
            cv^2 = 1/lambda (poisson), 1/lambda + 1/theta (negative binomial), phi (Gamma)
    sqrt    1/4 (poisson), (1 + lambda/theta)/4 (negative binomial)

lambda = exp(b0 + s^2/2) is the mean of the response in the model without predictors, b0 its intercept and s^2 the sum
of the variances of its random effects (Nakagawa, Johnson & Schielzeth 2017, J. R. Soc. Interface 14:20170213, equations
5.8, 6.7 and table 1). A random effect of every row is overdispersion: it counts as residual (their section 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from ..errors import ArgumentError
from ..extract import VarCorr
from ..fit.generalized import GeneralizedFittedModel
from ..language import deparse, parse_formula
from ..numerics.linalg import Array
from .analysis_of_variance.generalized import refitted_on_its_rows
from .explained import ICC, ICCByGroup, MixedR2, Variances, icc, mean_variance, noted, r2, shares_by_group

LATENT = {"logit": math.pi**2 / 3, "probit": 1.0, "cloglog": math.pi**2 / 6}
METHODS: dict[str, Callable[[float], float]] = {
    "lognormal": lambda squared: math.log1p(squared),
    "delta": lambda squared: squared,
    "trigamma": lambda squared: float(special.polygamma(1, 1 / squared)),
}
Key = tuple[str, str]  # family, link
ROOTS: dict[Key, Callable[[float, float], float]] = {
    ("poisson", "sqrt"): lambda mean, over: 0.25,
    ("negative.binomial", "sqrt"): lambda mean, over: 0.25 * (1 + mean * over),
}
COEFFICIENTS: dict[
    Key, Callable[[float, float], float]
] = {  # squared coefficient of variation of y; mean, 1/theta or phi
    ("poisson", "log"): lambda mean, over: 1 / mean,
    ("negative.binomial", "log"): lambda mean, over: 1 / mean + over,
    ("Gamma", "log"): lambda mean, over: over,
}


def variances(fit: GeneralizedFittedModel, method: str) -> Variances:
    """The variances of X beta, of Z b, and of a row given its mean, effects of single rows among the last."""
    own = np.array([len(term.levels) == fit.design.n for term in fit.design.random], bool)
    each = random_variances(fit)
    predictor = np.asarray(fit.rows.X @ fit.beta, float)
    residual = distribution_variance(fit, method) + float(each[own].sum())
    return Variances(float(np.var(predictor, ddof=1)), float(each[~own].sum()), residual)


def random_variances(fit: GeneralizedFittedModel) -> Array:
    """The mean over rows of z'Sigma z of every random term."""
    terms = zip(fit.rows.random, fit.T, strict=True)
    return np.array([mean_variance(term.Z, fit.sigma**2 * (T @ T.T)) for term, T in terms])


def distribution_variance(fit: GeneralizedFittedModel, method: str) -> float:
    """Of a row given its mean, on the scale of the link; ArgumentError where none is known."""
    if method not in METHODS:
        raise ArgumentError(f"method={method!r}: wanted one of {', '.join(map(repr, METHODS))}")
    name, link = law(fit)
    if name == "binomial" and link in LATENT:
        return LATENT[link]
    over = fit.sigma**2 if fit.family.theta is None else 1 / fit.family.theta
    if (name, link) in ROOTS:
        return ROOTS[name, link](_mean(fit), over)
    if not has_variance(fit):
        raise ArgumentError(
            f"icc() and r2(): no variance of the distribution is known on the {link} scale of a {name} family"
        )
    return METHODS[method](COEFFICIENTS[name, link](_mean(fit), over))


def law(fit: GeneralizedFittedModel) -> Key:
    """Family and link."""
    name = fit.family.name if fit.family.theta is None else "negative.binomial"
    return name, fit.family.link.name


def has_variance(fit: GeneralizedFittedModel) -> bool:
    """Whether the variance of a row given its mean is known on the scale of the link."""
    name, link = law(fit)
    return (name == "binomial" and link in LATENT) or (name, link) in ROOTS or (name, link) in COEFFICIENTS


def _mean(fit: GeneralizedFittedModel) -> float:
    """The mean of the response without predictors: exp(b0 + s^2 / 2), or with a root b0^2 + s^2."""
    null = null_model(fit)
    b0, s2 = float(null.beta[0]), float(random_variances(null).sum())
    return b0**2 + s2 if fit.family.link.name == "sqrt" else math.exp(b0 + s2 / 2)


def null_model(fit: GeneralizedFittedModel) -> GeneralizedFittedModel:
    """The same random effects and offset without predictors; the fit itself where it has none."""
    if fit.design.X_names == ("(Intercept)",):
        return fit
    formula = fit.formula
    left = "" if formula.response is None else deparse(formula.response)
    offsets = [deparse(node) for node in fit.design.spec.offsets]
    random = [f"({term})" for term in formula.random]
    return refitted_on_its_rows(fit, parse_formula(f"{left} ~ {' + '.join(['1', *offsets, *random])}"))


@icc.register(GeneralizedFittedModel)
def icc_generalized(fit: GeneralizedFittedModel, by_group: bool = False, method: str = "lognormal") -> ICC | ICCByGroup:
    """Intraclass correlation on the scale of the link, as performance's `icc`.

    by_group  a frame of each term's share in place of the two numbers
    method    with a log link, how the variance of the distribution is brought to it: "lognormal", "delta", "trigamma"
    """
    noted(fit, by_group)
    found = variances(fit, method)
    if by_group:
        return shares_by_group(VarCorr(fit), found)
    return ICC(found.random / (found.random + found.residual), found.random / found.total)


@r2.register(GeneralizedFittedModel)
def r2_generalized(fit: GeneralizedFittedModel, method: str = "lognormal") -> MixedR2:
    """Explained variance on the scale of the link, as performance's `r2`; method as of `icc`."""
    noted(fit, False)
    found = variances(fit, method)
    return MixedR2((found.fixed + found.random) / found.total, found.fixed / found.total)
