"""Trust-region Newton for many runs at once: `optimize.newton` with a leading axis, converged runs dropping out.

The policy is `trust_region`, asked with a leading axis where `optimize.newton` asks for one run. Two things are left
out: a run that is slow differentiates no Hessian, and one that is not done after `STEPS` steps is handed back as it is,
for `optimize` to finish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, Codes, Mask
from ..covariance.point import VANISHED
from ..optimize.many_steps import secants, trust_steps
from ..optimize.search import INTERIOR
from ..optimize.trust_region import (
    KEPT,
    NEAR,
    blurred,
    final,
    first_radius,
    negligible,
    radii,
    stuck,
)
from .stacked import Stack, Values
from .stacked_points import StackedPoints

STEPS = 60


@dataclass(frozen=True, eq=False)
class Runs:
    """Where m runs ended: run i is of response who[i]; `done` (m,) says which have converged."""

    who: Codes
    places: StackedPoints
    values: Values
    done: Mask

    def __getitem__(self, runs: Array) -> Runs:
        return Runs(self.who[runs], self.places[runs], self.values[runs], self.done[runs])

    def updated(self, runs: Array, other: Runs) -> Runs:
        """These runs with `other` in the places of `runs`."""
        done = self.done.copy()
        done[runs] = other.done
        places, values = self.places.updated(runs, other.places), self.values.updated(runs, other.values)
        return Runs(self.who, places, values, done)


@dataclass(eq=False)
class _State:
    """What changes on the way; full length, indexed by run."""

    places: StackedPoints
    values: Values
    E: Array
    radius: Array


class Descent:
    """Newton from `start`, each run on its own response; `going` are the runs that have not arrived."""

    def __init__(self, stack: Stack, who: Codes, start: StackedPoints) -> None:
        self.stack, self.who = stack, who
        places = start.moved(np.zeros((len(who), start.size)))
        values = stack.values(who, places)
        self.state = _State(places, values, np.zeros_like(values.information), first_radius(start.extent))
        self.done = np.zeros(len(who), bool)
        self.going = np.flatnonzero(np.isfinite(values.value))
        self.evaluations = len(who)

    def go(self, steps: int) -> None:
        """Up to `steps` steps more."""
        for _ in range(steps):
            if not len(self.going):
                break
            self.evaluations += len(self.going)
            finished = _one_step(self.stack, self.who, self.state, self.going)
            self.done[self.going[finished]] = True
            self.going = self.going[~finished]

    @property
    def runs(self) -> Runs:
        """Where they are."""
        return Runs(self.who, self.state.places, self.state.values, self.done)


def descend_together(stack: Stack, who: Codes, start: StackedPoints) -> Runs:
    """Newton from `start`, each run on its own response, for `STEPS` steps at most."""
    descent = Descent(stack, who, start)
    descent.go(STEPS)
    return descent.runs


def _one_step(stack: Stack, who: Codes, state: _State, going: Codes) -> Mask:
    """One step of the runs that go on; a mask over them says which have arrived."""
    old, radius = state.values[going], state.radius[going]
    step, decrease, inside = trust_steps(old.gradient, old.information + state.E[going], radius)
    done = np.asarray(negligible(decrease, inside, old.noise) & final(inside, radius, state.places[going].extent))
    on = np.flatnonzero(~done)
    if len(on):
        done[on] = _taken(stack, who, state, going[on], step[on], decrease[on])
    return done


def _taken(stack: Stack, who: Codes, state: _State, runs: Codes, step: Array, decrease: Array) -> Mask:
    """Take the steps that lower the criterion; a mask says which runs cannot get lower."""
    old, E, radius, before = state.values[runs], state.E[runs], state.radius[runs], state.places[runs]
    places = before.moved(step)
    new = stack.values(who[runs], places)
    ratio, ended = _judged(old, new, E, radius, decrease)
    state.radius[runs] = radii(radius, np.linalg.norm(step, axis=1), ratio)
    good = ratio > KEPT
    corrected = secants(E, old, new, step, before.same_chart(places))
    state.E[runs[good]] = np.where((decrease < NEAR)[:, None, None], corrected, E)[good]
    state.places = state.places.updated(runs[good], places[good])
    state.values = state.values.updated(runs[good], new[good])
    return ended


def _judged(old: Values, new: Values, E: Array, radius: Array, decrease: Array) -> tuple[Array, Mask]:
    """Decrease found over decrease promised, -1 where the arithmetic failed; and the runs that are stuck.

    Where the promise is near the noise the value cannot judge a step: the score does, by what it leaves to gain.
    """
    finite = np.isfinite(new.value)
    ratio = np.where(finite, (old.value - np.where(finite, new.value, 0.0)) / decrease, -1.0)
    ended = np.zeros(len(ratio), bool)
    unclear = np.flatnonzero(finite & blurred(decrease, old.noise))
    if len(unclear):
        left = trust_steps(new.gradient[unclear], new.information[unclear] + E[unclear], radius[unclear])[1]
        ended[unclear] = stuck(left, decrease[unclear])
        ratio[unclear] = np.where(ended[unclear], -1.0, 1.0)
    return ratio, ended


def singular_runs(runs: Runs) -> Codes:
    """The runs whose covariance has lost a direction."""
    return np.flatnonzero(np.any(runs.places.deviations() < VANISHED, axis=1))


def retried(stack: Stack, runs: Runs) -> Runs:
    """Singular results tried once more from inside, and vanished deviations set to zero where the criterion agrees."""
    lost = singular_runs(runs)
    if not len(lost):
        return runs
    again = descend_together(stack, runs.who[lost], runs.places[lost].floored(INTERIOR))
    better = again.values.value < runs.values.value[lost] - runs.values.noise[lost]
    runs = runs.updated(lost[better], again[np.flatnonzero(better)])
    return settled_runs(stack, runs)


def settled_runs(stack: Stack, runs: Runs) -> Runs:
    """Vanished standard deviations set to exact zeros, where the criterion does not mind."""
    lost = singular_runs(runs)
    if not len(lost):
        return runs
    places = runs.places[lost].zeroed(VANISHED)
    values = stack.values(runs.who[lost], places)
    kept = np.flatnonzero(values.value <= runs.values.value[lost] + runs.values.noise[lost])
    settled = Runs(runs.who[lost[kept]], places[kept], values[kept], runs.done[lost[kept]])
    return runs.updated(lost[kept], settled)
