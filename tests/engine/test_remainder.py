"""The dense remainder against its definition, with more columns than a slab and templates at and near zero."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from pylmer.engine.factorization.dense_schur_complement import DensePlan
from pylmer.engine.factorization.patterns import CsrPattern
from pylmer.engine.factorization.schur_complement import COLUMNS_AT_ONCE

Q = 2 * COLUMNS_AT_ONCE + 37


def pattern(C):
    return CsrPattern(C.indptr, C.indices, np.arange(C.nnz), C.shape)


@pytest.fixture(scope="module")
def parts():
    rng = np.random.default_rng(1)
    C = sparse.csr_array(np.where(rng.random((400, Q)) < 0.05, rng.random((400, Q)), 0.0))
    k = rng.uniform(0.1, 0.5, 400)
    d = np.where(np.arange(Q) % 3 == 0, 0.0, np.where(np.arange(Q) % 3 == 1, 1e-5, 0.8))
    whole = (C.T @ C).toarray() + np.diag(rng.uniform(0.0, 3.0, Q))
    A = sparse.csr_array(whole)
    S = whole - (C.T @ (C * k[:, None])).toarray()
    plan = DensePlan.of(pattern(C), pattern(A))
    return C.toarray(), d, S, plan.fill(C.data, A.data).at(k, d)


def test_equations_are_those_of_the_definition(parts):
    _, d, S, remainder = parts
    M = np.eye(Q) + d[:, None] * S * d
    c = np.random.default_rng(2).normal(size=(Q, 3))
    assert remainder.logdet_M == pytest.approx(np.linalg.slogdet(M)[1], rel=1e-12)
    np.testing.assert_allclose(remainder.solve(c), np.linalg.solve(M, d[:, None] * c), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(remainder.S_times(c), S @ c, rtol=1e-10, atol=1e-12)
    half_solves = remainder.half_solves(c)
    wanted = (d[:, None] * c).T @ np.linalg.solve(M, d[:, None] * c)
    np.testing.assert_allclose(remainder.inner(half_solves, half_solves), wanted, rtol=1e-10)


def test_adjoint_is_that_of_the_definition(parts):
    C, d, S, remainder = parts
    weights = np.random.default_rng(3).uniform(size=len(C))
    K_R = d[:, None] * np.linalg.inv(np.eye(Q) + d[:, None] * S * d) * d
    wanted, lost = np.sum((C @ K_R) * C, axis=1), np.diag(S - S @ K_R @ S)
    total, complement = remainder.selected_sums(weights)  # by a second update, before the blocks are known
    assert total == pytest.approx(weights @ wanted, rel=1e-10)
    np.testing.assert_allclose(complement, lost, rtol=1e-9)
    rows, diagonal, complement = remainder.selected
    np.testing.assert_allclose(rows, wanted, rtol=1e-10)
    np.testing.assert_allclose(diagonal, np.diag(K_R), rtol=1e-10)
    np.testing.assert_allclose(complement, lost, rtol=1e-9)
    assert remainder.selected_sums(weights)[0] == pytest.approx(weights @ wanted, rel=1e-10)  # from the blocks
