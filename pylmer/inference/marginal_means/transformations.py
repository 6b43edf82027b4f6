"""Transformed responses: which left sides are recognised, and the way back to the response.

With g the transformation and h = g^-1, an estimate e on the scale of the model becomes h(e), its standard error
|h'(e)| se (the delta method); limits are transformed as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, singledispatch
from typing import Any

import numpy as np

from ...design import Design
from ...language import deparse, format_number
from ...language.nodes import Binary, Call, Name, Node, Number, Paren
from ...numerics.linalg import Array
from ...text import signif

Function = Callable[[Array], Array]
OPERATORS = frozenset(["+", "-", "*", "/", "^", "%%", "%/%"])


@dataclass(frozen=True, eq=False)
class Transformation:
    """A transformed response.

    label    as printed for means: "log(mu + 1)";  name for contrasts: "log"
    inverse, slope   h and h';  None where the way back is not known
    bend, twist      h'' and h''', for the bias adjustment
    base     of a logarithm without additive constant, whose differences are logarithms of ratios
    factor   what it is multiplied by
    result   what estimates on the scale of the response are called;  ratio  the same of contrasts
    differences  the transformation of differences, where it is not that of logarithms
    """

    label: str
    name: str
    inverse: Function | None
    slope: Function | None
    base: float | None = None
    factor: float = 1.0
    bend: Function = np.zeros_like
    twist: Function = np.zeros_like
    result: str = "response"
    ratio: str = "ratio"
    differences: Transformation | None = None

    def adjusted(self, sigma: Array | float) -> Transformation:
        """The way back with the second-order correction of its bias, h(e) + h''(e) sigma^2 / 2.

        The mean of h(e + d), where d has mean 0 and standard deviation sigma, up to terms of higher order.
        """
        back, slope, half = self.inverse, self.slope, np.asarray(sigma, float) ** 2 / 2
        if back is None or slope is None:
            return self
        return replace(
            self,
            inverse=partial(_corrected, back, self.bend, half),
            slope=partial(_corrected, slope, self.twist, half),
        )

    @property
    def ratios(self) -> Transformation | None:
        """The transformation of differences, where they have a meaning on the scale of the response."""
        if self.differences is not None:
            return self.differences
        if self.base is None:
            return None
        rate = np.log(self.base) / self.factor
        name = self.label if self.factor != 1.0 else self.name
        return Transformation(name, name, *_powers(rate)[:2], self.base, 1.0, *_powers(rate)[2:])


def _corrected(function: Function, bend: Function, half: Array, e: Array) -> Array:
    return np.asarray(function(e) + half * bend(e))


def _powers(rate: float) -> tuple[Function, Function, Function, Function]:
    """exp(rate e) and its derivatives."""
    value, slope, bend, twist = (partial(_power, order, rate) for order in range(4))
    return value, slope, bend, twist


def _power(order: int, rate: float, e: Array) -> Array:
    return np.asarray(rate**order * np.exp(rate * e))


def _square(e: Array) -> Array:
    """The square of what is not negative: sqrt(y) cannot be less than 0."""
    return np.asarray(np.maximum(e, 0.0) ** 2)


def _twice(e: Array) -> Array:
    return np.asarray(2 * np.maximum(e, 0.0))


def _sine_square(order: int, e: Array) -> Array:
    """sin(e)^2 and its derivatives."""
    return np.asarray((np.sin(e) ** 2, np.sin(2 * e), 2 * np.cos(2 * e), -4 * np.sin(2 * e))[order])


def _stretched(function: Function, factor: float, order: int, e: Array) -> Array:
    return function(e / factor) / factor**order


def _less(function: Function, added: float, e: Array) -> Array:
    return function(e) - added


def _affine(centre: float, size: float, e: Array) -> Array:
    return np.asarray(centre + size * e)


def named(name: str, label: str | None = None) -> Transformation:
    """One of `KNOWN`."""
    inverse, slope, bend, twist, base = KNOWN[name]
    return Transformation(label or name, name, inverse, slope, base, 1.0, bend, twist)


KNOWN: dict[str, tuple[Function, Function, Function, Function, float | None]] = {
    "log": (*_powers(1.0), float(np.e)),
    "log10": (*_powers(float(np.log(10))), 10.0),
    "log2": (*_powers(float(np.log(2))), 2.0),
    "log1p": (np.expm1, np.exp, np.exp, np.exp, None),
    "sqrt": (_square, _twice, partial(np.full_like, fill_value=2.0), np.zeros_like, None),
    "asin.sqrt": (
        partial(_sine_square, 0), partial(_sine_square, 1), partial(_sine_square, 2), partial(_sine_square, 3), None,
    ),
    "identity": (np.positive, np.ones_like, np.zeros_like, np.zeros_like, None),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class ResponseScale:
    """The transformation of a fit's response, and the standard deviation that a bias adjustment takes by default."""

    transformation: Transformation | None
    sigma: float | None


@singledispatch
def response_scale(fit: Any) -> ResponseScale:
    """Of a fit: what its left side says, and sigma."""
    return ResponseScale(transformation_of(fit.design), fit.sigma)


def transformation_of(design: Design) -> Transformation | None:
    """The transformation of a design's response, None where the left side is a plain variable or arithmetic.

    log, log2, log10, log1p, sqrt, asin(sqrt(y)), I(), scale(y), log(y + c), and constant multiples of these.
    """
    node = design.formula.response
    return None if node is None else _recognised(node, design)


def _recognised(node: Node, design: Design) -> Transformation | None:
    if isinstance(node, Paren):
        return _recognised(node.inner, design)
    if isinstance(node, Binary) and node.operator in ("*", "/"):
        return _multiple(node, design)
    if not isinstance(node, Call) or node.function in OPERATORS or not node.arguments:
        return None
    inner = node.arguments[0].value
    if node.function == "scale" and isinstance(inner, Name) and len(node.arguments) == 1:
        return _scaled(node, design)
    return _named(node, inner)


def _multiple(node: Binary, design: Design) -> Transformation | None:
    """k * f(y) and f(y) / k."""
    left, right = node.left, node.right
    if isinstance(left, Number) and node.operator == "*":
        inner, factor, text = _recognised(right, design), left.value, f"{format_number(left.value)}*"
    elif isinstance(right, Number):
        inner, factor = _recognised(left, design), right.value if node.operator == "*" else 1 / right.value
        text = f"{format_number(factor)}*"
    else:
        return None
    if inner is None or inner.inverse is None or inner.slope is None:
        return inner
    back, slope, bend, twist = inner.inverse, inner.slope, inner.bend, inner.twist
    return Transformation(
        text + inner.label, inner.name, partial(_stretched, back, factor, 0), partial(_stretched, slope, factor, 1),
        inner.base, factor, partial(_stretched, bend, factor, 2), partial(_stretched, twist, factor, 3),
    )  # fmt: skip


def _named(node: Call, inner: Node | None) -> Transformation:
    name = "identity" if node.function == "I" else node.function
    if name == "asin" and isinstance(inner, Call) and inner.function == "sqrt":
        return named("asin.sqrt", "asin(sqrt(mu))")
    if name not in KNOWN or (name != "identity" and len(node.arguments) > 1):
        return Transformation(name, name, None, None)
    added, known = _added(inner), named(name)
    if name == "identity" or added is None:
        return known
    sign, back = "+" if added > 0 else "-", KNOWN[name][0]
    label = f"{name}(mu {sign} {format_number(abs(added))})"
    return replace(known, label=label, inverse=partial(_less, back, added))


def _added(inner: Node | None) -> float | None:
    """The constant c of y + c or y - c."""
    if isinstance(inner, Binary) and inner.operator in ("+", "-") and isinstance(inner.right, Number):
        return inner.right.value if inner.operator == "+" else -inner.right.value
    return None


def _scaled(node: Call, design: Design) -> Transformation | None:
    """scale(y), with the mean and the standard deviation of y on the rows read."""
    learnt = design.spec.state.get(deparse(node))
    if learnt is None:
        return None
    centre, size = float(learnt["center"][0]), float(learnt["scale"][0])
    label = f"scale({format_number(signif(centre, 3))}, {format_number(signif(size, 3))})"
    return Transformation(label, "scale", partial(_affine, centre, size), partial(np.full_like, fill_value=size))
