"""qqmath and plot_diagnostics of fits of glmer."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from scipy import stats

import pylmer

from .fits import cbpp
from .golden import fit_of

mpl.use("Agg")


def points(ax):
    return ax.lines[-1].get_xydata() if len(ax.lines) == 1 else max((line.get_xydata() for line in ax.lines), key=len)


def test_qqmath_is_lme4_s_of_pearson_residuals():
    """R: range(resid(cbpp.fit, "pearson", scaled = TRUE)) of the page of glmer, -2.3816 and 2.8792."""
    ax = pylmer.qqmath(cbpp())
    drawn = points(ax)
    assert drawn[[0, -1], 1] == pytest.approx([-2.3816, 2.8792], abs=2e-3)
    assert drawn[:, 0] == pytest.approx(stats.norm.ppf((np.arange(56) + 0.5) / 56))
    assert ax.get_ylabel() == "Standardized residuals"


def test_the_panels_show_mean_variance_and_normality():
    fit = cbpp()
    of_mean, of_variance, normal, effects = pylmer.plot_diagnostics(fit)
    assert of_mean.get_xlabel() == "Linear predictor"
    assert of_mean.lines[0].get_xydata() == pytest.approx(np.column_stack([fit.eta, pylmer.resid(fit, "pearson")]))
    z = stats.norm.ppf(pylmer.resid(fit, type="quantile"))
    scale = of_variance.lines[0].get_xydata()
    assert scale[:, 1] == pytest.approx(np.sqrt(np.abs(z)))
    assert scale[:, 0] == pytest.approx(fit.rows.X @ fit.beta)
    assert points(normal)[:, 1] == pytest.approx(np.sort(z))
    assert effects.get_ylabel() == "Standardized (Intercept) | herd"
    sd = pylmer.VarCorr(fit)["herd"].stddev.iloc[0]
    assert points(effects)[:, 1] == pytest.approx(np.sort(fit.b) / sd)


def test_a_right_model_s_residuals_have_an_even_spread():
    """The root of the absolute value of a standard normal number has the mean 0.822 = 2^(1/4) Gamma(3/4) / sqrt(pi)."""
    line = pylmer.plot_diagnostics(fit_of("contraception-slope"))[1].lines[1].get_ydata()
    assert line == pytest.approx(0.822, abs=0.06)


def test_residuals_of_a_scaled_family_are_over_sigma_in_the_quantiles_alone():
    fit = fit_of("sleep-gamma-log")
    assert points(pylmer.qqmath(fit))[:, 1] == pytest.approx(np.sort(pylmer.resid(fit, "pearson", scaled=True)))
    with pytest.raises(pylmer.ArgumentError, match="group='foo'"):
        pylmer.plot_diagnostics(fit, "foo")
    with pytest.raises(pylmer.ArgumentError, match=r"lmer\(\) or glmer\(\)"):
        pylmer.plot_diagnostics(3)


def test_pearson_residuals_stand_in_where_the_link_has_no_quantiles():
    data = pylmer.datasets.load("sleepstudy")
    with pytest.warns(pylmer.FitNote, match="scale"):
        fit = pylmer.glmer("Reaction ~ Days + (1 | Subject)", data, "inverse.gaussian")
    assert pylmer.plot_diagnostics(fit)[2].get_ylabel() == "Standardized residuals"
