"""Words with a value per row: predictions against lme4, simulations and quantile residuals by law."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import pylmer

from .golden import GOLDEN, fit_of, numbers

CASES = ("cbpp", "cbpp-probit", "cbpp-prop", "cbpp-na", "cbpp-agq5", "epil", "contraception-slope", "grouse-nb2",
         "mmmec", "mmmec-offarg", "sleep-gamma-log", "sleep-ig-log", "insect-identity")  # fmt: skip


def test_scaled_residuals_are_divided_by_sigma():
    fit = fit_of("sleep-gamma-log")
    expected = numbers(GOLDEN["sleep-gamma-log"]["residuals_first5"]["pearson_scaled"])
    assert pylmer.resid(fit, type="pearson", scaled=True).to_numpy()[:5] == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("type", ["link", "response"])
def test_predictions_of_new_rows_are_r_s(name, type):
    fit, case = fit_of(name), GOLDEN[name]["predict"]
    new, expected = dict(case["newdata"]), case[type]
    if GOLDEN[name].get("weights"):
        new |= {"size": 1} if "size" not in new else {}
    options = {"type": type, "allow_new_levels": True}
    if GOLDEN[name].get("offset"):
        options["offset"] = 0  # R leaves the argument's offset out of new data
    fixed = pylmer.predict(fit, new, re_form="NA", **options).to_numpy()
    both = pylmer.predict(fit, new, **options).to_numpy()
    assert fixed == pytest.approx(numbers(expected["fixed_only"]), rel=1e-4, abs=2e-5)
    assert both == pytest.approx(numbers(expected["with_random"]), rel=1e-4, abs=2e-5)


def test_standard_errors_without_random_effects_are_those_of_x_beta():
    fit = fit_of("cbpp")
    new = {"period": ["1", "2", "3", "4"], "herd": "1"}
    X = np.column_stack([np.ones(4), np.eye(4)[:, 1:]])
    error = np.sqrt(np.diag(X @ pylmer.vcov(fit).to_numpy() @ X.T))
    eta = X @ fit.beta
    link = pylmer.predict(fit, new, re_form="NA", se_fit=True, interval="confidence")
    assert link["se_fit"].to_numpy() == pytest.approx(error, rel=1e-9)
    response = pylmer.predict(fit, new, re_form="NA", se_fit=True, interval="confidence", type="response")
    p = special.expit(eta)
    assert response["fit"].to_numpy() == pytest.approx(p, rel=1e-9)
    assert response["se_fit"].to_numpy() == pytest.approx(p * (1 - p) * error, rel=1e-9)
    assert response["upr"].to_numpy() == pytest.approx(special.expit(eta + stats.norm.ppf(0.975) * error), rel=1e-9)


def test_standard_errors_with_random_effects_are_those_of_the_mixed_model_equations():
    """By hand: [X'WX X'WZ; Z'WX Z'WZ + 1/theta^2] with the block of beta corrected to vcov(fit)."""
    fit = fit_of("cbpp")
    X, Z = pylmer.model_matrix(fit).to_numpy(), pylmer.model_matrix(fit, "random").toarray()
    W = pylmer.weights(fit, type="working").to_numpy()
    A = Z.T @ (W[:, None] * Z) + np.eye(Z.shape[1]) / fit.theta[0] ** 2
    back = np.linalg.solve(A, Z.T @ (W[:, None] * X))
    a = X - Z @ back
    variance = np.sum((a @ pylmer.vcov(fit).to_numpy()) * a, axis=1) + np.sum((Z @ np.linalg.inv(A)) * Z, axis=1)
    assert pylmer.predict(fit, se_fit=True)["se_fit"].to_numpy() == pytest.approx(np.sqrt(variance), rel=1e-7)


def test_a_decreasing_link_has_its_limits_in_order():
    fit = fit_of("sleep-gamma-inverse")
    found = pylmer.predict(fit, interval="confidence", type="response")
    assert (found["lwr"] < found["fit"]).all()
    assert (found["fit"] < found["upr"]).all()


def test_a_prediction_interval_covers_the_family_s_quantiles():
    """Without random effects in a known group the interval is close to the binomial's own."""
    fit = fit_of("cbpp")
    found = pylmer.predict(fit, interval="prediction", type="response", weights=100_000)
    direct = pylmer.predict(fit, interval="confidence", type="response")
    assert found["lwr"].to_numpy() == pytest.approx(direct["lwr"].to_numpy(), abs=0.02)
    assert found["upr"].to_numpy() == pytest.approx(direct["upr"].to_numpy(), abs=0.04)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"type": "mean"}, "wanted 'link' or 'response'"),
        ({"interval": "prediction"}, "type='response'"),
        ({"interval": "both"}, "interval='both'"),
        ({"type": "response", "random_only": True}, "random_only=True"),
        ({"newparams": {"beta": [0, 0, 0, 0]}, "se_fit": True}, "newparams are given"),
    ],
)
def test_what_cannot_be_predicted_is_refused(options, said):
    with pytest.raises(pylmer.ArgumentError, match=said):
        pylmer.predict(fit_of("cbpp"), **options)


def test_new_parameters_keep_the_spherical_modes():
    fit = fit_of("cbpp")
    found = pylmer.predict(fit, newparams={"theta": [2 * fit.theta[0]]}).to_numpy()
    fixed = pylmer.predict(fit, re_form="NA").to_numpy()
    assert found - fixed == pytest.approx(2 * (pylmer.predict(fit).to_numpy() - fixed), rel=1e-9)


# --- simulate --------------------------------------------------------------------------------------------------------


def test_counts_are_simulated_as_pairs_with_the_fit_s_totals():
    fit = fit_of("cbpp")
    drawn = pylmer.simulate(fit, nsim=3, seed=1)
    assert list(drawn.columns.get_level_values(0).unique()) == ["sim_1", "sim_2", "sim_3"]
    assert (drawn["sim_2"].sum(axis=1).to_numpy() == fit.prior_weights).all()


def test_simulated_means_are_those_of_the_model():
    """4,000 draws given the modes: each mean within 5 standard errors of the fitted one."""
    fit = fit_of("epil")
    drawn = pylmer.simulate(fit, nsim=4000, seed=3, use_u=True).to_numpy()
    error = np.sqrt(fit.mu / 4000)
    assert np.abs(drawn.mean(axis=1) - fit.mu).max() < 5 * error.max()
    assert np.max(np.abs(drawn.mean(axis=1) - fit.mu) / error) < 5


def test_new_random_effects_raise_the_mean_of_a_log_link():
    """E exp(x'beta + b) = exp(x'beta + sd^2 / 2), on average over the rows within 4 standard errors."""
    fit = fit_of("epil")
    drawn = pylmer.simulate(fit, nsim=4000, seed=4).to_numpy().mean(axis=0)
    expected = np.exp(fit.optimum.fixed_predictor + fit.theta[0] ** 2 / 2).mean()
    assert abs(drawn.mean() - expected) < 4 * drawn.std() / np.sqrt(4000)


def test_factors_are_simulated_as_factors():
    fit = fit_of("contraception-slope")
    drawn = pylmer.simulate(fit, nsim=2, seed=1)
    assert isinstance(drawn["sim_1"].dtype, pd.CategoricalDtype)
    assert list(drawn["sim_1"].cat.categories) == ["N", "Y"]


def test_rows_left_out_are_missing_in_simulations_with_exclude():
    data = pylmer.datasets.load("cbpp").copy()
    data.loc[3, "incidence"] = np.nan
    formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    fit = pylmer.glmer(formula, data, "binomial", na_action="exclude")
    drawn = pylmer.simulate(fit, seed=1)["sim_1"]
    assert len(drawn) == 56
    assert drawn.isna().any(axis=1).to_numpy().nonzero()[0].tolist() == [3]


# --- quantile residuals ----------------------------------------------------------------------------------------------


def test_quantile_residuals_are_uniform_when_the_model_is_right():
    """Responses drawn from the fit: each row's own uniforms pass Kolmogorov-Smirnov at 0.001."""
    fit = fit_of("epil")
    y = pylmer.simulate(fit, seed=11)["sim_1"]
    again = pylmer.refit(fit, y)
    u = pylmer.resid(again, type="quantile").to_numpy()
    assert ((u >= 0) & (u <= 1)).all()
    first = u.reshape(-1, 4)[:, 0]  # one row of each subject: those of a subject are dependent
    assert stats.kstest(first, "uniform").pvalue > 1e-3


def test_the_marginal_distribution_is_an_average_over_drawn_effects():
    """P(Y <= y) of the first rows by 200,000 draws of the random effect."""
    fit = fit_of("cbpp")
    b = fit.theta[0] * np.random.default_rng(5).standard_normal(200_000)
    u = pylmer.resid(fit, type="quantile").to_numpy()
    for i in range(4):
        p = special.expit(fit.optimum.fixed_predictor[i] + b)
        n, k = fit.prior_weights[i], round(fit.prior_weights[i] * fit.rows.y[i])
        below, at = stats.binom.cdf(k - 1, n, p).mean(), stats.binom.cdf(k, n, p).mean()
        assert below - 5e-3 <= u[i] <= at + 5e-3
