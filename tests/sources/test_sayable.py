"""Expressions that engines compute have the values that today's code gives; those without words say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from pylmer.functions import Scope, evaluate, read_columns
from pylmer.functions.values import numeric
from pylmer.language import parse_expression
from pylmer.sources.sayable import Speaker, Unsayable

DATA = pd.DataFrame(
    {
        "x": [-2.5, -1, 0, 0.5, 1, 7, np.nan, np.inf],
        "k": np.array([1, 2, 3, 0, 5, 6, 7, 8], dtype="int32"),
        "b": [True, False] * 4,
        "f": list("abcabcab"),
    }
)


def duckdb_frame() -> Any:
    connection = pytest.importorskip("duckdb").connect()
    connection.register("given", DATA)
    connection.execute("create table held as select * from given")
    return nw.from_native(connection.table("held"))


def polars_frame() -> Any:
    return nw.from_native(pytest.importorskip("polars").from_pandas(DATA).lazy())


FRAMES: dict[str, Callable[[], Any]] = {"DuckDB": duckdb_frame, "Polars": polars_frame}
SAID = """
x + k; x - x; x * 0; -x; x / k; k / x; 1 / (x + 1); x / 2; x^2; k^3; x^0.5; x^1.5; x %% 3; x %/% 3; k %% 2
log(x); log(x, 2); log(k, base = 10); log2(x); log10(x); sqrt(x); exp(x); abs(x); sign(x); floor(x); ceiling(x)
sin(k); cos(k); pmin(x, k); pmax(x, k, 2); ifelse(x > 0, x, k); ifelse(is.na(x), 0, x); is.na(log(x)) * 1
I(x + 1); as.numeric(b); b * 2; TRUE * x; (log(x) > 0) * 1; (x <= k) * 1; (k != 3) * 1; (f == "a") * 1
("b" != f) * 1; (x > 0 & b) * 1; (x > 0 | b) * 1; (!b) * 1; (f %in% c("a", "z")) * k; (k %in% 1:3) * 1
(x %in% c(0, 7)) * 1; sqrt(log(1 / (x + 1))) + log(sqrt(exp(1 / (k + 1)))); x + w; (k > w) * 1
"""
EXPRESSIONS = [each.strip() for line in SAID.strip().splitlines() for each in line.split(";")]


@pytest.mark.parametrize("engine", FRAMES)
def test_values_are_those_of_the_formula_language(engine: str) -> None:
    frame = FRAMES[engine]()
    speaker = Speaker(dict(frame.collect_schema()), Scope({}, {"w": 2.0}))
    nodes = {f"v{i}": parse_expression(text) for i, text in enumerate(EXPRESSIONS)}
    asked = frame.select(**{name: speaker.number(node) for name, node in nodes.items()}).collect()
    columns = read_columns(DATA)
    for (name, node), text in zip(nodes.items(), EXPRESSIONS, strict=True):
        ours = np.asarray(numeric(evaluate(node, Scope(columns, {"w": 2.0}))), float)
        found = np.array([np.nan if value is None else value for value in asked[name].to_list()], float)
        np.testing.assert_allclose(found, ours, rtol=1e-12, equal_nan=True, err_msg=text)


def test_a_long_sum_is_not_written_again_and_again() -> None:
    frame = FRAMES["DuckDB"]()
    speaker = Speaker(dict(frame.collect_schema()), Scope({}))
    asked = frame.select(v=speaker.number(parse_expression(" + ".join(["x"] * 60))))
    assert asked.collect()["v"].to_list()[0] == -150.0


UNSAID = {
    "round(x)": r"there are no words for round\(\), in round\(x\)",
    "f < 'b'": "compares texts by R's order",
    "x^k": "k is not the same in all rows",
    "x^-1": "a power that is neither positive nor small",
    "x %% 0.5": "no positive whole number",
    "log(x, k)": "k is not the same in all rows",
    "f + 1": "f is text where numbers are wanted",
    "x[1]": "has no words for it",
    "k %in% c('1')": "looks for numeric among text",
    "mine(x)": r"there are no words for mine\(\)",
    "log(x, 2, 3)": "more arguments than there are words for",
}


@pytest.mark.parametrize("text", UNSAID)
def test_what_has_no_words_says_why(text: str) -> None:
    types = {"x": nw.Float64(), "k": nw.Int32(), "f": nw.String()}
    with pytest.raises(Unsayable, match=UNSAID[text]):
        Speaker(types, Scope({}, {"mine": abs})).number(parse_expression(text))
