"""New data are coded as the data of the fit were."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import pylmer
from pylmer.design.spec import Spec
from pylmer.errors import DataError, FormulaError, PylmerError
from tests.design.frames import UNCHECKED, dense, formula_frame

CALLS = [
    "x * a",
    "poly(x, 2)",
    "poly(x, z, degree = 2)",
    "bs(x, df = 5)",
    "ns(x, df = 3, intercept = TRUE)",
    "scale(x) * a",
    "scale(cbind(x, z))",
    "log(scale(z) + 5)",
    "cut(x, 3)",
    "cut(x, c(-5, 1, 2, 9), right = FALSE)",
    "factor(cnt) + factor(f)",
    "relevel(a, 'a2') * z",
    "relevel(factor(f), 'mid')",
    "interaction(a, b)",
    "C(a, contr.sum) + C(f, contr.helmert)",
    "o + lg + f + mixed",
    "ordered(f, levels = c('lo', 'mid', 'hi'))",
    "dummy(f)",
    "a:b + x",
    "ifelse(x > 2, 'hot', 'cold')",
    "I(x > 2) + (cnt == 1)",
    "as.numeric(dt)",
    "offset(z) + x",
]


def spec_of(formula: str, data: Any = None, **arguments: Any) -> Spec:
    frame = formula_frame("d") if data is None else data
    return pickle.loads(pickle.dumps(pylmer.lFormula(formula, frame, control=UNCHECKED, **arguments).spec))


@pytest.mark.parametrize("right", CALLS)
def test_single_rows_are_coded_as_in_the_fit(right: str) -> None:
    """A row alone tells nothing about levels, means or knots: all of it must be remembered."""
    d = formula_frame("d")
    design = pylmer.lFormula(f"y ~ {right} + (1 | g)", d, control=UNCHECKED)
    spec = pickle.loads(pickle.dumps(design.spec))
    plain = d.astype(dict.fromkeys(("a", "b", "f", "o", "mixed", "g"), object))
    for row in (0, 7, 35):
        np.testing.assert_allclose(dense(spec.fixed(plain.iloc[[row]])), dense(design.X)[[row]], 1e-10, 1e-10)


def test_other_frames() -> None:
    spec = spec_of("y ~ x * a + f + (1 | g)")
    wanted = dense(spec.fixed({"x": [1.0, 2.0], "a": ["a3", "a1"], "f": ["hi", "mid"]}))
    new = {"x": [1.0, 2.0], "a": ["a3", "a1"], "f": ["hi", "mid"]}
    for frame in (pd.DataFrame(new), pl.DataFrame(new), pd.DataFrame(new).astype({"a": "category", "f": "category"})):
        np.testing.assert_array_equal(dense(spec.fixed(frame)), wanted)
    np.testing.assert_array_equal(wanted[0], [1, 1, 0, 1, 0, 0, 0, 1])


def test_dropped_columns_stay_away() -> None:
    d = formula_frame("d")
    design = pylmer.lFormula("y ~ x + I(2 * x) + z + (1 | g)", d)
    np.testing.assert_allclose(design.spec.fixed({"x": [3.0], "z": [4.0]}), [[1, 3, 4]])


def test_missing_values_stay_missing() -> None:
    spec = spec_of("y ~ x + a + (1 | g)")
    X = spec.fixed(pd.DataFrame({"x": [np.nan, 1.0], "a": ["a1", None]}))
    np.testing.assert_array_equal(np.isnan(X), [[False, True, False, False], [False, False, True, True]])


@pytest.mark.parametrize(
    ("formula", "new", "message"),
    [
        ("y ~ x + a + (1 | g)", {"x": [1.0], "a": ["a9"]}, "factor 'a' has new level 'a9'; the fit had a1, a2, a3"),
        ("y ~ x + f + (1 | g)", {"x": [1.0, 2], "f": ["p", "q"]}, "factor 'f' has new levels 'p', 'q'"),
        ("y ~ x + a + (1 | g)", {"x": [1.0]}, "the new data have no column 'a' (they have x)"),
        ("y ~ log(z) + (1 | g)", {"x": [1.0]}, "no column 'z'"),
        ("y ~ x + (1 | g)", {"x": ["one"]}, "'x' was numeric in the fit, in the new data it is factor"),
        ("y ~ lg + (1 | g)", {"lg": [1.0]}, "'lg' was logical in the fit, in the new data it is numeric"),
        ("y ~ x + (1 | g)", "radon", "data of type str cannot be read"),
        ("y ~ x + (1 | g)", {"x": [1.0], "g": [1, 2]}, "different lengths"),
    ],
)
def test_refused_new_data(formula: str, new: Any, message: str) -> None:
    with pytest.raises(DataError) as error:
        spec_of(formula).fixed(new)
    assert message in str(error.value)


def test_new_level_inside_a_call() -> None:
    with pytest.raises(PylmerError, match="new level"):
        spec_of("y ~ relevel(a, 'a2') + (1 | g)").fixed({"a": ["a9"]})
    with pytest.raises(FormulaError, match="new level '7'"):
        spec_of("y ~ factor(floor) + (1 | g)").fixed({"floor": [7]})


def test_offset() -> None:
    spec = spec_of("y ~ x + offset(2 * z) + offset(cnt) + (1 | g)")
    np.testing.assert_allclose(spec.offset({"x": [0.0], "z": [1.5], "cnt": [2]}), [5])
    assert spec_of("y ~ x + (1 | g)").offset({"x": [1.0, 2.0]}).tolist() == [0, 0]


def test_env_is_remembered_but_not_the_data_in_it() -> None:
    d = formula_frame("d")
    spec = spec_of("y ~ I(k * x) + root(z) + (1 | g)", d, env={"k": 3, "root": np.sqrt, "unused": object()})
    np.testing.assert_allclose(spec.fixed({"x": [2.0], "z": [16.0]}), [[1, 6, 4]])
    assert set(spec.env) == {"k", "root"}
    without = pylmer.lFormula(
        "y ~ I(k * x) + (1 | g)", env={"y": d["y"], "x": d["x"], "g": d["g"], "k": 3}, control=UNCHECKED
    )
    assert set(without.spec.env) == {"k"}
    np.testing.assert_allclose(without.spec.fixed({"x": [2.0]}), [[1, 6]])
    with pytest.raises(DataError, match="no column 'x'"):
        without.spec.fixed({"z": [1.0]})


@pytest.mark.parametrize("new", ["g03", pd.Categorical(["g03"]), pd.Categorical(["g03"], categories=["g03", "g01"])])
def test_random_term(new: Any) -> None:
    spec = spec_of("y ~ x + (poly(x, 2) | g) + (1 | h:g)")
    frame = pd.DataFrame({"x": [1.6057], "g": new, "h": "h1"})
    (Z, codes), (ones, crossed) = spec.random(frame).values()
    d = formula_frame("d")
    design = pylmer.lFormula("y ~ x + (poly(x, 2) | g) + (1 | h:g)", d, control=UNCHECKED)
    slopes = next(term for term in design.random if term.group == "g")
    pairs = next(term for term in design.random if term.group == "h:g")
    both = {True: (Z, codes), False: (ones, crossed)}
    Z, codes = both[Z is not None]
    np.testing.assert_allclose(Z[0], slopes.Z[0])
    assert slopes.labels()[codes[0]] == "g03"
    assert pairs.labels()[both[Z is None][1][0]] == "h1:g03"


def test_levels_are_matched_across_types() -> None:
    data = pd.DataFrame({"y": np.arange(6.0) ** 2, "g": [10, 10, 7, 7, 9, 9]})
    spec = spec_of("y ~ 1 + (1 | g)", data)
    for new in ([7, 10], [7.0, 10.0], ["7", "10"], pd.Categorical(["7", "10"]), pd.Categorical([7, 10])):
        assert spec.random({"g": new})[0][1].tolist() == [0, 2]


def test_unknown_levels_of_groups() -> None:
    spec = spec_of("y ~ x + (x | g) + (1 | h:g)")
    new = pd.DataFrame({"x": [1.0, 2, 3], "g": ["g01", "zz", None], "h": ["h1", "h1", "h2"]})
    with pytest.raises(
        DataError, match="grouping factor 'h:g' has new or missing levels in the new data: h1:zz, NA; allow_new"
    ):
        spec.random(new)
    codes = [codes.tolist() for _, codes in spec.random(new, allow_new_levels=True).values()]
    assert all(code[1:] == [-1, -1] and code[0] >= 0 for code in codes)


def test_only_the_terms_wanted_are_read() -> None:
    spec = spec_of("y ~ x + (1 | g) + (1 | h)")
    assert list(spec.random({"g": ["g01"]}, wanted=[0])) == [0]
    with pytest.raises(DataError, match="no column 'h'"):
        spec.random({"g": ["g01"]}, wanted=[1])


def test_pairs_that_never_occurred() -> None:
    data = pd.DataFrame({"y": np.arange(4.0) ** 2, "a": list("pqpq"), "b": list("uvuv")})
    spec = spec_of("y ~ 1 + (1 | a:b)", data)
    _, codes = spec.random({"a": ["p", "p", "q"], "b": ["u", "v", "v"]}, allow_new_levels=True)[0]
    assert codes.tolist() == [0, -1, 1]


def test_wide_factor_stays_sparse_and_is_coded_again() -> None:
    rng = np.random.default_rng(5)
    data = pd.DataFrame(
        {"y": rng.normal(size=600), "k": rng.permutation(np.arange(600) % 100), "g": np.arange(600) % 7}
    )
    design = pylmer.lFormula("y ~ factor(k) + (1 | g)", data)
    assert not isinstance(design.X, np.ndarray)
    again = design.spec.fixed(data.iloc[[3, 4]])
    np.testing.assert_array_equal(dense(again), dense(design.X)[[3, 4]])
    missing = dense(design.spec.fixed(pd.DataFrame({"k": [np.nan, data["k"][0]]})))
    assert np.isnan(missing[0, 1:]).all()
    np.testing.assert_array_equal(missing[1], dense(design.X)[0])
