"""Leverages z_i'K z_i of rows, K = T (I + T'Z'WZ T)^-1 T', from the elimination that has K in parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...numerics.linalg import Array, transposed
from ...numerics.stacks import product
from ..factorization.blocked import EliminationFactorization
from ..factorization.chain import Chain
from ..factorization.whole import Whole
from .weighted import Structure

CELLS = 4_000_000  # cells of the columns of K held at once


def leverages(structure: Structure, factorization: EliminationFactorization) -> Array:
    """z_i'K z_i (n,)."""
    elimination = factorization.elimination
    if isinstance(elimination, Chain):
        return _of_chain(structure, elimination)
    if isinstance(elimination, Whole):
        return _of_whole(structure, elimination)
    return _by_solving(structure, factorization)


def quadratic(structure: Structure, f: int, g: int, blocks: Array, which: Array) -> Array:
    """z_f' B z_g (n,) with the block (L_f, L_g) of each row: blocks (P, L_f, L_g) at `which` (n,)."""
    out = None
    for a, one in enumerate(structure.columns(f)):
        for b, two in enumerate(structure.columns(g)):
            part = (one * two) * np.take(blocks[:, a, b], which)
            out = part if out is None else np.add(out, part, out=out)
    return np.asarray(out)


def _of_chain(structure: Structure, chain: Chain) -> Array:
    """The adjoint of the elimination without [X y] is the covariance of a level and its parents."""
    factors = structure.factors
    out = np.zeros(structure.n)
    adjoint = np.zeros((0, 0))
    for f in reversed(range(len(factors))):
        level = chain.levels[f]
        if f < len(chain.parents):
            adjoint = adjoint[chain.parents[f].indices]
        Q = product(level.path, adjoint) if level.path.shape[2] else level.path
        K = level.sandwich(product(Q, transposed(level.path)))[1] if level.path.shape[2] else _own(level.B)
        side = -level.K_times(Q) if level.path.shape[2] else Q
        out += quadratic(structure, f, f, K, factors[f].codes)
        at = 0
        for g in range(f + 1, len(factors)):
            out += 2 * quadratic(structure, f, g, side[:, :, at : at + factors[g].L], factors[f].codes)
            at += factors[g].L
        if f:
            rest = np.broadcast_to(adjoint, (len(K), *adjoint.shape[-2:]))
            top = np.concatenate([K, side], axis=2)
            adjoint = np.concatenate([top, np.concatenate([transposed(side), rest], axis=2)], axis=1)
    return out


def _own(B: Array) -> Array:
    return product(transposed(B), B)


def _of_whole(structure: Structure, whole: Whole) -> Array:
    K, factors = whole.B.T @ whole.B, structure.factors
    starts = np.cumsum([0, *(factor.J * factor.L for factor in factors)])
    out = np.zeros(structure.n)
    columns = [structure.columns(f) for f in range(len(factors))]
    for f, one in enumerate(factors):
        for g in range(f, len(factors)):
            two = factors[g]
            for a in range(one.L):
                for b in range(two.L):
                    K_ab = K[starts[f] + one.codes * one.L + a, starts[g] + two.codes * two.L + b]
                    out += (1 + (g > f)) * columns[f][a] * columns[g][b] * K_ab
    return out


def _by_solving(structure: Structure, factorization: EliminationFactorization) -> Array:
    """One solve for each level of all factors but the first."""
    factors = structure.factors
    empty = np.zeros((structure.p + 1, structure.p + 1))
    own = factorization.selected_inverse(
        empty[: len(factorization.engine.gram.XytXy), : len(factorization.engine.gram.XytXy)]
    )[1]
    out = np.zeros(structure.n)
    for f, K in enumerate(own):
        out += quadratic(structure, f, f, K, factors[f].codes)
    for g in range(1, len(factors)):
        blocks = [np.zeros((len(structure.sums.pairs[f, g].pairs), factors[f].L, factors[g].L)) for f in range(g)]
        _fill(blocks, structure, factorization, g)
        for f in range(g):
            out += 2 * quadratic(structure, f, g, blocks[f], structure.sums.pairs[f, g].numbers)
    return out


def _fill(blocks: Sequence[Array], structure: Structure, factorization: EliminationFactorization, g: int) -> None:
    """K between factor g and those before it at the pairs that occur, some levels of g at a time."""
    factors, L = structure.factors, structure.factors[g].L
    size = max(1, CELLS // sum(factor.J * factor.L for factor in factors) // L)
    for start in range(0, factors[g].J, size):
        levels = np.arange(start, min(start + size, factors[g].J))
        units = [np.zeros((factor.J, factor.L, len(levels) * L)) for factor in factors]
        for a in range(L):
            units[g][levels, a, np.arange(len(levels)) * L + a] = 1.0
        K = factorization.solve(units)
        for f in range(g):
            pairs = structure.sums.pairs[f, g].pairs
            here = np.flatnonzero((pairs.second >= levels[0]) & (pairs.second <= levels[-1]))
            columns = K[f].reshape(factors[f].J, factors[f].L, len(levels), L)
            blocks[f][here] = columns[pairs.first[here], :, pairs.second[here] - levels[0]]
