"""Tests, intervals and refits of generalized fits, against lme4's tables and by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import pylmer

from .golden import GOLDEN, LRT, fit_of, fitted, numbers
from .references import frame

CASES = ("cbpp", "cbpp-agq5", "epil", "contraception-slope", "sleep-gamma-log", "mmmec")


@pytest.mark.parametrize("name", CASES)
def test_the_sequential_table_is_lme4_s(name):
    found, expected = pylmer.anova(fit_of(name)), GOLDEN[name]["anova"]
    assert list(found.index) == expected["rows"]
    assert list(found.columns) == expected["cols"]
    assert found.to_numpy(float) == pytest.approx(numbers(expected["values"]), rel=1e-3)


@pytest.mark.parametrize("name", ["cbpp", "contraception"])
def test_two_models_have_lme4_s_likelihood_ratio(name):
    case = LRT[name]
    models = [fitted(case[which], case["dataset"], case["family"]) for which in ("formula", "formula2")]
    found, expected = pylmer.anova(*models), numbers(case["table"]["values"])
    assert found.to_numpy(float) == pytest.approx(expected, rel=1e-5, nan_ok=True)


def test_models_of_different_criteria_are_not_compared():
    laplace, quadrature = fit_of("cbpp"), fit_of("cbpp-agq5")
    with pytest.raises(pylmer.ArgumentError, match=r"different criteria.*quadrature with 5 nodes"):
        pylmer.anova(laplace, quadrature)


def test_models_with_and_without_a_family_are_not_compared():
    linear = pylmer.lmer("y ~ lage + (1 | subject)", frame("epil"), REML=False)
    with pytest.raises(pylmer.ArgumentError, match="likelihood of a linear model"):
        pylmer.anova(fit_of("epil"), linear)


@pytest.mark.parametrize(("options", "said"), [({"ddf": "Kenward-Roger"}, "z tests"), ({"type": 3}, "Anova")])
def test_what_the_table_of_one_fit_cannot_be(options, said):
    with pytest.raises(pylmer.ArgumentError, match=said):
        pylmer.anova(fit_of("cbpp"), **options)


@pytest.mark.parametrize("name", ["cbpp", "bacteria", "epil"])
def test_drop1_is_lme4_s(name):
    """R's is of its default fit, whose criterion is good to 1e-3."""
    found, expected = pylmer.drop1(fit_of(name), test="Chisq"), GOLDEN[name]["drop1"]
    assert list(found.index) == expected["rows"]
    values = numbers(expected["values"])
    assert found.iloc[:, :3].to_numpy(float) == pytest.approx(values[:, :3], rel=2e-3, abs=5e-3, nan_ok=True)
    assert found.iloc[:, 3].to_numpy(float) == pytest.approx(values[:, 3], rel=2e-2, nan_ok=True)


def test_anova_of_car_is_wald_s_chi_square():
    """beta' V^-1 beta of the term's columns, V from the Hessian."""
    fit = fit_of("cbpp")
    V, b = pylmer.vcov(fit).to_numpy()[1:, 1:], fit.beta[1:]
    expected = float(b @ np.linalg.solve(V, b))
    table = pylmer.Anova(fit)
    assert table.loc["period", "Chisq"] == pytest.approx(expected, rel=1e-9)
    assert table.loc["period", "Pr(>Chisq)"] == pytest.approx(stats.chi2.sf(expected, 3), rel=1e-9)
    assert pylmer.Anova(fit, type=3).loc["(Intercept)", "Chisq"] == pytest.approx(
        fit.beta[0] ** 2 / pylmer.vcov(fit).to_numpy()[0, 0], rel=1e-9
    )
    with pytest.raises(pylmer.ArgumentError, match="test='F'"):
        pylmer.Anova(fit, test="F")


@pytest.mark.parametrize("name", CASES)
def test_wald_limits_are_lme4_s(name):
    found, expected = pylmer.confint(fit_of(name), method="Wald"), GOLDEN[name]["confint_wald"]
    assert list(found.index) == expected["rows"]
    assert found.to_numpy(float) == pytest.approx(numbers(expected["values"]), rel=2e-3, abs=1e-3, nan_ok=True)


@pytest.mark.parametrize("name", [name for name in ("cbpp", "epil", "bacteria") if "confint_profile" in GOLDEN[name]])
def test_profile_limits_are_lme4_s(name):
    """R interpolates its profile of the default fit: good to 1e-3 of the width."""
    found, expected = pylmer.confint(fit_of(name)), GOLDEN[name]["confint_profile"]
    assert list(found.index) == expected["rows"]
    values = numbers(expected["values"])
    width = values[:, 1] - values[:, 0]
    assert np.max(np.abs(found.to_numpy(float) - values) / width[:, None]) < 5e-3


def test_a_profile_s_limits_have_the_quantile_s_likelihood_ratio():
    """At the limit of period2 the criterion, minimized by another route, is chi-square's quantile above the minimum."""
    fit = fit_of("cbpp")
    high = pylmer.confint(fit, "period2").to_numpy()[0, 1]
    held = fitted(
        "cbind(incidence, size - incidence) ~ I(period == '3') + I(period == '4') + (1 | herd)",
        "cbpp",
        "binomial",
        offset=high * (pylmer.datasets.load("cbpp")["period"].astype(str) == "2").to_numpy(float),
    )
    assert held.optimum.value - fit.optimum.value == pytest.approx(stats.chi2.ppf(0.95, 1), abs=2e-3)


def test_the_profile_frame_has_all_parameters_and_its_zeta():
    fit = fit_of("cbpp")
    found = pylmer.profile(fit, ["(Intercept)", ".sig01"])
    assert list(found.frame.columns) == [".zeta", *found.names, ".par"]
    own = found.frame[found.frame[".par"] == "(Intercept)"]
    assert (np.diff(own[".zeta"]) > 0).all()
    assert (np.diff(own["(Intercept)"]) > 0).all()
    at_optimum = own.iloc[int(np.argmin(np.abs(own[".zeta"])))]
    assert at_optimum["period2"] == pytest.approx(fit.beta[1], rel=1e-6)


@pytest.mark.parametrize(("name", "said"), [("sleep-gamma-log", "scale"), ("cbpp-agq0", "nAGQ=0")])
def test_what_has_no_profile_says_so(name, said):
    with pytest.raises(pylmer.ArgumentError, match=said):
        pylmer.confint(fit_of(name))


# --- refits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cbpp", "cbpp-prop", "epil", "contraception-slope"])
def test_a_refit_of_its_own_response_is_the_fit(name):
    fit = fit_of(name)
    own = fit.rows.response.shaped(fit.rows.y, fit.rows.index)
    again = pylmer.refit(fit, own)
    assert again.beta == pytest.approx(fit.beta, rel=1e-6, abs=1e-8)
    assert again.optimum.value == pytest.approx(fit.optimum.value, rel=1e-10)


def test_a_refit_brings_new_totals():
    data = pylmer.datasets.load("cbpp")
    fit = fit_of("cbpp")
    doubled = np.column_stack([2 * data["incidence"], 2 * (data["size"] - data["incidence"])])
    again = pylmer.refit(fit, doubled)
    assert (again.prior_weights == 2 * fit.prior_weights).all()
    twice = data.assign(i=2 * data["incidence"], s=2 * data["size"])
    other = pylmer.glmer("cbind(i, s - i) ~ period + (1 | herd)", twice, "binomial")
    assert again.beta == pytest.approx(other.beta, abs=1e-5)
    assert pylmer.update(again, ". ~ . - period").prior_weights.sum() == 2 * data["size"].sum()


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (np.ones(56), "two columns"),
        (np.ones((3, 2)), "3 values"),
        (np.full((56, 2), np.nan), "missing|wants counts"),
        (np.ones((56, 3)), "3 columns"),
    ],
)
def test_a_wrong_response_is_refused(response, said):
    with pytest.raises(pylmer.DataError, match=said):
        pylmer.refit(fit_of("cbpp"), response)


def test_update_changes_formula_family_and_quadrature():
    fit = pylmer.glmer(GOLDEN["cbpp"]["formula"], pylmer.datasets.load("cbpp"), "binomial")
    assert pylmer.update(fit, nAGQ=5).optimum.value == pytest.approx(fit_of("cbpp-agq5").optimum.value, rel=1e-9)
    smaller = pylmer.update(fit, ". ~ . - period")
    assert smaller.design.X_names == ("(Intercept)",)
    assert 'family = "binomial"' in str(smaller.call)
    assert pylmer.update(fit, family='binomial("probit")').family.link.name == "probit"
    with pytest.raises(pylmer.ArgumentError, match="REML"):
        pylmer.update(fit, REML=True)


# --- bootstrap -------------------------------------------------------------------------------------------------------


def test_the_bootstrap_s_replicates_are_refits_of_simulated_responses():
    fit = fit_of("cbpp")
    boot = pylmer.bootMer(fit, pylmer.fixef, nsim=3, seed=7)
    drawn = pylmer.simulate(fit, nsim=3, seed=7)
    for r in range(3):
        assert boot.t.to_numpy()[r] == pytest.approx(pylmer.refit(fit, drawn[f"sim_{r + 1}"]).beta, abs=1e-6)


def test_bootstrap_limits_have_the_names_of_the_parameters():
    found = pylmer.confint(fit_of("cbpp"), method="boot", nsim=30, seed=1, boot_type="norm")
    assert list(found.index) == [".sig01", *fit_of("cbpp").design.X_names]
    assert (found.iloc[:, 0] < found.iloc[:, 1]).all()


def test_a_function_of_the_fit_is_bootstrapped():
    fit = fit_of("epil")
    boot = pylmer.bootMer(fit, lambda each: pylmer.predict(each, type="response").head(2), nsim=2, seed=1)
    assert boot.t0.to_numpy() == pytest.approx(fit.mu[:2])
    assert boot.n_failed == 0
