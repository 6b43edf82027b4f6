"""pnorm, qnorm, plogis, qlogis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from .arithmetic import recycled
from .arrays import Array
from .elementwise import mapped
from .table import r_function
from .values import Value, flag, vector

Curve = Callable[[Array], Array]


@r_function("pnorm", package="stats")
def pnorm(q: Value, mean: Value = None, sd: Value = None, lower_tail: Value = None, log_p: Value = None) -> Value:
    """Probability below q (above it with lower.tail = FALSE) of a normal distribution."""
    curve = special.log_ndtr if flag(log_p, "log.p", False) else special.ndtr
    return _probability(q, mean, sd, lower_tail, curve, "pnorm()")


@r_function("plogis", package="stats")
def plogis(
    q: Value, location: Value = None, scale: Value = None, lower_tail: Value = None, log_p: Value = None
) -> Value:
    """Probability below q (above it with lower.tail = FALSE) of a logistic distribution."""
    curve = special.log_expit if flag(log_p, "log.p", False) else special.expit
    return _probability(q, location, scale, lower_tail, curve, "plogis()")


@r_function("qnorm", package="stats")
def qnorm(p: Value, mean: Value = None, sd: Value = None, lower_tail: Value = None, log_p: Value = None) -> Value:
    """The value below which (above it with lower.tail = FALSE) a normal distribution has probability p."""
    curve = _ndtri_exp if flag(log_p, "log.p", False) else special.ndtri
    return _quantile(p, mean, sd, lower_tail, curve, "qnorm()")


@r_function("qlogis", package="stats")
def qlogis(
    p: Value, location: Value = None, scale: Value = None, lower_tail: Value = None, log_p: Value = None
) -> Value:
    """The value below which (above it with lower.tail = FALSE) a logistic distribution has probability p."""
    curve = _logit_exp if flag(log_p, "log.p", False) else special.logit
    return _quantile(p, location, scale, lower_tail, curve, "qlogis()")


def _probability(q: Value, centre: Value, spread: Value, lower: Value, curve: Curve, what: str) -> Value:
    sign = 1.0 if flag(lower, "lower.tail", True) else -1.0
    middle, width = _parameters(centre, spread, what)
    return mapped(lambda numbers: curve(sign * _standardized(numbers, middle, width)), q, what)


def _quantile(p: Value, centre: Value, spread: Value, lower: Value, curve: Curve, what: str) -> Value:
    sign = 1.0 if flag(lower, "lower.tail", True) else -1.0
    middle, width = _parameters(centre, spread, what)
    return mapped(lambda shares: _moved(sign * curve(shares.astype(float)), middle, width), p, what)


def _parameters(centre: Value, spread: Value, what: str) -> tuple[Array, Array]:
    middle = np.zeros(1) if centre is None else vector(centre, what)
    width = np.ones(1) if spread is None else vector(spread, what).astype(float)
    return middle, np.where(width < 0, np.nan, width)


def _standardized(numbers: Array, middle: Array, width: Array) -> Array:
    """(q - middle) / width; without width all probability lies in the middle itself."""
    distance, by = recycled(np.subtract(*recycled(numbers.astype(float), middle)), width)
    point = np.where(distance < 0, -np.inf, np.where(np.isnan(distance), np.nan, np.inf))
    return np.where(by == 0, point, distance / by)


def _moved(standard: Array, middle: Array, width: Array) -> Array:
    places, by = recycled(standard, width)
    product = np.where(np.isinf(places) & (by == 0), places, places * by)
    return np.asarray(np.add(*recycled(product, middle)))


def _ndtri_exp(logs: Array) -> Array:
    return np.where(logs > 0, np.nan, special.ndtri_exp(np.minimum(logs, 0.0)))


def _logit_exp(logs: Array) -> Array:
    return np.asarray(logs - np.log(-np.expm1(logs)))
