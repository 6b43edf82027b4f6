"""at_theta and the criterion over theta: lme4's criterion function, and least squares at both ends."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pylmer
from pylmer.engine.factorization.between import BetweenEngine
from pylmer.engine.factorization.dense import DenseEngine
from pylmer.fit.devfun import rows_of

from .models import R, close, fit, quietly, radon, unbalanced

THETAS = [(name, k) for name in ("M1", "M1_ml", "sleep") for k in range(len(R["at"][name]))]


@pytest.mark.parametrize(("name", "k"), THETAS)
def test_against_the_criterion_function_of_lme4(name: str, k: int) -> None:
    theirs = R["at"][name][k]
    model = pylmer.at_theta(fit(name.removesuffix("_ml"), REML=not name.endswith("_ml")), theirs["theta"])
    assert type(model) is pylmer.LmerFit
    close(model.optimum.value, theirs["value"], 1e-11)
    close(model.beta, theirs["beta"], 1e-10)
    close(model.sigma, theirs["sigma"], 1e-10)
    close(model.b, theirs["b"], 1e-9)
    close(model.theta, np.atleast_1d(theirs["theta"]), 1e-15)


@pytest.mark.parametrize("name", ["M0", "M1", "M2", "M3", "M4", "weighted"])
def test_zero_is_complete_pooling(name: str) -> None:
    model = fit(name)
    fixed = str(model.formula).split(" + (")[0]
    whole = pylmer.lm(fixed, radon(), **({"weights": "w", "offset": "o"} if name == "weighted" else {}))
    at = pylmer.at_theta(model, np.zeros(len(model.theta)))
    close(at.beta, whole.beta, 1e-12)
    close(at.sigma, whole.sigma, 1e-12)
    close(np.asarray(pylmer.vcov(at)), np.asarray(pylmer.vcov(whole)), 1e-12)
    assert np.all(at.b == 0)


@pytest.mark.parametrize("theta", [1e4, 1e6, 1e8])
@pytest.mark.parametrize("name", ["M0", "M1", "M2", "weighted"])
def test_infinity_is_no_pooling(name: str, theta: float) -> None:
    """Coefficients, their errors and the residual sum of squares; no digit is lost on the way to 1e8."""
    theirs, at = R[name], pylmer.at_theta(fit(name), theta)
    frame = pylmer.pooling(at).as_frame()
    close(frame["multilevel"], theirs["none"]["estimate"], 1e-6 if theta == 1e4 else 1e-9)
    close(frame["factor"], np.zeros(85), 1e-7)
    slopes = np.atleast_1d(theirs["slopes"])
    close(at.beta[1 : 1 + len(slopes)], slopes, 1e-7)
    m = len(radon()) - len(at.beta)
    close(at.sigma**2 * m, theirs["sigma_no"] ** 2 * theirs["df_no"], 1e-6 if theta == 1e4 else 1e-10)


@pytest.mark.parametrize("theta", [1e4, 1e6, 1e8])
def test_infinity_with_slopes(theta: float) -> None:
    """Also where 25 counties do not determine theirs."""
    at = pylmer.at_theta(fit("M3"), [theta, 0.3 * theta, theta])
    m = len(radon()) - 2
    close(at.sigma**2 * m, R["M3"]["rss"], 1e-6)
    frame, theirs = pylmer.pooling(at).as_frame().loc["floor"], np.array(R["M3"]["slopes"], float)
    known = frame["no_pooling"].notna().to_numpy()
    close(frame["multilevel"][known], theirs[known], 1e-5 if theta == 1e4 else 1e-8)
    assert np.isfinite(frame["multilevel"]).all()


def test_several_factors() -> None:
    """Crossed factors at 1e4: fitted values of the lm with both, beta to 6 digits; beyond, refused."""
    data = pylmer.datasets.load("Penicillin")
    model = pylmer.lmer("diameter ~ 1 + (1 | plate) + (1 | sample)", data)
    at, both = pylmer.at_theta(model, [1e4, 1e4]), pylmer.lm("diameter ~ plate + sample", data)
    close(at.fitted(), both.fitted(), 1e-8)
    close(at.beta, [data["diameter"].mean()], 1e-6)
    close(pylmer.at_theta(model, [0, 0]).beta, [data["diameter"].mean()], 1e-12)
    with pytest.raises(pylmer.ArgumentError, match="too large for several grouping factors"):
        pylmer.at_theta(model, [1e6, 1e6])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["y ~ x + u + (1 | g)", "y ~ x + (x | g)", "y ~ x * u + (x || g)"]))
def test_the_engine_of_large_variances(seed: int, formula: str) -> None:
    """Between and within levels against the plain oracle, quantity by quantity, at ordinary thetas."""
    lenient = pylmer.lmerControl(check_nobs_vs_nRE="ignore")
    model = quietly(formula, unbalanced(seed, True), weights="w", control=lenient)
    gram, rng = model.devfun.criterion.engine.gram, np.random.default_rng(seed)
    T = [np.tril(rng.normal(size=R.shape)) for R in gram.scaling.R_terms]
    plain, ours = (engine.factorize(T) for engine in (DenseEngine(gram, rows_of(model.rows)), BetweenEngine(gram)))
    for what in ("beta", "r2", "logdet_V", "logdet_XtVX"):
        close(getattr(ours.fixed, what), getattr(plain.fixed, what), 1e-9)
    close(ours.fixed.L_X @ ours.fixed.L_X.T, plain.fixed.L_X @ plain.fixed.L_X.T, 1e-10)
    v, S = rng.normal(size=(gram.p + 1, 2)), np.cov(rng.normal(size=(gram.p + 1, 9)))
    for one, two in zip(ours.modes(v), plain.modes(v), strict=True):
        close(one[0], two[0], 1e-9)
    for one, two in zip(ours.selected_inverse(S), plain.selected_inverse(S), strict=True):
        close(one[0], two[0], 1e-9)
    s = [rng.normal(size=(gram.factors[0].J, gram.factors[0].L, 3))]
    for one, two in zip(ours.products(s), plain.products(s), strict=True):
        close(one, two, 1e-9)
    close(ours.solve(s)[0], plain.solve(s)[0], 1e-9)


def test_it_says_that_theta_is_held() -> None:
    at = pylmer.at_theta(fit("M1"), 0.5)
    assert [str(note) for note in at.notes] == ["theta is held at 0.5: it is not estimated"]
    assert not at.optimum.certificate.holds
    assert "theta is held at 0.5" in str(at.summary())
    again = pickle.loads(pickle.dumps(at))
    close(again.at.value, at.optimum.value, 1e-14)
    here = pylmer.at_theta(fit("M1"), fit("M1").theta)
    assert here.optimum.certificate.holds
    close(here.beta, fit("M1").beta, 1e-12)


def test_it_stays_held_by_maximum_likelihood() -> None:
    """So the deviance on the page of a REML fit is the one at this theta."""
    k, theirs = 2, R["at"]["M1_ml"]
    by_ml = pylmer.refitML(pylmer.at_theta(fit("M1"), theirs[k]["theta"]))
    close(by_ml.optimum.value, theirs[k]["value"], 1e-11)
    close(by_ml.beta, theirs[k]["beta"], 1e-10)
    assert by_ml.optimum.held
    assert not pylmer.refitML(fit("M1")).optimum.held


def test_no_profile_where_theta_is_held() -> None:
    at = pylmer.at_theta(fit("M1"), 0.5)
    for word in (pylmer.profile, pylmer.confint):
        with pytest.raises(pylmer.ArgumentError, match="theta of this fit is held: profile the fit itself"):
            word(at)


@pytest.mark.parametrize(
    "term", ["cs(0 + factor(Days) | Subject)", "ar1(0 + factor(Days) | Subject)", "diag(Days | Subject)"]
)
def test_structures(term: str) -> None:
    """theta as the fit says it; one that no covariance of the structure has is refused."""
    data = pylmer.datasets.load("sleepstudy").query("Days < 4")
    model = quietly(f"Reaction ~ Days + {term}", data)
    close(pylmer.at_theta(model, model.theta).beta, model.beta, 1e-8)
    if not term.startswith("diag"):
        with pytest.raises(pylmer.ArgumentError, match=r"is no (cs|ar1) covariance"):
            pylmer.at_theta(model, [*model.theta[:-1], 2 * model.theta[-1] + 1])


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ([0.1, 0.2], r"theta has 2 numbers; this model has 1: county.\(Intercept\)"),
        (-0.1, r"theta of county.\(Intercept\) is a standard deviation, not negative; found -0.1"),
        (float("nan"), "theta must be finite"),
        (float("inf"), "no pooling is reached at a large theta"),
        ("one", "theta must be numbers, found 'one'"),
    ],
)
def test_bad_theta(theta: object, message: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=message):
        pylmer.at_theta(fit("M1"), theta)


def test_wants_a_fit_of_lmer() -> None:
    whole = pylmer.lm("log_radon ~ floor", radon())
    with pytest.raises(pylmer.ArgumentError, match=r"wants a fit of lmer\(\), found LmFit"):
        pylmer.at_theta(whole, 0)
    with pytest.raises(pylmer.ArgumentError, match=r"wants a fit of lmer\(\) or glmer\(\), found LmFit"):
        pylmer.criterion_curve(whole)


@pytest.mark.parametrize("REML", [True, False])
def test_criterion_curve(REML: bool) -> None:
    theirs = R["at"]["M1" if REML else "M1_ml"]
    curve = pylmer.criterion_curve(fit("M1", REML), [each["theta"] for each in theirs])
    close(curve.value, [each["value"] for each in theirs], 1e-11)
    close(curve.complete, theirs[0]["value"], 1e-11)
    assert curve.slope == (84 if REML else 85)
    whole = pylmer.criterion_curve(fit("M1", REML))
    close(whole.value.min(), whole.lowest, 1e-14)
    np.testing.assert_allclose(
        whole.theta, fit("M1", REML).theta[0] * 100.0 ** (np.arange(-100, 101) / 100), rtol=1e-12
    )
    assert whole.theta[np.argmin(whole.value)] == pytest.approx(whole.at, rel=1e-12)
    far = pylmer.criterion_curve(fit("M1", REML), [1e4, 1e5])
    close(far.asymptote(far.theta), far.value, 1e-9)
    assert list(whole.as_frame()) == ["theta", "REML criterion" if REML else "deviance"]


def test_slope_of_M2() -> None:
    """Two fixed effects between the counties: constant and uranium."""
    assert pylmer.criterion_curve(fit("M2")).slope == 83


def test_curve_of_a_vanished_variance() -> None:
    model = quietly("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    curve = pylmer.criterion_curve(model)
    assert curve.at == 0
    np.testing.assert_allclose(curve.theta[[0, 100, 200]], np.array([0.01, 1, 100]) / np.sqrt(5))  # batches of five
    assert np.all(curve.value >= curve.lowest - 1e-9)
    assert curve.complete == pytest.approx(curve.lowest, abs=1e-9)


def test_bad_curves() -> None:
    with pytest.raises(pylmer.ArgumentError, match="this model has 3: county"):
        pylmer.criterion_curve(fit("M3"))
    for theta in ([1.0], [0.2, 0.1], [-1.0, 1.0], [0, np.nan], "ab"):
        with pytest.raises(pylmer.ArgumentError, match="theta must be"):
            pylmer.criterion_curve(fit("M1"), theta)
