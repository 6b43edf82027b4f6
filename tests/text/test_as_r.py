"""tables against what R 4.2.2 printed (tests/data/printing/tables.R): equal character by character."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pylmer import text as tables
from pylmer.text.abbreviation import abbreviate
from pylmer.text.coefmat import CoefTable, print_coefmat
from pylmer.text.variance import print_anova

CASES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "printing" / "tables.json").read_text(encoding="utf-8")
)


def floats(values: list[Any]) -> list[float]:
    return [float("nan" if value == "NA" else value) for value in values]


def by_column(case: dict[str, Any]) -> list[list[float]]:
    return [list(column) for column in zip(*case["x"], strict=True)]


def cases(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", CASES[kind], ids=lambda case: f"{kind}")


@cases("formats")
def test_format(case: dict[str, Any]) -> None:
    assert tables.format_numbers(floats(case["x"]), case["digits"], case["nsmall"]) == case["text"]


@cases("named")
def test_named_vector(case: dict[str, Any]) -> None:
    values = floats(case["x"])
    assert tables.print_named(case["names"], tables.format_numbers(values)).split("\n") == case["text"]
    assert tables.print_named(case["names"], tables.format_numbers(values, 4), gap=2).split("\n") == case["gap2"]


@cases("tables")
def test_matrix_and_data_frame(case: dict[str, Any]) -> None:
    text = tables.print_matrix(case["rows"], case["cols"], by_column(case))
    assert text.split("\n") == case["matrix"] == case["frame"]


@cases("tables")
def test_matrix_of_texts(case: dict[str, Any]) -> None:
    columns = by_column(case)
    flat = [tables.round_number(value, 2) for column in columns for value in column]
    texts = tables.format_numbers(flat, nsmall=2)
    n = len(case["rows"])
    cells = [texts[i : i + n] for i in range(0, len(texts), n)]
    assert tables.print_texts(case["rows"], case["cols"], cells, to_right=False).split("\n") == case["text"]


@cases("coefmats")
def test_coefmat(case: dict[str, Any]) -> None:
    columns = tuple(map(tuple, by_column(case)))
    table = CoefTable(tuple(case["rows"]), tuple(case["cols"]), columns, case["cols"][-1] == "Pr(>|t|)")
    assert print_coefmat(table, case["digits"]).split("\n") == case["text"]


@cases("pvalues")
def test_pvalues(case: dict[str, Any]) -> None:
    assert tables.format_pvalues(floats(case["x"]), case["digits"]) == case["text"]


@cases("abbreviations")
def test_abbreviate(case: dict[str, Any]) -> None:
    assert abbreviate(case["x"], case["n"]) == case["text"]


@cases("zaps")
def test_zapsmall_and_signif(case: dict[str, Any]) -> None:
    values = floats(case["x"])
    assert tables.zapsmall(values, case["digits"]) == pytest.approx(case["zap"], rel=1e-15)
    assert [tables.signif(value, case["digits"]) for value in values] == pytest.approx(case["signif"], rel=1e-15)


@cases("cats")
def test_one_number(case: dict[str, Any]) -> None:
    assert tables.format_number(case["x"]) == case["text"]
    assert tables.format_number(tables.round_number(case["x"], 1)) == case["round1"]


@cases("wraps")
def test_wrap(case: dict[str, Any]) -> None:
    assert tables.wrap_words(case["x"], case["width"]) == case["text"]
    assert tables.wrap_words(case["x"], case["width"], exdent=2) == case["exdent"]


def test_very_long_tables_are_cut() -> None:
    """R's max.print: 99999 entries."""
    n = 100_001
    text = tables.print_matrix([str(k) for k in range(n)], ["x"], [[1.0] * n])
    assert text.count("\n") == 99_999 + 1
    assert text.endswith("\n [ reached max.print -- omitted 2 rows ]")


def test_vector_without_names() -> None:
    """R: print(c(1.5, 2, NA)) and print(seq(0.5, 30))."""
    assert tables.print_vector(tables.format_numbers([1.5, 2, float("nan")])) == "[1] 1.5 2.0  NA"
    long = tables.print_vector(tables.format_numbers([k + 0.5 for k in range(30)])).split("\n")
    assert [line.split("]")[0].strip() for line in long] == ["[1", "[16"]
    assert all(len(line) <= 80 for line in long)


def test_wide_characters_take_two_columns() -> None:
    assert tables.text_width("größe") == 5
    assert tables.text_width("年") == 2


def test_small_pvalues_of_an_anova_keep_their_digits() -> None:
    """R 4.2.2: data.frame(npar = 1:3, `Pr(>F)` = c(2.652e-09, 2e-25, 0.08788)) of class "anova"."""
    shown = print_anova(["a", "b", "c"], ["npar", "Pr(>F)"], [[1, 2, 3], [2.652e-09, 2e-25, 0.08788]])
    assert shown.splitlines()[:4] == [
        "  npar    Pr(>F)    ",
        "a    1 2.652e-09 ***",
        "b    2 < 2.2e-16 ***",
        "c    3   0.08788 .  ",
    ]
