"""What check_model draws, in numbers: beside stats, performance and arm (checks.R), and laws of draws."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import pylmer
from pylmer import ArgumentError
from pylmer.diagnostics.binned import binned, usual
from pylmer.diagnostics.influential import distances
from pylmer.diagnostics.predictive import Densities, Shares, bandwidth, density, predictive, replicated, shares
from pylmer.diagnostics.standard_residuals import normal_residuals, order_limits
from tests.reference.cases import DATA

from .test_collinearity import D

R = json.loads((DATA / "diagnostics" / "checks.json").read_text())
ROWS = D.assign(t=R["t"], u=R["u"])
FAMILIES = {"Gamma": pylmer.families.Gamma("log")}
GLMS = range(len(R["models"]))


@functools.cache
def model(k: int) -> Any:
    m = R["models"][k]
    return pylmer.glm(m["formula"], ROWS, FAMILIES.get(m["family"], m["family"]))


@functools.cache
def mixed() -> Any:
    return pylmer.lmer("y ~ x + (1 | g)", D)


@pytest.mark.parametrize("k", GLMS)
def test_leverages_and_distances_of_glm(k: int) -> None:
    m = R["models"][k]
    np.testing.assert_allclose(pylmer.hatvalues(model(k)), m["hat"], rtol=1e-6)
    np.testing.assert_allclose(pylmer.cooks_distance(model(k)), m["cook"], rtol=1e-5, atol=1e-12)


def test_overdispersion_of_glm() -> None:
    for k in (0, 2):
        theirs, found = R["models"][k]["over"], pylmer.check_overdispersion(model(k))
        for name, value in theirs.items():
            assert getattr(found, name) == pytest.approx(value, rel=1e-6)
    with pytest.raises(ArgumentError, match="single trials"):
        pylmer.check_overdispersion(model(1))
    with pytest.raises(ArgumentError, match="Gamma family estimates its scale"):
        pylmer.check_overdispersion(model(3))


def test_bins_are_arms() -> None:
    theirs, fit = R["models"][1]["binned"], model(1)
    found = binned(fit.mu, fit.rows.y - fit.mu, 11)
    np.testing.assert_allclose(found.x, theirs["xbar"], rtol=1e-6)
    np.testing.assert_allclose(found.residual, theirs["ybar"], atol=1e-7)
    np.testing.assert_allclose(found.half, theirs["2se"], rtol=1e-5)
    assert found.inside == np.mean(np.abs(theirs["ybar"]) <= np.array(theirs["2se"]))
    assert [usual(n) for n in (6, 30, 400)] == [3, 10, 20]  # the help page of arm's binnedplot


def test_density_is_rs() -> None:
    y = D["y"].to_numpy()
    assert bandwidth(y) == pytest.approx(R["bw"], rel=1e-12)
    places = np.linspace(y.min(), y.max(), 512)
    ours = density(y, places, bandwidth(y))[::73]
    np.testing.assert_allclose(ours, R["density"], atol=6e-4)  # R interpolates
    kernel = stats.norm.pdf((places[::73, None] - y) / bandwidth(y)).mean(axis=1) / bandwidth(y)
    np.testing.assert_allclose(ours, kernel, atol=1e-4)


def test_limits_of_ordered_values() -> None:
    """The middle of three: P(U_(2) <= u) = 3 u^2 - 2 u^3."""
    low, high = (special.ndtr(ends[1]) for ends in order_limits(3, 0.9))
    assert [3 * u**2 - 2 * u**3 for u in (low, high)] == pytest.approx([0.05, 0.95], abs=1e-12)


def test_shares_by_hand() -> None:
    found = shares(np.array([0.0, 0, 2]), np.array([[0.0, 1], [0, 1], [1, 1]]))
    assert found.counts.tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.observed, [2 / 3, 0, 1 / 3])
    np.testing.assert_allclose(found.median, [1 / 3, 2 / 3, 0])


@pytest.mark.parametrize("weighted", [False, True])
def test_draws_have_the_variance_of_the_model(weighted: bool) -> None:
    weights = {"weights": D["w"]} if weighted else {}
    rng = np.random.default_rng(1)
    line = pylmer.lm("y ~ x + h", D, **weights)
    drawn = replicated(line, 4000, rng) - pylmer.fitted(line).to_numpy()[:, None]
    w = D["w"].to_numpy() if weighted else np.ones(120)
    np.testing.assert_allclose(drawn.var(axis=1) * w, line.sigma**2, rtol=0.12)
    marginal = replicated(mixed(), 4000, rng)
    total = mixed().sigma ** 2 + float(np.asarray(pylmer.VarCorr(mixed())["g"])[0, 0])
    np.testing.assert_allclose(marginal.var(axis=1), total, rtol=0.12)
    counts = replicated(model(0), 4000, rng)
    np.testing.assert_allclose(counts.mean(axis=1), model(0).mu, rtol=0.15)


def test_which_kind_of_check() -> None:
    rng = np.random.default_rng(1)
    assert isinstance(predictive(mixed(), 3, rng), Densities)
    assert isinstance(predictive(model(3), 3, rng), Densities)
    assert isinstance(predictive(model(0), 3, rng), Shares)
    trials = predictive(model(2), 3, rng)
    assert isinstance(trials, Shares)  # successes, not proportions
    assert trials.counts.tolist() == list(range(max(R["u"]) + 1))
    many = D.assign(k=D["k"] * 40)
    assert isinstance(predictive(pylmer.glm("k ~ x", many, "poisson"), 3, rng), Densities)


def test_quantile_residuals_of_glm() -> None:
    """Of a Gamma law its cdf, of a Poisson law between P(Y < y) and P(Y <= y)."""
    fit = model(3)
    ours, quantile = normal_residuals(fit)
    shape = 1 / fit.dispersion
    np.testing.assert_allclose(special.ndtr(ours), stats.gamma.cdf(fit.y, shape, scale=fit.mu / shape), rtol=1e-9)
    assert quantile
    u, counts = special.ndtr(normal_residuals(model(0))[0]), model(0)
    assert (u >= stats.poisson.cdf(counts.y - 1, counts.mu) - 1e-9).all()
    assert (u <= stats.poisson.cdf(counts.y, counts.mu) + 1e-9).all()


def test_of_lm_and_lmer_they_are_over_sigma() -> None:
    np.testing.assert_allclose(normal_residuals(mixed())[0], pylmer.resid(mixed(), scaled=True))
    assert not normal_residuals(mixed())[1]


def test_distances_are_those_of_influence() -> None:
    found = distances(mixed(), None)
    expected = pylmer.cooks_distance(pylmer.influence(mixed(), "g"))
    pd.testing.assert_series_equal(found.values, expected, check_names=False)
    assert (found.of, found.bound) == ("g", 4 / 12)
    few = pylmer.lmer("y ~ x + z + (1 | h)", D)  # two levels, three coefficients: rows
    assert distances(few, None).of == "row"
    assert distances(pylmer.lmer("y ~ 1 + (1 | h)", D), None).of == "row"
    with pytest.warns(pylmer.FitNote, match="leaves one level"):
        assert distances(few, "h").of == "h"
    made = pylmer.makeLmer("y ~ x + (1 | g)", D, fixef=[0, 1], VarCorr=1.0, sigma=1.0, seed=1)
    assert distances(made, None).of == "row"


def test_of_many_levels_rows() -> None:
    many = pd.DataFrame({"g": np.arange(700) // 2, "x": np.arange(700) % 7.0})
    many["y"] = np.random.default_rng(1).normal(size=700) + np.random.default_rng(2).normal(size=350)[many["g"]]
    assert distances(pylmer.lmer("y ~ x + (1 | g)", many), None).of == "row"
