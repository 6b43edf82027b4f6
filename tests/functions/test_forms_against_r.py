"""R's functions in all forms of their arguments, on columns with NA, infinities, ties and levels that are numbers.

The answers are R's (tests/data/functions/forms.R); they were picked from 35,000 generated expressions among those that
pylmer once got wrong, refused, or answered with an exception of numpy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pylmer.functions import Factor, Logical, Matrix, Scope, Strings, evaluate, read_columns
from pylmer.functions.codings import coding_of
from pylmer.functions.values import numeric, texts_of
from pylmer.language import parse_expression

FORMS = Path(__file__).parents[1] / "data" / "functions" / "forms.json"
CASES: list[dict[str, Any]] = json.loads(FORMS.read_text())
nan, inf = np.nan, np.inf


def frame() -> pd.DataFrame:
    """The columns of forms.R."""
    days = ["03", "01", "02", None, "03", "05", "31", "01", "01", "03", "04", "02"]
    months = ["2020-01"] * 6 + ["2019-12", "2020-01", "2020-02"] + ["2020-01"] * 3
    d = pd.DataFrame(
        {
            "x": [1.5, nan, -2, 0.5, 0.5, 3, 2.25, -1, 0, 1.5, 4, 2],
            "p": [0.3, 1.1, 2.7, 0.6, 1.1, 3.9, 2.2, 4.4, 0.9, 1.7, 2.05, 3.3],
            "w": [1, nan, nan, inf, -inf, 0, 2, -1, 0.5, 3, 1, 7],
            "i": [1, 2, 3, 1, 2, 3, 3, 2, 1, 1, 2, 3],
            "j": pd.array([3, None, 1, 2, -4, 0, 7, 3, None, 10, 1, 2], dtype="Int64"),
            "u": [0.3, 0.1 + 0.2, 0.7, 0.3, 0.7, 1.5, 2, 2, 0.7, 1.5, 0.3, 2],
            "big": [1e5, 2e5, 1e5, 123456, 1e5, 2e5, 123456, 1e5, 2e5, 2e5, 1e5, 123456],
            "lg": [True, False, True, True, False, False, True, False, True, False, True, False],
            "ln": pd.array([True, None, False, True, False, None, True, False, True, False, True, False], "boolean"),
            "s": list("bacaBbcabcab"),
            "sn": ["b", None, "c", "a", "a", "b", "c", None, "b", "c", "a", "b"],
            "d": pd.to_datetime([day and f"{month}-{day}" for month, day in zip(months, days, strict=True)]),
        }
    )
    codes = [1, 2, 3, 1, 2, 3, 3, 2, 1, 1, 2, 10]
    sizes = ["lo", "hi", "mid", "lo", "hi", "mid", "mid", "hi", "lo", "lo", "hi", "mid"]
    d["bi"] = d["big"].astype(np.int64)
    d["f"] = pd.Categorical(list("abcabccbaabc"))
    d["fn"] = pd.Categorical(["a", None, "c", "a", "b", "c", "c", None, "a", "a", "b", "c"], ["c", "zz", "b", "a"])
    d["o"] = pd.Categorical(sizes, ["lo", "mid", "hi"], ordered=True)
    d["on"] = pd.Categorical(codes, [10, 1, 2, 3], ordered=True)
    d["fi"] = pd.Categorical(codes)
    d["fd"] = pd.Categorical([2.5, 1, 2.5, 1, 10, 10, 1, 2.5, 1, 10, 10, 1], [10, 1, 2.5, 7])
    return d


COLUMNS = read_columns(frame())


def numbers(values: list[str]) -> np.ndarray:
    return np.array([nan if value in ("NA", "NaN") else float(value) for value in values])


def assert_same(case: dict[str, Any], got: Any) -> None:
    kinds = {"factor": Factor, "matrix": Matrix, "logical": Logical, "text": Strings, "numeric": np.ndarray}
    assert isinstance(got, kinds[case["kind"]])
    if isinstance(got, Factor):
        assert [None if code < 0 else code + 1 for code in got.codes.tolist()] == case["codes"]
        assert (got.levels.labels(), got.ordered) == (case["levels"], case["ordered"])
        assert ("contrasts" in case) == (got.contrasts is not None)
    if isinstance(got, Factor) and got.contrasts is not None:
        coding = coding_of(got.contrasts, got.levels)
        assert list(coding.names or ("",) * coding.matrix.shape[1]) == case["columns"]
        np.testing.assert_allclose(coding.matrix.ravel(order="F"), numbers(case["contrasts"]), atol=1e-12)
    if isinstance(got, Logical):
        assert [{1: True, 0: False, -1: None}[code] for code in got.codes.tolist()] == case["values"]
    if isinstance(got, Strings):
        assert texts_of(got) == case["values"]
    if isinstance(got, Matrix):
        assert list(got.names) == case["names"]
    if isinstance(got, Matrix | np.ndarray):
        np.testing.assert_allclose(numeric(got).ravel(order="F"), numbers(case["values"]), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=[case["expression"] for case in CASES])
def test_as_in_r(case: dict[str, Any]) -> None:
    got = evaluate(parse_expression(case["expression"]), Scope(COLUMNS))
    if case["kind"] == "NULL":
        assert got is None
    else:
        assert_same(case, got)


def test_enough_cases() -> None:
    assert len(CASES) > 380
