"""lm against R 4.2.2 and arm 1.13: numbers to nine digits, pages character by character."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import ArgumentError, FitNote, FormulaError

from .cases import CLOSE, DATA, LM, R, frame, numbers, table


def fitted(name: str) -> Any:
    data, formula, options = LM[name]
    return pylmer.lm(formula, frame(data), **options)


def ends(values: pd.Series) -> np.ndarray:
    return values.to_numpy()[[0, 1, 2, len(values) - 1]] if len(values) > 2 else values.to_numpy()


@pytest.mark.parametrize("name", LM)
def test_numbers(name: str) -> None:
    fit, r = fitted(name), R["lm"][name]
    assert list(pylmer.coef(fit).index) == r["coef"]["names"]
    np.testing.assert_allclose(pylmer.coef(fit), numbers(r["coef"]["values"]), **CLOSE)
    np.testing.assert_allclose(pylmer.vcov(fit), table(r["vcov"]), **CLOSE)
    np.testing.assert_allclose(pylmer.se_coef(fit), np.sqrt(np.diag(table(r["vcov"]))), **CLOSE)
    np.testing.assert_allclose(pylmer.sigma(fit), numbers(r["sigma"]), **CLOSE)
    assert pylmer.df_residual(fit) == r["df_residual"]
    assert pylmer.nobs(fit) == r["nobs"]


@pytest.mark.parametrize("name", [name for name in LM if name != "saturated"])
def test_likelihood(name: str) -> None:
    fit, r = fitted(name), R["lm"][name]
    log_likelihood = pylmer.logLik(fit)
    assert log_likelihood == pytest.approx(r["logLik"], rel=1e-12)
    assert log_likelihood.df == r["df"]
    assert log_likelihood.nobs == r["nobs"]
    assert pylmer.AIC(fit) == pytest.approx(r["AIC"], rel=1e-12)
    assert pylmer.BIC(fit) == pytest.approx(r["BIC"], rel=1e-12)
    assert pylmer.deviance(fit) == pytest.approx(r["deviance"], rel=1e-12)


@pytest.mark.parametrize("name", [name for name in LM if name != "saturated"])
def test_fitted_values_and_residuals(name: str) -> None:
    fit, r = fitted(name), R["lm"][name]
    assert len(pylmer.fitted(fit)) == r["n_fitted"]
    np.testing.assert_allclose(ends(pylmer.fitted(fit)), numbers(r["fitted"]), **CLOSE)
    np.testing.assert_allclose(ends(pylmer.resid(fit)), numbers(r["resid"]), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ends(pylmer.resid(fit, type="pearson")), numbers(r["pearson"]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", LM)
def test_summary(name: str) -> None:
    summary, r = pylmer.summary(fitted(name)), R["lm"][name]
    expected = table(r["table"])
    assert list(summary.coefficients.columns) == list(expected.columns)
    np.testing.assert_allclose(pylmer.coef(summary), expected, rtol=1e-8, atol=1e-300)
    np.testing.assert_allclose(summary.r_squared, numbers(r["r_squared"]), **CLOSE)
    np.testing.assert_allclose(summary.adj_r_squared, numbers(r["adj_r_squared"]), **CLOSE)
    if summary.fstatistic is None:
        assert not r["fstatistic"]
    else:
        np.testing.assert_allclose(summary.fstatistic, numbers(r["fstatistic"]), rtol=1e-9)


@pytest.mark.parametrize("name", LM)
def test_confint(name: str) -> None:
    fit, r = fitted(name), R["lm"][name]
    for key, level in (("confint", 0.95), ("confint90", 0.9)):
        expected = table(r[key])
        ours = pylmer.confint(fit, level=level)
        assert list(ours.columns) == list(expected.columns)
        np.testing.assert_allclose(ours, expected, **CLOSE)


@pytest.mark.parametrize("name", [name for name in LM if "newdata" in R["lm"][name]])
def test_predict(name: str) -> None:
    fit, r = fitted(name), R["lm"][name]
    new = pd.DataFrame(r["newdata"])
    ours = pylmer.predict(fit, new)  # a rank-deficient fit too: the rows can be estimated (R warns of all before 4.3)
    np.testing.assert_allclose(ours, r["predict"], **CLOSE)


@pytest.mark.parametrize("name", [name for name in LM if "newdata" in R["lm"][name] and name != "aliased"])
def test_prediction_intervals(name: str) -> None:
    fit, r = fitted(name), R["lm"][name]
    new = pd.DataFrame(r["newdata"])
    confidence = pylmer.predict(fit, new, interval="confidence")
    assert list(confidence.columns) == ["fit", "lwr", "upr"]
    np.testing.assert_allclose(confidence, r["confidence"], **CLOSE)
    weights = None if fit.rows.weights is None else 1  # R's: "Assuming constant prediction variance", with a warning
    prediction = pylmer.predict(fit, new, interval="prediction", level=0.9, weights=weights)
    np.testing.assert_allclose(prediction, r["prediction"], **CLOSE)


@pytest.mark.parametrize("name", LM)
def test_printed_pages(name: str) -> None:
    fit, r = fitted(name), R["lm"][name]
    assert str(fit).split("\n") == r["print"]
    assert str(pylmer.summary(fit)).split("\n") == r["summary"]
    assert str(pylmer.display(fit)).split("\n") == r["display"]
    assert str(pylmer.display(fit, digits=3, detail=True)).split("\n") == r["display_detail"]


@pytest.mark.parametrize("case", ["complete", "nopool"])
def test_reference_cases(case: str) -> None:
    r = json.loads((DATA / "reference" / f"dev-lm-radon-{case}.json").read_text(encoding="utf-8"))
    fit = pylmer.lm(r["formula"], frame("radon"))
    np.testing.assert_allclose(pylmer.coef(fit), r["beta"]["values"], rtol=1e-10)
    np.testing.assert_allclose(pylmer.se_coef(fit), r["beta"]["se"], rtol=1e-10)
    np.testing.assert_allclose(pylmer.vcov(fit), r["vcov"], rtol=1e-9, atol=1e-16)
    np.testing.assert_allclose(pylmer.confint(fit), r["confint"]["values"], rtol=1e-10)
    assert pylmer.sigma(fit) == pytest.approx(r["sigma"], rel=1e-12)
    assert pylmer.logLik(fit) == pytest.approx(r["logLik"], rel=1e-12)


def test_predict_without_newdata_is_fitted() -> None:
    fit = fitted("cake")
    pd.testing.assert_series_equal(pylmer.predict(fit), pylmer.fitted(fit))


def test_weights_of_one_are_no_weights() -> None:
    data = frame("radon").assign(one=1.0)
    plain, weighted = pylmer.lm("log_radon ~ floor", data), pylmer.lm("log_radon ~ floor", data, weights="one")
    pd.testing.assert_frame_equal(pylmer.vcov(plain), pylmer.vcov(weighted))
    assert pylmer.logLik(plain) == pytest.approx(pylmer.logLik(weighted), rel=1e-14)


def test_random_terms_are_refused_at_their_place() -> None:
    with pytest.raises(FormulaError, match=r"leave the term out, or use lmer\(\)\n") as caught:
        pylmer.lm("log_radon ~ floor + (1 | county)", frame("radon"))
    assert caught.value.start == "log_radon ~ floor + (1 | county)".index("(")


def test_unknown_arguments_are_refused() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'weights'"):
        pylmer.lm("log_radon ~ floor", frame("radon"), weigths="floor")
    with pytest.raises(ArgumentError, match=r"lm\(\) has no argument 'REML'; it takes formula, data, weights, subset"):
        pylmer.lm("log_radon ~ floor", frame("radon"), REML=False)


def test_a_pickled_fit_predicts() -> None:
    fit = pickle.loads(pickle.dumps(fitted("subset")))
    new = pd.DataFrame(R["lm"]["subset"]["newdata"])
    np.testing.assert_allclose(pylmer.predict(fit, new), R["lm"]["subset"]["predict"], **CLOSE)


def test_a_perfect_fit_has_an_infinite_likelihood() -> None:
    fit = pylmer.lm("y ~ 1", pd.DataFrame({"y": [2.0, 2.0, 2.0]}))
    assert pylmer.logLik(fit) == np.inf


def test_columns_of_one_name_keep_their_places() -> None:
    """Level b1 of `a` and level 1 of `ab` both make a column ab1; the second is aliased, as in R."""
    data = pd.DataFrame({"y": [1.0, 4.5, 2.0, 5.0, 3.0, 5.5], "g": list("uuvvww")})
    data = data.assign(a=["A", "b1"] * 3, ab=["0", "1"] * 3)
    fit = pylmer.lm("y ~ a + ab", data)
    assert fit.names == ("(Intercept)", "ab1", "ab1")
    np.testing.assert_allclose(fit.beta, [2, 3, np.nan])  # means 2 and 5 of the two groups
    with pytest.warns(FitNote, match="rank deficient"):
        mixed = pylmer.fixef(pylmer.lmer("y ~ a + ab + (1 | g)", data), add_dropped=True)
    assert list(mixed.index) == list(fit.names)
    np.testing.assert_array_equal(np.isnan(mixed), [False, False, True])


def test_one_row_left_out_is_one_observation() -> None:
    """R: d <- sleepstudy; d$Reaction[5] <- NA; summary(lm(Reaction ~ Days, d)), the lines on the residuals and R^2."""
    data = pylmer.datasets.load("sleepstudy")
    data.loc[4, "Reaction"] = np.nan
    page = str(pylmer.summary(pylmer.lm("Reaction ~ Days", data))).split("\n")
    start = next(k for k, line in enumerate(page) if line.startswith("Residual standard error"))
    assert page[start : start + 3] == [
        "Residual standard error: 47.61 on 177 degrees of freedom",
        "  (1 observation deleted due to missingness)",
        "Multiple R-squared:  0.2893,\tAdjusted R-squared:  0.2853 ",
    ]


@pytest.mark.parametrize(("negative", "rows"), [([7], "1 row"), ([7, 9], "2 rows")])
def test_rows_lost_to_a_function_are_counted(negative: list[int], rows: str) -> None:
    data = pylmer.datasets.load("sleepstudy")
    data.loc[negative, "Reaction"] *= -1
    data.loc[3, "Reaction"] = np.nan  # missing before the logarithm: not its doing
    text = re.escape(f"log(Reaction) is NaN in {rows} where its variables are not")
    for word, formula in ((pylmer.lm, "log(Reaction) ~ Days"), (pylmer.lmer, "log(Reaction) ~ Days + (1 | Subject)")):
        with pytest.warns(pylmer.FitNote, match=text):
            fit = word(formula, data)
        assert fit.design.n == 179 - len(negative)


def test_weights_of_zero_are_refused() -> None:
    """R's lm leaves such rows out of the degrees of freedom."""
    data = pylmer.datasets.load("sleepstudy").assign(w=[0.0] + [1.0] * 179)
    with pytest.raises(pylmer.DataError, match="weights must be positive"):
        pylmer.lm("Reaction ~ Days", data, weights="w")
