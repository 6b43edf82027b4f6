"""Pictures of residuals: the numbers that R draws, to 1e-6 of the largest."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

import pylmer
from pylmer import ArgumentError
from pylmer.plots.residuals import smooth

from .answers import R, close, pastes, points, sleep


def test_plot_is_lattices() -> None:
    ax, theirs = pylmer.plot(sleep()), R["residuals"]
    close(points(ax)[::20], np.column_stack([theirs["points"]["x"], theirs["points"]["y"]]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == (theirs["xlab"], theirs["ylab"])


def test_plot_is_bound() -> None:
    ax = plt.subplots()[1]
    assert sleep().plot(ax=ax) is ax


def test_qqmath_is_lattices() -> None:
    ax, theirs = pylmer.qqmath(sleep()), R["qqmath"]
    close(points(ax)[:, 1], theirs["sample"])
    assert points(ax)[0, 0] == pytest.approx(-2.773, abs=1e-3)  # qnorm(0.5 / 180)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (theirs["xlab"], theirs["ylab"])


def test_weights_enter_the_residuals() -> None:
    """Weights of 4 double Pearson residuals; sigma doubles with them."""
    data = pylmer.datasets.load("sleepstudy")
    weighted = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data, weights=np.full(180, 4.0))
    close(points(pylmer.plot(weighted))[:, 1], 2 * points(pylmer.plot(sleep()))[:, 1])
    close(points(pylmer.qqmath(weighted))[:, 1], R["qqmath"]["sample"])


def test_missing_rows_leave_nothing_in_the_picture() -> None:
    data = pylmer.datasets.load("sleepstudy")
    data.loc[3, "Days"] = np.nan
    padded = pylmer.lmer("Reaction ~ Days + (1 | Subject)", data, na_action="exclude")
    drawn = pylmer.plot_diagnostics(padded)
    assert [len(points(ax)) for ax in drawn[2:]] == [179, 18]


def test_diagnostics() -> None:
    residuals, scale, _, effects = pylmer.plot_diagnostics(sleep())
    scatter = {ax: np.column_stack(ax.lines[0].get_data()) for ax in (residuals, scale)}
    theirs = R["residuals"]["points"]
    close(scatter[residuals][::20], np.column_stack([theirs["x"], theirs["y"]]))
    close(scatter[scale][::20, 1] ** 2, np.abs(theirs["y"]) / R["sigma"])
    for line, column, sd in zip(effects.lines, R["modes"]["points"], R["sds"], strict=False):
        close(line.get_ydata(), np.array(column["x"]) / sd)
        close(line.get_xdata(), column["y"])


def test_diagnostics_of_several_factors() -> None:
    both, one = pylmer.plot_diagnostics(pastes())[3], pylmer.plot_diagnostics(pastes(), "batch")[3]
    named = ["(Intercept) | sample", "(Intercept) | batch"]
    assert [text.get_text() for text in both.get_legend().get_texts()] == named
    assert (one.get_ylabel(), one.get_legend()) == ("Standardized (Intercept) | batch", None)


def test_effects_that_vanish_are_left_out() -> None:
    with pytest.warns(pylmer.FitNote):
        singular = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    assert all(line.get_marker() == "None" for line in pylmer.plot_diagnostics(singular)[3].lines)


def test_smooth_is_exact_on_lines_and_at_one_place() -> None:
    x = np.random.default_rng(1).uniform(size=40)
    close(smooth(x, 3 - 2 * x, np.array([0.1, 0.9])), [2.8, 1.2], 1e-12)
    close(smooth(np.ones(4), np.arange(4.0), np.array([1.0])), [1.5], 1e-12)


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="group='cask': there is sample, batch"):
        pylmer.plot_diagnostics(pastes(), "cask")
    with pytest.raises(ArgumentError, match="axes: wanted 4"):
        pylmer.plot_diagnostics(sleep(), axes=[])
    with pytest.raises(
        ArgumentError, match=r"plot\(\) wants a fit of lmer\(\) or glmer\(\), a profile or random effects, found int"
    ):
        pylmer.plot(1)
    with pytest.raises(ArgumentError, match="unexpected keyword argument 'colour'"):
        pylmer.plot(sleep(), colour="red")
    with pytest.raises(ArgumentError, match="wanted the Axes of a matplotlib figure, found Figure"):
        pylmer.plot(sleep(), ax=plt.figure())
    with pytest.raises(ArgumentError, match="wants a fit of lmer"):
        pylmer.plot_diagnostics(pylmer.lm("Reaction ~ Days", pylmer.datasets.load("sleepstudy")))
