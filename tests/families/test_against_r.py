"""Means, deviances, likelihoods and distribution functions are those of R's families and densities."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pylmer.families import Gamma, binomial

from .cases import ALL, CASES, Case, R

PHI = R["phi"]
each = pytest.mark.parametrize("case", CASES, ids=str)


def scale(case: Case) -> float:
    return PHI if case.family.has_scale else 1.0


def test_every_family_and_link_is_held_against_r() -> None:
    assert {(case.family.word, case.family.link.name) for case in CASES} == set(ALL)


@each
def test_names_are_r_s(case: Case) -> None:
    assert case.family.name == case.r["name"]


@each
def test_mean_link_and_variance(case: Case) -> None:
    mu = case.family.mu(case.eta)
    assert_allclose(mu, case.r["mu"], rtol=1e-13)
    assert_allclose(case.family.link.inverse(case.eta, 1), case.r["mu_eta"], rtol=1e-12)
    assert_allclose(case.family.link(mu), case.r["linked"], rtol=1e-10, atol=1e-12)  # R's own 1 - mu has lost digits
    assert_allclose(case.family.variance(mu), case.r["variance"], rtol=1e-10)  # likewise


@each
def test_deviance_residuals(case: Case) -> None:
    D, _, _ = case.family.rows(case.y, case.w, case.eta)
    assert_allclose(D, case.r["dev_resids"], rtol=1e-10, atol=1e-12)


@each
def test_score_and_weight_are_those_of_r_s_derivatives(case: Case) -> None:
    _, g, W = case.family.rows(case.y, case.w, case.eta)
    mu, slope, V = (np.array(case.r[name]) for name in ("mu", "mu_eta", "variance"))
    assert_allclose(g, -case.w * (case.y - mu) * slope / V, rtol=1e-9, atol=1e-12)
    assert_allclose(W, case.w * slope**2 / V, rtol=1e-9)


@each
def test_minus_two_log_density(case: Case) -> None:
    found = case.family.minus2loglik(case.y, case.w, case.eta, scale(case))
    assert_allclose(found, -2 * np.sum(case.r["log_density"]), rtol=1e-12)


@each
def test_aic_of_r_s_family_and_its_slope(case: Case) -> None:
    D = float(np.sum(case.r["dev_resids"]))
    assert_allclose(case.family.aic_r(case.y, case.w, case.eta, D), case.r["aic"], rtol=1e-12)
    at, h = case.family.aic_r, 1e-3 * D
    values = [at(case.y, case.w, case.eta, D + k * h) for k in (-2, -1, 1, 2)]
    slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
    assert_allclose(case.family.aic_r_slope(case.y, case.w, D), slope, rtol=1e-8)


@each
def test_distribution_function(case: Case) -> None:
    mu = np.array(case.r["mu"])
    assert_allclose(case.family.cdf(case.y, mu, case.w, scale(case)), case.r["cdf"], rtol=1e-10, atol=1e-14)
    assert_allclose(case.family.cdf_below(case.y, mu, case.w, scale(case)), case.r["below"], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("link", ["logit", "probit", "cauchit", "cloglog"])
def test_log_probabilities_far_out_are_those_of_r_s_tails(link: str) -> None:
    log_mu, _, log_other, _ = binomial(link).link.sides(np.array(R["tails"]["eta"], float))
    assert_allclose(log_mu, R["tails"][link][0], rtol=1e-13)
    assert_allclose(log_other, R["tails"][link][1], rtol=1e-13)


def test_dispersion_of_gamma_is_the_minimum_that_optimize_finds() -> None:
    given = R["dispersion"]
    y, w, eta = np.array(given["y"]), np.array(given["w"]), np.log(given["mu"])
    family = Gamma("log")
    D = float(family.rows(y, w, eta)[0].sum())
    found = family.dispersion(y, w, eta, D, given["penalty"], len(y))
    assert_allclose(found, given["phi"], rtol=1e-7)  # optimize() knows a minimum to the root of its digits
