"""Linearly dependent columns against R's qr() (tests/data/design/rank.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from pylmer.numerics.rank import independent_columns, left_to_right, triangle

CASES = json.loads((Path(__file__).parents[1] / "data" / "design" / "rank.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_columns_that_r_keeps(case: dict[str, list[int]]) -> None:
    X = np.array(case["X"], dtype=float)
    assert (independent_columns(X) + 1).tolist() == case["kept"]


def test_deficient_cases_are_many() -> None:
    assert sum(len(case["kept"]) < len(case["X"][0]) for case in CASES) > 60


def test_sparse_and_tall() -> None:
    rng = np.random.default_rng(0)
    X = np.repeat(np.eye(4), 40_000, axis=0)
    X = np.column_stack([np.ones(len(X)), X, rng.normal(size=len(X))])
    assert independent_columns(X).tolist() == [0, 1, 2, 3, 5]
    assert independent_columns(sparse.csr_array(X)).tolist() == [0, 1, 2, 3, 5]


def test_triangle_by_blocks_has_the_same_columns() -> None:
    X = np.random.default_rng(1).normal(size=(200_000, 3))
    R = triangle(X)
    np.testing.assert_allclose(R.T @ R, X.T @ X, rtol=1e-10)
    assert left_to_right(R, 1e-7) == [0, 1, 2]


@pytest.mark.parametrize("shape", [(5, 0), (2, 4)])
def test_no_or_too_many_columns(shape: tuple[int, int]) -> None:
    X = np.random.default_rng(2).normal(size=shape)
    assert independent_columns(X).tolist() == list(range(min(shape)))
