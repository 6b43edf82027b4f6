"""The sums that engines eat: cross-products of [Z X y], and which levels meet.

Two exact precautions (design.md section 4) are taken on the way: the response is shifted by its least-squares fit, and
the columns of X and of every random term are brought to a common scale (whitened where the structure allows it).
`Scaling` remembers both, so that estimates can be brought back to the user's coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, Codes, sorted_by
from .rows import TermRows
from .scaling import Scaling


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

    @cached_property
    def total(self) -> Array:
        """Z'Z summed over the levels: (L, L)."""
        return np.asarray(self.ZtZ.sum(axis=0))

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
class Pairs:
    """Levels of two grouping factors that occur together: first, second (P,), sorted by first, then by second."""

    first: Codes
    second: Codes

    def __len__(self) -> int:
        return len(self.first)

    def turned(self) -> tuple[Pairs, Codes]:
        """The pairs (second, first), and where each of them stands here."""
        order = sorted_by(self.second, int(self.second.max(initial=-1)) + 1)
        return Pairs(self.second[order], self.first[order]), order


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Cross-products between two grouping factors, for the pairs of levels that occur together.

    pairs (P) of levels;  blocks (P, L_first, L_second)
    """

    pairs: Pairs
    blocks: Array

    @property
    def first(self) -> Codes:
        """Level of the first factor in each pair: (P,), ascending."""
        return self.pairs.first

    @property
    def second(self) -> Codes:
        """Level of the second factor in each pair: (P,)."""
        return self.pairs.second

    def turned(self) -> CrossProducts:
        """The same between the second factor and the first."""
        pairs, order = self.pairs.turned()
        return CrossProducts(pairs, np.ascontiguousarray(np.swapaxes(self.blocks[order], 1, 2)))


@dataclass(frozen=True, eq=False)
class Incidence:
    """Which effects there are and which levels meet: what sums have whatever their values.

    shapes        (J, L) of each factor
    pairs[f, g]   of levels of factors f < g that occur together

    The values of sums stand in one row: those of the factors, then those of the links, levels or pairs running fastest.
    """

    shapes: tuple[tuple[int, int], ...]
    pairs: dict[tuple[int, int], Pairs]

    @property
    def q(self) -> int:
        """Number of random effects."""
        return sum(J * L for J, L in self.shapes)

    @property
    def nested(self) -> bool:
        """Whether each level has one parent in every later factor."""
        return all(len(pairs) == self.shapes[f][0] for (f, _), pairs in self.pairs.items())

    @cached_property
    def places(self) -> tuple[list[Codes], dict[tuple[int, int], Codes]]:
        """Where the values stand in the row: of each factor (J, L, L), of each link (P, L_first, L_second)."""
        own = [(J, L, L) for J, L in self.shapes]
        between = [(len(pairs), self.shapes[f][1], self.shapes[g][1]) for (f, g), pairs in self.pairs.items()]
        starts = np.cumsum([0, *(count * a * b for count, a, b in own + between)])
        numbers = [
            np.moveaxis(np.arange(start, start + count * a * b).reshape(a, b, count), 2, 0)
            for start, (count, a, b) in zip(starts, own + between, strict=False)
        ]
        return numbers[: len(own)], dict(zip(self.pairs, numbers[len(own) :], strict=True))

    @property
    def count(self) -> int:
        """Number of values."""
        own, between = self.places
        return sum(each.size for each in [*own, *between.values()])

    def arranged(self, values: Array) -> tuple[list[Array], dict[tuple[int, int], Array]]:
        """Values in one row as blocks of the factors (J, L, L), and of the links (P, L_first, L_second)."""
        own, between = self.places
        return [values[each] for each in own], {key: values[each] for key, each in between.items()}

    def same(self, other: Incidence) -> bool:
        """Whether the other has the same effects and the same pairs of levels."""
        if self.shapes != other.shapes or self.pairs.keys() != other.pairs.keys():
            return False
        both = ((pairs, other.pairs[key]) for key, pairs in self.pairs.items())
        return all(a is b or (np.array_equal(a.first, b.first) and np.array_equal(a.second, b.second)) for a, b in both)


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

    @cached_property
    def p(self) -> int:
        """Number of fixed effects."""
        return int(self.XytXy.shape[0]) - 1

    def combined(self, M: Array) -> Gram:
        """The sums of [Z, [X y] M] for M (p + 1, p + 1); `scaling` still speaks of the old columns."""
        factors = tuple(replace(factor, ZtXy=factor.ZtXy @ M) for factor in self.factors)
        return replace(self, factors=factors, XytXy=M.T @ self.XytXy @ M)

    @cached_property
    def incidence(self) -> Incidence:
        """Which effects there are and which levels meet."""
        shapes = tuple((sums.J, sums.L) for sums in self.factors)
        return Incidence(shapes, {key: link.pairs for key, link in self.links.items()})

    def factor_templates(self, T: Sequence[Array]) -> list[Array]:
        """Templates per term (l, l) -> one block-diagonal template per factor (L, L)."""
        return list(T) if len(T) == 1 else factor_templates(self.place, [sums.L for sums in self.factors], T)

    @property
    def values(self) -> Array:
        """Values of Z'WZ in the row that `Incidence.places` describes."""
        parts = [sums.ZtZ for sums in self.factors] + [self.links[key].blocks for key in self.incidence.pairs]
        return np.concatenate([np.moveaxis(part, 0, -1).reshape(-1) for part in parts])

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


def factor_templates(place: Mapping[int, tuple[int, slice]], widths: Sequence[int], T: Sequence[Array]) -> list[Array]:
    """Templates per term (..., l, l) -> one block-diagonal template per factor (..., L, L), L its width.

    `place` as of a Gram.
    """
    if len(T) == 1:
        return list(T)
    out = [np.zeros((*T[0].shape[:-2], L, L)) for L in widths]
    for term, template in enumerate(T):
        f, at = place[term]
        out[f][..., at, at] = template
    return out


def factor_terms(terms: Sequence[TermRows]) -> list[tuple[int, ...]]:
    """Per grouping factor, in the order in which they appear, the terms on it."""
    factors = dict.fromkeys(t.factor for t in terms)
    return [tuple(i for i, t in enumerate(terms) if t.factor == f) for f in factors]
