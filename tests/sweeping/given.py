"""Whatever may be given for an argument: wrong kinds and sizes, empty and foreign things."""

from __future__ import annotations

import ast
import decimal
import fractions
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .models import big, emm, generalized, linear, modes, other, small, variances

LITERALS = (
    "None", "True", "False", "-1", "0", "1", "2.5", "1e9", "1000000000", "1e300", "1000000000000000000000000", "2j",
    "''", "'foo'", "'temp'", "'1'", "' '", "'y ~'", "'a + (b | c)'", "'\\x00'", "b'x'", "'all'", "...",
    "[]", "['foo']", "[None]", "[1, 'a']", "[True]", "[[1, 2], [3]]", "[[]]", "[[1, 2], [3, 4]]", "()", "('foo', 1)",
    "{}", "{'foo': 1}", "{1: None}", "{'temp': []}", "{'temp': ['a', 1]}", "{'temp': 'foo'}", "{'foo'}", "[1.5, None]",
)  # fmt: skip
FURTHER: dict[str, Callable[[], Any]] = {
    "nan": lambda: np.nan,
    "inf": lambda: np.inf,
    "range": lambda: range(3),
    "slice": lambda: slice(1),
    "object": object,
    "type": lambda: type,
    "len": lambda: len,
    "ValueError": lambda: ValueError,
    "frozenset": lambda: frozenset({1}),
    "memory": lambda: memoryview(b"x"),
    "np.bool_": lambda: np.bool_(True),
    "np.int64": lambda: np.int64(3),
    "np.str_": lambda: np.str_("foo"),
    "np.nan32": lambda: np.float32("nan"),
    "pd.NA": lambda: pd.NA,
    "pd.NaT": lambda: pd.NaT,
    "Timestamp": lambda: pd.Timestamp("2020-01-01"),
    "Interval": lambda: pd.Interval(0, 1),
    "Decimal": lambda: decimal.Decimal("0.5"),
    "Fraction": lambda: fractions.Fraction(1, 2),
    "Path": lambda: pathlib.Path("foo"),
    "module": lambda: np,
    "function": lambda: lambda: None,
    "function of one": lambda: lambda x: x,
    "generator": lambda: (k for k in "ab"),
    "iterator of nothing": lambda: iter(()),
    "array()": lambda: np.array([]),
    "array 0-d": lambda: np.array(1.0),
    "array 1-d": lambda: np.arange(3.0),
    "array of the rows": lambda: np.arange(270.0),
    "array of nan": lambda: np.full(270, np.nan),
    "array of texts": lambda: np.array(["foo", "temp"]),
    "array of objects": lambda: np.array([None, "x", 1], dtype=object),
    "array of flags": lambda: np.array([True, False]),
    "array of times": lambda: np.array(["2020-01-01"], dtype="datetime64[D]"),
    "array of records": lambda: np.zeros(2, dtype=[("a", int), ("b", float)]),
    "array 2-d": lambda: np.eye(2),
    "array 2-d empty": lambda: np.empty((0, 3)),
    "array 3-d": lambda: np.zeros((2, 2, 2)),
    "masked array": lambda: np.ma.array([1.0, 2.0], mask=[True, False]),
    "Series()": lambda: pd.Series([], dtype=float),
    "Series": lambda: pd.Series([1.0, np.nan], index=["foo", "temp"]),
    "Series of texts": lambda: pd.Series(["a", None]),
    "Series twice the label": lambda: pd.Series([1.0, 2.0], index=["temp", "temp"]),
    "Categorical": lambda: pd.Categorical(["a", "b", None]),
    "Index": lambda: pd.Index(["foo"]),
    "MultiIndex": lambda: pd.MultiIndex.from_tuples([("a", 1)]),
    "frame()": pd.DataFrame,
    "frame without rows": lambda: pd.DataFrame({"temp": [], "recipe": []}),
    "foreign frame": lambda: pd.DataFrame({"foo": [1, 2], "bar": ["a", None]}),
    "frame of columns twice": lambda: pd.DataFrame([[1, 2]], columns=["temp", "temp"]),
    "frame of numbers for names": lambda: pd.DataFrame(np.eye(3)),
    "a fit": other,
    "a smaller fit": small,
    "its own fit": big,
    "a linear fit": linear,
    "a fit of glmer": generalized,
    "means": emm,
    "VarCorr": variances,
    "ranef": modes,
    "the class of a fit": lambda: type(big()),
}


def _spelled(text: str) -> Callable[[], Any]:
    return lambda: ast.literal_eval(text)  # a new object for each call


GIVEN: dict[str, Callable[[], Any]] = {text: _spelled(text) for text in LITERALS} | FURTHER
