"""makeGlmer, and simulate of a formula with a family: parameters that are given, responses in the family's shape."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

import pylmer

PLAN = pd.DataFrame([(x, g) for g in "abcdefghij" for x in range(10)], columns=["x", "g"]).assign(n=20)
GIVEN = {"beta": [-1, 0.2], "theta": [0.7]}


def made(formula="y ~ x + (1 | g)", family="binomial", **changes):
    given = {"fixef": [-1, 0.2], "VarCorr": 0.49, "seed": 2} | changes
    return pylmer.makeGlmer(formula, PLAN, family=family, **given)


def test_parameters_are_those_given():
    model = made("cbind(y, n - y) ~ x + (1 | g)", fixef={"x": 0.2, "(Intercept)": -1})
    assert model.fixef().to_dict() == {"(Intercept)": -1.0, "x": 0.2}
    assert model.theta.tolist() == pytest.approx([0.7], abs=1e-15)
    assert pylmer.VarCorr(model)["g"].iloc[0, 0] == pytest.approx(0.49, abs=1e-15)
    assert (model.sigma, model.family.name, model.optimum.optimizer) == (1.0, "binomial", "given")
    trials = model.rows.trials
    assert (trials == 20).all()
    assert ((model.rows.y * 20) == np.round(model.rows.y * 20)).all()


def test_the_criterion_is_laplaces_there():
    """One normal integral a group, by brute force: Laplace at the mode, found on a grid of Newton steps."""
    model = made()
    y, eta = model.rows.y, -1 + 0.2 * PLAN["x"].to_numpy()
    total = 0.0
    for level in "abcdefghij":
        here = (PLAN["g"] == level).to_numpy()
        b = 0.0
        for _ in range(50):
            p = special.expit(eta[here] + b)
            b -= (np.sum(p - y[here]) + b / 0.49) / (np.sum(p * (1 - p)) + 1 / 0.49)
        p = special.expit(eta[here] + b)
        loglik = np.sum(np.where(y[here] > 0, np.log(p), np.log1p(-p)))
        total += -2 * loglik + b**2 / 0.49 + np.log1p(0.49 * np.sum(p * (1 - p)))
    assert -2 * float(pylmer.logLik(model)) == pytest.approx(total, abs=1e-9)


def test_standard_errors_are_those_at_the_given_variances():
    model = made()
    np.testing.assert_allclose(pylmer.vcov(model), pylmer.vcov(model, use_hessian=False), rtol=1e-14)
    assert not model.approximation.available


def test_refits_estimate():
    model = made("cbind(y, n - y) ~ x + (1 | g)")
    again, drawn = pylmer.refit(model, model.simulate(1, seed=5)["sim_1"]), pylmer.update(model)
    assert again.fixef().tolist() != model.fixef().tolist()
    for fit in (again, drawn):
        error = pylmer.se_fixef(fit).to_numpy()
        assert (np.abs(fit.fixef().to_numpy() - [-1, 0.2]) < 4 * error).all()
    assert drawn.optimum.optimizer == "newton"


def test_scale_and_slopes():
    model = made("y ~ x + (x | g)", 'Gamma("log")', VarCorr=[[0.3, 0.01], [0.01, 0.02]], sigma=0.4)
    assert model.sigma == 0.4
    np.testing.assert_allclose(pylmer.VarCorr(model)["g"], [[0.3, 0.01], [0.01, 0.02]], rtol=1e-12)
    assert (model.rows.y > 0).all()
    draws = pylmer.simulate(model, 400, 1, use_u=True)
    cv2 = (draws.var(axis=1) / draws.mean(axis=1) ** 2).mean()  # phi = sigma^2
    assert cv2 == pytest.approx(0.16, rel=0.03)


def test_no_variance():
    model = made(VarCorr=0)
    assert pylmer.isSingular(model)
    assert (model.b == 0).all()


def test_power_of_a_plan():
    """The same seed, the same response; another seed, another."""
    same, other = made(), made(seed=3)
    assert (made().rows.y == same.rows.y).all()
    assert not (other.rows.y == same.rows.y).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"formula": "cbind(s, f) ~ x + (1 | g)"}, "its left side must be a name"),
        ({"formula": "log(y) ~ x + (1 | g)", "family": "poisson"}, "its left side must be a name"),
        ({"family": "gaussian"}, r"is makeLmer\(\)"),
        ({"family": "Gamma"}, "sigma must be a positive number for a Gamma family, found None"),
        ({"family": "poisson", "sigma": 2}, "a poisson family has no scale"),
        ({"VarCorr": [[1, 2], [2, 1]]}, "VarCorr of g is 2 x 2; wanted 1 x 1"),
        ({"VarCorr": -1}, "no covariance matrix"),
        ({"fixef": [1]}, "beta has 1 number; the model has 2"),
        ({"family": "binom"}, "binom"),
    ],
)
def test_mistakes_of_makeGlmer(change, said):
    with pytest.raises(pylmer.PylmerError, match=said):
        made(**change)


# --- simulate of a formula -------------------------------------------------------------------------------------------


def draw(formula="~ x + (1 | g)", family="binomial", nsim=2, data=PLAN, **changes):
    given = {"newparams": GIVEN, "seed": 1} | changes
    return pylmer.simulate(formula, nsim, family=family, newdata=data, **given)


def test_shapes():
    data = PLAN.assign(s=3, f=4, r=pd.Categorical(["no", "yes"] * 50), l=True)
    assert set(np.unique(draw())) == {0.0, 1.0}
    counts = draw("cbind(s, f) ~ x + (1 | g)", data=data)["sim_1"]
    assert list(counts) == ["s", "f"]
    assert (counts.sum(axis=1) == 7).all()
    assert list(draw("r ~ x + (1 | g)", data=data)["sim_1"].cat.categories) == ["no", "yes"]
    assert draw("l ~ x + (1 | g)", data=data)["sim_1"].dtype == bool
    proportions = draw(weights="n")
    assert (proportions * 20 == (proportions * 20).round()).all(axis=None)
    assert (draw("y ~ x + (1 | g)") == draw()).all(axis=None)  # a response that the data have not


@pytest.mark.parametrize(
    ("family", "sigma", "variance"),
    [
        ("binomial", None, lambda mu: mu * (1 - mu) / 20),
        ("poisson", None, lambda mu: mu / 20),
        ("negative.binomial(2)", None, lambda mu: mu + mu**2 / 2),
        ("Gamma('log')", 0.5, lambda mu: 0.25 * mu**2 / 20),
        ("gaussian('log')", 0.5, lambda mu: 0.25 + 0 * mu / 20),
    ],
)
def test_moments(family, sigma, variance):
    """theta = 0: means h(eta) and the family's variances, within five standard errors of 4,000 draws."""
    weighted = family in ("binomial", "Gamma('log')")
    params = {"beta": [-1, 0.2], "theta": [0.0]} | ({} if sigma is None else {"sigma": sigma})
    drawn = draw(family=family, nsim=4000, newparams=params, weights=20 if weighted else None).to_numpy()
    eta = -1 + 0.2 * PLAN["x"].to_numpy()
    mu = special.expit(eta) if family == "binomial" else np.exp(eta)
    expected = variance(mu) * (20 if family == "poisson" else 1)
    error = np.sqrt(expected / 4000)
    assert (np.abs(drawn.mean(axis=1) - mu) < 5 * error).all()
    np.testing.assert_allclose(drawn.var(axis=1).mean(), expected.mean(), rtol=0.05)


def test_effects_have_the_deviation_theta():
    """Means given the effects: logits less x'beta vary between groups with standard deviation .7, not within."""
    means = draw(nsim=2000, cond_sim=False).to_numpy()
    b = special.logit(means) - (-1 + 0.2 * PLAN["x"].to_numpy())[:, None]
    b = b.reshape(10, 10, -1)
    assert np.ptp(b, axis=1).max() < 1e-8
    assert b[:, 0].std() == pytest.approx(0.7, rel=0.03)


def test_gaussian_with_the_identity_is_lmers():
    params = {**GIVEN, "sigma": 0.5}
    pd.testing.assert_frame_equal(draw(family="gaussian", newparams=params), draw(family=None, newparams=params))


def test_rows_with_missing_predictors_are_nan():
    data = PLAN.assign(x=PLAN["x"].where(PLAN.index != 3))
    drawn = draw(data=data)
    assert drawn.isna().any(axis=1).to_numpy().nonzero()[0].tolist() == [3]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"newparams": {**GIVEN, "sigma": 2}}, "a binomial family has no sigma"),
        ({"family": "Gamma('log')"}, "newparams lacks sigma"),
        ({"newparams": {"beta": [1, 2]}}, "newparams lacks theta"),
        ({"data": None}, "needs newdata="),
        ({"family": "bernoulli"}, "bernoulli"),
        ({"family": "Gamma", "newparams": {**GIVEN, "sigma": 1}}, "inverse link has no mean"),
        ({"formula": "~ x"}, "random"),
    ],
)
def test_mistakes_of_simulate(change, said):
    with pytest.raises(pylmer.PylmerError, match=said):
        draw(**change)
