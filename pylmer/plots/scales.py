"""The two scales of a generalized model: of the linear predictor, and of the response by the inverse link.

Of a fit of `lmer` they are one. A picture on the scale of the linear predictor has a second axis with the means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeGuard

import numpy as np

from ..errors import ArgumentError
from ..families import Family
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..language import deparse
from ..language.nodes import Call
from ..numerics.linalg import Array
from ..partial_pooling.generalized import means_of
from ..text.arguments import is_one_of, written
from .canvas import DOT, ORANGE, THIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Fitted: TypeAlias = FittedModel | GeneralizedFittedModel
AnyFit: TypeAlias = FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit
TYPES = ("link", "response")
PROBABILITIES = (0.5, 0.1, 0.9, 0.01, 0.99, 0.2, 0.8, 0.3, 0.7, 0.05, 0.95, 0.4, 0.6, 0.001, 0.999, 0.02, 0.98)
APART = 0.075  # of the height of the axis, between two marks
JITTER = 0.03  # of responses of 0 and 1, into the picture
EDGE = 0.015  # of the height: where estimates that are infinite stand


def has_residual(fit: Fitted) -> bool:
    """Whether there is a standard deviation of residuals, or a scale."""
    return not isinstance(fit, GeneralizedFittedModel) or fit.scaled


def scale_of(type: str | None, word: str) -> str:
    """ "link" or "response", the latter by default; ArgumentError for anything else."""
    if type is None:
        return "response"
    if not is_one_of(type, TYPES):
        raise ArgumentError(f"{word}(): type={written(type)}: wanted 'link' or 'response'")
    return type


def is_generalized(fit: AnyFit) -> TypeGuard[GeneralizedFittedModel | GeneralizedFit]:
    """Whether there is a link between the linear predictor and the mean."""
    return isinstance(fit, GeneralizedFittedModel | GeneralizedFit)


def on_scale(fit: AnyFit, eta: Array, type: str) -> Array:
    """The linear predictor, or the mean; of a fit of lmer or lm both are one."""
    if is_generalized(fit) and type == "response":
        return means_of(fit.family, eta)
    return eta


def observed(fit: AnyFit) -> Array | None:
    """The responses (n,) to draw beside means without offset; None where the offset cannot be taken out.

    Of a fit of lmer less the offset, with a log link over its exponential. Responses of 0 and 1 are moved a little.
    """
    y, offset = fit.rows.y, fit.rows.offset
    if not is_generalized(fit):
        return y if offset is None else y - offset
    if offset is not None:
        return y * np.exp(-offset) if fit.family.link.name == "log" else None
    if fit.family.word == "binomial" and np.isin(y, (0, 1)).all():
        return np.asarray(y + (1 - 2 * y) * np.random.default_rng(2).uniform(0, JITTER, len(y)))
    return y


def response_name(fit: AnyFit, type: str) -> str:
    """What is on the axis of the response."""
    node = fit.formula.response
    name = "" if node is None else deparse(node)
    if not is_generalized(fit):
        return name
    if isinstance(node, Call) and fit.rows.response.trials is not None:
        first = node.arguments[0].value
        name = name if first is None else deparse(first)
    if type == "link":
        return f"{fit.family.link.name} of {name}"
    return f"probability of {name}" if fit.family.word == "binomial" else name


def response_axis(ax: Axes, fit: AnyFit, intercept: bool = True) -> None:
    """A second axis on the right of a picture on the scale of the link: the means, once the limits are settled.

    Nothing for a fit of `lmer`, and for a coefficient that is no intercept.
    """
    if not is_generalized(fit) or not intercept:
        return
    low, high = sorted(ax.get_ylim())
    ax.set_ylim(low, high)
    places, means = _marks(fit.family, low, high)
    second = ax.secondary_yaxis("right")
    second.set_yticks(places, [f"{mean:g}" for mean in means])
    second.set_yticks([], minor=True)
    second.spines["right"].set_linewidth(THIN)
    second.tick_params(width=THIN, length=3, labelsize="small")
    second.set_ylabel("probability" if fit.family.word == "binomial" else "mean")


def _marks(family: Family, low: float, high: float) -> tuple[list[float], list[float]]:
    """Round means between two linear predictors, the roundest first, none too near another."""
    ends = means_of(family, np.array([low, high]))
    least, most = float(np.nanmin(ends)), float(np.nanmax(ends))
    candidates = PROBABILITIES if family.word == "binomial" else _round_numbers(least, most)
    places: list[float] = []
    means: list[float] = []
    for mean in (each for each in candidates if least < each < most):
        place = float(family.link(np.array([mean]))[0])
        if low < place < high and all(abs(place - other) > APART * (high - low) for other in places):
            places.append(place)
            means.append(mean)
    return places, means


def _round_numbers(low: float, high: float) -> list[float]:
    """Powers of ten between two means, then their multiples; evenly spaced ones where the means are near each other."""
    if high < 3 * low:
        step = 10 ** np.floor(np.log10((high - low) / 4))
        steps = [k * step for k in (5, 2, 1)]
        return [round(float(k * each), 12) for each in steps for k in range(int(low / each), int(high / each) + 2)]
    top = high if np.isfinite(high) else 1e6
    powers = range(int(np.floor(np.log10(max(low, 1e-6 * top)))), int(np.ceil(np.log10(top))) + 1)
    return [digit * 10.0**power for digit in (1, 3, 2, 5, 1.5, 7) for power in powers]


def at_border(ax: Axes, x: Array, estimates: Array, label: str | None = None) -> None:
    """Triangles at the upper and lower border, at x (m,), for the infinite ones of estimates (m,)."""
    for infinite, place, marker in ((np.isposinf(estimates), 1 - EDGE, "^"), (np.isneginf(estimates), EDGE, "v")):
        if infinite.any():
            ax.plot(
                x[infinite], np.full(int(infinite.sum()), place), marker, transform=ax.get_xaxis_transform(),
                color=ORANGE, ms=DOT, mew=0, label=label, zorder=3,
            )  # fmt: skip
            label = None
