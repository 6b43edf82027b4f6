"""Criteria with several minima: the lowest is found, by a fit and by a batch, and by the stack as one by one."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.engine.covariance.corners import corners
from pylmer.engine.covariance.family import CovarianceFamily, covariance_family
from pylmer.engine.many_responses.one_response import _on_a_grid, _one_by_one, _together
from pylmer.engine.optimize.search import search
from pylmer.fit.many_fits import refit_all

DATA = Path(__file__).resolve().parents[1] / "data" / "two_minima"

# deviance(lmer(...)) or REMLcrit(lmer(...)) of lme4 1.1-31; the best of nloptwrap, bobyqa, Nelder_Mead, nlminbwrap
LOWEST = {
    "a": ("y ~ 0 + f + (t | g)", False, 393.743373085),  # nloptwrap; another minimum is at 395.1612
    "b": ("y ~ x + x2 + (x | g)", True, 40.620584487),  # nloptwrap; another is at 40.9604
    "d": ("y ~ f + (t | g)", False, 22.0266922747),  # bobyqa, Nelder_Mead; nlminbwrap ends at 22.2096
    "g": ("y ~ x + k + (x || g)", False, 599.7325178835),  # nloptwrap, Nelder_Mead, nlminbwrap; bobyqa ends at 599.7908
    "c": ("y ~ 0 + x + (x | g) + (1 | h)", False, 787.737208117),  # nloptwrap; others of the four: 788.77, 821.1, 1619
}


def data(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"two_minima_{name}.csv")


def fitted(name: str) -> pylmer.LmerFit:
    formula, REML, _ = LOWEST[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula, data(name), REML)


@pytest.mark.parametrize("name", LOWEST)
def test_the_lowest_minimum(name: str) -> None:
    fit, lowest = fitted(name), LOWEST[name][2]
    assert fit.optimum.value <= lowest + 1e-7 * lowest
    assert fit.optimum.converged
    assert fit.optimum.certificate.holds


@pytest.mark.parametrize("name", LOWEST)
def test_a_batch_finds_what_a_refit_finds(name: str) -> None:
    fit = fitted(name)
    rng = np.random.default_rng(3)
    y = fit.rows.y
    Y = np.column_stack([y, y + 0.3 * rng.normal(size=len(y))])
    batch = refit_all(fit, Y)
    assert not batch.failures
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        for r, each in enumerate(Y.T):
            one = pylmer.refit(fit, each)
            assert batch.objective[r] == pytest.approx(one.optimum.value, rel=1e-9)
            np.testing.assert_allclose(batch.sigma[r], one.sigma, rtol=1e-5)
            np.testing.assert_allclose(batch.model(r).beta, one.beta, rtol=1e-4, atol=1e-4 * one.sigma)


def test_a_minimum_that_the_grid_only_grazes() -> None:
    """y ~ x + x2 + (x | g), weights = w: at theta = (0.147508271, -193.710805, 0) lme4 1.1-31's own deviance function
    is 909.0959926636; its optimizers end at 909.1213 (nloptwrap), 909.1244 (bobyqa), 909.2964 and 909.2962.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = pylmer.lmer("y ~ x + x2 + (x | g)", data("h"), REML=False, weights="w")
    assert fit.optimum.value <= 909.0959926636 + 1e-7
    assert fit.optimum.certificate.holds


def test_a_fall_without_end_is_no_minimum() -> None:
    """y ~ 0 + f + (t | g) + (1 | h), weights = w: 35.558836091 by all four optimizers of lme4 1.1-31.

    [Z X] has 13 columns of rank 13 = n and Z of rank 12 or less, so that log|V| + n log r2 falls by 2 log c or more as
    all deviations grow by c.
    """
    rows = data("e")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = pylmer.lmer("y ~ 0 + f + (t | g) + (1 | h)", rows, REML=False, weights="w")
    assert fit.optimum.value == pytest.approx(35.558836091, rel=1e-9)
    assert fit.optimum.certificate.holds
    Z, X = fit.getME("Z"), fit.getME("X")
    Z = np.asarray(Z.todense() if hasattr(Z, "todense") else Z)
    assert np.linalg.matrix_rank(np.hstack([Z, X])) == len(rows) > np.linalg.matrix_rank(Z)
    par = fit.optimum.par.copy()
    runaway = 1e8 * np.array([2.3, -0.66, 0.069, 0.22])
    values = [fit.devfun(c * runaway) for c in (1.0, 10.0, 100.0)]
    assert values[2] < values[1] - 4 < values[0] - 8 < fit.devfun(par)


def test_everything_flat_is_certified() -> None:
    """k is constant within two groups: REMLcrit is -46.007913851 wherever theta is (lme4 1.1-31, all optimizers)."""
    with pytest.warns(pylmer.FitNote, match="criterion is flat"):
        fit = pylmer.lmer("y ~ 0 + f + x + (k | g)", data("f"), weights="w")
    assert fit.optimum.value == pytest.approx(-46.0079138514, rel=1e-10)
    assert fit.optimum.certificate.holds


@pytest.mark.parametrize("name", ["a", "b"])
def test_corners_one_by_one_find_what_a_stack_finds(name: str) -> None:
    devfun = fitted(name).devfun
    found = search(devfun.criterion.at, devfun.covariances.multiple)
    assert found.best.at.value > LOWEST[name][2] + 0.3  # the other minimum
    for look in (_together, _one_by_one, _on_a_grid):
        points, (values, evaluations) = look(devfun.criterion, devfun.families, found.best)
        assert points is not None
        assert devfun.criterion.at(points).value < LOWEST[name][2] + 1e-3
        assert values > 0
        assert evaluations > 0


@pytest.mark.parametrize(
    "family",
    [
        covariance_family("us", 2),
        covariance_family("us", 3),
        covariance_family("diag", 3),
        covariance_family("diag", 3, hom=True),
    ],
)
def test_corners_lie_in_the_family(family: CovarianceFamily) -> None:
    found = corners(family)
    sizes = {round(float(np.max(point.deviations())), 6) for point in found.points}
    assert {0.0, 30.0} <= sizes
    for point in found.along:
        assert np.linalg.matrix_rank(point.template()) == 1
        assert point.size == family.size


def test_a_large_fit_without_doubt_looks_nowhere_else() -> None:
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    assert fit.optimum.values == 7  # the scan, and the place of the moments
    assert len(fit.optimum.trace) == 1
