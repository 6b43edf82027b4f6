"""Sums of many rows are formed in another way than those of few: against numpy's plain products."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pylmer.engine.sums.rows import Rows, TermRows
from pylmer.engine.sums.scaling import find_scaling
from pylmer.engine.sums.sums import sums_of
from pylmer.numerics.linalg import ONE_THREAD_DOT, dot, products_of_rows
from pylmer.numerics.rank import crossproduct

N = 70_001  # rows, of several chunks and part of one


@pytest.mark.parametrize("n", [0, 3, 4_999, 5_000, 20_001])
@pytest.mark.parametrize("m", [0, 1, 3, 4, 5])
def test_products_of_rows(m: int, n: int) -> None:
    B = np.random.default_rng(m).normal(size=(m, n))
    for given in (B, np.asfortranarray(B), list(B) if m else B):
        np.testing.assert_allclose(products_of_rows(given), B @ B.T, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("p", [1, 3, 6])
def test_crossproduct_of_columns_that_lie_either_way(p: int, order: str) -> None:
    X = np.random.default_rng(p).normal(size=(N, p))
    np.testing.assert_allclose(crossproduct(np.asarray(X, order=order)), X.T @ X, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("J", "integer"), [(7, np.int8), (7, np.int64), (9_000, np.int32), (60_000, np.int32), (60_000, np.int64)]
)
@pytest.mark.parametrize("p", [1, 2, 5])
def test_sums_of_many_rows(p: int, J: int, integer: type, weighted: bool) -> None:
    rng = np.random.default_rng(p + J)
    X = np.column_stack([np.ones(N), rng.normal(size=(N, p - 1)) + 3])
    y, codes = rng.normal(size=N) + 10, rng.integers(0, J, N).astype(integer)
    w = rng.uniform(0.5, 2, N) if weighted else None
    for own in (None, X):
        rows = Rows(np.asfortranarray(X) if own is None else X, y, w, (TermRows(codes, J, own, 0),))
        scaling = find_scaling(rows)
        sums = sums_of(rows, scaling)
        Z = np.ones((N, 1)) if own is None else X
        Z = Z @ scaling.inverse_terms[0]
        Xy = np.column_stack([X @ scaling.inverse, y - X @ scaling.shift])
        W = np.ones(N) if w is None else w
        np.testing.assert_allclose(sums.XytXy, (Xy.T * W) @ Xy, rtol=1e-11, atol=1e-7)
        np.testing.assert_allclose(sums.factors[0].ZtZ, by_level(codes, J, W, Z, Z), rtol=1e-11, atol=1e-9)
        np.testing.assert_allclose(sums.factors[0].ZtXy, by_level(codes, J, W, Z, Xy), rtol=1e-11, atol=1e-9)


def by_level(codes: np.ndarray, J: int, W: np.ndarray, A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Sums over the rows of each level of W A B': (J, a, b)."""
    out = np.zeros((J, A.shape[1], B.shape[1]))
    for a, one in enumerate(A.T):
        for b, two in enumerate(B.T):
            out[:, a, b] = np.bincount(codes, W * one * two, J)
    return out


@pytest.mark.parametrize("weighted", [False, True])
def test_scaling_of_many_rows_is_that_of_a_qr(weighted: bool) -> None:
    rng = np.random.default_rng(5)
    X, y = np.column_stack([np.ones(N), rng.normal(size=N) + 3]), rng.normal(size=N) + 10
    w = rng.uniform(0.5, 2, N) if weighted else None
    scaling = find_scaling(Rows(X, y, w, ()))
    root = np.ones((N, 1)) if w is None else np.sqrt(w)[:, None]
    R = np.linalg.qr(root * X, mode="r") / np.sqrt(N)
    np.testing.assert_allclose(scaling.R, R * np.sign(np.diag(R))[:, None], rtol=1e-11)
    np.testing.assert_allclose(scaling.shift, np.linalg.lstsq(root * X, root[:, 0] * y, rcond=None)[0], rtol=1e-10)


@pytest.mark.parametrize("n", [0, 1, ONE_THREAD_DOT, ONE_THREAD_DOT + 1, 5 * ONE_THREAD_DOT + 7])
def test_long_inner_products_by_parts(n: int) -> None:
    a, b = np.random.default_rng(n).normal(size=(2, n))
    np.testing.assert_allclose(dot(a, b), math.fsum(a * b), rtol=1e-12, atol=1e-11)
