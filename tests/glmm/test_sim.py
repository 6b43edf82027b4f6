"""sim of glmer and glm: moments of the draws against R's arm and against Henderson's equations, formed densely."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import pylmer

from .fits import cbpp, off
from .golden import fit_of

# standard deviations of 20,000 draws of arm 1.13's sim (lme4 1.1-31, tolPwrss 1e-11; set.seed(1)) of the cbpp model:
# fixed effects, the first five herds, and the correlations of (Intercept) with herd 1 and of herds 1 and 2
ARM_FIXEF = (0.2283309, 0.307049, 0.3258841, 0.4307866)
ARM_HERDS = (0.3755941, 0.3935984, 0.3378714, 0.4320346, 0.3801545)
ARM_CORRELATIONS = (-0.3095672, 0.1313828)


def henderson(fit):
    """sigma^2 (A'WA + [0, Sigma^-1])^-1 of A = [X Z], W the working weights: over (beta, b)."""
    X, Z = pylmer.getME(fit, "X"), np.asarray(pylmer.getME(fit, "Z").todense())
    A, W = np.hstack([X, Z]), pylmer.weights(fit, "working").to_numpy()
    L = np.asarray(pylmer.getME(fit, "Lambda").todense())
    H = A.T @ (W[:, None] * A)
    H[X.shape[1] :, X.shape[1] :] += np.linalg.inv(L @ L.T)
    return fit.sigma**2 * np.linalg.inv(H)


def scaled():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.glmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"), "Gamma('log')")


def test_the_draws_have_arm_s_moments():
    """20,000 draws: standard deviations are good to half a percent, twice."""
    draws = pylmer.sim(cbpp(), 20_000, seed=1)
    herds = draws.ranef["herd"][:, :, 0]
    assert draws.fixef.std().to_numpy() == pytest.approx(ARM_FIXEF, rel=0.02)
    assert herds[:, :5].std(axis=0) == pytest.approx(ARM_HERDS, rel=0.02)
    found = np.corrcoef(draws.fixef["(Intercept)"], herds[:, 0])[0, 1], np.corrcoef(herds[:, 0], herds[:, 1])[0, 1]
    assert found == pytest.approx(ARM_CORRELATIONS, abs=0.04)


@pytest.mark.parametrize("make", [cbpp, scaled, lambda: fit_of("mmmec")])
def test_their_covariance_is_the_inverse_of_henderson_s_equations(make):
    fit = make()
    draws = pylmer.sim(fit, 4_000, seed=2)
    modes = [draws.ranef[factor].reshape(4_000, -1) for factor in pylmer.ngrps(fit).index]
    values = np.hstack([draws.fixef.to_numpy(), *modes])
    C = henderson(fit)
    half = np.linalg.cholesky(np.linalg.inv(C))
    whitened = (values - np.append(fit.beta, fit.b)) @ half
    assert np.mean(whitened, axis=0) == pytest.approx(0.0, abs=5 / np.sqrt(4_000))
    cov = np.cov(whitened.T) - np.eye(len(C))
    assert np.max(np.abs(cov)) < 8 / np.sqrt(4_000)  # entries have a deviation of 1 to 1.4 over the root of 4,000
    assert off(C[: len(fit.beta), : len(fit.beta)], pylmer.vcov(fit, use_hessian=False).to_numpy(), 1e-6) < 1e-6


def test_fitted_of_draws_are_means_of_the_response():
    fit = cbpp()
    draws = pylmer.sim(fit, 3, seed=1)
    eta = fit.rows.X @ draws.fixef.to_numpy()[1] + draws.ranef["herd"][1, fit.rows.random[0].codes, 0]
    assert pylmer.fitted(draws)["sim_2"].to_numpy() == pytest.approx(1 / (1 + np.exp(-eta)))
    assert (draws.sigma == 1).all()
    sums = pylmer.coef(draws)["herd"][:, :, 0]
    assert sums == pytest.approx(draws.fixef.to_numpy()[:, :1] + draws.ranef["herd"][:, :, 0])
    assert "3 draws of the fixed effects and the random effects" in str(draws)


def test_a_singular_fit_has_no_random_effects_to_draw():
    with pytest.warns(pylmer.FitNote, match="singular"):
        fit = pylmer.glmer("y ~ 1 + (1 | g)", {"y": [0, 1, 1] * 8, "g": np.repeat(np.arange(8), 3)}, "binomial")
    draws = pylmer.sim(fit, 500, seed=1)
    assert (draws.ranef["g"] == 0).all()
    assert draws.fixef.std().iloc[0] == pytest.approx(np.sqrt(1 / (24 * 2 / 9)), rel=0.1)


def test_draws_of_a_glm_have_its_covariance():
    fit = pylmer.glm("Reaction ~ Days", pylmer.datasets.load("sleepstudy"), "Gamma('log')")
    draws = pylmer.sim(fit, 20_000, seed=1)
    assert draws.coef.cov().to_numpy() == pytest.approx(pylmer.vcov(fit).to_numpy(), rel=0.05)
    assert draws.sigma[0] == pytest.approx(0.154, abs=5e-4)  # arm's sim of the same glm
    binomial = pylmer.glm("cbind(incidence, size - incidence) ~ period", pylmer.datasets.load("cbpp"), "binomial")
    assert (pylmer.sim(binomial, 2, seed=1).sigma == 1).all()


def test_sigma_hat_has_the_deviations_by_term():
    """arm's sigma.hat of the cbpp model: data 1, herd 0.6422699."""
    found = pylmer.sigma_hat(cbpp()).sigma
    assert found["data"] == 1
    assert found["herd"].to_numpy() == pytest.approx([0.6422699], abs=1e-4)
