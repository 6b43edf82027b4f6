"""power of fits of glmer: each p-value is that of a refit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import pylmer

from .fits import cbpp

TRUTH = {"beta": {"period2": -0.5}}


def refits(nsim, seed, newparams=None):
    drawn = pylmer.simulate(cbpp(), nsim=nsim, seed=seed, newparams=newparams)
    return [pylmer.refit(cbpp(), drawn[f"sim_{k}"]) for k in range(1, nsim + 1)]


def test_z_is_that_of_summary():
    found = pylmer.power(cbpp(), "period2", nsim=4, seed=1, newparams=TRUTH)
    expected = [pylmer.summary(fit).coefficients.loc["period2", "Pr(>|z|)"] for fit in refits(4, 1, TRUTH)]
    assert found.p_values == pytest.approx(expected, rel=1e-4)
    assert found.test == "z-test"
    assert found.effect_size == {"period2": -0.5}
    assert not found.observed
    assert found.x == sum(p < 0.05 for p in expected)


def test_a_term_has_wald_s_chi_square():
    found = pylmer.power(cbpp(), nsim=3, seed=2)
    expected = [pylmer.Anova(fit).loc["period", "Pr(>Chisq)"] for fit in refits(3, 2)]
    assert found.p_values == pytest.approx(expected, rel=1e-3)
    assert found.effect == "predictor 'period'"
    assert found.observed


def test_likelihood_ratios_are_those_of_two_refits():
    """Of a column of X, and of a model that is given by its formula."""
    by_column = pylmer.power(cbpp(), "period", nsim=3, seed=3, method="lr")
    by_formula = pylmer.power(cbpp(), ". ~ . - period", nsim=3, seed=3)
    expected = [pylmer.drop1(fit, test="Chisq").loc["period", "Pr(Chi)"] for fit in refits(3, 3)]
    assert by_column.p_values == pytest.approx(expected, rel=1e-3)
    assert by_formula.p_values == pytest.approx(expected, rel=1e-3)


def test_a_function_gives_the_p_value():
    found = pylmer.power(cbpp(), lambda fit: pylmer.ranova(fit)["Pr(>Chisq)"].iloc[1], nsim=2, seed=1)
    expected = [pylmer.ranova(fit)["Pr(>Chisq)"].iloc[1] for fit in refits(2, 1)]
    assert found.p_values == pytest.approx(expected, rel=1e-4)


def test_without_an_effect_power_is_the_level():
    """Of 30 data sets without an effect at most 8 reject at 0.05 but once in 10,000 times."""
    rng, g = np.random.default_rng(1), np.repeat(np.arange(20), 10)
    rate = {"y": rng.poisson(3 * np.exp(rng.normal(0, 0.3, 20))[g]), "x": np.tile([0.0, 1.0], 100), "g": g}
    fit = pylmer.glmer("y ~ x + (1 | g)", rate, "poisson")
    truth = {"beta": {"x": 0.0}, "theta": [0.3]}
    found = pylmer.power(fit, "x", nsim=30, seed=1, newparams=truth)
    assert found.x <= stats.binom.ppf(1 - 1e-4, 30, 0.05)
    assert not found.errors


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "sa"}, "'z' and 'lr'"),
        ({"test": "perriod"}, "did you mean 'period'"),
        ({"test": ". ~ period"}, "no random term"),
        ({"test": ". ~ . + size"}, "wants fewer"),
        ({"alpha": 2}, "significance level"),
        ({"newparams": {"beta": {"foo": 1}}}, "no 'foo'"),
        ({"test": 3}, "the name of an effect"),
    ],
)
def test_what_cannot_be_asked(options, said):
    with pytest.raises(pylmer.ArgumentError, match=said):
        pylmer.power(cbpp(), **{"nsim": 2, **options})


# --- larger designs --------------------------------------------------------------------------------------------------


def test_twice_the_herds_have_half_the_variance():
    """Each herd comes twice with its response: the sums double, at the same parameters."""
    larger = pylmer.extend(cbpp(), "herd", n=30)
    assert pylmer.nobs(larger) == 112
    assert larger.prior_weights.sum() == 2 * cbpp().prior_weights.sum()
    assert larger.beta == pytest.approx(cbpp().beta)
    assert larger.theta == pytest.approx(cbpp().theta)
    half = pylmer.vcov(cbpp(), use_hessian=False).to_numpy() / 2
    assert pylmer.vcov(larger).to_numpy() == pytest.approx(half, rel=1e-5)
    changed = pylmer.extend(cbpp(), "herd", n=5, newparams=TRUTH)
    assert changed.beta[1] == -0.5
    assert pylmer.ngrps(changed)["herd"] == 5


def test_a_curve_is_power_at_each_size():
    found = pylmer.powerCurve(cbpp(), "period2", along="herd", breaks=[8, 20], nsim=3, seed=4, newparams=TRUTH)
    rng = np.random.default_rng(4)
    for size in (8, 20):
        alone = pylmer.power(pylmer.extend(cbpp(), "herd", n=size, newparams=TRUTH), "period2", nsim=3, seed=rng)
        assert found[str(size)].p_values == pytest.approx(alone.p_values, rel=1e-6)
    assert found.as_frame()["nlevels"].tolist() == [8, 20]
    assert found["8"].test == "z-test"


def test_theta_of_a_negative_binomial_is_held():
    fit = pylmer.glmer_nb("incidence ~ period + offset(log(size)) + (1 | herd)", pylmer.datasets.load("cbpp"))
    larger = pylmer.extend(fit, "herd", n=20)
    assert larger.family.theta == fit.family.theta
    assert not larger.free_shape
    offset = larger.design.spec.offset(larger.request.data)
    assert larger.rows.offset == pytest.approx(offset)


@pytest.mark.parametrize(
    ("nAGQ", "options", "said"),
    [(0, {"n": 20}, r"update\(fit, nAGQ=1\)"), (1, {}, "give n"), (1, {"n": 20, "values": [1]}, "give n")],
)
def test_what_cannot_be_extended(nAGQ, options, said):
    with pytest.raises(pylmer.ArgumentError, match=said):
        pylmer.extend(cbpp(nAGQ=nAGQ), "herd", **options)
