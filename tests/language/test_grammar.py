"""The grammar file: free of conflicts, found where the package lies, R's precedence."""

from __future__ import annotations

from pathlib import Path

import pytest
from lark import Lark

from pylmer.language import parse_expression
from pylmer.language.grammar import grammar_text
from pylmer.language.nodes import Binary, Call, Constant, Index, Name, Node, Number, Paren, Text, Unary

ROOT = Path(__file__).parents[2]


def test_no_conflicts() -> None:
    """strict=True raises at any shift/reduce or reduce/reduce conflict, and where terminals collide (interegular)."""
    assert Lark(grammar_text(), parser="lalr", strict=True).parse("y ~ x + (1 | g)").data == "two_sided"


def test_the_grammar_is_the_file_of_the_checkout() -> None:
    assert grammar_text() == (ROOT / "grammar" / "formula.lark").read_text(encoding="utf-8")


def full(node: Node) -> str:
    """Every operation in parentheses of its own, so that precedence shows."""
    if isinstance(node, Binary):
        return f"({full(node.left)}{node.operator}{full(node.right)})"
    if isinstance(node, Unary):
        return f"({node.operator}{full(node.operand)})"
    if isinstance(node, Paren):
        return full(node.inner)
    if isinstance(node, Call | Index):
        inside = ",".join("" if a.value is None else full(a.value) for a in node.arguments)
        return f"{node.function if isinstance(node, Call) else full(node.operand)}<{inside}>"
    return {Name: "name", Text: "value", Constant: "name", Number: "value"}[type(node)] and str(
        getattr(node, "name", None) or getattr(node, "value", None)
    )


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", "(a+(b*c))"),
        ("a - b - c", "((a-b)-c)"),
        ("a / b / c", "((a/b)/c)"),
        ("a * b %in% c", "(a*(b%in%c))"),
        ("a %in% b:c", "(a%in%(b:c))"),
        ("-a:b", "((-a):b)"),
        ("-x^2", "(-(x^2.0))"),
        ("2^-1", "(2.0^(-1.0))"),
        ("a^b^c", "(a^(b^c))"),
        ("a ** b", "(a^b)"),
        ("a:b^2", "(a:(b^2.0))"),
        ("a > 2 & b", "((a>2.0)&b)"),
        ("!a & b", "((!a)&b)"),
        ("!a == b", "(!(a==b))"),
        ("a & b | c", "((a&b)|c)"),
        ("a | b | c", "((a|b)|c)"),
        ("1 + x | g", "((1.0+x)|g)"),
        ("f(a | b)[1]", "f<(a|b)>[1.0]".replace("[", "<").replace("]", ">")),
        ("x[, 1]", "x<,1.0>"),
        ("x[i[1]]", "x<i<1.0>>"),
        ("f()", "f<>"),
        ("a + # comment\n b", "(a+b)"),
        ("x. + .x + x_1", "((x.+.x)+x_1)"),
        ("größe:`my var`", "(größe:my var)"),
        ("x %% 2 %/% 3", "((x%%2.0)%/%3.0)"),
    ],
)
def test_precedence(text: str, tree: str) -> None:
    assert full(parse_expression(text)) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", Number(1000.0)),
        ("0x1F", Number(31.0)),
        ("2L", Number(2.0, integer=True)),
        ("1.5L", Number(1.5)),
        (".5", Number(0.5)),
        ("1e999", Number(float("inf"))),
        ("TRUE", Constant("TRUE")),
        ("NA_integer_", Constant("NA_integer_")),
        ("TRUEx", Name("TRUEx")),
        ("NA.x", Name("NA.x")),
        ("T", Name("T")),
        (r"'it\'s'", Text("it's")),
        (r'"\u00e9\x41\101\n"', Text("éAA\n")),
        (r"`a\`b`", Name("a`b")),
    ],
)
def test_atoms(text: str, value: Node) -> None:
    assert parse_expression(text) == value


def test_spans() -> None:
    text = "  log(x + `my var`, base = 2) * z[1]"
    node = parse_expression(text)
    assert isinstance(node, Binary)
    assert isinstance(node.left, Call)
    places = [node.span, node.left.span, node.left.name_span, node.right.span, *(a.span for a in node.left.arguments)]
    assert [text[slice(*span)] for span in places] == [
        "log(x + `my var`, base = 2) * z[1]",
        "log(x + `my var`, base = 2)",
        "log",
        "z[1]",
        "x + `my var`",
        "base = 2",
    ]


def test_qualified_and_quoted_functions() -> None:
    node = parse_expression("stats::poly(x, 2)")
    assert isinstance(node, Call)
    assert (node.function, node.prefix) == ("poly", "stats::")
    assert parse_expression("'log'(x)") == parse_expression("log(x)")
