"""glm against R 4.2.2 and arm 1.13: numbers to eight digits, pages character by character."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pylmer

from .cases import CASES, CLOSE, R, columns, fitted, frame, numbers

each = pytest.mark.parametrize("name", CASES)
tabled = pytest.mark.parametrize("name", [name for name in CASES if "anova" in R["cases"][name]])
CORNERS = ("aliased",)  # R: printing rounds zeros of aliased terms as it finds them


def equal(ours: Any, r: Any, **close: float) -> None:
    np.testing.assert_allclose(np.asarray(ours, float), numbers(r), **(close or CLOSE))


def scale_of(fit: Any) -> str:
    return "F" if fit.family.has_scale else "Chisq"


@each
def test_estimates(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]
    assert list(pylmer.coef(fit).index) == r["coef"]["names"]
    equal(pylmer.coef(fit), r["coef"]["values"])
    equal(pylmer.vcov(fit), r["vcov"]["values"], rtol=1e-7, atol=1e-12)
    equal([pylmer.deviance(fit), fit.null_deviance], [r["deviance"], r["null_deviance"]])
    equal([fit.dispersion], [r["dispersion"]])
    assert [pylmer.df_residual(fit), pylmer.nobs(fit)] == [r["df_residual"], r["nobs"]]
    if name != "binomial_log":  # R needs a start there
        assert fit.optimum.iterations == r["iterations"]


@each
def test_likelihood(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]
    found = pylmer.logLik(fit)
    equal([found, pylmer.AIC(fit), pylmer.BIC(fit)], [r["logLik"], r["AIC"], r["BIC"]], rtol=1e-10)
    assert found.df == r["df"]


@each
def test_rows(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]
    equal(pylmer.fitted(fit), r["fitted"])
    equal(pylmer.predict(fit), r["link"])
    equal(pylmer.weights(fit), r["prior"])
    equal(pylmer.weights(fit, type="working"), r["working"])
    for kind, values in r["residuals"].items():
        equal(pylmer.resid(fit, type=kind), values, rtol=1e-7, atol=1e-7 if kind == "deviance" else 1e-9)
    errors = pylmer.predict(fit, se_fit=True).se_fit.to_numpy()
    wanted = numbers(r["se_link"])
    if name == "exclude":  # R: NA for the rows left out in fit, not in se.fit
        errors = errors[~np.isnan(errors)]
        wanted = wanted[~np.isnan(wanted)]
    np.testing.assert_allclose(errors, wanted, rtol=1e-7)


@each
def test_summary(name: str) -> None:
    summary, r = pylmer.summary(fitted(name)), R["cases"][name]["table"]
    assert list(summary.coefficients.columns) == r["cols"]
    assert list(summary.coefficients.index) == r["rows"]
    equal(pylmer.coef(summary), r["values"], rtol=1e-6, atol=1e-300)  # p-values of t far out


@each
def test_wald(name: str) -> None:
    ours, r = pylmer.confint(fitted(name), method="Wald"), R["cases"][name]["wald"]
    assert list(ours.columns) == r["cols"]
    equal(ours, r["values"], rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("name", [name for name in CASES if "profile" in R["cases"][name]])
def test_profile(name: str) -> None:
    """R's limits by uniroot on refits."""
    equal(pylmer.confint(fitted(name)), R["cases"][name]["profile"]["values"], rtol=2e-7)
    part = pylmer.confint(fitted(name), parm=[1], level=0.5)
    assert (part.iloc[0, 0] < fitted(name).beta[1]) & (fitted(name).beta[1] < part.iloc[0, 1])


@tabled
def test_terms_in_order(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]
    ours = pylmer.anova(fit)
    assert list(ours.columns) == r["anova"]["cols"]
    assert list(ours.index) == r["anova"]["rows"]
    equal(ours, r["anova"]["values"], rtol=1e-6, atol=1e-9)


@tabled
@pytest.mark.filterwarnings("ignore:an F test is inappropriate")
def test_terms_in_order_by_f(name: str) -> None:
    equal(pylmer.anova(fitted(name), test="F"), R["cases"][name]["anova_f"]["values"], rtol=1e-6, atol=1e-9)


@tabled
def test_terms_left_out(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]["drop1"]
    ours = pylmer.drop1(fit, test=scale_of(fit))
    assert list(ours.columns) == r["cols"]
    assert list(ours.index) == r["rows"]
    equal(ours, r["values"], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", [name for name in CASES if "smaller" in R["cases"][name]])
def test_two_models(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]
    less = pylmer.update(fit, f". ~ {r['smaller']}")
    ours = pylmer.anova(less, fit)
    equal(ours, r["compared"]["values"], rtol=1e-6, atol=1e-9)
    assert str(pylmer.anova(less, fit)).split("\n") == r["compared_page"]


@each
def test_printed_pages(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]
    if name == "binomial_log":  # R's call has the start it needs, and fewer iterations from it
        return
    assert str(fit).split("\n") == r["print"]
    assert str(pylmer.summary(fit)).split("\n") == r["summary"]
    assert str(pylmer.summary(fit, correlation=True)).split("\n") == r["correlation"]
    assert str(pylmer.display(fit)).split("\n") == r["display"]
    assert str(pylmer.family(fit)).split("\n") == r["family"]


@tabled
def test_printed_tables(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]
    assert str(pylmer.anova(fit)).split("\n") == r["anova_page"]
    assert str(pylmer.drop1(fit, test=scale_of(fit))).split("\n") == r["drop1_page"]
    assert str(pylmer.drop1(fit)).split("\n") == r["drop1_plain"]


@pytest.mark.parametrize("name", [name for name in CASES if "new" in R["cases"][name]])
def test_predictions(name: str) -> None:
    fit, r = fitted(name), R["cases"][name]["new"]
    new = columns(r["data"])
    equal(pylmer.predict(fit, new), r["link"])
    equal(pylmer.predict(fit, new, type="response"), r["response"])
    equal(pylmer.predict(fit, new, type="response", se_fit=True).se_fit, r["se"], rtol=1e-7)


@pytest.mark.parametrize("link", ["log", "sqrt"])
def test_negative_binomial(link: str) -> None:
    r = R["negative"][link]
    shown = "negative.binomial(5)" if link == "log" else 'negative.binomial(5, "sqrt")'
    fit = pylmer.glm("count ~ spray", frame("InsectSprays"), shown)
    equal(pylmer.coef(fit), r["coef"]["values"])
    equal(pylmer.coef(pylmer.summary(fit)), r["table"]["values"], rtol=1e-6)
    equal([pylmer.deviance(fit), pylmer.AIC(fit), pylmer.logLik(fit)], [r["deviance"], r["AIC"], r["logLik"]])
    assert str(pylmer.summary(fit)).split("\n") == r["summary"]
    assert str(fit).split("\n") == r["print"]
