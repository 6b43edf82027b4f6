"""Spreads of columns, and which are of zeros and ones, for the check of scales; levels that occur late."""

from __future__ import annotations

import numpy as np
import pytest

from pylmer.design.scales import _is_indicator, _spread
from pylmer.functions.factors import compress
from pylmer.numerics.linalg import CHUNK

rng = np.random.default_rng(1)
X = rng.normal(size=4000)


@pytest.mark.parametrize("moved", [X, X + 5, X + 1e4, 1e-9 * X + 1e3, 1e200 * X, 1e-200 * X, np.arange(4000.0)])
def test_spread(moved: np.ndarray) -> None:
    with np.errstate(over="ignore", under="ignore"):
        unit = np.abs(moved).max()
        assert _spread(moved) == pytest.approx(unit * (moved / unit).std(ddof=1), rel=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_columns_of_zeros_and_ones_have_none(value: float) -> None:
    assert _spread(np.full(5000, value)) is None
    assert _spread((X > 0).astype(float)) is None


@pytest.mark.parametrize(
    ("values", "indicator"),
    [([0, 1, 1], True), ([0, 0], True), ([1, 1], True), ([0, 0.5, 1], False), ([2, 2], False), ([-1, 1], False)],
)
def test_indicator(values: list[float], indicator: bool) -> None:
    assert _is_indicator(np.array(values, float)) is indicator
    assert _spread(np.array([0.0] * 2000 + values)) is None or not indicator


@pytest.mark.parametrize("integer", [np.int8, np.int32, np.int64])
def test_levels_that_occur_late_or_never(integer: type) -> None:
    codes = np.zeros(3 * CHUNK, dtype=integer)
    codes[-1], codes[CHUNK] = 2, -1
    found, used = compress(codes, 3)
    assert used.tolist() == [0, 2]
    assert (found[-1], found[CHUNK], found[0]) == (1, -1, 0)
    codes[2 * CHUNK] = 1
    assert compress(codes, 3)[1].tolist() == [0, 1, 2]
    assert compress(codes, 3)[0] is codes
