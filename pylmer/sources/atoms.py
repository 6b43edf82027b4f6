"""Products of numbers of which the columns of a model are made, centred: what sums are formed of, where the rows are.

A column of X or Z is a coding of factors times a product of numbers, an atom: of `x1*f` with three levels the atoms are
1 and x1. Atoms are centred and scaled, and the response is taken from a line through them, all found on a few rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np

from ..functions.arrays import Array
from ..language import Terms, deparse

Atom: TypeAlias = tuple[str, ...]
Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Atoms:
    """Products of numbers; the first is the empty one, 1.

    centre, scale  (m,): an atom is centre + scale a~
    target         (m,): the response is y~ + sum of target_a a~
    """

    products: tuple[Atom, ...]
    centre: Array
    scale: Array
    target: Array

    def __len__(self) -> int:
        return len(self.products)

    @property
    def y(self) -> int:
        """The place of the response, which stands behind the atoms."""
        return len(self.products)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All that can be multiplied, the response included."""
        return tuple((a, b) for b in range(len(self) + 1) for a in range(b + 1))

    def pairs_of(self, own: Iterable[int]) -> tuple[Pair, ...]:
        """Some atoms (and 1) with all."""
        chosen = {0, *own}
        return tuple(pair for pair in self.pairs if chosen & set(pair))

    def places(self, terms: Terms, columns: Mapping[str, tuple[str, ...]]) -> tuple[int, ...]:
        """The places of the atoms of some terms."""
        return tuple(sorted({self.products.index(atom) for atom in atoms_of(terms, columns)}))


def atoms_of(terms: Terms, columns: Mapping[str, tuple[str, ...]]) -> list[Atom]:
    """The products of numbers in some terms, each once, 1 first."""
    names = [deparse(node) for node in terms.variables]
    order = {name: place for place, name in enumerate(columns)}
    found: list[Atom] = [()]
    for term in terms.factors:
        own = sorted((names[i] for i in term if names[i] in order), key=order.__getitem__)
        found += product(*(columns[name] for name in own))
    return list(dict.fromkeys(found))


def atoms_on(products: Sequence[Atom], numbers: Mapping[str, Array], y: Array) -> Atoms:
    """Centred on some rows; `numbers` and y (n,) are without missing values."""
    n = len(y)
    raw = np.column_stack([product_of(atom, numbers, n) for atom in products])
    centre, scale = raw.mean(axis=0), raw.std(axis=0)
    scale[scale <= 1e-12 * np.abs(centre)] = 0.0
    scale = np.where(scale > 0, scale, np.where(centre != 0, np.abs(centre), 1.0))
    centre[0], scale[0] = 0.0, 1.0
    made = (raw - centre) / scale
    target = np.linalg.lstsq(made, y - y.mean(), rcond=1e-9)[0]
    target[0] += y.mean()
    return Atoms(tuple(products), centre, scale, target)


def product_of(atom: Atom, numbers: Mapping[str, Array], n: int) -> Array:
    """The values of an atom (n,)."""
    out = np.ones(n)
    for name in atom:
        out = out * numbers[name]
    return out


def better(atoms: Atoms, A: Array) -> Atoms:
    """Centred by the sums of all rows, A (m + 1, m + 1) of the atoms and the response."""
    W = A[0, 0]
    mean = A[0, :-1] / W
    sd = np.sqrt(np.maximum(np.diag(A)[:-1] / W - mean**2, 0.0))
    scale = np.where(sd > 1e-6 * np.abs(mean), sd, 1.0)
    mean[0], scale[0] = 0.0, 1.0
    line = np.linalg.lstsq(A[:-1, :-1], A[:-1, -1], rcond=1e-9)[0]
    target = atoms.target + line  # on the atoms as they were
    moved = target * scale
    moved[0] = target @ np.where(np.arange(len(mean)) == 0, 1.0, mean)
    return Atoms(atoms.products, atoms.centre + atoms.scale * mean, atoms.scale * scale, moved)
