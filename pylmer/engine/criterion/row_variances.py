"""Predictions from the joint distribution of (beta, b) given the templates, a row at a time, from sums.

A row has x (p,) and, per grouping factor, one level j and z (L,). Per unit sigma^2, with D = Sigma Z'V^-1X and
K = Sigma - Sigma Z'V^-1Z Sigma (Henderson's mixed-model equations, inverted),

    Var(x'(beta-hat - beta) + z'(b-hat - b)) = a' Phi a + z'K z,    a = x - D'z

K z needs blocks of K alone: those of one level, which the engines know, and those of two levels of different factors,
one solve for each level of the smaller factor that occurs in a row. Nothing of size n x n or q x q is formed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from ...numerics.linalg import Array, Codes
from ..covariance.points import Points
from ..factorization.contract import Factorization
from ..sums.structure import Structure
from .profiled import At

CELLS = 4_000_000  # cells of the columns of K that are held at once


@dataclass(frozen=True, eq=False)
class RowsOfFactor:
    """The part of one grouping factor in each row: codes (m,), -1 for none, and Z (m, L)."""

    codes: Codes
    Z: Array

    @cached_property
    def present(self) -> Codes:
        """Rows that have a level: numbers."""
        return np.flatnonzero(self.codes >= 0)


@dataclass(frozen=True, eq=False)
class JointRows:
    """Rows in the scaled coordinates of the sums.

    X        (m, p)
    factors  per grouping factor, in the order of the Gram
    unknown  per random term Z (m, l) of effects of groups that no data speak of, None where there are none
    """

    X: Array
    factors: tuple[RowsOfFactor, ...]
    unknown: tuple[Array | None, ...] = ()

    def some(self, rows: Codes) -> JointRows:
        """These rows alone."""
        factors = tuple(RowsOfFactor(part.codes[rows], part.Z[rows]) for part in self.factors)
        return JointRows(self.X[rows], factors, tuple(None if Z is None else Z[rows] for Z in self.unknown))


class Equations(Protocol):
    """Mixed-model equations: the factorization, and Phi (p, p), the covariance of beta-hat per unit sigma^2."""

    @property
    def factorization(self) -> Factorization: ...

    @property
    def Phi(self) -> Array: ...


class Covarying(Protocol):
    """The covariances of the random terms, scaled."""

    @property
    def points(self) -> Points: ...


def row_variances(at: Equations, rows: JointRows) -> Array:
    """Variance of x'beta-hat + z'(b-hat - b) per unit sigma^2: (m,).

    Cost: O(m) for one factor; with more, besides, one pass of the engine per level of all factors but the largest
    (those that occur in `rows`), `CELLS` / q of them at a time.
    """
    f = at.factorization
    p = rows.X.shape[1]
    D = f.modes(np.eye(p + 1)[:, :p])[1]
    E = f.selected_inverse(np.zeros((p + 1, p + 1)))[1]
    a, own = rows.X, np.zeros(len(rows.X))
    for part, d, e in zip(rows.factors, D, E, strict=True):
        here, codes, z = part.present, part.codes[part.present], part.Z[part.present]
        a = a - _on(here, len(a), np.einsum("ml,mlp->mp", z, d[codes]))
        own[here] += np.einsum("mk,mkl,ml->m", z, e[codes], z)
    between = _across(f, rows.factors, [(d.shape[0], d.shape[1]) for d in D])
    return np.asarray(np.sum((a @ at.Phi) * a, axis=1) + own + 2 * between)


def fitted_variances(at: At, rows: Structure) -> Array:
    """`row_variances` of the rows of the data, whose levels meet where the factorization knows K: (n,).

    Cost: that of one score, and O(n).
    """
    f, p = at.factorization, rows.rows.p
    a = rows.X - rows.Z(f.modes(np.eye(p + 1)[:, :p])[1])
    return np.asarray(np.sum((a @ at.Phi) * a, axis=1) + f.leverages(rows))


def _on(here: Codes, m: int, values: Array) -> Array:
    """Values of some rows among zeros for the others."""
    out = np.zeros((m, *values.shape[1:]))
    out[here] = values
    return out


def _across(f: Factorization, factors: tuple[RowsOfFactor, ...], shapes: list[tuple[int, int]]) -> Array:
    """sum over pairs of factors of z_f' K_fg z_g: (m,)."""
    out = np.zeros(len(factors[0].codes)) if factors else np.zeros(0)
    for g in range(1, len(factors)):
        with_earlier = np.any([part.codes >= 0 for part in factors[:g]], axis=0)
        rows = np.flatnonzero(with_earlier & (factors[g].codes >= 0))
        for here, levels in _batches(factors[g].codes, rows, CELLS // sum(J * L for J, L in shapes)):
            columns = f.solve(_units(shapes, g, levels))
            place = np.searchsorted(levels, factors[g].codes[here])
            L = shapes[g][1]
            for earlier, K in zip(factors[:g], columns[:g], strict=True):
                both = earlier.codes[here] >= 0
                which, at = here[both], place[both]
                block = K.reshape(*K.shape[:2], len(levels), L)[earlier.codes[which], :, at]
                out[which] += np.einsum("mk,mkl,ml->m", earlier.Z[which], block, factors[g].Z[which])
    return out


def _batches(codes: Codes, rows: Codes, size: int) -> Iterator[tuple[Codes, Codes]]:
    """Rows and the levels that they have, `size` levels at a time."""
    order = rows[np.argsort(codes[rows], kind="stable")]
    levels = np.unique(codes[rows])
    for start in range(0, len(levels), max(1, size)):
        chosen = levels[start : start + max(1, size)]
        first, stop = np.searchsorted(codes[order], [chosen[0], chosen[-1] + 1])
        yield order[first:stop], chosen


def _units(shapes: list[tuple[int, int]], g: int, levels: Codes) -> list[Array]:
    """Unit vectors of the effects of some levels of factor g, per factor (J, L, k)."""
    L = shapes[g][1]
    out = [np.zeros((J, width, len(levels) * L)) for J, width in shapes]
    for a in range(L):
        out[g][levels, a, np.arange(len(levels)) * L + a] = 1.0
    return out


def row_slopes(at: At, rows: JointRows) -> Array:
    """Derivatives of x'beta-hat + z'b-hat in the local coordinates of the templates: (m, k).

    With w_a = (dV/da) Py = Z s_a:  dbeta/da = -Phi X'V^-1 w_a,  db/da = s_a - Sigma Z'P w_a.
    """
    f, s = at.factorization, at.directions()
    p = rows.X.shape[1]
    turned = at.Phi @ f.products(s)[1]
    out = -rows.X @ turned
    D = f.modes(np.eye(p + 1)[:, :p])[1]
    KZZs = f.solve(at.criterion.engine.ZtZ_times(s))
    for part, direction, back, d in zip(rows.factors, s, KZZs, D, strict=True):
        slope = direction - back + d @ turned
        here = part.present
        out[here] += np.einsum("ml,mlk->mk", part.Z[here], slope[part.codes[here]])
    return np.asarray(out)


def unknown_variances(at: Covarying, rows: JointRows) -> Array:
    """Variance z'Sigma z of the effects of unknown groups per unit sigma^2: (m,)."""
    out = np.zeros(len(rows.X))
    for Z, point in zip(rows.unknown, at.points, strict=True):
        if Z is not None:
            out += np.sum((Z @ point.template()) ** 2, axis=1)
    return out
