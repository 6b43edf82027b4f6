"""Tests and means are of the design, not of its units or codings; R's numbers are those of columns of size one.

R 4.2 with lmerTest 3.1-3, pbkrtest and emmeans on lme4's `cake` without every seventh row from the first, and without
replicates 3, 4 and 5 of recipe B; z = temp / 100, x = replicate / 5:
    ck <- cake[seq_len(270) %% 7 != 1 & !(cake$recipe == "B" & cake$replicate %in% c("3", "4", "5")), ]
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.inference.contrasts.restrictions import restriction

pytestmark = pytest.mark.filterwarnings("ignore::pylmer.FitNote")  # of scales, dropped columns and averages
UNITS = (1e-8, 1e-5, 1.0, 1e4, 1e8)
POLY = "angle ~ I(z^2) + z + recipe:z + recipe + (1 | recipe:replicate)"
LAST = 0.0002565100805
R_POLY = {  # anova(m, type=): NumDF, DenDF, F
    1: [(1, 170.33497, 46.48930660), (1, 170.74628, 1.280295057), (2, 38.93608, 0.2782460675), (2, 170.02004, LAST)],
    2: [(1, 169.99813, 0.7314412780), (1, 169.98547, 1.221147208), (2, 192.77896, 0.02114401956), (2, 170.02002, LAST)],
    3: [(1, 169.99813, 0.7314412780), (1, 169.99455, 1.220022594), (2, 192.77896, 0.02114401956), (2, 170.02002, LAST)],
}


@functools.cache
def cake() -> pd.DataFrame:
    data = pylmer.datasets.load("cake").reset_index(drop=True)
    gone = (data["recipe"] == "B") & data["replicate"].isin(["3", "4", "5", 3, 4, 5])
    kept = data[(np.arange(1, 271) % 7 != 1) & ~gone].reset_index(drop=True)
    return kept.assign(z=kept["temp"] / 100, x=kept["replicate"].astype(str).astype(float) / 5)


@functools.cache
def fitted(formula: str, unit: float = 1.0, empty: bool = False) -> Any:
    data = cake().assign(z=cake()["z"] * unit, x=cake()["x"] / unit)
    if empty:
        data = data[~((data["recipe"] == "A") & (data["temperature"] == "175"))].reset_index(drop=True)
    return pylmer.lmer(formula, data)


def numbers(table: Any) -> Any:
    return table[["NumDF", "DenDF", "F value"]].to_numpy(float)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("type", R_POLY)
def test_anova_in_any_unit(type: int, unit: float) -> None:
    table = pylmer.anova(fitted(POLY, unit), type=type)
    assert list(table.index) == ["I(z^2)", "z", "recipe", "z:recipe"]
    np.testing.assert_allclose(numbers(table), R_POLY[type], rtol=2e-4)


@pytest.mark.parametrize("unit", UNITS)
def test_averages_are_announced_for_terms_that_have_them(unit: float) -> None:
    """Type III of z is over recipes; I(z^2) stands in no other term, whatever its size."""
    with pytest.warns(pylmer.FitNote, match="average z over the levels"):
        pylmer.anova(fitted(POLY, unit), type=3)


@pytest.mark.parametrize("unit", UNITS)
def test_joint_tests_in_any_unit(unit: float) -> None:
    """emmeans: joint_tests(m) of angle ~ z + recipe; with the square besides there are no other rows."""
    table = pylmer.joint_tests(fitted("angle ~ z + recipe + (1 | recipe:replicate)", unit))
    assert list(table["model term"]) == ["z", "recipe"]
    np.testing.assert_allclose(table[["df1", "df2", "F.ratio"]], [[1, 173.06, 47.308], [2, 38.98, 0.281]], rtol=2e-3)
    curved = pylmer.joint_tests(fitted(POLY.replace(" + recipe:z", ""), unit))
    assert list(curved["model term"]) == ["z", "recipe"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("ddf", "F"), [("Satterthwaite", 8.45808856988), ("Kenward-Roger", 8.45435466894)])
def test_several_contrasts_in_any_unit(ddf: str, F: float, unit: float) -> None:
    """lmerTest: contest(m, rbind(z, I(z^2)), ddf=); in small units it drops a row."""
    test = pylmer.contest(fitted(POLY, unit), ["z", "I(z^2)"], ddf=ddf)
    assert test["NumDF"].item() == 2
    np.testing.assert_allclose(test["F value"], F, rtol=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_smaller_models_in_any_unit(unit: float) -> None:
    """pbkrtest: KRmodcomp(m, m0) and SATmodcomp(m, m0), m0 with angle ~ recipe."""
    small = fitted("angle ~ recipe + (1 | recipe:replicate)", unit)
    test = pylmer.KRmodcomp(fitted(POLY, unit), small).test
    found = test.loc["Ftest", ["stat", "ndf", "ddf"]].astype(float)
    np.testing.assert_allclose(found, [11.8581059139, 4, 170.051825001], rtol=1e-6)
    by_t = pylmer.SATmodcomp(fitted(POLY, unit), small).test
    np.testing.assert_allclose(by_t["statistic"], 11.86271808, rtol=1e-6)


def test_restriction_counts_what_is_independent() -> None:
    """{x^2 = 0} among 1, x, x^2 of size 1, 1e-8, 1e-16: one row, on the last column alone."""
    x = 1e-8 * np.arange(1.0, 9.0)
    X = np.column_stack([np.ones(8), x, x**2])
    np.testing.assert_allclose(np.abs(restriction(X, X[:, :2])), [[0, 0, 1]], atol=1e-12)
    assert restriction(X, X[:, ::-1] * [3.0, 1e9, 7.0]).shape == (0, 3)
    with pytest.raises(pylmer.ArgumentError, match="not nested"):
        restriction(X, np.column_stack([X, x**3]))


@pytest.mark.parametrize("unit", UNITS)
def test_a_cell_without_data_has_no_mean_in_any_unit(unit: float) -> None:
    """x takes values up to 3e8 beside the ones of the factors: the empty cell stays empty."""
    fit = fitted("angle ~ recipe * temperature + x + recipe:x + (1 | recipe:replicate)", unit, empty=True)
    means = pylmer.emmeans(fit, "~ recipe:temperature").as_frame()
    unknown = means["emmean"].isna()
    assert means.loc[unknown, ["recipe", "temperature"]].astype(str).to_numpy().tolist() == [["A", "175"]]
    table = pylmer.ls_means(fit, "recipe:temperature")
    assert list(table.index[table["Estimate"].isna()]) == ["recipeA:temperature175"]
    one = fitted("angle ~ recipe * temperature + x + recipe:x + (1 | recipe:replicate)", 1.0, empty=True)
    ours, theirs = pylmer.joint_tests(fit), pylmer.joint_tests(one)
    if unit == 1e-8:  # covariates stand one below and one above their mean, 3e8 here: cells that only x tells apart
        theirs = theirs[theirs["model term"] != "(confounded)"]
    assert list(ours["model term"]) == list(theirs["model term"])
    np.testing.assert_allclose(ours[["df1", "F.ratio"]], theirs[["df1", "F.ratio"]], rtol=1e-4)


@pytest.mark.parametrize("unit", UNITS)
def test_robust_tests_in_any_unit(unit: float) -> None:
    one, other = (fitted("angle ~ z + x + (1 | recipe:replicate)", u) for u in (1.0, unit))
    for word in (
        lambda fit: pylmer.coef_test(fit)[["tstat", "df_Satt"]],
        lambda fit: pylmer.Wald_test(fit, ["z", "x"])[["Fstat", "df_denom"]],
    ):
        np.testing.assert_allclose(word(other), word(one), rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-8, 1e8])
def test_residual_bootstrap_in_any_unit(unit: float) -> None:
    """The same draws of the same effects: slopes of any size have a variance."""
    formula = "Reaction ~ d + (d | Subject)"
    data = pylmer.datasets.load("sleepstudy")
    one, other = (pylmer.lmer(formula, data.assign(d=data["Days"] * u)) for u in (1.0, unit))
    drawn = [pylmer.resid_bootstrap(fit, lambda m: [m.sigma, m.fixef()["d"]], nsim=2, seed=1).t for fit in (one, other)]
    np.testing.assert_allclose(np.asarray(drawn[1]) * [1, unit], np.asarray(drawn[0]), rtol=1e-4)
