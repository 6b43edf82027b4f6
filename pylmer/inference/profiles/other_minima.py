"""Other places from which a profile may find a lower minimum, near a singular corner, where minima are many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...engine.covariance.point import Point
from ...engine.covariance.points import Points
from ...engine.optimize.search import INTERIOR
from .constrained import SINGULAR, ConstrainedDeviance, State, thinnest
from .held_coordinates import HeldCoordinates

RESETS = ((INTERIOR, 0.0), (1.0, 0.9), (1.0, -0.9))  # scaled standard deviations and correlation to start anew from


def contested(held: ConstrainedDeviance) -> bool:
    """Whether what is free is nearly singular, whatever the held value itself makes singular."""
    points = enumerate(held.state.points)
    return min(thinnest(_without(point, _held_of(held, k))) for k, point in points) < SINGULAR


def rivals(held: ConstrainedDeviance) -> list[State]:
    """Places with the same w: correlations mirrored, and all that is free reset to each of RESETS."""
    made: list[Callable[[HeldCoordinates, int], HeldCoordinates]] = [
        HeldCoordinates.mirrored,
        *(_resetting(*each) for each in RESETS),
    ]
    several = any(isinstance(point, HeldCoordinates) and point.size > 1 for point in held.state.points)
    out = []
    for make in made if several else made[:1]:  # of other points there is one reset
        points = [
            make(point, _held_of(held, k)) if isinstance(point, HeldCoordinates) else point.anew(INTERIOR)
            for k, point in enumerate(held.state.points)
        ]
        out.append(replace(held.state, points=Points(points)))
    return out


def _held_of(held: ConstrainedDeviance, term: int) -> int:
    """The held coordinate's number among those of a term."""
    return held.argument.index - sum(point.size for point in held.state.points[:term])


def _without(point: Point, own: int) -> Point:
    """The point with its coordinate `own`, if it is one of it, where that makes nothing singular."""
    if not 0 <= own < point.size:
        return point
    return point.neutral(own)


def _resetting(size: float, correlation: float) -> Callable[[HeldCoordinates, int], HeldCoordinates]:
    return lambda point, held: point.reset(size, correlation, held)
