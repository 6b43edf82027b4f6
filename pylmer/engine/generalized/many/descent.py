"""The joint Newton over (Sigma, beta) for many runs at once, converged runs dropping out: `joint_newton` with runs.

The policy is `optimize.trust_region`, as there: the secant correction begins at once, and what it has learnt is the
first suspect when a step fails. No score is differenced: a run that is not done after `STEPS` steps is left as it is,
for `joint_newton` to finish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....numerics.linalg import Array, Codes, Mask
from ...optimize.many_steps import secants, trust_steps
from ...optimize.trust_region import (
    KEPT,
    blurred,
    final,
    first_radius,
    negligible,
    radii,
    stuck,
)
from .places import ManyPlaces
from .values import ManyLaplace, ManyValues, joined

STOP = 1e-11  # predicted decrease, in units of the criterion, below which no step is worth taking
STEPS = 30
CELLS = 50_000  # rows times runs evaluated at once: their columns stay in the processor's cache


@dataclass(eq=False)
class ManyRuns:
    """Where m runs stand: run i is of response who[i]. What changes on the way, full length, indexed by run."""

    laplace: ManyLaplace
    who: Codes
    places: ManyPlaces
    values: ManyValues
    E: Array
    radius: Array
    done: Mask

    def put(self, runs: Codes, places: ManyPlaces, values: ManyValues) -> None:
        """Move some of the runs."""
        self.places, self.values = self.places.updated(runs, places), self.values.updated(runs, values)


def descended(laplace: ManyLaplace, who: Codes, places: ManyPlaces, u: Array, steps: int = STEPS) -> ManyRuns:
    """Newton from `places`, the modes sought from u (L, J, m)."""
    values = evaluated(laplace, who, places, u)
    radius, E = first_radius(places.extent), np.zeros_like(values.information)
    runs = ManyRuns(laplace, who, places, values, E, radius, np.zeros(len(who), bool))
    going = np.flatnonzero(is_known(values))
    for _ in range(steps):
        if not len(going):
            break
        finished = _one_step(runs, going)
        runs.done[going[finished]] = True
        going = going[~finished]
    return runs


def evaluated(laplace: ManyLaplace, who: Codes, places: ManyPlaces, u: Array) -> ManyValues:
    """The criterion of every run, some runs at a time."""
    return joined([laplace.values(who[part], places[part], u[..., part]) for part in _parts(laplace, who)])


def scores_at(laplace: ManyLaplace, who: Array, places: ManyPlaces, u: Array) -> Array:
    """The scores alone (m, k + p), some runs at a time."""
    return np.concatenate([laplace.scores(who[part], places[part], u[..., part]) for part in _parts(laplace, who)])


def _parts(laplace: ManyLaplace, who: Array) -> list[Codes]:
    size = max(1, CELLS // laplace.design.n)
    return [np.arange(at, min(at + size, len(who))) for at in range(0, len(who), size)]


def moved_to(runs: ManyRuns, some: Codes, places: ManyPlaces) -> ManyValues:
    """The criterion of some runs elsewhere, begun at the modes to be expected there."""
    u = runs.values.rows[some].expected(runs.laplace, runs.places[some], places)
    return evaluated(runs.laplace, runs.who[some], places, u)


def is_known(values: ManyValues) -> Mask:
    """The runs that have a value, a score and an information."""
    known = np.isfinite(values.value) & np.isfinite(values.gradient).all(axis=1)
    return np.asarray(known & np.isfinite(values.information).all(axis=(1, 2)))


def _one_step(runs: ManyRuns, going: Codes) -> Mask:
    """One step of the runs that go on; a mask over them says which have arrived."""
    old, radius = runs.values[going], runs.radius[going]
    step, decrease, inside = trust_steps(old.gradient, old.information + runs.E[going], radius)
    extent = runs.places[going].extent
    done = np.asarray(negligible(decrease, inside, old.noise, STOP) & final(inside, radius, extent))
    on = np.flatnonzero(~done)
    if len(on):
        done[on] = _taken(runs, going[on], step[on], decrease[on])
    return done


def _taken(runs: ManyRuns, going: Codes, step: Array, decrease: Array) -> Mask:
    """Take the steps that lower the criterion; a mask says which runs cannot get lower."""
    old, E, radius, before = runs.values[going], runs.E[going], runs.radius[going], runs.places[going]
    places = before.moved(step)
    new = moved_to(runs, going, places)
    ratio, ended = _judged(old, new, E, radius, decrease)
    runs.radius[going] = radii(radius, np.linalg.norm(step, axis=1), ratio)
    corrected = secants(E, old, new, step, before.same_chart(places))
    runs.E[going] = np.where((ratio > KEPT)[:, None, None], corrected, 0.0)
    good = np.flatnonzero(ratio > KEPT)
    runs.put(going[good], places[good], new[good])
    return ended


def _judged(old: ManyValues, new: ManyValues, E: Array, radius: Array, decrease: Array) -> tuple[Array, Mask]:
    """Decrease found over decrease promised, -1 where there is none; and the runs that are stuck.

    Where the promise is near the noise the value cannot judge a step: the score does, by what it leaves to gain.
    """
    known = is_known(new) & (new.value < old.value + old.noise)
    ratio = np.where(known, (old.value - np.where(known, new.value, 0.0)) / decrease, -1.0)
    ended = np.zeros(len(ratio), bool)
    unclear = np.flatnonzero(known & blurred(decrease, old.noise))
    if len(unclear):
        left = trust_steps(new.gradient[unclear], new.information[unclear] + E[unclear], radius[unclear])[1]
        ended[unclear] = stuck(left, decrease[unclear])
        ratio[unclear] = np.where(ended[unclear], -1.0, 1.0)
    return ratio, ended
