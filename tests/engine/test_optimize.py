"""Steps and descents."""

from __future__ import annotations

import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylmer.engine.covariance.family import CovarianceFamily
from pylmer.engine.covariance.points import Points
from pylmer.engine.criterion.profiled import At, Criterion
from pylmer.engine.factorization.choose import elimination_engine
from pylmer.engine.optimize.certificate import certify
from pylmer.engine.optimize.newton import newton
from pylmer.engine.optimize.search import local_minima, search
from pylmer.engine.optimize.trust_region import trust_step
from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.rows import Rows, TermRows

from .problems import KINDS, families, make_rows


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10_000), st.floats(0.01, 100.0), st.booleans())
def test_trust_step_is_the_global_minimum_in_the_ball(k: int, seed: int, radius: float, hard: bool) -> None:
    """More & Sorensen: (H + mu I) s = -g with H + mu I positive semidefinite and mu (radius - |s|) = 0."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(k, k))
    H, g = A + A.T, rng.normal(size=k)
    if hard:
        lowest = np.linalg.eigh(H)[1][:, 0]
        g -= lowest * (lowest @ g)
    s, decrease, inside = trust_step(g, H, radius)
    length = np.linalg.norm(s)
    assert length <= radius * (1 + 1e-9)
    assert decrease == pytest.approx(-(g @ s + s @ H @ s / 2), abs=1e-9 * max(1, abs(decrease)))
    mu = 0.0 if inside else -(g + H @ s) @ s / length**2
    assert np.linalg.norm(g + H @ s + mu * s) <= 1e-6 * max(1, np.linalg.norm(g))
    assert np.linalg.eigvalsh(H)[0] + mu >= -1e-6
    assert inside or length == pytest.approx(radius, rel=1e-6)


def test_local_minima_lowest_first() -> None:
    assert local_minima([3.0, 1.0, 2.0, 0.5, 4.0, 4.5]) == [3, 1]
    assert local_minima([1.0, 2.0, 3.0]) == [0]


@pytest.mark.parametrize("REML", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_descents_end_in_a_certified_minimum(kind: str, REML: bool) -> None:
    rows = make_rows(kind, weights=False)
    criterion = Criterion(elimination_engine(form_gram(rows)), REML)
    found = search(criterion.at, lambda c: tuple(f.multiple(c) for f in families(rows)))
    assert found.best.converged
    proof = certify(found.best, criterion.at)
    assert proof.holds, proof
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1e-1):
        for _ in range(10):
            nearby = tuple(p.moved(rng.normal(size=len(p.tangents())) * scale) for p in found.best.place)
            assert criterion.at(nearby).value >= found.best.at.value - 1e-8


def bimodal_rows() -> Rows:
    """Group sizes 1, 60, 1, 1, 2: theta = 0 is a local minimum far above the one at large theta."""
    sizes = [1, 60, 1, 1, 2]
    codes = np.repeat(np.arange(5), sizes)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=65) + (3 * rng.normal(size=5))[codes]
        rows = Rows(np.ones((65, 1)), y, None, (TermRows(codes.astype(np.int64), 5, None, 0),))
        criterion = Criterion(elimination_engine(form_gram(rows)), False)
        grid = np.concatenate([[0], np.geomspace(0.01, 30, 120)])
        values = [criterion.at((CovarianceFamily("us", 1).point(np.array([t]), np.eye(1)),)).value for t in grid]
        if len(local_minima(values)) > 1 and values[0] == min(values[:3]):
            return rows
    raise AssertionError("no bimodal example among the seeds")


def test_the_better_of_two_minima_is_found() -> None:
    rows = bimodal_rows()
    criterion = Criterion(elimination_engine(form_gram(rows)), False)
    family = CovarianceFamily("us", 1)
    grid = np.concatenate([[0], np.geomspace(0.001, 100, 2000)])
    lowest = min(criterion.at((family.point(np.array([t]), np.eye(1)),)).value for t in grid)
    found = search(criterion.at, lambda c: (family.multiple(c),))
    assert found.best.at.value <= lowest + 1e-6


def test_a_vanished_variance_is_tried_again_from_inside() -> None:
    """Begun at theta = 0, a local minimum, the descent stays there; the second one begins inside."""
    criterion = Criterion(elimination_engine(form_gram(bimodal_rows())), False)
    family = CovarianceFamily("us", 1)
    grid = np.concatenate([[0], np.geomspace(0.001, 100, 2000)])
    values = [criterion.at((family.multiple(t),)).value for t in grid]
    found = search(criterion.at, lambda c: (family.multiple(c),), start=(family.multiple(0.0),))
    assert found.runs[0].at.value == pytest.approx(values[0], abs=1e-9)
    assert values[0] > min(values) + 1
    assert found.best.at.value <= min(values) + 1e-6


def test_one_factorization_lives_at_a_time() -> None:
    """Each is let go before the next is computed, after steps that are taken and steps that are not."""
    rows = make_rows("crossed", weights=False)
    criterion = Criterion(elimination_engine(form_gram(rows)), True)
    alive: list[weakref.ref[At]] = []
    refused = set(range(2, 100, 3))

    def objective(points: Points) -> At:
        assert all(each() is None for each in alive)
        at = criterion.at(points)
        alive.append(weakref.ref(at))
        if len(alive) - 1 in refused:
            at = replace(at, criterion=replace(criterion, REML=False))  # another criterion: no step is worth taking
            alive.append(weakref.ref(at))
        return at

    run = newton(objective, tuple(family.multiple(5.0) for family in families(rows)))
    assert len(run.trace) > 4
    assert any(later > min(run.trace[:k]) for k, later in enumerate(run.trace) if k)
    assert run.at.fixed.r2 > 0
    assert all(each() is None for each in alive)
