"""pooling() of glmer against R's glm and lme4 (tests/data/glmm/pooling.R), and by arithmetic."""

from __future__ import annotations

import functools
import json
import pathlib
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import special

import pylmer

from .fits import cbpp
from .references import frame

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
R = json.loads((DATA / "glmm" / "pooling.json").read_text())
GLM, FITTED = 1e-8, 2e-5  # R's glm to its epsilon; what depends on theta, which lme4 leaves 1e-6 to 1e-5 away


def close(ours, theirs, tolerance):
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=tolerance, atol=tolerance)


@functools.cache
def fit(formula, data, family="binomial", **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.glmer(formula, frame(data), family, **options)


def contraception():
    return fit("use ~ urban + age + (1 | district)", "Contraception")


def test_cbpp_against_R():
    theirs, found = R["cbpp"], pylmer.pooling(cbpp())
    table = found.as_frame()
    close(table["no_pooling"], theirs["none"], GLM)
    close(table["se_no"], theirs["se_none"], 1e-6)  # R's glm ends a step earlier than it could
    close(found.slopes, theirs["slopes"], GLM)
    close(table["complete"], np.full(15, theirs["complete"][0]), GLM)
    close(table["multilevel"], theirs["fixef"][0] + np.array(theirs["ranef"]), FITTED)
    close(table["se_multi"], theirs["se_ranef"], FITTED)
    close(table["factor"], theirs["factor"], FITTED)
    close(found.link_variance, 1 / theirs["weights"], 1e-4)
    assert table["n"].tolist() == frame("cbpp").groupby("herd", observed=True)["size"].sum().tolist()
    assert found.separated == ()
    assert (found.sigma_no, found.df_no) == (1.0, 56 - 15 - 3)


def test_separated_districts_have_no_finite_estimate():
    theirs, found = R["contraception"], pylmer.pooling(contraception())
    table = found.as_frame()
    finite = ~table.index.isin(theirs["separated"])
    close(table["no_pooling"][finite], pd.Series(theirs["none"]).dropna(), GLM)
    close(table["se_no"][finite], pd.Series(theirs["se_none"]).dropna(), 1e-5)
    close(found.slopes, theirs["slopes"], GLM)
    close(table["multilevel"], theirs["fixef"][0] + np.array(theirs["ranef"]), FITTED)
    close(table["factor"], theirs["factor"], FITTED)
    ends = dict(zip(theirs["separated"], theirs["ends"], strict=True))
    assert {level: np.sign(table["no_pooling"][level]) for level in ends} == {k: 2 * p - 1 for k, p in ends.items()}
    assert np.isinf(table["no_pooling"][~finite]).all()
    assert table.loc[~finite, ["se_no", "weighted_12_1"]].isna().all(axis=None)
    assert sorted(found.separated) == theirs["separated"]
    assert any("3 levels of district are separated" in note for note in found.notes)
    assert found.response()["no_pooling"][theirs["separated"]].tolist() == theirs["ends"]


def test_weighted_averages():
    """With mu = fixef and the working response exact, by (12.1) as its formula says."""
    found = pylmer.pooling(cbpp())
    table = found.as_frame()
    assert found.errors["mu = fixef"] < 1e-13
    average = table["factor"] * table["complete"] + (1 - table["factor"]) * table["no_pooling"]
    close(table["weighted_12_1"], average, 1e-12)
    close(found.errors["grand mean (12.1)"], (average - table["multilevel"]).abs().max(), 1e-12)


def test_what_one_trial_says():
    """By the modes: W = n p (1 - p), so that the factor is 1 / (1 + sum W sigma^2)."""
    model = cbpp()
    found, data = pylmer.pooling(model), frame("cbpp")
    p = pylmer.fitted(model).to_numpy()
    W = data["size"].to_numpy() * p * (1 - p)
    variance = float(model.theta[0]) ** 2
    own = np.bincount(data["herd"].cat.codes, W)
    close(found["factor"], 1 / (1 + own * variance), 1e-9)
    mean = W.sum() / data["size"].sum()
    close([found.ratio, found.n_equal, found.link_variance], [variance * mean, 1 / (variance * mean), 1 / mean], 1e-9)
    close(found.icc, variance / (variance + 1 / mean), 1e-9)


def test_response_is_the_inverse_link():
    found = pylmer.pooling(cbpp())
    close(found.response()["multilevel"], special.expit(found["multilevel"]), 1e-14)
    assert list(found.response()) == ["n", "no_pooling", "complete", "multilevel", "weighted_12_1"]


def test_own_slopes():
    """A level's own intercept and slope are its own logistic regression: log odds where no other effect is shared."""
    data = frame("Contraception")
    found = pylmer.pooling(fit("use ~ urban + (urban | district)", "Contraception"))
    table = found.as_frame()
    counts = data.assign(y=data["use"] == "Y").groupby(["district", "urban"], observed=True)["y"].agg(["sum", "count"])
    with np.errstate(divide="ignore"):
        odds = np.log(counts["sum"] / (counts["count"] - counts["sum"])).unstack()
    for level in data["district"].cat.categories:
        low, high = odds.loc[level]
        a, b = table.loc[("(Intercept)", level), "no_pooling"], table.loc[("urbanY", level), "no_pooling"]
        if np.isfinite(low + high):
            close([a, b], [low, high - low], 1e-9)
        elif np.isfinite(low):  # no town: NaN; towns all at one end: infinite
            close(a, low, 1e-9)
            assert not np.isfinite(b)
        else:
            assert not np.isfinite(a)


def test_among_other_factors():
    """Brood effects stay random with their estimated variance: lme4's nAGQ = 0 criterion at its theta."""
    theirs = R["grouseticks"]
    found = pylmer.pooling(
        fit("TICKS ~ YEAR + cHEIGHT + (1 | BROOD) + (1 | LOCATION)", "grouseticks", "poisson"), "LOCATION"
    )
    table = found.as_frame()
    close(table["no_pooling"][theirs["levels"]], theirs["none"], 1e-4)
    close(found.slopes, theirs["slopes"], 1e-4)
    assert np.isneginf(table["no_pooling"].drop(theirs["levels"])).all()
    assert found.dropped == ("cHEIGHT",)
    heights = frame("grouseticks").groupby("LOCATION", observed=True)["cHEIGHT"].first()
    close(table["complete"], theirs["complete"][0] + theirs["complete"][3] * heights[table.index], 1e-4)


def test_counts():
    theirs = R["epil"]
    found = pylmer.pooling(fit("y ~ trt + period + (1 | subject)", "epil", "poisson"))
    table = found.as_frame()
    close(table["no_pooling"][theirs["levels"]], theirs["none"], GLM)
    close(found.slopes, [theirs["slopes"]], GLM)
    trt = frame("epil").groupby("subject", observed=True)["trt"].first() == "progabide"
    close(table["complete"], theirs["complete"][0] + theirs["complete"][1] * trt[table.index], GLM)
    assert np.isneginf(table["no_pooling"].drop(theirs["levels"])).all()
    assert found.separated == tuple(set(table.index) - set(theirs["levels"]))


def test_second_level():
    """Weighted least squares of the finite estimates, variances sigma^2 + 1 / A_j at no pooling."""
    model = fit("y ~ trt + (1 | subject)", "epil", "poisson")
    found, data = pylmer.pooling(model), frame("epil")
    total = data.groupby("subject", observed=True)["y"].sum()
    kept = total[total > 0]
    trt = (data.groupby("subject", observed=True)["trt"].first() == "progabide")[kept.index].to_numpy(float)
    w = 1 / (float(model.theta[0]) ** 2 + 1 / kept.to_numpy(float))  # A_j = sum of the fitted means = the total
    X = np.column_stack([np.ones(len(kept)), trt])
    beta = np.linalg.solve(X.T @ (w[:, None] * X), X.T @ (w * np.log(kept.to_numpy(float) / 4)))
    close(found.second_level["Estimate"], beta, 1e-9)
    close(found.second_level["Std. Error"], np.sqrt(np.diag(np.linalg.inv(X.T @ (w[:, None] * X)))), 1e-9)


def test_families_with_a_scale():
    """Gamma with a log link and a group's own intercept: its mean; Pearson's dispersion."""
    data = frame("sleepstudy")
    found = pylmer.pooling(fit("Reaction ~ 1 + (1 | Subject)", "sleepstudy", 'Gamma("log")'))
    means = data.groupby("Subject", observed=True)["Reaction"].mean()
    close(found["no_pooling"], np.log(means), 1e-9)
    ratio = data["Reaction"] / means[data["Subject"]].to_numpy()
    close(found.sigma_no, np.sqrt(((ratio - 1) ** 2).sum() / (180 - 18)), 1e-9)
    close(found["se_no"], np.full(18, found.sigma_no / np.sqrt(10)), 1e-9)
    close(found["complete"], np.full(18, np.log(data["Reaction"].mean())), 1e-9)


def test_predictors_and_levels_that_separate_together():
    """Within each group y follows x, so the slope runs away although no group separates by itself."""
    g = np.repeat(list("abcd"), 4)
    x = np.tile([0.0, 1.0, 2.0, 3.0], 4)
    y = np.array([0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1])
    data = pd.DataFrame({"x": x, "g": g, "y": y})
    model = pylmer.makeGlmer("z ~ x + (1 | g)", data, family="binomial", fixef=[0, 1], VarCorr=1, seed=1)
    found = pylmer.pooling(pylmer.refit(model, y))
    assert np.isnan(found.slopes["x"])
    assert any("no finite estimate of x" in note for note in found.notes)
    assert not np.isfinite(found["no_pooling"]).any()


def test_criterion_curve_against_R():
    """lme4's Laplace criterion with theta held, minimized over beta."""
    theirs = R["curve"]
    curve = pylmer.criterion_curve(cbpp(), theirs["theta"])
    close(curve.value, theirs["value"], 1e-6)
    complete = pylmer.glm("cbind(incidence, size - incidence) ~ period", frame("cbpp"), family="binomial")
    close(curve.complete, -2 * float(pylmer.logLik(complete)), 1e-10)
    close(curve.lowest, -2 * float(pylmer.logLik(cbpp())), 1e-12)


def test_limit_of_the_criterion():
    """15 log theta^2 and a constant, no more than that at no pooling: -2 log f + sum log A_j."""
    curve = pylmer.criterion_curve(cbpp(), [50.0, 500.0])
    close(curve.value, curve.asymptote([50.0, 500.0]), 1e-3)
    assert curve.slope == 15
    data = frame("cbpp")
    none = pylmer.glm("cbind(incidence, size - incidence) ~ period + herd - 1", data, family="binomial")
    p = none.mu
    A = np.bincount(data["herd"].cat.codes, data["size"].to_numpy() * p * (1 - p))
    bound = -2 * float(pylmer.logLik(none)) + np.log(A).sum()
    assert bound - 0.1 < curve.constant <= bound
    assert np.isnan(pylmer.criterion_curve(contraception(), [0.1, 0.5]).constant)


def test_pages():
    text = str(pylmer.pooling(contraception()))
    assert text.startswith("Partial pooling of district, on the logit scale\n")
    assert "sigma_y^2, the variance of one trial on the logit scale: " in text
    assert "no pooling has no finite estimate there" in text.replace("\n  ", " ")
    assert "-2 log L over theta = sigma_herd\n" in str(pylmer.criterion_curve(cbpp()))


def test_mistakes():
    crossed = fit("TICKS ~ YEAR + (1 | BROOD) + (1 | LOCATION)", "grouseticks", "poisson")
    with pytest.raises(pylmer.ArgumentError, match="2 grouping factors: say group='BROOD' or 'LOCATION'"):
        pylmer.pooling(crossed)
    with pytest.raises(pylmer.ArgumentError, match="this model has 2: BROOD"):
        pylmer.criterion_curve(crossed)
    with pytest.raises(pylmer.ArgumentError, match="increasing"):
        pylmer.criterion_curve(cbpp(), [2, 1])
    for word in (lambda: pylmer.five_ways(cbpp()), lambda: pylmer.at_theta(cbpp(), [1])):
        with pytest.raises(pylmer.ArgumentError, match=r"a linear mixed model.*pooling\(\)"):
            word()


def test_saturated_levels_have_standard_errors_without_a_scale():
    """One row a herd: the logit of its proportion, with variance 1 / (n p (1 - p)); no note on degrees of freedom."""
    data = frame("cbpp").query("period == '1'")
    found = pylmer.pooling(pylmer.glmer("cbind(incidence, size - incidence) ~ 1 + (1 | herd)", data, "binomial"))
    data = data[data["incidence"] > 0]
    p = (data["incidence"] / data["size"]).to_numpy()
    close(found["no_pooling"][data["herd"]], special.logit(p), 1e-9)
    close(found["se_no"][data["herd"]], 1 / np.sqrt(data["size"].to_numpy() * p * (1 - p)), 1e-9)
    assert found.separated == ("11",)
    assert len(found.notes) == 1
