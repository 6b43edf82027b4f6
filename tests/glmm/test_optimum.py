"""Optima: laws they obey, other starts, singular ones, numbers that are held, how good Laplace is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize

from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.generalized.approximation import approximation
from pylmer.engine.generalized.generalized import fit_generalized, make_generalized_devfun, optimize_generalized
from pylmer.engine.generalized.held import Correlations, Deviation, FixedEffect, minimized
from pylmer.engine.generalized.weighted import GlmRows
from pylmer.engine.sums.rows import TermRows
from pylmer.errors import ArgumentError, NumericalError
from pylmer.families import Gamma, binomial, negative_binomial, poisson

from .problems import Problem
from .references import CASES, optimum, rows_and_covariances


def fit_of(problem, **given):
    return fit_generalized(problem.rows, problem.family, problem.covariances, **given)


def changed(rows, order=None, **given):
    """The rows in another order, or with other parts."""
    rows = replace(rows, **given)
    if order is None:
        return rows
    terms = tuple(replace(t, codes=t.codes[order], Z=None if t.Z is None else t.Z[order]) for t in rows.terms)
    return GlmRows(rows.X[order], rows.y[order], rows.weights[order], rows.offset[order], terms)


@pytest.mark.parametrize("structure", ["slope", "nested", "crossed slopes"])
def test_rows_in_another_order(structure):
    problem = Problem("binomial", "logit", structure, seed=3)
    fit = fit_of(problem)
    order = np.random.default_rng(1).permutation(problem.rows.n)
    other = fit_generalized(changed(problem.rows, order), problem.family, problem.covariances)
    assert other.value == pytest.approx(fit.value, abs=1e-8)
    assert other.beta == pytest.approx(fit.beta, rel=1e-5)


def test_other_coordinates_of_x():
    """X -> X A moves beta to A^-1 beta, an offset X c moves it by -c; so do slopes in (x | g)."""
    problem = Problem("poisson", "log", "slope", seed=5)
    fit = fit_of(problem)
    A = np.array([[1.0, 40.0], [0.0, 0.01]])
    rows = problem.rows
    term = replace(rows.terms[0], Z=rows.terms[0].Z @ A)
    moved = changed(rows, X=rows.X @ A, offset=rows.offset + rows.X @ [0.3, -0.2], terms=(term,))
    other = fit_generalized(moved, problem.family, problem.covariances)
    assert other.value == pytest.approx(fit.value, abs=1e-8)
    assert other.beta == pytest.approx(np.linalg.solve(A, fit.beta - [0.3, -0.2]), rel=1e-4)
    assert A @ other.T[0] @ other.T[0].T @ A.T == pytest.approx(fit.T[0] @ fit.T[0].T, rel=1e-3, abs=1e-8)


def test_trials_are_rows():
    """A row of w trials is w rows of one, but for the number of ways."""
    problem = Problem("binomial", "cloglog", seed=2)
    rows = problem.rows
    w, successes = rows.weights.astype(int), np.round(rows.weights * rows.y).astype(int)
    order = np.repeat(np.arange(rows.n), w)
    y = np.concatenate([np.arange(n) < s for n, s in zip(w, successes, strict=True)]).astype(float)
    single = replace(changed(rows, order), y=y, weights=None)
    fit, other = fit_of(problem), fit_generalized(single, problem.family, problem.covariances)
    assert other.beta == pytest.approx(fit.beta, rel=1e-5)
    assert other.theta == pytest.approx(fit.theta, rel=1e-4)


def test_rows_without_weight_say_nothing():
    problem = Problem("binomial", "logit", seed=4)
    rows = problem.rows
    weights = rows.weights * (np.arange(rows.n) % 5 > 0)
    kept = np.flatnonzero(weights > 0)
    fit = fit_generalized(changed(rows, weights=weights), problem.family, problem.covariances)
    other = fit_generalized(changed(rows, kept), problem.family, problem.covariances)
    assert fit.value == pytest.approx(other.value, abs=1e-8)


def test_no_variance_is_an_exact_zero_and_the_generalized_linear_model():
    rng = np.random.default_rng(11)
    n = 200
    X = np.column_stack([np.ones(n), rng.normal(size=n)])
    y = rng.poisson(np.exp(X @ [1.0, 0.3])).astype(float)
    balanced = np.argsort(np.argsort(y)) % 20  # groups as alike as can be
    rows = GlmRows(X, y, None, None, (TermRows(balanced.astype(np.int64), 20, None, 0),))
    fit = fit_generalized(rows, poisson(), Problem("poisson", "log").covariances)
    assert fit.singular
    assert fit.theta.tolist() == [0.0]
    assert fit.certificate.holds
    assert fit.certificate.kkt[0] > 0
    plain = optimize.minimize(lambda beta: np.sum(np.exp(X @ beta) - y * (X @ beta)), [1.0, 0.3], tol=1e-12)
    assert fit.beta == pytest.approx(plain.x, abs=1e-6)
    XtWX = X.T @ (X * np.exp(X @ fit.beta)[:, None])
    assert fit.vcov == pytest.approx(np.linalg.inv(XtWX), rel=1e-6)
    assert fit.vcov_rx == pytest.approx(fit.vcov, rel=1e-6)
    assert np.isnan(fit.vcov_x).all()


@pytest.mark.parametrize(("nAGQ", "laplace"), [(1, None), (0, None), (1, "observed"), (5, None)])
def test_another_response_begins_at_the_last_optimum(nAGQ, laplace):
    problem, other = Problem("binomial", "probit", "slope", seed=1), Problem("binomial", "probit", "slope", seed=1)
    rng = np.random.default_rng(8)
    y = rng.binomial(problem.weights.astype(int), 0.4) / problem.weights
    fit = fit_of(problem, nAGQ=nAGQ, laplace=laplace)
    again = optimize_generalized(fit.devfun.with_responses(y), near=fit)
    other.y = y
    fresh = fit_of(other, nAGQ=nAGQ, laplace=laplace)
    assert again.value == pytest.approx(fresh.value, abs=1e-7)
    assert again.beta == pytest.approx(fresh.beta, abs=1e-4)


def test_hessian_is_that_of_the_criterion():
    """vcov of (par, beta) is 2 H^-1, H by differences of the value in the user's own coordinates."""
    fit = optimum("dev-glmm-epil-slope", None)
    x, h = fit.x, 2e-3 * np.sqrt(np.diag(fit.vcov_x))

    def value(step):
        return fit.devfun.at(x + step, near=fit.at).value

    units = np.diag(h)
    H = np.empty((len(x),) * 2)
    for i, a in enumerate(units):
        for j, b in enumerate(units):
            H[i, j] = (value(a + b) - value(a - b) - value(b - a) + value(-a - b)) / (4 * h[i] * h[j])
    assert 2 * np.linalg.inv(H) == pytest.approx(fit.vcov_x, rel=2e-3, abs=2e-5)


@pytest.mark.parametrize("name", ["dev-glmm-cbpp", "dev-glmm-contraception-slope", "dev-glmm-grouse-nb"])
def test_the_score_vanishes_in_the_users_coordinates(name):
    fit = optimum(name, None)
    assert fit.devfun(fit.x) == pytest.approx(fit.value, abs=1e-7)
    units = np.sqrt(np.diag(fit.vcov_x))
    assert np.max(np.abs(fit.devfun.gradient(fit.at) * units)) < 1e-4


def held_by_brute_force(fit, index, value):
    """The criterion minimized by scipy over all coordinates of x but one."""
    free = [k for k in range(len(fit.x)) if k != index]
    units = np.sqrt(np.diag(fit.vcov_x))[free]

    def full(z):
        x = fit.x.copy()
        x[index], x[free] = value, fit.x[free] + units * z
        return x

    def fun(z):
        at = fit.devfun.at(full(z), near=fit.at)
        return at.value - fit.value, fit.devfun.gradient(at)[free] * units

    return optimize.minimize(fun, np.zeros(len(free)), jac=True, method="BFGS", options={"gtol": 1e-7}).fun + fit.value


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("name", "index", "held"), [
    ("dev-glmm-cbpp", 0, Deviation(0, 0)),
    ("dev-glmm-cbpp", 2, FixedEffect(1)),
    ("dev-glmm-contraception-slope", 0, Deviation(0, 0)),
    ("dev-glmm-contraception-slope", 5, FixedEffect(2)),
    ("dev-glmm-contraception-dbl", 1, Deviation(1, 0)),
    ("dev-glmm-grouse-nb", 1, Deviation(1, 0)),
])  # fmt: skip
def test_numbers_held(name, index, held, sign):
    """First columns' standard deviations and beta are coordinates of x themselves."""
    fit = optimum(name, None)
    value = fit.x[index] + sign * 1.5 * np.sqrt(fit.vcov_x[index, index])
    descent = minimized(fit, held, value)
    assert descent.converged
    assert fit.devfun.coordinates(descent.at)[index] == pytest.approx(value, rel=1e-9)
    assert descent.at.value == pytest.approx(held_by_brute_force(fit, index, value), abs=2e-6)


@pytest.mark.parametrize("held", [Deviation(0, 1), Correlations(0, 0, 1)])
def test_what_is_no_coordinate_is_held(held):
    """Second standard deviation and correlation: by a search over the other numbers of the template."""
    fit = optimum("dev-glmm-contraception-slope", None)

    def number(x):
        Sigma = np.array([[x[0] ** 2, x[0] * x[1]], [x[0] * x[1], x[1] ** 2 + x[2] ** 2]])
        return np.sqrt(Sigma[1, 1]) if held == Deviation(0, 1) else Sigma[0, 1] / np.sqrt(Sigma[0, 0] * Sigma[1, 1])

    value = 0.8 * number(fit.x)
    descent = minimized(fit, held, value)
    assert number(fit.devfun.coordinates(descent.at)) == pytest.approx(value, rel=1e-9)
    units = np.sqrt(np.diag(fit.vcov_x))

    def fun(z):
        at = fit.devfun.at(fit.x + units * z, near=fit.at)
        return at.value - fit.value, fit.devfun.gradient(at) * units

    condition = {"type": "eq", "fun": lambda z: number(fit.x + units * z) - value}
    brute = optimize.minimize(
        fun, np.zeros(len(fit.x)), jac=True, method="SLSQP", constraints=[condition],
        options={"ftol": 1e-12, "maxiter": 300},
    )  # fmt: skip
    assert descent.at.value == pytest.approx(brute.fun + fit.value, abs=2e-6)


@pytest.mark.parametrize(("name", "expected"), [
    ("dev-glmm-cbpp", 0.029), ("dev-glmm-contraception", 0.042), ("dev-glmm-bacteria", 0.146), ("dev-glmm-epil", 0.021),
])  # fmt: skip
def test_how_far_laplace_is_from_the_integral(name, expected):
    """One quadrature foretells where the optimum of the integral lies: here against that optimum itself."""
    fit = optimum(name, None)
    foretold = approximation(fit)
    assert foretold.largest == pytest.approx(expected, abs=6e-4)
    assert not foretold.doubtful
    rows, covariances = rows_and_covariances(name)
    true = fit_generalized(rows, fit.family, covariances, nAGQ=25)
    off = (true.x - fit.x) / np.sqrt(np.diag(fit.vcov_x))
    assert foretold.steps == pytest.approx(off, abs=0.01)


@pytest.mark.parametrize(("name", "structure", "seed"), [("Gamma", "slope", 2), ("gaussian", "scalar", 1)])
def test_how_far_laplace_is_with_a_scale(name, structure, seed):
    problem = Problem(name, "log", structure, seed)
    fit, true = fit_of(problem), fit_of(problem, nAGQ=9)
    assert true.sigma == pytest.approx(fit.sigma, rel=0.05)
    assert true.value == pytest.approx(fit.value, abs=0.5)
    off = (true.x[:-1] - fit.x) / np.sqrt(np.diag(fit.vcov_x))
    assert approximation(fit).steps == pytest.approx(off, abs=0.1 * np.max(np.abs(off)) + 1e-4)


def test_where_laplace_cannot_be_checked():
    assert "several" in approximation(optimum("dev-glmm-grouse3", None)).reason
    assert "no likelihood" in approximation(optimum("dev-glmm-sleep-gamma-log", "lme4")).reason
    assert approximation(optimum("dev-glmm-grouse3", None)).largest == 0.0


def test_arguments_that_do_not_go_together():
    problem = Problem("binomial", "logit", "crossed")
    with pytest.raises(ArgumentError, match="one grouping factor"):
        fit_of(problem, nAGQ=5)
    problem = Problem("binomial", "logit")
    with pytest.raises(ArgumentError, match="nAGQ=-1"):
        fit_of(problem, nAGQ=-1)
    with pytest.raises(ArgumentError, match="laplace='exact'"):
        fit_of(problem, laplace="exact")
    with pytest.raises(ArgumentError, match="no effect"):
        fit_of(problem, nAGQ=5, laplace="observed")
    with pytest.raises(ArgumentError, match="shape"):
        fit_of(problem, free_shape=True)
    with pytest.raises(ArgumentError, match="does not estimate the shape"):
        fit_of(Problem("negative.binomial", "log"), nAGQ=5, free_shape=True)
    fit = fit_of(problem, nAGQ=0)
    with pytest.raises(ArgumentError, match="profiled"):
        minimized(fit, FixedEffect(0), 0.0)
    with pytest.raises(ArgumentError, match="3 coordinates"):
        make_generalized_devfun(problem.rows, problem.family, problem.covariances)([1.0])


def test_no_value_outside_of_the_domain():
    problem = Problem("Gamma", "inverse")
    devfun = make_generalized_devfun(problem.rows, problem.family, problem.covariances)
    with pytest.raises(NumericalError, match="domain"):
        devfun([0.1, -5.0, 0.0])


def test_scale_matters_not():
    """Gamma with identity link: y in other units moves beta and the criterion as it must."""
    problem = Problem("Gamma", "identity", seed=6)
    fit = fit_of(problem)
    rows = problem.rows
    other = fit_generalized(
        changed(rows, y=1000 * rows.y, offset=1000 * rows.offset), Gamma("identity"), problem.covariances
    )
    assert other.beta == pytest.approx(1000 * fit.beta, rel=1e-6)
    assert other.sigma == pytest.approx(fit.sigma, rel=1e-6)
    assert other.value == pytest.approx(fit.value + 2 * rows.n * np.log(1000), abs=1e-6)


def test_far_out_responses_have_modes():
    """Groups of successes alone: modes where W underflows."""
    g = np.repeat(np.arange(6), 10)
    y = (g < 3).astype(float)
    y[0], y[-1] = 0.0, 1.0
    rows = GlmRows(np.ones((60, 1)), y, None, None, (TermRows(g.astype(np.int64), 6, None, 0),))
    devfun = make_generalized_devfun(rows, binomial(), Problem("binomial", "logit").covariances)
    for theta in (1.0, 10.0, 100.0, 1000.0):
        at = devfun.at([theta, 0.0])
        assert np.isfinite(at.value)
        assert np.isfinite(devfun.gradient(at)).all()


def test_every_reference_is_here():
    assert len(CASES) == 42


def counts(y, covariance="us", Z=None, X=None, hom=False):
    """200 counts in 20 groups."""
    g = np.arange(200) % 20
    width = 1 if Z is None else Z.shape[1]
    x = np.linspace(-1, 1, 200)
    X = np.column_stack([np.ones(200), x]) if X is None else X
    rows = GlmRows(X, y, None, None, (TermRows(g.astype(np.int64), 20, Z, 0, covariance, hom),))
    return rows, (covariance_family(covariance, width, hom),)


def grouped_counts(seed=3):
    rng = np.random.default_rng(seed)
    return rng.poisson(np.exp(0.8 + 0.5 * rng.normal(size=20)[np.arange(200) % 20])).astype(float)


def test_counts_less_dispersed_than_poissons_have_no_finite_shape():
    """The negative binomial becomes the Poisson: the criterion is Poisson's, and so are the standard errors."""
    y = np.round(np.exp(0.8 + 0.4 * np.sin(np.arange(200) % 20)))
    rows, covariances = counts(y)
    fit = fit_generalized(rows, negative_binomial(1.0), covariances, free_shape=True)
    plain = fit_generalized(rows, poisson(), covariances)
    assert fit.family.theta == pytest.approx(1e6)  # the limit
    rest = np.sum(y) / 1e6  # -2 log f differs by sum(y - (y - mu)^2) / theta between theta = 1e6 and infinity
    assert 0 < fit.value - plain.value < rest
    assert fit.vcov == pytest.approx(plain.vcov, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("nAGQ", [0, 1, 5])
def test_no_fixed_effects(nAGQ):
    y = grouped_counts()
    rows, covariances = counts(y, X=np.zeros((200, 0)))
    fit = fit_generalized(rows, poisson(), covariances, nAGQ=nAGQ)
    assert fit.beta.shape == (0,)
    assert fit.vcov.shape == (0, 0)
    assert fit.vcov_x.shape == (1, 1)
    at = fit.devfun.at(fit.x)
    steps = [fit.devfun(fit.x + step) for step in (-1e-3, 1e-3)]
    assert min(steps) > at.value


@pytest.mark.parametrize("structure", ["cs", "ar1", "diag"])
@pytest.mark.parametrize("hom", [False, True])
def test_structured_covariances(structure, hom):
    """The exact score of `par`, against differences."""
    rng = np.random.default_rng(5)
    Z = np.column_stack([np.ones(200), rng.normal(size=(200, 2))])
    rows, _ = counts(grouped_counts(), structure, Z, hom=hom)
    covariance = covariance_family(structure, 3, hom)
    devfun = make_generalized_devfun(rows, poisson("sqrt"), (covariance,), laplace="observed")
    par = [0.3] if hom else [0.3, 0.2, 0.25]
    x = np.array([*par, *([] if structure == "diag" else [0.35]), 1.5, 0.1])
    at = devfun.at(x)
    for k, score in enumerate(devfun.gradient(at)):
        unit = np.eye(len(x))[k]
        v = [devfun.at(x + m * 1e-4 * unit, near=at).value for m in (-2, -1, 1, 2)]
        assert (v[0] - 8 * v[1] + 8 * v[2] - v[3]) / 12e-4 == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("nAGQ", [0, 1, 3])
def test_a_start_of_the_users(nAGQ):
    rows, covariances = counts(grouped_counts())
    fit = fit_generalized(rows, poisson(), covariances, nAGQ=nAGQ)
    k = fit.devfun.k
    beta = None if nAGQ == 0 else fit.beta + 0.3
    again = optimize_generalized(fit.devfun, par=fit.x[:k] + 0.3, beta=beta)
    assert again.value == pytest.approx(fit.value, abs=1e-8)


def test_a_deviance_of_zero_is_said():
    """lme4's criterion with an effect for every row has no minimum: the deviance vanishes."""
    rng = np.random.default_rng(2)
    y = rng.gamma(10.0, 0.3, 60)
    terms = (TermRows(np.arange(60), 60, None, 0),)
    rows = GlmRows(np.ones((60, 1)), y, None, None, terms)
    try:
        fit = fit_generalized(rows, Gamma("log"), (covariance_family("us", 1),), laplace="lme4")
    except NumericalError:
        return
    assert not (fit.converged and fit.certificate.holds)
