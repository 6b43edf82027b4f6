"""Unrolled arithmetic on long stacks against numpy's, level by level."""

from __future__ import annotations

import numpy as np
import pytest

from pylmer.errors import NumericalError
from pylmer.numerics import stacks

SIZES = [(3, 2), (5, 500), (1, 500), (2, 500), (4, 301)]


def stack(J: int, a: int, b: int, seed: int) -> np.ndarray:
    out = stacks.levels_last(J, a, b)
    out[:] = np.random.default_rng(seed).normal(size=(J, a, b))
    return out


@pytest.mark.parametrize(("width", "J"), SIZES)
def test_products(width: int, J: int) -> None:
    A, B = stack(J, width, 3, 1), stack(J, 3, 4, 2)
    assert np.allclose(stacks.product(A, B), np.matmul(np.array(A), np.array(B)), rtol=0, atol=1e-13)
    assert np.allclose(stacks.product(A, B[0]), np.matmul(np.array(A), B[0]), rtol=0, atol=1e-13)
    assert np.allclose(stacks.product(A[0], B), np.matmul(A[0], np.array(B)), rtol=0, atol=1e-13)
    assert np.allclose(stacks.cross(A, A), np.einsum("jka,jkb->ab", A, A), rtol=1e-12)


@pytest.mark.parametrize(("width", "J"), SIZES)
def test_factors_and_inverses(width: int, J: int) -> None:
    A = stack(J, width, width + 2, 3)
    M = stacks.product(A, np.swapaxes(A, 1, 2)) + np.eye(width)
    L = stacks.cholesky(M)
    assert np.allclose(L, np.linalg.cholesky(np.array(M)), rtol=0, atol=1e-12)
    assert np.allclose(stacks.product(stacks.inverse_lower(L), L), np.eye(width), rtol=0, atol=1e-12)


@pytest.mark.parametrize("J", [3, 500])
def test_an_indefinite_matrix_is_an_error(J: int) -> None:
    M = np.tile(np.eye(2), (J, 1, 1))
    M[J // 2, 1, 1] = -1.0
    with pytest.raises(NumericalError, match="positive definite"):
        stacks.cholesky(M)
