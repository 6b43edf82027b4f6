"""What the sums of one design have in common for every choice of row weights: found once, filled again and again.

Which rows belong to which level, which levels meet, the order of the factors and the coordinates are one `Structure`.
The row weights make numbers of it: prior weights for `lmer`, the weights of each iteration for generalized models,
where they may vanish or be negative (observed information), so no root of them is ever needed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from ...numerics.linalg import Array, block_diagonal, chunks, dot, rows_for_products
from ...numerics.stacks import levels_last
from .gram import CrossProducts, FactorSums, Gram, factor_terms
from .incident import FactorRows, PairRows, elimination_order, factor_rows, pair_rows
from .rows import Rows
from .scaling import Scaling
from .tally import Column, Repeated, RowTally, times

if TYPE_CHECKING:
    from .bordered import Bordered

Which: TypeAlias = Literal["Z", "ZX", "ZXy"]


@dataclass(frozen=True, eq=False)
class Structure:
    """Rows in scaled coordinates, ready to be summed with any row weights.

    factors  in the order of the Gram, as `pairs`: links[f, g] for f < g
    keep     whether the scaled columns of Z are held (n, L), for structures that are filled many times
    """

    rows: Rows
    scaling: Scaling
    factors: tuple[FactorRows, ...]
    pairs: dict[tuple[int, int], PairRows] = field(repr=False)
    keep: bool = True

    @classmethod
    def of(cls, rows: Rows, scaling: Scaling, *, keep: bool = True) -> Structure:
        """The structure of `rows`, factors in the order in which engines want them; O(n) time.

        The prior weights and the response of `rows` are used by `filled(rows.weights, "ZXy")` alone.
        """
        given = cls.as_given(rows, scaling, keep=keep)
        order = elimination_order(given.factors, {key: len(pair.pairs) for key, pair in given.pairs.items()})
        pairs = {}
        for b, g in enumerate(order):
            for a, f in enumerate(order[:b]):
                pairs[a, b] = given.pairs[f, g] if f < g else given.pairs[g, f].turned()
        return cls(rows, scaling, tuple(given.factors[f] for f in order), pairs, keep)

    @classmethod
    def as_given(
        cls, rows: Rows, scaling: Scaling, *, keep: bool = True, without: Collection[tuple[int, int]] = ()
    ) -> Structure:
        """As `of`, with the factors in the order of the rows' terms; not the pairs of the factors in `without`."""
        factors = tuple(factor_rows(rows, terms) for terms in factor_terms(rows.terms))
        count = range(len(factors))
        wanted = [(f, g) for g in count for f in range(g) if (f, g) not in without]
        pairs = {(f, g): pair_rows(factors[f], factors[g]) for f, g in wanted}
        return cls(rows, scaling, factors, pairs, keep)

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.rows.n

    def filled(self, weights: Array | None = None, which: Which = "ZXy") -> Gram:
        """The sums with row weights (n,) of any sign, None for ones: what engines eat.

        which  "Z": Z'WZ alone, a Gram with p = 0; "ZX": [Z X]'W[Z X]; "ZXy": [Z X y]'W[Z X y]. The response is a
               column of zeros where it is not asked for.
        """
        factors, links, XytXy = self.sums(weights, which)
        log_weights = y_square = 0.0
        if which == "ZXy":
            log_weights, y_square = weight_sums(self.rows.y, weights)
        return Gram(self.n, factors, links, XytXy, y_square, log_weights, self.scaling)

    def sums(
        self, weights: Array | None, which: Which
    ) -> tuple[tuple[FactorSums, ...], dict[tuple[int, int], CrossProducts], Array]:
        """Sums of the factors and links, and [X y]'W[X y] (p + 1, p + 1)."""
        if which != "Z" and self.rows.bordered is not None:
            return self._bordered_sums(self.rows.bordered, weights, which)
        width, m = {"Z": (0, 1), "ZX": (self.rows.p, self.rows.p + 1), "ZXy": (self.rows.p + 1,) * 2}[which]
        repeated = self._repeated if width else [{} for _ in self.factors]
        tally = RowTally(self.factors, self.pairs, m, width, repeated)
        size = max([rows_for_products(width), *(f.J for f in self.factors)])
        held = np.empty((width, min(size, self.n)))  # one for all chunks: new memory costs as much as what is put there
        for at in chunks(self.n, size):
            Xy = self._fixed(at, width, held[:, : at.stop - at.start])
            Z = [
                list(Xy[: self.rows.p]) if len(known) == self.rows.p > 1 else self._random(f, at)
                for f, known in enumerate(repeated)
            ]
            tally.add(at, None if weights is None else weights[at], Z, Xy)
        return tally.sums()

    @cached_property
    def _repeated(self) -> list[Repeated]:
        """Per factor, the columns of X~ that are multiples of its own: of Z that is X, or of the intercept."""
        return [_repeated(self.rows, self.scaling, f.terms) for f in self.factors]

    def _bordered_sums(
        self, bordered: Bordered, weights: Array | None, which: Which
    ) -> tuple[tuple[FactorSums, ...], dict[tuple[int, int], CrossProducts], Array]:
        """`sums` where X is a wide factor's columns and few others: in terms of these, then turned to X R^-1."""
        from .tally_bordered import BorderedTally  # late: of wide factors

        width = len(bordered.others) + (which == "ZXy")
        tally = BorderedTally(self.factors, self.pairs, len(bordered.others) + 1, width, bordered)
        for at in chunks(self.n, max([rows_for_products(width), bordered.d, *(f.J for f in self.factors)])):
            Z = [self._random(f, at) for f in range(len(self.factors))]
            Xy = bordered.within(at)
            if which == "ZXy":
                Xy = np.vstack([Xy, self.rows.y[at] - self.rows.X[at] @ self.scaling.shift])
            tally.add(at, None if weights is None else weights[at], Z, Xy)
        return tally.turned(block_diagonal([bordered.triangle @ self.scaling.inverse, np.eye(1)]))

    def Zt(self, c: Array) -> list[Array]:
        """Z'c for c (n,) or (n, k), without weights: per factor (J, L) or (J, L, k)."""
        out = []
        for f, factor in enumerate(self.factors):
            part = levels_last(factor.J, factor.L, *c.shape[1:])
            for a, z in enumerate(self._random(f, slice(0, self.n))):
                if c.ndim == 1:
                    part[:, a] = np.bincount(factor.codes, times(c, z), factor.J)
                else:
                    part[:, a] = factor.indicator @ (c * (z if isinstance(z, float) else z[:, None]))
            out.append(part)
        return out

    def Z(self, s: Sequence[Array]) -> Array:
        """Z s for s per factor, (J, L) or (J, L, k): (n,) or (n, k)."""
        total: Array = np.zeros((self.n, *(s[0].shape[2:] if s else ())))
        for f, factor in enumerate(self.factors):
            for a, z in enumerate(self._random(f, slice(0, self.n))):
                effect = s[f][:, a].take(factor.codes, axis=0)
                total += times(effect, z if total.ndim == 1 or isinstance(z, float) else z[:, None])
        return total

    def quadratic(self, own: list[Array], between: dict[tuple[int, int], Array]) -> Array:
        """z_i'K z_i of every row (n,), of K where levels meet: per factor (J, L, L), per link (P, L_f, L_g)."""
        out = np.zeros(self.n)
        Z = [self._random(f, slice(0, self.n)) for f in range(len(self.factors))]
        for factor, columns, K in zip(self.factors, Z, own, strict=True):
            for a, z in enumerate(columns):
                for b, y in enumerate(columns[: a + 1]):
                    entry = K[:, a, b] if a == b else K[:, a, b] + K[:, b, a]
                    out += times(times(entry.take(factor.codes), z), y)
        for (f, g), pair in self.pairs.items():
            for a, z in enumerate(Z[f]):
                for b, y in enumerate(Z[g]):
                    out += 2 * times(times(between[f, g][:, a, b].take(pair.numbers), z), y)
        return out

    @cached_property
    def X(self) -> Array:
        """X R^-1, without weights: (n, p)."""
        return np.ascontiguousarray(self._fixed(slice(0, self.n), self.rows.p).T)

    @cached_property
    def _held(self) -> list[list[Column]]:
        return [_scaled(self.rows, self.scaling, f.terms, slice(0, self.n)) for f in self.factors]

    def random(self, f: int) -> list[Column]:
        """The scaled columns of one factor on all rows: (n,), or a number for a column of ones."""
        return self._random(f, slice(0, self.n))

    def _random(self, f: int, at: slice) -> list[Column]:
        """The scaled columns of one factor on some rows."""
        if self.keep:
            return [z if isinstance(z, float) else z[at] for z in self._held[f]]
        return _scaled(self.rows, self.scaling, self.factors[f].terms, at)

    def _fixed(self, at: slice, width: int, out: Array | None = None) -> Array:
        """The first `width` columns of [X~ y~] on some rows, transposed: (width, rows); written to `out`."""
        if not width:
            return np.zeros((0, at.stop - at.start))
        X = self.rows.fixed(at)
        out = np.empty((width, len(X))) if out is None else out
        p = X.shape[1]
        np.matmul(self.scaling.inverse.T, X.T, out=out[:p])
        if width > p:
            np.subtract(self.rows.y[at], X @ self.scaling.shift, out=out[p])
        return out


def weight_sums(y: Array, weights: Array | None) -> tuple[float, float]:
    """sum(log w) and y'Wy."""
    if weights is None:
        return 0.0, dot(y, y)
    return float(np.sum(np.log(weights))), dot(y, weights * y)


def _repeated(rows: Rows, scaling: Scaling, terms: tuple[int, ...]) -> Repeated:
    if len(terms) > 1 or not isinstance(rows.X, np.ndarray) or not rows.p:
        return {}
    term, R = rows.terms[terms[0]], scaling.R_terms[terms[0]]
    if term.Z is rows.X:
        return {c: (c, 1.0) for c in range(rows.p)} if R is scaling.R else {}
    if term.Z is None and rows.X[:, 0].min(initial=1.0) == rows.X[:, 0].max(initial=1.0) == 1.0:
        return {0: (0, float(R[0, 0] / scaling.R[0, 0]))}
    return {}


def _scaled(rows: Rows, scaling: Scaling, terms: tuple[int, ...], at: slice) -> list[Column]:
    """Columns of Z~ of some terms side by side on some rows: L of (rows,), without weights."""
    out: list[Column] = []
    for t in terms:
        inverse, term = scaling.inverse_terms[t], rows.terms[t]
        out.extend([float(inverse[0, 0])] if term.Z is None else inverse.T @ term.columns(at).T)
    return out
