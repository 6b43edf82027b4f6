"""plot_criterion draws the numbers of criterion_curve, which are tested against lme4's criterion."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import pylmer
from tests.partial_pooling.models import fit, quietly, radon


@pytest.mark.parametrize("REML", [True, False])
def test_curve_optimum_and_limits(REML: bool) -> None:
    curve, ax = pylmer.criterion_curve(fit("M1", REML)), pylmer.plot_criterion(fit("M1", REML))
    complete, asymptote, line, point = (np.asarray(drawn.get_data(), float) for drawn in ax.lines)
    np.testing.assert_array_equal(line, [curve.theta, curve.value])
    np.testing.assert_array_equal(point[:, 0], [curve.at, curve.lowest])
    np.testing.assert_array_equal(complete[1], [curve.complete, curve.complete])
    np.testing.assert_array_equal(asymptote[1], curve.asymptote(curve.theta))
    assert ax.get_ylabel() == ("REML criterion" if REML else "deviance")
    assert ax.get_xlabel() == "θ = σ(county) / σ(residual)"
    assert ax.get_xscale() == "log"
    words = [text.get_text() for text in ax.texts]
    assert words[:2] == ["complete pooling\nθ → 0", "no pooling\nθ → ∞"]
    assert words[2] == f"θ = {curve.at:.3g}"
    low, high = ax.get_ylim()
    assert low < curve.lowest < curve.complete < high


def test_optimum_at_complete_pooling() -> None:
    ax = pylmer.plot_criterion(quietly("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2")))
    assert len(ax.lines) == 3
    assert len(ax.texts) == 2


def test_given_axes_and_bad_input() -> None:
    _, ax = plt.subplots()
    assert pylmer.plot_criterion(fit("M2"), ax=ax) is ax
    with pytest.raises(pylmer.ArgumentError, match="this model has 3"):
        pylmer.plot_criterion(fit("M3"))
    with pytest.raises(pylmer.ArgumentError, match="found LmFit"):
        pylmer.plot_criterion(pylmer.lm("log_radon ~ floor", radon()))
