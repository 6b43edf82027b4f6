"""check_collinearity beside performance 0.10.2 and car's vif (collinearity.R), and by arithmetic."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer import ArgumentError
from pylmer.diagnostics.collinearity import terms_of
from tests.reference.cases import DATA

R = json.loads((DATA / "diagnostics" / "collinearity.json").read_text())
D = pd.DataFrame({**R["data"], "g": pd.Categorical(R["data"]["g"])})
D["f"] = pd.Categorical(D["f"], ["low", "mid", "high"])
CASES = range(len(R["cases"]))
# lme4's Hessian of glmer is by finite differences; the factors inherit its error
TOLERANCE = {"lmer": 1e-6, "glmer": 2e-4, "lm": 1e-9, "glm": 1e-6}
TITLE = "# Check for Multicollinearity"


@functools.cache
def fitted(k: int) -> Any:
    case = R["cases"][k]
    given = {"family": case["family"]} if "family" in case else {}
    weights = {"weights": D["w"]} if "weights" in case else {}
    return getattr(pylmer, case["word"])(case["formula"], D, **given, **weights)


@pytest.mark.parametrize("k", CASES)
def test_is_performances(k: int) -> None:
    case, found = R["cases"][k], pylmer.check_collinearity(fitted(k))
    theirs = pd.DataFrame(case["table"])
    assert list(found.index) == list(theirs["Term"])
    for name in theirs.columns[1:]:
        expected = theirs[name].replace("Inf", np.inf).astype(float)
        if "CI" in name:  # the limits move with 1 / R^2
            expected = expected.where(theirs["VIF"] > 1.02, found[name].to_numpy())
        np.testing.assert_allclose(found[name], expected, rtol=4 * TOLERANCE[case["word"]], err_msg=name)


@pytest.mark.parametrize("k", CASES)
def test_other_levels_and_cars_root(k: int) -> None:
    case, found = R["cases"][k], pylmer.check_collinearity(fitted(k), level=0.9)
    assert found.level == 0.9
    rtol = 4 * TOLERANCE[case["word"]]
    np.testing.assert_allclose(found["GVIF_root"], case["root"], rtol=rtol)
    far = found["VIF"].to_numpy() > 1.02
    np.testing.assert_allclose(found["VIF_CI_high"][far], np.array(case["high90"], float)[far], rtol=rtol)


def test_of_one_column_it_is_that_of_the_regression_on_the_others() -> None:
    """1 / (1 - R^2) of lm(x ~ z + h)."""
    squared = pylmer.r2(pylmer.lm("x ~ z + h", D)).R2
    found = pylmer.check_collinearity(pylmer.lm("y ~ x + z + h", D))
    assert found.loc["x", "VIF"] == pytest.approx(1 / (1 - squared), rel=1e-12)
    assert found.loc["x", "Df"] == 1


def test_uncorrelated_columns() -> None:
    plan = pd.DataFrame({"a": [-1, -1, 1, 1] * 3, "b": [-1, 1] * 6, "y": np.arange(12.0) ** 1.5})
    found = pylmer.check_collinearity(pylmer.lm("y ~ a + b", plan))
    assert found["VIF"].tolist() == [1, 1]
    assert found["VIF_CI_high"].tolist() == [np.inf, np.inf]
    assert found["Tolerance_CI_low"].tolist() == [0, 0]
    assert "Inf]" in str(found)


def test_dropped_columns_are_left_out() -> None:
    twice = D.assign(x2=2 * D["x"])
    with pytest.warns(pylmer.FitNote, match="rank deficient"):
        fit = pylmer.lmer("y ~ x + x2 + z + (1 | g)", twice)
    for each in (fit, pylmer.lm("y ~ x + x2 + z", twice), pylmer.glm("k ~ x + x2 + z", twice, "poisson")):
        assert list(pylmer.check_collinearity(each).index) == ["x", "z"]


def test_of_a_fit_from_parts_without_rows() -> None:
    ready = pylmer.plan("y ~ x + z + f + h + (1 | g)", D)
    fit = pylmer.lmer(ready, data=ready.sums(D[:50]) + ready.sums(D[50:]))
    np.testing.assert_allclose(pylmer.check_collinearity(fit), pylmer.check_collinearity(fitted(0)), rtol=1e-5)


def test_the_page_sorts_terms_by_their_factors() -> None:
    """performance 0.10.2 prints the first rows of its table below each heading, whichever they are."""
    assert str(pylmer.check_collinearity(fitted(0))).startswith(f"{TITLE}\n\nLow Correlation\n\nTerm  VIF")
    near = D.assign(z=D["x"] + D["z"] / 50)
    found = pylmer.check_collinearity(pylmer.lm("y ~ x + z + h", near))
    low, high = str(found).split("\n\nHigh Correlation\n\n")
    assert [line.split()[0] for line in low.splitlines()[4:]] == ["Term", "h"]
    assert [line.split()[0] for line in high.splitlines()] == ["Term", "x", "z"]
    assert (terms_of(found, "Low"), terms_of(found, "Moderate"), terms_of(found, "High")) == (["h"], [], ["x", "z"])
    assert "<table>" in found._repr_html_()


def test_remarks() -> None:
    assert pylmer.check_collinearity(fitted(0)).remarks == ()
    assert "interactions" in str(pylmer.check_collinearity(fitted(1)))
    assert "no intercept" in str(pylmer.check_collinearity(fitted(3)))


def test_what_is_computed_is_an_ordinary_table() -> None:
    found = pylmer.check_collinearity(fitted(0))
    assert type(found[found["VIF"] > 1.5]) is pd.DataFrame
    assert found.copy().level == 0.95


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match=r"two or more, found 1 \(x\)"):
        pylmer.check_collinearity(pylmer.lm("y ~ x", D))
    with pytest.raises(ArgumentError, match="the intercept alone"):
        pylmer.check_collinearity(pylmer.lm("y ~ 1", D))
    with pytest.raises(ArgumentError, match=r"wants a fit of lmer\(\), glmer\(\), lm\(\) or glm\(\)"):
        pylmer.check_collinearity(pylmer.lmList("y ~ x | g", D))
    with pytest.raises(ArgumentError, match="level"):
        pylmer.check_collinearity(fitted(0), level=2)
