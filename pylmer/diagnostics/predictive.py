"""Responses drawn from a fit beside those observed: densities, or how often each count comes.

Random effects are drawn anew, as `simulate` does: what is checked is the model of the data, not the modes.
Source: Gelman, Meng & Stern (1996), Statistica Sinica 6, 733-807.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..numerics.linalg import Array
from ..simulation.drawing import draw_responses
from ..simulation.generalized import draw_generalized
from ..simulation.generalized_linear import draw_generalized_linear
from ..simulation.simulate import draw_linear

PLACES = 512  # of a density
CATEGORIES = 30  # distinct counts up to which each is shown for itself
BEYOND = 0.1  # of the range of the observed, on either side, that is shown
FAR, FURTHEST = 0.005, 1.0  # share of the draws left out on either side; of the range of the observed, at most shown
SPREAD = 0.95  # of the draws inside an interval


@dataclass(frozen=True, eq=False)
class Densities:
    """At `places` (m,) the density of the responses observed (m,), and of each draw (m, R)."""

    places: Array
    observed: Array
    drawn: Array


@dataclass(frozen=True, eq=False)
class Shares:
    """Of each count (m,) the share of the rows observed (m,), and the median and limits of the shares drawn (m,)."""

    counts: Array
    observed: Array
    median: Array
    low: Array
    high: Array


def predictive(fit: Any, count: int, rng: np.random.Generator) -> Densities | Shares:
    """`count` responses drawn from a fit beside its own."""
    drawn = replicated(fit, count, rng)
    y = fit.rows.y
    if not is_discrete(fit):
        return densities(y, drawn)
    trials = 1.0 if fit.family.name != "binomial" else fit.rows.prior_weights
    times = np.ones(len(y)) if trials is None else np.broadcast_to(trials, y.shape)
    successes, others = np.rint(y * times), np.rint(drawn * times[:, None])
    return shares(successes, others) if np.ptp(successes) < CATEGORIES else densities(successes, others)


def is_discrete(fit: Any) -> bool:
    """Whether the responses are counts."""
    family = getattr(fit, "family", None)
    return family is not None and family.discrete


@singledispatch
def replicated(fit: Any, count: int, rng: np.random.Generator) -> Array:
    """Responses (n, count) drawn from a fit; of a binomial family proportions."""
    raise NotImplementedError


@replicated.register(FittedModel)
def _(fit: FittedModel, count: int, rng: np.random.Generator) -> Array:
    return draw_responses(fit, count, rng)


@replicated.register(GeneralizedFittedModel)
def _(fit: GeneralizedFittedModel, count: int, rng: np.random.Generator) -> Array:
    return draw_generalized(fit, count, rng)


@replicated.register(LinearFit)
def _(fit: LinearFit, count: int, rng: np.random.Generator) -> Array:
    with np.errstate(divide="ignore"):  # rows of weight zero, of which nothing is known
        drawn = draw_linear(fit, count, rng)
    return np.where(np.isfinite(drawn), drawn, np.nan)


@replicated.register(GeneralizedFit)
def _(fit: GeneralizedFit, count: int, rng: np.random.Generator) -> Array:
    return draw_generalized_linear(fit, count, rng)


def densities(y: Array, drawn: Array) -> Densities:
    """Kernel densities over the range of the observed and of most of the draws, one bandwidth for all.

    The bandwidth is 0.9 min(sd, IQR / 1.34) n^(-1/5) of the observed (Silverman 1986, 3.31; R's bw.nrd0).
    """
    low, high = float(np.min(y)), float(np.max(y))
    edge = BEYOND * (high - low) or 1.0
    far, near = np.nanquantile(drawn, [FAR, 1 - FAR]), FURTHEST * (high - low)
    low, high = min(low, max(far[0], low - near)), max(high, min(far[1], high + near))
    places = np.linspace(low - edge, high + edge, PLACES)
    width = max(bandwidth(y), 2 * (places[1] - places[0]))
    each = np.column_stack([density(column[np.isfinite(column)], places, width) for column in drawn.T])
    return Densities(places, density(y, places, width), each)


def bandwidth(y: Array) -> float:
    """R's bw.nrd0: (n,) -> the standard deviation of the kernel.

    >>> round(bandwidth(np.arange(10.0)), 4)
    1.7193
    """
    low, high = np.quantile(y, [0.25, 0.75])
    sd = float(np.std(y, ddof=1)) if len(y) > 1 else 0.0
    return float(0.9 * (min(sd, float(high - low) / 1.34) or sd or 1.0) * len(y) ** -0.2)


def density(y: Array, places: Array, width: float) -> Array:
    """A normal kernel's density at equally spaced places: the sample is counted there, then spread by the kernel.

    What lies beyond the places counts in the number of rows, and is seen as far as the kernel reaches.
    """
    step = places[1] - places[0]
    reach = int(np.ceil(4 * width / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
    at = (y - places[0]) / step + reach
    at = at[(at >= 0) & (at < len(places) + 2 * reach - 1)]
    below, share = at.astype(int), at % 1  # each row is shared out between the places beside it
    size = len(places) + 2 * reach
    counted = np.bincount(below, 1 - share, size) + np.bincount(below + 1, share, size)
    return np.asarray(
        np.convolve(counted, kernel / kernel.sum(), "same")[reach : reach + len(places)] / (len(y) * step)
    )


def shares(y: Array, drawn: Array) -> Shares:
    """How often each count from the smallest to the largest comes."""
    counts = np.arange(y.min(), y.max() + 1)
    each = np.stack([np.mean(drawn == count, axis=0) for count in counts])
    low, median, high = np.quantile(each, [(1 - SPREAD) / 2, 0.5, (1 + SPREAD) / 2], axis=1)
    return Shares(counts, np.array([np.mean(y == count) for count in counts]), median, low, high)
