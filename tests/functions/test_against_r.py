"""R's functions on real columns against R itself (tests/data/functions/golden.R made the answers)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pylmer.errors import FormulaError
from pylmer.functions import Factor, Logical, Matrix, Scope, Strings, evaluate, read_columns
from pylmer.functions.collation import collation_order
from pylmer.functions.values import texts_of
from pylmer.language import parse_expression
from tests.design.frames import formula_frame

DATA = Path(__file__).parents[1] / "data" / "functions"
GOLDEN: dict[str, Any] = json.loads((DATA / "golden.json").read_text())
FRAMES = {"full": read_columns(formula_frame("d")), "holed": read_columns(formula_frame("dn"))}
TOLERANCE = 1e-9  # splines and polynomials go through other factorizations than R's
CASES = [pytest.param(which, case, id=f"{which}: {case['expression']}") for which in FRAMES for case in GOLDEN[which]]


def numbers(values: list[Any]) -> np.ndarray:
    return np.array([np.nan if v is None or v == "NA" else float(v) for v in values])


def plain(value: Any) -> dict[str, Any]:
    """A value in the form in which golden.R writes R's."""
    if value is None:
        return {"kind": "NULL"}
    if isinstance(value, Factor):
        codes = [None if code < 0 else code + 1 for code in value.codes.tolist()]
        return {"kind": "factor", "codes": codes, "levels": value.levels.labels(), "ordered": value.ordered}
    if isinstance(value, Logical):
        return {"kind": "logical", "values": [{1: True, 0: False, -1: None}[code] for code in value.codes.tolist()]}
    if isinstance(value, Strings):
        return {"kind": "text", "values": texts_of(value)}
    if isinstance(value, Matrix):
        return {"kind": "matrix", "values": value.numbers.T, "names": list(value.names)}
    return {"kind": "numeric", "values": value}


@pytest.mark.parametrize(("which", "case"), CASES)
def test_value(which: str, case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(FormulaError):
            evaluate(parse_expression(case["expression"]), Scope(FRAMES[which]))
        return
    got = plain(evaluate(parse_expression(case["expression"]), Scope(FRAMES[which])))
    assert got["kind"] == case["kind"]
    if case["kind"] == "matrix":
        assert got["names"] == case["names"]
        np.testing.assert_allclose(got["values"], [numbers(column) for column in case["values"]], TOLERANCE, TOLERANCE)
    elif case["kind"] == "numeric":
        np.testing.assert_allclose(got["values"], numbers(case["values"]), TOLERANCE, TOLERANCE)
    else:
        assert got == {name: case[name] for name in got}


def test_enough_cases() -> None:
    assert len(GOLDEN["full"]) > 230
    assert len(GOLDEN["holed"]) > 40


def test_collation() -> None:
    wanted = GOLDEN["collation"]
    shuffled = sorted(wanted, reverse=True)
    assert [shuffled[i] for i in collation_order(shuffled)] == wanted
