"""What functions refuse, in words and with a caret: foreign packages, sizes, matrices, and arguments of other kinds."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pylmer.errors import FormulaError
from pylmer.functions import Scope, evaluate, read_columns
from pylmer.functions.evaluate import check_names
from pylmer.functions.table import TABLE
from pylmer.language import parse_expression
from pylmer.language.nodes import Call, Name
from pylmer.language.walk import nodes

COLUMNS = read_columns(
    {
        "x": np.array([1.5, np.nan, -2, 0.5, 3, 2]),
        "z": np.arange(1.0, 7),
        "i": np.array([1, 2, 3, 1, 2, 3]),
        "a": pd.Categorical(list("abcabc")),
        "b": pd.Categorical(list("uvuvuv")),
    }
)


def checked_and_evaluated(text: str) -> Any:
    """The value, after the look at all names that comes first in a model."""
    node, scope = parse_expression(text), Scope(COLUMNS, {"mine": np.mean}, text)
    check_names((n for n in nodes(node) if isinstance(n, Name | Call)), scope)
    return evaluate(node, scope)


def refusal(text: str) -> str:
    """The message and the marked place."""
    with pytest.raises(FormulaError) as error:
        checked_and_evaluated(text)
    lines = str(error.value).splitlines()
    start = len(lines[2]) - len(lines[2].lstrip())
    return f"{lines[0]} [{lines[1][start : len(lines[2])]}]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 + foo::log(z)", "there is no 'log' in a package 'foo' here; it is base::log, or log alone [foo::log]"),
        ("stats::log(z)", "there is no 'log' in a package 'stats' here; it is base::log, or log alone [stats::log]"),
        ("base:::sd(z)", "there is no 'sd' in a package 'base' here; it is stats::sd, or sd alone [base:::sd]"),
        ("nlme::ns(z, 2)", "there is no 'ns' in a package 'nlme' here; it is splines::ns, or ns alone [nlme::ns]"),
        ("foo::z + 1", "'foo::' stands before functions of R's packages; write z [foo::z]"),
        ("C(a, foo::contr.sum)", "there is no 'contr.sum' in a package 'foo' here; it is stats::contr.sum"),
        ("foo::mine(z)", "'mine' is a function of env, not of a package 'foo'; write mine [foo::mine]"),
    ],
)
def test_packages(text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize("text", ["base::log(z)", "stats::sd(z)", "splines::ns(z, 2)", "lme4::dummy(a)", "base::pi"])
def test_functions_live_in_their_packages(text: str) -> None:
    plain = text.split("::")[1]
    results = [evaluate(parse_expression(t), Scope(COLUMNS)) for t in (text, plain)]
    arrays = [getattr(result, "numbers", result) for result in results]
    np.testing.assert_array_equal(*arrays)


def test_packages_are_rs() -> None:
    """environmentName(environment(f)) in R; primitives belong to base."""
    stats = (
        "C IQR ave contr.SAS contr.helmert contr.poly contr.sum contr.treatment mad median offset plogis pnorm poly "
    )
    stats += "qlogis qnorm quantile relevel reorder sd var"
    found = {name: function.package for name, function in TABLE.items()}
    assert sorted(name for name, package in found.items() if package == "stats") == sorted(stats.split())
    assert {name for name, package in found.items() if package == "splines"} == {"bs", "ns"}
    assert {name for name, package in found.items() if package == "lme4"} == {"dummy"}


@pytest.mark.parametrize(
    "text",
    ["bs(z, degree = {})", "bs(z, df = {})", "ns(z, {})", "poly(z, {}, raw = TRUE)", "poly(z, i, degree = {})",
     "cut(z, {})", "cut(z, 3, dig.lab = {})", "rep(1, {})", "rep(z, each = {})", "rep(z, length.out = {})", "seq({})",
     "seq(1, {})", "seq(0, 1, length.out = {})", "seq(0, 1, 1 / {})", "seq_len({})", "1:{}", "{}:1",
     "C(a, contr.sum, {})", "C(a, contr.helmert({}))", "contr.treatment({})", "contr.poly({})", "relevel(a, {})",
     "C(a, contr.treatment, base = {})", "z[{}]"],
)  # fmt: skip
@pytest.mark.parametrize("size", ["1e9", "1e300"])
def test_sizes(text: str, size: str) -> None:
    start = time.perf_counter()
    message = refusal(text.replace("{}", size))
    assert any(word in message for word in ("at most", "too large", "none of", "out of 1..", "columns", "how.many"))
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("digits", ["1e9", "400", "Inf"])
def test_more_digits_than_a_double_has_change_nothing(digits: str) -> None:
    """As signif(z / 7, 1e9) and round(z / 7, 1e9) in R."""
    for word in ("signif", "round"):
        got = evaluate(parse_expression(f"{word}(z / 7, {digits})"), Scope(COLUMNS))
        np.testing.assert_array_equal(got, np.arange(1.0, 7) / 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("C(b, contr.poly, 2)", "how.many = 2: 2 levels have 1 to 1 contrasts [C(b, contr.poly, 2)]"),
        ("C(a, contr.treatment, 5)", "how.many = 5: 3 levels have 1 to 2 contrasts"),
        ("C(a, mean)", "mean() makes no contrasts; known: contr.treatment"),
        ("C(a, 'foo')", "no contrasts 'foo'; known: contr.treatment"),
        ("contr.sum(4, sparse = TRUE)", "contrasts are plain matrices here"),
        ("contr.poly(3, c(1, 1, 2))", "the scores of contr.poly() must be different finite numbers"),
        ("bs(z, degree = 0)", "degree must be at least 1, and whole"),
        ("bs(z, df = 2)", "df = 2 is too small for bs(): at least 3 is wanted"),
        ("bs(z, knots = 100)", "the knots of bs() must be numbers between the boundary knots 1 and 6"),
        ("ns(i, df = 5)", "too few different values for so many knots at their quantiles; take a smaller df"),
        ("ns(z, Boundary.knots = 3)", "Boundary.knots must be two finite numbers"),
        ("poly(z, c(1, 2))", "the variables of poly() have different lengths"),
        ("mean(z, TRUE)", "the second argument of mean() is trim, a fraction; to leave out NA write na.rm = TRUE"),
        ("sd(z, 'a')", "logic is not meaningful for strings"),
        ("var(z, TRUE)", "var() takes one variable here, without y and use"),
        ("quantile(z, 2)", "probs must lie between 0 and 1"),
        ("quantile(z, 0.5, type = 10)", "quantiles have the types 1 to 9, not 10"),
        ("cut(z, NA)", "the number of intervals must be a finite number, not NA"),
        ("cut(z, 1)", "cut() into 1 interval: at least 2 are wanted"),
        ("scale(cbind(x, z), 1)", "center has 1 values for 2 columns"),
        ("factor(x, exclude = 1)", "without NA in exclude, NA would be a level"),
        ("droplevels(x)", "droplevels() wants a factor"),
        ("as.Date('3.1.2020')", "as.Date() reads texts such as 2020-12-31, not '3.1.2020'; or say the format"),
        ("as.Date('3', '%d')", "format = '%d' has no year, month and day; R would take today's"),
        ("z[c(-1, 2)]", "an index has positive numbers, which choose, and negative ones, which leave out"),
        ("z[[-1]]", "[[ ]] takes one element: a number from 1 on"),
        ("rank(z, ties.method = 'foo')", "ties.method is one of average, first, last, max, min, not 'foo'"),
        ("ave(z, a, FUN = quantile)", "FUN gave 5 values for a group of 2; wanted one, or one for each row"),
        ("rep(z, -1)", "times must be numbers from 0 on, without NA"),
    ],
)
def test_words(text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize(
    "text",
    ["is.finite({})", "I(!{})", "{} > 0", "{} & TRUE", "is.na({})", "cumsum({})", "cumprod({})", "rev({})", "var({})",
     "rank({})", "ifelse(z > 1, {}, 0)", "rep({}, 2)", "seq_along({})", "paste({})", "{} %in% 1"],
)  # fmt: skip
def test_matrices_where_a_column_is_wanted(text: str) -> None:
    """R makes logical matrices of some, which no model takes, and longer vectors of the others."""
    assert "wants one column, not a matrix of 2; take one: [, 1]" in refusal(text.replace("{}", "poly(z, 2)"))


def test_a_matrix_stays_one() -> None:
    """signif(cbind(z, i) / 7, 2) in R, column by column."""
    got = evaluate(parse_expression("signif(cbind(z, i) / 7, 2)"), Scope(COLUMNS))
    np.testing.assert_allclose(got.numbers[:, 0], [0.14, 0.29, 0.43, 0.57, 0.71, 0.86])
    np.testing.assert_allclose(got.numbers[:, 1], [0.14, 0.29, 0.43, 0.14, 0.29, 0.43])


@pytest.mark.parametrize(("text", "value"), [("k * k", 1e24), ("k + k * k", 1e24 + 1e12), ("-k - k * k", -1e24 - 1e12)])
def test_integers_beyond_64_bits_are_doubles(text: str, value: float) -> None:
    """R's have 32 bits and give NA."""
    k = np.array([10**12, 1])
    assert evaluate(parse_expression(text), Scope({"k": k}))[0] == pytest.approx(value, rel=1e-15)
    big = evaluate(parse_expression("u + 1"), Scope(read_columns({"u": np.array([2**63 + 2**40], dtype=np.uint64)})))
    assert big[0] == pytest.approx(2.0**63 + 2.0**40)
    assert np.isnan(evaluate(parse_expression("as.integer(1 / 0)"), Scope({})))[0]


@pytest.mark.parametrize("operator", ["+", "-", "*"])
def test_long_chains_are_no_nesting(operator: str) -> None:
    text = f"I({f' {operator} '.join(['z'] * 300)})"
    wanted = {"+": 300.0, "-": -298.0, "*": 1.0}[operator]
    assert evaluate(parse_expression(text), Scope(COLUMNS))[0] == wanted
    with pytest.raises(FormulaError, match="more than 60 levels of nesting"):
        parse_expression("log(" * 70 + "z" + ")" * 70)
