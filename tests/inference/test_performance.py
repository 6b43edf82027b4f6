"""compare_performance and model_weights against R's performance (tests/data/inference/performance.R) and arithmetic."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import pylmer
from tests.printing.pages import lines

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "performance.json"
THEIRS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
sleep = pylmer.datasets.load("sleepstudy").assign(slow=lambda data: (data["Reaction"] > 300).astype(int))
cbpp = pylmer.datasets.load("cbpp")
W = np.resize([1.0, 2.0], 180)
COUNTS = "incidence ~ period + offset(log(size))"
LEFT_OUT = {"Score_spherical"}  # theirs is divided by a norm over rows


def fits() -> dict[str, Any]:
    line = "Reaction ~ Days + (1 | Subject)"
    log = pylmer.families.Gamma("log"), pylmer.families.inverse_gaussian("log")
    return {
        "mean": pylmer.lmer("Reaction ~ 1 + (1 | Subject)", sleep),
        "line": pylmer.lmer(line, sleep),
        "lines": pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep),
        "ml": pylmer.lmer(line, sleep, REML=False),
        "weighted": pylmer.lmer(line, sleep, weights=W),
        "lm": pylmer.lm("Reaction ~ Days", sleep),
        "lm_weighted": pylmer.lm("Reaction ~ Days", sleep, weights=W),
        "herds": pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", cbpp, "binomial"),
        "slow": pylmer.glmer("slow ~ Days + (1 | Subject)", sleep, "binomial"),
        "counts": pylmer.glmer("incidence ~ period + (1 | herd)", cbpp, "poisson"),
        "logit": pylmer.glm("slow ~ Days", sleep, "binomial"),
        "probit": pylmer.glm("slow ~ Days", sleep, "binomial('probit')"),
        "poisson": pylmer.glm(COUNTS, cbpp, "poisson"),
        "gamma": pylmer.glm("Reaction ~ Days", sleep, log[0]),
        "gaussian": pylmer.glm("Reaction ~ Days", sleep, "gaussian"),
        "inverse": pylmer.glm("Reaction ~ Days", sleep, log[1]),
    }


FITS = fits()
# lme4's Laplace criterion is that of its own approximation to the modes: the third digit of some estimates differs
DIGITS = {"herds": 2e-3, "slow": 2e-3, "counts": 2e-3, "lines": 3e-6, "gamma": 1e-5, "inverse": 1e-5}


def row(**given: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return dict(pylmer.compare_performance(**given).iloc[0])


@pytest.mark.parametrize("estimator", ["ML", "REML"])
@pytest.mark.parametrize("name", THEIRS["ML"])
def test_lmer(name: str, estimator: str) -> None:
    ours, theirs = row(fit=FITS[name], estimator=estimator), THEIRS[estimator][name]
    assert {each for each in ours if not each.endswith("_wt")} == {"Model", *theirs}
    for index, value in theirs.items():
        assert ours[index] == pytest.approx(value, rel=DIGITS.get(name, 1e-6), abs=1e-12)


@pytest.mark.parametrize("name", THEIRS["others"])
def test_other_fits(name: str) -> None:
    ours = row(fit=FITS[name])
    theirs = {index: value for index, value in THEIRS["others"][name].items() if index not in LEFT_OUT}
    if name in ("slow", "logit", "probit"):
        del theirs["Score_log"]  # of 0/1 responses theirs is no mean log probability
    if name == "counts":  # insight 0.19 takes exp(b0) for the mean, the paper exp(b0 + s^2/2): see tests/glmm
        theirs |= vars(pylmer.r2(FITS[name])) | {"ICC": pylmer.icc(FITS[name]).ICC_adjusted}
    for index, value in theirs.items():
        if value is not None:
            assert ours[index] == pytest.approx(value, rel=DIGITS.get(name, 1e-6), abs=1e-12), index
    assert {each for each in ours if not each.endswith("_wt")} == {
        "Model",
        *(index for index, value in theirs.items() if value is not None),
    }


@pytest.mark.parametrize(("given", "names"), [("compared", "mean line lines"), ("compared_lm", "plain line")])
def test_weights_beside_criteria(given: str, names: str) -> None:
    each = {name: FITS["lm" if name == "plain" else name] for name in names.split()}
    ours, theirs = pylmer.compare_performance(**each), THEIRS[given]
    assert list(ours.index) == theirs["Name"]
    assert list(ours["Model"]) == theirs["Model"]
    for index in theirs:
        if index not in ("Name", "Model"):
            wanted = np.array([np.nan if x is None else x for x in theirs[index]])
            np.testing.assert_allclose(ours[index], wanted, rtol=3e-6, atol=1e-12)


def test_page() -> None:
    page = str(pylmer.compare_performance(**{name: FITS[name] for name in ("mean", "line", "lines")}))
    assert lines(page) == lines("\n".join(THEIRS["pages"]["mixed"]))


def test_page_of_logistic_regressions() -> None:
    null = pylmer.glm("slow ~ 1", sleep, "binomial")
    page = str(pylmer.compare_performance(logit=FITS["logit"], logit0=null)).splitlines()
    for ours, theirs in zip(page[2:], THEIRS["pages"]["logistic"][2:], strict=True):
        if "|" in theirs:
            cells = [cell.strip() for cell in theirs.split("|")]
            assert [cell.strip() for cell in ours.split("|")] == [*cells[:9], cells[11]]  # without the two scores


def test_scores_by_their_definitions() -> None:
    y, mu = sleep["slow"].to_numpy(), pylmer.fitted(FITS["slow"]).to_numpy()
    log_loss = row(fit=FITS["slow"])["Log_loss"]
    assert log_loss == pytest.approx(-np.mean(stats.bernoulli.logpmf(y, mu)), rel=1e-12)
    counts = pylmer.glmer_nb(f"{COUNTS} + (1 | herd)", cbpp)
    theta = counts.family.theta
    law = stats.nbinom(theta, theta / (theta + pylmer.fitted(counts).to_numpy()))
    assert row(fit=counts, metrics="Score_log")["Score_log"] == pytest.approx(law.logpmf(cbpp["incidence"]).mean())


@pytest.mark.parametrize("criterion", ["AIC", "AICc", "BIC"])
def test_model_weights(criterion: str) -> None:
    ours = pylmer.model_weights(mean=FITS["mean"], line=FITS["line"], lines=FITS["lines"], criterion=criterion)
    np.testing.assert_allclose(ours["weight"], THEIRS["compared"][f"{criterion}_wt"], rtol=3e-6)
    np.testing.assert_allclose(ours[criterion], THEIRS["compared"][criterion], rtol=1e-6)
    assert ours["weight"].sum() == pytest.approx(1)
    assert ours["delta"].min() == 0


def test_streamed_fits_are_as_those_in_memory(tmp_path: Path) -> None:
    sleep.to_csv(tmp_path / "rows.csv", index=False)
    for weights in (None, "slow + 1"):
        given = ("Reaction ~ Days + (Days | Subject)", weights)
        there, here = (pylmer.lmer(given[0], data, weights=given[1]) for data in (str(tmp_path / "rows.csv"), sleep))
        ours = pylmer.compare_performance(there=there, here=here).drop(columns="Model").to_numpy(float)
        np.testing.assert_allclose(ours[0], ours[1], rtol=1e-6)


def test_sums_without_rows_have_their_indices() -> None:
    plan = pylmer.plan("Reaction ~ Days + (Days | Subject)", sleep)
    fit = pylmer.lmer(plan, plan.sums(sleep.iloc[:90]) + plan.sums(sleep.iloc[90:]))
    assert row(fit=fit)["RMSE"] == pytest.approx(THEIRS["ML"]["lines"]["RMSE"], rel=1e-6)


def test_a_singular_fit_has_its_shares() -> None:
    with pytest.warns(pylmer.FitNote, match="singular"):
        fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    assert row(fit=fit)["R2_conditional"] == pytest.approx(0, abs=1e-8)


def test_no_share_without_a_known_variance() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = pylmer.glmer("Reaction ~ Days + (1 | Subject)", sleep, pylmer.families.inverse_gaussian("log"))
    assert not {"R2_marginal", "ICC"} & set(row(fit=fit))


def test_criteria_of_other_responses_have_no_weights() -> None:
    log = pylmer.lm("log(Reaction) ~ Days", sleep)
    with pytest.warns(pylmer.FitNote, match="weights of the criteria are left out: .*same response"):
        table = pylmer.compare_performance(FITS["lm"], log)
    assert "AIC" in table
    assert not [name for name in table if name.endswith("_wt")]
    with pytest.raises(pylmer.DataError, match="same response"):
        pylmer.model_weights(FITS["lm"], log)
    with pytest.raises(pylmer.DataError, match="same rows"):
        pylmer.model_weights(FITS["lm"], pylmer.lm("Reaction ~ Days", sleep.head(100)))
    with pytest.raises(pylmer.ArgumentError, match="different criteria"):
        pylmer.model_weights(FITS["logit"], FITS["lm"])


def test_restricted_likelihoods() -> None:
    with pytest.warns(pylmer.FitNote, match="different fixed effects"):
        pylmer.model_weights(FITS["mean"], FITS["line"], estimator="REML")
    with pytest.warns(pylmer.FitNote, match="others have none"):
        pylmer.compare_performance(FITS["line"], FITS["lm"], estimator="REML")
    same = pylmer.model_weights(FITS["line"], FITS["lines"], estimator="REML")
    np.testing.assert_allclose(same["AIC"], [THEIRS["REML"][name]["AIC"] for name in ("line", "lines")], rtol=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"metrics": []}, "metrics"),
        ({"metrics": "foo"}, "'foo': wanted 'all', 'common'"),
        ({"metrics": ["AIC", 3]}, "metrics"),
        ({"metrics": math.nan}, "metrics"),
        ({"estimator": "OLS"}, "estimator"),
        ({"estimator": 3}, "estimator"),
        ({"foo": 3}, "foo: wanted fits of lmer"),
    ],
)
def test_wrong_arguments(given: dict[str, Any], message: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=message):
        pylmer.compare_performance(FITS["line"], **given)


def test_what_is_no_single_fit() -> None:
    with pytest.raises(pylmer.ArgumentError, match="at least one"):
        pylmer.compare_performance()
    with pytest.raises(pylmer.ArgumentError, match=r"MODEL1: wanted fits .*found LmList: .*y ~ g \* x"):
        pylmer.compare_performance(pylmer.lmList("Reaction ~ Days | Subject", sleep))
    many = pylmer.lmer_many("~ Days + (1 | Subject)", sleep, responses=["Reaction"])
    with pytest.raises(pylmer.ArgumentError, match=r"\.fit\(name\)"):
        pylmer.model_weights(many)
    with pytest.raises(pylmer.ArgumentError, match="two models are called MODEL1"):
        pylmer.compare_performance(FITS["lm"], MODEL1=FITS["lm"])
    with pytest.raises(pylmer.ArgumentError, match="criterion"):
        pylmer.model_weights(FITS["lm"], criterion="DIC")


def test_what_is_computed_of_it_is_an_ordinary_table() -> None:
    table = pylmer.compare_performance(FITS["lm"])
    assert type(table[["AIC"]]) is pd.DataFrame
    assert type(table.copy()) is type(table)
