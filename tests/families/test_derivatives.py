"""g, O, O' and W' are the derivatives of D/2 and W: differences of the fourth order, for every family and link."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pylmer.families import binomial, negative_binomial, poisson, row_pass
from pylmer.families.counts import NegativeBinomial

from .cases import ALL, CASES, Case, family

each = pytest.mark.parametrize("case", CASES, ids=str)


def difference(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """f'(x): (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12h."""
    return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)


def close(found: np.ndarray, wanted: np.ndarray, size: np.ndarray, h: np.ndarray) -> None:
    """Equal to 1e-8 of the derivative or of what is derived (`size`), or to the digits that differences leave."""
    assert np.all(np.abs(found - wanted) <= 1e-8 * np.maximum(np.abs(wanted), np.abs(size)) + 1e-14 / h)


@each
def test_derivatives_of_the_rows(case: Case) -> None:
    f, y, w, eta = case.family, case.y, case.w, case.eta
    h = 2e-3 * np.minimum(np.abs(eta) + (0 if f.link.name in ("identity", "inverse", "1/mu^2", "sqrt") else 1), 1)
    if (f.word, f.link.name) == ("binomial", "log"):
        h = 2e-3 * np.minimum(np.abs(eta), 1)
    D, g, W = f.rows(y, w, eta)
    W1, O, O1 = f.derivatives(y, w, eta)
    close(g, difference(lambda e: f.rows(y, w, e)[0], eta, h) / 2, D + w, h)
    close(W1, difference(lambda e: f.rows(y, w, e)[2], eta, h), W, h)
    close(O, difference(lambda e: f.rows(y, w, e)[1], eta, h), g, h)
    close(O1, difference(lambda e: f.derivatives(y, w, e)[1], eta, h), O, h)


@each
def test_inverse_link_and_its_derivatives(case: Case) -> None:
    link, eta = case.family.link, case.eta
    h = 1e-3 * np.minimum(np.abs(eta) + 1e-2, 1)
    if link.name in ("1/mu^2", "inverse", "identity", "sqrt"):
        h = 1e-3 * np.abs(eta)
    for order in range(3):
        values = link.inverse(eta, order)
        close(link.inverse(eta, order + 1), difference(lambda e, k=order: link.inverse(e, k), eta, h), values, h)


@each
def test_observed_weight_is_fisher_s_on_average_and_always_with_the_canonical_link(case: Case) -> None:
    f, eta, w = case.family, case.eta, case.w
    W = f.rows(f.mu(eta), w, eta)[2]
    assert_allclose(f.derivatives(f.mu(eta), w, eta)[1], W, rtol=1e-9)
    if f.canonical:
        W1, O, O1 = f.derivatives(case.y, w, eta)
        assert_allclose(O, f.rows(case.y, w, eta)[2], rtol=1e-12)
        assert_allclose(O1, W1, rtol=1e-12)


@pytest.mark.parametrize("link", ["log", "sqrt", "identity"])
def test_slopes_in_log_theta(link: str) -> None:
    y, w = np.array([0.0, 1, 4, 30, 2, 0]), np.array([1.0, 2, 1, 1, 0.5, 3])
    eta = negative_binomial(1, link).link(np.array([0.1, 1, 7, 12, 2.5, 300]))

    def at(log_theta: float) -> NegativeBinomial:
        return negative_binomial(float(np.exp(log_theta)), link)

    for theta in (0.05, 1.3, 40.0):
        middle, h = np.log(theta), 2e-3
        slope = at(middle).theta_slope(y, w, eta)
        for found, value in (
            (slope.minus2loglik, lambda t: at(t).minus2loglik(y, w, eta)),
            (slope.g, lambda t: at(t).rows(y, w, eta)[1]),
            (slope.W, lambda t: at(t).rows(y, w, eta)[2]),
            (slope.O, lambda t: at(t).derivatives(y, w, eta)[1]),
        ):
            assert_allclose(found, difference(value, middle, h), rtol=1e-8, atol=1e-11)


def test_negative_binomial_of_large_theta_is_poisson_and_its_slope_vanishes_smoothly() -> None:
    y, eta = np.array([0.0, 3, 11, 400]), np.array([-1.0, 1, 2, 6])
    plain = poisson().minus2loglik(y, 1.0, eta)
    # -2 log f = Poisson's + sum[(y - (y - mu)^2)] / theta + O(theta^-2): McCullagh & Nelder 1989, 6.2
    excess = float(np.sum(y - (y - np.exp(eta)) ** 2))
    for theta in (1e8, 1e10):
        found = negative_binomial(theta)
        assert_allclose(found.minus2loglik(y, 1.0, eta), plain, rtol=1e-5)
        assert_allclose(found.theta_slope(y, 1.0, eta).minus2loglik, -excess / theta, rtol=1e-3)


@pytest.mark.parametrize(("word", "link"), ALL)
def test_far_out_nothing_is_nan_and_nothing_warns(word: str, link: str) -> None:
    f = family(word, link)
    eta = np.array([-700.0, -300, -40, -1e-3, 1e-3, 40, 300, 700])
    eta = eta[[f.valid(eta[i : i + 1]) for i in range(len(eta))]]
    for y in (0.0, 1.0) if f.discrete else (0.5, 3.0):
        rows = np.full(len(eta), y)
        with np.errstate(over="ignore", under="ignore"):  # e^(3 * 700) is no number; nothing else may happen
            found = [*f.rows(rows, 1.0, eta), *f.derivatives(rows, 1.0, eta)]
        assert not any(np.isnan(each).any() for each in found)
        assert all(np.isfinite(each[np.abs(eta) <= 40]).all() for each in found)
        assert (found[0] > -1e-12).all()
        assert (found[2] >= 0).all()


def test_probit_s_far_slopes_are_those_of_mills_ratio() -> None:
    """phi/Phi(-x) = x + 1/x - 2/x^3 + 10/x^5 - 74/x^7 + ..., and its derivatives in -x."""
    x = np.array([60.0, 150, 700])
    a, a1, a2 = binomial("probit").link.success_slopes(-x)
    assert_allclose(a, x + 1 / x - 2 / x**3 + 10 / x**5 - 74 / x**7, rtol=1e-13)
    assert_allclose(a1, -(1 - 1 / x**2 + 6 / x**4 - 50 / x**6 + 518 / x**8), rtol=1e-13)
    assert_allclose(a2, 2 / x**3 - 24 / x**5 + 300 / x**7 - 4144 / x**9, rtol=1e-8)


def test_cloglog_s_slopes_where_successes_are_rare() -> None:
    """t/(e^t - 1) = 1 - t/2 + t^2/12 - ...: its slopes are -t/2 + t^2/6 and -t/2 + t^2/3."""
    eta = np.array([-30.0, -200, -600])
    t = np.exp(eta)
    a, a1, a2 = binomial("cloglog").link.success_slopes(eta)
    assert_allclose(a, 1.0, rtol=1e-12)
    assert_allclose(a1, -t / 2, rtol=1e-12)
    assert_allclose(a2, -t / 2, rtol=1e-12)


@each
@pytest.mark.parametrize("weights", [True, False])
def test_a_pass_over_many_rows_adds_up_the_rows(case: Case, weights: bool) -> None:
    times = 2_311  # more than two pieces, the last one odd
    y, eta = np.tile(case.y, times), np.tile(case.eta, times)
    w = np.tile(case.w, times) if weights else 1.0
    D, g, W = row_pass(case.family, y, w)(eta)
    rows = case.family.rows(y, w, eta)
    assert_allclose(D, rows[0].sum(), rtol=1e-12)
    assert_allclose(g, rows[1], rtol=1e-10, atol=1e-13)
    assert_allclose(W, rows[2], rtol=1e-12)


def test_a_pass_far_out() -> None:
    eta, y = np.array([-750.0, 750, -750, 750, 800, -800]), np.array([0.0, 1, 1, 0, 0.5, 0.5])
    D, g, W = row_pass(binomial(), y)(eta)
    assert_allclose(D, 2 * (750 + 750 + 400 + 400) - 4 * np.log(2), rtol=1e-12)
    assert_allclose(g, [0, 0, -1, 1, 0.5, -0.5], atol=1e-12)
    assert (W < 1e-300).all()
