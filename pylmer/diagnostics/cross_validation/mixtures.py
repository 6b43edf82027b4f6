"""The density of a response whose linear predictor is uncertain: log of the integral of f(y | h(eta)) N(eta; m, v)."""

from __future__ import annotations

import numpy as np

from ...families import Family
from ...families.binomial import Binomial
from ...numerics.linalg import Array, chunks

POINTS = 61  # of the trapezoidal rule
WIDTH = 9.0  # standard deviations of eta to either side at which it begins
PASSES = 6  # times at most that the range is narrowed to where the integrand is
DROP = 45.0  # logarithms below its top at which the integrand is nothing
AT_ONCE = 4_000  # rows


def log_mixture(family: Family, y: Array, w: Array, phi: float, eta: Array, variance: Array) -> Array:
    """The log density (m,) of each response; where a linear predictor is known, its variance 0, the family's own."""
    out = np.full(len(y), np.nan)
    known, free = np.flatnonzero(variance <= 0), np.flatnonzero(variance > 0)
    with np.errstate(all="ignore"):
        out[known] = -0.5 * family.rows(y[known], w[known], eta[known])[0] / phi
    for at in (free[some] for some in chunks(len(free), AT_ONCE)):
        out[at] = _part(family, y[at], w[at], phi, eta[at], np.sqrt(variance[at]))
    constant = [family.saturated(y[i : i + 1], w[i : i + 1], phi) for i in range(len(y))]
    return out - 0.5 * np.array(constant)


def _part(family: Family, y: Array, w: Array, phi: float, eta: Array, sd: Array) -> Array:
    """Without the constant: by the trapezoidal rule on ranges that shrink to where the integrand is."""
    low, high = eta - WIDTH * sd, eta + WIDTH * sd
    steps, rows = np.linspace(0, 1, POINTS), np.arange(len(y))

    for _ in range(PASSES):
        places = low[:, None] + (high - low)[:, None] * steps
        values = _log_integrand(family, y, w, phi, places, eta, sd)
        inside = values > np.max(values, axis=1, keepdims=True) - DROP
        first, last = np.argmax(inside, axis=1), POINTS - 1 - np.argmax(inside[:, ::-1], axis=1)
        if np.min(last - first, initial=POINTS) > POINTS / 2:
            break
        low, high = places[rows, np.maximum(first - 1, 0)], places[rows, np.minimum(last + 1, POINTS - 1)]
    places = low[:, None] + (high - low)[:, None] * steps
    values = _log_integrand(family, y, w, phi, places, eta, sd)
    top = np.max(values, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(top + np.log(np.sum(np.exp(values - top[:, None]), axis=1) * (high - low) / (POINTS - 1)))


def _log_integrand(family: Family, y: Array, w: Array, phi: float, places: Array, eta: Array, sd: Array) -> Array:
    """(m, points); minus infinity where the link has no mean."""
    shape = places.shape
    rows = [np.repeat(each, shape[1]) for each in (y, w)]
    with np.errstate(all="ignore"):
        D = family.rows(rows[0], rows[1], places.ravel())[0].reshape(shape)
        normal = -0.5 * ((places - eta[:, None]) / sd[:, None]) ** 2 - np.log(sd)[:, None] - 0.5 * np.log(2 * np.pi)
        values = -0.5 * D / phi + normal
    return np.where(np.isfinite(values), values, -np.inf)


def trials_of(family: Family, w: Array) -> Array | None:
    """Trials (n,) of a binomial family, else None."""
    return w if isinstance(family, Binomial) else None
