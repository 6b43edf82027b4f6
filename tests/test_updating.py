"""update() of formulas with `||` and `.`: R's formula of such a fit is written out, and terms are taken from that one.

The formulas are those of formula(update(fit, ...)) in R 4.2.2 with lme4 1.1-31.
"""

from __future__ import annotations

import functools
import warnings

import pandas as pd
import pytest

import pylmer

DOUBLE = "Reaction ~ Days + (Days || Subject)"


def sleep() -> pd.DataFrame:
    """sleepstudy, with the factors f (Days > 4) and h (three sets of subjects) and a number x."""
    data = pylmer.datasets.load("sleepstudy")
    subject = pd.factorize(data["Subject"])[0]
    return data.assign(f=(data["Days"] > 4).astype(str), x=(data["Days"] * 7) % 5, h=(subject % 3).astype(str))


def lmer(formula: str, data: pd.DataFrame | None = None) -> pylmer.LmerFit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula, sleep() if data is None else data)


@functools.cache
def double() -> pylmer.LmerFit:
    return lmer(DOUBLE)


@pytest.mark.parametrize(
    ("written", "fitted"),
    [
        ("Days + (Days || Subject)", "Days + ((1 | Subject) + (0 + Days | Subject))"),
        ("(x || Subject) + Days", "((1 | Subject) + (0 + x | Subject)) + Days"),
        ("Days + (x + 0 || Subject)", "Days + ((0 + x | Subject))"),
        ("Days + (-1 + x + Days || Subject)", "Days + ((0 + x | Subject) + (0 + Days | Subject))"),
        ("Days + (x || h/Subject)", "Days + ((1 | h/Subject) + (0 + x | h/Subject))"),
        ("Days + (f || Subject)", "Days + ((1 | Subject) + (0 + f | Subject))"),
        ("Days + (f*x || Subject)",
         "Days + ((1 | Subject) + (0 + f | Subject) + (0 + x | Subject) + (0 + f:x | Subject))"),
    ],
)  # fmt: skip
def test_the_formula_is_the_fitted_one(written: str, fitted: str) -> None:
    assert str(pylmer.formula(lmer(f"Reaction ~ {written}"))) == f"Reaction ~ {fitted}"


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (". ~ . - (0 + Days | Subject)", "Reaction ~ Days + (1 | Subject)"),
        (". ~ . - (1 | Subject)", "Reaction ~ Days + (0 + Days | Subject)"),
        (". ~ . - Days", "Reaction ~ (1 | Subject) + (0 + Days | Subject)"),
        (". ~ . + I(Days^2)", "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject) + I(Days^2)"),
        (". ~ . - (0+Days|Subject) + (0+I(Days^2)|Subject)",
         "Reaction ~ Days + (1 | Subject) + (0 + I(Days^2) | Subject)"),
        (". ~ . - ((1|Subject) + (0+Days|Subject)) + (1|h)", "Reaction ~ Days + (1 | h)"),
    ],
)  # fmt: skip
def test_terms_of_a_double_bar_go_one_by_one(change: str, result: str) -> None:
    changed = pylmer.update(double(), change)
    assert str(pylmer.formula(changed)) == result
    assert len(changed.design.random) == result.count("|")


def test_a_double_bar_goes_as_a_whole() -> None:
    """R knows no such term after the fit and changes nothing; here it is the sum of its parts."""
    changed = pylmer.update(double(), ". ~ . - (Days || Subject) + (1 | h)")
    assert str(pylmer.formula(changed)) == "Reaction ~ Days + (1 | h)"
    kept = pylmer.update(lmer(f"{DOUBLE} + (1 | h)"), ". ~ . - (Days || Subject)")
    assert str(pylmer.formula(kept)) == "Reaction ~ Days + (1 | h)"


def test_diag_stays_as_written() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = pylmer.lmer("Reaction ~ Days + (f || Subject)", sleep(), control=pylmer.lmerControl(doublevert="diag"))
        assert str(pylmer.formula(fit)) == "Reaction ~ Days + (f || Subject)"
        assert str(pylmer.formula(pylmer.update(fit, ". ~ . - Days"))) == "Reaction ~ (f || Subject)"
        changed = pylmer.update(fit, ". ~ . - (f || Subject) + (1 | Subject)")
    assert str(pylmer.formula(changed)) == "Reaction ~ Days + (1 | Subject)"


def test_which_page_shows_which_formula() -> None:
    """lme4 prints the formula that was fitted, lmerTest's summary the one in the call; drop1 and step the former."""
    fitted = "Formula: Reaction ~ Days + ((1 | Subject) + (0 + Days | Subject))"
    assert fitted in str(double()).splitlines()
    assert fitted in str(pylmer.summary(double(), ddf="lme4")).splitlines()
    assert f"Formula: {DOUBLE}" in str(pylmer.summary(double())).splitlines()
    assert fitted.removeprefix("Formula: ") in str(pylmer.drop1(double())).splitlines()


def test_terms_that_a_dot_stands_for_can_be_taken() -> None:
    """R stops: '.' in formula and no 'data' argument."""
    fit = lmer("Reaction ~ . - Subject + (1 | Subject)", sleep()[["Reaction", "Days", "x", "Subject"]])
    assert str(pylmer.formula(fit)) == "Reaction ~ . - Subject + (1 | Subject)"
    changed = pylmer.update(fit, ". ~ . - x")
    assert changed.design.X_names == ("(Intercept)", "Days")
    by_aic = pylmer.drop1(fit, ddf="lme4")
    assert by_aic.loc["Days", "npar"] == by_aic.loc["x", "npar"] == 1
