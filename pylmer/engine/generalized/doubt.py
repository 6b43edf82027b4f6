"""Optima that a second descent should confirm: criteria of few rows can have more than one minimum.

A deviation that has vanished is raised again, where the criterion is hardly higher there; a descent that ran away, or
did not end, is begun anew from the generalized linear model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ...errors import NumericalError
from ..covariance.points import Points
from .joint_newton import JointDescent
from .laplace import Laplace
from .place import Place
from .start import fit_glm
from .user import At, GeneralizedDevfun

ROWS = 1000  # up to which a vanished deviation is doubted
RAISED = (0.3, 1.0)  # deviations, in units of the working residual, that it is raised to
MARGIN = 0.5  # by which the criterion may be higher there
AWAY = 20.0  # deviation from which a descent has run away
MODEST = (0.3, 1.0)  # multiples of I from which it is begun anew


def other_starts(devfun: GeneralizedDevfun, found: JointDescent[At]) -> Iterator[At]:
    """Where other descents should begin, beside the one that ended at `found`."""
    place = found.at.place
    if place.extent > AWAY or not found.converged:
        yield from _anew(devfun)
    elif place.points.singular() and devfun.structure.n <= ROWS:
        yield from _raised(found)


def _raised(found: JointDescent[At]) -> Iterator[At]:
    """The lowest of the places with larger deviations, if the criterion is not much higher there."""
    place = found.at.place
    places = (replace(place, points=place.points.floored(deviation)) for deviation in RAISED)
    tried = [at for at in (_asked(found.at.to, each) for each in places) if at is not None]
    lowest = min(tried, key=lambda at: float(at.value), default=None)
    if lowest is not None and lowest.value < found.at.value + MARGIN:
        yield lowest


def _anew(devfun: GeneralizedDevfun) -> Iterator[At]:
    """Modest places, modes from 0; lme4's criterion with a scale has no minimum to be missed, and others have theirs
    from Laplace's."""
    criterion = devfun.criterion
    if not isinstance(criterion, Laplace) or criterion.scale == "lme4":
        return
    beta = fit_glm(devfun.structure, devfun.responses)[0] if devfun.p else np.zeros(0)
    shapes = np.zeros(devfun.shapes)
    for c in MODEST:
        place = Place(Points(covariance.multiple(c) for covariance in devfun.covariances), beta, shapes)
        at = _asked(criterion.at, place)
        if at is not None:
            yield at


def _asked(criterion: Callable[[Place], At], place: Place) -> At | None:
    """The criterion at a place, None where it has no finite value."""
    try:
        asked = criterion(place)
        return asked if np.isfinite(asked.value) else None
    except NumericalError:
        return None
