"""What anova, drop1 and step test where there is no intercept, a cell is empty, or a variance is not determined.

R 4.2 with lmerTest 3.1-3 on the `ck` of tests/inference/test_units.py, whose head says which rows of `cake` these are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.inference.analysis_of_variance.selection import _worst
from pylmer.inference.degrees_of_freedom.satterthwaite import combined
from pylmer.text.coefmat import star
from tests.inference.test_units import cake

SLEEP = pylmer.datasets.load("sleepstudy")


def numbers(table: Any) -> Any:
    return table[["NumDF", "DenDF", "F value"]].to_numpy(float)


# --- types, deletions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["0 + recipe + temperature", "0 + temperature + recipe"])
def test_without_intercept_as_with_it(first: str) -> None:
    """lmerTest's anova of angle ~ recipe + temperature: another name for the same model, and the same hypotheses.

    Of `0 + recipe + temperature` lmerTest itself gives recipe 3 degrees of freedom, F 162.2 by types 2 and 3.
    """
    R = {"recipe": (2, 38.94254024, 0.2670875607), "temperature": (5, 168.96961030, 11.4796187930)}
    fit = pylmer.lmer(f"angle ~ {first} + (1 | recipe:replicate)", cake())
    for table in (pylmer.anova(fit, type=2), pylmer.anova(fit), pylmer.drop1(fit)):
        assert set(table.index) == set(R)
        np.testing.assert_allclose(numbers(table), [R[term] for term in table.index], rtol=1e-4)
    for type in (2, 3):
        for term, L in pylmer.show_tests(fit, type).items():
            assert len(L) == R[term][0]


def test_products_without_intercept() -> None:
    """lmerTest's types 2 and 3 of angle ~ recipe * temperature; without the intercept its recipe has a row more."""
    R = {
        2: [(2, 38.90412, 0.2680056916), (5, 158.91005, 11.8054558253), (10, 158.92624, 1.5356788590)],
        3: [(2, 38.91413, 0.2613077614), (5, 158.93440, 11.4597861437), (10, 158.92625, 1.5356788590)],
    }
    fit = pylmer.lmer("angle ~ 0 + recipe * temperature + (1 | recipe:replicate)", cake())
    for type, theirs in R.items():
        table = pylmer.anova(fit, type=type) if type == 2 else pylmer.anova(fit)
        np.testing.assert_allclose(numbers(table), theirs, rtol=2e-4)


def test_types_agree_on_a_product_of_numbers_beside_a_factor() -> None:
    """lmerTest: x:z has F 35.7101806904 by type 3 and drop1, and 36.5150463024, not after recipe, by type 2."""
    data = cake().assign(x=(cake()["x"] - cake()["x"].mean()) / cake()["x"].std())
    fit = pylmer.lmer("angle ~ x:z + recipe + (1 | recipe:replicate)", data)
    R = [(2, 37.87443885, 0.1749364917), (1, 40.68888157, 35.7101806904)]
    for table in (pylmer.anova(fit, type=2), pylmer.anova(fit), pylmer.drop1(fit)):
        assert list(table.index) == ["recipe", "x:z"]
        np.testing.assert_allclose(numbers(table), R, rtol=1e-4)


def test_first_level_does_not_matter_inside_another_term() -> None:
    """age + age:trt: lmerTest's F for age changes with trt's reference level, ours is that of the mean slope."""
    data = cake()
    tables = []
    for levels in (["A", "B", "C"], ["C", "A", "B"]):
        turned = data.assign(recipe=pd.Categorical(data["recipe"].astype(str), categories=levels))
        fit = pylmer.lmer("angle ~ z + z:recipe + (1 | recipe:replicate)", turned)
        tables.append(pylmer.anova(fit))
        mean = pylmer.contest(fit, [0, 1, 1 / 3, 1 / 3])
        np.testing.assert_allclose(numbers(tables[-1])[0], numbers(mean)[0], rtol=1e-8)
        np.testing.assert_allclose(pylmer.show_tests(fit)["z"].to_numpy(), [[0, 1, 1 / 3, 1 / 3]], atol=1e-12)
    np.testing.assert_allclose(numbers(tables[0]), numbers(tables[1]), rtol=1e-6)


def test_the_only_effect_can_be_left_out() -> None:
    """lmerTest: drop1 of Reaction ~ 0 + Days + (Days | Subject), and AICs of both models, fitted by ML.

    R's own drop1(ddf = "lme4") fits the smaller model with an intercept, and counts no parameter.
    """
    fit = pylmer.lmer("Reaction ~ 0 + Days + (Days | Subject)", SLEEP)
    np.testing.assert_allclose(numbers(pylmer.drop1(fit)), [(1, 17.00005, 142.859917)], rtol=1e-4)
    table = pylmer.drop1(fit, ddf="lme4", test="Chisq")
    assert table.loc["Days", "npar"] == 1
    np.testing.assert_allclose(table["AIC"], [1841.000968, 1840.781364], rtol=1e-6)
    assert str(pylmer.step(fit).model.formula) == "Reaction ~ 0 + Days + (Days | Subject)"
    noise = SLEEP.assign(v=np.sin(np.arange(180.0) ** 2))
    left = pylmer.step(pylmer.lmer("Reaction ~ 0 + v + (1 | Subject)", noise)).model
    assert str(left.formula) == "Reaction ~ 0 + (1 | Subject)"
    assert not len(left.fixef())


def test_missing_cells_are_named() -> None:
    """lmerTest: "Missing cells for: recipeA:temperature175." and nothing without the product, or by type 2."""
    data = cake()[~((cake()["recipe"] == "A") & (cake()["temperature"] == "175"))]
    with pytest.warns(pylmer.FitNote, match="rank deficient"):
        fit = pylmer.lmer("angle ~ recipe * temperature + (1 | recipe:replicate)", data)
    with pytest.warns(pylmer.FitNote, match="Missing cells for: recipeA:temperature175. Interpret type III"):
        pylmer.anova(fit)
    pylmer.anova(fit, type=2)
    pylmer.anova(fit, ddf="lme4")
    pylmer.anova(pylmer.lmer("angle ~ recipe + temperature + (1 | recipe:replicate)", data))


# --- degrees of freedom ----------------------------------------------------------------------------------------------


def flat() -> Any:
    """Each treatment is one group: the criterion does not depend on the variance between groups."""
    x = np.tile(np.arange(10.0), 3)
    data = pd.DataFrame({"g": np.repeat([*"abc"], 10), "trt": np.repeat([*"pqr"], 10), "x": x})
    data["y"] = np.cos(7 * np.arange(30.0)) + 2 * (data["trt"] == "q") + 0.1 * x
    with pytest.warns(pylmer.FitNote, match="flat"):
        return pylmer.lmer("y ~ trt + x + (1 | g)", data)


@pytest.mark.parametrize("ddf", ["Satterthwaite", "Kenward-Roger"])
def test_what_the_data_do_not_determine_has_no_degrees_of_freedom(ddf: str) -> None:
    """Differences of groups need the variance between groups; the slope within them has n - 3 - 1 = 26 exactly."""
    fit = flat()
    with pytest.warns(pylmer.FitNote, match="do not determine"):
        table = pylmer.anova(fit, type=2, ddf=ddf)
    assert np.isnan(table.loc["trt", ["DenDF", "Pr(>F)"]].astype(float)).all()
    assert table.loc["trt", "NumDF"] == 2
    np.testing.assert_allclose(table.loc["x", "DenDF"], 26, rtol=1e-6)
    assert 0 < table.loc["x", "Pr(>F)"] < 1
    with pytest.warns(pylmer.FitNote, match="do not determine"):
        single = pylmer.contest(fit, np.eye(4), joint=False, ddf=ddf)
    assert list(np.isnan(single["Pr(>|t|)"])) == [True, True, True, False]
    with pytest.warns(pylmer.FitNote, match="do not determine"):
        page = str(pylmer.summary(fit, ddf=ddf))
    assert "26.000" in page


def test_means_that_the_data_do_not_determine() -> None:
    with pytest.warns(pylmer.FitNote, match="do not determine"):
        page = str(pylmer.emmeans(flat(), "~ trt"))
    assert "lower.CL" in page
    assert "asymp" not in page
    assert page.splitlines()[1].split()[-3:] == ["NA", "NA", "NA"]


def test_joint_test_where_a_row_has_few_degrees_of_freedom() -> None:
    """lmerTest: contest(m, diag(2)) of two subjects: F 8.59090807284 on 2 and 2; its rows have 1.1206 and 14.98."""
    two = SLEEP[SLEEP["Subject"].astype(str).isin(["308", "309"])].iloc[3:]
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", two)
    test = pylmer.contest(fit, np.eye(2))
    np.testing.assert_allclose(numbers(test)[0], [2, 2, 8.59090807284], rtol=1e-5)
    np.testing.assert_allclose(test["Pr(>F)"], 0.104265413911, rtol=1e-5)


def test_combined_degrees_of_freedom() -> None:
    """E = sum of df / (df - 2) over rows with df > 2, and 2 E / (E - q); 2 where a mean does not exist."""
    assert combined(np.array([2.0, 30.0])) == 2.0
    assert combined(np.array([1.5, 30.0])) == 2.0
    np.testing.assert_allclose(combined(np.array([4.0, 6.0])), 2 * 3.5 / 1.5)  # E = 2 + 1.5
    np.testing.assert_allclose(combined(np.array([1.2, 1.2])), 1.2)
    assert np.isnan(combined(np.array([np.nan, 30.0])))


# --- rows that cannot be predicted -----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [pylmer.lmer, pylmer.lm])
def test_a_cell_without_data_is_predicted_with_a_word(word: Any) -> None:
    data = cake()[~((cake()["recipe"] == "A") & (cake()["temperature"] == "175"))].reset_index(drop=True)
    bars = " + (1 | replicate)" if word is pylmer.lmer else ""
    if bars:
        with pytest.warns(pylmer.FitNote, match="rank deficient"):
            fit = word(f"angle ~ recipe * temperature{bars}", data)
    else:
        fit = word("angle ~ recipe * temperature", data)
    new = pd.DataFrame(
        {"recipe": [*"ABA"], "temperature": ["175", "175", "185"], "replicate": ["1"] * 3}, index=[*"xyz"]
    )
    with pytest.warns(pylmer.FitNote, match=r"without .*: 1 of 3 new rows \(x\) cannot be estimated"):
        whole = pylmer.predict(fit, new)
    np.testing.assert_allclose(pylmer.predict(fit, new.loc[["y", "z"]]), whole[["y", "z"]])  # without a note
    if bars:
        pylmer.predict(fit, new, random_only=True)
    pylmer.predict(fit)


# --- edges of tables -------------------------------------------------------------------------------------------------


def test_marks_at_the_limits() -> None:
    """R: symnum(c(0.001, 0.01, 0.05, 0.1), cutpoints = c(0, 0.001, 0.01, 0.05, 0.1, 1), ...): closed on the right."""
    assert [star(p) for p in (0.001, 0.01, 0.05, 0.1)] == ["***", "**", "*", "."]
    assert [star(np.nextafter(p, 1)) for p in (0.001, 0.01, 0.05, 0.1)] == ["**", "*", ".", " "]


def test_a_term_stays_where_p_is_the_level() -> None:
    """lmerTest's step leaves out what has p > alpha."""
    tests = pd.DataFrame({"F value": [1.0, 2.0], "Pr(>F)": [0.05, 0.01]}, index=["a", "b"])
    assert _worst(tests, 0.05) is None
    assert _worst(tests, np.nextafter(0.05, 0)) == "a"


@pytest.mark.parametrize("count", [11, 12])
def test_correlations_of_twelve_coefficients(count: int) -> None:
    """R: summary() of 12 coefficients shows their correlations (the last is 0.014), of 13 it says how to."""
    data = SLEEP.assign(**{f"n{i}": np.cos(i * np.arange(1, 181)) for i in range(1, count + 1)})
    names = " + ".join(f"n{i}" for i in range(1, count + 1))
    page = str(pylmer.summary(pylmer.lmer(f"Reaction ~ {names} + (1 | Subject)", data)))
    assert ("Correlation of Fixed Effects:" in page) == (count == 11)
    assert ("Correlation matrix not shown by default, as p = 13 > 12." in page) == (count == 12)
    if count == 11:
        assert page.rstrip().splitlines()[-1].split() == ["n11", "0.014"]
