"""The grammar of scripts: what ends a statement, what a statement is, and errors that show line and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pylmer.language.nodes import Call, Name
from pylmer.porting.nodes import Assign, Block, Definition, Dollar, If, Unported
from pylmer.porting.reading import ScriptSyntaxError, read_script

# script -> the classes of its statements
STATEMENTS = [
    ("", []),
    ("# nothing\n\n", []),
    ("x <- 1; y = 2\n3 -> z", [Assign, Assign, Assign]),
    ("a\n+ b", [Name, "Unary"]),
    ("a +\n  b", ["Binary"]),
    ("(a\n + b)", ["Paren"]),
    ("f(a,\n  b = 2,\n\n  # a comment\n  c)", [Call]),
    ("x[[1]][2, ]\nx[y[1]]", ["Index", "Index"]),
    ("d$x\nd$`my var`\nm@frame", [Dollar, Dollar, Dollar]),
    ("m |>\n  summary() |> coef()", [Call]),
    ("d %>% head", ["Binary"]),
    ("f <- function(x, n = 2, ...) x^n\n\\(x) x", [Assign, Definition]),
    ("f <- function(x)\n{\n  y <- x\n  y\n}\ng()", [Assign, Call]),
    ("if (a) b else c", [If]),
    ("if (a)\n  b\nd", [If, Name]),
    ("{\n  if (a) {\n    b\n  }\n  else c\n}", [Block]),
    ("if (a) b = 1 else b = 2", [If]),
    ("for (i in 1:3) {\n  print(i)\n}\nwhile (a) b\nrepeat break", [Unported, Unported, Unported]),
    ("x <- if (a) b else c", [Assign]),
    ("y ~ x + (1 | g)\n~ x", ["Binary", "Unary"]),
    ("a <- b <- 1", [Assign]),
    ("-x^2\n!a & b", ["Unary", "Binary"]),
    ("lme4::lmer(y ~ x)", [Call]),
    ("iffy <- function_of(x)\nin_use", [Assign, Name]),
    ('x <- "a # no comment; and no end"\ny', [Assign, Name]),
    ("f()(x)", [Unported]),
    ('1i\nr"(a \\ b)"\nx |> f(y = _)', [Unported, "Text", Call]),
    ("levels(d$f) <- c('a', 'b')", [Assign]),
    ("x[i, drop = ]", ["Index"]),
    ("\ufeffx\r\ny\r\n", [Name, Name]),
]

ERRORS = [
    ("x <- (1 +\n2", 1, 6, "this '(' is never closed"),
    ("a\nf(a b)", 2, 5, "unexpected 'b'"),
    ("a <- 1\nelse b", 2, 1, "unexpected 'else'"),
    ("x <- 'abc", 1, 6, "this quote is never closed"),
    ("x <- 1 +* 2", 1, 9, "unexpected '*'"),
    ("f(a))\nb", 1, 5, "unexpected ')'"),
    ("x <-", 1, 4, "the script ends in the middle of an expression"),
    ("m |> summary", 1, 3, "a call is wanted after |>, as in x |> f()"),
    ("a\n\nb $ 3", 3, 5, "unexpected '3'"),
    ("f <- function(x {\n  x\n}", 1, 17, "unexpected '{'"),
]


@pytest.mark.parametrize(("text", "kinds"), STATEMENTS, ids=[text[:30] for text, _ in STATEMENTS])
def test_statements(text: str, kinds: list[object]) -> None:
    found = [type(each) for each in read_script(text).statements]
    assert [each if kind is each else each.__name__ for each, kind in zip(found, kinds, strict=True)] == kinds


@pytest.mark.parametrize(("text", "line", "column", "message"), ERRORS, ids=[text[:20] for text, *_ in ERRORS])
def test_errors_show_the_line_and_the_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(ScriptSyntaxError) as raised:
        read_script(text)
    error = raised.value
    assert (error.line, error.column, error.message) == (line, column, message)
    first, source, caret = str(error).split("\n")
    assert first == f"line {line}: {message}"
    assert source == f"  {text.splitlines()[line - 1]}"
    assert caret.index("^") == column + 1


def test_comments_know_whether_they_stand_alone() -> None:
    script = read_script("# one\nx <- 'a # b' # two\n  # three\ny")
    assert [(c.text, c.line, c.alone) for c in script.comments] == [
        ("# one", 1, True),
        ("# two", 2, False),
        ("# three", 3, True),
    ]


def test_the_grammar_lies_beside_that_of_formulas() -> None:
    grammar = Path(__file__).parents[2] / "grammar"
    assert {path.name for path in grammar.glob("*.lark")} == {"formula.lark", "script.lark"}
