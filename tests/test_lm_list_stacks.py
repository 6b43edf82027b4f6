"""lmList in groups of a few sizes is the lm of each group's rows, whatever was factorized together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pylmer


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Groups of 2 to 9 rows; in group 3 x is constant, in group 5 it nearly is, group 7 has two rows."""
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(60), rng.integers(3, 10, 60))
    x = rng.normal(size=len(g))
    x[g == 3] = 1.5
    x[g == 5] = 1 + 1e-9 * x[g == 5]
    frame = pd.DataFrame({"g": g, "x": x, "y": x + rng.normal(size=len(g)), "w": rng.uniform(0.5, 2, len(g))})
    return frame.drop(frame.index[g == 7][2:])


def test_each_group_is_its_own_lm(rows):
    with pytest.warns(pylmer.FitNote, match="no residual degrees of freedom"):
        fits = pylmer.lmList("y ~ x | g", rows, weights="w")
    for j, level in enumerate(fits.levels):
        own = pylmer.lm("y ~ x", rows[rows["g"] == int(level)], weights="w").solution
        found = fits.solutions[j]
        assert found.beta == pytest.approx(own.beta, rel=1e-9, abs=1e-9, nan_ok=True)
        assert found.rss == pytest.approx(own.rss, rel=1e-9, abs=1e-12)
        assert found.unscaled == pytest.approx(own.unscaled, rel=1e-9)
        assert (found.kept.tolist(), found.n_obs) == (own.kept.tolist(), own.n_obs)
        assert not found.beta.flags.writeable
        assert not found.fitted.flags.writeable
    assert fits.solutions[3].kept.tolist() == [0]
    assert fits.solutions[5].kept.tolist() == [0]
