"""Separation: found exactly where the likelihood has no maximum, and the direction is one by definition."""

from __future__ import annotations

import numpy as np
import pytest

from pylmer.engine.generalized import separation
from pylmer.engine.generalized.glm_fit import GlmData, fit_glm
from pylmer.engine.generalized.separation import FEW, find_separation
from pylmer.families import binomial, poisson


def separates(d: np.ndarray, X: np.ndarray, y: np.ndarray, counts: bool = False) -> bool:
    """Albert & Anderson's definition, to rounding."""
    t = X @ d
    up = np.zeros(len(y), bool) if counts else y == 1
    down, still = y == 0, ~(up | (y == 0))
    return bool(
        (t[up] > -1e-6).all() and (t[down] < 1e-6).all() and (np.abs(t[still]) < 1e-6).all() and np.abs(t).max() > 0.9
    )


@pytest.mark.parametrize("seed", range(40))
def test_either_a_direction_or_a_maximum(seed: int) -> None:
    """Small samples: with a direction the deviance falls along it, without one Newton arrives."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 30))
    X = np.column_stack([np.ones(n), rng.integers(0, 2, n), rng.integers(0, 3, n) == 1, rng.normal(size=n)])
    X = X[:, : int(rng.integers(2, 5))]
    X = X[:, [k for k in range(X.shape[1]) if k == 0 or np.ptp(X[:, k]) > 0]]
    if np.linalg.matrix_rank(X) < X.shape[1]:
        pytest.skip("not of full rank")
    y = (rng.random(n) < 1 / (1 + np.exp(-2.5 * X[:, 1]))).astype(float)
    found = find_separation(X, y)
    optimum = fit_glm(GlmData(binomial(), X, y))
    if found is None:
        assert optimum.converged
        assert np.abs(X.T @ optimum.at.g).max() < 1e-8
        assert np.abs(optimum.at.eta).max() < 20
    else:
        assert separates(found.direction, X, y)
        far, farther = (optimum.at.data.at(optimum.beta + step * found.direction) for step in (10, 20))
        assert far is not None
        assert farther is not None
        assert farther.deviance <= far.deviance <= optimum.at.deviance


def test_both_seeds_of_the_law_occur() -> None:
    found = [find_separation(np.eye(3)[[0, 1, 2, 2]], np.array(y, float)) for y in ([1, 0, 0, 1], [1, 1, 1, 1])]
    assert all(each is not None for each in found)
    assert find_separation(np.ones((4, 1)), np.array([0.0, 1, 1, 0])) is None


def test_the_direction_names_the_predictor() -> None:
    x = np.arange(10.0)
    z = np.tile([0.0, 1, 1, 0, 1], 2)
    X = np.column_stack([np.ones(10), x, z])
    found = find_separation(X, (x > 4).astype(float))
    assert found is not None
    assert found.described(["(Intercept)", "x", "z"]).endswith("x")
    assert "z" not in found.described(["(Intercept)", "x", "z"])
    assert separates(found.direction, X, (x > 4).astype(float))


def test_a_cell_of_successes_alone_is_quasi_separation() -> None:
    cell = np.repeat([0.0, 1, 2], 4)
    X = np.column_stack([np.ones(12), cell == 1, cell == 2])
    y = np.array([0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1.0])
    found = find_separation(X, y)
    assert found is not None
    np.testing.assert_allclose(found.direction, [0, 0, 1], atol=1e-9)
    assert found.moved.tolist() == [False] * 8 + [True] * 4


def test_rows_without_weight_say_nothing_and_mixed_proportions_hold_still() -> None:
    X = np.column_stack([np.ones(6), np.arange(6.0)])
    y = np.array([0, 0, 1, 0, 1, 1.0])
    assert find_separation(X, y) is None
    found = find_separation(X, y, np.array([1.0, 1, 0, 1, 1, 1]))
    assert found is not None
    assert not found.moved[2]
    assert find_separation(X, np.array([0, 0, 0.4, 0.6, 1, 1])) is None


def test_counts_of_zero() -> None:
    cell = np.repeat([0.0, 1], 5)
    X = np.column_stack([np.ones(10), cell])
    y = np.array([2, 0, 3, 1, 0, 0, 0, 0, 0, 0.0])
    found = find_separation(X, y, counts=True)
    assert found is not None
    assert separates(found.direction, X, y, counts=True)
    assert find_separation(X, np.maximum(y, [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), counts=True) is None
    assert fit_glm(GlmData(poisson(), X, y)).separation is not None


def test_many_distinct_rows_take_programs_of_few() -> None:
    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(4 * FEW), rng.normal(size=(4 * FEW, 3))])
    side = X @ np.array([0.2, 1.0, -0.5, 0.0]) > 0
    found = find_separation(X, side.astype(float))
    assert found is not None
    assert separates(found.direction, X, side.astype(float))
    flipped = side.copy()
    flipped[rng.integers(0, len(side), 40)] ^= True
    assert find_separation(X, flipped.astype(float)) is None


@pytest.mark.parametrize("counts", [False, True])
def test_what_logistic_regression_settles_the_linear_program_bears_out(monkeypatch, counts: bool) -> None:
    """Small samples of every kind of mean: no pair of answers differs, and most take no program."""
    rng = np.random.default_rng(11)
    shown = separation._overlapping
    settled = 0
    for k in range(200):
        n, p = int(rng.integers(6, 60)), int(rng.integers(1, 5))
        X = np.column_stack([np.ones(n), rng.normal(size=(n, p)) if k % 2 else rng.integers(0, 3, (n, p))])
        eta = X @ rng.normal(size=p + 1) * (k % 4)
        y = rng.poisson(np.exp(np.clip(eta, -9, 2))) if counts else rng.random(n) < 1 / (1 + np.exp(-eta))
        y = y.astype(float) if k % 3 or counts else rng.integers(0, 4, n) / 3
        monkeypatch.setattr(separation, "_overlapping", shown)
        short = find_separation(X, y, counts=counts)
        monkeypatch.setattr(separation, "_overlapping", lambda X, sign: False)
        assert (short is None) == (find_separation(X, y, counts=counts) is None)
        used = X / np.max(np.abs(X), axis=0)
        settled += shown(used.T, np.where(y <= 0, -1.0, np.where((y >= 1) & (not counts), 1.0, 0.0)))
    assert settled > 60
