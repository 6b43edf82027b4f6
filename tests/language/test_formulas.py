"""Text -> MixedFormula: terms, random terms, words on formulas. Tables: one case a line."""

from __future__ import annotations

import copy
import pickle

import pytest

from pylmer.language import (
    MixedFormula,
    RandomTerm,
    deparse,
    deparse_lines,
    double_bar_effects,
    expand_random,
    findbars,
    fitted_formula,
    fixed_terms,
    format_number,
    nobars,
    parse_expression,
    parse_formula,
    parse_grouped,
    random_label,
    terms,
    update_formula,
    variables,
)
from pylmer.language.nodes import Name
from pylmer.language.suggest import closest, did_you_mean

# right side, labels (blanks in them as _), "-" where there is no intercept
TERMS = """
a*b*x                      a b x a:b a:x b:x a:b:x
(a+b+x)^2 - a:b            a b x a:x b:x
(a+b+x)**2                 a b x a:b a:x b:x
a/b/h                      a a:b a:b:h
a/(b+h)                    a a:b a:h
(a+b)/h                    a b a:b:h
b %in% a                   b:a
a*b %in% h                 a b:h a:b:h
a + b + b:a                a b a:b
b + a:b - 1                b b:a -
a:b + x:b + a              a a:b b:x
x*x                        x
a*b - a                    b a:b
z - -x                     z
1*x
0/x                        -
x + NULL                   x
x + TRUE                   x
z + (x - 1)                z x -
x + (0)                    x -
z + x - (x + 1)            z -
0 + x - 0                  x
a*1                        a
.                          x z a
. - x                      z a
.:x                        x x:z x:a
log(x) + I(x^2)            log(x) I(x^2)
poly( x,2 ):a              poly(x,_2):a
`my var`*x                 `my_var` x `my_var`:x
x + offset(z)              x
x*offset(z)                x
x + (1 | g)                x
(1 | g)
0 + (x | g)                -
(x | g) - 1
(1 | g) + x - 1            x -
(x + (1 | g)) + z          x z
I(a | b) + (1 | g)         I(a_|_b)
"""


def _terms_table() -> list[tuple[str, list[str], bool]]:
    rows = [(line[:27].strip(), line[27:].split()) for line in TERMS.strip().split("\n")]
    return [(rhs, [label for label in labels if label != "-"], "-" not in labels) for rhs, labels in rows]


@pytest.mark.parametrize(("rhs", "labels", "intercept"), _terms_table())
def test_terms(rhs: str, labels: list[str], intercept: bool) -> None:
    found = fixed_terms(parse_formula(f"y ~ {rhs}"), ["y", "x", "z", "a"])
    assert [label.replace(" ", "_") for label in found.labels] == labels
    assert found.intercept == intercept


RANDOM = """
(x | g)                        x | g
(1 | a/b)                      1 | b:a ; 1 | a
(1 | a/b/h)                    1 | h:b:a ; 1 | b:a ; 1 | a
(1 | (a/b)/h)                  1 | h:b:a ; 1 | b:a ; 1 | a
(1 | a/(b+h))                  1 | b:a ; 1 | h:a ; 1 | a
(1 | a*b)                      1 | a ; 1 | b ; 1 | a:b
(1 | a + b)                    1 | a ; 1 | b
(1 | (a:b))                    1 | a:b
(1 | a:b:h)                    1 | a:b:h
(x || g)                       1 | g ; 0 + x | g
(1 || g)                       1 | g
(0 + x || g)                   0 + x | g
(x - 1 || g)                   0 + x | g
(a*x || g)                     1 | g ; 0 + a | g ; 0 + x | g ; 0 + a:x | g
(x || a/b)                     1 | b:a ; 1 | a ; 0 + x | b:a ; 0 + x | a
(1 | g) + (0 + x | g)          1 | g ; 0 + x | g
((1 | g) + (1 | h))            1 | g ; 1 | h
us(x | g)                      x | g
(1 | factor(g))                1 | factor(g)
(1 | g %in% h)                 1 | g %in% h
(dummy(a, 'a2') | g)           dummy(a, "a2") | g
cs(x | g/h)                    cs(x | h:g) ; cs(x | g)
diag(f | g, hom = TRUE)        diag(f | g, hom = TRUE)
ar1(0 + t | g, FALSE)          ar1(0 + t | g, hom = FALSE)
"""


@pytest.mark.parametrize("line", RANDOM.strip().split("\n"))
def test_random_terms(line: str) -> None:
    found = expand_random(parse_formula(f"y ~ {line[:31]} + x"))
    assert [str(term) for term in found] == line[31:].split(" ; ")


def test_double_bar_as_diagonal() -> None:
    (term,) = expand_random(parse_formula("y ~ (1 + a || g)"), doublevert="diag")
    assert (term.structure, term.hom, term.double, random_label(term)) == ("diag", None, False, "1 + a | g")


def test_dot_under_a_double_bar() -> None:
    found = expand_random(parse_formula("y ~ (. || g)"), ["x", "z"])
    assert list(map(random_label, found)) == ["1 | g", "0 + x | g", "0 + z | g"]


def test_what_stands_under_a_double_bar() -> None:
    found = double_bar_effects(parse_formula("y ~ (log(x) + a || g) + (z | g)"))
    assert [(str(term), deparse(node)) for term, node in found] == [
        ("log(x) + a || g", "log(x)"),
        ("log(x) + a || g", "a"),
    ]


def test_record() -> None:
    formula = parse_formula("log(y) ~ x*z + cs(1 | g, hom=TRUE)")
    assert deparse(formula.fixed) == "x * z"
    assert formula.random == (RandomTerm(parse_expression("1"), Name("g"), "cs", True),)
    assert formula == parse_formula("log( y )~x * z+cs(1|g,hom = TRUE)")
    assert hash(formula) == hash(parse_formula("log( y )~x * z+cs(1|g,hom = TRUE)"))
    assert formula != parse_formula("log(y) ~ x*z + cs(1 | g)")
    assert parse_formula(formula) is formula
    assert str(formula) == "log(y) ~ x * z + cs(1 | g, hom = TRUE)"
    assert formula.text[slice(*formula.random[0].span)] == "cs(1 | g, hom=TRUE)"


def test_nothing_but_random_terms_leaves_the_intercept() -> None:
    assert deparse(parse_formula("y ~ (1 | g)").fixed) == "1"


def test_offsets_and_response() -> None:
    found = fixed_terms(parse_formula("y ~ x + offset(log(z)) + offset(w)"))
    assert list(map(deparse, found.offsets)) == ["offset(log(z))", "offset(w)"]
    assert [deparse(found.variables[i]) for term in found.factors for i in term] == ["x"]
    assert found.response == found.variables[0] == Name("y")


def test_long_sums() -> None:
    """A thousand terms: compared, hashed, pickled, copied, printed and expanded without recursion."""
    text = "y ~ " + " + ".join(f"x{i}" for i in range(3000)) + " + (1 | g)"
    formula = parse_formula(text)
    assert len(fixed_terms(formula).labels) == 3000
    assert str(formula) == text
    assert copy.deepcopy(formula) == pickle.loads(pickle.dumps(formula)) == formula
    assert hash(formula) == hash(parse_formula(text))
    assert len(deparse_lines(formula.node)) > 300
    assert str(update_formula(formula, ". ~ . - x0")) == text.replace("x0 + ", "")
    assert len(variables(formula.rhs)) == 3001


def test_words() -> None:
    formula = "Reaction ~ Days + (Days || Subject)"
    assert repr(findbars(formula)) == "[1 | Subject, 0 + Days | Subject]"
    assert repr(nobars(formula)) == "Reaction ~ Days"
    assert findbars("y ~ x") == []
    assert nobars(parse_formula(formula)) == parse_formula("Reaction ~ Days")
    assert [v.name for v in variables(parse_expression("log(x + k) * y[i] + x"))] == ["x", "k", "y", "i", "x"]
    assert parse_grouped("y ~ x + z | g/h")[0] == parse_formula("y ~ x + z")
    assert deparse(parse_grouped("~ x | g/h")[1]) == "g/h"


def test_fitted_formula() -> None:
    long = parse_formula(
        "Reaction ~ Days + a.very.long.variable.name + another.long.variable.name + I(Days^2) + (Days || Subject)"
    )
    assert deparse_lines(fitted_formula(long).node) == [  # as R 4.2.2 and lme4 1.1-31 print it
        "Reaction ~ Days + a.very.long.variable.name + another.long.variable.name + ",
        "    I(Days^2) + ((1 | Subject) + (0 + Days | Subject))",
    ]
    assert str(fitted_formula(parse_formula("y ~ (x||g)"), "diag")) == "y ~ (x || g)"


def test_update_keeps_meaning_where_r_does_not() -> None:
    """R's update() turns (x > 2) + z into x > 2 + z; here the parentheses stay."""
    assert str(update_formula(parse_formula("y ~ (x > 2) + z"), ". ~ . + w")) == "y ~ (x > 2) + z + w"


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (1e5, "1e+05"), (100000, "1e+05"), (123456, "123456"), (0.1, "0.1"), (1e-5, "1e-05"),
        (1 / 3, "0.333333333333333"),
        (1e15, "1e+15"), (0.1 + 0.2, "0.3"), (1234567890123456789, "1234567890123456768"), (-2.5, "-2.5"), (0, "0"),
        (150000, "150000"), (1e-300, "1e-300"), (float("inf"), "Inf"), (float("-inf"), "-Inf"), (float("nan"), "NaN"),
        (123456.7, "123456.7"), (0.0001, "1e-04"), (0.000123, "0.000123"), (1e22, "1e+22"), (-0.0, "0"),
    ],
)  # fmt: skip
def test_format_number(x: float, text: str) -> None:
    """As R's as.character(x) and deparse(x)."""
    assert format_number(x) == text


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("Dasy", ["Days", "Subject", "Reaction"], "Days"),
        ("log_radon", ["log.radon", "logradon2"], "log.radon"),
        ("subject", ["Days", "Subject"], "Subject"),
        ("np.log", ["log", "exp"], "log"),
        ("logg", ["log", "exp"], "log"),
        ("True", ["x"], "TRUE"),
        ("pd.isna", ["is.na"], "is.na"),
        ("zzz", ["x", "Days"], None),
    ],
)
def test_closest(name: str, known: list[str], found: str | None) -> None:
    assert closest(name, known) == found


def test_did_you_mean() -> None:
    assert did_you_mean("Dasy", ["Days"]) == "; did you mean 'Days'?"
    assert did_you_mean("False", ["x"]) == "; did you mean FALSE?"
    assert did_you_mean("Q", ["x"]) == "; did you mean backticks: `my column`?"
    assert did_you_mean("qqq", ["x"]) == ""


def test_terms_of_one_side() -> None:
    assert terms(parse_expression("0 + a:x")).labels == ("a:x",)
    assert isinstance(parse_formula("y ~ x"), MixedFormula)
