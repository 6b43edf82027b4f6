"""Tests of random effects, bootstrap tests and the case bootstrap of fits of glmer."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.engine.generalized import generalized

from .fits import cbpp
from .references import frame

CBPP = "cbind(incidence, size - incidence) ~ "


def sleep(formula, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.glmer(formula, pylmer.datasets.load("sleepstudy"), "Gamma('log')", **options)


# --- ranova ----------------------------------------------------------------------------------------------------------


def test_the_last_random_effect_is_tested_against_glm():
    """logLik of R's glm(cbind(incidence, size - incidence) ~ period, binomial): -99.02919949."""
    table = pylmer.ranova(cbpp())
    assert list(table.index) == ["<none>", "(1 | herd)"]
    assert table["logLik"].to_numpy() == pytest.approx([-184.05256 / 2, -99.02919949], abs=1e-5)
    assert table["npar"].tolist() == [5, 4]
    assert table.loc["(1 | herd)", "LRT"] == pytest.approx(2 * 99.02919949 - 184.05256, abs=1e-5)
    assert pylmer.ranova(cbpp(nAGQ=5)).loc["(1 | herd)", "logLik"] == pytest.approx(-99.02919949, abs=1e-7)
    assert pylmer.ranova(cbpp(nAGQ=0)).loc["(1 | herd)", "logLik"] == pytest.approx(-99.02919949, abs=1e-7)


@pytest.mark.parametrize(
    ("reduce_terms", "label", "logLik"),
    [(True, "Days in (Days | Subject)", -883.5783367), (False, "(Days | Subject)", -943.9339281)],
)
def test_with_a_scale_the_likelihoods_are_glmmTMB_s(reduce_terms, label, logLik):
    """logLik of glmmTMB, Gamma(log): (Days | Subject) -866.0183431, (1 | Subject), no random effects."""
    table = pylmer.ranova(sleep("Reaction ~ Days + (Days | Subject)"), reduce_terms)
    assert table["logLik"].to_numpy() == pytest.approx([-866.0183431, logLik], abs=1e-5)
    assert table.index[1] == label


def test_slopes_are_reduced_as_by_hand():
    """logLik of glmmTMB: -1199.508243 with the slope, -1206.807845 without; df 9 and 7."""
    fit = pylmer.glmer("use ~ age + urban + livch + (1 + urban | district)", frame("Contraception"), "binomial")
    table = pylmer.ranova(fit)
    assert table["logLik"].to_numpy() == pytest.approx([-1199.508243, -1206.807845], abs=1e-5)
    assert table["npar"].tolist() == [9, 7]


def test_theta_is_estimated_without_the_random_effects_too():
    """logLik of MASS::glm.nb: -87.43932471 (df 5)."""
    fit = pylmer.glmer_nb("incidence ~ period + offset(log(size)) + (1 | herd)", pylmer.datasets.load("cbpp"))
    table = pylmer.ranova(fit)
    assert table.loc["(1 | herd)", "logLik"] == pytest.approx(-87.43932471, abs=1e-6)
    assert table["npar"].tolist() == [6, 5]


# --- PBmodcomp -------------------------------------------------------------------------------------------------------


def test_the_reference_are_likelihood_ratios_of_refits():
    large, small = cbpp(), pylmer.update(cbpp(), ". ~ . - period")
    found = pylmer.PBmodcomp(large, small, nsim=4, seed=3)
    drawn = pylmer.simulate(small, nsim=4, seed=3)
    expected = []
    for k in range(1, 5):
        fits = [pylmer.refit(each, drawn[f"sim_{k}"]) for each in (large, small)]
        expected.append(2 * (float(pylmer.logLik(fits[0])) - float(pylmer.logLik(fits[1]))))
    assert found.ref == pytest.approx(expected, abs=1e-5)
    table = pylmer.anova(large, small)
    assert found.stat == pytest.approx(table["Chisq"].iloc[1], rel=1e-9)
    assert found.df == 3
    assert found.test.loc["PBtest", "p.value"] == pytest.approx((np.sum(found.ref >= found.stat) + 1) / 5)


def test_a_variance_is_tested_against_glm():
    large, small = cbpp(), pylmer.glm(CBPP + "period", pylmer.datasets.load("cbpp"), "binomial")
    found = pylmer.PBmodcomp(large, small, nsim=40, seed=1)
    assert found.stat == pytest.approx(2 * 99.02919949 - 184.05256, abs=1e-5)
    assert found.df == 1
    assert (
        np.mean(found.ref < 1e-6) > 0.2
    )  # half of a variance's ratios are zero (Self & Liang 1987); of few groups more
    assert "PBtest" in str(found)


def test_the_scale_of_a_glm_is_by_maximum_likelihood():
    """Twice the difference of glmmTMB's -883.5783367 and -943.9339281."""
    small = pylmer.glm("Reaction ~ Days", pylmer.datasets.load("sleepstudy"), "Gamma('log')")
    found = pylmer.PBmodcomp(sleep("Reaction ~ Days + (1 | Subject)"), small, nsim=5, seed=1)
    assert found.stat == pytest.approx(2 * (943.9339281 - 883.5783367), abs=1e-5)
    assert (found.ref < 20).all()


@pytest.mark.parametrize(
    ("small", "said"),
    [
        (lambda: 3, "found int"),
        (lambda: cbpp(), "nothing to test"),
        (lambda: pylmer.update(cbpp(nAGQ=5), ". ~ . - period"), "different criteria"),
        (lambda: pylmer.glm(CBPP + "period", pylmer.datasets.load("cbpp"), 'binomial("probit")'), "different families"),
        (lambda: pylmer.update(cbpp(), subset="size > 5"), "different rows"),
        (lambda: pylmer.update(cbpp(), ". ~ . + size"), "larger one"),
    ],
)
def test_what_is_not_nested_is_refused(small, said):
    with pytest.raises(pylmer.PylmerError, match=said):
        pylmer.PBmodcomp(cbpp(), small(), nsim=2)


def test_theta_of_a_glm_is_not_that_of_glmer_nb():
    data = pylmer.datasets.load("cbpp")
    formula = "incidence ~ period + offset(log(size))"
    large, small = pylmer.glmer_nb(formula + " + (1 | herd)", data), pylmer.glm(formula, data, "negative.binomial(2)")
    with pytest.raises(pylmer.ArgumentError, match=r"two fits of glmer_nb\(\)"):
        pylmer.PBmodcomp(large, small, nsim=2)
    smaller = pylmer.glmer_nb("incidence ~ 1 + offset(log(size)) + (1 | herd)", data)
    assert pylmer.PBmodcomp(large, smaller, nsim=2, seed=1).df == 3


# --- case_bootstrap --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resample", [None, (True, True)])
def test_a_replicate_is_the_fit_of_its_rows(resample):
    fits = []

    def kept(fit):
        fits.append(fit)
        return pylmer.fixef(fit)

    boot = pylmer.case_bootstrap(cbpp(), kept, nsim=3, seed=5, resample=resample)
    data = pylmer.datasets.load("cbpp")
    for r, fit in enumerate(fits[1:]):
        counts = fit.rows.response.shaped(fit.rows.y, fit.rows.index).to_numpy()
        rows = pd.DataFrame({"s": counts[:, 0], "f": counts[:, 1], "herd": fit.rows.random[0].codes})
        rows["period"] = pd.Categorical(fit.rows.variables["period"].codes + 1, categories=[1, 2, 3, 4])
        again = pylmer.glmer("cbind(s, f) ~ period + (1 | herd)", rows, "binomial")
        assert boot.t.to_numpy()[r] == pytest.approx(again.beta, abs=1e-6)
        assert pylmer.ngrps(fit)["herd"] == 15
    if resample is None:
        herds = data.groupby("herd", observed=True)["size"].sum()
        assert set(np.bincount(fits[1].rows.random[0].codes, fits[1].prior_weights)) <= set(herds)


def test_parameters_of_the_case_bootstrap_have_the_names_of_bootMer():
    boot = pylmer.case_bootstrap(sleep("Reaction ~ Days + (1 | Subject)"), nsim=2, seed=1)
    assert list(boot.t.columns) == list(pylmer.bootMer(sleep("Reaction ~ Days + (1 | Subject)"), nsim=1).t.columns)
    assert boot.n_failed == 0


def test_a_glm_is_the_model_without_random_effects():
    """R's anova(m, g): Chisq 14.0052661997 from an optimum of lme4's that is 6e-4 above the minimum (184.05313 for
    184.05256), logLik(g) -99.0291994894; beside nAGQ > 1 R refuses, because its logLik leaves out a constant there."""
    data = pylmer.datasets.load("cbpp")
    formula = "cbind(incidence, size - incidence) ~ period"
    m, g = pylmer.glmer(f"{formula} + (1 | herd)", data, "binomial"), pylmer.glm(formula, data, "binomial")
    for table in (pylmer.anova(m=m, g=g), pylmer.anova(g=g, m=m)):
        assert list(table.index) == ["g", "m"]
        assert table.loc["g", "logLik"] == pytest.approx(-99.0291994894, abs=1e-9)
        assert table.loc["m", "Chisq"] == pytest.approx(14.0052661997, abs=1e-3)
        assert list(table["npar"]) == [4, 5]
    by_quadrature = pylmer.glmer(f"{formula} + (1 | herd)", data, "binomial", nAGQ=5)
    table = pylmer.anova(g=g, m=by_quadrature)
    assert table.loc["m", "Chisq"] == pytest.approx(2 * (float(pylmer.logLik(by_quadrature)) + 99.0291994894), abs=1e-8)


def test_a_glm_beside_two_criteria_or_a_linear_model_is_refused():
    data = pylmer.datasets.load("cbpp")
    formula = "cbind(incidence, size - incidence) ~ period"
    m, g = pylmer.glmer(f"{formula} + (1 | herd)", data, "binomial"), pylmer.glm(formula, data, "binomial")
    by_quadrature = pylmer.glmer(f"{formula} + (1 | herd)", data, "binomial", nAGQ=5)
    for models in ((g, m, by_quadrature), (g, pylmer.lm("incidence ~ period", data))):
        with pytest.raises(pylmer.ArgumentError, match="different criteria"):
            pylmer.anova(*models)


def test_a_second_descent_that_fails_leaves_the_optimum_that_was_doubted(monkeypatch):
    """cbpp's -2 log L by lme4 with tolPwrss = 1e-10: 184.05256."""
    descended, begun = generalized._descended, []

    def failing(*given):
        begun.append(given)
        if len(begun) > 1:
            raise pylmer.NumericalError("no")
        return descended(*given)

    monkeypatch.setattr(generalized, "other_starts", lambda devfun, found: [found.at, found.at])
    monkeypatch.setattr(generalized, "_descended", failing)
    assert cbpp().optimum.value == pytest.approx(184.05256, abs=1e-5)
    assert len(begun) == 3
