"""Few random effects and a response far from zero: orthogonal transformations of the rows in place of sums.

Where X does not span a large part of the response (`y ~ 0 + x + (1 | g)`, y + 1e6), only the random effects can take it
up, and sums lose it: [X y]'V^-1[X y] is the small difference of large cross-products; eps y'y / r2 of it is rounding.
With the triangular factor of all columns at once (Bjorck 1996, Numerical Methods for Least Squares Problems, 2.4),

    [Z X y] = Q [[R, H], [0, W]],    [X y]'V^-1[X y] = W'W + H'(I + R Sigma R')^-1 H,

I + R Sigma R' = L L' by another one, nothing is subtracted and rounding is eps |y| / |r|. These are the formulas of
`between`, with all random effects as the effects of one level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ...numerics.linalg import Array, chunks, triangular_factor
from ..sums.gram import Gram
from ..sums.rows import Rows
from ..sums.scaling import scaled_fixed, scaled_random
from .between import BetweenFactorization
from .contract import Covariances, Fixed, IncidentRows, SummedBlocks
from .layout import Layout, joined


class OrthogonalFactorization(SummedBlocks):
    """V at given templates; see `pls.Factorization`."""

    def __init__(self, engine: OrthogonalEngine, Lambda: Array) -> None:
        self.engine = engine
        self.whole = BetweenFactorization(engine, Lambda)

    @cached_property
    def fixed(self) -> Fixed:
        return self.whole.fixed

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        u, b, g = (self.engine.layout.split(part[0][0]) for part in self.whole.modes(v))
        return u, b, g

    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        D, E = (self.engine.layout.blocks(part[0][0]) for part in self.whole.selected_inverse(S))
        return D, E

    def solve(self, c: Sequence[Array]) -> list[Array]:
        return self.engine.layout.split(self.whole.solve([joined(c)[None]])[0][0])

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        return self.whole.products([joined(s)[None]])

    @property
    def logdet_V(self) -> float:
        return self.whole.logdet_V

    def covariances(self) -> Covariances:
        (K,), _ = self.whole.covariances()
        return self.engine.layout.picked(K[0], self.engine.gram.incidence.pairs)

    def leverages(self, rows: IncidentRows) -> Array:
        return rows.quadratic(*self.covariances())


class OrthogonalEngine:
    """Rows -> factorization. root R' (1, q, q), half H (1, q, p + 1), within W (p + 1, p + 1)."""

    name = "orthogonal"
    costly = False
    estimable = False
    nested = False
    far = True
    shared = None
    route = "the response is far from zero, and X does not take it up: orthogonal factors of [Z X y] in place of sums"

    def __init__(self, gram: Gram, rows: Rows) -> None:
        self._gram, self.layout = gram, Layout(gram.incidence.shapes)
        order = _order(self.layout)
        q = len(order)
        full = triangular_factor(_rows_of(gram, rows, order), q + gram.p + 1)
        self.root = np.zeros((1, q, q))
        self.root[0, order] = full[:q, :q].T
        self.half, self.within = full[None, :q, q:], full[q:, q:]

    @classmethod
    def of_factors(cls, gram: Gram, root: Array, half: Array, within: Array) -> OrthogonalEngine:
        """The engine of factors that were formed before."""
        made: Any = object.__new__(cls)
        made._gram, made.layout = gram, Layout(gram.incidence.shapes)
        made.root, made.half, made.within = root, half, within
        return made  # type: ignore[no-any-return]

    @property
    def gram(self) -> Gram:
        return self._gram

    def rounding(self, r2: float) -> float:
        """Relative rounding error of r2, in units of the machine's precision."""
        return float(np.sqrt(self._gram.XytXy[-1, -1] / r2))

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        root = self.root[0]
        return self.layout.split(root @ (root.T @ joined(s)))

    def combined(self, M: Array) -> OrthogonalEngine:
        return self.of_factors(self._gram.combined(M), self.root, self.half @ M, self.within @ M)

    def factorize(self, T: Sequence[Array]) -> OrthogonalFactorization:
        return OrthogonalFactorization(self, self.layout.block_diagonal(self._gram.factor_templates(T)))


def _order(layout: Layout) -> Array:
    """Columns of Z one after the other, all levels of each: what is far and what is near stay apart in the factor."""
    return np.concatenate([np.arange(at.start, at.stop).reshape(J, L).T.ravel() for at, J, L in layout.places])


def _rows_of(gram: Gram, rows: Rows, order: Array) -> Iterator[Array]:
    """[Z X y] of all rows, scaled, some at a time."""
    for at in chunks(rows.n, max(4 * len(order), 512)):
        count = at.stop - at.start
        blocks = []
        for sums in gram.factors:
            Z = np.zeros((count, sums.J, sums.L))
            codes = rows.terms[sums.terms[0]].codes[at]
            Z[np.arange(count), codes] = scaled_random(rows, gram.scaling, sums.terms, at)
            blocks.append(Z.reshape(count, sums.q))
        yield np.hstack([np.hstack(blocks)[:, order], scaled_fixed(rows, gram.scaling, at)])
