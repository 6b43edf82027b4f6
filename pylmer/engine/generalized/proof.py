"""What a generalized fit has proved about its optimum, and that it is local; see `certificate`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, eigen, symmetric
from ..optimize.certificate import TOLERANCE, Certificate
from ..optimize.trust_region import step_along
from .joint_newton import JointAt, JointDescent, difference_step
from .laplace import LaplaceAt
from .place import Place

FLAT = 1e-9  # change of the criterion, relative to the information's largest, that is none


def certify(descent: JointDescent[Any], laplace: LaplaceAt) -> Certificate:
    """The conditions of a local minimum, measured at the end of a descent; `laplace` gives dd/dSigma there.

    What the information gathered on the way says against the point is believed only of the observed one.
    """
    gathered = _measured(descent.at, descent.hessian, laplace)
    if gathered.gradient_vanishes and gathered.eigenvalue > TOLERANCE:
        return gathered
    try:
        return _measured(descent.at, observed_information(descent.at), laplace)
    except NumericalError:
        return gathered


def observed_information(at: JointAt) -> Array:
    """The Hessian in the local coordinates of `at`, by central differences of the exact score."""
    h = difference_step(at.place)
    scores = [[at.to(at.place.shifted(sign * h * unit)).gradient for unit in np.eye(at.place.size)] for sign in (1, -1)]
    return symmetric((np.array(scores[0]) - np.array(scores[1])) / (2 * h))


def _measured(at: JointAt, H: Array, laplace: LaplaceAt) -> Certificate:
    free = at.place.free
    if not free.any():
        return Certificate(0.0, 0.0, 1.0, kkt(laplace))
    g = at.gradient[free]
    values, vectors = eigen(H[free][:, free])
    step, decrease, _ = step_along(g, values, vectors, 1e3)
    if decrease > TOLERANCE:
        decrease = min(decrease, _gained(at, free, step))
    eigenvalue = float(values[0] / max(-values[0], values[-1], 1e-300))
    return Certificate(max(decrease, 0.0), float(np.maximum.reduce(np.abs(step))), eigenvalue, kkt(laplace))


def _gained(at: JointAt, free: Array, step: Array) -> float:
    """What is left of a promise when shares of its step are tried."""
    full = np.zeros(len(free))
    gains = [0.0]
    for share in (1.0, 0.1, 0.01, 1e-3):
        full[free] = share * step
        try:
            gains.append(at.value - at.to(at.place.moved(full)).value)
        except NumericalError:
            continue
    return max(gains)


def kkt(at: LaplaceAt) -> dict[int, float]:
    """See `Certificate.kkt`."""
    out = {}
    for term, point in enumerate(at.place.points):
        null = point.vanished()
        if point.at_limit() or not null.shape[1]:
            continue
        f, here = at.criterion.structure.place[term]
        scale = max(float(np.mean(np.diag(null.T @ at.ZtVZ[f][here, here] @ null))), 1e-300)
        out[term] = float(np.linalg.eigvalsh(symmetric(null.T @ at.G[term] @ null))[0]) / scale
    return out


def with_vanished(place: Place, tolerance: float) -> Place:
    """The place with every vanished standard deviation exactly zero."""
    return replace(place, points=place.points.zeroed(tolerance))
