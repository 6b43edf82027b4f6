"""One model, many kinds of data: the design is the same whatever holds the columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import pylmer
from pylmer.design import ModelData
from pylmer.errors import DataError
from tests.design.frames import UNCHECKED, dense, formula_frame

FORMULA = "y ~ a * x + f + lg + o + factor(cnt) + (x | g) + (1 | f:b)"
COLUMNS = ["y", "a", "x", "f", "lg", "o", "cnt", "g", "b"]
ENUMS = {"a": "a1 a2 a3", "o": "low med high top", "g": "g01 g02 g03 g04 g05 g06", "b": "b1 b2"}


def as_polars(frame: pd.DataFrame) -> pl.DataFrame:
    """Factors as Enum: a polars Categorical has no order that means anything. polars has no ordered factors either."""
    plain = {name: [None if pd.isna(v) else v for v in frame[name].astype(object)] for name in frame}
    return pl.DataFrame(plain).with_columns(
        pl.col(name).cast(pl.Enum(levels.split())) for name, levels in ENUMS.items()
    )


def as_arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def arrow_dtypes(frame: pd.DataFrame) -> pd.DataFrame:
    plain = frame.select_dtypes(exclude="category").convert_dtypes(dtype_backend="pyarrow")
    return pd.concat([plain, frame.select_dtypes(include="category")], axis=1)


FRAMES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "nullable": lambda d: d.convert_dtypes(),
    "arrow dtypes": arrow_dtypes,
    "objects": lambda d: d.assign(**{name: d[name].astype(object) for name in ("y", "x", "f", "lg", "cnt")}),
    "polars": as_polars,
    "pyarrow": as_arrow,
    "narwhals of pandas": nw.from_native,
    "narwhals of polars": lambda d: nw.from_native(as_polars(d)),
    "dict of Series": lambda d: {name: d[name] for name in d},
    "dict of arrays": lambda d: {name: d[name].array for name in d},
    "float32": lambda d: d.assign(y=d["y"].astype("float32").astype("float64"), cnt=d["cnt"].astype("int8")),
    "other index": lambda d: d.set_axis(pd.Index([f"row {i}" for i in range(len(d))])),
}


def same(first: ModelData, second: ModelData, tolerance: float = 0.0) -> None:
    assert first.X_names == second.X_names
    np.testing.assert_allclose(dense(first.X), dense(second.X), tolerance, tolerance)
    np.testing.assert_allclose(first.y, second.y, tolerance)
    for one, other in zip(first.random, second.random, strict=True):
        assert (one.label, one.columns, one.labels()) == (other.label, other.columns, other.labels())
        np.testing.assert_array_equal(one.codes, other.codes)
        np.testing.assert_allclose(one.Zt.toarray(), other.Zt.toarray(), tolerance)


@pytest.mark.parametrize("data", ["d", "dn"])
@pytest.mark.parametrize("kind", FRAMES)
def test_same_design(kind: str, data: str) -> None:
    frame = formula_frame(data)[COLUMNS]
    # ordered factors exist in pandas and arrow alone, and the last has no place for the order either
    formula = FORMULA if kind not in ("polars", "narwhals of polars") else FORMULA.replace("o +", "C(o, contr.poly) +")
    wanted = pylmer.lFormula(formula, frame, control=UNCHECKED)
    same(pylmer.lFormula(formula, FRAMES[kind](frame), control=UNCHECKED), wanted, 1e-6 if kind == "float32" else 0.0)


def test_data_none_is_env() -> None:
    frame = formula_frame("d")[COLUMNS]
    wanted = pylmer.lFormula(FORMULA, frame, control=UNCHECKED)
    same(pylmer.lFormula(FORMULA, env={name: frame[name] for name in COLUMNS}, control=UNCHECKED), wanted)


def test_record_array() -> None:
    frame = formula_frame("d")[["y", "x", "cnt"]]
    wanted = pylmer.lFormula("y ~ x + (1 | cnt)", frame, control=UNCHECKED)
    same(pylmer.lFormula("y ~ x + (1 | cnt)", frame.to_records(index=False), control=UNCHECKED), wanted)


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        (np.array([10.0, 9.0, 2.0, 100000.0]), ["2", "9", "10", "1e+05"]),
        (np.array([10, 9, 2, 100000]), ["2", "9", "10", "100000"]),
        (["b", "a", "B", "_x"], ["_x", "a", "b", "B"]),
        ([True, False, True, False], ["FALSE", "TRUE"]),
        (pd.Categorical(["b", "a", "b", "c"], categories=["c", "z", "b", "a"]), ["c", "b", "a"]),
        (pd.Categorical([3, 1, 3, 2], categories=[3, 1, 2]), ["3", "1", "2"]),
        (
            pd.to_datetime(["2020-01-02", "2019-12-31", "2020-01-02", "2020-01-01"]),
            ["2019-12-31", "2020-01-01", "2020-01-02"],
        ),
        (pd.array([10**12, 5, 5, 7], dtype="Int64"), ["5", "7", "1000000000000"]),
        (pl.Series(["b", "a", "b", "c"], dtype=pl.Categorical), ["a", "b", "c"]),
        (pa.array(["b", "a", "b", "c"]).dictionary_encode(), ["b", "a", "c"]),
    ],
)
def test_levels_of_groups(column: Any, labels: list[str]) -> None:
    data = {"y": [1.0, 2.0, 4.0, 3.0], "g": column}
    (term,) = pylmer.lFormula("y ~ 1 + (1 | g)", data, control=UNCHECKED).random
    assert term.labels() == labels


def test_unused_columns_are_not_read() -> None:
    data = {"y": [1.0, 2, 4, 3], "g": list("aabb"), "junk": [object(), [], {}, 1]}
    assert pylmer.lFormula("y ~ 1 + (1 | g)", data, control=UNCHECKED).n == 4


def test_own_column_is_not_copied() -> None:
    x = np.arange(6.0)
    design = pylmer.lFormula("y ~ x + (0 + x | g)", {"y": x**2, "x": x, "g": list("aabbcc")}, control=UNCHECKED)
    assert np.shares_memory(design.random[0].Z, design.rows.variables["x"])
    assert not np.shares_memory(design.random[0].Z, x)  # the fit's own copy, made once (tests/test_owned_data.py)


def test_random_term_shares_columns_with_fixed_part() -> None:
    design = pylmer.lFormula("y ~ x + (x | g)", formula_frame("d"), control=UNCHECKED)
    assert design.random[0].Z is design.X


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("radon", "there is no file 'radon'"),
        ({"y": [1, 2], "g": ["a"]}, "different lengths"),
        ({"y": 1.0, "g": "a"}, "not an array"),
        (pd.DataFrame([[1.0, 2.0, 1]], columns=["y", "y", "g"]), "more than one column named 'y'"),
        ({"y": [1j, 2j], "g": ["a", "b"]}, "complex128"),
        ({"y": [1.0, "a", []], "g": list("abc")}, "column 'y' mixes types"),
        (pl.DataFrame({"y": [[1.0], [2.0]], "g": ["a", "b"]}), "cannot enter a model"),
        ({"y": np.zeros((2, 2, 2)), "g": list("ab")}, "3 dimensions"),
        (pd.DataFrame({"y": [], "g": []}), "0 rows"),
    ],
)
def test_refused_data(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        pylmer.lFormula("y ~ 1 + (1 | g)", data, control=UNCHECKED)
