"""The observed information at an optimum: differences of the exact score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ...numerics.linalg import Array, symmetric
from ..criterion.places import AnyPlace, Evaluation, Placed, Trial

P = TypeVar("P", bound=AnyPlace)
E = TypeVar("E", bound=Evaluation[Any])


def observed_information(objective: Callable[[P], Trial[Any]], at: Placed[P]) -> Array:
    """The Hessian in the coordinates of a place, by central differences of the exact score: (k, k)."""
    h = difference_step(at.place)
    return symmetric((_scores(objective, at.place, h) - _scores(objective, at.place, -h)) / (2 * h))


def one_sided_information(objective: Callable[[P], Trial[E]], at: E) -> Array:
    """The Hessian by one-sided differences, at half the price: good enough to step by."""
    h = difference_step(at.place)
    return symmetric((_scores(objective, at.place, h) - at.gradient) / h)


def difference_step(place: AnyPlace) -> float:
    """The step of central differences in local coordinates."""
    return float(step_of_differences(place.extent))


def step_of_differences(extent: Array | float) -> Array:
    """The step of differences where parameters are as large as `extent`, a number or one for each run."""
    return np.maximum(1e-5 * np.asarray(extent), 1e-6)


def _scores(objective: Callable[[P], Trial[Any]], place: P, h: float) -> Array:
    """The score h away along each coordinate, in the coordinates of `place`: (k, k)."""
    scores = [objective(place.shifted(h * unit)).gradient for unit in np.eye(place.size)]
    return np.array(scores).reshape(place.size, place.size)
