"""The criterion minimized with one number held: a fixed effect, a standard deviation, a correlation. For profiles.

In the right coordinates each is a linear condition a'x = c. Of a scaled beta and of diag, cs and ar1 terms it is one as
they stand; of an unstructured term the template is written with the column in question first, lower triangular: its
standard deviation is T_11, and the correlation r of the first two columns is T_21 = r T_22 / sqrt(1 - r^2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import ArgumentError, NumericalError
from ...numerics.linalg import Array
from ..covariance.point import Point
from .joint_newton import ITERATIONS, JointDescent, descend
from .place import Place
from .profiled_beta import Profiled
from .quadrature import Quadrature
from .solution import GeneralizedOptimum
from .triangular import Triangular
from .user import At, GeneralizedDevfun


@dataclass(frozen=True)
class FixedEffect:
    """beta_k."""

    k: int


@dataclass(frozen=True)
class Deviation:
    """The relative standard deviation of one column of a term: sqrt(Sigma_aa), without sigma."""

    term: int
    a: int


@dataclass(frozen=True)
class Correlations:
    """The correlation of two columns of a term."""

    term: int
    a: int
    b: int


ConstrainedDeviance = FixedEffect | Deviation | Correlations


@dataclass(frozen=True, eq=False)
class Condition:
    """a'x = c of local coordinates x (size,) of `place`: `slope` is a, `missing` is c - a'x there."""

    place: Place
    slope: Array
    missing: float


def minimized(
    optimum: GeneralizedOptimum,
    held: ConstrainedDeviance,
    value: float,
    near: At | None = None,
    steps: int = ITERATIONS,
    held_shape: bool = False,
) -> JointDescent[At]:
    """The criterion minimized over everything else with `held` at `value` (user's units).

    near        where to begin, the optimum itself if None: of a profile, the last point
    held_shape  whether the shape, the last coordinate, stays where it is too
    ArgumentError for what the criterion cannot hold; NumericalError where it has no value.
    """
    at = optimum.at if near is None else near
    condition = conditioned(optimum.devfun, at.place, held, value)
    directions = within(at.place, condition.slope[None, :], held_shape)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return descend(_stepped(at, condition, held_shape), steps, directions=directions)


def within(place: Place, normals: Array, held_shape: bool) -> Array:
    """Orthonormal columns (size, m) of the directions along which no condition (c, size) changes."""
    size = place.size
    kept = np.vstack([normals / np.linalg.norm(normals, axis=1)[:, None], np.eye(size)[size - held_shape :]])
    return np.linalg.svd(kept)[2][len(kept) :].T if len(kept) else np.eye(size)


def _stepped(at: At, condition: Condition, held_shape: bool) -> At:
    """The condition met by the step that costs least to second order, a shorter way where that has no value."""
    there = at if condition.place is at.place else at.to(condition.place)
    a = condition.slope
    try:
        moved = slice(0, len(a) - held_shape)
        least = np.zeros(len(a))
        least[moved] = np.linalg.solve(there.information[moved, moved], a[moved])
        steps = [least / float(a @ least), a / float(a @ a)]
    except np.linalg.LinAlgError:
        steps = [a / float(a @ a)]
    failure: NumericalError | None = None
    for step in steps:
        try:
            begun = there.to(condition.place.shifted(condition.missing * step))
            if np.isfinite(begun.value):
                return begun
        except NumericalError as error:
            failure = error
    raise failure or NumericalError("the criterion has no value where the number is held")


def conditioned(devfun: GeneralizedDevfun, place: Place, held: ConstrainedDeviance, value: float) -> Condition:
    """The place in coordinates in which `held` is linear, and the condition."""
    slope = np.zeros(place.size)
    scaling = devfun.structure.scaling
    if isinstance(held, FixedEffect):
        if isinstance(devfun.criterion, Profiled):
            raise ArgumentError("with nAGQ=0 the fixed effects are profiled already: none can be held")
        slope[place.k : place.k + devfun.p] = scaling.inverse[held.k]
        return Condition(place, slope, value - float(scaling.inverse[held.k] @ place.beta))
    point = place.points[held.term]
    first = sum(each.size for each in place.points[: held.term])
    if isinstance(devfun.criterion, Quadrature) and _order(held, len(scaling.R_terms[held.term])) is not None:
        raise ArgumentError("with nAGQ > 1 only the first column's standard deviation and correlation can be held")
    of_point, own, missing = _of_term(point, scaling.R_terms[held.term], held, value)
    slope[first : first + point.size] = own
    if of_point is point:
        return Condition(place, slope, missing)
    points = place.points.with_point(held.term, of_point)
    return Condition(replace(place, points=points), slope, missing)


def _of_term(point: Point, R: Array, held: Deviation | Correlations, value: float) -> tuple[Point, Array, float]:
    if isinstance(held, Deviation):
        linear = point.linear_deviation(R, held.a, value)
    else:
        linear = point.linear_correlation(held.a, held.b, value)
    return _of_template(point, R, held, value) if linear is None else (point, *linear)


def _of_template(point: Point, R: Array, held: Deviation | Correlations, value: float) -> tuple[Point, Array, float]:
    order = _order(held, len(R))
    turned = Triangular.of(point, R if order is None else R[:, order])
    own = np.zeros(turned.size)
    own[0] = 1.0
    if isinstance(held, Deviation):
        return turned, own, value * turned.units_of_rows[0] - turned.S[0, 0]
    own[0], own[1], own[len(R)] = 0.0, 1.0, -value / np.sqrt(1 - value**2)
    return turned, own, -float(turned.S[1, 0] + own[len(R)] * turned.S[1, 1])


def _order(held: Deviation | Correlations, width: int) -> list[int] | None:
    """The columns with those in question first; None if that is how they stand."""
    order = [held.a] if isinstance(held, Deviation) else [held.a, held.b]
    order += [k for k in range(width) if k not in order]
    return None if order == list(range(width)) else order
