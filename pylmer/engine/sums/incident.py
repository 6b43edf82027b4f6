"""Grouping factors on the rows: which rows belong to which level, and which levels of two factors meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from ...numerics.linalg import Codes, sorted_by
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
    order = sorted_by(f.codes, f.J, sorted_by(g.codes, g.J))
    one, two = f.codes[order], g.codes[order]
    starts = np.append(True, (one[1:] != one[:-1]) | (two[1:] != two[:-1]))[:n]
    numbers = np.empty(n, dtype=np.int64)
    numbers[order] = np.cumsum(starts) - 1
    return PairRows(Pairs(one[starts], two[starts]), numbers)


def elimination_order(factors: Sequence[FactorRows | FactorSums], met: dict[tuple[int, int], int]) -> list[int]:
    """Nested factors by decreasing J, so that each level has one parent; crossed ones by decreasing q.

    met[f, g]  number of pairs of levels of f and g that occur together
    """
    count = range(len(factors))
    order = sorted(count, key=lambda f: -factors[f].J)
    nested = all(met[min(f, g), max(f, g)] <= factors[f].J for b, g in enumerate(order) for f in order[:b])
    return order if nested else sorted(count, key=lambda f: -factors[f].q)
