"""Model matrices, random terms and coded new data against R (cases made by R 4.2.2 with lme4 1.1-31).

Where pylmer differs from R on purpose the case is listed with the reason, and what it does instead is asserted.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import PylmerError
from tests.design.frames import DATA, UNCHECKED, as_list, cases, dense, formula_frame

TOLERANCE = 1e-9  # splines and polynomials go through other factorizations than R's
SUM_TOLERANCE = 1e-12  # check sums differ by the order of adding alone
ON_PURPOSE = {
    "y ~ u": "an unused level is dropped from the fixed part too, as lmer does",
    "y ~ C(lg, contr.sum)": "accepted: a logical is a factor",
    "y ~ x*(1|g)": "refused: a random term is only added",
    "y ~ x + (1|g) - (1|h)": "refused: a random term is only added",
    "y ~ x + 1|g": "refused: a bar needs parentheses",
    "y ~ x | g": "refused: a bar needs parentheses",
    "cbind(y,z) ~ x + (1|g)": "refused: one response",
    "y ~ d$x": "refused: columns are named directly",
}


def comparable(case: dict[str, Any]) -> bool:
    """Plain right sides of `y ~`; what needs R code first, or another left side, is tested elsewhere."""
    left, _, right = case["formula"].partition("~")
    return not case.get("extra") and left.strip() == "y" and bool(right.strip()) and "~" not in right


MATRICES = [case for case in cases("model_matrix") if comparable(case) and case["formula"] not in ON_PURPOSE]
MIXED = [case for case in cases("lformula") if case["f"] not in ON_PURPOSE]


def test_enough_cases() -> None:
    assert len(MATRICES) > 230
    assert len(MIXED) > 90


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize("case", MATRICES, ids=lambda case: case["id"])
def test_model_matrix(case: dict[str, Any]) -> None:
    data, right = case.get("data", "d"), case["formula"].partition("~")[2]
    formula = f"y ~ ({right}\n) + (1 | {'a' if data == 'small' else 'g'})"
    if "error" in case["r"]:
        with pytest.raises(PylmerError):
            pylmer.lFormula(formula, formula_frame(data), control=UNCHECKED)
        return
    design = pylmer.lFormula(formula, formula_frame(data), control=UNCHECKED)
    names = as_list(case["r"]["cols"])
    assert list(design.X_names) == names
    expected = np.array(case["r"]["m"], dtype=float).T if names else np.zeros((case["r"]["rows"], 0))
    np.testing.assert_allclose(dense(design.X), expected, TOLERANCE, TOLERANCE)
    if case["r"]["off"]:
        np.testing.assert_allclose(design.offset, case["r"]["off"], TOLERANCE)


@pytest.mark.parametrize("case", MIXED, ids=lambda case: f"{case['f']} {case['data']}")
def test_lformula(case: dict[str, Any]) -> None:
    r = case["r"]
    if "error" in r:
        return_or_refuse(case)
        return
    design = pylmer.lFormula(case["f"], formula_frame(case["data"]), control=UNCHECKED)
    assert list(design.X_names) == as_list(r["X"])
    assert design.n == r["n"]
    assert float(dense(design.X).sum()) == pytest.approx(r["xs"], rel=SUM_TOLERANCE, abs=SUM_TOLERANCE)
    assert float(design.y.sum()) == pytest.approx(r["y"], rel=SUM_TOLERANCE, abs=SUM_TOLERANCE)
    assert weighted_sum(dense(design.X)) == pytest.approx(r["xchk"], rel=SUM_TOLERANCE, abs=SUM_TOLERANCE)
    assert [t.group for t in design.random] == [t["grp"].replace("(", "").replace(")", "") for t in r["terms"]]
    for term, wanted in zip(design.random, r["terms"], strict=True):
        assert list(term.columns) == as_list(wanted["cn"])
        assert list(term.levels) == [str(level) for level in as_list(wanted["lev"])]
        assert list(term.Zt.shape) == wanted["dim"]
        entries = term.Zt.tocoo()
        check = float(np.sum(entries.data * (entries.row + 1) * np.sqrt(entries.col + 1)))
        assert check == pytest.approx(wanted["chk"], rel=SUM_TOLERANCE)


def weighted_sum(X: np.ndarray) -> float:
    """Sum over i, j (from 1) of X[i, j] sqrt(i) j."""
    i, j = np.sqrt(np.arange(1, X.shape[0] + 1)), np.arange(1, X.shape[1] + 1)
    return float(i @ X @ j)


# lme4 1.1 cannot evaluate these groups; lme4 2, or plain sense, can
ACCEPTED = (
    "(1|a+b)",
    "(1|factor(floor))",
    "(1|(a/b)/h)",
    "(1|cut(x,3))",
    "(1|interaction(a,b))",
    "(1|a*b)",
    "(1|log(cnt+1))",
)
ACCEPTED_TOO = ("y ~ 0 + (1|g)",)


def return_or_refuse(case: dict[str, Any]) -> None:
    frame = formula_frame(case["data"])
    if any(group in case["f"] for group in ACCEPTED) or case["f"] in ACCEPTED_TOO:
        assert pylmer.lFormula(case["f"], frame, control=UNCHECKED).n > 30
        return
    with pytest.raises(PylmerError):
        pylmer.lFormula(case["f"], frame, control=UNCHECKED)


@pytest.mark.parametrize("formula", sorted(ON_PURPOSE))
def test_on_purpose(formula: str) -> None:
    reason = ON_PURPOSE[formula]
    whole = formula if "|" in formula else f"{formula} + (1 | g)"
    if reason.startswith("refused"):
        with pytest.raises(PylmerError):
            pylmer.lFormula(whole, formula_frame("d"), control=UNCHECKED)
        return
    design = pylmer.lFormula(whole, formula_frame("d"), control=UNCHECKED)
    assert design.X_names[1] in ("uq", "C(lg, contr.sum)1")


RESPONSES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "log(z)": lambda d: np.log(d["z"]),
    "I(y^2)": lambda d: d["y"] ** 2,
    "y + z": lambda d: d["y"] + d["z"],
    "lg": lambda d: d["lg"].astype(float),
    "y/10": lambda d: d["y"] / 10,
    "scale(y)": lambda d: (d["y"] - d["y"].mean()) / d["y"].std(),
}


def test_response_as_value() -> None:
    for case in cases("model_matrix"):
        left = case["formula"].partition("~")[0].strip()
        if left in RESPONSES:
            design = pylmer.lFormula(f"{case['formula']} + (1 | g)", formula_frame("d"), control=UNCHECKED)
            assert next(iter(design.rows.variables)) == design.design.response == case["r"]["yn"]
            np.testing.assert_allclose(design.y, RESPONSES[left](formula_frame("d")), TOLERANCE, TOLERANCE)


CONTRASTS = json.loads((DATA.parent / "functions" / "golden.json").read_text())["contrasts"]


@pytest.mark.parametrize("case", CONTRASTS, ids=lambda case: case["expression"])
def test_contrasts(case: dict[str, Any]) -> None:
    design = pylmer.lFormula(f"y ~ {case['expression']} + (1 | g)", formula_frame("d"), control=UNCHECKED)
    assert list(design.X_names) == case["names"]
    np.testing.assert_allclose(design.X, np.array(case["columns"], dtype=float).T, TOLERANCE, TOLERANCE)


@pytest.mark.parametrize("case", cases("newdata"), ids=lambda case: case["f"])
def test_new_data(case: dict[str, Any]) -> None:
    spec = pylmer.lFormula(f"{case['f']} + (1 | g)", formula_frame("d"), control=UNCHECKED).spec
    new = pd.read_csv(DATA / "newdata.csv")
    X = dense(pickle.loads(pickle.dumps(spec)).fixed(new))
    if case["f"] == "y ~ I(scale(x)^2)":  # R estimates a nested scale() anew; we keep the fit's (formula.md, 104)
        x = formula_frame("d")["x"]
        np.testing.assert_allclose(X[:, 1], ((new["x"] - x.mean()) / x.std()) ** 2, TOLERANCE)
    elif "error" in case:  # R has forgotten the levels of the column that relevel() was given; we have not
        np.testing.assert_array_equal(X[:, 1], [0, 1, 1, 0, 0, 1, 0, 1, 0])
    else:
        np.testing.assert_allclose(X, np.array(case["m"], dtype=float).T, TOLERANCE, TOLERANCE)
