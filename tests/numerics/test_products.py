"""Products that go by parts, so that no second thread is woken for little: they are products."""

from __future__ import annotations

import numpy as np
import pytest

from pylmer.numerics.linalg import (
    FEWEST_ROWS,
    ONE_THREAD_DOT,
    ONE_THREAD_PRODUCT,
    inner,
    product_by_rows,
    products_between,
)

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("n", [0, 1, 100, ONE_THREAD_DOT, ONE_THREAD_DOT + 1, 5 * ONE_THREAD_DOT + 7])
@pytest.mark.parametrize(("m", "k"), [(1, 1), (1, 3), (2, 2), (9, 4), (0, 2)])
def test_products_between_rows(m: int, k: int, n: int) -> None:
    A, B = RNG.normal(size=(m, n)), RNG.normal(size=(k, n))
    np.testing.assert_allclose(products_between(A, B), A @ B.T, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("shape", [(3,), (2, 5), (3, ONE_THREAD_DOT), (0, 4)])
def test_inner_products_of_arrays(shape: tuple[int, ...]) -> None:
    A, B = RNG.normal(size=shape), RNG.normal(size=shape[::-1]).T
    assert inner(A, B) == pytest.approx(float((A * B).sum()), rel=1e-12, abs=1e-10)


@pytest.mark.parametrize("size", [1, 300, ONE_THREAD_PRODUCT // FEWEST_ROWS, ONE_THREAD_PRODUCT])
@pytest.mark.parametrize("rows", [0, 1, 1300])
def test_products_by_rows(size: int, rows: int) -> None:
    A, B = RNG.normal(size=(rows, 3)), RNG.normal(size=(3, max(1, size // 3)))
    np.testing.assert_allclose(product_by_rows(A, B), A @ B, rtol=1e-12, atol=1e-11)
