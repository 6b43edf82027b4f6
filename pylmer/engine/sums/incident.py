"""Grouping factors on the rows: which rows belong to which level, and which levels of two factors meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from ...numerics.linalg import Codes
from .gram import FactorSums, Pairs
from .rows import Rows

TABLE = 4  # a table of all pairs of levels may have so many cells per row


@dataclass(frozen=True, eq=False)
class FactorRows:
    """One grouping factor on the rows: codes (n,) in 0..J-1; its terms have L columns together."""

    terms: tuple[int, ...]
    codes: Codes
    J: int
    L: int

    @property
    def q(self) -> int:
        """Number of random effects."""
        return self.J * self.L

    @cached_property
    def indicator(self) -> sparse.csc_array:
        """Indicators of the levels, transposed: (J, n)."""
        n = len(self.codes)
        return sparse.csc_array((np.ones(n), self.codes, np.arange(n + 1)), shape=(self.J, n))


@dataclass(frozen=True, eq=False)
class PairRows:
    """Two grouping factors on the rows: the pairs of levels that meet, and the number of each row's pair (n,)."""

    pairs: Pairs
    numbers: Codes

    def turned(self) -> PairRows:
        """The same for the second factor and the first."""
        pairs, order = self.pairs.turned()
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return PairRows(pairs, place[self.numbers])


def factor_rows(rows: Rows, terms: tuple[int, ...]) -> FactorRows:
    """The grouping factor of some terms."""
    first = rows.terms[terms[0]]
    return FactorRows(terms, first.codes, first.n_levels, sum(rows.terms[t].width for t in terms))


def pair_rows(f: FactorRows, g: FactorRows) -> PairRows:
    """The pairs of levels of two factors that occur together; O(n) time."""
    n = len(f.codes)
    if TABLE * n >= f.J * g.J:
        keys = f.codes * g.J + g.codes
        met = np.zeros(f.J * g.J, dtype=bool)
        met[keys] = True
        found = np.flatnonzero(met)
        number = np.zeros(len(met), dtype=np.int64)
        number[found] = np.arange(len(found))
        return PairRows(Pairs(*np.divmod(found, g.J)), number[keys])
    rows = _sorted(f, g)
    starts = np.append(True, rows.indices[1:] != rows.indices[:-1])[:n]
    starts[rows.indptr[:-1][np.diff(rows.indptr) > 0]] = True
    numbers = np.empty(n, dtype=np.int64)
    numbers[rows.data] = np.cumsum(starts) - 1
    one = np.repeat(np.arange(f.J), np.diff(rows.indptr))
    return PairRows(Pairs(one[starts], rows.indices[starts].astype(np.int64)), numbers)


def _sorted(f: FactorRows, g: FactorRows) -> sparse.csr_array:
    """Numbers of the rows, by their levels of f and of g: entries of a matrix (J_f, J_g) that may have several a cell.

    A sparse matrix turned round is a counting sort, and one with its columns in order a short sort of every row.
    """
    n = len(f.codes)
    integer: type[Any] = np.int32 if max(n, f.J, g.J) < 2**31 else np.int64
    one, two = (np.asarray(factor.codes, dtype=integer) for factor in (f, g))
    by_f = sparse.csc_array((np.ones(n, dtype=bool), one, np.arange(n + 1, dtype=integer)), shape=(f.J, n)).tocsr()
    order: Any = by_f.indices
    both = sparse.csr_array((order, two[order], by_f.indptr), shape=(f.J, g.J))
    both.sort_indices()
    return both


def elimination_order(factors: Sequence[FactorRows | FactorSums], met: dict[tuple[int, int], int]) -> list[int]:
    """Nested factors by decreasing J, so that each level has one parent; crossed ones by decreasing q.

    met[f, g]  number of pairs of levels of f and g that occur together
    """
    count = range(len(factors))
    order = sorted(count, key=lambda f: -factors[f].J)
    nested = all(met[min(f, g), max(f, g)] <= factors[f].J for b, g in enumerate(order) for f in order[:b])
    return order if nested else sorted(count, key=lambda f: -factors[f].q)
