"""The sums of a model whose fixed effects are a wide factor D and few others B: D stands among the grouping factors.

A fixed effect is a random one whose variance is infinite (Harville 1976, Ann. Statist. 4, 384-395), and sums by level
are what a wide factor can be held in: Z'D has an entry for every pair of levels that meet, where Z'X R^-1 would have
one for every level and every column. What is left of B and y within the levels of D stands in for X and y.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...numerics.linalg import Array, inverse_upper
from .arrange import form_gram
from .bordered import Bordered
from .gram import CrossProducts, Gram
from .incident import elimination_order
from .rows import Rows, TermRows
from .scaling import Scaling, find_scaling


@dataclass(frozen=True, eq=False)
class AbsorbedColumns:
    """How coefficients of [D2 X2], columns as they were summed, are those of X.

    With [D B] = [N_D N_B] [[lengths, C], [0, R]] (see `bordered`), D2 = N_D / unit_D and X2 = N_B / unit_B R2^-1.

    disjoint (d,), others (r,)  places of D and B among the columns of X
    response (d,)               the coefficients of the response on N_D, which were taken away before it was summed
    """

    disjoint: Array
    others: Array
    lengths: Array
    C: Array
    R: Array
    response: Array
    unit_D: float
    unit_B: float
    R2: Array
    shift2: Array

    @property
    def p(self) -> int:
        """Number of columns of X."""
        return len(self.disjoint) + len(self.others)

    @property
    def logdet(self) -> float:
        """log|X'V^-1X| less log|[D2 X2]'V^-1[D2 X2]|."""
        turned = np.log(np.diag(self.R)).sum() + np.log(np.diag(self.R2)).sum() + np.log(self.lengths).sum()
        units = len(self.disjoint) * np.log(self.unit_D) + len(self.others) * np.log(self.unit_B)
        return float(2 * (turned + units))

    def coefficients(self, of_D: Array, of_X: Array) -> Array:
        """beta (p,) of coefficients of D2 (d,) and X2 (r,), the shift of the response added."""
        return self.turned(
            (self.response + of_D / self.unit_D)[:, None],
            ((self.shift2 + inverse_upper(self.R2) @ of_X) / self.unit_B)[:, None],
        )[:, 0]

    def turned(self, of_D: Array, of_B: Array) -> Array:
        """Coefficients of X (p, k) for those of N_D (d, k) and N_B (r, k)."""
        out = np.empty((self.p, of_D.shape[1]))
        out[self.others] = inverse_upper(self.R) @ of_B
        out[self.disjoint] = (of_D - self.C @ out[self.others]) / self.lengths[:, None]
        return out


@dataclass(frozen=True, eq=False)
class AbsorbedSums:
    """The sums with D as the last random term, those without it, and what the columns mean."""

    extended: Gram
    gram: Gram
    columns: AbsorbedColumns


def absorbed_sums(rows: Rows, bordered: Bordered) -> AbsorbedSums:
    """Rows -> sums; `rows.X` is the `bordered` matrix."""
    unit = float(np.sqrt(rows.n))
    whole = slice(0, rows.n)
    own = bordered.normalized(whole)
    level = np.where(bordered.level < bordered.d, bordered.level, 0)  # a row without a column of D adds zeros to one
    left = rows.y - own * np.append(bordered.C[:, -1], 0.0)[bordered.level]
    D = TermRows(level, bordered.d, unit * own[:, None], 1 + max(term.factor for term in rows.terms))
    extended_rows = Rows(unit * bordered.within(whole).T, left, rows.weights, (*rows.terms, D))
    scaling = find_scaling(extended_rows)
    extended = replace(form_gram(extended_rows, scaling), y_square=_square(rows))
    columns = AbsorbedColumns(
        bordered.disjoint,
        bordered.others,
        bordered.lengths,
        bordered.C[:, :-1],
        bordered.R[:-1, :-1],
        bordered.C[:, -1],
        float(scaling.R_terms[-1][0, 0]) / unit,
        1 / unit,
        scaling.R,
        scaling.shift,
    )
    return AbsorbedSums(extended, _without_last_term(extended), columns)


def _square(rows: Rows) -> float:
    return float(rows.y @ (rows.y if rows.weights is None else rows.weights * rows.y))


def _without_last_term(gram: Gram) -> Gram:
    """The sums of all random terms but the last, which is alone on its factor."""
    last = len(gram.scaling.R_terms) - 1
    kept = [f for f, sums in enumerate(gram.factors) if last not in sums.terms]
    factors = [gram.factors[f] for f in kept]
    links = {(a, b): gram.links[kept[a], kept[b]] for b in range(len(kept)) for a in range(b)}
    order = elimination_order(factors, {key: len(link.pairs) for key, link in links.items()})
    turned = {(a, b): _link(links, order[a], order[b]) for b in range(len(order)) for a in range(b)}
    scaling = Scaling(gram.scaling.R, gram.scaling.R_terms[:-1], gram.scaling.shift)
    return replace(gram, factors=tuple(factors[f] for f in order), links=turned, scaling=scaling)


def _link(links: dict[tuple[int, int], CrossProducts], f: int, g: int) -> CrossProducts:
    return links[f, g] if f < g else links[g, f].turned()
