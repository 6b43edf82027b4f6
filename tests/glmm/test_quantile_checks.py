"""Tests of quantile residuals, against scipy's, and on responses of known dispersion."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import pylmer
from pylmer.diagnostics.quantile_checks import two_sided_binomial, uniformity

from .golden import fit_of


def test_uniformity_is_kolmogorov_and_smirnov_s():
    u = np.random.default_rng(2).random(200)
    D, p = uniformity(u)
    expected = stats.kstest(u, "uniform")
    assert pytest.approx(expected.statistic, rel=1e-12) == D
    assert p == pytest.approx(expected.pvalue, abs=5e-3)


@pytest.mark.parametrize(("count", "n", "share"), [(0, 50, 0.008), (3, 50, 0.008), (1, 236, 0.008)])
def test_outliers_are_tested_by_the_binomial(count, n, share):
    assert two_sided_binomial(count, n, share) == pytest.approx(stats.binomtest(count, n, share).pvalue, rel=1e-6)


def test_a_right_model_passes_and_overdispersed_counts_do_not():
    fit = fit_of("insect-log")
    right = pylmer.refit(fit, pylmer.simulate(fit, seed=8)["sim_1"])
    assert pylmer.check_quantile_residuals(right).p_uniformity > 1e-3
    rng = np.random.default_rng(9)
    wild = pylmer.refit(fit, rng.negative_binomial(0.7, 0.7 / (0.7 + fit.mu)).astype(float))
    found = pylmer.check_quantile_residuals(wild)
    assert found.dispersion > 1.2
    assert found.p_uniformity < 1e-3
    assert "dispersion: ratio =" in repr(found)


def test_the_picture_shows_every_residual():
    left, right = pylmer.plot_quantile_residuals(fit_of("cbpp"))
    assert len(left.lines[-1].get_xdata()) == 56
    u = pylmer.resid(fit_of("cbpp"), type="quantile").to_numpy()
    assert np.sort(left.lines[-1].get_ydata()) == pytest.approx(np.sort(u))
    assert right.get_xlabel() == "Rank of the predictions"
