"""The words of a fit of glmer against lme4 (tests/data/glmm/words.json), as far as lme4's own answers are good."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pylmer

from .fits import OTHER_MINIMUM, SCALED, WORDS, cbpp, fitted, off

NAMES = [name for name in WORDS if name != OTHER_MINIMUM]
QUADRATURE = [name for name in NAMES if WORDS[name]["nAGQ"] > 1]  # R leaves a constant out of their likelihood
FIXED_THETA = "dev-glmm-grouse-nb2"  # R counts it as a parameter


def loose(case):
    """lme4's optimum of several factors is a rough one."""
    return 20 if case["weak"] else 1


@pytest.mark.parametrize("name", NAMES)
def test_random_effects(name):
    case, fit = WORDS[name], fitted(name)
    modes, coefficients = pylmer.ranef(fit), pylmer.coef(fit)
    assert list(modes) == list(case["ranef"])
    for group, wanted in case["ranef"].items():
        found, sd = modes[group], np.sqrt(max(wanted["sumsq"]) / len(modes[group]))
        assert list(found.columns) == wanted["columns"]
        assert list(found.index[:5]) == wanted["levels"]
        assert off(found.to_numpy()[:5], wanted["values"], sd) < 1e-3 * loose(case)
        assert off((found**2).sum(), wanted["sumsq"]) < 1e-3 * loose(case)
    for group, V in case["ranef_condvar"].items():
        assert off(modes.cond_var[group][: len(V)], V, np.max(np.abs(V))) < 2e-3 * loose(case)
    for group, wanted in case["ranef_variances"].items():
        errors = pylmer.se_ranef(fit)[group].to_numpy()[: len(wanted)]
        assert errors == pytest.approx(np.sqrt(wanted), rel=5e-3 * loose(case), abs=1e-5)
    for group, wanted in case["coef"].items():
        assert list(coefficients[group].columns) == wanted["columns"]
        scale = np.maximum(np.abs(np.array(wanted["values"])), 0.1)
        assert np.max(np.abs(coefficients[group].to_numpy()[:5] - wanted["values"]) / scale) < 1e-2 * loose(case)


@pytest.mark.parametrize("name", NAMES)
def test_variances(name):
    case, fit = WORDS[name], fitted(name)
    table, wanted = pylmer.VarCorr(fit).as_frame(), case["varcorr"]
    assert list(table["grp"]) == wanted["grp"]
    assert list(table["var1"]) == wanted["var1"]
    assert off(table["sdcor"], wanted["sdcor"], 1e-2) < 1e-3 * loose(case)
    assert off(table["vcov"], wanted["vcov"], 1e-2) < 2e-3 * loose(case)
    assert ("Residual" in list(table["grp"])) == (case["family"] in SCALED)
    assert pylmer.sigma(fit) == pytest.approx(case["sigma"], rel=1e-5)
    assert pylmer.isSingular(fit) == case["isSingular"]
    assert pylmer.ngrps(fit).to_dict() == dict(
        zip(np.atleast_1d(case["groups"]["names"]), np.atleast_1d(case["groups"]["n_levels"]), strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
def test_fixed_effects(name):
    case, fit = WORDS[name], fitted(name)
    names, se = case["beta"]["names"], np.array(case["beta"]["se_rx"])
    assert list(pylmer.fixef(fit).index) == names
    assert np.max(np.abs(pylmer.fixef(fit).to_numpy() - case["beta"]["values"]) / se) < 5e-3 * loose(case)
    by_rx = pylmer.vcov(fit, use_hessian=False)
    assert list(by_rx.index) == list(by_rx.columns) == names
    assert np.max(np.abs(by_rx.to_numpy() - case["vcov_rx"]) / np.outer(se, se)) < 2e-3 * loose(case)
    assert pylmer.se_fixef(fit, use_hessian=False).to_numpy() == pytest.approx(se, rel=1e-3 * loose(case))
    by_hessian = pylmer.vcov(fit)
    assert pylmer.se_fixef(fit).to_numpy() == pytest.approx(np.sqrt(np.diag(by_hessian)), rel=1e-12)
    if case["nAGQ"] == 0:
        assert by_hessian.to_numpy() == pytest.approx(by_rx.to_numpy(), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_likelihood(name):
    case, fit = WORDS[name], fitted(name)
    likelihood = pylmer.logLik(fit)
    df = case["df"] - (name == FIXED_THETA)
    assert (likelihood.df, likelihood.nobs, pylmer.df_residual(fit)) == (df, case["n"], case["n"] - df)
    assert pylmer.AIC(fit) == pytest.approx(-2 * likelihood + 2 * df, rel=1e-12)
    assert pylmer.BIC(fit) == pytest.approx(-2 * likelihood + np.log(case["n"]) * df, rel=1e-12)
    assert pylmer.deviance(fit) == pytest.approx(case["deviance"], rel=1e-4 * loose(case))
    if name not in QUADRATURE:
        assert -1e-5 < likelihood - case["logLik"] < (3e-3 if case["weak"] else 2e-4)


def test_quadrature_keeps_the_constant_that_r_leaves_out():
    """R: logLik(nAGQ = 25) is -50.0048; the constant is the log of prod choose(size, s) p^s (1 - p)^f at p = s/size."""
    constant = pylmer.logLik(fitted("dev-glmm-cbpp-agq25")) - WORDS["dev-glmm-cbpp-agq25"]["logLik"]
    y, n = (pylmer.datasets.load("cbpp")[column].to_numpy() for column in ("incidence", "size"))
    from scipy import stats

    assert constant == pytest.approx(float(stats.binom.logpmf(y, n, y / n).sum()), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_rows(name):
    case, fit = WORDS[name], fitted(name)
    eta = case["linear_predictor_first5"]
    assert off(fit.eta[:5], eta, 0.1) < 2e-3 * loose(case)
    assert off(pylmer.fitted(fit)[:5], case["fitted_first5"], 1e-2) < 1e-3 * loose(case)
    for kind in ("response", "pearson", "deviance", "working"):
        assert off(pylmer.resid(fit, kind)[:5], case["residuals_first5"][kind], 0.1) < 2e-3 * loose(case)
    scaled = case["residuals_first5"]["pearson_scaled"]
    assert off(pylmer.resid(fit, "pearson", scaled=True)[:5], scaled, 0.1) < 2e-3 * loose(case)
    assert off(pylmer.weights(fit)[:5], case["prior_weights_first5"]) == 0
    assert off(pylmer.weights(fit, "working")[:5], case["working_weights_first5"], 0.1) < 2e-3 * loose(case)


def test_deviance_is_the_sum_of_squared_residuals():
    fit = cbpp()
    assert pylmer.deviance(fit) == pytest.approx((pylmer.resid(fit) ** 2).sum(), rel=1e-12)
    assert list(pylmer.resid(fit).index) == list(range(56))


def test_components():
    """R: getME(gm1, ...), ldRX2 and ldL2 to the digits to which its weights are the last ones."""
    fit = cbpp()
    assert pylmer.getME(fit, "theta")["herd.(Intercept)"] == pytest.approx(0.64206, abs=5e-4)
    sizes = pylmer.getME(fit, ["N", "p", "q", "REML", "is_REML"])
    assert sizes == {"N": 56, "p": 4, "q": 15, "REML": 0, "is_REML": False}
    assert pylmer.getME(fit, "devcomp").cmp["ldRX2"] == pytest.approx(9.6315, abs=5e-3)
    assert pylmer.getME(fit, "devcomp").cmp["ldL2"] == pytest.approx(16.8969, abs=1e-2)
    RX, L, RZX = (np.asarray(pylmer.getME(fit, name)) for name in ("RX", "L", "RZX"))
    assert np.diag(RX) == pytest.approx([4.922404, 3.4432375, 3.1222513, 2.3326234], abs=2e-3)
    assert 2 * np.sum(np.log(np.diag(L))) == pytest.approx(fit.optimum.logdet_V, rel=1e-9)
    W, X = pylmer.weights(fit, "working").to_numpy(), fit.rows.X
    np.testing.assert_allclose(RX.T @ RX + RZX.T @ RZX, X.T @ (W[:, None] * X), rtol=1e-8, atol=1e-10)
    every = pylmer.getME(fit, "ALL")
    assert {"X", "Zt", "Lambda", "eta", "u"} <= set(every)
    assert "glmer.nb.theta" not in every
    with pytest.raises(pylmer.ArgumentError, match=r"'glmer\.nb\.theta' is of negative binomial models; this is bin"):
        pylmer.getME(fit, "glmer.nb.theta")


def test_negative_binomial_theta():
    for name in ("dev-glmm-epil-nb", "dev-glmm-grouse-nb"):
        fit = fitted(name)
        assert pylmer.getME(fit, "glmer.nb.theta") == pytest.approx(WORDS[name]["theta_nb"], rel=1e-3)
        call = str(fit.call)
        assert call.startswith("glmer(formula = ")
        assert "family = negative.binomial(theta = " in call


def test_kinds():
    fit, linear = cbpp(), pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    kinds = [pylmer.isLMM, pylmer.isGLMM, pylmer.isNLMM, pylmer.isREML]
    assert [kind(fit) for kind in kinds] == [False, True, False, False]
    assert [kind(linear) for kind in kinds] == [True, False, False, True]
    assert str(pylmer.family(fit)) == "\nFamily: binomial \nLink function: logit \n"
    assert str(pylmer.family(linear)) == "\nFamily: gaussian \nLink function: identity \n"


def test_formula_frame_and_matrix():
    fit = cbpp()
    assert str(pylmer.formula(fit)) == "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    assert str(pylmer.formula(fit, fixed_only=True)) == "cbind(incidence, size - incidence) ~ period"
    assert pylmer.terms(fit).labels == ("period",)
    assert pylmer.model_frame(fit).iloc[0].tolist() == [2, 12, "1", "1"]  # R: incidence 2, failures 12
    assert pylmer.model_matrix(fit).shape == (56, 4)
    assert pylmer.model_matrix(fit, "random").shape == (56, 15)


def test_symbols_are_sealed_and_fits_can_be_stored():
    fit = cbpp()
    for name in ("theta", "par", "beta", "u", "b", "mu", "eta"):
        assert not getattr(fit, name).flags.writeable, name
    again = pickle.loads(pickle.dumps(fit))
    assert pylmer.vcov(again).to_numpy() == pytest.approx(pylmer.vcov(fit).to_numpy(), rel=1e-12)
    assert copy.copy(fit).beta is not None


def test_devfun_only_is_the_criterion():
    devfun, fit = cbpp(devFunOnly=True), cbpp()
    assert devfun(fit.optimum.x) == pytest.approx(-2 * pylmer.logLik(fit), rel=1e-12)
    assert devfun(fit.optimum.x + 0.01) > devfun(fit.optimum.x)


def test_start_leads_to_the_same_optimum():
    fit = cbpp()
    for start in (0.1, [2.0], {"theta": 1.0, "fixef": [-1, -1, -1, -1]}, {"fixef": [0, 0, 0, 0]}):
        assert cbpp(start=start).optimum.value == pytest.approx(fit.optimum.value, rel=1e-11)
    assert cbpp(start=1.0, nAGQ=0).optimum.value == pytest.approx(cbpp(nAGQ=0).optimum.value, rel=1e-10)
    assert cbpp(start=1.0, nAGQ=5).optimum.value == pytest.approx(cbpp(nAGQ=5).optimum.value, rel=1e-10)


def test_the_shapes_of_a_response():
    """cbind, proportions of trials, and rows of single trials are one model."""
    data = pylmer.datasets.load("cbpp")
    counts = cbpp()
    shares = pylmer.glmer("incidence / size ~ period + (1 | herd)", data, "binomial", weights="size")
    assert shares.beta == pytest.approx(counts.beta, abs=1e-8)
    assert -2 * pylmer.logLik(shares) == pytest.approx(-2 * pylmer.logLik(counts), rel=1e-11)
    single = data.loc[data.index.repeat(data["size"].astype(int))].reset_index(drop=True)
    single["ill"] = single.groupby(["herd", "period"], observed=True).cumcount() < single["incidence"]
    for column in (single["ill"], single["ill"].astype(float), single["ill"].map({True: "yes", False: "no"})):
        rows = pylmer.glmer("ill ~ period + (1 | herd)", single.assign(ill=column), "binomial")
        assert rows.beta == pytest.approx(counts.beta, abs=2e-6)  # 1e-5 standard errors: where a descent stops
        assert rows.theta == pytest.approx(counts.theta, abs=2e-6)


def test_missing_values_are_padded_where_they_are_excluded():
    data = pylmer.datasets.load("cbpp")
    data.loc[3, "period"] = None
    formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    fit = pylmer.glmer(formula, data, "binomial", na_action="exclude")
    assert len(pylmer.resid(fit)) == len(pylmer.fitted(fit)) == 56
    assert np.isnan(pylmer.resid(fit)[3])
    assert pylmer.nobs(fit) == 55
