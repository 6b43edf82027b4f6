"""Factors whose levels are numbers: no function that orders them loses a row."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer import datasets
from pylmer.errors import DataError, FormulaError
from pylmer.functions import Factor, Scope, as_factor, evaluate, read_columns, recode
from pylmer.functions.levels import NumberLevels
from pylmer.language import parse_expression


def value(text: str, state: dict[str, Any] | None = None, **columns: Any) -> Any:
    return evaluate(parse_expression(text), Scope(read_columns(columns), state={} if state is None else state))


def labels(factor: Factor) -> list[str | None]:
    return [None if code < 0 else factor.levels[code] for code in factor.codes.tolist()]


@pytest.fixture(scope="module")
def sleep() -> pd.DataFrame:
    """sleepstudy with code = (as.integer(Subject) * 7) %% 4 * 10 and day = as.integer(Days %/% 3L)."""
    d = datasets.load("sleepstudy")
    subject = pd.Categorical(d["Subject"].astype(str)).codes.astype(int) + 1
    return d.assign(code=subject * 7 % 4 * 10, day=(d["Days"] // 3).astype(int))


# fixef(lmer(Reaction ~ <term> + (1 | Subject), d)) of lme4 1.1-31
FITS = [
    ('relevel(factor(code), ref = "30")', ["0", "10", "20"], [297.3443420, 3.6126380, -15.0871695, 13.3684040]),
    ("factor(code, levels = c(20, 0, 30, 10))", ["0", "30", "10"], [310.7127460, -9.7557660, -13.3684040, -28.4555735]),
    (
        "reorder(factor(day), -Reaction)",
        ["2", "1", "0"],
        [350.8512222222, -28.3317740741, -57.4645925926, -88.6814018519],
    ),
    (
        'relevel(C(factor(day), contr.sum), "2")',
        ["0", "1", "3"],
        [322.5194481481, -60.3496277778, -29.1328185185, 28.3317740741],
    ),
    (
        "interaction(factor(day), Days > 4, lex.order = TRUE, drop = TRUE)",
        ["1.FALSE", "1.TRUE", "2.TRUE", "3.TRUE"],
        [262.1698203704, 23.6508962963, 46.3486351852, 60.3496277778, 88.6814018519],
    ),
]


@pytest.mark.parametrize(("term", "levels", "estimates"), FITS, ids=[term for term, *_ in FITS])
def test_fit_as_in_r(sleep: pd.DataFrame, term: str, levels: list[str], estimates: list[float]) -> None:
    fit = pylmer.lmer(f"Reaction ~ {term} + (1 | Subject)", sleep)
    assert pylmer.nobs(fit) == 180
    found = pylmer.fixef(fit)
    assert list(found.index) == ["(Intercept)", *(term + level for level in levels)]
    np.testing.assert_allclose(found, estimates, rtol=1e-8)
    rows = [150, 5, 99]
    np.testing.assert_allclose(pylmer.predict(fit, newdata=sleep.iloc[rows]), np.asarray(pylmer.fitted(fit))[rows])


CATEGORIES = [
    ([3, 1, 2], ["1", "2", "3"]),
    ([2.5, 1.0, 10.0], ["1", "2.5", "10"]),
    ([1e5, 2e5, 3.0], ["3", "1e+05", "2e+05"]),
    ([True, False], ["FALSE", "TRUE"]),
    (pd.array([3, 1, 2], dtype="Int64"), ["1", "2", "3"]),
    (pd.to_datetime(["2020-01-03", "2020-01-01"]), ["2020-01-01", "2020-01-03"]),
    (pd.to_datetime(["2020-01-03", "2020-01-01"]).tz_localize("CET"), ["2020-01-01", "2020-01-03"]),
    ([datetime.date(2020, 1, 3), datetime.date(2020, 1, 1)], ["2020-01-01", "2020-01-03"]),
    (pd.IntervalIndex.from_breaks([0, 1, 2]), ["(0, 1]", "(1, 2]"]),
]


@pytest.mark.parametrize(("values", "levels"), CATEGORIES, ids=[str(levels) for _, levels in CATEGORIES])
@pytest.mark.parametrize(
    "word", ['relevel(g, "{}")', "relevel(g, {n})", "factor(g, levels = c({all}))", "reorder(g, -k)"]
)
def test_categories_of_any_type(values: Any, levels: list[str], word: str) -> None:
    column = pd.Categorical(values)
    last = levels[-1]
    text = word.format(last, n=len(levels), all=", ".join(f'"{level}"' for level in reversed(levels)))
    made = value(text, g=column, k=column.codes.astype(float))
    assert labels(made) == [levels[code] for code in column.codes]
    assert made.levels[0] == last


def test_matching_does_not_want_sorted_levels() -> None:
    factor = as_factor(np.array([10, 20, 30, 20]))
    recoded, lost = recode(factor, NumberLevels(np.array([30, 10, 20])))
    assert (recoded.codes.tolist(), lost) == ([1, 2, 0, 2], [])
    assert recode(recoded, factor.levels)[0].codes.tolist() == factor.codes.tolist()


def test_numbers_of_one_label_are_one_level() -> None:
    """R: levels(factor(0.3)) is "0.3", as of 0.1 + 0.2."""
    state: dict[str, Any] = {}
    value("factor(x)", state, x=np.array([0.1 + 0.2, 1.0]))
    assert labels(value("factor(x)", state, x=np.array([0.3, 1.0]))) == ["0.3", "1"]


def test_numbers_are_found_in_whatever_spelling() -> None:
    """R compares "100000" with "1e+05", and all rows are NA."""
    x = np.array([100_000, 200_000, 3])
    assert labels(value("factor(x, levels = c(2e5, 1e5, 3))", x=x)) == ["1e+05", "2e+05", "3"]
    assert value("factor(x) == 1e5", x=x).codes.tolist() == [1, 0, 0]
    assert value("factor(x) %in% c(1e5, 3)", x=x).codes.tolist() == [1, 0, 1]


@pytest.mark.parametrize("spelling", ['"03"', '"3.0"', '"3e0"', '" 3"'])
def test_texts_in_another_spelling_are_refused(spelling: str) -> None:
    """R: factor(3, levels = "03") is NA, and its rows are dropped without a word."""
    with pytest.raises(FormulaError, match="is written '3' in the data; its rows would be lost"):
        value(f'factor(x, levels = c("1", {spelling}))', x=np.array([1, 3, 3]))


def test_values_outside_the_levels_are_missing() -> None:
    assert labels(value('factor(x, levels = c("1", "7"))', x=np.array([1, 3]))) == ["1", None]


def test_relevel_remembers_the_levels() -> None:
    state: dict[str, Any] = {}
    value("relevel(s, 2)", state, s=["b", "a", "c"])
    assert list(value("relevel(s, 2)", state, s=["c"]).levels) == ["b", "a", "c"]


def test_reorder_remembers_the_order() -> None:
    state: dict[str, Any] = {}
    fitted = value("reorder(s, x)", state, s=["b", "a", "c"], x=np.array([1.0, 3.0, 2.0]))
    again = value("reorder(s, x)", state, s=["a", "b", "b"], x=np.array([-9.0, 9.0, 9.0]))
    assert list(again.levels) == list(fitted.levels) == ["b", "c", "a"]


@pytest.mark.parametrize("ref", ["-1", "0", "9", "1.5", "NA", "Inf", '"9"', '"03"', "TRUE + 9"])
def test_references_that_are_none(ref: str) -> None:
    with pytest.raises(FormulaError, match=r"ref = .* is (none of 1\.\.3|not a level).*levels: 1, 2, 3"):
        value(f"relevel(factor(x), {ref})", x=np.array([1, 2, 3]))


@pytest.mark.parametrize("categories", [[0.3, 0.1 + 0.2], [3, "3"]])
def test_categories_that_are_written_alike(categories: list[Any]) -> None:
    with pytest.raises(DataError, match="two categories of column 'g' are both written"):
        value("g", g=pd.Categorical(categories, categories=categories))
