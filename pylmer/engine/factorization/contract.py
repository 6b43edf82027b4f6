"""The contracts between sums, engines and criterion.

An *engine* holds the cross-products of one data set and gives, for any templates T, a *factorization*: everything that
the criterion, its derivatives and the estimates need, in the scaled coordinates of `gram`, per unit sigma^2.

    V = W^-1 + Z Sigma Z',   P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1,   r2 = y' P y
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, cholesky, cholesky_of_one, inverse_of_lower, log_diagonal, solve_lower
from ...numerics.stacks import levels_last
from ..sums.gram import Gram

PlacedTangents: TypeAlias = "tuple[int, slice, Array]"  # of a term: its factor, its columns there, dSigma (k, l, l)
Covariances: TypeAlias = "tuple[list[Array], dict[tuple[int, int], Array]]"


class RemainderSizeError(NumericalError):
    """A dense remainder of crossed factors would not fit into memory."""


@dataclass(frozen=True, eq=False)
class Fixed:
    """The fixed part: beta (p,), L_X (p, p) lower with L_X L_X' = X'V^-1X, r2, log|V|, log|X'V^-1X|."""

    beta: Array
    L_X: Array
    r2: float
    logdet_V: float
    logdet_XtVX: float

    @classmethod
    def solved(cls, reduced: Array, logdet_V: float) -> Fixed:
        """Of [X y]'V^-1[X y] (p + 1, p + 1) and log|V|."""
        p = reduced.shape[0] - 1
        L_X = cholesky_of_one(reduced[:p, :p])
        half = solve_lower(L_X, reduced[:p, p])
        beta = solve_lower(L_X, half, transposed=True)
        return cls(beta, L_X, float(reduced[p, p] - half @ half), logdet_V, 2 * log_diagonal(L_X))

    @cached_property
    def Phi(self) -> Array:
        """(X'V^-1X)^-1 (p, p)."""
        half = inverse_of_lower(self.L_X)
        return half.T @ half


class FixedNumbers(NamedTuple):
    """The numbers of a fixed part, for several places: r2, log|V| and log|X'V^-1X|, each (m,)."""

    r2: Array
    logdet_V: Array
    logdet_XtVX: Array

    @classmethod
    def solved(cls, reduced: Array, logdet_V: Array) -> FixedNumbers:
        """Of [X y]'V^-1[X y] (m, p + 1, p + 1), positive definite, and log|V| (m,)."""
        diagonal = cholesky(reduced).diagonal(0, -2, -1)
        return cls(diagonal[:, -1] ** 2, logdet_V, 2 * np.log(diagonal[:, :-1]).sum(axis=1))


class IncidentRows(Protocol):
    """Rows that know their levels and pairs of levels, such as `engine.sums.structure.Structure`."""

    def quadratic(self, own: list[Array], between: dict[tuple[int, int], Array]) -> Array:
        """z_i'K z_i of every row (n,), for K given where levels meet; see `Factorization.covariances`."""


class Factorization(Protocol):
    """V at given templates. Arrays per factor are (J, L, ...), factors and columns in the order of the Gram.

    With A = Z'WZ and T the templates of all levels, K = T (I + T'A T)^-1 T' is the covariance of b given the data, beta
    and the templates, and log|I + T'A T| = log|V|, prior weights left out. Row weights need not be positive, if only
    I + T'A T is positive definite.
    """

    @property
    def logdet_V(self) -> float:
        """log|V|."""

    @property
    def fixed(self) -> Fixed:
        """beta, r2 and the two log determinants."""

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        """For v (p + 1, k), r = [X y] v: u = T' Z'V^-1 r, b = T u = Sigma Z'V^-1 r and Z'V^-1 r, each (J, L, k)."""

    def solved(self, v: Array) -> list[Array]:
        """Z'V^-1 r of `modes` alone."""

    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        """For S (p + 1, p + 1) acting on [X y]: per level, the blocks of Z'(V^-1 - V^-1 [X y] S [X y]' V^-1) Z, and of
        (Sigma - Sigma Z'V^-1 Z Sigma) + (Sigma Z'V^-1 [X y]) S (...)', each (J, L, L)."""

    def selected_sums(self, S: Array) -> list[Array]:
        """Per factor, the sum over levels of the first blocks of `selected_inverse`: (L, L)."""

    def solve(self, c: Sequence[Array]) -> list[Array]:
        """K c = (Sigma - Sigma Z'V^-1 Z Sigma) c for c per factor (J, L, k): K is the covariance of b given the data,
        beta and the templates, and K Z'Z s = Sigma Z'V^-1 Z s."""

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        """For columns W = Z s (s per factor (J, L, k)): W'V^-1W (k, k) and X'V^-1W (p, k)."""

    def along(self, g: Sequence[Array], tangents: Sequence[PlacedTangents]) -> tuple[Array, Array]:
        """`products` of Z s_a for the directions s_a = dSigma_a g in which g (J, L) of each factor moves."""

    def covariances(self) -> Covariances:
        """K where levels meet: per factor (J, L, L), and per link of the Gram (P, L_first, L_second)."""

    def leverages(self, rows: IncidentRows) -> Array:
        """z_i'K z_i of every row of the data (n,), row weights left out."""


class SummedBlocks(ABC):
    """Factorizations that have nothing better for parts and sums than what they are part and sum of."""

    @abstractmethod
    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        """See `Factorization.modes`."""

    def solved(self, v: Array) -> list[Array]:
        """See `Factorization.solved`."""
        return self.modes(v)[2]

    @abstractmethod
    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        """See `Factorization.selected_inverse`."""

    def selected_sums(self, S: Array) -> list[Array]:
        """See `Factorization.selected_sums`."""
        return [D.sum(axis=0) for D in self.selected_inverse(S)[0]]

    @abstractmethod
    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        """See `Factorization.products`."""

    def along(self, g: Sequence[Array], tangents: Sequence[PlacedTangents]) -> tuple[Array, Array]:
        """See `Factorization.along`."""
        return self.products(directions(g, tangents))


def directions(g: Sequence[Array], tangents: Sequence[PlacedTangents]) -> list[Array]:
    """s_a = dSigma_a g per factor (J, L, k), for g (J, L)."""
    if len(tangents) == 1:
        return [_applied(g[0], tangents[0][2])]
    k = sum(len(E) for _, _, E in tangents)
    s = [levels_last(*x.shape, k) for x in g]
    for each in s:
        each[:] = 0.0
    column = 0
    for factor, at, E in tangents:
        s[factor][:, at, column : column + len(E)] = _applied(g[factor][:, at], E)
        column += len(E)
    return s


def _applied(g: Array, E: Array) -> Array:
    """E_a g_j for g (J, l) and E (k, l, l): (J, l, k)."""
    k, width, _ = E.shape
    return np.asarray((E.reshape(k * width, width) @ g.T).reshape(k, width, len(g)).transpose(2, 1, 0))


class Engine(Protocol):
    """Cross-products -> Factorization."""

    @property
    def name(self) -> str:
        """In one word."""

    @property
    def gram(self) -> Gram:
        """The sums that the engine works on."""

    @property
    def costly(self) -> bool:
        """Whether one value takes seconds."""

    @property
    def estimable(self) -> bool:
        """Whether the iterative engine finds its theta sooner than one value of this one is computed."""

    @property
    def nested(self) -> bool:
        """Whether every level has one parent in each later factor, and is eliminated for itself."""

    @property
    def far(self) -> bool:
        """Whether it was made for a response far from zero, whose minimum has to be looked for on scales of its own."""

    @property
    def shared(self) -> SumsEngine | None:
        """The engine itself if it holds sums alone, so that others can share it; None if it holds rows."""

    def rounding(self, r2: float) -> float:
        """Relative rounding error of r2, in units of the machine's precision."""

    @property
    def route(self) -> str:
        """How the engine goes about it and why, in words."""

    def factorize(self, T: Sequence[Array]) -> Factorization:
        """V at the templates T, one (l_i, l_i) square root of Sigma_i per random term."""

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        """Z'Z s for s per factor (J, L, k)."""

    def combined(self, M: Array) -> Engine:
        """The engine of [Z, [X y] M] for M (p + 1, p + 1); what belongs to Z alone is shared."""


class SumsEngine(Engine, Protocol):
    """An engine of sums alone, which others of the same design share.

    What is found from which levels meet is kept by `refilled`, all that belongs to Z by `sharing`.
    """

    @property
    def stackable(self) -> bool:
        """Whether runs of many responses, each at templates of its own, can stand in one stack."""

    def sharing(self, gram: Gram) -> SumsEngine:
        """The engine of sums that differ in [X y] alone."""

    def reduced_at(self, T: Sequence[Array]) -> tuple[Array, Array] | None:
        """[X y]'V^-1[X y] (m, p + 1, p + 1) and log|V| (m,) at templates (m, l_i, l_i), if it is less work.

        NumericalError if one fails.
        """

    def refilled(self, gram: Gram) -> SumsEngine:
        """The engine of sums of the same rows with other row weights."""
