"""Tables about generalized fits, against emmeans 1.8.4, broom.mixed and lme4 (printed numbers), and by arithmetic."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from scipy import special, stats

import pylmer

from .golden import GOLDEN, fit_of


def table(text):
    """The numbers of R's printed rows."""
    return np.array([[float(part.replace("<", "")) for part in line.split()[1:]] for line in text.strip().splitlines()])


# --- marginal means --------------------------------------------------------------------------------------------------

PROBABILITIES = """
 1      0.1980 0.0369 inf    0.1354     0.280
 2      0.0839 0.0238 inf    0.0475     0.144
 3      0.0740 0.0226 inf    0.0401     0.132
 4      0.0484 0.0198 inf    0.0214     0.106
"""
ADJUSTED = """
 1      0.2153 0.0372 inf    0.1507     0.296
 2      0.0954 0.0261 inf    0.0548     0.160
 3      0.0845 0.0250 inf    0.0465     0.148
 4      0.0559 0.0224 inf    0.0250     0.119
"""
REGRIDDED = """
 1      0.1980 0.0369 inf   0.12568    0.2704
 2      0.0839 0.0238 inf   0.03715    0.1306
 3      0.0740 0.0226 inf   0.02963    0.1183
 4      0.0484 0.0198 inf   0.00957    0.0872
"""


def numbers_of(frame, columns=5):
    return frame.to_numpy()[:, -columns:].astype(float)


def test_means_on_the_response_are_probabilities():
    found = pylmer.emmeans(fit_of("cbpp"), "period", type="response").as_frame()
    assert list(found.columns) == ["period", "prob", "SE", "df", "asymp.LCL", "asymp.UCL"]
    assert numbers_of(found) == pytest.approx(table(PROBABILITIES), abs=6e-4)


def test_the_bias_adjustment_is_emmeans():
    means = pylmer.emmeans(fit_of("cbpp"), "period")
    found = means.as_frame(type="response", bias_adjust=True, sigma=0.6)
    assert numbers_of(found) == pytest.approx(table(ADJUSTED), abs=6e-4)


def test_the_bias_adjustment_takes_the_random_effects_deviation():
    """Its default sigma is sd(herd)."""
    fit = fit_of("cbpp")
    means = pylmer.emmeans(fit, "period")
    own = means.as_frame(type="response", bias_adjust=True)
    given = means.as_frame(type="response", bias_adjust=True, sigma=fit.theta[0])
    assert own["prob"].to_numpy() == pytest.approx(given["prob"].to_numpy(), rel=1e-12)


def test_regridded_means_have_the_delta_method_s_intervals():
    found = pylmer.regrid(pylmer.emmeans(fit_of("cbpp"), "period")).as_frame()
    assert numbers_of(found) == pytest.approx(table(REGRIDDED), abs=6e-4)


def test_differences_of_logits_are_odds_ratios():
    found = pylmer.pairs(pylmer.emmeans(fit_of("cbpp"), "period")).as_frame(type="response")
    assert found["odds.ratio"].to_numpy() == pytest.approx([2.70, 3.09, 4.86, 1.15, 1.80, 1.57], abs=6e-3)
    assert found["SE"].to_numpy() == pytest.approx([0.827, 1.010, 2.076, 0.436, 0.847, 0.761], abs=6e-4)
    assert found["z.ratio"].to_numpy() == pytest.approx([3.236, 3.455, 3.697, 0.358, 1.250, 0.933], abs=6e-4)
    assert found["contrast"].iloc[0] == "period1 / period2"
    page = repr(pylmer.pairs(pylmer.emmeans(fit_of("cbpp"), "period")))
    assert "Results are given on the log odds ratio (not the response) scale." in page


def test_contrasts_on_a_probit_stay_there():
    page = repr(pylmer.pairs(pylmer.emmeans(fit_of("cbpp-probit"), "period"), type="response"))
    assert "Note: contrasts are still on the probit scale" in page


def test_means_of_counts_are_rates_and_their_contrasts_ratios():
    with pytest.warns(pylmer.FitNote, match="involvement in interactions"):
        found = pylmer.emmeans(fit_of("epil"), "pairwise ~ trt", type="response")
    means, contrasts = found.emmeans.as_frame(), found.contrasts.as_frame()
    assert means["rate"].to_numpy() == pytest.approx([5.77, 4.13], abs=6e-3)
    assert means["asymp.UCL"].to_numpy() == pytest.approx([7.10, 5.08], abs=6e-3)
    assert contrasts["ratio"].iloc[0] == pytest.approx(1.4, abs=6e-2)
    assert contrasts["z.ratio"].iloc[0] == pytest.approx(2.268, rel=6e-3)


def test_trends_are_on_the_link():
    found = pylmer.emtrends(fit_of("epil"), "trt", "lbase").as_frame()
    assert found["lbase.trend"].to_numpy() == pytest.approx([0.883, 1.222], abs=6e-4)
    assert found["SE"].to_numpy() == pytest.approx([0.131, 0.153], rel=6e-3)


def test_joint_tests_have_infinite_denominators():
    """R's are by the vcov of its default fit, whose Hessian is good to 1 %."""
    found = pylmer.joint_tests(fit_of("epil"))
    assert np.isinf(found["df2"]).all()
    assert found["F.ratio"].to_numpy() == pytest.approx([110.760, 5.144, 1.936, 8.654, 2.804], rel=1.2e-2)


@pytest.mark.parametrize("method", ["kenward-roger", "satterthwaite"])
def test_marginal_means_have_no_degrees_of_freedom(method):
    with pytest.raises(pylmer.ArgumentError, match="z tests"):
        pylmer.emmeans(fit_of("cbpp"), "period", lmer_df=method)


# --- tidy ------------------------------------------------------------------------------------------------------------


def test_tidy_has_broom_mixed_s_columns_and_numbers():
    found = pylmer.tidy(fit_of("cbpp"), ["fixed", "ran_pars"], conf_int=True)
    assert list(found["term"]) == ["(Intercept)", "period2", "period3", "period4", "sd__(Intercept)"]
    fixed = found.iloc[:4]
    assert fixed["estimate"].to_numpy(float) == pytest.approx([-1.39853, -0.99232, -1.12866, -1.58032], abs=3e-5)
    assert fixed["std.error"].to_numpy(float) == pytest.approx([0.232473, 0.306641, 0.326638, 0.427438], abs=5e-6)
    assert fixed["p.value"].to_numpy(float) == pytest.approx([1.789e-9, 1.2118e-3, 5.4947e-4, 2.18006e-4], rel=1e-3)
    assert fixed["conf.low"].to_numpy(float) == pytest.approx([-1.854172, -1.593322, -1.768862, -2.418078], abs=3e-5)
    assert found["estimate"].iloc[4] == pytest.approx(0.64226, abs=2e-5)


def test_exponentiated_effects_are_odds_ratios():
    plain, ratios = (pylmer.tidy(fit_of("cbpp"), conf_int=True, exponentiate=each) for each in (False, True))
    assert ratios["estimate"].to_numpy() == pytest.approx(np.exp(plain["estimate"].to_numpy()))
    assert ratios["conf.high"].to_numpy() == pytest.approx(np.exp(plain["conf.high"].to_numpy()))
    assert ratios["statistic"].to_numpy() == pytest.approx(plain["statistic"].to_numpy())
    with pytest.raises(pylmer.ArgumentError, match="probit"):
        pylmer.tidy(fit_of("cbpp-probit"), exponentiate=True)


def test_glance_has_the_deviance_of_the_residuals():
    row = pylmer.glance(fit_of("cbpp")).iloc[0]
    assert list(row.index) == ["nobs", "sigma", "logLik", "AIC", "BIC", "deviance", "df.residual"]
    assert row.to_numpy(float) == pytest.approx([56, 1, -92.026282, 194.05256, 204.17932, 73.471724, 51], rel=1e-6)


def test_augment_shows_both_scales():
    fit = fit_of("cbpp")
    found = pylmer.augment(fit)
    assert found[".fitted"].to_numpy()[:3] == pytest.approx([-0.808511, -1.800845, -1.937184], abs=2e-5)
    assert found[".mu"].to_numpy() == pytest.approx(special.expit(found[".eta"].to_numpy()))
    assert found[".resid"].to_numpy()[:3] == pytest.approx([-1.43803, 0.98874, 2.35700], abs=3e-5)
    new = pylmer.augment(fit, newdata={"period": ["1"], "herd": ["3"]}, type_predict="response")
    assert new[".fitted"].iloc[0] == pytest.approx(
        pylmer.predict(fit, {"period": ["1"], "herd": ["3"]}, type="response").iloc[0]
    )


# --- explained variance ----------------------------------------------------------------------------------------------


def test_the_icc_of_a_logit_has_the_logistic_distribution_s_variance():
    """sd(herd) is R's."""
    expected = 0.642261434934827**2 / (0.642261434934827**2 + np.pi**2 / 3)
    assert pylmer.icc(fit_of("cbpp")).ICC_adjusted == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("method", "of"),
    [
        ("lognormal", lambda mean: np.log1p(1 / mean)),
        ("delta", lambda mean: 1 / mean),
        ("trigamma", lambda mean: special.polygamma(1, mean)),
    ],
)
def test_counts_have_the_variance_at_the_mean_of_the_null_model(method, of):
    """InsectSprays without predictors: lambda = exp(b0 + s^2 / 2)."""
    fit = fit_of("insect-log")
    s2 = fit.theta[0] ** 2
    residual = of(np.exp(fit.beta[0] + s2 / 2))
    found = pylmer.r2(fit, method=method)
    assert found.R2_marginal == pytest.approx(0.0, abs=1e-12)
    assert found.R2_conditional == pytest.approx(s2 / (s2 + residual), rel=1e-9)


def test_rows_without_predictors_are_not_in_the_null_model():
    """The rows of the fit alone, in R (lme4 1.1-31, bobyqa to 1e-9 with scale(size)), size missing in rows 1, 8, ...:

    m <- glmer(incidence ~ period + size + (1 | herd), d, poisson); n <- glmer(incidence ~ 1 + (1 | herd), d, poisson)
    f <- var(model.matrix(m) %*% fixef(m)); s <- VarCorr(m)$herd[1]; s0 <- VarCorr(n)$herd[1]
    e <- log1p(1 / exp(fixef(n) + s0 / 2)); c((f + s) / (f + s + e), f / (f + s + e))
    """
    cbpp = pylmer.datasets.load("cbpp")
    cbpp["size"] = cbpp["size"].astype(float)
    cbpp.loc[::7, "size"] = np.nan
    formula = "incidence ~ period + size + (1 | herd)"
    found = pylmer.r2(pylmer.glmer(formula, cbpp, "poisson"))
    assert found.R2_conditional == pytest.approx(0.7241444942, rel=1e-5)
    assert found.R2_marginal == pytest.approx(0.5158520749, rel=1e-5)
    dropped = pylmer.r2(pylmer.glmer(formula, cbpp.dropna().reset_index(drop=True), "poisson"))
    assert astuple(found) == pytest.approx(astuple(dropped), rel=1e-6)
    subset = pylmer.r2(pylmer.glmer(formula, cbpp, "poisson", subset="herd != '1'"))
    kept = cbpp.dropna()[lambda rows: rows["herd"].astype(str) != "1"].reset_index(drop=True)
    assert astuple(subset) == pytest.approx(astuple(pylmer.r2(pylmer.glmer(formula, kept, "poisson"))), rel=1e-6)


def test_effects_of_single_rows_are_overdispersion():
    fit = fit_of("epil-olre")
    by_row = next(k for k, term in enumerate(fit.design.random) if len(term.levels) == fit.design.n)
    found = pylmer.icc(fit)
    own = fit.T[1 - by_row][0, 0] ** 2
    extra = fit.T[by_row][0, 0] ** 2
    assert found.ICC_adjusted < own / (own + extra)


def test_a_link_without_a_known_variance_is_refused():
    with pytest.raises(pylmer.ArgumentError, match="cauchit"):
        pylmer.icc(fit_of("cbpp-cauchit"))
    with pytest.raises(pylmer.ArgumentError, match="lognormal"):
        pylmer.r2(fit_of("cbpp"), method="theoretical")


@pytest.mark.parametrize("name", ["cbpp", "epil", "grouse-nb2"])
def test_overdispersion_is_r_s(name):
    found, expected = pylmer.check_overdispersion(fit_of(name)), GOLDEN[name]["overdispersion"]
    assert found.chisq_statistic == pytest.approx(expected["pearson_chisq"], rel=2e-4)
    assert found.p_value == pytest.approx(stats.chi2.sf(found.chisq_statistic, found.residual_df), rel=1e-9)


@pytest.mark.parametrize(("name", "said"), [("contraception", "single trials"), ("sleep-gamma-log", "scale")])
def test_what_cannot_be_overdispersed_is_refused(name, said):
    with pytest.raises(pylmer.ArgumentError, match=said):
        pylmer.check_overdispersion(fit_of(name))


# --- diagnostics -----------------------------------------------------------------------------------------------------


def test_leverages_are_the_working_model_s():
    """h = diag of W^(1/2) [X Z] (mixed-model equations)^-1 [X Z]' W^(1/2), formed densely."""
    fit = fit_of("cbpp")
    C = np.hstack([pylmer.model_matrix(fit).to_numpy(), pylmer.model_matrix(fit, "random").toarray()])
    W = pylmer.weights(fit, type="working").to_numpy()
    A = C.T @ (W[:, None] * C)
    A[4:, 4:] += np.eye(15) / fit.theta[0] ** 2
    expected = W * np.sum((C @ np.linalg.inv(A)) * C, axis=1)
    h = pylmer.hatvalues(fit).to_numpy()
    assert h == pytest.approx(expected, rel=1e-8)
    r = pylmer.resid(fit, type="pearson").to_numpy()
    assert pylmer.cooks_distance(fit).to_numpy() == pytest.approx((r / (1 - h)) ** 2 * h / 4, rel=1e-9)
    d = pylmer.resid(fit).to_numpy()
    student = np.sign(d) * np.sqrt(d**2 + h * r**2 / (1 - h))
    assert pylmer.rstudent(fit).to_numpy() == pytest.approx(student, rel=1e-9)


def test_a_deletion_is_the_fit_of_the_other_rows():
    fit, data = fit_of("cbpp"), pylmer.datasets.load("cbpp")
    found = pylmer.influence(fit, "herd")
    rest = data[data["herd"].astype(str) != "1"]
    direct = pylmer.glmer(GOLDEN["cbpp"]["formula"], rest, "binomial")
    assert found.fixef_deleted.loc["1"].to_numpy() == pytest.approx(direct.beta, abs=1e-5)
    assert np.sqrt(np.diag(found.vcov_deleted.loc["1"])) == pytest.approx(pylmer.se_fixef(direct).to_numpy(), rel=1e-4)


def test_influence_by_group_is_lme4_s():
    """R refits by its default optimizer, good to 1e-2 in standard errors."""
    found = pylmer.influence(fit_of("cbpp"), "herd")
    distance = pylmer.cooks_distance(found).to_numpy()[:5]
    assert distance == pytest.approx([0.2500819, 0.0053285, 0.1011749, 0.0427412, 0.1341958], abs=2e-3)
    dfbetas = pylmer.dfbetas(fit_of("cbpp"), "herd").to_numpy()[0]
    assert dfbetas == pytest.approx([0.101292, -0.521833, -0.944897, -0.005735], abs=1e-2)


# --- what there is not -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["contest", "contest1D", "contestMD", "vcovAdj", "KRmodcomp", "SATmodcomp",
                                  "vcovCR", "ls_means", "show_tests"])  # fmt: skip
def test_words_of_linear_models_say_what_there_is_instead(word):
    with pytest.raises(pylmer.ArgumentError, match=rf"{word}\(\).*z tests.*bootstrap"):
        getattr(pylmer, word)(fit_of("cbpp"))
