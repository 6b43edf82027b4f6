"""Anova against car 3.1 (R 4.2.2, lme4 1.1-31, pbkrtest 0.5.2): options(digits = 12); Anova(fit, type, test.statistic).

`u` is cake without some rows: cake[-c(1, 5, 9, 12:20, 33, 47, 100:130), ]; `e` is u without recipe A at 175 degrees.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

COVARIATE = "angle ~ recipe * temp + (1 | recipe:replicate)"
FACTORS = "angle ~ recipe * temperature + (1 | recipe:replicate)"
NO_INTERCEPT = "angle ~ 0 + recipe * temp + (1 | recipe:replicate)"
SQUARES = "angle ~ temp + I(temp^2) + recipe"

# (formula, type, test) -> rows of car's first columns: Chisq, Df, or F, Df, Df.res
MIXED: dict[tuple[str, int, str], dict[str, tuple[float, ...]]] = {
    (COVARIATE, 2, "Chisq"): {
        "recipe": (1.207909567617, 2),
        "temp": (70.264557525576, 1),
        "recipe:temp": (0.766346942773, 2),
    },
    (COVARIATE, 2, "F"): {
        "recipe": (0.603857023721, 2, 36.9282341605),
        "temp": (70.226768409885, 1, 183.584005064),
        "recipe:temp": (0.383033375467, 2, 183.5832824339),
    },
    (COVARIATE, 3, "Chisq"): {
        "(Intercept)": (0.400284864987, 1),
        "recipe": (0.649449009562, 2),
        "temp": (21.391320078242, 1),
        "recipe:temp": (0.766346942773, 2),
    },
    (COVARIATE, 3, "F"): {
        "(Intercept)": (0.399839037541, 1, 206.616087926),
        "recipe": (0.324558231545, 2, 206.829016766),
        "temp": (21.370546029277, 1, 185.049852194),
        "recipe:temp": (0.383033375467, 2, 183.583282434),
    },
    (FACTORS, 2, "F"): {
        "recipe": (0.593807035455, 2, 36.9082438732),
        "temperature": (15.832590962529, 5, 170.6085541485),
        "recipe:temperature": (0.811443047626, 10, 170.6095095137),
    },
    (FACTORS, 3, "Chisq"): {
        "(Intercept)": (369.52768445517, 1),
        "recipe": (1.18518653922, 2),
        "temperature": (33.75954214183, 5),
        "recipe:temperature": (8.11522968848, 10),
    },
    (NO_INTERCEPT, 2, "Chisq"): {
        "recipe": (1.422052191450, 3),
        "temp": (70.264556025335, 1),
        "recipe:temp": (0.766346913987, 2),
    },
    (NO_INTERCEPT, 3, "F"): {
        "recipe": (0.285429447702, 3, 206.825921427),
        "temp": (21.370545639459, 1, 185.049852515),
        "recipe:temp": (0.383033361066, 2, 183.583282609),
    },
}
LINEAR: dict[tuple[str, int], dict[str, tuple[float, int, float]]] = {  # Sum Sq, Df, Pr(>F)
    ("angle ~ recipe * temp", 2): {
        "recipe": (261.49711120459, 2, 9.01674824081e-02),
        "temp": (1559.56060526729, 1, 1.84605416736e-07),
        "recipe:temp": (8.04055030528, 2, 9.27951360261e-01),
    },
    ("angle ~ recipe * temp", 3): {
        "(Intercept)": (5.43841837916e-02, 1, 0.97465254913385),
        "recipe": (2.77960294990, 2, 0.97447571288083),
        "temp": (584.848035570571, 1, 0.00113339505959),
        "recipe:temp": (8.04055030528, 2, 0.92795136026079),
    },
    ("angle ~ 0 + recipe * temp", 2): {
        "recipe": (261.96913926143, 3, 1.84541618423e-01),
        "temp": (1559.56060526730, 1, 1.84605416736e-07),
        "recipe:temp": (8.04055030528, 2, 9.27951360261e-01),
    },
    (SQUARES, 2): {  # weights = rep_len(c(1, 2, 0.5), nrow(u))
        "temp": (14.89099401287, 1, 0.6361411373457),
        "I(temp^2)": (5.25875581467, 1, 0.7785620836191),
        "recipe": (351.61493128860, 2, 0.0729131108655),
    },
}


def unbalanced() -> pd.DataFrame:
    cake = pylmer.datasets.load("cake")
    left = np.r_[1, 5, 9, 12:21, 33, 47, 100:131] - 1
    return cake.drop(index=cake.index[left]).reset_index(drop=True)


@functools.cache
def fit(formula: str) -> Any:
    return pylmer.lmer(formula, unbalanced())


@pytest.mark.parametrize(("formula", "type", "test"), MIXED)
def test_mixed_models(formula: str, type: int, test: str) -> None:
    table, theirs = pylmer.Anova(fit(formula), type=type, test=test), MIXED[formula, type, test]
    assert list(table.index) == list(theirs)
    assert list(table.columns) == {"Chisq": ["Chisq", "Df", "Pr(>Chisq)"], "F": ["F", "Df", "Df.res", "Pr(>F)"]}[test]
    np.testing.assert_allclose(table.iloc[:, :-1], np.array(list(theirs.values())), rtol=1e-6)


def test_p_values() -> None:
    """R: Anova(m), Anova(m, test.statistic = "F"). R's theta leaves the second p 9e-7 from what it is at the optimum,
    where a descent from beside it ends.
    """
    exact = pylmer.update(fit(COVARIATE), start=1.0001 * fit(COVARIATE).theta)
    p = pylmer.Anova(exact)["Pr(>Chisq)"]
    np.testing.assert_allclose(p, [5.46645490863e-01, 5.18611472416e-17, 6.81694634515e-01], rtol=1e-6)
    p = pylmer.Anova(fit(COVARIATE), test="F")["Pr(>F)"]
    np.testing.assert_allclose(p, [5.52007972081e-01, 1.34789924286e-14, 6.82333716772e-01], rtol=1e-6)


@pytest.mark.parametrize(("formula", "type"), LINEAR)
def test_linear_models(formula: str, type: int) -> None:
    data = unbalanced()
    model = pylmer.lm(formula, data, weights=np.resize([1, 2, 0.5], len(data)) if formula == SQUARES else None)
    table, theirs = pylmer.Anova(model, type=type), np.array(list(LINEAR[formula, type].values()))
    assert list(table.index) == [*LINEAR[formula, type], "Residuals"]
    assert list(table.columns) == ["Sum Sq", "Df", "F value", "Pr(>F)"]
    np.testing.assert_allclose(table.iloc[:-1, [0, 1, 3]], theirs, rtol=1e-9)
    assert table.loc["Residuals", "Sum Sq"] == pytest.approx(pylmer.deviance(model), rel=1e-12)
    assert table.loc["Residuals", "Df"] == pylmer.df_residual(model)


PAGES = {
    "chi-square, type 3": (
        lambda mixed, linear: pylmer.Anova(mixed, type="III"),
        """Analysis of Deviance Table (Type III Wald chisquare tests)

Response: angle
              Chisq Df Pr(>Chisq)
(Intercept)  0.1625  1     0.6869
recipe       0.1914  2     0.9088
temp        29.6961  1  5.054e-08 ***
recipe:temp  0.0834  2     0.9592
---""",
    ),
    "F, type 2": (
        lambda mixed, linear: pylmer.Anova(mixed, test="F"),
        """Analysis of Deviance Table (Type II Wald F tests with Kenward-Roger df)

Response: angle
                  F Df Df.res Pr(>F)
recipe       0.2488  2     42 0.7809
temp        94.1632  1    222 <2e-16 ***
recipe:temp  0.0417  2    222 0.9592
---""",
    ),
    "lm": (
        lambda mixed, linear: pylmer.Anova(linear),
        """Anova Table (Type II tests)

Response: angle
             Sum Sq  Df F value    Pr(>F)
recipe        135.1   2  1.1117    0.3305
temp         1966.7   1 32.3709 3.377e-08 ***
recipe:temp     1.7   2  0.0143    0.9858
Residuals   16039.4 264
---""",
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages(name: str) -> None:
    """R: print(Anova(...)) of the whole of cake, lines without their blanks at the end."""
    cake = pylmer.datasets.load("cake")
    ours, theirs = PAGES[name]
    shown = str(ours(pylmer.lmer(COVARIATE, cake), pylmer.lm("angle ~ recipe * temp", cake)))
    assert [line.rstrip() for line in shown.split("\n")][:-1] == theirs.split("\n")


def test_an_empty_cell() -> None:
    """R: Anova(lmer(angle ~ recipe * temperature + (1 | recipe:replicate), e)), and of lm."""
    data = unbalanced()
    data = data[~((data["recipe"] == "A") & (data["temp"] == 175))]
    with pytest.warns(pylmer.FitNote, match="dropping 1 column"):
        mixed = pylmer.lmer(FACTORS, data)
    ours = pylmer.Anova(mixed)
    np.testing.assert_allclose(ours["Chisq"], [1.28636384421, 61.71103266107, 7.53333894820], rtol=1e-6)
    assert ours["Df"].tolist() == [2, 5, 9]
    third = [53.64879277683, 1.99055484147, 19.19374596654, 7.53333894820]
    np.testing.assert_allclose(pylmer.Anova(mixed, type=3)["Chisq"], third, rtol=1e-6)
    linear = pylmer.lm("angle ~ recipe * temperature", data)
    squares = [307.1226497347, 1273.0172703232, 78.4536123153, 11389.5041625042]
    np.testing.assert_allclose(pylmer.Anova(linear)["Sum Sq"], squares, rtol=1e-9)
    with pytest.raises(pylmer.ArgumentError, match=r"type=3 of a model with coefficients that have no estimate \("):
        pylmer.Anova(linear, type=3)


def test_a_dependent_term_has_no_test() -> None:
    """R: z = 2 temp; of lmer z is dropped, of lm neither says more than the other: Df 0 and no numbers."""
    data = pylmer.datasets.load("cake").assign(z=lambda d: 2 * d.temp)
    with pytest.warns(pylmer.FitNote, match="dropping 1 column"):
        mixed = pylmer.lmer("angle ~ recipe * temp + z + (1 | recipe:replicate)", data)
    for test in ("Chisq", "F"):
        table = pylmer.Anova(mixed, test=test)
        assert table["Df"].to_dict() == {"recipe": 2, "temp": 1, "z": 0, "recipe:temp": 2}
        assert table.loc["z"].drop("Df").isna().all()
        assert table.loc["temp"].iloc[0] == pytest.approx(94.1632, abs=5e-5)
    linear = pylmer.Anova(pylmer.lm("angle ~ recipe * temp + z", data))
    assert linear["Df"].tolist() == [2, 0, 0, 2, 264]
    assert linear.loc[["temp", "z"], ["Sum Sq", "F value", "Pr(>F)"]].isna().all(axis=None)
    assert linear.loc["recipe", "Sum Sq"] == pytest.approx(135.1, abs=0.05)


def test_nothing_but_an_intercept() -> None:
    """R: Anova(lm(angle ~ 1, u)) tests the intercept with a warning; of lmer it stops with 'invalid subscript type'."""
    with pytest.warns(pylmer.FitNote, match="the test of type 3"):
        table = pylmer.Anova(pylmer.lm("angle ~ 1", unbalanced()))
    assert table.loc["(Intercept)", "Sum Sq"] == pytest.approx(227274.6711111, rel=1e-10)
    assert table.loc["(Intercept)", "F value"] == pytest.approx(3732.2799724, rel=1e-9)
    with pytest.warns(pylmer.FitNote, match="the test of type 3"):
        table = pylmer.Anova(pylmer.lmer("Reaction ~ 1 + (1 | Subject)", pylmer.datasets.load("sleepstudy")))
    assert table.loc["(Intercept)", "Chisq"] == pytest.approx(1088, abs=0.5)


def test_sum_contrasts_give_the_f_tests_of_type_3() -> None:
    """Under contrasts that sum to zero car's hypotheses are those of SAS, and the F tests those of anova()."""
    model = pylmer.lmer(FACTORS, unbalanced(), contrasts={"recipe": "contr.sum", "temperature": "contr.sum"})
    ours = pylmer.Anova(model, type=3, test="F").iloc[1:]
    np.testing.assert_allclose(ours["F"], pylmer.anova(model, ddf="Kenward-Roger")["F value"], rtol=1e-8)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda mixed, linear: pylmer.Anova(mixed, type=1),
            r"type=1: the types of Anova\(\) are 2 and 3; anova",
        ),
        (lambda mixed, linear: pylmer.Anova(mixed, type="IV"), "type='IV': the types"),
        (lambda mixed, linear: pylmer.Anova(mixed, linear), "type=LmFit: the types"),
        (lambda mixed, linear: pylmer.Anova(mixed, test="LR"), "test='LR': wanted 'Chisq' or 'F'"),
        (lambda mixed, linear: pylmer.Anova(mixed, test=2), r"test=2: Anova\(\) wants a text or None"),
        (lambda mixed, linear: pylmer.Anova(linear, test="Chisq"), r"the tests of an lm\(\) are F tests"),
        (lambda mixed, linear: pylmer.Anova(pylmer.refitML(mixed), test="F"), "those of a fit by REML"),
        (lambda mixed, linear: pylmer.Anova(3), r"Anova\(\) wants a fit of lmer\(\), .* or lm\(\), found int"),
        (lambda mixed, linear: pylmer.Anova(mixed, ddf="KR"), "it takes fit, type, test"),
    ],
)
def test_what_cannot_be_asked(ask: Any, message: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=message):
        ask(fit(COVARIATE), pylmer.lm("angle ~ temp", unbalanced()))
