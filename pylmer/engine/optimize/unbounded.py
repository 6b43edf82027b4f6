"""Criteria that fall without end: a response that the groups reproduce exactly has no optimum.

As the variances that are large are multiplied by c^2, log|V| grows by 2 r log c and the residuals' part falls by
2 n log c (n - p for REML), with r the rank of what is large: lower and lower where r is less. Where it is not, the
criterion tends to a limit.
"""

from __future__ import annotations

import numpy as np

from ...errors import NumericalError
from ..covariance.points import Points
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
    while at.place.extent >= RUNAWAY:
        points = [point.stretched(_multiplied) for point in at.place]
        found = [point for point in points if point is not None]
        if len(found) < len(points):
            break
        try:
            farther = at.criterion.at(found)
            fallen = at.value - farther.value
        except NumericalError:  # nothing is left of the response
            return None
        if farther.noise > BLURRED:
            return None
        if fallen < LIMIT:
            break
        at = farther
    return at.place


def _multiplied(deviations: np.ndarray) -> np.ndarray:
    return np.where(np.abs(deviations) > 1, FARTHER * deviations, deviations)
