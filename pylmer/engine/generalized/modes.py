"""Conditional modes: u minimizes D(eta) + |u|^2 for given T and beta, eta = offset + X beta + Z T u.

Newton's step solves (I + T'Z'OZT) u = T'(Z'O Zb - Z'g), from sums without X (glmm.md section 1). No working residual
g/W is formed, since W underflows for |eta| > 37. Where the observed information O leaves the matrix indefinite, one
step takes the expected information W.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import NumericalError
from ...families import Family, RowPass, row_pass
from ...numerics.linalg import Array, inner
from ...numerics.unlocked import cached_property
from .weighted import WeightedStructure

DECREMENT = 1e-9  # decrease promised by a step, in units of the criterion, after which no other is needed
ROUNDING = 1e-20  # the same of a step that changes nothing (log|M| moves with the root of it)
STEPS = 60
HALVINGS = 20


@dataclass(frozen=True, eq=False)
class RowResponses:
    """y, prior weights, offset (n,) and the family they come from."""

    y: Array
    weights: Array
    offset: Array
    family: Family

    @cached_property
    def row_pass(self) -> RowPass:
        """eta -> D, g, W."""
        return row_pass(self.family, self.y, self.weights)

    @cached_property
    def first(self) -> RowState | None:
        """The rows at means close to y, where everything begins; None outside of the domain."""
        return row_state(self, self.family.link(self.family.start_mu(self.y, self.weights)))

    @cached_property
    def everywhere(self) -> bool:
        """Whether every finite eta has a mean (every domain is the line, or one of its halves)."""
        return self.family.valid(np.array([-1.0, 1.0]))

    @cached_property
    def counted(self) -> int:
        """Rows that weigh anything."""
        return int(np.count_nonzero(self.weights))

    @cached_property
    def unweighted(self) -> bool:
        """Whether all prior weights are 1."""
        return bool(np.logical_and.reduce(self.weights == 1.0))

    @cached_property
    def inverse_weights(self) -> Array:
        """1 / w (n,), 0 for rows that weigh nothing."""
        return np.divide(1.0, self.weights, out=np.zeros(len(self.weights)), where=self.weights > 0)


@dataclass(frozen=True, eq=False)
class RowState:
    """A family's rows at eta: D, g, W (n,); dW, O, dO when asked for."""

    responses: RowResponses
    eta: Array
    D: float
    g: Array
    W: Array

    @cached_property
    def _derivatives(self) -> tuple[Array, Array, Array]:
        r = self.responses
        return r.family.derivatives(r.y, r.weights, self.eta)

    @cached_property
    def W1(self) -> Array:
        """dW/deta: of the two families of nearly every fit from g and W alone."""
        r = self.responses
        name = (r.family.name, r.family.link.name)
        if name == ("poisson", "log"):
            return self.W
        if name == ("binomial", "logit"):  # g = w (mu - y) and W = w mu (1 - mu)
            mu = self.g + r.y if r.unweighted else self.g * r.inverse_weights + r.y
            return np.asarray(self.W * (1 - 2 * mu))
        return self._derivatives[0]

    @property
    def O(self) -> Array:  # noqa: E743  # the paper's letter
        """Observed information dg/deta."""
        return self.W if self.responses.family.canonical else self._derivatives[1]

    @property
    def O1(self) -> Array:
        """dO/deta."""
        return self.W1 if self.responses.family.canonical else self._derivatives[2]


def row_state(responses: RowResponses, eta: Array) -> RowState | None:
    """The rows at eta, None outside of the domain."""
    with np.errstate(all="ignore"):
        return hushed_state(responses, eta)


def hushed_state(responses: RowResponses, eta: Array) -> RowState | None:
    """`row_state` where numpy is kept from speaking of overflow already."""
    if not (responses.everywhere or responses.family.valid(eta)):
        return None
    D, g, W = responses.row_pass(eta)
    return RowState(responses, eta, D, g, W) if math.isfinite(D + np.add.reduce(g)) else None


@dataclass(frozen=True, eq=False)
class Modes:
    """u and b = T u per factor (J, L), fixed = offset + X beta (n,), the rows, |u|^2, passes over the rows it took."""

    u: list[Array]
    b: list[Array]
    fixed: Array
    rows: RowState
    penalty: float
    passes: int

    @property
    def value(self) -> float:
        """D + |u|^2."""
        return self.rows.D + self.penalty


@dataclass(frozen=True, eq=False)
class ModeSearch:
    """D + |u|^2 as a function of u, at templates T per factor (L, L) and fixed = offset + X beta (n,)."""

    structure: WeightedStructure
    responses: RowResponses
    T: Sequence[Array]
    fixed: Array

    def at(self, u: list[Array], passes: int) -> Modes | None:
        """The rows at u per factor (J, L), None outside of the domain."""
        return at_effects(self.structure, self.responses, self.T, self.fixed, u, passes)

    def step(self, at: Modes, weights: Array) -> tuple[list[Array], float]:
        """Newton's step of u under weights O or W per factor (J, L), and the decrease that it promises."""
        return self.structure.mode_step(weights, at.rows.g, self.T, at.u, at.b)


def find_modes(search: ModeSearch, u: Sequence[Array], tolerance: float = DECREMENT) -> Modes:
    """Where it is smallest, begun at u per factor (J, L).

    NumericalError where no start is in the domain or no step lowers D + |u|^2.
    """
    with np.errstate(all="ignore"):  # what is not finite ends in a NumericalError
        return _descended(search, _begun(search, u), tolerance)


def _descended(search: ModeSearch, at: Modes, tolerance: float) -> Modes:
    n, has_scale = search.structure.n, search.responses.family.has_scale
    for _ in range(STEPS):
        step, decrement = _newton_step(search, at)
        value = at.value
        scale = max(value / n, 1e-300) if has_scale else 1.0
        if decrement <= ROUNDING * scale:  # the step itself is noise
            return at
        lower = _lowered(search, at, step, value + 1e-14 * n + 1e-13 * abs(value))
        if lower is None:
            if decrement <= 1e-7 * scale:
                return at
            raise NumericalError("the conditional modes were not found: no step lowers the penalized deviance")
        at = lower
        if decrement <= tolerance * scale:
            return at
    raise NumericalError(f"the conditional modes were not found in {STEPS} steps")


def at_effects(
    structure: WeightedStructure, responses: RowResponses, T: Sequence[Array], fixed: Array, u: list[Array], passes: int
) -> Modes | None:
    """The rows at given u, None outside of the domain; numpy kept from speaking of overflow."""
    b = [(t @ each.T).T for each, t in zip(u, T, strict=True)]
    eta = structure.random(b)
    eta += fixed
    rows = hushed_state(responses, eta)
    return None if rows is None else Modes(u, b, fixed, rows, squared_length(u), passes)


def squared_length(u: Sequence[Array]) -> float:
    """|u|^2 of effects per factor (J, L)."""
    return sum([inner(each, each) for each in u])


def _begun(search: ModeSearch, u: Sequence[Array]) -> Modes:
    for share in (1.0, 0.5, 0.0):
        at = search.at([*u] if share == 1.0 else [share * each for each in u], 1)
        if at is not None:
            return at
    raise NumericalError("the linear predictor leaves the domain of the inverse link")


def _newton_step(search: ModeSearch, at: Modes) -> tuple[list[Array], float]:
    """Under the observed weights, or the expected ones where those are not positive definite."""
    try:
        return search.step(at, at.rows.O)
    except NumericalError:
        return search.step(at, at.rows.W)


def _lowered(search: ModeSearch, at: Modes, step: list[Array], highest: float) -> Modes | None:
    """The first of the halved steps that leads no higher, None if all do."""
    share = 1.0
    for passes in range(at.passes + 1, at.passes + 1 + HALVINGS):
        lower = search.at([a + share * s for a, s in zip(at.u, step, strict=True)], passes)
        if lower is not None and lower.value <= highest:
            return lower
        share *= 0.5
    return None
