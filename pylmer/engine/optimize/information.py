"""The observed information at an optimum: differences of the exact score."""

from __future__ import annotations

import numpy as np

from ...numerics.linalg import Array, symmetric
from ..covariance.points import Points, shifted, size_of
from ..criterion.profiled import At, Evaluation, Objective


def observed_information(objective: Objective, at: At | Evaluation) -> Array:
    """The Hessian in the coordinates of `at`, by central differences of the exact score: (k, k)."""
    h = difference_step(at.place)
    return symmetric((_scores(objective, at, h) - _scores(objective, at, -h)) / (2 * h))


def one_sided_information(objective: Objective, at: Evaluation) -> Array:
    """The Hessian by one-sided differences, at half the price: good enough to step by."""
    h = difference_step(at.place)
    return symmetric((_scores(objective, at, h) - at.gradient) / h)


def difference_step(points: Points) -> float:
    """The step of central differences in local coordinates."""
    return max(1e-5 * size_of(points), 1e-6)


def _scores(objective: Objective, at: At | Evaluation, h: float) -> Array:
    """The score h away along each coordinate, in the coordinates of `at`: (k, k)."""
    size = len(at.gradient)
    scores = [objective(shifted(at.place, h * unit)).gradient for unit in np.eye(size)]
    return np.array(scores).reshape(size, size)
