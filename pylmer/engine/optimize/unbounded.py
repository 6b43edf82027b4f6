"""Criteria that fall without end: a response that the groups reproduce exactly has no optimum.

As the variances that are large are multiplied by c^2, log|V| grows by 2 r log c and the residuals' part falls by
2 n log c (n - p for REML), with r the rank of what is large: lower and lower where r is less. Where it is not, the
criterion tends to a limit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import NumericalError
from ..covariance.correlated import Correlated
from ..covariance.diagonal import Diagonal
from ..covariance.point import Point
from ..covariance.points import Points
from ..covariance.unstructured import Unstructured
from ..criterion.profiled import At, ProfiledEvaluation
from .newton import RUNAWAY

FARTHER, LIMIT = 10.0, 1e-2  # deviations so much larger lower a criterion that tends to a limit by less
BLURRED = 1.0  # noise of a criterion from which it says nothing


def falls_without_end(at: At | ProfiledEvaluation) -> bool:
    """Whether the criterion is lower and lower as the large deviations grow, as far as the arithmetic goes.

    >>> import pylmer
    >>> data = pylmer.datasets.load("sleepstudy")
    >>> falls_without_end(pylmer.lmer("Reaction ~ Days + (1 | Subject)", data).at)
    False
    """
    return lowest_beyond(at) is None


def lowest_beyond(at: At | ProfiledEvaluation) -> Points | None:
    """The place at which a criterion that falls as the large deviations grow rises again; None if it never does."""
    if at.place.extent < RUNAWAY or any(isinstance(point, Correlated) for point in at.place):
        return at.place
    while True:
        try:
            farther = at.criterion.at(_farther(point) for point in at.place)
            fallen = at.value - farther.value
        except NumericalError:  # nothing is left of the response
            return None
        if farther.noise > BLURRED:
            return None
        if fallen < LIMIT:
            return at.place
        at = farther


def _farther(point: Point) -> Point:
    """The point with its large deviations multiplied."""
    if isinstance(point, Diagonal):
        return replace(point, d=_multiplied(point.d))
    if isinstance(point, Unstructured):
        U, s, V = np.linalg.svd(point.T)
        return Unstructured(U * _multiplied(s) @ V, point.U)
    return point


def _multiplied(deviations: np.ndarray) -> np.ndarray:
    return np.where(np.abs(deviations) > 1, FARTHER * deviations, deviations)
