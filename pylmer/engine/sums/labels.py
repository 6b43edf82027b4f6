"""What the numbers of sums mean: names of columns and terms, and labels of levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError
from ...numerics.linalg import Array, Codes
from .gram import factor_terms
from .rows import Rows

KINDS = {"U": "text", "i": "numbers", "u": "numbers", "f": "numbers", "b": "True and False"}


@dataclass(frozen=True)
class TermNames:
    """One random term: its grouping factor, its columns, and the structure of its covariance."""

    group: str
    columns: tuple[str, ...]
    structure: str = "us"
    hom: bool = False


@dataclass(frozen=True, eq=False)
class Labels:
    """What the numbers of sums mean.

    X_names  (p,)
    terms    in the order of the formula; factors are in the order in which they appear among them
    levels   per factor (J,), text or numbers, each label once
    """

    X_names: tuple[str, ...]
    terms: tuple[TermNames, ...]
    levels: tuple[Array, ...]

    @classmethod
    def numbered(cls, rows: Rows) -> Labels:
        """Numbers for rows that have no names."""
        terms = tuple(TermNames(str(t.factor), tuple(map(str, range(t.width))), t.structure, t.hom) for t in rows.terms)
        levels = tuple(np.arange(rows.terms[first].n_levels) for first, *_ in factor_terms(rows.terms))
        return cls(tuple(map(str, range(rows.p))), terms, levels)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the grouping factors."""
        return tuple(dict.fromkeys(term.group for term in self.terms))


def check_same(one: Labels, two: Labels) -> None:
    """DataError that names the first difference in meaning."""
    for what, a, b in _meanings(one, two):
        if a != b:
            raise DataError(f"these sums mean different things and cannot be added: {what} {a} and {b}")


def _meanings(one: Labels, two: Labels) -> Iterator[tuple[str, Any, Any]]:
    yield "columns of X", one.X_names, two.X_names
    yield "grouping factors", one.groups, two.groups
    yield "numbers of random terms", len(one.terms), len(two.terms)
    for a, b in zip(one.terms, two.terms, strict=True):
        yield "random terms", a, b


def plain(levels: Array) -> Array:
    """Labels as text or numbers, whatever type they are held in."""
    out = np.asarray(levels)
    if out.dtype.kind == "O" and len({type(label) for label in out.tolist()}) <= 1:
        out = np.array(out.tolist())
    if out.dtype.kind not in KINDS:
        raise DataError(f"labels of levels must be all text or all numbers, found {out[:3].tolist()}")
    return out


def _alike(one: Array, two: Array, group: str) -> tuple[Array, Array]:
    """Two sets of labels of one kind; DataError if they are of two."""
    one, two = plain(one), plain(two)
    if not len(one) or not len(two):
        return one.astype(two.dtype if len(two) else one.dtype), two.astype(one.dtype if len(one) else two.dtype)
    kinds = [KINDS[each.dtype.kind] for each in (one, two)]
    if kinds[0] != kinds[1]:
        raise DataError(f"levels of {group!r} are {kinds[0]} in one of the sums and {kinds[1]} in the other")
    return one, two


def union(one: Array, two: Array, group: str) -> Array:
    """The labels of `one`, and behind them those of `two` that are new."""
    if one is two:
        return one
    one, two = _alike(one, two, group)
    return np.concatenate([one, two[~np.isin(two, one)]])


def places(had: Array, wanted: Array, group: str) -> Codes:
    """Where each label of `had` stands in `wanted`; DataError if one does not."""
    if had is wanted:
        return np.arange(len(had))
    had, wanted = _alike(had, wanted, group)
    order = np.argsort(wanted, kind="stable")
    at = np.searchsorted(wanted[order], had)
    known = at < len(wanted)
    known[known] = wanted[order[at[known]]] == had[known]
    if not known.all():
        raise DataError(f"levels of {group!r} are missing among those wanted: {had[~known][:3].tolist()}")
    return np.asarray(order[at])
