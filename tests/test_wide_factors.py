"""A factor of many levels among the fixed effects is absorbed: every word says what it says without that."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import NumericalError

FORMULA = "y ~ f + x + (1 | g)"


def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n, levels, groups = 1200, 70, 90
    f, g, x = rng.integers(0, levels, n), rng.integers(0, groups, n), rng.normal(size=n)
    y = rng.normal(size=levels)[f] + 0.5 * x + 0.8 * rng.normal(size=groups)[g] + rng.normal(size=n)
    return pd.DataFrame({"y": y, "x": x, "f": [f"l{i:02d}" for i in f], "g": [f"g{i:02d}" for i in g], "w": 1.0 + x**2})


@pytest.fixture(scope="module")
def fits() -> tuple[Any, Any]:
    """Absorbed, and with all columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pylmer.fit.devfun.WIDE", 50)
        absorbed = pylmer.lmer(FORMULA, data())
    return absorbed, pylmer.lmer(FORMULA, data())


def numbers(value: Any) -> Any:
    frame = pd.DataFrame(value)
    return frame.select_dtypes("number").to_numpy(float)


WORDS: dict[str, Callable[[Any], Any]] = {
    "fixef": lambda fit: fit.fixef(),
    "ranef": lambda fit: fit.ranef()["g"],
    "vcov": lambda fit: fit.vcov(),
    "resid": lambda fit: fit.resid(),
    "predict": lambda fit: fit.predict(data().head(20)),
    "anova": lambda fit: fit.anova(),
    "summary": lambda fit: fit.summary().coefficients,
    "logLik": lambda fit: [float(fit.logLik()), fit.nobs(), fit.AIC(), fit.BIC()],
    "Wald": lambda fit: fit.confint(method="Wald"),
    "emmeans": lambda fit: (
        pylmer.emmeans(fit, "f").to_frame() if hasattr(pylmer.emmeans(fit, "f"), "to_frame") else [0]
    ),
    "VarCorr": lambda fit: [fit.theta[0], fit.sigma],
    "criterion": lambda fit: [fit.devfun([0.7]), fit.devfun([1.3])],
}


@pytest.mark.parametrize("word", WORDS)
def test_words(word: str, fits: tuple[Any, Any]) -> None:
    one, two = (numbers(WORDS[word](fit)) for fit in fits)
    assert one.shape == two.shape
    assert np.allclose(one, two, rtol=1e-6, atol=1e-6, equal_nan=True)


def test_estimates_form_nothing_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit, its print, coefficients, variances and criteria never need the sums of all columns."""
    monkeypatch.setattr("pylmer.fit.devfun.WIDE", 50)
    monkeypatch.setattr("pylmer.fit.wide.LARGEST", 100)
    fit = pylmer.lmer(FORMULA, data())
    assert fit.devfun.absorbed is not None
    assert len(fit.fixef()) == 71
    assert fit.vcov().shape == (71, 71)
    assert np.isfinite([float(fit.logLik()), fit.AIC(), fit.sigma]).all()
    assert "fl69" in str(fit)
    assert len(fit.resid()) == fit.nobs() == 1200
    with pytest.raises(NumericalError, match="71 fixed effects beside 90 random effects"):
        fit.anova()


def test_weights_and_maximum_likelihood(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pylmer.lmer(FORMULA, data(), REML=False, weights="w")
    monkeypatch.setattr("pylmer.fit.devfun.WIDE", 50)
    absorbed = pylmer.lmer(FORMULA, data(), REML=False, weights="w")
    assert absorbed.devfun.absorbed is not None
    assert np.isclose(float(absorbed.logLik()), float(whole.logLik()), rtol=1e-12)
    assert np.allclose(absorbed.fixef(), whole.fixef(), rtol=1e-7)


def test_pickled_refitted_and_updated(fits: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    absorbed, whole = fits
    again = pickle.loads(pickle.dumps(absorbed))
    assert np.array_equal(again.fixef(), absorbed.fixef())
    assert np.allclose(again.vcov(), whole.vcov(), rtol=1e-6)
    monkeypatch.setattr("pylmer.fit.devfun.WIDE", 50)
    y = data()["y"] + data()["x"]
    one, two = (pylmer.refit(fit, y) for fit in fits)
    assert one.devfun.absorbed is not None
    assert np.allclose(one.fixef(), two.fixef(), rtol=1e-6)
    assert np.isclose(*(pylmer.update(fit, ". ~ . - x").sigma for fit in fits), rtol=1e-7)
