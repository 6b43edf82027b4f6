"""What is said about mistakes, and where the caret stands."""

from __future__ import annotations

import pickle
import re

import pytest

from pylmer.errors import FormulaError, FormulaSyntaxError, PylmerError
from pylmer.language import parse_expression, parse_formula, parse_grouped, require_random, update_formula

# (formula, start and end of the place, how the message begins); the place is written under the formula
SYNTAX = """
Reaction ~ Days + (1|Subject
                  ^               this '(' is never closed
Reaction ~ Days + 1|Subject)
                           ^      unmatched ')'
y ~ x + (1 Subject)
           ^^^^^^^   an operator is missing before 'Subject' — a random-effects term needs a bar: (1 | Subject)
Reaction ~ `Days + (1|Subject)
           ^                      this backtick is never closed
Reaction ~ Days + (1|Subject) +
                              ^   the formula ends after '+': a term is missing
y ~ x + (1||)
          ^^                      a term is missing after '||'
y ~ x + (|g)
         ^                        '|' needs something on its left
y ~ x + (x | )
           ^                      a term is missing after '|'
y = x + (1|g)
  ^                               no '~' in the formula — write '~' instead of '='
y ~ x ~ z
      ^                           a formula has one '~' (three-part nlmer formulas are not supported)
y ~ x + (~1|g)
         ^                        a formula has one '~'
y ~ f(x = ~ z) + 1
          ^                       a formula has one '~'
y + f(x ~ z)
        ^                         '~' cannot stand inside brackets
y ~ x // 2
      ^^                          '//' is Python; R's integer division is %/%
y ~ x % 2
      ^                           '%' is Python; R's remainder is %%
y ~ I(x % 2 + z % 3)
        ^                         '%' is Python; R's remainder is %%
y ~ x and z
      ^^^                         'and' is Python; R writes &
y ~ I(a or b)
        ^^                        'or' is Python; R writes |
y ~ not x
    ^^^                           'not' is Python; R writes !
y ~ I(a in b)
        ^^                        'in' is Python; R writes %in%
y ~ poly(x, [0, 1])
            ^                     a Python list; R writes c(1, 2)
y ~ I(w<-1)
       ^^                         '<-' is R's assignment; for a comparison put a space: x < -1
y ~ (w = 1) + x
       ^                          '=' names an argument; to compare use ==
y ~ x + (1 | g), data = d
               ^                  the formula ends before ','; other arguments of the call stand outside of its text
y ~ x, random = ~1 | g
     ^                            the formula ends before ','; other arguments of the call stand outside of its text
x -> y
  ^^                              '->' is an assignment; formulas cannot assign
y ~ 5x
     ^                            an operator is missing before 'x'
y ~ log(x z)
          ^                       an operator is missing before 'z'
y ~ x + "abc
        ^                         this quote is never closed
y ~ x + ]
        ^                         unmatched ']'
y ~ (x + z]
          ^                       '(' is closed by ']'
y ~ f(x, (z)
     ^                            this '(' is never closed
y ~ x[1
     ^                            this '[' is never closed
y ~
  ^                               the formula ends after '~': the right side is missing
y ~ * x
    ^                             '*' needs something on its left
y ~ x * / z
        ^                         '/' needs something on its left
y ~ x:
     ^                            the formula ends after ':': a term is missing
y ~ 1 < x < 2
          ^                       comparisons cannot be chained: write (a < b) & (b < c)
y ~ x + !z
        ^                         '!' must be put in parentheses here: (!x)
y ~ if + x
    ^^                            'if' is R's own word; a column of that name needs backticks
y ~ function(x) x
    ^^^^^^^^                      'function' is R's own word
y ~ x @ z
      ^                           unexpected character '@'
y ~ _x
    ^                             a name cannot start with '_'; write it in backticks: `_x`
y ~ x − z
      ^                           '−' is a typographic sign; write -
y ~ “a”
    ^                             '“' is a typographic sign; write "
y + x
^^^^^                             no '~' in the formula: write response ~ terms
y ~ (x)(z)
       ^                          an operator is missing before '(': only a function's name can be called
y ~ (1|g)(1|h)
         ^                        an operator is missing before '('
y ~ x + ()
        ^^                        empty parentheses: a term is missing
y ~ x, z
     ^                            the formula ends before ','
y ~ f(1 = 2)
        ^                         unexpected '='
y ~ f(x, + )
         ^                        a term is missing after '+'
y ~ "a\\qb"
      ^^                          '\\q' is not an escape that R knows; a backslash is written \\\\
"""

MEANING = """
Reaction ~ Days | Subject
           ^^^^^^^^^^^^^^         random-effects terms must be in parentheses: write (… | group)
y ~ x + 1 | g
    ^^^^^^^^^                     random-effects terms must be in parentheses
y ~ x - (1|g)
        ^^^^^                     a random-effects term can only be added with '+', not '-'
y ~ x*(1|g)
      ^^^^^                       a random-effects term can only be added with '+', not '*'
y ~ x:(1|g)
      ^^^^^                       a random-effects term can only be added with '+', not ':'
y ~ (1|g)/x
    ^^^^^                         a random-effects term can only be added with '+', not '/'
y ~ -(1|g)
     ^^^^^                        a random-effects term can only be added with '+', not '-'
y ~ x - cs(1|g)
        ^^^^^^^                   a random-effects term can only be added with '+', not '-'
y ~ ((x|g) + (1|h)):z
     ^^^^^                        a random-effects term can only be added with '+', not ':'
y ~ x + foo(1|g)
        ^^^                       unknown covariance structure foo(…|…); known: ar1, cs, diag, us
y ~ x + rr(x|g, 2)
        ^^                        unknown covariance structure rr(…|…)
y ~ (x|g|h)
     ^^^^^                        one bar per random-effects term: (terms | group)
y ~ (1 + (1|h) | g)
     ^^^^^^^^^^^^^                one bar per random-effects term
y ~ 2*x + (1|g)
    ^                             numbers other than 0 and 1 cannot be terms; use I(…) for arithmetic, as in I(2 * x)
y ~ x + (2*x|g)
         ^                        numbers other than 0 and 1 cannot be terms
y ~ 'q'
    ^^^                           a string cannot be a term; write a column's name without quotes: q
y ~ x + NA
        ^^                        NA cannot be a term
y ~ (a+b)^1
          ^                       invalid power: '^' crosses terms and needs a whole number from 2
y ~ (a+b)^k
          ^                       invalid power
y ~ x + (0|g)
         ^                        this random-effects term has no effects; write (1 | group) for an intercept
y ~ x + (1 - 1||g)
         ^^^^^                    this random-effects term has no effects
y ~ cs(x|g, hom = maybe)
            ^^^^^^^^^^^           hom must be TRUE or FALSE, written out
y ~ cs(x|g, 1, 2)
               ^                  cs(… | …) takes one more argument, hom = TRUE or hom = FALSE
y ~ us(x|g, hom = TRUE)
            ^^^^^^^^^^              us(… | …) takes no other argument
y ~ diag(x||g)
         ^^^^                     '||' and a structure exclude each other; write diag(… | …)
y | z ~ x
^^^^^                             random-effects terms belong on the right of '~'
y ~ x %foo% z
      ^^^^^                       unknown operator %foo%; known: %in%, %%, %/%
y ~ (1 | 2)
         ^                        a grouping factor is a column, or columns joined by ':' or '/'
y ~ (1 | g - h)
         ^^^^^                    a grouping factor is a column
y ~ df$x
    ^^^^                          columns are named directly: write x
"""


def _cases(table: str) -> list[tuple[str, int, int, str]]:
    lines = table.strip("\n").split("\n")
    marks = [re.fullmatch(r" *(\^+) +(.*)", under) for under in lines[1::2]]
    return [(text, *mark.span(1), mark[2]) for text, mark in zip(lines[::2], marks, strict=True) if mark]


def test_enough_mistakes() -> None:
    assert len(_cases(SYNTAX)) >= 50
    assert len(_cases(MEANING)) >= 30
    assert 2 * len(_cases(SYNTAX + MEANING[1:])) == len((SYNTAX + MEANING[1:]).strip().splitlines())


@pytest.mark.parametrize(("text", "start", "end", "message"), _cases(SYNTAX))
def test_syntax(text: str, start: int, end: int, message: str) -> None:
    with pytest.raises(FormulaSyntaxError) as caught:
        parse_formula(text)
    assert caught.value.message.startswith(message)
    assert (caught.value.start, caught.value.end) == (start, end)
    assert str(caught.value).splitlines()[1:] == [f"  {text}", f"  {' ' * start}{'^' * (end - start)}"]


@pytest.mark.parametrize(("text", "start", "end", "message"), _cases(MEANING))
def test_meaning(text: str, start: int, end: int, message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    assert not isinstance(caught.value, FormulaSyntaxError)
    assert caught.value.message.startswith(message)
    assert (caught.value.start, caught.value.end) == (start, end)


@pytest.mark.parametrize("text", ["", "  \n ", "# only a comment"])
def test_empty(text: str) -> None:
    with pytest.raises(FormulaSyntaxError, match="the formula is empty"):
        parse_formula(text)


def test_only_the_line_concerned_is_shown() -> None:
    with pytest.raises(FormulaSyntaxError) as caught:
        parse_formula("y ~ x +\n  (1 g) +\n  z")
    assert str(caught.value).splitlines()[1:] == ["    (1 g) +", "       ^"]


@pytest.mark.parametrize(
    ("text", "start", "end", "message"),
    [
        ("y ~ x", 4, 5, "no random-effects term; a mixed model needs at least one, e.g. (1 | Subject)"),
        ("y ~ x + (1/Subject)", 8, 19, "no random-effects term; did you mean (1 | Subject)?"),
        ("~ x + (1 | g)", 0, 1, "the response is missing"),
    ],
)
def test_what_lmer_needs(text: str, start: int, end: int, message: str) -> None:
    formula = parse_formula(text)
    with pytest.raises(FormulaError) as caught:
        require_random(formula)
    assert caught.value.message.startswith(message)
    assert (caught.value.start, caught.value.end) == (start, end)


def test_other_entrances() -> None:
    with pytest.raises(FormulaSyntaxError, match="not a formula with '~'"):
        parse_expression("x ~ y")
    with pytest.raises(FormulaError, match="wants a bar"):
        parse_grouped("y ~ x")
    with pytest.raises(FormulaError, match=r"only be added or taken away, not joined with '\*'"):
        update_formula(parse_formula("y ~ x + (1 | g)"), ". ~ . * (1 | g)")
    with pytest.raises(FormulaSyntaxError, match="no '~'"):
        update_formula(parse_formula("y ~ x + (1 | g)"), "x + z")
    with pytest.raises(PylmerError, match="a formula is a text"):
        parse_formula(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "y ~ " + "(" * 300 + "x" + ")" * 300,
        "y ~ " + "-" * 100_000 + "x",
        "y ~ " + "x^" * 3000 + "2",
        "y ~ " + "f(" * 500 + "x" + ")" * 500,
        "y ~ I(" + "x ^ " * 3000 + "x)",
        "y ~ (1 | " + "g:" * 500 + "g)",
    ],
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="levels of nesting"):
        parse_formula(text)


@pytest.mark.parametrize("text", ["y ~ I(" + "x + " * 3000 + "x)", "+".join(["y"] * 3000) + " ~ x"])
def test_long_chains_are_read(text: str) -> None:
    formula = parse_formula(text)
    assert pickle.loads(pickle.dumps(formula)) == formula
    assert str(formula).count("+") == text.count("+")


@pytest.mark.parametrize(
    "rhs", ["(" + " + ".join(f"x{i}" for i in range(40)) + ")^20", "*".join("abcdefghijklmnopqrs")]
)
def test_too_many_terms(rhs: str) -> None:
    with pytest.raises(FormulaError, match="more than 50000 terms"):
        parse_formula(f"y ~ {rhs}")


def test_errors_pickle() -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula("y ~ 2*x")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
