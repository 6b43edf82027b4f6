"""Lines of groups: those of lm and lmer in R for the book's eight counties, to 1e-6."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

import pylmer
from pylmer import ArgumentError
from pylmer.plots.typical import JITTER, jittered

from .answers import EIGHT, R, close, fit, pastes, points, radon, sleep, uranium


def lines(axes: list[Axes], k: int) -> np.ndarray:
    """The ends of line k of each panel: (panels, 2)."""
    return np.array([ax.lines[k].get_ydata()[[0, -1]] for ax in axes])


def test_eight_counties() -> None:
    """Figures 12.2 and 12.4 of Gelman & Hill."""
    drawn, theirs = pylmer.plot_lines(radon(), levels=EIGHT), R["lines"]
    data = pylmer.datasets.load("radon")
    for k, kind in enumerate(("complete", "no", "multilevel"), start=1):
        close(lines(drawn, k), theirs[kind])
        assert drawn[0].lines[k].get_xdata()[[0, -1]].tolist() == [0, 1]
    for ax, county in zip(drawn, EIGHT, strict=True):
        rows = data[data["county"] == county]
        close(points(ax)[:, 1], rows["log_radon"], 1e-12)
        assert np.abs(points(ax)[:, 0] - rows["floor"]).max() <= 0.08
        assert ax.get_title() == f"{county} (n = {len(rows)})"
    assert (drawn[0].get_ylabel(), drawn[1].get_ylabel(), drawn[4].get_xlabel()) == ("log_radon", "", "floor")
    [legend] = drawn[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["complete pooling", "no pooling", "multilevel"]


def test_eight_counties_with_uranium() -> None:
    """Figure 12.5: each county's line has its own uranium."""
    drawn = pylmer.plot_lines(uranium(), levels=EIGHT, estimates=["multilevel"])
    close(lines(drawn, 1), R["lines"]["uranium"])
    assert all(len(ax.lines) == 2 for ax in drawn)


def test_slopes_are_each_groups_own() -> None:
    drawn = pylmer.plot_lines(sleep(), levels=["308", "309", "310"])
    days = np.array([[1, 0], [1, 9]])
    close(lines(drawn, 2), np.array(R["shrinkage"]["no"])[:3] @ days.T)
    close(lines(drawn, 3), np.array(R["shrinkage"]["multilevel"])[:3] @ days.T)
    close(points(drawn[0])[:, 0], np.arange(10.0), 1e-12)  # nothing hides: nothing is moved


def test_default_levels_spread_over_sizes() -> None:
    counts = pylmer.datasets.load("radon")["county"].value_counts()
    titles = [ax.get_title() for ax in pylmer.plot_lines(radon())]
    sizes = [counts[title.split(" (n")[0]] for title in titles]
    assert sizes == sorted(sizes)
    assert (len(sizes), sizes[0], sizes[-1]) == (8, 1, 116)


def test_functions_of_the_predictor_and_other_factors() -> None:
    """Of a group with all combinations once, the line at its mean is the group's mean where the fit has its own one."""
    model = fit("yield ~ Variety + poly(nitro, 2) + (1 | Block)", "Oats")
    [ax] = pylmer.plot_lines(model, levels=["VI"], estimates=["no"])
    x, y = ax.lines[1].get_data()
    data = pylmer.datasets.load("Oats").query("Block == 'VI'")
    at = np.interp(sorted(data["nitro"].unique()), x, y)
    assert at.mean() == pytest.approx(data["yield"].mean(), rel=1e-3)  # the line is drawn in 50 pieces


def test_an_offset_is_taken_from_the_data() -> None:
    data = pylmer.datasets.load("sleepstudy")
    model = pylmer.lmer("Reaction ~ Days + offset(10 * Days) + (1 | Subject)", data)
    [ax] = pylmer.plot_lines(model, levels=["308"], estimates=["multilevel"])
    close(points(ax)[:, 1], data["Reaction"][:10] - 10 * data["Days"][:10], 1e-12)


def test_given_axes() -> None:
    axes = plt.subplots(1, 2)[1]
    assert pylmer.plot_lines(radon(), levels=EIGHT[:2], axes=axes) == list(axes)
    assert [ax.get_ylabel() for ax in axes] == ["log_radon", ""]
    assert not axes[0].figure.legends
    assert len(axes[0].get_legend().get_texts()) == 3


def test_bad_input() -> None:
    late = pylmer.datasets.load("sleepstudy").assign(late=lambda data: 1.0 * (data["Days"] > 6))
    with pytest.raises(ArgumentError, match=r"level='AITKEN': there is AITKIN, ANOKA,.*; did you mean 'AITKIN'"):
        pylmer.plot_lines(radon(), levels=["AITKEN"])
    with pytest.raises(ArgumentError, match="wanted at least one, found none"):
        pylmer.plot_lines(radon(), levels=[])
    with pytest.raises(ArgumentError, match="predictor='flor': there is floor; did you mean 'floor'"):
        pylmer.plot_lines(radon(), "flor")
    with pytest.raises(ArgumentError, match="no number varies within Batch; choose one: predictor="):
        pylmer.plot_lines(fit("Yield ~ 1 + (1 | Batch)", "Dyestuff"))
    with pytest.raises(ArgumentError, match="Days and late vary within Subject; choose one: predictor="):
        pylmer.plot_lines(pylmer.lmer("Reaction ~ Days + late + (1 | Subject)", late))
    with pytest.raises(ArgumentError, match="predictor='Variety' is a factor: wanted a number"):
        pylmer.plot_lines(fit("yield ~ Variety + nitro + (1 | Block)", "Oats"), "Variety")
    with pytest.raises(ArgumentError, match="several grouping factors"):
        pylmer.plot_lines(pastes())
    with pytest.raises(ArgumentError, match="estimates='none': there is complete, no, multilevel"):
        pylmer.plot_lines(radon(), estimates=["none"])
    with pytest.raises(ArgumentError, match="axes: wanted 2"):
        pylmer.plot_lines(radon(), levels=EIGHT[:2], axes=[plt.subplots()[1]])


def test_jitter_is_a_share_of_the_smallest_distance() -> None:
    x = np.repeat([0.0, 0.25, 3.0], 40)
    moved = np.abs(jittered(x) - x)
    assert moved.min() > 0
    assert 0.5 * JITTER * 0.25 < moved.max() <= JITTER * 0.25
