"""What all pictures share: nothing global is touched, nothing is shown, and a missing matplotlib is named."""

from __future__ import annotations

import sys
from collections.abc import Callable

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import pylmer

from .answers import pastes, profile, radon, sleep, uranium

PICTURES: dict[str, Callable[[], object]] = {
    "plot": lambda: pylmer.plot(sleep()),
    "plot of a profile": lambda: pylmer.plot(profile()),
    "plot of effects": lambda: pylmer.plot(pylmer.ranef(sleep())),
    "qqmath": lambda: pylmer.qqmath(sleep()),
    "qqmath of effects": lambda: pylmer.qqmath(pylmer.ranef(pastes()), "batch"),
    "dotplot": lambda: pylmer.dotplot(pylmer.ranef(sleep())),
    "plot_diagnostics": lambda: pylmer.plot_diagnostics(sleep()),
    "plot_profile": lambda: pylmer.plot_profile(profile(), "pairs", "theta_"),
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
