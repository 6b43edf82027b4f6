"""What all pictures share: nothing global is touched, nothing is shown, and a missing matplotlib is named."""

from __future__ import annotations

import sys
from collections.abc import Callable

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import pylmer
from pylmer.plots.canvas import size_axis

from .answers import pastes, profile, radon, sleep, uranium

PICTURES: dict[str, Callable[[], object]] = {
    "plot": lambda: pylmer.plot(sleep()),
    "plot of a profile": lambda: pylmer.plot(profile()),
    "plot of effects": lambda: pylmer.plot(pylmer.ranef(sleep())),
    "qqmath": lambda: pylmer.qqmath(sleep()),
    "qqmath of effects": lambda: pylmer.qqmath(pylmer.ranef(pastes()), "batch"),
    "dotplot": lambda: pylmer.dotplot(pylmer.ranef(sleep())),
    "plot_diagnostics": lambda: pylmer.plot_diagnostics(sleep()),
    "plot_profile": lambda: pylmer.plot_profile(profile(), "pairs", "beta_"),
    "plot_intercepts": lambda: pylmer.plot_intercepts(radon()),
    "plot_group_predictor": lambda: pylmer.plot_group_predictor(uranium(), "log_uranium"),
    "plot_lines": lambda: pylmer.plot_lines(radon()),
    "plot_shrinkage": lambda: pylmer.plot_shrinkage(sleep()),
    "plot_effect": lambda: pylmer.plot_effect(radon(), "floor"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_global_is_touched_and_nothing_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(mpl.rcParams)
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("show() was called"))
    drawn = PICTURES[name]()
    for ax in drawn if isinstance(drawn, list) else [drawn]:
        assert isinstance(ax, plt.Axes)
    assert len(plt.get_fignums()) == 1
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", PICTURES)
def test_without_matplotlib(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(pylmer.MissingExtraError, match=r'pip install "pylmer\[plot\]"'):
        PICTURES[name]()


@pytest.mark.parametrize(
    ("n", "marks"),
    [
        ([1, 116], "1 3 10 30 100"),
        ([4, 40], "5 10 20"),
        ([6, 8], "6 8"),
        ([7, 7], "7 7"),
        ([900, 5000], "1,000 2,000 5,000"),
    ],
)
def test_marks_of_sizes(n: list[int], marks: str) -> None:
    ax = plt.subplots()[1]
    size_axis(ax, n, "g")
    assert [label.get_text() for label in ax.get_xticklabels()] == marks.split()
