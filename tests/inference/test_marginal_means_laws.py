"""What marginal means obey whatever R says, the pieces against closed forms, bad input, and the other ways to print."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import pylmer
from pylmer.inference.marginal_means import adjustments, families, multivariate_t, studentized_range

pytestmark = pytest.mark.filterwarnings("ignore:NOTE. Results may be misleading")


@functools.cache
def fit(formula: str = "angle ~ recipe * temp + (1 | recipe:replicate)") -> pylmer.LmerFit:
    return pylmer.lmer(formula, pylmer.datasets.load("cake"))


@functools.cache
def means() -> pylmer.EmmGrid:
    return pylmer.emmeans(fit(), "recipe")


# --- laws ------------------------------------------------------------------------------------------------------------


def test_coding_does_not_matter() -> None:
    data = pylmer.datasets.load("cake")
    formula = "angle ~ recipe * temperature + (1 | recipe:replicate)"
    sums = pylmer.lmer(formula, data, contrasts={"recipe": "contr.sum", "temperature": "contr.helmert"})
    ours, theirs = (pylmer.emmeans(each, "~ recipe | temperature").as_frame() for each in (fit(formula), sums))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-6)


def test_fits_made_step_by_step_keep_the_variables_of_their_formula() -> None:
    def made(formula: str) -> pylmer.LmerFit:
        devfun = pylmer.mkLmerDevfun(pylmer.lFormula(formula, pylmer.datasets.load("cake")))
        return pylmer.mkMerMod(devfun, pylmer.optimizeLmer(devfun))

    assert repr(pylmer.emmeans(made(str(fit().formula)), "recipe")) == repr(means())
    logged = made("angle ~ log(temp) + recipe + (1 | recipe:replicate)")
    for word in (pylmer.ref_grid, pylmer.ls_means):
        with pytest.raises(pylmer.DataError, match="the fit has kept no column 'temp': fit with lmer"):
            word(logged)


def test_differences_of_means_are_contrasts() -> None:
    estimate = means().as_frame()["emmean"].to_numpy()
    found = pylmer.pairs(means()).as_frame()["estimate"]
    np.testing.assert_allclose(found, [estimate[i] - estimate[j] for i, j in itertools.combinations(range(3), 2)])


def test_means_of_means() -> None:
    whole = pylmer.emmeans(pylmer.emmeans(fit(), "recipe"), "~ 1").as_frame()
    direct = pylmer.emmeans(fit(), "~ 1").as_frame()
    np.testing.assert_allclose(whole[["emmean", "SE"]], direct[["emmean", "SE"]])


def test_means_are_ls_means() -> None:
    model = fit("angle ~ recipe * temperature + (1 | recipe:replicate)")
    ours = pylmer.emmeans(model, "recipe", lmer_df="satterthwaite").as_frame()
    theirs = pylmer.ls_means(model, "recipe")
    np.testing.assert_allclose(ours["emmean"], theirs["Estimate"])
    np.testing.assert_allclose(ours["SE"], theirs["Std. Error"])
    np.testing.assert_allclose(ours["df"], theirs["df"])


def test_joint_test_of_a_difference_is_the_square_of_its_t() -> None:
    one = pylmer.contrast(means(), {"d": [1, -1, 0]})
    t, F = pylmer.test(one)["t.ratio"].iloc[0], pylmer.test(one, joint=True)["F.ratio"].iloc[0]
    np.testing.assert_allclose(t**2, F)


def test_weights_of_a_balanced_design_are_equal() -> None:
    model = fit("angle ~ recipe * temperature + (1 | recipe:replicate)")
    frames = [
        pylmer.emmeans(model, "recipe", weights=w).as_frame() for w in ("equal", "proportional", "cells", [1] * 6)
    ]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], frame)


def test_trend_of_a_linear_term_is_its_coefficient() -> None:
    model = fit("angle ~ temp + (1 | recipe:replicate)")
    frame = pylmer.emtrends(model, "~ 1", var="temp").as_frame()
    np.testing.assert_allclose(frame["temp.trend"], pylmer.fixef(model)["temp"])


def test_a_list_has_its_parts_as_attributes() -> None:
    both = pylmer.emmeans(fit(), "pairwise ~ recipe")
    assert list(both) == ["emmeans", "contrasts"]
    assert str(both.contrasts) == str(pylmer.pairs(both.emmeans)) == str(pylmer.contrast(both, "pairwise"))
    assert list(pylmer.confint(both).contrasts.columns) == ["contrast", "estimate", "SE", "df", "lower.CL", "upper.CL"]


def test_html() -> None:
    page = pylmer.emmeans(fit(), "pairwise ~ recipe")._repr_html_()
    assert page.count("<table") == 2
    assert "P value adjustment: tukey method" in page
    assert pylmer.joint_tests(fit())._repr_html_().count("<tr") == 4


def test_digits() -> None:
    shown = str(pylmer.summary(means()))
    assert " A        33.1 1.74 42" in shown
    assert "33.12222" in means().to_string(digits=7)


# --- distributions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("q", "k", "df"), [(0.5, 2, 3.0), (3.5, 3, 20.5), (4.2, 10, 7.25), (6.0, 30, 61.0)])
def test_studentized_range(q: float, k: int, df: float) -> None:
    theirs = stats.studentized_range.sf(q, k, df)
    assert studentized_range.studentized_range_upper(q, k, df) == pytest.approx(theirs, abs=1e-9)


def test_range_of_two_is_a_t_test() -> None:
    ours = [studentized_range.tukey_upper(t, 2, 9.5) for t in (0.1, 1.0, 5.0)]
    np.testing.assert_allclose(ours, 2 * stats.t.sf([0.1, 1.0, 5.0], 9.5), atol=1e-10)


@pytest.mark.parametrize(("k", "error"), [(3, 2e-5), (4, 2e-5), (6, 1e-4), (8, 1e-4), (12, 3e-4)])
def test_largest_of_all_differences_has_the_studentized_range(k: int, error: float) -> None:
    C = np.array([np.eye(k)[i] - np.eye(k)[j] for i, j in itertools.combinations(range(k), 2)])
    largest = multivariate_t.largest(C @ C.T)
    for t in (0.5, 1.5, 2.5, 4.0):
        exact = studentized_range.tukey_upper(t, k, 17.3)
        assert largest.upper(t, 17.3) == pytest.approx(exact, abs=error)


def test_largest_of_one_and_of_independent_ones() -> None:
    single = multivariate_t.largest(np.array([[4.0]]))
    assert single.upper(2.0, 8.0) == pytest.approx(2 * stats.t.sf(2.0, 8.0), abs=1e-12)
    several = multivariate_t.largest(np.eye(3), one_sided=True)
    for t in (-1.0, 0.2, 1.3):
        assert several.upper(t, np.inf) == pytest.approx(1 - stats.norm.cdf(t) ** 3, abs=5e-4)


def test_steps_keep_missing_values_and_count_them() -> None:
    p = np.array([0.01, np.nan, 0.04])
    np.testing.assert_allclose(adjustments.by_steps(p, "holm"), [0.03, np.nan, 0.08])
    np.testing.assert_allclose(adjustments.by_steps(p, "BH"), [0.03, np.nan, 0.06])
    assert np.isnan(adjustments.by_steps(np.array([np.nan]), "holm")).all()


# --- families --------------------------------------------------------------------------------------------------------

TABLES = {  # as printed in tables of orthogonal polynomials (Fisher & Yates 1963, table XXIII)
    3: [[-1, 0, 1], [1, -2, 1]],
    5: [[-2, -1, 0, 1, 2], [2, -1, -2, -1, 2], [-1, 2, 0, -2, 1], [1, -4, 6, -4, 1]],
    6: [[-5, -3, -1, 1, 3, 5], [5, -1, -4, -4, -1, 5], [-5, 7, 4, -4, -7, 5], [1, -3, 2, 2, -3, 1]],
}


@pytest.mark.parametrize("m", TABLES)
def test_polynomials(m: int) -> None:
    found = families.contrasts("poly", [str(i) for i in range(m)], {"max_degree": 4}).coefficients
    np.testing.assert_array_equal(found[: len(TABLES[m])], TABLES[m])


@pytest.mark.parametrize("name", families.FAMILIES)
def test_families_are_contrasts(name: str) -> None:
    made = families.contrasts(name, list("abcd"), {})
    assert len(made.labels) == len(made.coefficients)
    if name != "identity":
        np.testing.assert_allclose(made.coefficients.sum(axis=1), 0, atol=1e-12)


# --- bad input -------------------------------------------------------------------------------------------------------

BAD: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "unknown variable": (lambda: pylmer.emmeans(fit(), "recepi"), pylmer.ArgumentError, "did you mean 'recipe'"),
    "unknown in formula": (lambda: pylmer.emmeans(fit(), "~ recepi | temp"), pylmer.FormulaNameError, r"\^\^\^\^\^\^"),
    "no formula": (lambda: pylmer.emmeans(fit(), "pairwise ~~ recipe"), pylmer.FormulaError, r"\^"),
    "no tilde outside": (lambda: pylmer.emmeans(fit(), "(~ recipe) + 1"), pylmer.FormulaError, r"\^"),
    "left side": (lambda: pylmer.emmeans(fit(), "pairwise + 1 ~ recipe"), pylmer.FormulaError, "name of contrasts"),
    "specs": (lambda: pylmer.emmeans(fit(), 3), pylmer.ArgumentError, "specs=3: wanted a name, a list of names"),
    "by": (lambda: pylmer.emmeans(fit(), "recipe", by="tempo"), pylmer.ArgumentError, "by: no variable 'tempo'"),
    "family": (lambda: pylmer.emmeans(fit(), "pairwse ~ recipe"), pylmer.ArgumentError, "did you mean 'pairwise'"),
    "level of at": (lambda: pylmer.emmeans(fit(), "recipe", at={"recipe": "D"}), pylmer.ArgumentError, "no level 'D'"),
    "name of at": (lambda: pylmer.emmeans(fit(), "recipe", at={"tempo": 1}), pylmer.ArgumentError, "mean 'temp'"),
    "number of at": (lambda: pylmer.emmeans(fit(), "recipe", at={"temp": "x"}), pylmer.ArgumentError, "is a number"),
    "missing in at": (lambda: pylmer.emmeans(fit(), "recipe", at={"temp": [np.nan]}), pylmer.ArgumentError, "finite"),
    "level": (lambda: pylmer.emmeans(fit(), "recipe", level=1.2), pylmer.ArgumentError, "between 0 and 1"),
    "level of confint": (lambda: pylmer.confint(means(), level=0), pylmer.ArgumentError, "between 0 and 1"),
    "method": (lambda: pylmer.emmeans(fit(), "recipe", lmer_df="kr"), pylmer.ArgumentError, "'kenward-roger'"),
    "weights": (lambda: pylmer.emmeans(fit(), "recipe", weights="same"), pylmer.ArgumentError, "'proportional'"),
    "own weights": (lambda: pylmer.emmeans(fit(), "~ 1", weights=[1, 2]), pylmer.ArgumentError, "wanted 3 numbers"),
    "type": (lambda: pylmer.emmeans(fit(), "recipe", type="mu"), pylmer.ArgumentError, "'response'"),
    "offset": (lambda: pylmer.emmeans(fit(), "recipe", offset="x"), pylmer.ArgumentError, "wanted a number"),
    "argument": (lambda: pylmer.emmeans(fit(), "recipe", lvel=0.9), pylmer.ArgumentError, "'lvel'"),
    "adjust": (lambda: pylmer.pairs(means(), adjust="tuckey"), pylmer.ArgumentError, "did you mean 'tukey'"),
    "length": (lambda: pylmer.contrast(means(), {"d": [1, -1]}), pylmer.ArgumentError, "wants 3 coefficients, found 2"),
    "not numbers": (lambda: pylmer.contrast(means(), {"d": ["a", "b", "c"]}), pylmer.ArgumentError, "numbers"),
    "nothing": (lambda: pylmer.contrast(means(), {}), pylmer.ArgumentError, "no contrast is given"),
    "ref": (lambda: pylmer.contrast(means(), "dunnett", ref="Z"), pylmer.ArgumentError, "wanted a level"),
    "option": (lambda: pylmer.contrast(means(), "pairwise", ref=1), pylmer.ArgumentError, "no option 'ref'"),
    "both": (lambda: pylmer.contrast(means(), "eff", include=1, exclude=2), pylmer.ArgumentError, "not both"),
    "simple": (lambda: pylmer.contrast(means(), simple="rec"), pylmer.ArgumentError, "simple: no variable 'rec'"),
    "interaction": (lambda: pylmer.contrast(means(), interaction={"x": "eff"}), pylmer.ArgumentError, "variable 'x'"),
    "no interaction": (lambda: pylmer.contrast(means(), interaction={}), pylmer.ArgumentError, "for recipe"),
    "no means": (lambda: pylmer.contrast(fit(), "eff"), pylmer.ArgumentError, "emmeans"),
    "test of a fit": (lambda: pylmer.test(fit()), pylmer.ArgumentError, "emmeans"),
    "side": (lambda: pylmer.test(means(), side="up"), pylmer.ArgumentError, "'two-sided'"),
    "delta": (lambda: pylmer.test(means(), delta=-1), pylmer.ArgumentError, "not negative"),
    "null": (lambda: pylmer.test(means(), null=[1, 2]), pylmer.ArgumentError, "or 3, one for each row"),
    "null text": (lambda: pylmer.test(means(), null="x"), pylmer.ArgumentError, "wanted a number"),
    "joint null": (
        lambda: pylmer.test(pylmer.pairs(means()), null=1, joint=True), pylmer.ArgumentError, "linearly dependent"
    ),
    "infer": (lambda: pylmer.summary(means(), infer="all"), pylmer.ArgumentError, "for intervals and for tests"),
    "var": (lambda: pylmer.emtrends(fit(), "recipe", var="tmp"), pylmer.ArgumentError, "did you mean 'temp'"),
    "var of a factor": (lambda: pylmer.emtrends(fit(), "~ 1", var="recipe"), pylmer.ArgumentError, "numeric variable"),
    "var no name": (lambda: pylmer.emtrends(fit(), "~ 1", var=2), pylmer.ArgumentError, "var=2: .* wants a text"),
    "no fixed effects": (
        lambda: pylmer.emmeans(fit("angle ~ 0 + (1 | recipe)"), "recipe"), pylmer.ArgumentError, "no fixed effects"
    ),
    "grid of a text": (lambda: pylmer.ref_grid("fit"), pylmer.ArgumentError, "lmer"),
    "too many cells": (
        lambda: pylmer.ref_grid(fit(), at={"temp": range(4000)}), pylmer.ArgumentError, "12,000 cells, more than 10,000"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str) -> None:
    call, kind, message = BAD[what]
    with pytest.raises(kind, match=message):
        call()


def test_functions_that_cannot_be_estimated() -> None:
    data = pylmer.datasets.load("cake")
    empty = data[~((data["recipe"] == "B") & (data["temperature"] == "195"))]
    with pytest.warns(pylmer.FitNote, match="rank deficient"):
        model = pylmer.lmer("angle ~ recipe * temperature + (1 | recipe:replicate)", empty)
    grid = pylmer.emmeans(model, "recipe")
    assert grid.as_frame().isna().sum(axis=1).tolist() == [0, 5, 0]
    assert " B      nonEst   NA   NA       NA       NA" in str(grid)
    with pytest.raises(pylmer.ArgumentError, match="cannot be estimated"):
        pylmer.test(grid, joint=True)


def test_a_misleading_mean_is_noted() -> None:
    model = fit()
    with pytest.warns(pylmer.FitNote, match="NOTE: Results may be misleading") as caught:
        pylmer.emmeans(model, "recipe")
    assert caught[0].filename == __file__


# --- emmip -----------------------------------------------------------------------------------------------------------


def test_emmip_of_factors() -> None:
    model = fit("angle ~ recipe * temperature + (1 | recipe:replicate)")
    ax = pylmer.emmip(model, "recipe ~ temperature", CIs=True)
    frame = pylmer.emmeans(model, ["recipe", "temperature"]).as_frame()
    for line, recipe in zip(ax.lines, "ABC", strict=True):
        assert line.get_label() == recipe
        np.testing.assert_allclose(line.get_ydata(), frame.loc[frame["recipe"] == recipe, "emmean"])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["175", "185", "195", "205", "215", "225"]
    assert len(ax.collections) == 3


def test_emmip_of_numbers_in_panels() -> None:
    axes = pylmer.emmip(fit(), "~ temp | recipe", at={"temp": [175, 200, 225]})
    assert [ax.get_title() for ax in axes] == ["recipe = A", "recipe = B", "recipe = C"]
    np.testing.assert_array_equal(axes[0].lines[0].get_xdata(), [175, 200, 225])
    np.testing.assert_allclose(axes[2].lines[0].get_ydata(), [27.70476, 31.6, 35.49524], atol=5e-6)  # R's emmip
    assert axes[0].get_xlabel() == "temp"


def test_emmip_of_means_on_the_scale_of_the_response() -> None:
    grid = pylmer.emmeans(fit("log(angle) ~ recipe + temp + (1 | recipe:replicate)"), "recipe")
    ax = pylmer.emmip(grid, "~ recipe", type="response")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), grid.as_frame(type="response")["response"])
    assert ax.get_ylabel() == "Predicted response"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pylmer.emmip(fit(), "recepi ~ temp"), "no variable 'recepi'"),
        (lambda: pylmer.emmip(fit(), "recipe ~ 1"), "nothing to plot against"),
        (lambda: pylmer.emmip(fit(), "temp ~ recipe", style="numeric"), "one numeric variable"),
        (lambda: pylmer.emmip(fit(), "temp ~ recipe", style="odd"), "'factor' or 'numeric'"),
        (lambda: pylmer.emmip(fit(), 3), r"formula=3: emmip\(\) wants a text"),
        (lambda: pylmer.emmip("fit", "~ recipe"), "wants a fit"),
        (
            lambda: pylmer.emmip(pylmer.emmeans(fit(), ["recipe", "temp"], at={"temp": [1, 2]}), "~ recipe"),
            "leaves out",
        ),
    ],
)
def test_emmip_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises((pylmer.ArgumentError, pylmer.FormulaError), match=message):
        call()
