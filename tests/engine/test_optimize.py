"""Steps and descents."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.covariance.points import Points
from pylmer.engine.criterion.places import Evaluation
from pylmer.engine.criterion.profiled import At, Criterion
from pylmer.engine.factorization.choose import elimination_engine
from pylmer.engine.optimize.certificate import certify
from pylmer.engine.optimize.information import observed_information
from pylmer.engine.optimize.many_steps import secants
from pylmer.engine.optimize.newton import newton
from pylmer.engine.optimize.search import local_minima, search
from pylmer.engine.optimize.trust_region import final, negligible, radii, secant, trust_step
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
    found = search(criterion.at, lambda c: Points.multiple(families(rows), c))
    assert found.best.converged
    proof = certify(found.best, criterion.at)
    assert proof.holds, proof
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1e-1):
        for _ in range(10):
            nearby = found.best.at.place.moved(rng.normal(size=found.best.at.place.size) * scale)
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
        values = [criterion.at((covariance_family("us", 1).point(np.array([t]), np.eye(1)),)).value for t in grid]
        if len(local_minima(values)) > 1 and values[0] == min(values[:3]):
            return rows
    raise AssertionError("no bimodal example among the seeds")


def test_the_better_of_two_minima_is_found() -> None:
    rows = bimodal_rows()
    criterion = Criterion(elimination_engine(form_gram(rows)), False)
    family = covariance_family("us", 1)
    grid = np.concatenate([[0], np.geomspace(0.001, 100, 2000)])
    lowest = min(criterion.at((family.point(np.array([t]), np.eye(1)),)).value for t in grid)
    found = search(criterion.at, lambda c: Points.multiple([family], c))
    assert found.best.at.value <= lowest + 1e-6


def test_a_vanished_variance_is_tried_again_from_inside() -> None:
    """Begun at theta = 0, a local minimum, the descent stays there; the second one begins inside."""
    criterion = Criterion(elimination_engine(form_gram(bimodal_rows())), False)
    family = covariance_family("us", 1)
    grid = np.concatenate([[0], np.geomspace(0.001, 100, 2000)])
    values = [criterion.at((family.multiple(t),)).value for t in grid]
    found = search(criterion.at, lambda c: Points.multiple([family], c), start=Points.multiple([family], 0.0))
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

    run = newton(objective, Points.multiple(families(rows), 5.0))
    assert len(run.trace) > 4
    assert any(later > min(run.trace[:k]) for k, later in enumerate(run.trace) if k)
    assert run.at.fixed.r2 > 0
    assert all(each() is None for each in alive)


# --- the policy, of one run and of many -------------------------------------------------------------------------------


def test_radii_of_many_runs_are_those_of_each() -> None:
    """A quarter of a step that failed; twice or four times the radius after one to the boundary that kept its word."""
    radius, length = np.array([1.0, 1.0, 1.0, 1.0, 1.0]), np.array([0.5, 1.0, 1.0, 0.5, 1.0])
    ratio, wanted = np.array([-np.inf, 0.8, 0.95, 0.95, 0.5]), [0.125, 2.0, 4.0, 1.0, 1.0]
    np.testing.assert_array_equal(radii(radius, length, ratio), wanted)
    assert [float(radii(*each)) for each in zip(radius, length, ratio, strict=True)] == wanted


def test_runs_arrive_where_nothing_is_promised() -> None:
    """Inside within a hundredth of the noise, on the boundary within the noise unless the radius is small."""
    decrease, inside = np.array([5e-3, 5e-2, 0.5, 0.5, 1e-12]), np.array([True, True, False, False, True])
    radius, extent = np.array([1.0, 1.0, 1.0, 0.05, 1.0]), np.ones(5)
    wanted = [True, False, True, False, True]
    ended = negligible(decrease, inside, np.array([1.0, 1.0, 1.0, 1.0, 0.0])) & final(inside, radius, extent)
    assert ended.tolist() == wanted


@dataclass(frozen=True)
class Quadratic:
    """Score and information of a quadratic form whose curvature H the information misses."""

    gradient: np.ndarray
    information: np.ndarray


def test_secants_make_up_for_what_the_information_missed() -> None:
    """(information + E) s = the change of the score along s, for each run; not where the chart has turned."""
    rng = np.random.default_rng(5)
    H, step = rng.normal(size=(6, 3, 3)), rng.normal(size=(6, 3))
    H = H @ np.swapaxes(H, 1, 2) + 3 * np.eye(3)
    information = H + 0.1 * np.eye(3) * np.diagonal(H, axis1=1, axis2=2)[:, None]
    old = Quadratic(np.zeros((6, 3)), information)
    new = Quadratic((H @ step[:, :, None])[:, :, 0], information)
    E = secants(np.zeros((6, 3, 3)), old, new, step, np.arange(6) < 4)
    np.testing.assert_allclose(((information + E) @ step[:, :, None])[:4, :, 0], new.gradient[:4], rtol=1e-10)
    assert not E[4:].any()
    one, two = (Quadratic(each.gradient[0], each.information[0]) for each in (old, new))
    np.testing.assert_allclose(secant(np.zeros((3, 3)), one, two, step[0], True), E[0], rtol=1e-12)


@dataclass(frozen=True, eq=False)
class Plane:
    """A place that is no covariance: two plain coordinates."""

    x: np.ndarray
    size: int = 2

    @property
    def extent(self) -> float:
        return float(np.abs(self.x).max())

    def moved(self, step: np.ndarray) -> Plane:
        return Plane(self.x + step)

    shifted = moved

    def same_chart(self, other: Plane) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Valley:
    """Rosenbrock's function f = 100 (b - a^2)^2 + (1 - a)^2, with the information of its sum of squares."""

    place: Plane

    @property
    def residuals(self) -> np.ndarray:
        a, b = self.place.x
        return np.array([10 * (b - a**2), 1 - a])

    @property
    def J(self) -> np.ndarray:
        return np.array([[-20 * self.place.x[0], 10.0], [-1.0, 0.0]])

    @property
    def value(self) -> float:
        return float(self.residuals @ self.residuals)

    @property
    def gradient(self) -> np.ndarray:
        return np.asarray(2 * self.J.T @ self.residuals)

    def evaluation(self) -> Evaluation[Plane]:
        return Evaluation(self.place, self.value, self.gradient, 2 * self.J.T @ self.J, 1e-15)


def test_newton_asks_nothing_of_covariances() -> None:
    """From (-1.2, 1) to the minimum at (1, 1); a coordinate that is held stays, and the other is then a^2."""
    run = newton(Valley, Plane(np.array([-1.2, 1.0])))
    assert run.converged
    np.testing.assert_allclose(run.at.place.x, 1.0, atol=1e-6)
    held = newton(Valley, Plane(np.array([-1.2, 1.0])), held=np.array([True, False]))
    np.testing.assert_allclose(held.at.place.x, [-1.2, 1.44], atol=1e-6)
    H = observed_information(Valley, run.at)
    np.testing.assert_allclose(H, [[802, -400], [-400, 200]], rtol=1e-6)
