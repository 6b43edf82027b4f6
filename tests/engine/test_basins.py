"""The criterion of a pair of effects on a grid of all covariances: values, minima, and which are of one basin."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.covariance.points import Points
from pylmer.engine.covariance.unstructured import Unstructured
from pylmer.engine.criterion.profiled import Criterion
from pylmer.engine.criterion.trusted import is_pair
from pylmer.engine.optimize.basins import Places, View, ends_elsewhere
from pylmer.engine.optimize.newton import newton, standing
from pylmer.engine.optimize.pair_grid import templates
from pylmer.engine.optimize.pair_map import PairMap, squared

DATA = Path(__file__).resolve().parents[1] / "data" / "two_minima"
HIGHER, LOWER = 22.2096497975, 22.0266922747  # nlminbwrap and bobyqa of lme4 1.1-31, of two_minima_d.csv


MULTIPLES = (0.1, 0.3, 1.0, 1.0, 3.0, 3.0, 10.0, 30.0)
PAIR = (covariance_family("us", 2),)


def quiet(formula: str, data: pd.DataFrame, REML: bool = True, **options: object) -> pylmer.LmerFit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula, data, REML, **options)


def without_slopes(seed: int, groups: int = 20) -> pd.DataFrame:
    """Ten rows a group, slopes that do not vary."""
    rng = np.random.default_rng(seed)
    g, x = np.repeat(np.arange(groups), 10), rng.normal(size=10 * groups)
    y = 1 + x + rng.normal(size=groups)[g] + rng.normal(size=10 * groups)
    return pd.DataFrame({"y": y, "x": x, "g": g, "w": rng.uniform(0.2, 3.0, 10 * groups)})


def criterion_of(fit: pylmer.LmerFit) -> Criterion:
    return fit.devfun.searched.criterion


def at(T: np.ndarray) -> Points:
    return Points([Unstructured(T, np.eye(2))])


@pytest.mark.parametrize("REML", [True, False])
@pytest.mark.parametrize("options", [{}, {"weights": "w"}])
@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ 0 + (x | g)", "y ~ x + w + I(x**2) + (0 + x + w | g)"])
def test_the_map_is_the_criterion(formula: str, options: dict[str, str], REML: bool) -> None:
    criterion = criterion_of(quiet(formula, without_slopes(1, 7), REML, **options))
    rng = np.random.default_rng(2)
    T = rng.normal(size=(60, 2, 2)) * np.exp(rng.normal(size=(60, 1, 1)))
    T[:20, :, 1], T[0] = 0.0, 0.0  # of rank 1, and 0
    found = PairMap.of(criterion).values(squared(T))
    np.testing.assert_allclose(found, [criterion.at(at(each)).value for each in T], rtol=1e-10)


def test_where_nothing_is_left_the_map_is_infinite() -> None:
    """A response that the fixed part reproduces has no residuals wherever Sigma is."""
    rows, unit = without_slopes(3, 5), squared(np.eye(2)[None])
    exact = quiet("y ~ x + (x | g)", rows.assign(y=rows["x"]), devFunOnly=True)
    assert np.isinf(PairMap.of(exact.searched.criterion).values(unit)).all()
    assert np.isfinite(PairMap.of(criterion_of(quiet("y ~ x + (x | g)", rows))).values(unit)).all()


def test_which_models_are_pairs() -> None:
    data = without_slopes(1).assign(h=lambda d: d["g"] % 4)
    for formula, pair in {
        "y ~ x + (x | g)": True,
        "y ~ x + (0 + x + w | g)": True,
        "y ~ x + (1 | g)": False,
        "y ~ x + (x || g)": True,
        "y ~ x + diag(1 + x | g)": True,
        "y ~ x + (0 + x | g) + (1 | h)": False,
        "y ~ x + (x + w | g)": False,
        "y ~ x + cs(1 + x | g)": False,
        "y ~ x + (x | g) + (1 | h)": False,
    }.items():
        devfun = quiet(formula, data).devfun
        assert is_pair(devfun.criterion.engine, devfun.families) == pair, formula


def test_two_minima_are_of_two_basins() -> None:
    criterion = criterion_of(quiet("y ~ f + (t | g)", pd.read_csv(DATA / "two_minima_d.csv"), REML=False))
    view = View(PairMap.of(criterion), True, 1e-6)
    minima = view.closer(view.minima())
    ends = [newton(criterion.at, at(templates(place))) for place in minima.place]
    values = np.array([end.at.value for end in ends])
    high, low = (ends[int(np.abs(values - value).argmin())] for value in (HIGHER, LOWER))
    assert high.at.value == pytest.approx(HIGHER, rel=1e-9)
    assert low.at.value == pytest.approx(LOWER, rel=1e-9)
    for end, other in ((high, low), (low, high)):
        nearest = minima[[int(np.abs(minima.value - end.at.value).argmin())]]
        assert not len(view.apart(nearest, [end]).value)
        assert len(view.apart(nearest, [other]).value)
    for start, lowest in ((high, [low]), (low, [])):
        runs, _ = ends_elsewhere(criterion, PAIR, start, 1e-6)
        assert [run.at.value for run in runs if run.at.value < start.at.value - 1e-6] == pytest.approx(
            [each.at.value for each in lowest], rel=1e-9
        )


@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ x + (x || g)"])
def test_no_basin_but_one_needs_no_descent(formula: str) -> None:
    """Regular and singular optima of 20 data sets: each as low as the best of eight descents, most with none."""
    descended = 0
    for seed in range(20):
        fit = quiet(formula, without_slopes(100 + seed))
        criterion, rng = criterion_of(fit), np.random.default_rng(seed)
        here = standing(criterion.at(fit.optimum.points).evaluation())
        families = fit.devfun.families
        descended += bool(ends_elsewhere(criterion, families, here, 1e-6).runs)
        starts = [Points.multiple(families, c).moved(c * rng.normal(size=here.at.place.size)) for c in MULTIPLES]
        lowest = min(newton(criterion.at, start).at.value for start in starts)
        assert fit.optimum.value <= lowest + 1e-8
    assert descended <= 2


def test_a_deviation_that_wants_to_grow_is_descended_from() -> None:
    """At zero, where the criterion falls as the intercepts' deviation grows."""
    fit = quiet("y ~ x + (x | g)", without_slopes(5))
    criterion = criterion_of(fit)
    zero = standing(criterion.at(at(np.zeros((2, 2)))).evaluation())
    runs, _ = ends_elsewhere(criterion, PAIR, zero, 1e-6)
    assert runs[0].at.value == pytest.approx(fit.optimum.value, abs=1e-8)


def test_the_lowest_of_a_grid() -> None:
    """A criterion with a minimum at rank 1 and one at Sigma = 2500 I, of w alone."""

    class Wells(PairMap):
        def values(self, w: np.ndarray) -> np.ndarray:
            one, both, two, _ = w.T
            thin = np.hypot(one - 2.25, np.hypot(both, two))
            wide = np.hypot(one - 2500, np.hypot(both, two - 2500)) / 100
            return np.asarray(np.minimum(thin, 0.5 + wide))

    view = View(Wells(None, np.zeros(0), np.zeros(0)), True, 1e-6)  # type: ignore[arg-type]  # asked for values only
    minima = view.minima()
    np.testing.assert_allclose(minima.value[:2], [0.0, 0.5], atol=1e-9)
    np.testing.assert_allclose(templates(minima.place[0]), [[1.5, 0.0], [0.0, 0.0]], atol=1e-12)
    np.testing.assert_allclose(templates(minima.place[1]), 50 * np.eye(2))
    moved = Places(np.array([[0.05, 1.8, 0.02]]), np.array([5.0]))
    np.testing.assert_allclose(templates(view.closer(moved).place[0]), [[1.5, 0.0], [0.0, 0.0]], atol=0.1)
