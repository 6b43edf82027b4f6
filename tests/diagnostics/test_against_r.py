"""Diagnostics against lme4 1.1-31 and R's stats (diagnostics.R), and against lme4 2.1's reference."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from tests.reference.cases import DATA, assert_close, case, fit, names

R = json.loads((DATA / "diagnostics" / "diagnostics.json").read_text())
MODELS = range(len(R["lmm"]))
THETA = 1e-5  # relative: how well R knows theta; everything here inherits it
REFERENCE = [name for name in names("lmer") if case(name).get("influence_group")]


@functools.cache
def model(k: int) -> Any:
    m = R["lmm"][k]
    data = pylmer.datasets.load(m["data"])
    return pylmer.lmer(m["formula"], data, REML=m["REML"], weights=m["weights"] or None)


@functools.cache
def deleted(k: int) -> pylmer.Influence:
    return pylmer.influence(model(k), R["lmm"][k]["by"])


def first(values: pd.Series[float]) -> np.ndarray:
    return values.to_numpy()[:40]


@pytest.mark.parametrize("k", MODELS)
def test_leverages_and_residuals(k: int) -> None:
    m, f = R["lmm"][k], model(k)
    assert_close(first(pylmer.hatvalues(f)), m["hatvalues"], THETA, small=0.05)
    assert_close(pylmer.hatvalues(f).sum(), m["hat_sum"], THETA, small=0.05)
    assert_close(first(pylmer.rstudent(f)), m["rstudent"], THETA, small=0.05)
    assert_close(first(pylmer.rstandard(f)), m["rstudent"], THETA, small=0.05)
    assert_close(first(pylmer.cooks_distance(f)), m["cooks"], THETA, small=0.05)
    for kind, values in m["resid"].items():
        assert_close(first(pylmer.resid(f, type=kind)), values, THETA, small=0.05)
    assert_close(first(pylmer.resid(f, type="pearson", scaled=True)), m["scaled"], THETA, small=0.05)


def assert_influence(ours: pylmer.Influence, theirs: dict[str, Any]) -> None:
    """In units of what is estimated: changes of estimates are small, so they are compared on the scale of se."""
    rows = ours.fixef_deleted.index.astype(str).get_indexer(theirs["deleted"])
    assert np.all(rows >= 0)
    assert list(ours.var_cov.index) == (theirs["var_cov_names"] or list(ours.var_cov.index))
    se = np.sqrt(np.diag(ours.vcov))
    assert np.max(np.abs(ours.fixef_deleted.to_numpy()[rows] - theirs["fixef"]) / se) <= THETA
    assert np.max(np.abs(pylmer.dfbeta(ours).to_numpy()[rows] - theirs["dfbeta"]) / se) <= THETA
    assert_close(ours.var_cov, theirs["var_cov_whole"], THETA, small=0.05)
    assert_close(ours.var_cov_deleted.to_numpy()[rows], theirs["var_cov"], THETA, small=0.05)
    p = len(se)
    assert_close(ours.vcov_deleted.to_numpy().reshape(-1, p, p)[rows], theirs["vcov"], THETA, small=0.05)
    G, some = ours.number, len(rows)  # lme4 scales by (G - p) / G, G the deletions it was given
    cooks = pylmer.cooks_distance(ours).to_numpy()[rows] * ((some - p) / some) / ((G - p) / G)
    assert_close(cooks, theirs["cooks"], THETA, small=0.05)
    if theirs.get("dfbetas"):
        assert_close(pylmer.dfbetas(ours).to_numpy()[rows], theirs["dfbetas"], THETA, small=1.0)  # in units of se


@pytest.mark.parametrize("k", MODELS)
def test_influence_of_groups(k: int) -> None:
    assert_influence(deleted(k), R["lmm"][k]["influence"])


@pytest.mark.parametrize("k", [k for k in MODELS if "cases" in R["lmm"][k]])
def test_influence_of_rows(k: int) -> None:
    theirs = R["lmm"][k]["cases"]
    chosen = [int(label) - 1 for label in theirs["deleted"]]
    ours = pylmer.influence(model(k), obs=chosen)
    assert ours.groups == "case"
    assert list(ours.deleted) == chosen
    assert_influence(ours, {**theirs, "deleted": list(map(str, chosen))})


def test_the_reference_has_cases() -> None:
    assert len(REFERENCE) >= 3


@pytest.mark.parametrize("name", REFERENCE)
def test_reference(name: str) -> None:
    theirs, f = case(name), fit(name)
    assert_close(pylmer.hatvalues(f)[:5], theirs["hatvalues_first5"], THETA, small=0.05)
    assert_close(pylmer.hatvalues(f).sum(), theirs["hat_sum"], THETA, small=0.05)
    assert_close(pylmer.cooks_distance(f)[:5], theirs["cooks_distance_first5"], THETA, small=0.05)
    groups = theirs["influence_group"]
    found = pylmer.influence(f, groups["group"])
    assert list(found.deleted) == groups["levels"]
    assert_close(pylmer.cooks_distance(found), groups["cooks_distance"], THETA, small=0.05)


# --- lm --------------------------------------------------------------------------------------------------------------

EXACT = 1e-9  # relative: both are one least-squares solve


@pytest.mark.parametrize("k", range(len(R["lm"]["fits"])))
def test_linear_models(k: int) -> None:
    theirs, data = R["lm"]["fits"][k], pd.DataFrame(R["lm"]["data"])
    f = pylmer.lm(theirs["formula"], data, weights="w")
    words = {
        "hatvalues": pylmer.hatvalues,
        "rstandard": pylmer.rstandard,
        "rstudent": pylmer.rstudent,
        "cooks": pylmer.cooks_distance,
        "dfbeta": pylmer.dfbeta,
        "dfbetas": pylmer.dfbetas,
    }
    for name, word in words.items():
        expected = np.array([np.nan if v == "NaN" else v for v in np.ravel(theirs[name]).tolist()], float)
        ours = np.ravel(word(f).to_numpy())
        assert np.array_equal(np.isnan(ours), np.isnan(expected)), name
        known = ~np.isnan(expected)
        assert_close(ours[known], expected[known].tolist(), EXACT)
