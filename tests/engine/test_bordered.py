"""A wide factor's columns are counted: the same sums as by QR and products of dense matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.gram import Gram
from pylmer.engine.sums.rows import Rows, TermRows
from pylmer.engine.sums.scaling import find_scaling
from pylmer.engine.sums.structure import Structure, Which
from pylmer.numerics.disjoint import disjoint_run
from pylmer.numerics.linalg import Array
from pylmer.numerics.rank import clearly_independent, independent_columns

CLOSE = 1e-11


def wide_rows(*, weights: bool = False, intercept: bool = True, far: float = 0.0) -> Rows:
    """A factor of 60 levels, its columns not of zeros and ones, beside an intercept, a number and three levels."""
    rng = np.random.default_rng(7)
    n, levels = 500, 60
    f = np.append(np.arange(levels), rng.integers(0, levels, n - levels))
    h = rng.integers(0, 3, n)
    D = np.zeros((n, levels))
    D[np.arange(n), f] = rng.uniform(0.5, 2.0, n)
    if intercept:
        D = D[:, 1:]
    ends = [(h == 1).astype(float), rng.normal(size=n) + far]
    X = np.column_stack([*([np.ones(n)] if intercept else []), D, *ends])
    g, k = rng.integers(0, 40, n), rng.integers(0, 15, n)
    terms = (TermRows(g, 40, np.column_stack([np.ones(n), rng.normal(size=n)]), 0), TermRows(k, 15, None, 1))
    y = 3.0 + f + rng.normal(size=n) + far
    return Rows(sparse.csr_array(X), y, rng.uniform(0.5, 3.0, n) if weights else None, terms)


def as_dense(rows: Rows) -> Rows:
    return Rows(rows.X.toarray(), rows.y, rows.weights, rows.terms)  # type: ignore[union-attr]


def assert_close(one: Any, two: Any, close: float = CLOSE) -> None:
    assert one.shape == two.shape
    assert np.max(np.abs(one - two)) <= close * np.max(np.abs(two))


def assert_same(one: Gram, two: Gram, close: float) -> None:
    assert_close(one.XytXy, two.XytXy, close)
    assert one.n == two.n
    for a, b in zip(one.factors, two.factors, strict=True):
        assert a.terms == b.terms
        assert_close(a.ZtZ, b.ZtZ)
        assert_close(a.ZtXy, b.ZtXy, close)
    for key, link in one.links.items():
        assert_close(link.blocks, two.links[key].blocks)


@pytest.mark.parametrize(("far", "close"), [(0.0, CLOSE), (1e5, 1e-8)])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weights", [True, False])
def test_same_sums(weights: bool, intercept: bool, far: float, close: float) -> None:
    rows = wide_rows(weights=weights, intercept=intercept, far=far)
    assert rows.bordered is not None
    other = as_dense(rows)
    assert other.bordered is None
    one, two = find_scaling(rows), find_scaling(other)
    assert_close(one.R, two.R, close)
    assert_close(one.shift, two.shift, close)
    assert_same(form_gram(rows, two), form_gram(other, two), close)


def test_other_weights_than_those_of_the_scales() -> None:
    rows = wide_rows()
    scaling, w = find_scaling(rows), np.random.default_rng(1).normal(size=rows.n)
    given: tuple[tuple[Which, Array], ...] = (("ZX", w), ("ZXy", w**2))
    for which, own in given:
        one, two = (Structure.of(each, scaling).filled(own, which) for each in (rows, as_dense(rows)))
        assert_same(one, two, CLOSE)


def test_columns_that_meet_are_left_alone() -> None:
    rng = np.random.default_rng(2)
    X = sparse.csr_array((rng.random((200, 60)) < 0.2).astype(float))
    assert Rows(X, np.ones(200), None, ()).bordered is None


def test_others_within_the_levels_are_left_to_the_usual_way() -> None:
    rows = wide_rows(intercept=False)
    inside = np.arange(60.0)[rows.X.toarray()[:, :60].argmax(axis=1)] * rows.X.toarray()[:, :60].max(axis=1)  # type: ignore[union-attr]
    X = sparse.csr_array(sparse.hstack([rows.X, sparse.csr_array(inside[:, None])]))
    assert Rows(X, rows.y, None, rows.terms).bordered is None
    assert len(independent_columns(X)) == 62


def test_disjoint_run_in_the_middle() -> None:
    X = np.zeros((6, 6))
    X[:, 0] = 1
    X[[0, 1, 2, 3], [1, 2, 3, 4]] = 2.0
    X[0, 5] = 1.0
    assert disjoint_run(sparse.csr_array(X)) == (1, 5)


@pytest.mark.parametrize("nearly", [1e-2, 1e-8])
def test_independence_of_a_wide_factor(nearly: float) -> None:
    """A column that is the factor's own, but for a little, is seen as by the dense rule."""
    rows = wide_rows()
    X = rows.X.toarray()  # type: ignore[union-attr]
    X[:, -1] = X[:, 1:60].sum(axis=1) + nearly * X[:, -1]
    assert clearly_independent(sparse.csr_array(X)) == clearly_independent(X) == (nearly > 1e-3)
    assert np.array_equal(independent_columns(sparse.csr_array(X)), independent_columns(X))
