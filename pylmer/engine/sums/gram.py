"""Rows -> sums: the weighted cross-products of [Z X y], formed once.

Two exact precautions (design.md section 4) are taken on the way: the response is shifted by its least-squares fit, and
the columns of X and of every random term are brought to a common scale (whitened where the structure allows it).
`Scaling` remembers both, so that estimates can be brought back to the user's coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from ...errors import NumericalError
from ...numerics.linalg import (
    Array,
    Codes,
    chunks,
    rows_for_products,
)
from ...numerics.stacks import levels_last
from .rows import Rows, TermRows
from .scaling import Scaling, find_scaling, scaled_fixed, scaled_random

SMALLEST = 1e-250  # sum of squares of a response below which products underflow
BIT64 = np.dtype(np.int64)


@dataclass(frozen=True, eq=False)
class FactorSums:
    """Sums over the rows of each level of one grouping factor.

    terms  indices of the random terms on this factor; their columns stand side by side, L in all
    ZtZ    (J, L, L)
    ZtXy   (J, L, p + 1)
    """

    terms: tuple[int, ...]
    ZtZ: Array
    ZtXy: Array

    @property
    def J(self) -> int:
        """Number of levels."""
        return int(self.ZtZ.shape[0])

    @property
    def L(self) -> int:
        """Number of columns of all terms on this factor."""
        return int(self.ZtZ.shape[1])

    @property
    def q(self) -> int:
        """Number of random effects."""
        return self.J * self.L


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Cross-products between two grouping factors, for the pairs of levels that occur together.

    first, second (P,) levels, sorted by first; blocks (P, L_first, L_second)
    """

    first: Codes
    second: Codes
    blocks: Array


@dataclass(frozen=True, eq=False)
class Gram:
    """All that the engines need: cross-products of the scaled [Z X y].

    Nested factors are ordered by decreasing J, so that each level has one parent; crossed ones by decreasing q.
    links[f, g] couples factors f < g. XytXy is (p + 1, p + 1). y_square is the weighted sum of squares of the response
    as given, before the shift: it tells what rounding may have left in the shifted one.
    """

    n: int
    factors: tuple[FactorSums, ...]
    links: dict[tuple[int, int], CrossProducts]
    XytXy: Array
    y_square: float
    sum_log_weights: float
    scaling: Scaling

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return int(self.XytXy.shape[0]) - 1

    def combined(self, M: Array) -> Gram:
        """The sums of [Z, [X y] M] for M (p + 1, p + 1); `scaling` still speaks of the old columns."""
        factors = tuple(replace(factor, ZtXy=factor.ZtXy @ M) for factor in self.factors)
        return replace(self, factors=factors, XytXy=M.T @ self.XytXy @ M)

    @cached_property
    def place(self) -> dict[int, tuple[int, slice]]:
        """Term index -> (factor, its columns within the factor)."""
        where: dict[int, tuple[int, slice]] = {}
        for f, sums in enumerate(self.factors):
            at = 0
            for t in sums.terms:
                width = self.scaling.R_terms[t].shape[0]
                where[t] = (f, slice(at, at + width))
                at += width
        return where


def form_gram(rows: Rows, scaling: Scaling | None = None) -> Gram:
    """The sums of `rows`; O(n) time, and memory of a few thousand rows beyond the sums themselves."""
    scaling = find_scaling(rows) if scaling is None else scaling
    groups = _factor_terms(rows.terms)
    sums = [_factor_sums(rows, scaling, terms) for terms in groups]
    order = sorted(range(len(groups)), key=lambda f: -sums[f].J)
    links = _links(rows, scaling, [groups[f] for f in order])
    if any(len(link.first) > sums[order[f]].J for (f, _), link in links.items()):
        by_size = sorted(range(len(groups)), key=lambda f: -sums[f].q)
        if by_size != order:
            order, links = by_size, _links(rows, scaling, [groups[f] for f in by_size])
    XytXy = np.zeros((rows.p + 1, rows.p + 1))
    for at in chunks(rows.n, rows_for_products(rows.p + 1)):
        block = scaled_fixed(rows, scaling, at)
        XytXy += block.T @ block
    if not np.isfinite(XytXy).all():
        raise NumericalError("the sums of squares overflow: rescale the response or the predictors")
    log_weights = 0.0 if rows.weights is None else float(np.sum(np.log(rows.weights)))
    y_square = float(rows.y @ (rows.y if rows.weights is None else rows.weights * rows.y))
    if y_square < SMALLEST and np.any(rows.y):
        raise NumericalError("the sums of squares vanish: rescale the response or the weights to larger numbers")
    return Gram(rows.n, tuple(sums[f] for f in order), links, XytXy, y_square, log_weights, scaling)


def _links(rows: Rows, scaling: Scaling, groups: list[tuple[int, ...]]) -> dict[tuple[int, int], CrossProducts]:
    pairs = [(a, b) for b in range(len(groups)) for a in range(b)]
    return {(a, b): _link(rows, scaling, groups[a], groups[b]) for a, b in pairs}


def _factor_terms(terms: Sequence[TermRows]) -> list[tuple[int, ...]]:
    """Per grouping factor, the terms on it."""
    return [tuple(i for i, t in enumerate(terms) if t.factor == f) for f in sorted({t.factor for t in terms})]


def _factor_sums(rows: Rows, scaling: Scaling, terms: tuple[int, ...]) -> FactorSums:
    first = rows.terms[terms[0]]
    J, L, m = first.n_levels, sum(rows.terms[t].width for t in terms), rows.p + 1
    pairs = [(a, b) for a in range(L) for b in range(a + 1)]
    own, cross = np.zeros((len(pairs), J)), np.zeros((L, m, J))
    for at in chunks(rows.n, max(rows_for_products(m), J)):
        codes = first.codes[at]
        Z, Xy = scaled_random(rows, scaling, terms, at), scaled_fixed(rows, scaling, at)
        for k, (a, b) in enumerate(pairs):
            own[k] += np.bincount(codes, Z[:, a] * Z[:, b], J)
        for a in range(L):
            for c in range(m):
                cross[a, c] += np.bincount(codes, Z[:, a] * Xy[:, c], J)
    ZtZ = levels_last(J, L, L)
    for k, (a, b) in enumerate(pairs):
        ZtZ[:, a, b] = ZtZ[:, b, a] = own[k]
    return FactorSums(terms, ZtZ, np.moveaxis(cross, 2, 0))


def _link(rows: Rows, scaling: Scaling, one: tuple[int, ...], two: tuple[int, ...]) -> CrossProducts:
    """Sums over the rows that two levels share; a sparse matrix adds up the duplicates."""
    f, g = rows.terms[one[0]], rows.terms[two[0]]
    whole = slice(0, rows.n)
    Zf, Zg = scaled_random(rows, scaling, one, whole), scaled_random(rows, scaling, two, whole)
    parts = [[_pair_sums(f, g, Zf[:, a] * Zg[:, b]) for b in range(Zg.shape[1])] for a in range(Zf.shape[1])]
    pattern = parts[0][0]
    first = np.repeat(np.arange(f.n_levels), np.diff(pattern.indptr))
    blocks = np.moveaxis(np.array([[part.data for part in line] for line in parts]), 2, 0)
    return CrossProducts(first.astype(BIT64), pattern.indices.astype(BIT64), np.ascontiguousarray(blocks))


def _pair_sums(f: TermRows, g: TermRows, values: Array) -> sparse.csr_array:
    pairs = sparse.csr_array(sparse.coo_array((values, (f.codes, g.codes)), shape=(f.n_levels, g.n_levels)))
    pairs.sum_duplicates()
    return pairs
