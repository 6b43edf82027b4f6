"""sim against arm's sim (tests/data/simulation/sim.R) and against the joint covariance that `vcov(full=True)` forms.

Draws divided by their sigma are normal, so that a covariance has standard error sqrt((V_ii V_jj + V_ij^2) / N): every
figure must lie within 5 of them, of both samples together where the other side is arm's 40,000 draws.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import pylmer
from pylmer import sim

from .test_simulate import fit

ARM: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "simulation" / "sim.json").read_text(encoding="utf-8")
)
THEIRS, OURS = 40_000, 10_000
ERRORS = 5.0
PROBABILITIES = [0.025, 0.25, 0.5, 0.75, 0.975]


def dyestuff() -> pylmer.LmerFit:
    return pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"), REML=False)


def model(name: str) -> pylmer.LmerFit:
    return dyestuff() if name == "ml" else fit(name)


def standardized(draws: Any) -> np.ndarray:
    """(b-hat - b, beta-hat - beta) / sigma of every draw, b in the order of `vcov(full=True)`."""
    of, parts = draws.fit, []
    for term, b in zip(of.design.random, of.solution.b_terms, strict=True):
        at = [draws.ranef.columns[term.group].index(column) for column in term.columns]
        parts.append((b - draws.ranef[term.group][:, :, at]).reshape(len(draws.sigma), -1))
    parts.append(of.beta - draws.fixef.to_numpy())
    return np.hstack(parts) / draws.sigma[:, None]


@pytest.mark.parametrize("name", ["slopes", "apart", "crossed", "nested", "weighted", "cs", "ar1", "offset", "ml"])
def test_draws_have_the_joint_covariance_of_the_estimates(name: str) -> None:
    of = model(name)
    errors = standardized(sim(of, OURS, seed=1))
    V = pylmer.vcov(of, full=True).to_numpy() / of.sigma**2
    spread = np.sqrt((np.outer(np.diag(V), np.diag(V)) + V**2) / OURS)
    assert np.max(np.abs(errors.mean(axis=0)) / np.sqrt(np.diag(V) / OURS)) < ERRORS
    assert np.max(np.abs(np.cov(errors.T) - V) / spread) < ERRORS


@pytest.mark.parametrize("name", ["slopes", "ml", "crossed"])
def test_moments_are_arms(name: str) -> None:
    draws, theirs = sim(model(name), OURS, seed=12), ARM[name]
    b = [draws.ranef[factor][:, :2].transpose(0, 2, 1).reshape(OURS, -1) for factor in draws.ranef]
    values = np.hstack([draws.fixef.to_numpy(), *b])
    mean = np.concatenate([draws.fit.beta, theirs["mean"]])
    errors = (values - mean) / draws.sigma[:, None]
    V = np.array(theirs["covariance"])
    if name == "slopes":  # of correlated slopes arm's variances are 9 % from the joint covariance, 11 standard errors
        errors, V = errors[:, :2], V[:2, :2]
    spread = np.sqrt((np.outer(np.diag(V), np.diag(V)) + V**2) * (1 / OURS + 1 / THEIRS))
    assert np.max(np.abs(np.cov(errors.T) - V) / spread) < ERRORS
    assert np.max(np.abs(errors.mean(axis=0)) / np.sqrt(np.diag(V) * (1 / OURS + 1 / THEIRS))) < ERRORS


@pytest.mark.parametrize("name", ["slopes", "ml", "crossed", "lm"])
def test_sigma_is_scaled_inverse_chi_square_as_in_arm(name: str) -> None:
    sleep = pylmer.datasets.load("sleepstudy")
    of = pylmer.lm("Reaction ~ Days", sleep) if name == "lm" else model(name)
    n, p = of.design.n, len(of.beta)
    squares = of.solution.rss if name == "lm" else of.solution.r2
    draws = sim(of, OURS, seed=13)
    assert stats.kstest(squares / draws.sigma**2, stats.chi2(n - p).cdf).pvalue > 1e-3
    ratio, theirs = (of.sigma / draws.sigma) ** 2, ARM[name]["ratio"]
    law = stats.chi2(n - p, scale=of.sigma**2 / squares)
    both = 1 / OURS + 1 / THEIRS
    assert abs(ratio.mean() - theirs[0]) < ERRORS * law.std() * np.sqrt(both)
    for q, value in zip(PROBABILITIES, theirs[1:], strict=True):
        error = np.sqrt(q * (1 - q) * both) / law.pdf(law.ppf(q))
        assert abs(np.quantile(ratio, q) - value) < ERRORS * error


def test_least_squares() -> None:
    sleep = pylmer.datasets.load("sleepstudy").assign(again=lambda d: 2.0 * d.Days)
    of = pylmer.lm("Reaction ~ Days", sleep)
    draws = sim(of, OURS, seed=14)
    errors = (draws.coef.to_numpy() - of.beta) / draws.sigma[:, None]
    for V, both in ((np.array(ARM["lm"]["covariance"]), 1 / OURS + 1 / THEIRS), (of.solution.unscaled, 1 / OURS)):
        spread = np.sqrt((np.outer(np.diag(V), np.diag(V)) + V**2) * both)
        assert np.max(np.abs(np.cov(errors.T) - V) / spread) < ERRORS
    assert list(sim(pylmer.lm("Reaction ~ Days + again", sleep), 3).coef) == ARM["aliased"]


def test_a_singular_fit_and_seeds() -> None:
    with pytest.warns(pylmer.FitNote, match="singular"):
        of = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    draws = sim(of, 5, seed=1)
    assert np.all(draws.ranef["Batch"] == 0)  # as arm has it
    assert draws.fixef.equals(sim(of, 5, seed=np.random.default_rng(1)).fixef)


def test_words_of_draws() -> None:
    of = fit("slopes")
    draws = sim(of, 4, seed=2)
    b, beta = draws.ranef["Subject"], draws.fixef.to_numpy()
    assert pylmer.coef(draws).columns["Subject"] == list(pylmer.coef(of)["Subject"].columns)
    np.testing.assert_allclose(pylmer.coef(draws)["Subject"], b + beta[:, None], rtol=1e-12)
    rows = pylmer.fitted(draws)
    X, codes = of.rows.X, of.rows.random[0].codes
    expected = X @ beta.T + np.einsum("nl,snl->ns", X, b[:, codes])
    np.testing.assert_allclose(rows, expected, rtol=1e-12)
    assert rows.index.equals(pylmer.fitted(of).index)
    assert pylmer.ranef(draws) is draws.ranef
    assert pylmer.fixef(draws) is draws.fixef
    assert pylmer.sigma_hat(draws) is draws.sigma
    frame = draws.ranef.frame("Subject", "Days")
    pd.testing.assert_series_equal(frame["309"], pd.Series(b[:, 1, 1], name="309"))
    assert pickle.loads(pickle.dumps(draws.ranef)).levels == draws.ranef.levels


def test_a_factor_with_two_terms_is_named_once() -> None:
    draws = sim(fit("apart"), 3, seed=1)
    assert draws.ranef["Subject"].shape == (3, 18, 2)
    assert draws.ranef.columns["Subject"] == ["(Intercept)", "Days"]


def test_the_dense_engine_draws_the_same() -> None:
    sleep = pylmer.datasets.load("sleepstudy")
    dense = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep, control=pylmer.lmerControl(engine="dense"))
    np.testing.assert_allclose(sim(dense, 3, seed=1).fixef, sim(fit("slopes"), 3, seed=1).fixef, rtol=1e-6)


def test_printed() -> None:
    draws = sim(fit("slopes"), 200, seed=1)
    lines = str(draws).splitlines()
    assert lines[0] == "200 draws of the fixed effects, the random effects and sigma, theta held"
    assert lines[1].split() == ["mean", "sd", "2.5%", "50%", "97.5%"]
    assert [line.split()[0] for line in lines[2:]] == ["(Intercept)", "Days", "sigma", "Subject:"]
    assert "308" in str(draws.ranef)
    assert "<pre>" in draws._repr_html_()


@pytest.mark.parametrize("n_sims", [0, -1, 2.5, "a", True])
def test_numbers_of_draws(n_sims: Any) -> None:
    with pytest.raises(pylmer.ArgumentError, match="n_sims must be a whole number from 1"):
        sim(fit("slopes"), n_sims)


def test_mistakes_are_named() -> None:
    kinds = r"lmer\(\), glmer\(\), lm\(\) or glm\(\)"
    with pytest.raises(pylmer.ArgumentError, match=rf"sim\(\) wants a fit of {kinds}, found int"):
        sim(3)
    with pytest.raises(pylmer.NumericalError, match="no residual degrees of freedom"):
        sim(pylmer.lm("y ~ x", {"y": [1.0, 2.0], "x": [0.0, 1.0]}))


@pytest.mark.parametrize("formula", ["Reaction ~ Days", "Reaction ~ Days + (1 | Subject)"])
def test_more_draws_than_can_be_kept_are_refused(formula: str) -> None:
    word = pylmer.lmer if "|" in formula else pylmer.lm
    with pytest.raises(pylmer.ArgumentError, match=r"^n_sims=1000000000: more than 10,000,000 are refused"):
        pylmer.sim(word(formula, pylmer.datasets.load("sleepstudy")), 10**9)
    with pytest.raises(pylmer.ArgumentError, match=r"^n_sims must be a whole number from 1, found -1"):
        pylmer.sim(word(formula, pylmer.datasets.load("sleepstudy")), -1)
