"""Conditional modes of many responses, each at templates and fixed effects of its own: `modes` with an axis of runs.

Newton's steps are those of `generalized.modes`; runs whose modes are found drop out, steps that lead up are halved run
by run, and where the observed information leaves a run's matrix indefinite this run's step takes the expected one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ....errors import NumericalError
from ....numerics.linalg import Array, Mask, transposed
from ....numerics.stacks import product
from ...factorization.level_elimination import Level
from ..modes import DECREMENT, HALVINGS, STEPS
from .arrays import at_levels, column, effects, runs_of, unstack
from .design import OneFactor
from .rows import ManyRows

GOOD_ENOUGH = 1e-7  # decrease promised by a last step that leads up, below which the modes are found all the same


@dataclass(frozen=True, eq=False)
class ManyModes:
    """u and b = T u (L, J, r), eta, g, W (n, r), D and |u|^2 (r,); D is infinite where there are none."""

    u: Array
    b: Array
    eta: Array
    g: Array
    W: Array
    D: Array
    penalty: Array

    @property
    def value(self) -> Array:
        """D + |u|^2 (r,)."""
        return self.D + self.penalty

    def __getitem__(self, runs: Array) -> ManyModes:
        return ManyModes(**{each.name: runs_of(getattr(self, each.name), runs) for each in fields(self)})

    def put(self, runs: Array, other: ManyModes) -> None:
        """Write `other` in the places of `runs`."""
        for each in fields(self):
            getattr(self, each.name)[..., runs] = getattr(other, each.name)

    def copy(self) -> ManyModes:
        """The same in arrays of its own."""
        return ManyModes(**{each.name: getattr(self, each.name).copy() for each in fields(self)})


@dataclass(frozen=True, eq=False)
class ModeProblem:
    """Rows, templates T (r, L, L) and fixed = offset + X beta (n, r) of the runs whose modes are sought."""

    design: OneFactor
    rows: ManyRows
    T: Array
    fixed: Array

    def __getitem__(self, runs: Array) -> ModeProblem:
        if len(runs) == len(self.T):
            return self
        return ModeProblem(self.design, self.rows[runs], self.T[runs], self.fixed[:, runs])

    def at(self, u: Array) -> ManyModes:
        """The rows at effects u (L, J, r)."""
        b = np.einsum("rab,bjr->ajr", self.T, u)
        eta = self.design.random(b)
        eta += self.fixed
        D, g, W = self.rows.at(eta)
        return ManyModes(u, b, eta, g, W, D, np.einsum("ajr,ajr->r", u, u))

    def unit(self, at: ManyModes) -> Array:
        """One unit of the criterion in those of D (r,)."""
        if not self.rows.family.has_scale:
            return np.ones(len(self.T))
        return np.maximum(at.value / self.design.n, 1e-300)


def find_modes(problem: ModeProblem, u: Array, tolerance: float = DECREMENT) -> ManyModes:
    """The modes of every run, begun at u (L, J, r)."""
    at = _begun(problem, u)
    out = at.copy()
    going = np.flatnonzero(np.isfinite(at.value))
    problem, at = problem[going], at[going]
    for _ in range(STEPS):
        if not len(going):
            break
        step, decrement = newton_step(problem, at)
        unit = problem.unit(at)
        at, lower = _lowered(problem, at, step)
        failed = ~lower & ~(decrement <= GOOD_ENOUGH * unit)
        at.D[failed] = np.inf
        ended = (decrement <= tolerance * unit) | ~lower
        if ended.any():
            out.put(going[ended], at[np.flatnonzero(ended)])
            on = np.flatnonzero(~ended)
            going, problem, at = going[on], problem[on], at[on]
    out.D[going] = np.inf
    return out


def _begun(problem: ModeProblem, u: Array) -> ManyModes:
    """From u, from half of it or from 0 where that has no mean."""
    at = problem.at(u)
    for share in (0.5, 0.0):
        outside = np.flatnonzero(~np.isfinite(at.value))
        if not len(outside):
            break
        at.put(outside, problem[outside].at(share * u[..., outside]))
    return at


def newton_step(problem: ModeProblem, at: ManyModes) -> tuple[Array, Array]:
    """The step of u (L, J, r) and the decrease of D + |u|^2 that it promises (r,)."""
    design, J = problem.design, problem.design.J
    weights = problem.rows.observed(at.eta, at.W)
    A = design.random_squares(weights)
    level, definite = eliminated(problem.T, A, J)
    if not definite.all():
        A = design.random_squares(np.where(definite, weights, at.W))
        level, definite = eliminated(problem.T, A, J)
    u, b, _ = level.solve(product(A, column(at.b)) - column(design.cross(at.g)))
    step, db = effects(u, J) - at.u, b - column(at.b)
    curved = np.einsum("abjr,abjr->r", unstack(db, J), unstack(product(A, db), J))
    return step, np.where(definite, np.einsum("ajr,ajr->r", step, step) + curved, np.nan)


def eliminated(T: Array, A: Array, J: int) -> tuple[Level, Mask]:
    """I + T'A T of all levels factorized, for T (r, L, L) and A (Jr, L, L); the runs (r,) where it is definite.

    Runs where it is not are given T = 0 and A = 0.
    """
    path = np.zeros((len(A), A.shape[1], 0))
    try:
        return Level.eliminated(at_levels(T, J), A, path), np.ones(len(T), bool)
    except NumericalError:
        good: Mask = np.asarray(_definite(at_levels(T, J), A).reshape(J, -1).all(axis=0))
        A = np.where(np.tile(good, J)[:, None, None], A, 0.0)
        return Level.eliminated(at_levels(np.where(good[:, None, None], T, 0.0), J), A, path), good


def _definite(T: Array, A: Array) -> Mask:
    M = np.eye(A.shape[1]) + transposed(T) @ A @ T
    known = np.isfinite(M).all(axis=(1, 2))
    return np.asarray(known & (np.linalg.eigvalsh(np.where(known[:, None, None], M, 0.0))[:, 0] > 0))


def _lowered(problem: ModeProblem, at: ManyModes, step: Array) -> tuple[ManyModes, Mask]:
    """The first of the halved steps that does not raise D + |u|^2 by more than rounding; the runs that have one."""
    allowed = at.value + 1e-14 * problem.design.n + 1e-13 * np.abs(at.value)
    new = problem.at(at.u + step)
    lower = new.value <= allowed
    share = 0.5
    for _ in range(HALVINGS - 1):
        up = np.flatnonzero(~lower)
        if not len(up):
            return new, lower
        trial = problem[up].at(at.u[..., up] + share * step[..., up])
        better = np.flatnonzero(trial.value <= allowed[up])
        new.put(up[better], trial[better])
        lower[up[better]] = True
        share *= 0.5
    up = np.flatnonzero(~lower)
    new.put(up, at[up])
    return new, lower
