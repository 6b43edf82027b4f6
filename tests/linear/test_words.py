"""Names of confidence limits, as R 4.2.2's format(100 * c(a, 1 - a), digits = 3) writes them."""

from __future__ import annotations

import pytest

from pylmer.inference.intervals import limit_names


@pytest.mark.parametrize(
    ("level", "names"),
    [
        (0.95, ("2.5 %", "97.5 %")),
        (0.999, ("0.05 %", "99.95 %")),
        (0.5, ("25 %", "75 %")),
        (0.9, ("5 %", "95 %")),
        (0.99, ("0.5 %", "99.5 %")),
    ],
)
def test_limit_names(level: float, names: tuple[str, str]) -> None:
    assert limit_names(level) == names
