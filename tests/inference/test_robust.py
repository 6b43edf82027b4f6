"""vcovCR, coef_test, conf_int, Wald_test against clubSandwich (tests/data/inference/robust.R) and the definitions."""

from __future__ import annotations

import functools
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from tests.printing.pages import lines, same_numbers

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "robust.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
TESTS = ["z", "naive-t", "naive-tp", "Satterthwaite"]
ABSORBED = 8  # the clusters' own indicators are among the predictors
sleep = pylmer.datasets.load("sleepstudy")


@functools.cache
def fitted(i: int) -> Any:
    case = CASES[i]
    data = pylmer.datasets.load(case["data"]).iloc[[row - 1 for row in case["rows"]]]
    weights = np.resize([1, 2, 0.5, 3], len(data)) if case.get("weights") else None
    if case.get("lm"):
        return pylmer.lm(case["formula"], data, weights=weights)
    return pylmer.lmer(case["formula"], data, REML=case.get("REML", True))


def covariance(i: int, type: str = "CR2") -> Any:
    return pylmer.vcovCR(fitted(i), cluster=CASES[i].get("cluster"), type=type)


def numbers(values: list[Any]) -> np.ndarray:
    return np.array([np.inf if x == "Inf" else x for x in values], float)


def near(ours: Any, theirs: list[Any], column: str) -> None:
    np.testing.assert_allclose(np.asarray(ours, float), numbers(theirs), rtol=1e-4 if column.startswith("p_") else 1e-5)


@pytest.mark.parametrize(("i", "type"), [(i, type) for i, case in enumerate(CASES) for type in case["vcov"]])
def test_covariances_and_degrees_of_freedom(i: int, type: str) -> None:
    if i == ABSORBED and type in ("CR1p", "CR3"):  # R gives NaN and numbers without meaning
        kind = pylmer.ArgumentError if type == "CR1p" else pylmer.NumericalError
        with pytest.raises(kind, match=r"more than 19 clusters, found 18|use CR2"):
            covariance(i, type)
        return
    ours, theirs, at = covariance(i, type), np.array(CASES[i]["vcov"][type]), [1] if i == ABSORBED else slice(None)
    scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
    np.testing.assert_allclose(ours.to_numpy()[at][:, at] / scale, theirs / scale, rtol=0, atol=1e-5)
    table = pylmer.coef_test(fitted(i), vcov=ours).iloc[at]
    for column in ("beta", "SE", "tstat", "df_Satt", "p_Satt"):
        near(table[column], CASES[i]["coef"][type][column], column)


@pytest.mark.parametrize("i", [i for i, case in enumerate(CASES) if case.get("all")])
def test_all_tests(i: int) -> None:
    table, theirs = pylmer.coef_test(fitted(i), vcov=covariance(i), test="All"), CASES[i]["all"]
    assert list(table.columns) == list(theirs)
    for column in list(theirs)[1:]:
        near(table[column], theirs[column], column)


@pytest.mark.parametrize("i", [i for i, case in enumerate(CASES) if case.get("wald")])
def test_wald(i: int) -> None:
    theirs = CASES[i]["wald"]
    table = pylmer.Wald_test(fitted(i), np.eye(len(covariance(i)))[1:4], vcov=covariance(i), test="All")
    assert list(table["test"]) == theirs["test"]
    for column in list(theirs)[1:]:
        near(table[column], theirs[column], column)


PRINTED = [(i, page) for i, case in enumerate(CASES) for page in case if page.startswith("page") and case[page]]


@pytest.mark.parametrize(("i", "page"), PRINTED)
def test_pages(i: int, page: str) -> None:
    fit, vcov = fitted(i), covariance(i)
    ours = {
        "page": lambda: pylmer.coef_test(fit, vcov=vcov),
        "page_all": lambda: pylmer.coef_test(fit, vcov=vcov, test=TESTS),
        "page_int": lambda: pylmer.conf_int(fit, vcov=vcov),
        "page_int_p": lambda: pylmer.conf_int(fit, vcov=vcov, level=0.9, test="naive-t", p_values=True),
        "page_wald": lambda: pylmer.Wald_test(fit, np.eye(len(vcov))[1:4], vcov=vcov, test="All"),
    }[page]()
    assert same_numbers(lines(str(ours)), lines(CASES[i][page])), str(ours)
    assert "<table>" in ours._repr_html_()


def test_what_the_clusters_determine_has_no_degrees_of_freedom() -> None:
    table = pylmer.coef_test(fitted(ABSORBED), vcov=covariance(ABSORBED))
    assert table["df_Satt"].isna().tolist() == [False, False, *[True] * 17]


def plainly(fit: pylmer.LmerFit, codes: np.ndarray, type: str, c: np.ndarray) -> tuple[np.ndarray, float]:
    """The covariance and the degrees of freedom of c'beta from the definitions, with n x n matrices."""
    X, y = np.asarray(fit.rows.X), fit.rows.y
    Z, Lambda = pylmer.getME(fit, "Z").toarray(), pylmer.getME(fit, "Lambda").toarray()
    weights = np.ones(len(y)) if fit.rows.weights is None else fit.rows.weights
    V = fit.sigma**2 * (np.diag(1 / weights) + Z @ Lambda @ Lambda.T @ Z.T)
    W = np.linalg.inv(V)
    M = np.linalg.inv(X.T @ W @ X)
    rest = np.eye(len(y)) - X @ M @ X.T @ W
    e, p = rest @ y, []
    for k in range(codes.max() + 1):
        at = np.flatnonzero(codes == k)
        A = np.eye(len(at))
        if type == "CR2":
            values, axes = np.linalg.eigh(V[np.ix_(at, at)])
            D = (axes * np.sqrt(values)) @ axes.T
            B = D @ (rest @ V @ rest.T)[np.ix_(at, at)] @ D
            values, axes = np.linalg.eigh(B)
            kept = values > 1e-9 * values.max()
            A = D @ (axes[:, kept] / np.sqrt(values[kept])) @ axes[:, kept].T @ D
        whole = np.zeros((len(y), X.shape[1]))
        whole[at] = A.T @ W[np.ix_(at, at)] @ X[at] @ M
        p.append(whole)
    scores = np.array([each.T @ e for each in p])
    G = np.array([rest.T @ each @ c for each in p])
    G = G @ V @ G.T
    return scores.T @ scores, np.trace(G) ** 2 / np.sum(G**2)


@pytest.mark.parametrize("type", ["CR0", "CR2"])
@pytest.mark.parametrize("weighted", [False, True])
def test_definitions_with_prior_weights(type: str, weighted: bool) -> None:
    """clubSandwich takes no prior weights of lmer; the formulas do."""
    data = pylmer.datasets.load("Pastes").iloc[[*range(20), *range(23, 57)]]
    data = data.assign(x=np.resize([1.0, 2.0, 4.0, 5.0, 9.0], len(data)))
    weights = np.resize([1, 2, 0.5], len(data)) if weighted else None
    fit = pylmer.lmer("strength ~ x + (1 | batch/cask)", data, weights=weights)
    codes, c = pd.factorize(data["batch"])[0], np.array([0.0, 1.0])
    V, df = plainly(fit, codes, type, c)
    ours = pylmer.vcovCR(fit, type=type)
    np.testing.assert_allclose(ours, V, rtol=1e-8)
    np.testing.assert_allclose(pylmer.coef_test(fit, vcov=ours)["df_Satt"]["x"], df, rtol=1e-8)


def test_clusters_of_many_rows_are_reduced_without_loss() -> None:
    data = sleep.assign(half=np.where(sleep["Subject"].astype(int) < 340, "a", "b"), x=np.resize([1.0, 0, 2], 180))
    fit = pylmer.lmer("Reaction ~ x + (1 | Subject)", data.assign(Subject=sleep["Subject"]))
    V, df = plainly(fit, pd.factorize(data["Subject"])[0], "CR2", np.array([0.0, 1.0]))
    np.testing.assert_allclose(pylmer.vcovCR(fit), V, rtol=1e-8)
    np.testing.assert_allclose(pylmer.coef_test(fit)["df_Satt"]["x"], df, rtol=1e-8)


def test_the_cluster_may_be_named_or_given_for_used_or_for_all_rows() -> None:
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep, subset="Days > 1")
    wanted = pylmer.vcovCR(fit).to_numpy()
    for cluster in ("Subject", sleep["Subject"], sleep["Subject"].to_numpy()[sleep["Days"] > 1]):
        np.testing.assert_array_equal(pylmer.vcovCR(fit, cluster=cluster), wanted)


def test_a_scale_of_the_response_only_scales() -> None:
    one = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep)
    other = pylmer.lmer("I(1000 * Reaction) ~ I(Days / 9) + (I(Days / 9) | Subject)", sleep)
    units = np.array([1e3, 9e3])
    np.testing.assert_allclose(pylmer.vcovCR(other) / np.outer(units, units), pylmer.vcovCR(one), rtol=1e-6)


def test_bad_input() -> None:
    fit, plain = fitted(1), fitted(6)
    crossed = pylmer.lmer("diameter ~ 1 + (1 | plate) + (1 | sample)", pylmer.datasets.load("Penicillin"))
    pastes = fitted(5)
    with pytest.raises(pylmer.ArgumentError, match="'plate' is not nested in 'sample'"):
        pylmer.vcovCR(crossed)
    with pytest.raises(pylmer.ArgumentError, match="levels of 'batch' occur in several clusters of 'sample'"):
        pylmer.vcovCR(pastes, cluster="sample")
    with pytest.raises(pylmer.ArgumentError, match="did you mean 'Subject'"):
        pylmer.vcovCR(fit, cluster="subject")
    with pytest.raises(pylmer.DataError, match="has 3 values; the fit has 162 rows"):
        pylmer.vcovCR(fit, cluster=[1, 2, 3])
    with pytest.raises(pylmer.DataError, match="missing values"):
        pylmer.vcovCR(plain, cluster=[None, *range(165)])
    with pytest.raises(pylmer.ArgumentError, match="name the clusters"):
        pylmer.vcovCR(plain)
    with pytest.raises(pylmer.ArgumentError, match="needs more than 1 clusters"):
        pylmer.vcovCR(plain, cluster=[1] * 166)
    with pytest.raises(pylmer.ArgumentError, match="type='CR9'"):
        pylmer.vcovCR(fit, type="CR9")
    with pytest.raises(pylmer.ArgumentError, match="wanted 'z'"):
        pylmer.coef_test(fit, test="saddlepoint")
    with pytest.raises(pylmer.ArgumentError, match="no coefficient 'days'; did you mean 'Days'"):
        pylmer.coef_test(fit, coefs="days")
    empty = pylmer.lmer("Reaction ~ 0 + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    with pytest.raises(pylmer.ArgumentError, match="there is nothing to test"):
        pylmer.Wald_test(empty, np.eye(0))
    with pytest.raises(pylmer.ArgumentError, match="vcov= is a type"):
        pylmer.coef_test(fit, vcov=np.eye(2))
    with pytest.raises(pylmer.ArgumentError, match="of another model"):
        pylmer.coef_test(fit, vcov=pylmer.vcovCR(pastes))
    with pytest.raises(pylmer.ArgumentError, match="cluster= belongs"):
        pylmer.coef_test(fit, vcov=pylmer.vcovCR(fit), cluster="Subject")
    with pytest.raises(pylmer.ArgumentError, match="level=95"):
        pylmer.conf_int(fit, level=95)
    with pytest.raises(pylmer.ArgumentError, match="wanted one of 'z'"):
        pylmer.conf_int(fit, test=["z", "naive-t"])
    with pytest.raises(pylmer.ArgumentError, match="follows from the others"):
        pylmer.Wald_test(fit, [[0, 1], [0, 2]])
    with pytest.raises(pylmer.ArgumentError, match="row is zero or follows"):
        pylmer.Wald_test(fit, [[0, 0]])
    with pytest.raises(pylmer.ArgumentError, match="18 clusters do not determine it"):
        pylmer.Wald_test(fitted(ABSORBED), np.eye(19), vcov=covariance(ABSORBED))
    with pytest.raises(pylmer.ArgumentError, match="wants a fit of lmer"):
        pylmer.coef_test("fit")
    with (
        warnings.catch_warnings(),
        pytest.raises(pylmer.ArgumentError, match=r"wants a fit of lmer\(\) or lm\(\)"),
    ):
        pylmer.vcovCR(3)
