"""The five ways of section 12.5 agree with each other and with the fit to 1e-8, though they share nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pylmer
from pylmer.partial_pooling import grouped_rows, regressions_by_group

from .models import close, fit, quietly, radon, unbalanced


@pytest.mark.parametrize("name", ["M0", "M1", "M2", "weighted"])
def test_equal_to_the_fit(name: str) -> None:
    model = fit(name)
    found, table = pylmer.five_ways(model), pylmer.pooling(model)
    assert len(found) == 5
    assert found.largest_difference < 1e-8
    for record in found.values():
        close(record.beta, model.beta, 1e-8)
        close(record.alpha, table["multilevel"], 1e-8)
        assert list(record.alpha.index) == list(table.as_frame().index)
        if record.se_beta is not None:
            close(record.se_beta, pylmer.se_fixef(model), 1e-8)
    assert [record.se_alpha is not None for record in found.values()] == [True, False, True, False, False]
    close(found["mixed-model equations"].se_alpha, found["least squares with prior rows"].se_alpha, 1e-8)


def test_other_standard_deviations() -> None:
    """Given values in place of the fitted: the fit at that theta."""
    found, at = pylmer.five_ways(fit("M2"), sigma_alpha=0.5, sigma_y=0.8), pylmer.at_theta(fit("M2"), 0.5 / 0.8)
    assert found.largest_difference < 1e-8
    for record in found.values():
        close(record.beta, at.beta, 1e-8)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from(["y ~ 1 + (1 | g)", "y ~ x + (1 | g)", "y ~ x + u + (1 | g)", "y ~ 0 + x + (1 | g)"]),
    st.floats(0.05, 5),
)
def test_drawn_data(seed: int, weights: bool, formula: str, ratio: float) -> None:
    model = quietly(formula, unbalanced(seed, weights), weights="w")
    found = pylmer.five_ways(model, sigma_alpha=ratio, sigma_y=1.0)
    assert found.largest_difference < 1e-8 * max(1, np.abs(model.rows.y).max())
    at = pylmer.at_theta(model, ratio)
    close(found["regression with correlated errors"].beta, at.beta, 1e-8)


def test_covariance_of_one_county() -> None:
    found = pylmer.five_ways(fit("M1"))
    V = found.covariance_of("AITKIN")
    a, s = found.sigma_alpha**2, found.sigma_y**2
    close(V, np.full((4, 4), a) + s * np.eye(4), 1e-15)
    with pytest.raises(pylmer.ArgumentError, match="'AITKEN' is no level of county"):
        found.covariance_of("AITKEN")


def test_the_page() -> None:
    lines = str(pylmer.five_ways(fit("M1"))).splitlines()
    assert lines[0] == "Five ways to write the model, given sigma_alpha = 0.3282224, sigma_y = 0.7555892"
    assert lines[2].split()[-3:] == ["1.461598", "-0.6929937", "1.1915"]
    assert lines[-1].startswith("largest difference, all 85 intercepts included: ")
    page = str(pylmer.five_ways(fit("M1"))["regressions by group, then of their intercepts"])
    assert "75 more intercepts are in .alpha" in page
    assert "Std. Error" not in page


def test_bad_input() -> None:
    for name in ("M3", "sleep"):
        with pytest.raises(pylmer.ArgumentError, match="one random intercept"):
            pylmer.five_ways(fit(name))
    for bad in (0, -1.0, float("nan"), "1", True):
        with pytest.raises(pylmer.ArgumentError, match="sigma_alpha must be a positive number"):
            pylmer.five_ways(fit("M1"), sigma_alpha=bad)
    with pytest.raises(pylmer.ArgumentError, match="found LmFit"):
        pylmer.five_ways(pylmer.lm("log_radon ~ floor", radon()))
    with pytest.raises(KeyError, match="mixed-model equations"):
        pylmer.five_ways(fit("M1"))["sixth"]


@pytest.mark.parametrize("sigma_alpha", [1.0, 10.0, 100.0])
@pytest.mark.parametrize("within", [0.3, 0.03, 0.01, 0.0003])
def test_hardly_pooled(within: float, sigma_alpha: float) -> None:
    """Rounds of the second way are slow where theta is large and x is nearly one of the groups' predictors."""
    rng = np.random.default_rng(0)
    g = np.repeat(np.arange(20), 8)
    x = rng.normal(size=20)[g] + within * rng.normal(size=len(g))
    y = 1 + x + rng.normal(size=20)[g] + rng.normal(size=len(g))
    model = quietly("y ~ x + (1 | g)", pd.DataFrame({"y": y, "x": x, "g": [f"g{k:02d}" for k in g]}))
    if within < 0.001 and sigma_alpha == 100:
        with pytest.raises(pylmer.NumericalError, match="a predictor varies so little within groups"):
            regressions_by_group(grouped_rows(model), sigma_alpha, 1.0)
    elif within > 0.001:
        assert pylmer.five_ways(model, sigma_alpha=sigma_alpha, sigma_y=1.0).largest_difference < 1e-8


def test_a_way_that_does_not_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pylmer.partial_pooling.ways.ROUNDS", 2)
    with pytest.raises(pylmer.NumericalError, match="had not settled after 2 rounds"):
        regressions_by_group(grouped_rows(fit("M1")), 0.3, 0.8)
