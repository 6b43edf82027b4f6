"""The words against lme4 and arm: four fits with weights, several terms on a factor, a slope without its mean, ML."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pylmer

from .answers import ANSWERS, NAMES, close, fit, same_frame, same_named

every_fit = pytest.mark.parametrize("name", NAMES)


@every_fit
def test_ranef_and_coef(name: str) -> None:
    for word in (pylmer.ranef, pylmer.coef):
        ours, theirs = word(fit(name)), ANSWERS[name][word.__name__]
        assert list(ours) == list(theirs)
        assert all(same_frame(ours[factor], theirs[factor]) for factor in ours)


@every_fit
def test_ranef_frame(name: str) -> None:
    theirs = pd.DataFrame(ANSWERS[name]["ranef_frame"])
    ours = pylmer.ranef(fit(name)).as_frame()
    assert list(ours.columns) == list(theirs.columns)
    key = ["grpvar", "term", "grp"]
    matched = theirs.merge(ours, on=key, suffixes=("_r", ""), validate="1:1")
    assert len(matched) == len(theirs)
    assert close(matched["condval"], matched["condval_r"], 1e-5)
    assert close(matched["condsd"], matched["condsd_r"], 1e-5)


@every_fit
def test_se_fixef(name: str) -> None:
    assert same_named(pylmer.se_fixef(fit(name)), ANSWERS[name]["se_fixef"])


@pytest.mark.parametrize("name", [name for name in NAMES if ANSWERS[name]["se_ranef"]])
def test_se_ranef_and_se_coef(name: str) -> None:
    theirs = ANSWERS[name]["se_ranef"]
    for ours in (pylmer.se_ranef(fit(name)), pylmer.se_coef(fit(name))):
        assert all(same_frame(ours[factor], theirs[factor]) for factor in theirs)
    assert close(pylmer.se_coef(fit(name)).fixef, ANSWERS[name]["se_coef_fixef"])


@every_fit
def test_vcov_and_sigma(name: str) -> None:
    assert same_frame(pylmer.vcov(fit(name)), ANSWERS[name]["vcov"])
    assert pylmer.sigma(fit(name)) == pytest.approx(ANSWERS[name]["sigma"], rel=1e-6)


@every_fit
@pytest.mark.parametrize("order", ["cov.last", "lower.tri"])
def test_VarCorr_frame(name: str, order: str) -> None:
    theirs = ANSWERS[name]["frame" if order == "cov.last" else "frame_lower"]
    ours = pylmer.VarCorr(fit(name)).as_frame(order)
    assert [group.replace(":", ".") for group in ours["grp"]] == theirs["grp"]  # 1.1-31 writes Worker.Machine here
    assert ours["var1"].tolist() == theirs["var1"]
    assert ours["var2"].tolist() == theirs["var2"]
    assert close(ours["vcov"], theirs["vcov"], 5e-6)
    assert close(ours["sdcor"], theirs["sdcor"])


@every_fit
def test_sigma_hat(name: str) -> None:
    ours, theirs = pylmer.sigma_hat(fit(name)), ANSWERS[name]["sigma_hat"]
    assert [group.replace(":", ".") for group in ours.sigma] == list(theirs["sigma"])
    assert close(ours.sigma["data"], theirs["sigma"]["data"]["values"][0])
    for group, r_group in zip(list(ours.sigma)[1:], list(theirs["sigma"])[1:], strict=True):
        assert same_named(ours.sigma[group], theirs["sigma"][r_group])
        matrix, r = ours.cors[group], theirs["cors"][r_group]
        assert matrix is None if r is None else same_frame(matrix, r)


@every_fit
def test_likelihood(name: str) -> None:
    model, r = fit(name), ANSWERS[name]["likelihood"]
    likelihood = pylmer.logLik(model)
    assert likelihood == pytest.approx(r["logLik"], rel=1e-10)
    assert (likelihood.df, likelihood.nobs, likelihood.REML) == (r["df"], r["nobs"], ANSWERS[name]["REML"])
    assert pylmer.logLik(model, REML=False) == pytest.approx(r["ml"], rel=1e-8)
    assert pylmer.deviance(model, REML=False) == pytest.approx(r["ml_deviance"], rel=1e-8)
    assert pylmer.AIC(model) == pytest.approx(r["AIC"], rel=1e-10)
    assert pylmer.BIC(model) == pytest.approx(r["BIC"], rel=1e-10)
    assert pylmer.df_residual(model) == r["df_residual"]
    assert pylmer.ngrps(model).to_dict() == dict(zip(r["ngrps"]["names"], r["ngrps"]["values"], strict=True))
    if model.REML:
        assert pylmer.REMLcrit(model) == pytest.approx(r["crit"], rel=1e-10)


@every_fit
@pytest.mark.parametrize("type", ["response", "pearson", "working", "deviance"])
def test_residuals(name: str, type: str) -> None:
    assert close(pylmer.resid(fit(name), type).head(5), ANSWERS[name]["rows"][type])


@every_fit
def test_scaled_residuals_fitted_weights(name: str) -> None:
    model, r = fit(name), ANSWERS[name]["rows"]
    assert close(pylmer.resid(model, "pearson", scaled=True).head(5), r["scaled"])
    assert close(pylmer.resid(model, scaled=True).head(5), r["raw_scaled"])
    assert close(pylmer.fitted(model).head(5), r["fitted"])
    assert close(pylmer.weights(model).head(5), r["weights"])


@every_fit
def test_rePCA(name: str) -> None:
    ours, theirs = pylmer.rePCA(fit(name)), ANSWERS[name]["rePCA"]
    assert list(ours) == list(theirs)
    for factor, components in ours.items():
        assert close(components.sdev, theirs[factor]["sdev"], 1e-5)
        assert close(np.abs(components.rotation), np.abs(theirs[factor]["rotation"]), 1e-4)
