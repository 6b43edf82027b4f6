"""Pictures of profiles against R's, which are splines between coarse steps (1e-3), and against the likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from scipy import integrate, special

import pylmer
from pylmer import ArgumentError
from pylmer.plots.contours import contour, traces

from .answers import R, close, dyestuff, profile

TO_OURS = [0, 2, 1, 3, 4, 5]  # R lists the correlation second


def stems(ax: Axes) -> np.ndarray:
    """The upright lines: (levels, 2), place and zeta."""
    return np.array([segment[1] for segment in ax.collections[0].get_segments()])


def test_zeta_is_lattices() -> None:
    drawn = pylmer.plot_profile(profile())
    assert [drawn[k].get_xlabel() for k in (0, 3, 4, 5)] == [".sig01", ".sigma", "(Intercept)", "Days"]
    for ax, k in zip(drawn, TO_OURS, strict=True):
        theirs = R["zeta"]["points"][k]
        ours = np.insert(stems(ax), 5, [np.nan, 0], axis=0)  # R has the estimate too
        close(ours[:, 1], theirs["y"], 1e-6)
        close(np.delete(ours, 5, axis=0)[:, 0], np.delete(theirs["x"], 5), 1e-3)


def test_density_is_lattices() -> None:
    for ax, k in zip(pylmer.plot_profile(profile(), "density"), TO_OURS, strict=True):
        places, values = ax.lines[0].get_data()
        theirs = R["density"][k]
        inside = (np.array(theirs["x"]) > places[0]) & (np.array(theirs["x"]) < places[-1])
        ours = np.interp(np.array(theirs["x"])[inside], places, values)
        close(ours, np.array(theirs["y"])[inside], 1e-2)  # a derivative of R's spline
        assert integrate.trapezoid(values, places) == pytest.approx(
            1, abs=3e-3
        )  # to |zeta| = 3.29, or a correlation of 1


def deviance(sigma_1: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Of Dyestuff (6 batches of 5), the mean maximized out: closed form for balanced data."""
    y = pylmer.datasets.load("Dyestuff")["Yield"].to_numpy().reshape(6, 5)
    within, between = np.sum((y - y.mean(1, keepdims=True)) ** 2), 5 * np.sum((y.mean(1) - y.mean()) ** 2)
    lambda_1 = sigma**2 + 5 * sigma_1**2
    return 24 * np.log(sigma**2) + 6 * np.log(lambda_1) + within / sigma**2 + between / lambda_1


@pytest.mark.parametrize(("level", "tolerance"), [(0.5, 0.03), (0.8, 0.09), (0.9, 0.13)])
def test_contours_are_contours_of_the_likelihood(level: float, tolerance: float) -> None:
    """The deviance on a contour is the chi-square quantile of two degrees of freedom above the smallest.

    Where the traces cross it, to 1e-3; between them the interpolation of the angles is as far off as stated.
    """
    found = traces(pylmer.profile(dyestuff()), ".sig01", ".sigma")
    c = np.sqrt(-2 * np.log(1 - level))
    tau_x, tau_y = contour(found, c)
    sigma_1, sigma = found.x.backward(tau_x), found.y.backward(tau_y)
    best = deviance(np.array(37.2603), np.array(49.5101))
    rise = deviance(sigma_1, sigma) - best
    np.testing.assert_allclose(rise, c**2, rtol=tolerance)
    crossed = [np.argmax(tau_x), np.argmin(tau_x), np.argmax(tau_y), np.argmin(tau_y)]
    np.testing.assert_allclose(rise[crossed], c**2, rtol=1e-3)


def test_pairs() -> None:
    drawn = pylmer.plot_profile(profile(), "pairs", "beta_")
    assert [text.get_text() for ax in (drawn[0], drawn[3]) for text in ax.texts] == ["(Intercept)", "Days"]
    natural, zeta = drawn[2], drawn[1]
    assert len(natural.lines) == len(zeta.lines) == 7  # five contours and two traces
    widest = np.column_stack(zeta.lines[4].get_data())
    assert np.abs(widest).max() == pytest.approx(np.sqrt(-2 * np.log(0.01)), rel=1e-3)
    x, y = natural.lines[4].get_data()
    curves = profile().curves
    turned = np.column_stack([curves["Days"].forward(y), curves["(Intercept)"].forward(x)])[::-1]
    close(turned, widest, 1e-6)  # the same contour, run through the other way round


def test_of_variances_and_of_some_parameters() -> None:
    variances = pylmer.varianceProf(pylmer.profile(dyestuff(), "theta_"))
    drawn = pylmer.plot(variances, which=[".sigmasq"])
    assert [ax.get_xlabel() for ax in drawn] == [".sigmasq"]
    limits = pylmer.confint(variances, ".sigmasq").to_numpy()[0]
    at = np.isclose(np.abs(stems(drawn[0])[:, 1]), special.ndtri(0.975))
    close(stems(drawn[0])[at, 0], limits, 1e-9)


@pytest.mark.filterwarnings("ignore:boundary")
def test_standard_deviations_that_reach_zero() -> None:
    """A correlation means nothing at a standard deviation of zero, and the logarithm of zero is no place."""
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"g": np.repeat(list("abcdefgh"), 6), "x": np.tile(np.arange(6.0), 8)})
    data["y"] = data.x + np.repeat(rng.normal(size=8), 6) + rng.normal(size=48)
    fit = pylmer.lmer("y ~ x + (x | g)", data)
    made = pylmer.profile(fit, [".sig02", ".sig03", ".sigma"])
    assert made.frame[".sig03"].isna().any()
    panels = pylmer.plot_profile(made, "pairs", [".sig02", ".sig03"])
    assert all(np.isfinite(line.get_data()).any() for ax in panels for line in ax.lines)
    for kind in ("zeta", "density"):
        for ax in pylmer.plot_profile(pylmer.logProf(made), kind, [".lsig02", ".lsigma"]):
            assert np.isfinite(ax.lines[-1].get_data()).all()
    zero = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    with pytest.raises(ArgumentError, match="draw the pairs of the profile itself, or of varianceProf"):
        pylmer.plot_profile(pylmer.logProf(pylmer.profile(zero)), "pairs")


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="kind='xy'; it is one of 'zeta', 'density', 'pairs'"):
        pylmer.plot_profile(profile(), "xy")
    with pytest.raises(ArgumentError, match="wants a profile, as profile"):
        pylmer.plot_profile(dyestuff())
    with pytest.raises(ArgumentError, match="no such parameter"):
        pylmer.plot_profile(profile(), which="Hours")
    with pytest.raises(ArgumentError, match="pairs need two parameters, found Days alone"):
        pylmer.plot_profile(profile(), "pairs", "Days")
    some = pylmer.profile(dyestuff(), "theta_")
    with pytest.raises(ArgumentError, match=r"there is no curve of \(Intercept\)"):
        pylmer.plot_profile(some, which="beta_")
