"""Sums by cells are those of the rows in memory: every lmer case of the reference, by DuckDB and by Polars.

Tolerances as of tables that are read in parts: criterion 1e-8 relative, beta 1e-6 standard errors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import pylmer
from pylmer.errors import FitNote
from pylmer.sources import planned
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


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CASES)
def test_every_case_of_the_reference(name: str, engine: str) -> None:
    assert_equal(name, fitted(name, ENGINES[engine](frame(case(name)["dataset"]))))
