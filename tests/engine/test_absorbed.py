"""A wide factor among the fixed effects, absorbed: the criterion and all estimates are those of all columns of X."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pylmer.engine.covariance.covariances import Covariances, Label
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.criterion.profiled import At, Criterion
from pylmer.engine.factorization.absorbed import AbsorbedEngine, AbsorbedFactorization
from pylmer.engine.factorization.dense import DenseEngine
from pylmer.engine.optimize.iterative_search import estimated_start
from pylmer.engine.sums.absorbed import absorbed_sums
from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.rows import Rows, TermRows

from .problems import random_points
from .test_bordered import as_dense, wide_rows

CLOSE = 1e-9


def one_factor(rows: Rows, count: int) -> Rows:
    return Rows(rows.X, rows.y, rows.weights, rows.terms[:count])


def nested(rows: Rows) -> Rows:
    """Groups within the levels of the wide factor: D is their parent."""
    level = np.asarray(rows.bordered.level)  # type: ignore[union-attr]
    codes = level * 3 + np.arange(rows.n) % 3
    _, codes = np.unique(codes, return_inverse=True)
    return Rows(rows.X, rows.y, rows.weights, (TermRows(codes, codes.max() + 1, None, 0),))


def both(rows: Rows, REML: bool, singular: bool) -> tuple[At, At]:
    points = random_points(rows, singular=singular)
    engine = AbsorbedEngine.of(absorbed_sums(rows, rows.bordered), REML)  # type: ignore[arg-type]
    other = as_dense(rows)
    return Criterion(engine, REML).at(points), Criterion(DenseEngine(form_gram(other), other), REML).at(points)


def assert_close(one: Any, two: Any) -> None:
    one, two = np.asarray(one), np.asarray(two)
    assert one.shape == two.shape
    assert np.max(np.abs(one - two)) <= CLOSE * max(1.0, np.max(np.abs(two)))


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("REML", [True, False])
@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize("kind", ["vector", "crossed", "nested"])
def test_absorbed_equals_dense(kind: str, weights: bool, REML: bool, singular: bool) -> None:
    rows = wide_rows(weights=weights)
    rows = nested(rows) if kind == "nested" else one_factor(rows, 1 if kind == "vector" else 2)
    ours, oracle = both(rows, REML, singular)
    assert_close(ours.value, oracle.value)
    assert_close(ours.gradient, oracle.gradient)
    assert_close(ours.information, oracle.information)
    for one, two in zip(ours.ZtPy, oracle.ZtPy, strict=True):
        assert_close(one, two)
    found, scaling = ours.factorization, oracle.gram.scaling
    assert isinstance(found, AbsorbedFactorization)
    assert_close(found.beta(), scaling.inverse @ oracle.factorization.fixed.beta + scaling.shift)
    assert_close(found.Phi(), scaling.inverse @ oracle.Phi @ scaling.inverse.T)
    zero = np.zeros((len(ours.v), len(ours.v)))
    all_zero = np.zeros((len(oracle.v), len(oracle.v)))
    pairs = zip(found.selected_inverse(zero)[1], oracle.factorization.selected_inverse(all_zero)[1], strict=True)
    for one, two in pairs:
        assert_close(one, two)


def test_without_an_intercept_and_others() -> None:
    """`y ~ 0 + f`: one of the columns stands beside the others, as their own pattern is kept."""
    rows = wide_rows(intercept=False)
    rows = one_factor(Rows(rows.X[:, :60], rows.y, None, rows.terms), 1)
    ours, oracle = both(rows, True, False)
    assert_close(ours.value, oracle.value)
    assert_close(ours.gradient, oracle.gradient)


@pytest.mark.parametrize("REML", [True, False])
def test_start_by_the_iterative_engine(REML: bool) -> None:
    """theta where the estimated score vanishes is that of the exact criterion, but for the probes' error."""
    rows = wide_rows()
    _, scalar = rows.terms
    rows = Rows(rows.X, rows.y, None, (replace(scalar, factor=0), TermRows(np.arange(rows.n) % 90, 90, None, 1)))
    families = [covariance_family("us", 1, False) for _ in rows.terms]
    sums = absorbed_sums(rows, rows.bordered)  # type: ignore[arg-type]
    covariances = Covariances.unscaled(families, [Label("k", ("1",)), Label("g", ("1",))]).on(sums.gram.scaling.R_terms)
    criterion = Criterion(AbsorbedEngine.of(sums, REML), REML)
    start = estimated_start(criterion, covariances)
    assert start is not None
    at = criterion.at(start)
    step = np.linalg.solve(at.information, at.gradient)
    assert np.all(np.abs(step) <= 0.05 * np.sqrt(2 / np.diag(at.information)))
