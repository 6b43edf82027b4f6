"""Sums by cells are those of the rows in memory: every lmer case of the reference, by DuckDB and by Polars.

Tolerances as of tables that are read in parts: criterion 1e-8 relative, beta 1e-6 standard errors.
"""

from __future__ import annotations

import pickle
import shutil
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import DataError, FitNote
from pylmer.sources import by_cells, planned
from pylmer.sources.opened import opened_table
from tests.reference.cases import case, frame

from .test_equal_to_memory import CASES, assert_equal


def in_duckdb(data: pd.DataFrame) -> Any:
    connection = pytest.importorskip("duckdb").connect()
    connection.register("rows_of_it", data)
    connection.execute("create table rows_held as select * from rows_of_it")
    connection.unregister("rows_of_it")
    return connection, "rows_held"


def in_polars(data: pd.DataFrame) -> Any:
    polars = pytest.importorskip("polars")
    levels = {
        name: polars.Enum([str(level) for level in column.cat.categories])
        for name, column in data.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    return polars.from_pandas(data.astype(dict.fromkeys(levels, "str"))).lazy().cast(levels)


ENGINES: dict[str, Callable[[pd.DataFrame], Any]] = {"DuckDB": in_duckdb, "Polars": in_polars}


@pytest.fixture
def routes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the sums of each fit were had, in words."""
    found: list[str] = []
    before = planned.planned_sums

    def told(*given: Any) -> Any:
        answer = before(*given)
        found.append(answer[2])
        return answer

    monkeypatch.setattr(planned, "planned_sums", told)
    return found


def fitted(name: str, data: Any) -> Any:
    c = case(name)
    given = {word: c[word] for word in ("weights", "offset", "contrasts") if c.get(word)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        return pylmer.lmer(c["formula"], data, REML=bool(c["REML"]), **given)


ORDERED = ("dev-cake-ordered", "dev-three-ordered")  # neither engine has ordered factors
SAID = [name for name in CASES if name not in ORDERED]
CROSSED = ("dev-insteval-3", "dev-scotssec-crossed", "dev-three-treat", "dev-machines-nested", "dev-weights-rs-ml")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", SAID)
def test_every_case_of_the_reference(name: str, engine: str, routes: list[str]) -> None:
    assert_equal(name, fitted(name, ENGINES[engine](frame(case(name)["dataset"]))))
    assert routes[-1].startswith(f"{engine}: one GROUP BY")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CROSSED)
def test_a_query_for_each_factor_and_pair(
    name: str, engine: str, routes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_cells, "_together", lambda question, atoms: False)
    assert_equal(name, fitted(name, ENGINES[engine](frame(case(name)["dataset"]))))
    assert "for each grouping factor" in routes[-1]


def test_many_crossed_levels_are_asked_for_apart(routes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_cells, "SAMPLE", 1000)
    data = rows_of(4000, 60)
    fits = [pylmer.lmer("y ~ x + (1 | g) + (1 | h)", each) for each in (data, in_duckdb(data))]
    assert "for each grouping factor (60, 50 cells) and pair of them" in routes[-1]
    assert_same(*fits)


def rows_of(n: int, groups: int) -> pd.DataFrame:
    draw = np.random.default_rng(11)
    data = pd.DataFrame({"x": draw.normal(3, 1, n), "z": draw.normal(size=n), "g": draw.integers(0, groups, n)})
    data["h"] = np.array([f"h{k}" for k in range(50)])[draw.integers(0, 50, n)]
    data["f"] = np.array(["a", "b", "c"])[draw.integers(0, 3, n)]
    data["w"] = draw.uniform(0.5, 2, n)
    effects = draw.normal(size=groups)[data["g"]] + draw.normal(size=50)[data["h"].str[1:].astype(int)] / 2
    data["y"] = 10 + data["x"] / 2 + (data["f"] == "b") * data["z"] + effects + draw.normal(size=n)
    return data


def assert_same(memory: Any, ours: Any) -> None:
    assert abs(ours.optimum.value - memory.optimum.value) <= 1e-8 * abs(memory.optimum.value)
    assert np.max(np.abs(ours.beta - memory.beta) / np.sqrt(np.diag(pylmer.vcov(memory)))) <= 1e-6
    assert str(ours.design) == str(memory.design)
    assert set(map(str, ours.notes)) == set(map(str, memory.notes))


FORMULAS: dict[str, dict[str, Any]] = {
    "log(y + 100) ~ x * f + I(z^2) + (1 | g)": {},
    "y ~ x + f + (1 | g) + (1 | h)": {"weights": "w"},
    "y ~ x + (f | g)": {"subset": "z > -1 & !(f %in% c('a', 'd'))"},
    "y ~ factor(g) + x:z + ifelse(z > 0, 1, z) + (x:f || h)": {},
    "y ~ x + (z > 0) + offset(z * 2) + (1 | g:h)": {"offset": "x / 2"},
    "y ~ paste(f, h) + (1 | g)": {},
    "y ~ poly(x, 3) * f + (1 | g)": {},
    "y ~ ns(x, 4) + bs(z, knots = c(-1, 1)) + (scale(x) | g)": {},
    "y ~ cut(x, 4) + cut(z, c(-9, 0, 9), right = FALSE) + (1 | g)": {"contrasts": ("contr.sum", "contr.poly")},
    "y ~ pmin(x, z) + abs(z) + sign(z) + x %/% 2 + floor(x) %% 2 + (1 | g)": {},
    "y ~ exp(-x) + log(x + 9, 2) + sqrt(x + 9) + sin(z) + I(x^1.5) + I(1 / (x + 20)) + (1 | g)": {"subset": "x > 0"},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_that_are_said(formula: str, engine: str, routes: list[str]) -> None:
    data = rows_of(3000, 30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        fits = [pylmer.lmer(formula, each, **FORMULAS[formula]) for each in (data, ENGINES[engine](data))]
    assert routes[-1].startswith(f"{engine}: one GROUP BY")
    assert_same(*fits)


@pytest.mark.parametrize("engine", ENGINES)
def test_missing_values_of_every_sort(engine: str, routes: list[str]) -> None:
    """NULL, NaN, what log makes NaN, groups and factors that are missing."""
    data = rows_of(3000, 30)
    data.loc[::37, "x"] = np.nan
    data.loc[::41, "f"] = None
    data.loc[::43, "y"] = np.nan
    data["g"] = data["g"].astype("Int32").where(data.index % 53 != 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        fits = [pylmer.lmer("y ~ log(x) + x * f + (1 | g)", each) for each in (data, ENGINES[engine](data))]
    assert routes[-1].startswith(engine)
    assert fits[0].nobs() < 2900
    assert_same(*fits)
    assert any("log(x) is NaN in" in str(note) for note in fits[1].notes)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_infinite_is_named(engine: str) -> None:
    data = rows_of(3000, 30)
    data.loc[2500:2501, "x"] = 0.0
    with pytest.raises(DataError, match=r"'log\(x\)' is infinite in 2 rows of"):
        pylmer.lmer("y ~ log(x) + (1 | g)", ENGINES[engine](data), subset="x >= 0")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("sort", ["int32", "uint32", "int64", "float32"])
def test_products_of_narrow_numbers(sort: str, engine: str) -> None:
    """1e5 * 1e5 is 1410065408 in 32 bits."""
    data = rows_of(3000, 30)
    data["x"], data["z"] = ((1e5 + 1e4 * np.abs(data[name])).astype(sort) for name in ("x", "z"))
    fits = [pylmer.lmer("y ~ I(x * z / 1e10) + (1 | g)", each) for each in (data, ENGINES[engine](data))]
    assert_same(*fits)


def test_decimals() -> None:
    connection, _ = in_duckdb(rows_of(3000, 30))
    connection.execute(
        "create table narrow as select y::decimal(9,4) y, x::decimal(18,3) x, g::utinyint g from rows_held"
    )
    assert_same(pylmer.lmer("y ~ x + (1 | g)", connection.sql("select y::double y, x::double x, g from narrow").df()),
                pylmer.lmer("y ~ x + (1 | g)", (connection, "narrow")))  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_far_from_zero_and_rows_in_order(engine: str) -> None:
    """The first rows are far from the rest, so sums are asked for twice."""
    data = rows_of(6000, 30).assign(x=lambda rows: rows["x"] + 1e5, y=lambda rows: rows["y"] + 1e7).sort_values("x")
    assert_same(*(pylmer.lmer("y ~ x + (1 | g)", each) for each in (data, ENGINES[engine](data))))


def test_what_cannot_be_said_is_read_in_parts(routes: list[str], capsys: Any) -> None:
    data = rows_of(3000, 30)
    fits = [pylmer.lmer("y ~ round(x) + (1 | g)", each, verbose=1) for each in (data, in_duckdb(data))]
    assert "read in parts: there are no words for round(), in round(x)" in routes[-1]
    assert routes[-1] in capsys.readouterr().out
    assert_same(*fits)


def test_an_engine_without_batches_refuses_what_cannot_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    table = opened_table(in_duckdb(rows_of(3000, 30)))
    table.rows = None
    assert pylmer.lmer("y ~ x + (1 | g)", table).nobs() == 3000
    with pytest.raises(DataError, match=r"no words for round\(\), in round\(x\), and its rows .* plan.sums"):
        pylmer.lmer("y ~ round(x) + (1 | g)", table)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_rows(engine: str) -> None:
    data = rows_of(100, 5)
    with pytest.raises(DataError, match=r"0 of the 100 rows of .* can be used"):
        pylmer.lmer("y ~ x + (1 | g)", ENGINES[engine](data), subset="x > 1000")
    with pytest.raises(DataError, match=r"has no rows|gave no data frame"):
        pylmer.lmer("y ~ x + (1 | g)", ENGINES[engine](data[:0]))


def test_words_that_need_rows_read_the_table_again(routes: list[str]) -> None:
    data = rows_of(3000, 30)
    memory, ours = (pylmer.lmer("y ~ x + z + (1 | g)", each) for each in (data, in_duckdb(data)))
    np.testing.assert_allclose(pylmer.fitted(ours), pylmer.fitted(memory), rtol=1e-8)
    assert_same(pylmer.update(memory, ". ~ . - z"), pylmer.update(ours, ". ~ . - z"))
    assert routes[-1].startswith("DuckDB")


def test_a_table_that_vanishes() -> None:
    connection, name = in_duckdb(rows_of(3000, 30))
    fit = pylmer.lmer("y ~ x + (1 | g)", (connection, name))
    connection.execute(f"drop table {name}")
    kept = pickle.loads(pickle.dumps(fit))
    assert kept.nobs() == 3000
    with pytest.raises(DataError, match="is gone: a pickled fit has no rows"):
        pylmer.update(kept, ". ~ . - x")
    with pytest.raises(DataError, match=f"DuckDB cannot read the DuckDB table '{name}'"):
        pylmer.update(fit, ". ~ . - x")
    with pytest.raises(DataError, match=f"DuckDB has no table '{name}'"):
        pylmer.lmer("y ~ x + (1 | g)", (connection, name))


def test_a_bad_weight() -> None:
    data = rows_of(3000, 30)
    data.loc[7, "w"] = 0.0
    with pytest.raises(DataError, match="weights must be positive and finite"):
        pylmer.lmer("y ~ x + (1 | g)", in_duckdb(data), weights="w")


def test_spark() -> None:
    """A smoke test, where Java and pyspark are."""
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    session = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    data = rows_of(500, 10)
    assert_same(*(pylmer.lmer("y ~ x * f + (1 | g)", each) for each in (data, session.createDataFrame(data))))
    session.stop()
