"""lme4's checks: each situation, each action."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer import lmerControl
from pylmer.errors import DataError, FormulaError, PylmerError
from tests.design.frames import formula_frame


@pytest.fixture
def data() -> pd.DataFrame:
    """Twelve rows, three groups of four; `own` has a level per row, `pair` six, `one` a single one."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"y": rng.normal(size=12), "x": np.arange(12.0), "g": list("aaaabbbbcccc"), "one": "only"})
    return frame.assign(own=np.arange(12), pair=np.arange(12) // 2, twice=2 * frame["x"], huge=1e5 * frame["x"] ** 2)


# situation, formula, option of lmerControl, text
SITUATIONS = [
    ("one row in every group", "y ~ x + (1 | own)", "check_nobs_vs_nlev", "'own' has 12 levels for 12 observations"),
    ("more effects than rows", "y ~ x + (x | pair)", "check_nobs_vs_nRE", r"\(x | pair\) has 12 random effects for 12"),
    ("one level", "y ~ x + (1 | one)", "check_nlev_gtr_1", "'one' has 1 level"),
    ("few levels", "y ~ x + (1 | g)", "check_nlev_gtreq_5", "'g' has 3 levels; fewer than 5"),
    ("rank of Z", "y ~ x + (1 | own)", "check_nobs_vs_rankZ", "12 observations for random effects of rank 12"),
    ("scales", "y ~ x + huge + (1 | g)", "check_scaleX", "very different scales.*'huge'"),
    ("constant response", "I(0 * y) ~ x + (1 | g)", "check_response_not_const", r"response 'I\(0 \* y\)' is constant"),
]
QUIET = lmerControl(
    check_nobs_vs_nlev="ignore",
    check_nobs_vs_nRE="ignore",
    check_nlev_gtr_1="ignore",
    check_response_not_const="ignore",
    check_scaleX="ignore",
)


@pytest.mark.parametrize(("name", "formula", "option", "text"), SITUATIONS, ids=lambda value: str(value)[:24])
@pytest.mark.parametrize("action", ["stop", "warning", "message", "ignore"])
def test_actions(data: pd.DataFrame, name: str, formula: str, option: str, text: str, action: str) -> None:
    control = replace(QUIET, **{option: action})
    if action == "stop":
        with pytest.raises(PylmerError, match=text):
            pylmer.lFormula(formula, data, control=control)
        return
    notes = pylmer.lFormula(formula, data, control=control).notes
    assert len(notes) == (action != "ignore")
    if notes:
        assert pd.Series(notes).str.contains(text).all()


def test_caret_is_under_the_group(data: pd.DataFrame) -> None:
    formula = "y ~ x + (1 | g) + (x | own)"
    with pytest.raises(FormulaError, match="sigma_alpha and sigma_y cannot be told apart") as error:
        pylmer.lFormula(formula, data)
    assert (error.value.start, error.value.end) == (formula.index("own"), formula.index("own") + 3)


def test_structured_terms_are_not_counted(data: pd.DataFrame) -> None:
    control = lmerControl(check_nobs_vs_nRE="stop")
    assert pylmer.lFormula("y ~ x + diag(x | pair)", data, control=control).n == 12


@pytest.mark.parametrize(("action", "said"), [("warningSmall", True), ("warning", True), ("ignore", False)])
def test_rank_of_z(data: pd.DataFrame, action: str, said: bool) -> None:
    control = replace(QUIET, check_nobs_vs_rankZ=action)
    assert bool(pylmer.lFormula("y ~ 1 + (x | pair)", data, control=control).notes) is said


@pytest.mark.parametrize(
    ("action", "note"), [("message+drop.cols", True), ("warn+drop.cols", True), ("silent.drop.cols", False)]
)
def test_dependent_columns_are_dropped(data: pd.DataFrame, action: str, note: bool) -> None:
    design = pylmer.lFormula("y ~ x + twice + (1 | g)", data, control=lmerControl(check_rankX=action)).design
    assert design.X_names == ("(Intercept)", "x")
    assert design.X_full_names == ("(Intercept)", "x", "twice")
    assert design.dropped == ("twice",)
    assert design.assign == (0, 1)
    text = "fixed-effect model matrix is rank deficient so dropping 1 column / coefficient"
    assert design.notes == ((text,) if note else ())


def test_dependent_columns_stop_or_stay(data: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="rank 2, but 3 columns; linear combinations of earlier columns: twice"):
        pylmer.lFormula("y ~ x + twice + (1 | g)", data, control=lmerControl(check_rankX="stop.deficient"))
    kept = pylmer.lFormula("y ~ x + twice + (1 | g)", data, control=lmerControl(check_rankX="ignore"))
    assert (kept.X.shape, kept.design.dropped) == ((12, 3), ())


@pytest.mark.parametrize("formula", ["y ~ one + (1 | g)", "y ~ x + (one | g)", "y ~ 0 + one + (1 | g)"])
def test_one_level_factor(data: pd.DataFrame, formula: str) -> None:
    with pytest.raises(DataError, match="factor 'one' has one level, 'only'"):
        pylmer.lFormula(formula, data)


@pytest.mark.parametrize(
    ("formula", "name"),
    [("y ~ bad + (1 | g)", "bad"), ("bad ~ x + (1 | g)", "bad"), ("y ~ x + (bad | g)", "bad"),
     ("y ~ log(x) + (1 | g)", "log(x)"), ("y ~ poly(x, 2) + offset(bad) + (1 | g)", "offset")],
)  # fmt: skip
def test_infinite_values_name_the_variable(data: pd.DataFrame, formula: str, name: str) -> None:
    bad = data.assign(bad=np.where(data.index == 4, np.inf, data["y"]))
    with pytest.raises(DataError) as error:
        pylmer.lFormula(formula, bad)
    assert str(error.value).startswith(f"{name!r} is infinite in 1 row (first in row {1 if name == 'log(x)' else 5} of")


def test_double_bar_and_a_factor() -> None:
    d = formula_frame("d")
    said = pylmer.lFormula("y ~ x + (x + a || g)", d, control=QUIET).notes
    assert len(said) == 1
    assert "'a'" in said[0]
    assert 'doublevert="diag"' in said[0]
    other = pylmer.lFormula("y ~ x + (x + a || g)", d, control=replace(QUIET, doublevert="diag"))
    assert other.notes == ()
    assert [(t.structure, t.hom, t.columns) for t in other.random] == [
        ("diag", False, ("(Intercept)", "x", "aa2", "aa3"))
    ]


def test_dot_takes_the_group_in() -> None:
    small = formula_frame("small")
    assert any("'.'" in note and "'a'" in note for note in pylmer.lFormula("y ~ . + (1 | a)", small).notes)
    assert pylmer.lFormula("y ~ . - a + (1 | a)", small).X_names == ("(Intercept)", "x", "z")


def test_response_on_the_right_is_dropped(data: pd.DataFrame) -> None:
    design = pylmer.lFormula("y ~ y + x + (1 | g)", data)
    assert design.X_names == ("(Intercept)", "x")
    assert "response appeared on the right" in design.notes[0]


@pytest.mark.parametrize(
    ("formula", "hom"),
    [("cs(x | g)", False), ("diag(x | g)", False), ("diag(x | g, hom = TRUE)", True), ("ar1(x | g)", True),
     ("ar1(x | g, hom = FALSE)", False)],
)  # fmt: skip
def test_structures(data: pd.DataFrame, formula: str, hom: bool) -> None:
    (term,) = pylmer.lFormula(f"y ~ x + {formula}", data).random
    assert (term.structure, term.hom) == (formula.split("(")[0], hom)


def test_order_of_terms() -> None:
    d = formula_frame("d")
    design = pylmer.lFormula("y ~ x + (1 | b) + (1 | a) + (1 | h) + (1 | floor)", d, control=QUIET)
    assert [term.group for term in design.random] == ["h", "a", "floor", "b"]


def contrasts(formula: str, given: Any) -> Any:
    return pylmer.lFormula(formula, formula_frame("d"), control=QUIET, contrasts=given)


def test_contrasts_for_x_alone() -> None:
    design = contrasts("y ~ a + (a | g)", {"a": "contr.sum"})
    assert design.X_names == ("(Intercept)", "a1", "a2")
    assert design.random[0].columns == ("(Intercept)", "aa2", "aa3")
    np.testing.assert_array_equal(design.X[:3], [[1, 1, 0], [1, 0, 1], [1, -1, -1]])


def test_contrasts_everywhere() -> None:
    design = contrasts("y ~ a + o + (a | g)", ("contr.helmert", "contr.treatment"))
    assert design.X_names == ("(Intercept)", "a1", "a2", "omed", "ohigh", "otop")
    assert design.random[0].columns == ("(Intercept)", "a1", "a2")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (np.array([[-1.0, 1], [0, -2], [1, 1]]), ("a1", "a2")),
        (pd.DataFrame({"lin": [-1.0, 0, 1], "quad": [1.0, -2, 1]}), ("alin", "aquad")),
        ([[-1, 1], [0, -2], [1, 1]], ("a1", "a2")),
        (lambda n: np.eye(n)[:, 1:], ("a1", "a2")),
        ("sum", ("a1", "a2")),
        ("contr.SAS", ("aa1", "aa2")),
    ],
)
def test_contrasts_as_matrix(given: Any, names: tuple[str, ...]) -> None:
    assert contrasts("y ~ a + (1 | g)", {"a": given}).X_names[1:] == names


def test_contrasts_win_over_c() -> None:
    named = contrasts("y ~ C(a, contr.helmert) + (1 | g)", {"C(a, contr.helmert)": "contr.sum"})
    np.testing.assert_array_equal(named.X[:3, 1:], [[1, 0], [0, 1], [-1, -1]])


@pytest.mark.parametrize(
    ("given", "message"),
    [({"a": "contr.foo"}, "no contrasts 'contr.foo'"), ({"a": np.eye(2)}, "for 2 levels, but the factor has 3"),
     ({"a": [[1], [1], [1]]}, "singular contrasts"), ("contr.sum", "wanted a dict"), (("contr.sum",), "wanted a dict")],
)  # fmt: skip
def test_bad_contrasts(given: Any, message: str) -> None:
    with pytest.raises(PylmerError, match=message):
        contrasts("y ~ a + (1 | g)", given)


def test_unused_contrasts_are_said() -> None:
    assert contrasts("y ~ x + (1 | g)", {"a": "contr.sum"}).notes == (
        "contrasts of 'a' are not used: it is no factor in the fixed part",
    )


def test_contrasts_follow_the_levels_that_are_left() -> None:
    d = formula_frame("d")
    assert contrasts("y ~ C(u, contr.sum) + (1 | g)", None).X_names[1:] == ("C(u, contr.sum)1",)  # level r never occurs
    made = pylmer.lFormula("y ~ C(a, contr.sum) + (1 | g)", d, control=QUIET, subset="a != 'a3'")
    np.testing.assert_array_equal(np.unique(made.X[:, 1:]), [-1, 1])
