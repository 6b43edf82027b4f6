"""Covariances that the design does not determine: directions in which V does not change.

V = I + sum_i Z_i (I x Sigma_i) Z_i' is linear in the Sigma_i, so the Gram matrix of its derivatives, tr(V_a V_b), which
is made of sums, has a null vector for every combination that leaves V as it is: of a column of zeros, of one that is
constant or a multiple of another, of a term that is given twice. At an optimum the criterion is flat along it unless
some Sigma_i would cease to be a covariance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...numerics.linalg import Array, symmetric
from ..covariance.point import lower_entries
from ..criterion.profiled import ProfiledEvaluation
from ..sums.gram import Gram

NULL = 1e-12  # eigenvalue, relative to each derivative alone, that is zero
SHORT = 1e-3  # of the covariances, the step that must leave them covariances
PART = 1e-6  # of a direction, below which a term has no part in it


def undetermined(at: ProfiledEvaluation) -> tuple[int, ...]:
    """The random terms with a covariance that could be another, the criterion being the same."""
    bases = [point.basis() for point in at.place]
    Sigma = [point.template() @ point.template().T for point in at.place]
    step = SHORT * max(max(float(np.max(np.abs(S), initial=0.0)) for S in Sigma), SHORT)
    found: set[int] = set()
    for direction in _unchanging(at.criterion.gram, bases):
        if all(_is_covariance(S + step * D) for S, D in zip(Sigma, direction, strict=True)):
            found |= {term for term, D in enumerate(direction) if np.max(np.abs(D), initial=0.0) > PART}
    return tuple(sorted(found))


def _unchanging(gram: Gram, bases: Sequence[Array]) -> Iterator[list[Array]]:
    """Directions of all Sigma that leave V unchanged, of unit size, and their opposites."""
    products = np.block([[_products(gram, bases, a, b) for b in range(len(bases))] for a in range(len(bases))])
    size = np.sqrt(np.maximum(np.diag(products), 0.0))
    unit = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(symmetric(products / np.outer(unit, unit)))
    ends = np.cumsum([len(basis) for basis in bases])[:-1]
    for vector in vectors[:, values <= NULL].T:
        pieces = np.split(vector / unit, ends)
        direction = [np.tensordot(piece, basis, axes=1) for piece, basis in zip(pieces, bases, strict=True)]
        largest = max(float(np.max(np.abs(D), initial=0.0)) for D in direction)
        yield [D / largest for D in direction]
        yield [-D / largest for D in direction]
    yield from _lost_columns(gram, bases)


def _lost_columns(gram: Gram, bases: Sequence[Array]) -> Iterator[list[Array]]:
    """v v' for every combination v of a term's columns that is zero: it can grow wherever Sigma is."""
    for term in range(len(bases)):
        f, here = gram.place[term]
        if len(bases[term]) != len(lower_entries(bases[term].shape[1])[0]):
            continue
        values, vectors = np.linalg.eigh(gram.factors[f].ZtZ[:, here, here].sum(axis=0))
        for v in vectors[:, values <= NULL * max(float(values[-1]), np.finfo(float).tiny)].T:
            yield [np.outer(v, v) if k == term else np.zeros_like(basis[0]) for k, basis in enumerate(bases)]


def _products(gram: Gram, bases: Sequence[Array], a: int, b: int) -> Array:
    """tr(V_a V_b) for the directions of two terms: (k_a, k_b)."""
    (f, here), (g, there) = gram.place[a], gram.place[b]
    if f > g:
        return _products(gram, bases, b, a).T
    C = (gram.factors[f].ZtZ if f == g else gram.links[f, g].blocks)[:, here, there]
    moments = np.tensordot(C, C, axes=(0, 0))  # sum of C_pq C_rs
    half = np.tensordot(bases[a], moments, axes=([1, 2], [0, 2]))
    return np.asarray(np.tensordot(half, bases[b], axes=([1, 2], [1, 2])))


def _is_covariance(S: Array) -> bool:
    values = np.linalg.eigvalsh(symmetric(S))
    return bool(values[0] >= -1e-12 * max(float(values[-1]), 1e-300))
