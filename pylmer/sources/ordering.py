"""Sums with their random terms in another order: that of the fit, which the numbers of levels decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..engine.sums.gram import CrossProducts, FactorSums
from ..engine.sums.sums import Sums
from ..functions.arrays import Array
from ..numerics.linalg import Codes


def in_order(sums: Sums, order: Sequence[int]) -> Sums:
    """The sums with term `order[i]` as the i-th; factors in the order in which they then appear among the terms."""
    if list(order) == list(range(len(order))):
        return sums
    labels = replace(sums.labels, terms=tuple(sums.labels.terms[old] for old in order))
    groups = sums.labels.groups
    at = [groups.index(group) for group in labels.groups]
    labels = replace(labels, levels=tuple(sums.labels.levels[f] for f in at))
    number = {old: new for new, old in enumerate(order)}
    terms = [tuple(sorted(number[t] for t in sums.factors[f].terms)) for f in at]
    columns = [_columns(sums, sums.factors[f], [order[t] for t in own]) for f, own in zip(at, terms, strict=True)]
    factors = tuple(_factor(sums.factors[f], own, chosen) for f, own, chosen in zip(at, terms, columns, strict=True))
    links = {(a, b): _link(sums, at[a], at[b], columns[a], columns[b]) for b in range(len(at)) for a in range(b)}
    coordinates = replace(sums.coordinates, R_terms=tuple(sums.coordinates.R_terms[old] for old in order))
    return replace(sums, labels=labels, factors=factors, links=links, coordinates=coordinates)


def _columns(sums: Sums, factor: FactorSums, terms: Sequence[int]) -> Codes:
    """Places of the columns of some terms, by their old numbers, in this order."""
    widths = [len(sums.coordinates.R_terms[t]) for t in factor.terms]
    starts = dict(zip(factor.terms, np.cumsum([0, *widths]).tolist(), strict=False))
    return np.concatenate([np.arange(starts[t], starts[t] + len(sums.coordinates.R_terms[t])) for t in terms])


def _factor(sums: FactorSums, terms: tuple[int, ...], columns: Codes) -> FactorSums:
    return FactorSums(terms, _taken(_taken(sums.ZtZ, columns, 1), columns, 2), _taken(sums.ZtXy, columns, 1))


def _taken(stack: Array, columns: Codes, axis: int) -> Array:
    """Columns of a stack, levels still running fastest in memory."""
    if np.array_equal(columns, np.arange(stack.shape[axis])):
        return stack
    last = np.moveaxis(stack, 0, -1)
    return np.moveaxis(np.ascontiguousarray(np.take(last, columns, axis=axis - 1)), -1, 0)


def _link(sums: Sums, f: int, g: int, first: Codes, second: Codes) -> CrossProducts:
    link = sums.links[f, g] if f < g else sums.links[g, f].turned()
    return replace(link, blocks=link.blocks[:, first][:, :, second])
