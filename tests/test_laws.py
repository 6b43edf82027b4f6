"""Laws that any fit must obey (design.md section 7), on drawn data sets."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pylmer

LAWFUL = settings(max_examples=15, deadline=None)
SEEDS = st.integers(0, 10**6)
SLOPES = "y ~ x + (x | g)"
CROSSED = "y ~ x + (1 | g) + (1 | h)"
FORMULAS = st.sampled_from([SLOPES, CROSSED, "y ~ x + z + (1 + x || g) + (1 | h)", "y ~ x + (1 | g)"])


def draw(seed: int, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    g, h = rng.permutation(np.arange(n) % 10), rng.permutation(np.arange(n) % 6)
    x, z = rng.normal(size=n), rng.normal(size=n)
    y = 2 + x + 1.5 * rng.normal(size=10)[g] + rng.normal(size=10)[g] * x + rng.normal(size=6)[h] + rng.normal(size=n)
    return pd.DataFrame({"y": y, "x": x, "z": z, "g": [f"g{k}" for k in g], "h": [f"h{k}" for k in h]})


def fit(formula: str, data: pd.DataFrame, **given: Any) -> pylmer.LmerFit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula, data, **given)


def close(a: Any, b: Any, tolerance: float = 1e-6) -> None:
    a, b = np.asarray(a, float), np.asarray(b, float)
    assert np.all(np.abs(a - b) <= tolerance * np.maximum(1.0, np.abs(b)))


def same_fit(a: pylmer.LmerFit, b: pylmer.LmerFit) -> None:
    close(a.optimum.value, b.optimum.value, 1e-9)
    close(a.beta, b.beta)
    close(a.sigma, b.sigma)


@LAWFUL
@given(FORMULAS, SEEDS)
def test_the_order_of_rows_is_nothing(formula: str, seed: int) -> None:
    data = draw(seed)
    shuffled = data.sample(frac=1, random_state=seed)
    one, two = fit(formula, data), fit(formula, shuffled)
    same_fit(one, two)
    close(pylmer.ranef(one)["g"], pylmer.ranef(two)["g"], 1e-5)
    close(pylmer.fitted(one).loc[shuffled.index], pylmer.fitted(two), 1e-5)


@LAWFUL
@given(FORMULAS, SEEDS)
def test_the_names_of_levels_are_nothing(formula: str, seed: int) -> None:
    data = draw(seed)
    renamed = data.assign(g=data["g"].map({f"g{k}": f"level {(7 * k) % 10}" for k in range(10)}))
    one, two = fit(formula, data), fit(formula, renamed)
    same_fit(one, two)
    moved = pylmer.ranef(two)["g"].loc[[f"level {(7 * k) % 10}" for k in range(10)]]
    close(pylmer.ranef(one)["g"].loc[[f"g{k}" for k in range(10)]], moved, 1e-5)


@LAWFUL
@given(SEEDS)
def test_the_order_of_terms_is_nothing(seed: int) -> None:
    data = draw(seed)
    same_fit(fit(CROSSED, data), fit("y ~ (1 | h) + x + (1 | g)", data))


@LAWFUL
@given(FORMULAS, SEEDS, st.sampled_from([-3.0, 1e-6, 0.5, 1e5]), st.floats(-1e4, 1e4))
def test_scaling_and_shifting_the_response(formula: str, seed: int, a: float, c: float) -> None:
    data = draw(seed)
    one = fit(formula, data)
    two = fit(formula, data.assign(y=a * data["y"] + c + 2 * c * data["x"]))
    moved = a * one.beta
    moved[:2] += (c, 2 * c)
    se = abs(a) * np.asarray(pylmer.se_fixef(one))
    assert np.max(np.abs(two.beta - moved) / se) <= 1e-4
    close(two.sigma / abs(a), one.sigma, 1e-5)
    n_log = (pylmer.nobs(one) - len(one.beta)) * 2 * np.log(abs(a))
    assert abs(two.optimum.value - one.optimum.value - n_log) <= 1e-6 * abs(one.optimum.value) + 1e-6


@LAWFUL
@given(FORMULAS, SEEDS, st.floats(0.01, 100))
def test_weights(formula: str, seed: int, c: float) -> None:
    data = draw(seed)
    plain = fit(formula, data)
    same_fit(plain, fit(formula, data, weights=np.ones(len(data))))
    w = np.random.default_rng(seed).uniform(0.5, 2, len(data))
    one, two = fit(formula, data, weights=w), fit(formula, data, weights=c * w)
    close(two.beta, one.beta, 1e-5)
    close(two.sigma, np.sqrt(c) * one.sigma, 1e-5)
    close(pylmer.VarCorr(two)["g"], pylmer.VarCorr(one)["g"], 1e-3)


@LAWFUL
@given(SEEDS, st.booleans())
def test_theta_zero_is_least_squares(seed: int, REML: bool) -> None:
    data = draw(seed)
    devfun = pylmer.lmer(SLOPES, data, REML, devFunOnly=True)
    X, y = np.column_stack([np.ones(len(data)), data["x"]]), data["y"].to_numpy()
    beta, rss = np.linalg.lstsq(X, y, rcond=None)[:2]
    m = len(y) - 2 if REML else len(y)
    expected = m * (1 + np.log(2 * np.pi * rss[0] / m)) + REML * np.linalg.slogdet(X.T @ X)[1]
    close(devfun([0, 0, 0]), expected, 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)  # it is singular, and not the optimum
        at = pylmer.mkMerMod(devfun, pylmer.optimizeLmer(devfun, lambda f, start, *_: 0 * start))
    close(at.beta, beta, 1e-10)


@LAWFUL
@given(FORMULAS, SEEDS)
def test_predicting_the_training_data_is_fitted(formula: str, seed: int) -> None:
    data = draw(seed)
    one = fit(formula, data)
    close(pylmer.predict(one, data), pylmer.fitted(one), 1e-10)
    close(pylmer.predict(one), pylmer.fitted(one), 0.0)


@LAWFUL
@given(SEEDS)
def test_partial_pooling_is_a_precision_weighted_average(seed: int) -> None:
    """Gelman & Hill 2007, 12.4: exact with mu = fixef, the form with a predictor."""
    data = draw(seed)
    one = fit("y ~ x + (1 | g)", data)
    residual = data["y"] - one.beta[1] * data["x"]
    groups = residual.groupby(data["g"])
    n, mean = groups.size(), groups.mean()
    precision_y = n / one.sigma**2
    precision_alpha = 1 / max(pylmer.VarCorr(one)["g"].iloc[0, 0], 1e-300)
    average = (precision_y * mean + precision_alpha * one.beta[0]) / (precision_y + precision_alpha)
    close(pylmer.coef(one)["g"]["(Intercept)"], average.loc[pylmer.coef(one)["g"].index], 1e-8)


@pytest.mark.parametrize("formula", [SLOPES, CROSSED])
def test_both_engines_fit_the_same(formula: str) -> None:
    data = draw(3)
    same_fit(fit(formula, data), fit(formula, data, control=pylmer.lmerControl(engine="dense")))


def test_the_wrong_boundary_is_left() -> None:
    """design.md 5: lme4's default stops at 2132.235; the best known is 2126.5794."""
    M4 = fit("log_radon ~ floor * log_uranium + (1 + floor | county)", pylmer.datasets.load("radon"))
    assert M4.optimum.value == pytest.approx(2126.5794, abs=5e-5)


@pytest.mark.parametrize("optimizer", ["bobyqa", "Nelder_Mead", "nloptwrap", "nlminbwrap"])
def test_other_optimizers_agree(optimizer: str) -> None:
    sleep = pylmer.datasets.load("sleepstudy")
    ours = fit("Reaction ~ Days + (Days | Subject)", sleep)
    with pytest.warns(pylmer.FitNote, match="is scipy's"):
        other = pylmer.lmer(
            "Reaction ~ Days + (Days | Subject)", sleep, control=pylmer.lmerControl(optimizer=optimizer)
        )
    assert ours.optimum.value <= other.optimum.value + 1e-9
    assert other.optimum.value == pytest.approx(ours.optimum.value, abs=1e-4)
