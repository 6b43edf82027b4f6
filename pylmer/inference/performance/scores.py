"""How well fitted means tell the responses: numbers of arrays, y and mu (n,), w prior weights (n,)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from ...families import Family
    from ...numerics.linalg import Array

COUNTS = ("poisson", "negative.binomial")


def family_name(family: Family) -> str:
    """The law, by R's name of its family without parameters."""
    return family.name if family.theta is None else "negative.binomial"


def rmse(y: Array, mu: Array) -> float:
    """The square root of the mean of (y - mu)^2."""
    return float(np.sqrt(np.mean((y - mu) ** 2)))


def explained_share(y: Array, mu: Array) -> float:
    """1 - sum (y - mu)^2 / sum (y - mean)^2; NaN for a constant response."""
    total = float(np.sum((y - y.mean()) ** 2))
    return 1 - float(np.sum((y - mu) ** 2)) / total if total else math.nan


def is_binary(family: Family, y: Array, w: Array) -> bool:
    """Whether each row is one trial, that failed or succeeded."""
    return family.name == "binomial" and bool(np.all(w == 1) and np.all((y == 0) | (y == 1)))


def log_loss(y: Array, mu: Array) -> float:
    """- mean of y log mu + (1 - y) log(1 - mu), for y of 0 and 1; infinite where a mean of 0 or 1 is wrong."""
    return -float(np.mean(special.xlogy(y, mu) + special.xlog1py(1 - y, -mu)))


def correct_predictions(y: Array, mu: Array) -> float:
    """The mean probability given to what happened (Herron 1999, Political Analysis 8:83): "PCP"."""
    return float(np.mean(y * mu + (1 - y) * (1 - mu)))


def tjur(y: Array, mu: Array) -> float:
    """The coefficient of discrimination (Tjur 2009, Am. Stat. 63:366): mean mu of successes less that of failures."""
    return float(mu[y == 1].mean() - mu[y == 0].mean()) if 0 < y.sum() < len(y) else math.nan


def nagelkerke(deviance: float, null_deviance: float, n: int) -> float:
    """1 - exp((D - D0) / n) over its largest value 1 - exp(-D0 / n) (Nagelkerke 1991, Biometrika 78:691)."""
    most = -math.expm1(-null_deviance / n)
    return -math.expm1((deviance - null_deviance) / n) / most if most > 0 else math.nan


def log_score(family: Family, y: Array, mu: Array) -> float:
    """The mean of log P(y | mu) of counts."""
    theta = family.theta
    if theta is None:
        return float(np.mean(special.xlogy(y, mu) - mu - special.gammaln(y + 1)))
    ways = special.gammaln(y + theta) - special.gammaln(theta) - special.gammaln(y + 1)
    return float(np.mean(ways + special.xlogy(y, mu / (mu + theta)) - theta * np.log1p(mu / theta)))
