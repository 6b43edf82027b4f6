"""Formulas and expressions against R's own answers (tests/data/language/golden.R made them)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pylmer.errors import FormulaError
from pylmer.language import (
    deparse,
    deparse_lines,
    findbars,
    fitted_formula,
    fixed_terms,
    nobars,
    parse_expression,
    parse_formula,
    random_label,
    update_formula,
)
from pylmer.language.nodes import Argument, Call
from pylmer.language.parse import read

DATA = Path(__file__).parents[1] / "data"
GOLDEN: dict[str, list[dict[str, Any]]] = json.loads((DATA / "language" / "golden.json").read_text())
ACCEPTED: list[str] = json.loads((DATA / "formulas" / "accepted.json").read_text())
MATRICES: list[dict[str, Any]] = json.loads((DATA / "formulas" / "model_matrix.json").read_text())
COLUMNS = ["y", "a", "b", "x", "z", "h", "w", "my v"]
# What pylmer refuses on purpose although R takes it, and the other way round
ON_PURPOSE = {"d$y ~ d$x", "y ~ x ~ z", "cbind(s1, f1) ~ x", "y ~ function(x) x"}


def test_enough_cases() -> None:
    assert len(ACCEPTED) == 226
    assert len(GOLDEN["deparsed"]) > 300
    assert len(GOLDEN["terms"]) > 400
    assert sum(len(case["lines"]) > 1 for case in GOLDEN["deparsed"] if "lines" in case) > 100


@pytest.mark.parametrize("text", ACCEPTED)
def test_reads_what_r_reads(text: str) -> None:
    assert deparse(read(deparse(read(text)))) == deparse(read(text))


REFUSED = (  # formulas of update(), lmList and glmer, and what lme4's own tests get wrong
    "random-effects terms must be in parentheses",
    "a random-effects term can only be added with '+', not '-'",
    "unknown covariance structure rr",
    "unknown operator %:%",
    "hom must be TRUE or FALSE",
    "us(… | …) takes no other argument",
    "'||' and a structure exclude each other",
)


def _reason(text: str) -> str:
    """Why a formula is refused; "" for one that is understood and prints as it was read."""
    try:
        formula = parse_formula(text)
    except FormulaError as error:
        return error.message
    return "" if str(formula) == deparse(read(text)) else "prints differently"


def test_accepted_formulas_have_meaning() -> None:
    reasons = [reason for reason in map(_reason, ACCEPTED) if reason]
    assert len(ACCEPTED) - len(reasons) == 190
    assert [reason for reason in reasons if not reason.startswith(REFUSED)] == []


@pytest.mark.parametrize("case", GOLDEN["deparsed"], ids=lambda case: case["text"][:60])
def test_deparse(case: dict[str, Any]) -> None:
    if case.get("refused"):
        with pytest.raises(FormulaError):
            read(case["text"])
        return
    node = read(case["text"])
    assert f"I({deparse(node)})" == case["label"]
    if case["text"] != "`if`+x":
        assert deparse_lines(node) == case["lines"]


@pytest.mark.parametrize("case", GOLDEN["called"], ids=lambda case: f"{case['formula']}, {case['rest']}"[:80])
def test_calls(case: dict[str, Any]) -> None:
    rest = parse_expression(f"f({case['rest']})")
    formula = Argument(parse_formula(case["formula"]).node, "formula")
    assert isinstance(rest, Call)
    assert deparse_lines(Call("lmer", (formula, *rest.arguments))) == case["lines"]


@pytest.mark.parametrize("case", GOLDEN["terms"], ids=lambda case: case["text"][:60])
def test_terms(case: dict[str, Any]) -> None:
    if case.get("refused"):
        with pytest.raises(FormulaError):
            parse_formula(case["text"])
        return
    found = fixed_terms(parse_formula(case["text"]), COLUMNS)
    offsets = [found.variables.index(offset) + 1 for offset in found.offsets]
    assert (list(found.labels), found.intercept) == (case["labels"], bool(case["intercept"]))
    assert offsets == case["offsets"]


def _read_by_both() -> list[dict[str, Any]]:
    return [case for case in MATRICES if "terms" in case["r"] and case["formula"] not in ON_PURPOSE]


@pytest.mark.parametrize("case", _read_by_both(), ids=lambda c: c["formula"])
def test_terms_of_the_model_matrix_cases(case: dict[str, Any]) -> None:
    columns = (DATA / "formulas" / f"{case['data']}.csv").read_text().splitlines()[0].replace('"', "").split(",")
    found = fixed_terms(parse_formula(case["formula"]), columns)
    assert list(found.labels) == case["r"]["terms"]
    assert found.intercept == bool(case["r"]["int"])


@pytest.mark.parametrize("case", GOLDEN["updated"], ids=lambda case: f"{case['old']}, {case['new']}")
def test_update(case: dict[str, Any]) -> None:
    assert str(update_formula(parse_formula(case["old"]), case["new"])) == case["result"]


@pytest.mark.parametrize("case", GOLDEN["bars"], ids=lambda case: case["text"])
def test_bars(case: dict[str, Any]) -> None:
    assert str(nobars(case["text"])) == case["nobars"]
    assert [random_label(term) for term in findbars(case["text"])] == case["bars"]
    assert str(fitted_formula(parse_formula(case["text"]))) == case["shown"]
