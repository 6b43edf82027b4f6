"""Coordinates in which sums lose little: found on some rows, made better by sums that were formed in others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.sums.arrange import upper_factor
from ..engine.sums.gram import FactorSums
from ..engine.sums.rows import Rows
from ..engine.sums.scaling import DEPENDENT, SINGULAR, Scaling, suited_scale
from ..engine.sums.sums import Sums
from ..functions.arrays import Array
from ..numerics.linalg import chunks, rows_for_factor, triangular_factor

LOSS = 1e4  # as many times the square of what is left of a column its square may be; its rounding is as much larger


def coordinates_of(rows: Rows) -> Scaling:
    """Scales and shift from some rows; a column that depends on others there keeps its own scale."""
    p = rows.p
    blocks = (
        np.hstack([rows.fixed(at), rows.y[at, None]]) * rows.root_weights(at)
        for at in chunks(rows.n, rows_for_factor(p + 1))
    )
    full = triangular_factor(blocks, p + 1) / np.sqrt(max(rows.n, 1))
    R, shift = _invertible(full, DEPENDENT**0.5)
    return Scaling(R, tuple(_term_scale(rows, t) for t in range(len(rows.terms))), shift)


def _term_scale(rows: Rows, t: int) -> Array:
    term = rows.terms[t]
    blocks = (term.columns(at) * rows.root_weights(at) for at in chunks(rows.n, rows_for_factor(term.width)))
    R = triangular_factor(blocks, term.width) / np.sqrt(max(rows.n, 1))
    return suited_scale(R, term.structure, term.hom)


def better_coordinates(sums: Sums) -> Scaling:
    """Those in which the sums would have lost least."""
    full = upper_factor(sums.XytXy) / np.sqrt(sums.n)
    old = sums.coordinates
    R, shift = _invertible(full, SINGULAR)
    factors = {t: each for each in sums.factors for t in each.terms}
    terms = [_better_term(sums, factors[t], t) for t in range(len(sums.labels.terms))]
    return Scaling(R @ old.R, tuple(terms), old.shift + old.inverse @ shift)


def _better_term(sums: Sums, factor: FactorSums, t: int) -> Array:
    old = sums.coordinates.R_terms
    start = sum(len(old[each]) for each in factor.terms[: factor.terms.index(t)])
    at = slice(start, start + len(old[t]))
    R = upper_factor(factor.ZtZ[:, at, at].sum(axis=0)) / np.sqrt(sums.n)
    names = sums.labels.terms[t]
    return np.asarray(suited_scale(R, names.structure, names.hom) @ old[t])


def _invertible(full: Array, small: float) -> tuple[Array, Array]:
    """R (p, p) and shift (p,) of the triangular factor of [X y]; where nothing is left of a column, its own length."""
    R = np.array(full[:-1, :-1])
    length = np.sqrt(np.sum(R**2, axis=0))
    lost = np.diag(R) <= small * np.maximum(length, np.finfo(float).tiny)
    R[lost] = 0.0
    R[lost, lost] = np.where(length[lost] > 0, length[lost], 1.0)
    target = np.where(lost, 0.0, full[:-1, -1])
    return R, np.linalg.solve(R, target)


def loss(sums: Sums) -> float:
    """The largest share that squares have of what is left of them in better coordinates: rounding grows by it.

    Infinite where nothing is left of a column: it may follow from others, or rounding may have taken it.
    """
    whole, left = _squares(sums.XytXy)
    fixed = np.divide(whole, left, out=np.full_like(whole, np.inf), where=left > 0)[whole > 0]
    random = [
        whole[left > 0] / left[left > 0] for whole, left in (_squares(each.ZtZ.sum(axis=0)) for each in sums.factors)
    ]
    return float(np.max(np.concatenate([fixed, *random]), initial=1.0))


def _squares(A: Array) -> tuple[Array, Array]:
    """Squares of columns, and of what is left of them outside the span of those before."""
    return np.diag(A), np.diag(upper_factor(A)) ** 2


def columns_kept(sums: Sums) -> Array:
    """A matrix (p, p) whose columns depend on each other as those of X do."""
    return np.asarray(upper_factor(sums.XytXy)[:-1, :-1] @ sums.coordinates.R)


def restricted(sums: Sums, kept: Sequence[int]) -> Sums:
    """The sums without the columns of X that are not kept, which follow from them: X_kept = X~ R[:, kept] = X~ Q R."""
    old = sums.coordinates
    p = len(old.shift)
    if len(kept) == p:
        return sums
    Q, R = np.linalg.qr(old.R[:, list(kept)])
    signs = np.where(np.diag(R) < 0, -1.0, 1.0)
    Q, R = Q * signs, R * signs[:, None]
    target = old.R @ old.shift
    M = np.zeros((p + 1, len(kept) + 1))
    M[:-1, :-1], M[:-1, -1], M[-1, -1] = Q, target - Q @ (Q.T @ target), 1.0
    new = Scaling(R, old.R_terms, np.linalg.solve(R, Q.T @ target))
    turns = [np.eye(len(each)) for each in old.R_terms]
    return sums.combined(M, turns, new)


def products(sums: Sums) -> Array:
    """Z'Z (q, q), of few effects, in the coordinates of the sums."""
    starts = np.cumsum([0, *(each.q for each in sums.factors)])
    out = np.zeros((starts[-1], starts[-1]))
    for f, each in enumerate(sums.factors):
        at = starts[f] + np.arange(each.q).reshape(each.J, each.L)
        out[at[:, :, None], at[:, None, :]] = each.ZtZ
    for (f, g), link in sums.links.items():
        first, second = (
            starts[h] + levels[:, None] * sums.factors[h].L + np.arange(sums.factors[h].L)
            for h, levels in ((f, link.first), (g, link.second))
        )
        out[first[:, :, None], second[:, None, :]] = link.blocks
        out[second[:, :, None], first[:, None, :]] = np.swapaxes(link.blocks, 1, 2)
    return out
