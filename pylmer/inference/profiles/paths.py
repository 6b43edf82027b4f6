"""From the maximum of the likelihood outwards: how zeta grows as one argument is moved and all others give way.

zeta = sign(psi - psi-hat) sqrt(d(psi) - d-min), d(psi) the ML deviance minimized with the argument held at psi
(Bates & Watts 1988, chapter 6; Bates, Maechler, Bolker & Walker 2015, section 5.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array
from .constrained import ConstrainedDeviance, ProfileParameter, State
from .curves import NEARLY, Curve
from .other_minima import contested, rivals

MOST = 60  # nodes on one side
BETWEEN = 4  # nodes set at once before one that came out too far
SPACING = (0.5, 1.0)  # aimed at between nodes, in zeta: at first, and where extrapolation has been good
TRUSTED, DISTRUSTED = 0.004, 0.05  # how far from its aim a node comes out for the next to be set wider, or nearer
CLOSE = 3e-4  # how near in zeta the last node is to what is sought, where a corner may bend the curve
LOWER = 1e-3  # a deviance so much below that of the fit means that the fit is not the best one
TELLING = 0.1  # distance in zeta from which the way to a node tells what the drift lacked, and is not mere rounding
GUESS = 0.1  # first step where the deviance does not bend


@dataclass(frozen=True, eq=False)
class Node:
    """One minimum with the argument held at w; slope is dzeta/dw, missed what the drift lacked on the way here."""

    w: float
    zeta: float
    slope: float
    held: ConstrainedDeviance
    missed: Array


@dataclass(frozen=True, eq=False)
class Path:
    """Nodes by increasing w; `failures` says where the arithmetic ended a side."""

    argument: ProfileParameter
    nodes: tuple[Node, ...]
    failures: tuple[str, ...] = ()

    def curve(self) -> Curve:
        """zeta as a spline of w, without nodes at which zeta is no larger than at nodes nearer to the minimum."""
        rising = _rising(self.nodes)
        w, zeta, slope = (np.array([getattr(node, name) for node in rising]) for name in ("w", "zeta", "slope"))
        lowest, highest = self.argument.lowest, self.argument.highest
        reached = (self.nodes[0].w <= lowest, self.nodes[-1].w >= highest)
        return Curve(self.argument.scale, w, zeta, slope, lowest, highest, reached)


def _rising(nodes: Sequence[Node]) -> list[Node]:
    below = [node for node in nodes if node.zeta < 0]
    above = [node for node in nodes if node.zeta > 0]
    left = [node for k, node in enumerate(below) if all(node.zeta < other.zeta for other in below[k + 1 :])]
    right = [node for k, node in enumerate(above) if all(node.zeta > other.zeta for other in above[:k])]
    return [*left, *(node for node in nodes if node.held.argument.w == node.w), *right]


@dataclass(eq=False)
class PathFollower:
    """Walks one side of one argument; `side` is -1 or 1, `lowest_value` the smallest deviance."""

    argument: ProfileParameter
    centre: Node
    lowest_value: float
    side: int
    nodes: list[Node] = field(default_factory=list)
    spacing: float = SPACING[0]

    @property
    def _limit(self) -> float:
        return self.argument.lowest if self.side < 0 else self.argument.highest

    @property
    def _last(self) -> Node:
        return self.nodes[-1] if self.nodes else self.centre

    @property
    def at_limit(self) -> bool:
        """Whether the argument can go no further."""
        return self._last.w == self._limit

    def visit(self, w: float, start: Node) -> Node:
        """The node at w, sought from another node."""
        guess = start.held.predicted(w, start.missed)
        try:
            held, way = self.argument.minimized(guess)
        except NumericalError:
            anew = self._best(rivals(self.argument.at(guess)))
            if anew is None:
                raise
            return self._node(w, anew)
        node = self._node(w, held)
        far = abs(node.zeta - start.zeta) > TELLING
        return replace(node, missed=start.missed + way / (w - start.w) if far else start.missed)

    def _node(self, w: float, held: ConstrainedDeviance) -> Node:
        """The node of a minimum, with nothing missed: no way from another node led there."""
        if held.value < self.lowest_value - LOWER:
            raise NumericalError(
                f"a deviance {self.lowest_value - held.value:.3g} below that of the fit was found: refit from there"
            )
        zeta = float(np.sqrt(max(held.value - self.lowest_value, 0.0)))
        slope = abs(held.slope) / (2 * zeta) if zeta > 0 else 0.0
        return Node(w, self.side * zeta, slope, held, np.zeros(len(held.free)))

    def advance(self, target: float) -> None:
        """One node outwards, aimed at |zeta| = target, and others before it if that came out far beyond."""
        start = self._last
        node = self.visit(self._aim(target), start)
        between: list[Node] = []
        nearest = node
        while abs(nearest.zeta) - abs(start.zeta) > 2 * SPACING[0] + self.spacing and len(between) < BETWEEN:
            middle = self.visit(0.5 * (start.w + nearest.w), start)
            if not abs(start.zeta) < abs(middle.zeta) < abs(nearest.zeta):
                break
            between.append(middle)
            nearest = middle
        self.nodes += [*reversed(between), node]
        self._set_spacing(abs(abs(node.zeta) - target))

    def _set_spacing(self, missed: float) -> None:
        """Nodes lie wider where the cubic through the last two foretells the next, if nothing bends zeta."""
        if missed > DISTRUSTED:
            self.spacing = SPACING[0]
        elif missed < TRUSTED and self.argument.straight:
            self.spacing = min(1.5 * self.spacing, SPACING[1])

    def _aim(self, target: float) -> float:
        """w where |zeta| should be `target`, by extrapolation from the last two nodes; cut at the limit."""
        last, rise = self._last, target - abs(self._last.zeta)
        step = rise / last.slope if last.slope > 0 else np.inf if self.nodes else GUESS
        if self.nodes:
            before = self.nodes[-2] if len(self.nodes) > 1 else self.centre
            back = abs(last.w - before.w)
            curved = _inverse(before, last, target)
            step = float(np.clip(curved if curved > 0 else step, back / 4, 4 * back))
        w = last.w + self.side * step
        room = self.side * (self._limit - w)
        return self._limit if room < 0.3 * step else w

    def seek(self, target: float) -> None:
        """Nodes until one is close to |zeta| = target, or the argument is at its limit before."""
        for _ in range(MOST):
            gap = abs(self._last.zeta) - target
            if abs(gap) < (CLOSE if self._last.held.cornered else NEARLY / 2) or (gap < 0 and self.at_limit):
                if not self._outdone():
                    return
                continue
            if gap < 0:
                self.nodes.append(self.visit(self._aim(target), self._last))
            else:
                self._return(target)

    def _return(self, target: float) -> None:
        """A node between the last two, for the last went too far: it takes the last one's place."""
        before, last = (self.nodes[-2] if len(self.nodes) > 1 else self.centre), self._last
        self.nodes[-1] = self._between(before, last, target)

    def _between(self, before: Node, last: Node, target: float) -> Node:
        """A node where the curve through two of them has |zeta| = target."""
        pair = sorted((before, last), key=lambda node: node.w)
        w, zeta, slope = (np.array([getattr(node, name) for node in pair]) for name in ("w", "zeta", "slope"))
        curve = Curve(_Same(), w, zeta, slope, -np.inf, np.inf)
        at = float(curve.backward(self.side * target))
        return self.visit(at, before if abs(at - before.w) < abs(at - last.w) else last)

    def level(self) -> None:
        """Where zeta has passed what it is in the argument's lowest corner, it stays at that up to the limit."""
        corner = self.argument.corner if self.nodes and self.argument.corners else None
        if corner is None:
            return
        top = float(np.sqrt(max(corner.value - self.lowest_value, 0.0)))
        beyond = [k for k, node in enumerate(self.nodes) if abs(node.zeta) > top + CLOSE]
        if not beyond:
            return
        first = beyond[0]
        before = self.nodes[first - 1] if first else self.centre
        edge = self._between(before, self.nodes[first], top)
        ends = [Node(w, self.side * top, 0.0, corner, edge.missed) for w in (edge.w, self._limit)]
        self.nodes = [*self.nodes[:first], *(ends if edge.w != self._limit else ends[1:])]

    def walk(self, cutoff: float) -> None:
        """Nodes some way apart until |zeta| passes the cutoff or the argument is at its limit."""
        while len(self.nodes) < MOST:
            if (abs(self._last.zeta) >= cutoff or self.at_limit) and not self._outdone():
                return
            if abs(self._last.zeta) < cutoff and not self.at_limit:
                self.advance(abs(self._last.zeta) + self.spacing)

    def _outdone(self) -> bool:
        """Whether another start leads lower at the last node, near a corner; nodes before it then follow suit."""
        last = self._last
        if last is self.centre or not contested(last.held):
            return False
        ceiling = last.held.value - LOWER
        best = self._best(rivals(last.held), ceiling)
        if best is None or best.value > ceiling:
            return False
        nodes, below = self.nodes[:-1], self._node(last.w, best)
        found = [below]
        while nodes and (other := self._try(nodes[-1].w, found[0])) and abs(other.zeta) < abs(nodes[-1].zeta) - CLOSE:
            found.insert(0, other)
            nodes.pop()
        self.nodes = [*(node for node in nodes if abs(node.zeta) < abs(found[0].zeta)), *found]
        return True

    def _best(self, states: Sequence[State], ceiling: float = np.inf) -> ConstrainedDeviance | None:
        """The lowest of the minima to which these lead, if any does; exact if it is below the ceiling."""
        found = (self._rival(state, ceiling) for state in states)
        return min(filter(None, found), key=lambda held: held.value, default=None)

    def _rival(self, state: State, ceiling: float) -> ConstrainedDeviance | None:
        try:
            return self.argument.minimized(state, ceiling)[0]
        except NumericalError:
            return None

    def _try(self, w: float, start: Node) -> Node | None:
        try:
            return self.visit(w, start)
        except NumericalError:
            return None


class _Same:
    """w itself."""

    def psi(self, w: Array) -> Array:
        return w

    def w(self, psi: Array) -> Array:
        return psi


def _inverse(one: Node, two: Node, target: float) -> float:
    """Distance in w beyond `two` at which the cubic through both, as a function of |zeta|, meets the target."""
    z0, z1 = abs(one.zeta), abs(two.zeta)
    if not (one.slope > 0 and two.slope > 0 and z1 > z0):
        return 0.0
    u, width, run = (target - z0) / (z1 - z0), z1 - z0, abs(two.w - one.w)
    left, right = width / one.slope, width / two.slope
    w = u * (left + u * (3 * run - 2 * left - right + u * (left + right - 2 * run)))
    return w - run


def centre_of(argument: ProfileParameter) -> Node:
    """The minimum itself, with a first guess of the slope of zeta."""
    held = argument.at(argument.start)
    return Node(argument.w, 0.0, float(np.sqrt(max(held.bend, 0.0) / 2)), held, np.zeros(len(held.free)))


def path(argument: ProfileParameter, lowest_value: float, low: float, high: float, whole: bool) -> Path:
    """The nodes that tell where zeta is -low and high (both positive); `whole` for a whole table of them."""
    centre, failures = centre_of(argument), []
    sides = []
    for side, target in ((-1, low), (1, high)):
        walker = PathFollower(argument, centre, lowest_value, side)
        if argument.w != walker._limit:
            try:
                (walker.walk if whole else walker.seek)(target)
                walker.level()
            except NumericalError as error:
                failures.append(str(error))
        sides.append(sorted(walker.nodes, key=lambda node: node.w))
    middle = replace(centre, slope=_central_slope(centre, [*sides[0], *sides[1]]))
    return Path(argument, (*sides[0], middle, *sides[1]), tuple(failures))


def _central_slope(centre: Node, others: Sequence[Node]) -> float:
    """dzeta/dw at the minimum, where zeta = 0/0: from the polynomial through the two nearest nodes and their slopes."""
    near = sorted(others, key=lambda node: abs(node.zeta))[:2]
    near = [node for node in near if node.slope > 0]
    if not near:
        return centre.slope
    unit = max(abs(node.w - centre.w) for node in near)
    powers = np.arange(1, 2 * len(near) + 1)
    rows, right = [], []
    for node in near:
        x = (node.w - centre.w) / unit
        rows += [x**powers, powers * x ** (powers - 1)]
        right += [node.zeta, node.slope * unit]
    return float(np.linalg.solve(np.array(rows), np.array(right))[0]) / unit
