"""The criterion of many responses of a design with few random effects: `engines.whole` with a leading axis of runs.

Crossed factors couple all effects, so a run has no levels to eliminate one by one; its (q, q) matrices are stacked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, Codes, cholesky, transposed
from ..covariance.family import CovarianceFamily
from ..factorization.chain import ChainEngine
from ..factorization.contract import Engine
from ..factorization.layout import Layout
from ..factorization.whole import WholeEngine
from .responses import Responses
from .stacked import LevelStack, Stack, StackRun
from .stacked_points import StackedPoints, stackable_families

CELLS = 1_000_000  # numbers of one (q, q) matrix of all runs held at once


def stackable(engine: Engine, families: Sequence[CovarianceFamily]) -> bool:
    """Whether the responses of a design can descend together."""
    shared = engine.shared
    return shared is not None and shared.stackable and stackable_families(families)


def stack_for(engine: Engine, REML: bool, responses: Responses) -> Stack:
    """All responses at templates of their own; the engine is `stackable`."""
    if isinstance(engine, ChainEngine):
        return LevelStack(engine, REML, responses)
    assert isinstance(engine, WholeEngine)  # no other is stackable
    return FewStack(engine, REML, responses)


@dataclass(frozen=True, eq=False)
class FewStack(Stack):
    """The engine of a crossed design with few effects, and responses for it."""

    engine: WholeEngine

    def parts(self, count: int, places: StackedPoints) -> list[Codes]:
        size = max(1, CELLS // self.engine.A.size)
        return [np.arange(at, min(at + size, count)) for at in range(0, count, size)]

    def run(self, who: Codes, places: StackedPoints) -> StackRun:
        return FewRun(self, who, places)


class FewRun(StackRun):
    """One evaluation."""

    stack: FewStack

    def _eliminated(self) -> StackedWhole:
        engine = self.stack.engine
        return StackedWhole(engine.layout, engine.A, self.T)

    def _ZtZ_times(self, s: list[Array]) -> list[Array]:
        whole = StackedLayout(self.stack.engine.layout, self.R)
        return whole.split(self.stack.engine.A @ whole.joined(s))


@dataclass(frozen=True, eq=False)
class StackedLayout:
    """Effects of all factors of R runs side by side: per factor (rj, L, k) <-> (r, q, k)."""

    layout: Layout
    R: int

    def joined(self, parts: Sequence[Array]) -> Array:
        return np.concatenate([part.reshape(self.R, -1, part.shape[2]) for part in parts], axis=1)

    def split(self, flat: Array) -> list[Array]:
        return [flat[:, at].reshape(-1, L, flat.shape[2]) for at, _, L in self.layout.places]

    def block_diagonal(self, T: Sequence[Array]) -> Array:
        """(r, q, q) with the template T (r, L, L) of each factor at all its levels."""
        q = self.layout.places[-1][0].stop
        out = np.zeros((self.R, q, q))
        for (at, J, L), t in zip(self.layout.places, T, strict=True):
            for j in range(at.start, at.start + J * L, L):
                out[:, j : j + L, j : j + L] = t
        return out

    def row_products(self, A: Array, B: Array) -> list[Array]:
        """Diagonal blocks (rj, L, L) of A B' for A, B (r, q, k)."""
        return [a @ transposed(b) for a, b in zip(self.split(A), self.split(B), strict=True)]


class StackedWhole:
    """A (q, q), the same for all runs; T per factor (r, L, L). Formulas as in `engines.whole`."""

    def __init__(self, layout: Layout, A: Array, T: list[Array]) -> None:
        self.R, self.A, self.whole = len(T[0]), A, StackedLayout(layout, len(T[0]))
        self.Lambda = self.whole.block_diagonal(T)
        self.own = layout.blocks(A)
        self.chol = cholesky(np.eye(len(A)) + transposed(self.Lambda) @ (A @ self.Lambda))
        self.inverse = np.linalg.inv(self.chol)
        self.B = self.inverse @ transposed(self.Lambda)

    @property
    def factors(self) -> list[Array]:
        return [self.chol]

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Z'c per factor (rj, L, k) -> the same, and their half solves B c (r, q, k)."""
        return list(columns), [self.B @ self.whole.joined(columns)]

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        """u, b and Z'V^-1 r of right-hand sides Z'r."""
        c = self.whole.joined(reduced)
        u = transposed(self.inverse) @ (self.B @ c)
        b = self.Lambda @ u
        return self.whole.split(u), self.whole.split(b), self.whole.split(c - self.A @ b)

    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]:
        """Diagonal blocks of Z'(V^-1 - V^-1 [X y] S [X y]'V^-1) Z; S is repeated for the levels of the last factor."""
        S = S[:: len(S) // self.R]
        AB, c = self.A @ transposed(self.B), self.whole.joined(reduced)
        N_c = c - AB @ (self.B @ c)
        first, second = self.whole.row_products(AB, AB), self.whole.row_products(N_c @ S, N_c)
        tiled = [np.tile(block, (self.R, 1, 1)) for block in self.own]
        return [own - one - two for own, one, two in zip(tiled, first, second, strict=True)], []
