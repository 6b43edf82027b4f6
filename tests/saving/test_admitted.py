"""The table of records that files may hold, and the values that they may."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from pylmer import families
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.covariance.points import Points
from pylmer.errors import ArgumentError
from pylmer.functions.levels import IntervalLevels
from pylmer.functions.values import Logical
from pylmer.language import parse_expression, parse_formula
from pylmer.saving.admitted import ADMITTED, HOMES, admitted
from pylmer.saving.reading import Reader
from pylmer.saving.specials import SPECIALS
from pylmer.saving.with_rows import with_rows
from pylmer.saving.without_rows import without_rows
from pylmer.saving.writing import Writer, fields_of, is_record
from pylmer.structures import STRUCTURES
from tests.saving.fits import FITS, fit_of
from tests.saving.test_round_trip import MADE

FIELDS = Path(__file__).with_name("fields.json")


def again(value: Any) -> Any:
    """A value by way of JSON and arrays."""
    writer = Writer()
    for each in [value] if is_record(value) else []:
        writer.add(each)
    written = json.dumps([writer.records, writer.value(value, "value")], allow_nan=False)
    records, last = json.loads(written)
    reader = Reader(writer.arrays)
    for record in records:
        reader.add(*record)
    return reader.value(last)


@pytest.mark.parametrize("name", HOMES)
def test_a_record_is_found_and_made_of_its_fields(name: str) -> None:
    kind = admitted(name)
    assert kind.__name__ == name
    assert kind.__module__ == f"pylmer.{HOMES[name]}"
    assert name in SPECIALS or (is_dataclass(kind) and kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]


def test_names_are_told_apart() -> None:
    assert len(HOMES) == sum(len(names.split()) for names in ADMITTED.values())
    assert HOMES.keys() >= SPECIALS.keys()


BY_HAND: dict[str, Any] = {  # what the fits of tests/saving have not
    "Cauchit": lambda: families.binomial("cauchit").link,
    "Identity": lambda: families.poisson("identity").link,
    "Inverse": lambda: families.Gamma("inverse").link,
    "InverseSquare": lambda: families.inverse_gaussian("1/mu^2").link,
    "Sqrt": lambda: families.poisson("sqrt").link,
    "InverseGaussian": lambda: families.inverse_gaussian(),
    "Gaussian": lambda: families.gaussian(),
    "DiagonalFamily": lambda: covariance_family("diag", 2),
    "Index": lambda: parse_expression("x[2]"),
    "Unary": lambda: parse_expression("-x"),
}
LEVELS: dict[str, Any] = {
    "IntervalLevels": lambda: IntervalLevels(("(0,1]", "(1,2]")),
    "Logical": lambda: Logical(np.array([1, 0, -1], dtype=np.int8)),
}


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
def test_every_record_of_the_table_is_in_some_file() -> None:
    seen = {*BY_HAND, *LEVELS}
    for fit in [*map(fit_of, FITS), *(make() for make in MADE.values())]:
        for saved in [without_rows, with_rows] if fit is not fit_of("plan") else [without_rows]:
            writer = Writer()
            writer.add(saved(fit))
            seen |= {name for name, _ in writer.records}
    assert seen == set(HOMES)


@pytest.mark.parametrize("name", BY_HAND)
def test_records_by_hand(name: str) -> None:
    value = BY_HAND[name]()
    assert type(value).__name__ == name
    assert again(value) == value


def test_levels_and_logicals_by_hand() -> None:
    assert again(LEVELS["IntervalLevels"]()) == LEVELS["IntervalLevels"]()
    np.testing.assert_array_equal(again(LEVELS["Logical"]()).codes, [1, 0, -1])


def test_fields_are_those_of_this_version_of_the_format() -> None:
    """Where this fails: new fields that have defaults go into fields.json, all else asks for VERSION + 1 besides."""
    known = json.loads(FIELDS.read_text())
    found = {
        name: [each.name for each in fields(admitted(name)) if each.init and each.metadata.get("saved", True)]
        for name in HOMES
        if name not in SPECIALS
    }
    assert found == known


@pytest.mark.parametrize("word", ["binomial", "poisson", "Gamma", "inverse_gaussian", "gaussian", "negative_binomial"])
def test_families(word: str) -> None:
    given = [3.5] if word == "negative_binomial" else []
    family = getattr(families, word)(*given)
    assert again(family) == family


@pytest.mark.parametrize("link", ["logit", "probit", "cauchit", "cloglog", "log"])
def test_links_of_probabilities(link: str) -> None:
    assert again(families.binomial(link)) == families.binomial(link)


@pytest.mark.parametrize("link", ["log", "identity", "sqrt", "inverse", "1/mu^2"])
def test_links_of_means(link: str) -> None:
    family = families.inverse_gaussian(link) if link == "1/mu^2" else families.poisson("log")
    link_of = {"sqrt": families.poisson, "identity": families.poisson, "inverse": families.Gamma}.get(link)
    family = family if link_of is None else link_of(link)
    assert again(family) == family


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("width", [1, 3])
def test_covariances(structure: str, width: int) -> None:
    points = Points.multiple([covariance_family(structure, width)], 0.7)
    found = again(points)
    assert type(found) is Points
    np.testing.assert_array_equal(found[0].template(), points[0].template())


VALUES = [
    None, True, 0, -3, 2**80, 1.5, 0.1 + 0.2, float("inf"), "a", "", "\x00 é \ud800", (), (1, (2, [3])), [None],
    {"a": 1, 2: (3,), (4, 5): "b"}, frozenset({"x", "y"}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_plain_values(value: Any) -> None:
    found = again(value)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number() -> None:
    assert np.isnan(again(float("nan")))
    assert again(pd.NA) is pd.NA
    assert again(pd.NaT) is pd.NaT


ARRAYS = [
    np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.zeros((0, 3)), np.array(2.5),
    np.moveaxis(np.arange(24.0).reshape(2, 3, 4), 0, -1), np.arange(10)[::-2], np.array([True, False]),
    np.array(["a", "bc"]), np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"), np.array([1, 2], dtype=np.int8),
    np.array([None, "x", 1, (2, 3)], dtype=object), np.array([1 + 2j]), np.float64(0.1), np.int32(7), np.bool_(True),
]  # fmt: skip


@pytest.mark.parametrize("array", ARRAYS, ids=range(len(ARRAYS)))
def test_arrays(array: Any) -> None:
    found = again(array)
    assert type(found) is type(array)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_an_array_keeps_the_order_of_its_axes() -> None:
    """Sums over it are formed in the same order then."""
    array = np.moveaxis(np.arange(24.0).reshape(2, 3, 4), 0, -1)
    assert again(array).strides == array.strides


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_array])
def test_sparse(kind: Any) -> None:
    matrix = kind(np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 3.0]]))
    found = again(matrix)
    assert type(found) is type(matrix)
    assert (found != matrix).nnz == 0


MOMENTS = pd.to_datetime(["2020-01-01 10:00", None, "2021-06-01 00:30"])
COLUMNS = {
    "numbers": pd.Series([1.5, np.nan]),
    "integers": pd.Series([1, 2], dtype="int16"),
    "flags": pd.Series([True, False]),
    "texts": pd.Series(["a", None]),
    "string": pd.Series(["a", None], dtype="string"),
    "objects": pd.Series(["a", None, 3], dtype=object),
    "Int64": pd.Series([1, None], dtype="Int64"),
    "Float64": pd.Series([1.5, None], dtype="Float64"),
    "boolean": pd.Series([True, None], dtype="boolean"),
    "category": pd.Series(pd.Categorical(["b", None, "a"], categories=["b", "a", "c"])),
    "ordered": pd.Series(pd.Categorical(["b", "a"], categories=["b", "a"], ordered=True)),
    "category of numbers": pd.Series(pd.Categorical([3, 1, 3])),
    "moments": pd.Series(MOMENTS),
    "moments with a zone": pd.Series(MOMENTS.tz_localize("Europe/Berlin")),
    "durations": pd.Series(pd.to_timedelta(["1h", None])),
    "periods": pd.Series(pd.PeriodIndex(["2020-01", "2020-02"], freq="M")),
    "intervals": pd.Series(pd.IntervalIndex.from_breaks([0, 1, 2], closed="left")),
    "category of intervals": pd.Series(pd.cut([1.0, 5.0, 9.0], 3)),
    "sparse": pd.Series([0.0, 1.0]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns(name: str) -> None:
    pd.testing.assert_series_equal(again(COLUMNS[name]), COLUMNS[name])


INDEXES = [
    pd.RangeIndex(2, 8, 3, name="i"), pd.Index([3, 1, 2]), pd.Index(["a", "b"], name="who"), pd.Index([1.5, np.nan]),
    pd.Index(["a", 1], dtype=object), pd.DatetimeIndex(["2020-01-01"]), pd.CategoricalIndex(["a", "b"]),
    pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["one", None]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDEXES, ids=range(len(INDEXES)))
def test_indexes(index: Any) -> None:
    pd.testing.assert_index_equal(again(index), index, exact=True)


def test_frames() -> None:
    frame = pd.DataFrame({name: each.reindex(range(3)) for name, each in COLUMNS.items() if name != "boolean"})
    frame.index = pd.Index(["r1", "r2", "r3"])
    frame.attrs["name"] = "things"
    found = again(frame)
    pd.testing.assert_frame_equal(found, frame)
    assert found.attrs == {"name": "things"}
    pd.testing.assert_frame_equal(
        again(pd.DataFrame([[1, 2]], columns=["a", "a"])), pd.DataFrame([[1, 2]], columns=["a", "a"])
    )
    assert again(pd.DataFrame(index=[1, 2])).shape == (2, 0)


@pytest.mark.parametrize("value", [object(), print, pd, np.zeros(2, dtype=[("a", int)]), {1, 2}, b"x", 2j])
def test_nothing_else(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"save\(\): value of the fit holds"):
        again(value)


def test_a_class_that_only_has_the_name_is_none() -> None:
    class Design:
        pass

    with pytest.raises(ArgumentError, match="holds Design"):
        Writer().value(Design(), "value")


def test_what_is_shared_stays_shared_and_long_formulas_are_no_matter() -> None:
    formula = parse_formula("y ~ " + " + ".join(f"x{place}" for place in range(400)) + " + (1 | g)")
    found = again(formula)
    assert str(found) == str(formula)
    assert found.fixed is found.rhs or fields_of(found).keys() == fields_of(formula).keys()
