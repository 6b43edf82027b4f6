"""One pass over the rows: the deviance where its parts are much larger than itself."""

from __future__ import annotations

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest

from pylmer import families
from pylmer.families.row_pass import row_pass

N = 500


@pytest.mark.parametrize("weights", [1.0, 3.0])
def test_deviance_of_large_counts(weights):
    """Of each row y (e^d - 1 - d), exactly, d the distance of eta from log y."""
    rng = np.random.default_rng(0)
    y = rng.integers(500_000, 2_000_000, N).astype(float)
    eta = np.log(y) + rng.normal(0, 1e-3, N)
    deviance = row_pass(families.poisson(), y, np.full(N, weights))(eta)[0]
    exact = 2 * weights * math.fsum(_row(a, b) for a, b in zip(y.tolist(), eta.tolist(), strict=True))
    assert deviance == pytest.approx(exact, abs=5e-7)


def _row(y: float, eta: float) -> float:
    getcontext().prec = 40
    d = Decimal(eta) - Decimal(y).ln()
    return float(Decimal(y) * (d.exp() - 1 - d))


def test_no_counts():
    D, g, W = row_pass(families.poisson(), np.zeros(3))(np.zeros(3))
    assert (D, g.tolist(), W.tolist()) == (6.0, [1.0] * 3, [1.0] * 3)
