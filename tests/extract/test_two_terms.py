"""Two terms on one factor beside a second factor, with more levels than the first or fewer: against lme4 and lmerTest.

tests/data/extract/two_terms.R has the calls: 133 generated rows, in groups of 6 to 14.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

FOLDER = Path(__file__).parents[1] / "data" / "extract"
R: dict[str, Any] = json.loads((FOLDER / "two_terms.json").read_text(encoding="utf-8"))
DATA = pd.read_csv(FOLDER / "two_terms.csv")
each_model = pytest.mark.parametrize("name", ["above", "below", "vectors"])
CLOSE = 2e-5  # R's optimizer knows theta to six digits


@functools.cache
def fit(name: str) -> pylmer.LmerFit:
    return pylmer.lmer(R[name]["formula"], DATA)


def names(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def same(ours: pd.DataFrame, theirs: dict[str, Any]) -> None:
    assert list(ours.columns) == names(theirs["cols"])
    assert list(ours.index) == theirs["rows"]
    np.testing.assert_allclose(ours, np.array(theirs["x"], float), rtol=CLOSE, atol=CLOSE)


@each_model
def test_modes_and_coefficients(name: str) -> None:
    for word, theirs in ((pylmer.ranef, R[name]["ranef"]), (pylmer.coef, R[name]["coef"])):
        ours = word(fit(name))
        assert list(ours) == list(theirs)
        for factor in theirs:
            same(ours[factor], theirs[factor])


@each_model
def test_standard_errors_of_modes(name: str) -> None:
    """se.ranef of arm cannot read two terms on a factor: the roots of lme4's own postVar."""
    errors, modes = pylmer.se_ranef(fit(name)), pylmer.ranef(fit(name))
    for factor, theirs in R[name]["se"].items():
        same(errors[factor], theirs)
        variances = np.diagonal(modes.cond_var[factor], axis1=1, axis2=2)
        np.testing.assert_allclose(np.sqrt(variances), theirs["x"], rtol=CLOSE)
        same(pylmer.se_coef(fit(name))[factor], theirs)


@each_model
def test_condsd_of_the_long_form(name: str) -> None:
    long = pylmer.ranef(fit(name)).as_frame().set_index(["grpvar", "term", "grp"])["condsd"]
    for factor, theirs in R[name]["se"].items():
        wanted = pd.DataFrame(theirs["x"], index=theirs["rows"], columns=names(theirs["cols"]))
        for term in wanted:
            np.testing.assert_allclose(long[factor][term].loc[wanted.index], wanted[term], rtol=CLOSE)


@each_model
def test_variances(name: str) -> None:
    theirs, ours = R[name]["VarCorr"], pylmer.VarCorr(fit(name)).as_frame()
    for column in ("grp", "var1", "var2"):
        assert ours[column].tolist() == theirs[column]
    for column in ("vcov", "sdcor"):
        np.testing.assert_allclose(ours[column], theirs[column], rtol=5 * CLOSE)
    assert pylmer.REMLcrit(fit(name)) == pytest.approx(R[name]["crit"], rel=1e-9)


def same_table(ours: pd.DataFrame, theirs: dict[str, Any]) -> None:
    assert list(ours.index) == theirs["rows"]
    assert list(ours["npar"]) == theirs["npar"]
    np.testing.assert_allclose(ours["logLik"], theirs["logLik"], rtol=1e-8)
    np.testing.assert_allclose(ours["LRT"].iloc[1:], theirs["LRT"][1:], rtol=1e-5)
    assert list(ours["Df"].iloc[1:]) == theirs["Df"][1:]


@each_model
def test_ranova(name: str) -> None:
    same_table(pylmer.ranova(fit(name)), R[name]["ranova"])


def test_ranova_without_an_intercept() -> None:
    """(0 + x + z | g) without x is (0 + z | g), not (z | g)."""
    slopes, theirs = pylmer.lmer("y ~ x + (0 + x + z | g)", DATA), R["slopes"]
    table = pylmer.ranova(slopes)
    same_table(table, theirs)
    np.testing.assert_allclose(table["Pr(>Chisq)"].iloc[1:], theirs["p"][1:], rtol=1e-4)
    whole = pylmer.ranova(slopes, reduce_terms=False)
    assert list(whole.index) == theirs["whole"]
    np.testing.assert_allclose(whole["LRT"].iloc[1], theirs["whole_LRT"][1], rtol=1e-6)
