"""Score and information of one factor's terms from sums over its levels: the formulas of `profiled.At`, in one go.

For few levels each call of numpy costs more than it computes, so that nothing is asked for twice or in pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...numerics.linalg import Array, block_diagonal, symmetric
from ..covariance.point import Point
from ..factorization.contract import PlacedTangents
from ..factorization.one_factor import OneFactorization, on_one_factor
from .deviance import curvature, profiling, slope


class Slopes(NamedTuple):
    """Score (k,), information (k, k), and per term dd/dSigma and the sum over levels of Z_j'QZ_j, each (l, l)."""

    gradient: Array
    information: Array
    G: tuple[Array, ...]
    ZtQZ: tuple[Array, ...]


def slopes(
    factorization: OneFactorization, v: Array, points: Sequence[Point], tangents: list[PlacedTangents], m: int, REML: bool
) -> Slopes:
    """Of the profiled criterion with m = n or n - p, at v = (-beta, 1)."""
    fixed, own = factorization.fixed, factorization.own(v)
    s2, L = fixed.r2 / m, len(own)
    squares, ZtQZ = own @ own.T, symmetric(factorization.penalized(fixed.Phi if REML else None))
    G = slope(ZtQZ, -squares, s2)
    E = on_one_factor(tangents, L).reshape(-1, L * L)
    gDg, XVg = factorization.products_with(own)
    XVW, r2_slopes = XVg @ E.T, -(E @ squares.ravel())
    WPW = E @ gDg @ E.T - XVW.T @ fixed.Phi @ XVW
    G_terms = tuple([G[at, at] for _, at, _ in tangents])
    bent = block_diagonal([point.curvature(each) for point, each in zip(points, G_terms, strict=True)])
    information = symmetric(curvature(bent, WPW, s2) - profiling(r2_slopes, s2, m))
    return Slopes(E @ G.ravel(), information, G_terms, tuple([ZtQZ[at, at] for _, at, _ in tangents]))
