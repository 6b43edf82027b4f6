"""Which rows are used: missing values, subset, weights, offset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import ArgumentError, DataError, FormulaNameError
from tests.design.frames import UNCHECKED, dense, formula_frame


def design(formula: str, data: Any, **arguments: Any) -> Any:
    return pylmer.lFormula(formula, data, control=UNCHECKED, **arguments)


@pytest.fixture
def holed() -> pd.DataFrame:
    """Ten rows; x is missing in row 1, y in 4, g in 6, w in 8."""
    nan = np.nan
    return pd.DataFrame(
        {
            "y": [1.0, 2, 4, 3, nan, 6, 2, 1, 7, 5],
            "x": [0.0, nan, 1, 2, 3, 4, 5, 6, 7, 9],
            "g": ["a", "a", "a", "b", "b", "b", None, "c", "c", "c"],
            "w": [1.0, 2, 1, 2, 1, 2, 1, 2, nan, 1],
        },
        index=list("ABCDEFGHIJ"),
    )


def test_missing_values_are_dropped_jointly(holed: pd.DataFrame) -> None:
    made = design("y ~ x + (1 | g)", holed, weights="w")
    assert list(made.rows.index) == ["A", "C", "D", "F", "H", "J"]
    assert (made.n, made.design.n_total, made.design.n_missing) == (6, 10, 4)
    np.testing.assert_array_equal(np.flatnonzero(made.rows.kept), [0, 2, 3, 5, 7, 9])
    np.testing.assert_array_equal(made.weights, [1, 1, 2, 2, 2, 1])


@pytest.mark.parametrize("spelling", ["exclude", "na.exclude", "na_exclude"])
def test_exclude_pads(holed: pd.DataFrame, spelling: str) -> None:
    made = design("y ~ x + (1 | g)", holed, na_action=spelling, subset="x > 0 | is.na(x)")
    assert made.design.na_action == "exclude"
    assert list(made.rows.padded_index) == list("BCDEFGHIJ")
    np.testing.assert_array_equal(made.rows.padded(made.y), [np.nan, 4, 3, np.nan, 6, np.nan, 1, 7, 5])


@pytest.mark.parametrize("action", ["fail", "na.fail", "pass"])
def test_fail_names_the_variables(holed: pd.DataFrame, action: str) -> None:
    with pytest.raises(DataError, match=r"'y' \(1 row\), 'x' \(1 row\), 'g' \(1 row\)"):
        design("y ~ x + (1 | g)", holed, na_action=action)
    assert design("y ~ x + (1 | g)", holed.dropna(), na_action=action).n == 6


def test_unknown_na_action(holed: pd.DataFrame) -> None:
    with pytest.raises(ArgumentError, match="na_action='drop'"):
        design("y ~ x + (1 | g)", holed, na_action="drop")


def test_complete_data_need_no_mask() -> None:
    assert design("y ~ x + (1 | g)", formula_frame("d")).rows.used.complete is None


def test_missing_values_outside_the_subset_do_not_count(holed: pd.DataFrame) -> None:
    made = design("y ~ x + (1 | g)", holed, subset=holed.index.isin(list("ACDF")))
    assert (made.n, made.design.n_missing) == (4, 0)


def test_levels_that_no_row_has_are_dropped(holed: pd.DataFrame) -> None:
    made = design("y ~ g + (1 | g)", holed.astype({"g": "category"}), subset='g != "b"')
    assert made.X_names == ("(Intercept)", "gc")
    assert made.random[0].labels() == ["a", "c"]


def test_scale_is_estimated_before_rows_are_dropped(holed: pd.DataFrame) -> None:
    made = design("y ~ scale(x) + (1 | g)", holed)
    x = holed["x"]
    np.testing.assert_allclose(made.X[:, 1], ((x - x.mean()) / x.std())[list("ACDFHIJ")])


def test_nothing_left(holed: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="subset leaves 0 of 10 rows"):
        design("y ~ x + (1 | g)", holed, subset="x > 100")
    with pytest.raises(DataError, match=r"0 of 2 rows are complete.*'x' \(1 row\)"):
        design("y ~ x + (1 | g)", holed.loc[["B", "E"]])


@pytest.mark.parametrize("subset", ["x", [1, 2, 3], np.arange(10)])
def test_subset_must_be_logical(holed: pd.DataFrame, subset: Any) -> None:
    with pytest.raises(DataError, match="subset must be TRUE or FALSE"):
        design("y ~ x + (1 | g)", holed, subset=subset)


@pytest.mark.parametrize(
    "given", ["w", "w + 0", "1 * w", lambda d: d["w"], lambda d: d["w"].to_numpy(), lambda d: list(d["w"])]
)
def test_weights_and_offset_however_given(holed: pd.DataFrame, given: Any) -> None:
    argument = given(holed) if callable(given) else given
    made = design("y ~ x + (1 | g)", holed, weights=argument, offset=argument)
    np.testing.assert_array_equal(made.weights, [1, 1, 2, 2, 2, 1])
    np.testing.assert_array_equal(made.offset, made.weights)


def test_offsets_add_up() -> None:
    d = formula_frame("d")
    made = design("y ~ x + offset(z) + offset(2 * cnt) + (1 | g)", d, offset="x")
    np.testing.assert_allclose(made.offset, d["z"] + 2 * d["cnt"] + d["x"])
    assert made.X_names == ("(Intercept)", "x")


def test_name_in_weights_shows_the_expression(holed: pd.DataFrame) -> None:
    with pytest.raises(FormulaNameError) as error:
        design("y ~ x + (1 | g)", holed, weights="1 / ww")
    assert (error.value.formula, error.value.start, error.value.end) == ("1 / ww", 4, 6)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2, 0, 1], "weights must be positive and finite: 1 of 4 are not, the first is 0 in row 3"),
        ([1, -2, 1, 1], "the first is -2 in row 2"),
        ([np.inf, 1, 1, 1], "the first is inf in row 1"),
        ([1, 2], "weights= has 2 values, the data have 4 rows"),
        (["a", "b", "a", "b"], "weights= is not meaningful"),
    ],
)
def test_bad_weights(weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        design("y ~ 1 + (1 | g)", {"y": [1.0, 2, 4, 3], "g": list("aabb")}, weights=weights)


def test_na_produced_by_a_function_is_said() -> None:
    d = formula_frame("d")
    made = design("y ~ log(x - 1.5) + (1 | g)", d)
    count = int((d["x"] < 1.5).sum())
    assert made.n == len(d) - count
    assert made.notes == (f"log(x - 1.5) is NaN in {count} rows where its variables are not",)


def test_model_frame() -> None:
    d = formula_frame("d")
    frame = design("log(z) ~ poly(x, 2) + a + lg + (1 | f)", d, weights="z", subset="x > 1").model_frame()
    assert list(frame) == ["log(z)", "poly(x, 2)1", "poly(x, 2)2", "a", "lg", "f", "(weights)"]
    assert list(frame.index) == list(d.index[d["x"] > 1])
    assert list(frame["a"].cat.categories) == ["a1", "a2", "a3"]
    assert dense(frame["lg"]).dtype == bool
