"""Pictures of the groups' coefficients: the numbers that are drawn are those of lm, lmList, lme4 and arm, to 1e-6."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

import pylmer
from pylmer import ArgumentError

from .answers import R, close, ends, fit, pastes, points, radon, sleep, uranium


def test_intercepts_by_sample_size() -> None:
    """Figure 12.3 of Gelman & Hill."""
    drawn, theirs = pylmer.plot_intercepts(radon()), R["intercepts"]
    estimates = ((theirs["no"], theirs["se_no"]), (theirs["multilevel"], theirs["se_multi"]))
    for ax, (centre, se), mean in zip(drawn, estimates, theirs["means"], strict=True):
        close(points(ax)[:, 1], centre)
        close(ends(ax)[:, :, 1], np.column_stack([np.subtract(centre, se), np.add(centre, se)]))
        assert np.abs(np.log(points(ax)[:, 0] / theirs["n"])).max() <= 0.1
        assert ax.lines[-1].get_ydata() == pytest.approx([mean, mean], rel=1e-6)
        assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "sample size in county")
    assert drawn[0].get_ylabel() == "(Intercept) | county"
    assert drawn[0].get_ylim() == drawn[1].get_ylim()
    assert [label.get_text() for label in drawn[0].get_xticklabels()] == ["1", "3", "10", "30", "100"]


def test_intercepts_have_no_line_where_each_group_has_a_mean_of_its_own() -> None:
    assert all(len(ax.lines) == 1 for ax in pylmer.plot_intercepts(uranium()))


def test_slopes_that_no_group_determines_alone_are_left_out() -> None:
    """Of 85 counties 60 have houses with x = 0 and x = 1."""
    slopes = fit("log_radon ~ floor + (1 + floor | county)", "radon")
    no, multilevel = pylmer.plot_intercepts(slopes, "floor")
    assert (len(points(no)), len(points(multilevel))) == (both_floors(), 85)


def both_floors() -> int:
    data = pylmer.datasets.load("radon")
    return int((data.groupby("county", observed=True)["floor"].nunique() == 2).sum())


def test_group_predictor() -> None:
    """Figure 12.6."""
    ax, theirs = pylmer.plot_group_predictor(uranium(), "log_uranium"), R["group_predictor"]
    close(points(ax), np.column_stack([theirs["u"], theirs["alpha"]]))
    close(np.diff(ends(ax)[:, :, 1], axis=1)[:, 0], 2 * np.array(theirs["se"]))
    x, y = ax.lines[-1].get_data()
    intercept, _, slope = theirs["fixef"]
    close(y, intercept + slope * np.array(x))
    close(x, [min(theirs["u"]), max(theirs["u"])])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("log_uranium", "(Intercept) | county")


def test_group_predictor_of_a_slope() -> None:
    """Figure 13.2: the slope's line is the interaction's."""
    model = fit("log_radon ~ floor * log_uranium + (1 + floor | county)", "radon")
    ax, fixed = pylmer.plot_group_predictor(model, "log_uranium", "floor"), pylmer.fixef(model)
    x, y = ax.lines[-1].get_data()
    close(np.diff(y) / np.diff(x), [fixed["floor:log_uranium"]])
    residuals = points(ax)[:, 1] - fixed["floor"] - fixed["floor:log_uranium"] * points(ax)[:, 0]
    close(residuals, pylmer.ranef(model)["county"]["floor"], 1e-9)


def test_shrinkage_in_the_plane() -> None:
    ax, theirs = pylmer.plot_shrinkage(sleep()), R["shrinkage"]
    no, multilevel, mean = (np.column_stack(line.get_data()) for line in ax.lines)
    close(no, theirs["no"])
    close(multilevel, theirs["multilevel"])
    close(mean[0], [251.405105, 10.467286])
    [arrows] = ax.collections
    close(np.column_stack([arrows.U, arrows.V]), np.subtract(theirs["multilevel"], theirs["no"]), 1e-5)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("(Intercept) | Subject", "Days | Subject")
    assert legend(ax) == {"no pooling": ax.lines[0], "multilevel": ax.lines[1], "fixed effects": ax.lines[2]}


def legend(ax: Axes) -> dict[str, object]:
    """What is shown for each word of the legend."""
    handles, names = ax.get_legend_handles_labels()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names
    return dict(zip(names, handles, strict=True))


def test_shrinkage_of_one_coefficient() -> None:
    ax, theirs = pylmer.plot_shrinkage(sleep(), "Days"), R["shrinkage"]
    close(ax.lines[0].get_ydata(), np.array(theirs["no"])[:, 1])
    close(ax.lines[1].get_ydata(), np.array(theirs["multilevel"])[:, 1])
    close(ax.lines[2].get_ydata(), [10.467286, 10.467286])
    assert legend(ax) == {"no pooling": ax.lines[0], "multilevel": ax.lines[1], "fixed effect": ax.lines[2]}
    counties = pylmer.plot_shrinkage(radon())
    close(counties.lines[0].get_ydata(), R["intercepts"]["no"])
    assert (counties.get_xscale(), counties.get_ylabel()) == ("log", "(Intercept) | county")


def test_no_legend_of_a_mean_that_is_not_drawn() -> None:
    """Where group-level predictors give each group a mean of its own."""
    assert list(legend(pylmer.plot_shrinkage(uranium()))) == ["no pooling", "multilevel"]


def test_given_axes_are_returned() -> None:
    axes = plt.subplots(1, 2)[1]
    assert pylmer.plot_intercepts(radon(), axes=axes) == list(axes)
    assert pylmer.plot_shrinkage(radon(), ax=axes[0]) is axes[0]
    assert pylmer.plot_group_predictor(uranium(), "log_uranium", ax=axes[1]) is axes[1]


def test_bad_input() -> None:
    for word in (pylmer.plot_intercepts, pylmer.plot_shrinkage):
        with pytest.raises(ArgumentError, match="several grouping factors, sample, batch; choose one: group="):
            word(pastes())
        with pytest.raises(ArgumentError, match=r"coefficient='flor': there is \(Intercept\)"):
            word(radon(), "flor")
        with pytest.raises(ArgumentError, match=r"wants a fit of lmer\(\) or glmer\(\), found str"):
            word("radon")
    with pytest.raises(ArgumentError, match="wanted one or two, found 3"):
        pylmer.plot_shrinkage(sleep(), ["a", "b", "c"])
    with pytest.raises(ArgumentError, match="floor varies within county: wanted a predictor of the groups"):
        pylmer.plot_group_predictor(uranium(), "floor")
    with pytest.raises(
        ArgumentError, match="predictor='log_uran': there is floor, log_uranium; did you mean 'log_uranium'"
    ):
        pylmer.plot_group_predictor(uranium(), "log_uran")
    with pytest.raises(ArgumentError, match=r"coefficient='floor': there is \(Intercept\)"):
        pylmer.plot_group_predictor(uranium(), "log_uranium", "floor")
