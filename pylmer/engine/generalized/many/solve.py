"""The optima of many responses of one design with one grouping factor.

All begin at the optimum of the fit at hand, which is near when the responses were simulated from it. Singular ends are
judged as those of one response are: vanished deviations are set to zero where the criterion does not mind, and a run
whose criterion would fall if one grew again goes on from inside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....numerics.linalg import Array, Mask, symmetric
from ...covariance.point import VANISHED
from ...many_responses.stacked_points import StackedPoints
from ...optimize.certificate import TOLERANCE
from ...optimize.search import INTERIOR
from ..place import Place
from ..user import GeneralizedDevfun
from .criteria import chunks_of, many_laplace
from .descent import ManyRuns, descended, is_known, moved_to
from .design import OneFactor, one_factor
from .places import ManyPlaces, is_singular


@dataclass(frozen=True, eq=False)
class Solved:
    """Of R responses: where each has ended, value and phi (R,), whether singular and whether it is done (R,)."""

    places: ManyPlaces
    value: Array
    phi: Array
    singular: Mask
    done: Mask


def solve_together(devfun: GeneralizedDevfun, Y: Array, near: Place) -> Solved:
    """The optimum of every column of Y (n, R), begun at `near`; the devfun is `solvable`."""
    design = one_factor(devfun.structure)
    parts = [_solved(devfun, design, Y[:, part], near) for part in chunks_of(design, Y.shape[1])]
    return Solved(
        _joined([part.places for part in parts]),
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("value", "phi", "singular", "done")),
    )


def _joined(parts: list[ManyPlaces]) -> ManyPlaces:
    first = parts[0].points
    T = tuple(np.concatenate([part.points.T[i] for part in parts]) for i in range(len(first.T)))
    U = tuple(np.concatenate([part.points.U[i] for part in parts]) for i in range(len(first.U)))
    return ManyPlaces(replace(first, T=T, U=U), np.concatenate([part.beta for part in parts]))


def _solved(devfun: GeneralizedDevfun, design: OneFactor, Y: Array, near: Place) -> Solved:
    laplace, R = many_laplace(devfun, design, Y), Y.shape[1]
    start = _begun(devfun, near, R)
    runs = descended(laplace, np.arange(R), start, np.zeros((design.L, design.J, R)))
    _settle(runs)
    _retry(devfun, runs)
    done = runs.done & is_known(runs.values)
    return Solved(runs.places, runs.values.value, runs.values.phi, is_singular(runs.places), done)


def _begun(devfun: GeneralizedDevfun, place: Place, R: int) -> ManyPlaces:
    points = place.points.floored(INTERIOR) if place.points.singular() else place.points
    one = StackedPoints.stacked(devfun.covariances, [points])
    return ManyPlaces(one[np.zeros(R, int)], np.tile(place.beta, (R, 1)))


def _settle(runs: ManyRuns) -> None:
    """Vanished standard deviations set to exact zeros, where the criterion does not mind."""
    lost = np.flatnonzero(is_singular(runs.places) & runs.done)
    if not len(lost):
        return
    here = runs.places[lost]
    places = ManyPlaces(here.points.zeroed(VANISHED), here.beta)
    values = moved_to(runs, lost, places)
    kept = np.flatnonzero(values.value <= runs.values.value[lost] + np.maximum(runs.values.noise[lost], 1e-9))
    runs.put(lost[kept], places[kept], values[kept])


def _retry(devfun: GeneralizedDevfun, runs: ManyRuns) -> None:
    """Runs whose criterion would fall if a vanished variance grew go on from inside."""
    lost = np.flatnonzero(is_singular(runs.places) & runs.done)
    falling = np.array([r for r in lost if not _holds(devfun, runs, int(r))], int)
    if not len(falling):
        return
    here = runs.places[falling]
    places = ManyPlaces(here.points.floored(INTERIOR), here.beta)
    again = descended(runs.laplace, runs.who[falling], places, runs.values.rows.b[..., falling] * 0.0)
    _settle(again)
    better = np.flatnonzero(again.values.value < runs.values.value[falling] - runs.values.noise[falling])
    runs.put(falling[better], again.places[better], again.values[better])
    runs.done[falling[better]] = again.done[better]


def _holds(devfun: GeneralizedDevfun, runs: ManyRuns, r: int) -> bool:
    """Whether dd/dSigma is nowhere negative on what has vanished, in the units of `proof.kkt`."""
    for term, T in enumerate(runs.places.points.T):
        U, s, _ = np.linalg.svd(T[r])
        null = U[:, s < VANISHED]
        if not null.shape[1]:
            continue
        _, at = devfun.structure.place[term]
        G, scale = (null.T @ A[r][at, at] @ null for A in (runs.values.G, runs.values.ZtVZ))
        unit = max(float(np.mean(np.diag(scale))), 1e-300)
        if np.linalg.eigvalsh(symmetric(G))[0] < -TOLERANCE * unit:
            return False
    return True
