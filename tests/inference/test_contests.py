"""contest1D, contestMD, the row names of contest, oldNames, summary(correlation=): R's answers (lmerTest 3.1-3)."""

from __future__ import annotations

import functools
from typing import Any

import pandas as pd
import pytest

import pylmer


@functools.cache
def fm1() -> pylmer.LmerFit:
    return pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))


def both() -> pd.DataFrame:
    return pd.DataFrame([[1, 0], [0, 1]], index=["first", "second"], columns=["(Intercept)", "Days"])


def test_one_contrast() -> None:
    """contest1D(fm1, c(0, 1)); with confint = TRUE, level = 0.9, rhs = 10; with ddf = "Kenward-Roger"."""
    plain = pylmer.contest1D(fm1(), [0, 1])
    assert list(plain.columns) == ["Estimate", "Std. Error", "df", "t value", "Pr(>|t|)"]
    assert plain.iloc[0].to_list() == pytest.approx([10.46729, 1.54579, 17, 6.771481, 3.263824e-06], rel=2e-5)
    assert list(plain.index) == ["1"]
    limits = pylmer.contest1D(fm1(), "Days", rhs=10, confint=True, level=0.9)
    wanted = [10.46729, 1.54579, 16.99998, 0.302296, 7.77822, 13.15635, 0.7660937]
    assert limits.iloc[0].to_list() == pytest.approx(wanted, rel=2e-5)
    roger = pylmer.contest1D(fm1(), {"Days": 1}, ddf="Kenward-Roger")
    assert roger["Pr(>|t|)"].iloc[0] == pytest.approx(3.263808e-06, rel=2e-5)


def test_several_contrasts_at_once() -> None:
    """contestMD(fm1, L); contestMD(fm1, L, rhs = c(250, 10), ddf = "Kenward-Roger")."""
    assert pylmer.contestMD(fm1(), both())["F value"].iloc[0] == pytest.approx(749.9505, rel=2e-5)
    shifted = pylmer.contestMD(fm1(), both(), rhs=[250, 10], ddf="Kenward-Roger")
    assert shifted.iloc[0].to_list() == pytest.approx([100.7332, 50.36658, 2, 16, 0.0723789, 0.9304812], rel=2e-5)


def test_contest1d_takes_one_row() -> None:
    """R: length(L) == length(model@beta) is not TRUE."""
    with pytest.raises(pylmer.ArgumentError, match=r"tests one contrast, found 2: contestMD\(\)"):
        pylmer.contest1D(fm1(), both())
    with pytest.raises(pylmer.ArgumentError, match="3 numbers a row; wanted 2"):
        pylmer.contest1D(fm1(), [0, 1, 2])
    with pytest.raises(pylmer.ArgumentError, match=r"contest1D\(\) wants a fit of lmer\(\)"):
        pylmer.contest1D(3, [0, 1])  # type: ignore[arg-type]


def test_row_names_of_l() -> None:
    """contest(fm1, L, joint = FALSE): rows first, second; of one F test R calls the row 1."""
    tests = pylmer.contest(fm1(), both(), joint=False)
    assert list(tests.index) == ["first", "second"]
    assert tests.loc["second", "lower"] == pytest.approx(7.205955, abs=1e-5)
    assert list(pylmer.contest(fm1(), both()).index) == ["1"]
    assert list(pylmer.contest(fm1(), both().reset_index(drop=True), joint=False).index) == ["1", "2"]
    assert list(pylmer.contest(fm1(), [[1, 0], [0, 1]], joint=False).index) == ["1", "2"]
    assert list(pylmer.contest(fm1(), ["Days", "(Intercept)"], joint=False).index) == ["Days", "(Intercept)"]


@pytest.mark.parametrize("given", [{"method": "Wald"}, {"parm": "theta_"}])
def test_old_names(given: dict[str, Any]) -> None:
    """confint(fm1, oldNames = FALSE)."""
    rows = list(pylmer.confint(fm1(), oldNames=False, **given).index)
    assert {"sd_(Intercept)|Subject", "sd_Days|Subject", "cor_Days.(Intercept)|Subject", "sigma"} <= set(rows)
    assert rows == list(pylmer.confint(fm1(), signames=False, **given).index)
    assert ".sigma" in pylmer.confint(fm1(), oldNames=True, **given).index


def test_old_names_profiled() -> None:
    limits = pylmer.confint(fm1(), "sd_Days|Subject", oldNames=False)
    assert limits.iloc[0].to_list() == pytest.approx([3.8011643, 8.7533851], abs=5e-5)


def test_two_names_of_one_argument() -> None:
    with pytest.raises(pylmer.ArgumentError, match="signames=True, oldNames=False: two names of one argument"):
        pylmer.confint(fm1(), signames=True, oldNames=False)
    with pytest.raises(pylmer.ArgumentError, match=r"oldNames='no': confint\(\) wants True, False or None"):
        pylmer.confint(fm1(), oldNames="no")
    with pytest.raises(pylmer.ArgumentError, match="correlation=True, corr=False: two names"):
        pylmer.summary(fm1(), correlation=True, corr=False)
    with pytest.raises(pylmer.ArgumentError, match=r"corr='no': summary\(\) wants True, False or None"):
        pylmer.summary(fm1(), corr="no")  # type: ignore[arg-type]


def test_correlations_of_a_summary() -> None:
    """print(summary(fm1), correlation = FALSE) ends with the table of coefficients."""
    head = "Correlation of Fixed Effects:"
    assert head in str(pylmer.summary(fm1()))
    for page in (
        str(pylmer.summary(fm1(), correlation=False)),
        str(fm1().summary(corr=False)),
        pylmer.summary(fm1()).to_string(correlation=False),
        pylmer.summary(fm1(), corr=True).to_string(corr=False),
    ):
        assert head not in page
        assert page.rstrip().endswith("‘ ’ 1")
    assert head in pylmer.summary(fm1(), correlation=False).to_string(correlation=True)


def test_correlations_asked_for_are_shown_at_any_size() -> None:
    cake = pylmer.lmer("angle ~ recipe * temperature + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    assert "Correlation matrix not shown by default, as p = 18 > 12." in str(pylmer.summary(cake))
    assert "Correlation of Fixed Effects:" in str(pylmer.summary(cake, correlation=True))


def test_correlations_of_an_lm() -> None:
    """summary(lm(angle ~ recipe, cake), correlation = TRUE)."""
    fit = pylmer.lm("angle ~ recipe", pylmer.datasets.load("cake"))
    page = [line.rstrip() for line in str(pylmer.summary(fit, correlation=True)).rstrip().splitlines()]
    assert page[-5:] == [
        "",
        "Correlation of Coefficients:",
        "        (Intercept) recipeB",
        "recipeB -0.71",
        "recipeC -0.71        0.50",
    ]
    assert "Correlation" not in str(pylmer.summary(fit))
    assert "Correlation" in pylmer.summary(fit).to_string(corr=True)
    assert "Correlation" not in str(pylmer.summary(pylmer.lm("angle ~ 1", pylmer.datasets.load("cake")), corr=True))


def test_variances_of_a_balanced_layout() -> None:
    """(MSB - MSW) / 5 and MSW of Dyestuff's six batches: 1764.05 and 2451.25, which R prints as 1764.1 and 2451.2."""
    data = pylmer.datasets.load("Dyestuff")
    y = data["Yield"].to_numpy(float).reshape(6, 5)
    within = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum() / 24
    between = 5 * ((y.mean(axis=1) - y.mean()) ** 2).sum() / 5
    fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", data)
    found = float(fit.theta[0] * fit.sigma) ** 2, float(fit.sigma) ** 2
    assert found == pytest.approx(((between - within) / 5, within), rel=1e-9)
    assert found == pytest.approx((1764.05, 2451.25), rel=1e-9)


def test_components_of_varcorr() -> None:
    """print(VarCorr(lmer(Reaction ~ Days + (1 | Subject), sleepstudy)), comp = c("Variance", "Std.Dev."))."""
    variances = pylmer.VarCorr(pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy")))
    assert [line.rstrip() for line in variances.to_string(comp=("Variance", "Std.Dev.")).splitlines()] == [
        " Groups   Name        Variance Std.Dev.",
        " Subject  (Intercept) 1378.18  37.124",
        " Residual              960.46  30.991",
    ]
    assert "Std.Dev." not in variances.to_string(comp="Variance")
