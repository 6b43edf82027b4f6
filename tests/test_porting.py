"""The tables for users of R, a vignette: every row is run, what "both give" (R's answer, four digits) is compared."""

from __future__ import annotations

import ast
import doctest
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer import vignette

VIGNETTE = vignette("coming-from-R").source
SECTION = VIGNETTE[: VIGNETTE.index("## Arguments")]
ROUNDED = 6e-4  # four digits


def rows() -> list[tuple[str, str]]:
    """(pylmer's cell, what both give) of every row."""
    lines = [line for line in SECTION.splitlines() if line.startswith("| ") and not line.startswith("| R |")]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    assert all(len(each) == 3 for each in cells)
    return [(pylmer.strip(), both.strip()) for _, pylmer, both in cells]


def code_of(cell: str) -> str:
    """The statements of a cell, a line each."""
    return "\n".join(part.replace("\\|", "|") for part in re.findall(r"`([^`]+)`", cell))


@pytest.fixture(scope="module")
def names() -> dict[str, object]:
    """What the section's own example defines, and variables that need no data frame."""
    made: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples(SECTION):
        exec(example.source, made)  # noqa: S102  # the vignette's own lines
    sleepstudy = made["sleepstudy"]
    made |= {"y": sleepstudy["Reaction"], "x": sleepstudy["Days"], "g": sleepstudy["Subject"]}
    for cell, _ in rows():  # what a row makes, those below it may use
        for statement in ast.parse(code_of(cell)).body:
            if not isinstance(statement, ast.Expr):
                exec(compile(ast.Module([statement], []), "vignette", "exec"), made)  # noqa: S102
    return made


def run(code: str, names: dict[str, object]) -> list[object]:
    """Runs the statements and gives the values of those that are expressions."""
    values = []
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.Expr):
            values.append(eval(compile(ast.Expression(statement.value), "vignette", "eval"), names))  # noqa: S307
        else:
            exec(compile(ast.Module([statement], []), "vignette", "exec"), names)  # noqa: S102
    return values


def numbers(value: object) -> list[float]:
    if isinstance(value, pd.Series | pd.DataFrame):
        value = value.to_numpy()
    return np.ravel(np.asarray(value, float)).tolist()


def tolerance(text: str) -> dict[str, float]:
    """Half a unit of the last decimal, and a little for R's optimizer; of numbers such as 1.7e-10, their digits."""
    if "e" in text:
        return {"rel": ROUNDED}
    decimals = len(text.partition(".")[2])
    return {"abs": 0.6 * 10.0**-decimals}


def test_there_are_rows() -> None:
    assert len(rows()) > 60
    assert sum(bool(both) for _, both in rows()) > 30


def test_every_word_is_in_a_table() -> None:
    """Words are called in a row, records and errors stand in the table of classes."""
    called = {name for cell, _ in rows() for name in re.findall(r"\b(\w+)(?=[(.])", code_of(cell))}
    classes = {*re.findall(r"`(\w+)`", VIGNETTE[VIGNETTE.index("## Classes") :])}
    assert {*pylmer.__all__, "test", "display", "plan", "save", "load"} <= called | classes


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize(("cell", "both"), rows(), ids=[code_of(cell)[:60] for cell, _ in rows()])
def test_row(cell: str, both: str, names: dict[str, object]) -> None:
    values = run(code_of(cell), names)
    if both:
        ours = [number for value in values for number in numbers(value)]
        assert len(ours) == len(both.split())
        for number, text in zip(ours, both.split(), strict=True):
            assert number == pytest.approx(float(text), **tolerance(text))
    else:
        assert all(str(value) for value in values)  # pages are compared where they are made
    plt.close("all")
