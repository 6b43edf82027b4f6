"""Mistakes that only the data show: what is said, and where the caret stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pylmer
from pylmer.errors import DataError, FormulaError, FormulaNameError
from pylmer.functions import Scope, evaluate, read_columns
from tests.design.frames import UNCHECKED, formula_frame

# formula with the place of the caret between « and », and a part of the message
MISTAKES = [
    ("y ~ «xx» + (1 | g)", "'xx' is not a column of data; did you mean 'x'?"),
    ("y ~ x + («X» | g)", "did you mean 'x'?"),
    ("y ~ x + (1 | «gg»)", "did you mean 'g'?"),
    ("«yy» ~ x + (1 | g)", "did you mean 'y'?"),
    ("y ~ «log_radon» + (1 | g)", "did you mean 'log.radon'?"),
    ("y ~ «my_var» + (1 | g)", "did you mean 'my var'?"),
    ("y ~ I(x + «qqq») + (1 | g)", "'qqq' is not a column of data, which has y, x, z, "),
    ("y ~ I(x + «qqq») + (1 | g)", "a variable of your own is passed as env={'qqq': ...}"),
    ("y ~ scale(x, «False») + (1 | g)", "did you mean FALSE?"),
    ("y ~ I(x == «None») + (1 | g)", "did you mean NULL?"),
    ("y ~ «np.log»(z) + (1 | g)", "no function 'np.log'; did you mean log?"),
    ("y ~ «logg»(z) + (1 | g)", "did you mean log?"),
    ("y ~ «Q»('my var') + (1 | g)", "backticks: `my column`"),
    ("y ~ C(a, «Treatment»('a2')) + (1 | g)", "contr.treatment"),
    ("y ~ «center»(x) + (1 | g)", "scale(x, scale = FALSE)"),
    ("y ~ «myfunction»(x) + (1 | g)", "env={'myfunction': function}"),
    ("y ~ x + («spline»(x, 3) | g)", "no function 'spline'"),
    ("y ~ «I(z = 1)» + (1 | g)", "to compare, write =="),
    ("y ~ I(«a + 1») + (1 | g)", "'+' is not meaningful for factors"),
    ("y ~ I(«f * x») + (1 | g)", "'*' is not meaningful for strings"),
    ("y ~ I(«-a») + (1 | g)", "unary '-' is not meaningful for factors"),
    ("y ~ I(«a < 'a2'») + (1 | g)", "'<' is not meaningful for factors"),
    ("y ~ «log(a)» + (1 | g)", "log() is not meaningful for factors"),
    ("y ~ «poly(x, 40)» + (1 | g)", "must be less than the number of different values, 36"),
    ("y ~ x + («poly(x, 0)» | g)", "degree must be at least 1"),
    ("y ~ «round()» + (1 | g)", "round() needs its argument 'x'"),
    ("y ~ «ifelse(lg, 1)» + (1 | g)", "ifelse() needs its argument 'no'"),
    (
        "y ~ «factor(x, levls = 1)» + (1 | g)",
        "there is no argument 'levls' (known: x, levels, labels, exclude,",
    ),
    ("y ~ «sqrt(x, 2)» + (1 | g)", "too many arguments"),
    ("y ~ «cut(x, labels = 'p', breaks = 3)» + (1 | g)", "1 labels for 3 intervals"),
    ("y ~ «cut(x, 1)» + (1 | g)", "cut() into 1 interval"),
    ("y ~ «cut(x, c(1, 1, 2))» + (1 | g)", "breaks are given twice"),
    ("y ~ «relevel(a, ref = 'q')» + (1 | g)", "ref = 'q' is not a level (levels: a1, a2, a3)"),
    ("y ~ «factor(floor, labels = c('p', 'q', 'r'))» + (1 | g)", "3 labels for 2 levels"),
    ("y ~ «C(a, contr.sum(4))» + (1 | g)", "contrasts for 4 levels, but the factor has 3"),
    ("y ~ x + («dummy(a, 'q')» | g)", "'q' is not a level"),
    ("y ~ «x[1:3]» + (1 | g)", "'x[1:3]' has 3 values, the data have 36 rows"),
    ("y ~ «poly(x, 2)[, 3]» + (1 | g)", "index 3 is out of 1..2"),
    ("y ~ «poly(x, 2)[, 'q']» + (1 | g)", "there is no column 'q' (known: 1, 2)"),
    ("y ~ I(«x && lg») + (1 | g)", "for columns write &"),
    ("y ~ «mean» + (1 | g)", "the function mean is no variable"),
    ("«a» ~ x + (1 | g)", "the response must be numeric, 'a' holds factors"),
    ("y ~ «k» + (1 | g)", "'k' has 1 value, the data have 36 rows"),
    ("y ~ «crash(x)» + (1 | g)", "ZeroDivisionError: division by zero"),
    ("y ~ I(x) + «crash( x )» + (x | g)", "ZeroDivisionError"),
    ("y ~ x + offset(«zz») + (1 | g)", "did you mean 'z'?"),
    ("y ~ log(«.») + (1 | g)", "'.' stands for all columns of data"),
    ("y ~ x + «nope» + (1 | nada)", "'nope'"),
    ("y ~ `my var` + «`my vax`» + (1 | g)", "did you mean 'my var'?"),
]


def crash(x: Any) -> Any:
    return 1 / (0 * len(x))


@pytest.mark.parametrize(("marked", "message"), MISTAKES)
def test_caret(marked: str, message: str) -> None:
    formula = marked.replace("«", "").replace("»", "")
    with pytest.raises(FormulaError) as error:
        pylmer.lFormula(formula, formula_frame("d"), control=UNCHECKED, env={"k": 2, "crash": crash})
    assert message in error.value.message
    assert (error.value.start, error.value.end) == (marked.index("«"), marked.index("»") - 1)
    assert str(error.value).splitlines()[-1].strip() == "^" * (error.value.end - error.value.start)


def test_enough_mistakes() -> None:
    assert len(MISTAKES) >= 45


def test_missing_values_in_poly_point_at_the_call() -> None:
    formula = "y ~ poly(x, 2) + (1 | g)"
    with pytest.raises(FormulaError, match="does not take missing values") as error:
        pylmer.lFormula(formula, formula_frame("dn"), control=UNCHECKED)
    assert formula[error.value.start : error.value.end] == "poly(x, 2)"


def test_without_data_the_env_line_is_shown() -> None:
    with pytest.raises(FormulaNameError, match=r"env=dict\(y=y, x=x, county=county\)"):
        pylmer.lFormula("y ~ x + (1 | county)", env={"y": np.arange(3.0)})
    with pytest.raises(FormulaNameError, match=r"env=\{'y': \.\.\., 'log\.x': \.\.\., 'g': \.\.\.\}"):
        pylmer.lFormula("y ~ log.x + (1 | g)", env={"y": np.arange(3.0)})


def test_dot_needs_data() -> None:
    with pytest.raises(FormulaNameError, match="there are no data: write the variables out"):
        pylmer.lFormula("y ~ . + (1 | g)", env={"y": np.arange(4.0), "g": list("aabb")})


def test_the_callers_stack_is_not_searched() -> None:
    k = 3
    with pytest.raises(FormulaNameError, match="'k' is not a column"):
        pylmer.lFormula("y ~ I(k * x) + (1 | g)", formula_frame("d"), control=UNCHECKED)
    assert pylmer.lFormula("y ~ I(k * x) + (1 | g)", formula_frame("d"), control=UNCHECKED, env={"k": k}).n == 36


def test_column_wins_over_env_and_functions_are_apart() -> None:
    d = formula_frame("d")
    made = pylmer.lFormula("y ~ log + log(z) + (1 | g)", d, control=UNCHECKED, env={"log": np.sqrt, "z": 3})
    np.testing.assert_allclose(made.X[:, 1:], np.column_stack([d["log"], np.sqrt(d["z"])]))


def test_functions_of_ones_own() -> None:
    d = formula_frame("d")
    env = {
        "double": lambda x, by=2: by * x,
        "as_text": lambda a: np.asarray(a).astype(str),
        "two": lambda x: np.c_[x, -x],
    }
    made = pylmer.lFormula("y ~ double(x, by = 3) + as_text(a) + two(z) + (1 | g)", d, control=UNCHECKED, env=env)
    assert made.X_names[1:] == ("double(x, by = 3)", "as_text(a)a2", "as_text(a)a3", "two(z)1", "two(z)2")
    np.testing.assert_allclose(made.X[:, 1], 3 * d["x"])


def test_tree_without_text_names_the_expression() -> None:
    node = pylmer.language.parse_expression("log(a)")
    with pytest.raises(FormulaError, match=r"log\(\) is not meaningful for factors \(in log\(a\)\)"):
        evaluate(node, Scope(read_columns(formula_frame("d"))))


def test_what_a_formula_cannot_do() -> None:
    with pytest.raises(FormulaError):
        pylmer.lFormula("y ~ ().__class__ + (1 | g)", formula_frame("d"))
    with pytest.raises(FormulaNameError, match="no function '__import__'"):
        pylmer.lFormula("y ~ `__import__`('os') + (1 | g)", formula_frame("d"))
    with pytest.raises(DataError, match="a Python function"):
        pylmer.lFormula("y ~ x + (1 | g)", formula_frame("d"), weights=len)
