"""The deviance minimized with one argument held: a standard deviation, a correlation, a covariance, an entry of theta,
sigma or a fixed effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ...engine.covariance.point import Point
from ...engine.covariance.points import Points
from ...engine.criterion.profiled import Criterion
from ...engine.criterion.unprofiled import Unprofiled, unprofiled
from ...engine.optimize.trust_region import trust_step
from ...errors import NumericalError
from ...numerics.linalg import Array, Mask, symmetric
from .curves import Scale
from .held_coordinates import HeldCoordinates
from .relative import ITSELF, Relative

STOP = 1e-3  # promised decrease of the deviance at which it is as good as minimal; the promise is then subtracted
EXACT = 1e-5  # the same near a corner, where the promise itself is rough
PATIENCE = 10  # steps near a corner, between STOP and EXACT
STEPS = 60
SLOW = 0.2  # a promise that has not fallen below this part of the last one is not quadratic convergence
GOOD = 0.5  # part of its promise that a step must keep for the averaged Hessian to be trusted
DIFFERENCE = 1e-5
SINGULAR = 1e-2  # a scaled standard deviation along some axis below which a corner is near
ROUNDED = 1e-9  # relative: a score that is nothing but rounding
FAR = 1e6  # a drift so long is that of coordinates that nothing determines
RIDGE = 1e-10  # curvature, relative to the largest, added to what the data do not determine


@dataclass(frozen=True, eq=False)
class State:
    """A place: one point per random term, t = log sigma, and the held combination of fixed effects if there is one."""

    points: Points
    t: float
    delta: float | None = None


@dataclass(frozen=True, eq=False)
class ProfileParameter:
    """What is held: coordinate `index` of the deviance, whose value w is psi in the user's terms.

    start              where the deviance is smallest, in coordinates that have w among them; w its value there
    lowest, highest    limits of w
    relative           how w makes the coordinate, where they differ
    turn               (p, p) for a fixed effect: the coefficients of X are `turn` times the criterion's
    corners            coordinates, of standard deviations, where any of them is zero w means nothing
    pinned             the one of them that is held at zero too, if any
    """

    criterion: Criterion
    start: State
    index: int
    w: float
    scale: Scale
    lowest: float
    highest: float
    relative: Relative = ITSELF
    turn: Array = field(default_factory=lambda: np.zeros((0, 0)))
    corners: tuple[int, ...] = ()
    pinned: int | None = None

    @property
    def straight(self) -> bool:
        """Whether zeta is nearly a straight line in w: no limit bends it, nor what w is relative to."""
        return self.relative is ITSELF and bool(np.isinf([self.lowest, self.highest]).all())

    def at(self, state: State) -> ConstrainedDeviance:
        """The deviance at a state."""
        return ConstrainedDeviance(self, state, unprofiled(self.criterion, state.points, state.t, state.delta))

    def minimized(self, state: State, ceiling: float = np.inf) -> tuple[ConstrainedDeviance, Array]:
        """Newton's method in all other coordinates from `state`, and the way it went in them, charts taken for one.

        Above the ceiling no time is spent: no Hessian by differences, and a minimum there is found but roughly.
        NumericalError if it gets nowhere.
        """
        here, radius, previous, decrease, poor = self.at(state), 1.0, np.inf, np.inf, False
        way, near = np.zeros(len(here.free)), 0
        for _ in range(STEPS):
            step, decrease, inside = here.newton(radius)
            near += here._rest[1] <= STOP
            if here.resting or near > PATIENCE or here.stays_above(ceiling):
                closed, here = here, here.opened()
                if here is closed or here.resting or near > PATIENCE or here.stays_above(ceiling):
                    return here, way + here.full(here._rest[0])
                continue
            poor = poor or (inside and decrease > SLOW * previous)
            if poor and here.observed is None and not here.place.value > ceiling:
                here = here.differenced()
                continue
            previous = decrease if inside else np.inf
            trial = self._try(here.moved(step))
            ratio = -1.0 if trial is None else (here.place.value - trial.place.value) / decrease
            length, poor = float(np.linalg.norm(step)), poor or ratio < GOOD
            radius = length / 4 if ratio < 0.25 else max(radius, 3 * length) if ratio > 0.75 else radius
            if trial is not None and ratio > 1e-4:
                here, way = trial, way + here.full(step)
        raise NumericalError(f"the profile did not converge in {STEPS} steps; the last one promised {decrease:.3g}")

    @cached_property
    def corner(self) -> ConstrainedDeviance | None:
        """The lowest minimum with one of the corners at zero, which is one at every w; None without corners."""
        start, found = self.at(self.start), []
        for k in self.corners:
            pinned, down = replace(self, pinned=k), np.zeros(len(start.free))
            down[k] = -coordinate(self.start.points, k)
            found.append(pinned.minimized(start.displaced(down))[0])
        return min(found, key=lambda held: held.value, default=None)

    def _try(self, state: State) -> ConstrainedDeviance | None:
        try:
            trial = self.at(state)
            return trial if np.isfinite(trial.place.value) else None
        except NumericalError:
            return None


@dataclass(frozen=True, eq=False)
class ConstrainedDeviance:
    """The deviance at one place, seen with one argument held."""

    argument: ProfileParameter
    state: State
    place: Unprofiled
    observed: Array | None = None

    def differenced(self) -> ConstrainedDeviance:
        """The same with a Hessian by differences of the exact score, where the averaged one leads too slowly."""
        g, H = self._derivatives
        H = H.copy()
        for k in np.flatnonzero(self.free):
            other = self.argument.at(self._shifted(np.where(np.arange(len(g)) == k, DIFFERENCE, 0.0)))
            H[k] = (other._derivatives[0] - g) / DIFFERENCE
            H[self.argument.index, k] = H[k, self.argument.index]
        return replace(self, observed=symmetric(H))

    @cached_property
    def _derivatives(self) -> tuple[Array, Array]:
        """Score and Hessian with w as a coordinate."""
        g, H = self.place.score, self.place.hessian
        if self.argument.relative is ITSELF:
            return g, H
        return self.argument.relative.chained(g, H, self.argument.index, self._t, self.w, self._unit)

    @property
    def _t(self) -> int:
        """The coordinate of log sigma."""
        return len(self.place.gradient)

    @cached_property
    def w(self) -> float:
        """The held value."""
        if self.argument.index == self._t:
            return self.state.t
        if self.state.delta is not None:
            return self.state.delta
        return coordinate(self.state.points, self.argument.index) / self._unit

    @property
    def _unit(self) -> float:
        """The coordinate per w."""
        return self.argument.relative.unit(self.state.t, self._u)

    @property
    def _u(self) -> float:
        """What the held value is relative to, besides log sigma."""
        relative = self.argument.relative
        return coordinate(self.state.points, relative.u) if relative.k else 0.0

    @cached_property
    def free(self) -> Mask:
        """Mask of the coordinates that may move."""
        idle, at = [], 0
        for point in self.state.points:
            own = self.place.gradient[at : at + point.size]
            idle.append(point.idle(own))
            at += point.size
        mask = np.ones(len(self.place.score), bool)
        mask[: self._t] = ~np.concatenate(idle)
        mask[self.argument.index] = False
        if self.argument.pinned is not None:
            mask[self.argument.pinned] = False
        return mask

    @cached_property
    def cornered(self) -> bool:
        """Whether a covariance is nearly singular: as w moves, the minimum may turn into or out of a corner here."""
        return min(map(thinnest, self.state.points)) < SINGULAR

    @cached_property
    def _system(self) -> tuple[Array, Array, Array]:
        """Score (f,), Hessian (f, f) and mixed derivatives with w (f,), f the free coordinates."""
        g, H = self._derivatives
        H = H if self.observed is None else self.observed
        own = H[np.ix_(self.free, self.free)]
        ridge = RIDGE * float(np.max(np.diag(own), initial=1.0))
        return g[self.free], own + ridge * np.eye(len(own)), H[self.free, self.argument.index]

    @cached_property
    def _rest(self) -> tuple[Array, float, bool]:
        """The last step, which is not taken, and what it promises."""
        return trust_step(*self._system[:2], 1.0)

    @property
    def resting(self) -> bool:
        """Whether a step promises so little that this is the minimum."""
        promise, noise = self._rest[1], self.place.noise
        return promise <= max(STOP, noise) and (promise <= max(EXACT, noise) or not self.cornered)

    def stays_above(self, ceiling: float) -> bool:
        """Whether steps promise so little that they will not lead below the ceiling."""
        promise = self._rest[1]
        return promise <= STOP and self.place.value - PATIENCE * promise > ceiling

    def opened(self) -> ConstrainedDeviance:
        """The same place in coordinates in which the score sees that what has vanished would grow, if it would.

        A vanished pivot made a column useless, and a vanished standard deviation a correlation: any will do, and the
        one is taken in which the deviance falls most.
        """
        points, at = list(self.state.points), 0
        for term, point in enumerate(points):
            G = self.place.G[term]
            if isinstance(point, HeldCoordinates) and point.merged and not self._holds_pivot(point, at):
                if -point.opening(G) * np.abs(point.lead.last_slopes).max() > ROUNDED * np.abs(G).max():
                    points[term] = point.opened(G)
            elif self.argument.index != at + point.size - 1:
                points[term] = point.turned(G)
            at += point.size
        if all(new is old for new, old in zip(points, self.state.points, strict=True)):
            return self
        return self.argument.at(replace(self.state, points=Points(points)))

    def _holds_pivot(self, point: HeldCoordinates, at: int) -> bool:
        """Whether what is held alone moves the last pivot of a point whose first coordinate is number `at`."""
        moving = np.flatnonzero(np.abs(point.lead.last_slopes) > ROUNDED)
        return bool((moving + at == self.argument.index).all())

    @property
    def _opening(self) -> float:
        """What the score in w lacks where w itself makes the last pivot vanish: the pull of the column it opens."""
        at = 0
        for term, point in enumerate(self.state.points):
            own = self.argument.index - at
            if isinstance(point, HeldCoordinates) and point.merged and 0 <= own < len(point.lead.values):
                return float(point.lead.last_slopes[own] * self._unit * point.opening(self.place.G[term]))
            at += point.size
        return 0.0

    def newton(self, radius: float = np.inf) -> tuple[Array, float, bool]:
        """The Newton step of the free coordinates within `radius`, the decrease it promises, and whether inside."""
        inside = np.linalg.norm(self._rest[0]) <= radius and self._rest[2]
        return self._rest if inside else trust_step(*self._system[:2], radius)

    @cached_property
    def value(self) -> float:
        """The minimum over the free coordinates, to second order."""
        return self.place.value - self._rest[1]

    @cached_property
    def drift(self) -> Array:
        """How the minimizing free coordinates move with w: (f,)."""
        _, H, mixed = self._system
        return -np.linalg.solve(H, mixed)

    @cached_property
    def slope(self) -> float:
        """Derivative of the minimum in w; at an end of its range, from within."""
        g, _ = self._derivatives
        return float(g[self.argument.index] + self._opening + self._system[0] @ self.drift)

    @cached_property
    def bend(self) -> float:
        """Second derivative of the minimum in w."""
        _, H = self._derivatives
        i = self.argument.index
        return float(H[i, i] + self._system[2] @ self.drift)

    def moved(self, step: Array, dw: float = 0.0) -> State:
        """The state after a step of the free coordinates and of w, its points in charts of their own."""
        full = self.full(step)
        full[self.argument.index] = dw
        return self.displaced(full)

    def displaced(self, full: Array) -> State:
        """The state after a step of all coordinates, its points in charts of their own."""
        return self._after(full, _inside)

    def full(self, step: Array) -> Array:
        """A step of the free coordinates among all coordinates."""
        full = np.zeros(len(self.free))
        full[self.free] = step
        return full

    def _shifted(self, full: Array) -> State:
        """The state displaced in these charts."""
        return self._after(full, Points.shifted)

    def _after(self, full: Array, move: Callable[[Points, Array], Points]) -> State:
        full, i, relative = full.copy(), self.argument.index, self.argument.relative
        t = self.state.t + float(full[self._t])
        delta = None if self.state.delta is None else self.state.delta + float(full[-1])
        if relative is not ITSELF:
            unit = relative.unit(t, self._u + float(full[relative.u]))
            full[i] = (self.w + full[i]) * unit - coordinate(self.state.points, i)
        return State(move(self.state.points, full[: self._t]), t, delta)

    def predicted(self, w: float, missed: Array | None = None) -> State:
        """Where the minimum at another w is expected, from how it drifts; `missed` is what the drift lacks.

        The drift comes from averaged information, so what it lacked on the last way is a good guess for the next.
        """
        dw = w - self.w
        released = self._released(dw)
        if released is not None:
            return released
        drift = self.drift if missed is None else self.drift + missed[self.free]
        step = self._rest[0] + drift * dw
        return self.moved(step if np.linalg.norm(step) < FAR else np.zeros(len(step)), dw)

    def _released(self, dw: float) -> State | None:
        """What the minimum turns into next to here, if w made the last pivot vanish; else None."""
        points, at = list(self.state.points), 0
        for term, point in enumerate(points):
            own, G = self.argument.index - at, self.place.G[term]
            if isinstance(point, HeldCoordinates) and point.merged and 0 <= own < len(point.lead.values):
                if point.opening(G) * point.lead.last_slopes[own] == 0:
                    return None
                points[term] = point.opened(G)
                opened, full = replace(self, state=replace(self.state, points=Points(points))), np.zeros(len(self.free))
                full[self.argument.index] = dw
                return opened.displaced(full)
            at += point.size
        return None

    def settled(self) -> State:
        """The minimum, to first order."""
        return self.moved(self._rest[0])


def thinnest(point: Point) -> float:
    """The smallest scaled standard deviation along any axis."""
    T = point.template()
    return float(abs(T[0, 0]) if len(T) == 1 else np.linalg.svd(T, compute_uv=False)[-1])


def coordinate(points: Points, index: int) -> float:
    """The value of one coordinate that is a number of its own: of a rooted, diagonal or correlated point."""
    for point in points:
        size = point.size
        if index < size:
            return float(point.numbers[index])
        index -= size
    raise IndexError(index)


def _inside(points: Points, step: Array) -> Points:
    """As `moved`, but what may not be negative stops at zero."""
    return Points([point.inside(own) for point, own in zip(points, points.pieces(step), strict=True)])
