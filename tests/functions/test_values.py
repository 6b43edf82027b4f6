"""Columns, levels and factors below the formula: no copies, no strings before they are read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from pylmer import lmer
from pylmer.errors import DataError
from pylmer.functions import (
    Factor,
    Levels,
    Logical,
    Scope,
    Strings,
    as_factor,
    cross,
    drop_unused,
    evaluate,
    read_columns,
    recode,
)
from pylmer.functions.factors import compress
from pylmer.functions.levels import CrossedLevels, NumberLevels, TextLevels
from pylmer.functions.values import texts_of
from pylmer.language import parse_expression
from pylmer.language.nodes import Name, from_spine


def value(text: str, **columns: Any) -> Any:
    return evaluate(parse_expression(text), Scope(read_columns(columns)))


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int32, np.uint8])
def test_numbers_are_not_copied(dtype: type) -> None:
    x = np.arange(5, dtype=dtype)
    assert np.shares_memory(read_columns({"x": x})["x"], x)
    assert np.shares_memory(read_columns(pd.DataFrame({"x": x, "y": x}, copy=False))["x"], x)


def test_booleans_are_not_copied() -> None:
    flags = np.array([True, False])
    column = read_columns({"x": flags})["x"]
    assert isinstance(column, Logical)
    assert np.shares_memory(column.codes, flags)


@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        (pd.array([1, None, 3], dtype="Int64"), [1, np.nan, 3]),
        (pd.array([1.5, None, 3], dtype="Float64"), [1.5, np.nan, 3]),
        (pd.array([1, None, 3], dtype="int64[pyarrow]"), [1, np.nan, 3]),
        ([1, None, 3.5], [1, np.nan, 3.5]),
        (pd.to_timedelta(["1D", "12h", None]), [1, 0.5, np.nan]),
        (np.array([1, 2, 3], dtype=np.float32), [1, 2, 3]),
        (np.array([1, np.nan, 3], dtype=object), [1, np.nan, 3]),
    ],
)
def test_numbers_of_other_types(column: Any, numbers: list[float]) -> None:
    np.testing.assert_array_equal(read_columns({"x": column})["x"], numbers)


@pytest.mark.parametrize(
    "column",
    [["b", None, "a"], pd.array(["b", None, "a"], dtype="string"), np.array(["b", None, "a"], dtype=object),
     pd.Series(["b", None, "a"]), pd.array(["b", None, "a"], dtype="string[pyarrow]")],
)  # fmt: skip
def test_texts_of_any_type(column: Any) -> None:
    found = read_columns({"x": column})["x"]
    assert isinstance(found, Strings)
    assert texts_of(found) == ["b", None, "a"]


@pytest.mark.parametrize("column", [[True, None, False], pd.array([True, None, False], dtype="boolean")])
def test_logicals_of_any_type(column: Any) -> None:
    assert read_columns({"x": column})["x"].codes.tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    "column",
    [np.array([b"a", b"bc"]), np.array([b"a", None], dtype=object), [b"a", b"b"], [b"a", "b"], [bytearray(b"a"), None],
     pd.Categorical([b"a", b"b"]), pa.array([b"a", b"b"]), pa.array([b"a", b"b"]).dictionary_encode(),
     pd.Series([b"a", b"b"], dtype=pd.ArrowDtype(pa.binary())), pl.Series([b"a", b"b"])],
)  # fmt: skip
def test_bytes_are_refused(column: Any) -> None:
    with pytest.raises(DataError, match=r"column 'x' holds bytes, .*: \.str\.decode\('utf-8'\)"):
        read_columns({"x": column})["x"]
    with pytest.raises(DataError, match="column 'x' holds bytes"):
        lmer("y ~ 1 + (1 | x)", {"y": [1.0, 2.0], "x": column})


def test_dates() -> None:
    days = pd.to_datetime(["1970-01-02", "1970-01-11"])
    np.testing.assert_array_equal(value("as.numeric(d)", d=days), [1, 10])
    np.testing.assert_array_equal(value("as.numeric(d)", d=pd.to_datetime(["1970-01-02 00:01"])), [86460])
    np.testing.assert_array_equal(value("as.numeric(d)", d=days.tz_localize("UTC")), [1, 10])


@pytest.mark.parametrize("numbers", [[5, 3, 5, 9], [10**12, 3, 10**12, -7], [0, 1, 2, 0]])
@pytest.mark.parametrize("dtype", [np.int64, float])
def test_factor_of_numbers(numbers: list[int], dtype: type) -> None:
    factor = as_factor(np.array(numbers, dtype=dtype))
    assert [float(label) for label in factor.levels] == sorted(set(numbers))
    assert [float(factor.levels[code]) for code in factor.codes.tolist()] == numbers


def test_small_integers_do_not_overflow() -> None:
    factor = as_factor(np.array([-128, 127, 0], dtype=np.int8))
    assert list(factor.levels) == ["-128", "0", "127"]
    assert factor.codes.tolist() == [0, 2, 1]


def test_small_integers_do_not_overflow_in_arithmetic() -> None:
    x = np.array([100, 3], dtype=np.int8)
    assert value("I(x * x)", x=x).tolist() == [10_000, 9]
    assert value("-u", u=np.array([1, 2], dtype=np.uint8)).tolist() == [-1, -2]


def test_equal_labels_are_one_level() -> None:
    factor = as_factor(np.array([0.1 + 0.2, 0.3, 1 / 3]))
    assert (list(factor.levels), factor.codes.tolist()) == (["0.3", "0.333333333333333"], [0, 0, 1])


def test_compress() -> None:
    codes, used = compress(np.array([4, -1, 2, 4]), 6)
    assert (codes.tolist(), used.tolist()) == ([1, -1, 0, 1], [2, 4])
    whole = np.array([1, 0, 1])
    assert compress(whole, 2)[0] is whole


@pytest.mark.parametrize("many", [1, 100_000])
def test_cross_keeps_observed_pairs_in_order(many: int) -> None:
    first = Factor(np.array([0, 1, 0, -1, 1]), TextLevels(("a", "b")))
    second = as_factor(np.array([5, 2, 2, 2, 5]) * many)
    crossed = cross(first, second)
    labels = [f"{a}:{b}" for a in "ab" for b in (2 * many, 5 * many)]
    assert list(crossed.levels) == labels
    assert [None if code < 0 else crossed.levels[code] for code in crossed.codes.tolist()] == [
        labels[1], labels[2], labels[0], None, labels[3],
    ]  # fmt: skip


def test_labels_are_made_when_read() -> None:
    crossed = cross(as_factor(np.arange(50_000)), as_factor(np.arange(50_000)))
    assert isinstance(crossed.levels, CrossedLevels)
    assert "_labels" not in vars(crossed.levels)
    assert "_labels" not in vars(crossed.levels.first)
    assert crossed.levels[7] == "7:7"


@pytest.mark.parametrize("text", ["factor(x)", "droplevels(factor(x))", "as.factor(x)", "relevel(factor(x), 3)"])
def test_no_label_is_made_by_functions(text: str) -> None:
    made = value(text, x=np.arange(50_000.0))
    assert "_labels" not in vars(made.levels)


def test_levels_are_sequences() -> None:
    levels: Levels = NumberLevels(np.array([1.0, 2.5]))
    assert levels == ["1", "2.5"]
    assert levels != ["1"]
    assert "2.5" in levels
    assert levels[:1] == ["1"]
    assert repr(levels) == "<2 levels: 1, 2.5>"
    assert drop_unused(Factor(np.array([1]), levels)).levels == ["2.5"]


def test_recode_names_what_is_lost() -> None:
    factor = as_factor(read_columns({"x": ["p", "q", "r"]})["x"])
    recoded, lost = recode(factor, TextLevels(("r", "p")))
    assert (recoded.codes.tolist(), lost) == ([1, -1, 0], ["q"])


def test_long_sums_are_evaluated() -> None:
    node = from_spine(Name("x"), [("+", Name("x"), (0, 0))] * 2999)
    assert evaluate(node, Scope({"x": np.ones(2)})).tolist() == [3000, 3000]


def test_state_is_by_call() -> None:
    state: dict[str, dict[str, Any]] = {}
    fit = Scope({"x": np.array([1.0, 2.0, 6.0])}, state=state)
    node = parse_expression("scale(x) + scale(x, scale = FALSE)")
    evaluate(node, fit)
    assert set(state) == {"scale(x)", "scale(x, scale = FALSE)"}
    again = evaluate(node, Scope({"x": np.array([3.0])}, state=state))
    np.testing.assert_allclose(again.numbers, [[0.0]], atol=1e-12)
