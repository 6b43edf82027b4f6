"""Every lmer case of the reference, quantity by quantity, at the reference's own tolerances."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest

import pylmer

from .cases import OVERPARAMETERISED, assert_close, case, fit, loose, names, numbers

CASES = names("lmer")
IDENTIFIED = [name for name in CASES if name not in OVERPARAMETERISED]


def test_there_are_cases() -> None:
    assert len(CASES) >= 90


@pytest.mark.parametrize("name", CASES)
def test_objective(name: str) -> None:
    ours, R = fit(name).optimum.value, case(name)["objective"]
    assert abs(ours - R) <= 1e-7 * max(1, abs(R))
    assert fit(name).optimum.converged
    assert fit(name).optimum.certificate.holds


@pytest.mark.parametrize("name", CASES)
def test_fixed_effects(name: str) -> None:
    R, beta = case(name)["beta"], pylmer.fixef(fit(name))
    assert list(beta.index) == R["names"]
    se = numbers(R["se"])
    tolerance = (
        1e-4 if case(name)["isSingular"] else 5e-5
    )  # standard errors; some references are no nearer (engine.md 2)
    assert np.max(np.abs(beta.to_numpy() - numbers(R["values"])) / se) <= tolerance


@pytest.mark.parametrize("name", IDENTIFIED)
def test_standard_errors_and_vcov(name: str) -> None:
    V = pylmer.vcov(fit(name))
    assert_close(np.sqrt(np.diag(V)), case(name)["beta"]["se"], loose(name))
    assert_close(V, case(name)["vcov"], loose(name))
    assert_close(pylmer.se_fixef(fit(name)), case(name)["beta"]["se"], loose(name))


@pytest.mark.parametrize("name", IDENTIFIED)
def test_covariance_parameters(name: str) -> None:
    R, ours = case(name), fit(name)
    if R["par"]:
        assert_close(ours.par, R["par"]["values"], loose(name))
        assert list(ours.devfun.names) == R["par"]["names"]
        assert len(ours.theta) == len(R["theta"]["values"])
    elif not R["isSingular"]:
        assert_close(ours.theta, R["theta"]["values"], loose(name), floor=1e-3)
    assert list(pylmer.getME(ours, "theta").index) == R["theta"]["names"]
    assert_close(ours.sigma, R["sigma"], loose(name))


@pytest.mark.parametrize("name", IDENTIFIED)
def test_VarCorr(name: str) -> None:
    R, ours = case(name)["varcorr"], pylmer.VarCorr(fit(name)).as_frame()
    assert list(ours["grp"]) == R["grp"]
    for column in ("var1", "var2"):
        assert [None if pd.isna(v) else v for v in ours[column]] == R[column]
    assert_close(ours["vcov"], R["vcov"], loose(name))
    if not case(name)["isSingular"]:
        assert_close(ours["sdcor"], R["sdcor"], 10 * loose(name))  # square roots and ratios of the above


@pytest.mark.parametrize("name", CASES)
def test_likelihood(name: str) -> None:
    R, ours = case(name), fit(name)
    ll = pylmer.logLik(ours)
    assert abs(float(ll) - R["logLik"]) <= 1e-7 * abs(R["logLik"])
    assert (ll.df, ll.nobs, pylmer.df_residual(ours)) == (R["df"], R["n"], R["df_residual"])
    assert abs(pylmer.AIC(ours) - R["AIC"]) <= 1e-7 * abs(R["AIC"])
    assert abs(pylmer.BIC(ours) - R["BIC"]) <= 1e-7 * abs(R["BIC"])


@pytest.mark.parametrize("name", CASES)
def test_shape_of_the_model(name: str) -> None:
    R, ours = case(name), fit(name)
    assert pylmer.nobs(ours) == R["n"]
    assert dict(pylmer.ngrps(ours)) == dict(zip(R["grouping"]["names"], R["grouping"]["n_levels"], strict=True))
    assert list(ours.design.dropped) == R["dropped_columns"]
    terms = [{"group": t.group, "columns": list(t.columns)} for t in ours.design.random]
    assert terms == R["random_terms"]
    assert list(ours.design.fixed_terms.labels) == R["fixed_terms"]["labels"]
    X = pylmer.model_matrix(ours)
    assert list(X.columns) == R["X_first5"]["columns"]
    assert_close(X.iloc[:5], R["X_first5"]["values"], 1e-9)
    assert_close(X.sum(), R["X_colsums"], 1e-9, floor=np.abs(X).to_numpy().sum())
    assert_close((X**2).sum(), R["X_colsumsq"], 1e-9)


@pytest.mark.parametrize("name", IDENTIFIED)
def test_ranef(name: str) -> None:
    modes = pylmer.ranef(fit(name))
    for group, R in case(name)["ranef"].items():
        ours = modes[group]
        assert list(ours.columns) == R["columns"]
        assert list(ours.index[:5]) == R["levels"]
        sums, squares = np.atleast_1d(numbers(R["sum"])), np.atleast_1d(numbers(R["sumsq"]))
        rms = np.maximum(np.sqrt(squares / len(ours)), 1e-6)
        tolerance = 10 * loose(name)  # of the typical size of the column
        assert np.max(np.abs(ours.iloc[:5].to_numpy() - numbers(R["values"])) / rms) <= tolerance
        assert np.max(np.abs(np.sqrt((ours**2).sum() / len(ours)) - rms) / rms) <= tolerance or np.all(rms == 1e-6)
        assert np.max(np.abs(ours.sum() - sums) / rms / len(ours)) <= tolerance


@pytest.mark.parametrize("name", IDENTIFIED)
def test_conditional_variances(name: str) -> None:
    modes = pylmer.ranef(fit(name))
    for group, R in (case(name)["ranef_condvar"] or {}).items():
        ours = modes.cond_var[group]
        at = 0
        for block in R["blocks"]:  # one block per random term of the group; ours are joint
            reference = numbers(block)
            width = reference.shape[1]
            here = slice(at, at + width)
            assert_close(ours[: len(reference), here, here], block, loose(name), floor=1e-6)
            at += width


@pytest.mark.parametrize("name", IDENTIFIED)
def test_coef(name: str) -> None:
    if case(name).get("coef_error"):
        return
    coefficients = pylmer.coef(fit(name))
    for group, R in case(name)["coef"].items():
        ours = coefficients[group]
        assert list(ours.columns) == R["columns"]
        assert list(ours.index[:5]) == R["levels"]
        assert_close(ours.iloc[:5], R["values"], 5e-5)


@pytest.mark.parametrize("name", CASES)
def test_fitted_and_residuals(name: str) -> None:
    R, ours = case(name), fit(name)
    assert_close(pylmer.fitted(ours).iloc[:5], R["fitted_first5"], 1e-5)
    size = np.max(np.abs(numbers(R["fitted_first5"])))
    for kind, options in (
        ("response", {}),
        ("pearson", {"type": "pearson"}),
        ("scaled", {"type": "pearson", "scaled": True}),
    ):
        floor = size / (R["sigma"] if kind == "scaled" else 1)
        assert_close(pylmer.resid(ours, **options).iloc[:5], R["residuals_first5"][kind], 1e-5, floor=floor)


@pytest.mark.parametrize("name", IDENTIFIED)
def test_isSingular(name: str) -> None:
    assert pylmer.isSingular(fit(name)) == case(name)["isSingular"]


@pytest.mark.parametrize("name", [n for n in IDENTIFIED if (case(n).get("predict") or {}).get("newdata")])
def test_predict(name: str) -> None:
    P, ours = case(name)["predict"], fit(name)
    newdata = pd.DataFrame({k: v if isinstance(v, list) else [v] for k, v in P["newdata"].items()})
    for column in newdata:
        known = ours.request.data[column].dtype if column in ours.request.data else None
        if isinstance(known, pd.CategoricalDtype) and set(newdata[column]) <= set(known.categories):
            newdata[column] = newdata[column].astype(known)
    lost = isinstance(ours.request.offset, str) and ours.request.offset not in newdata  # R says nothing of it
    for re_form, R in (("NA", P["fixed_only"]), (None, P["with_random"])):
        with pytest.warns(pylmer.FitNote, match="without that offset") if lost else nullcontext():
            predicted = pylmer.predict(ours, newdata, re_form=re_form, allow_new_levels=True)
        assert_close(predicted, R, loose(name))


def test_few_full_evaluations() -> None:
    counts = [fit(name).optimum.evaluations for name in CASES]
    assert np.median(counts) <= 8
