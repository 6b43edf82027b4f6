"""Any text gives a tree or a FormulaError, nothing else."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from pylmer.errors import FormulaError
from pylmer.language import (
    deparse,
    deparse_lines,
    expand_random,
    fitted_formula,
    fixed_terms,
    nobars,
    parse_expression,
    parse_formula,
    update_formula,
)
from pylmer.language.parse import read

WORDS = r"""
y x z g h a.b `my var` . .. ... _ log I poly factor offset us diag cs ar1 foo stats :: ::: 0 1 2 2L 1e5 0x1F .5 1.
'q' "s" ' " ` \ TRUE FALSE NULL NA Inf NaN T hom if else function in and or not ~ ~ + + + - * / : ^ ** %in% %% %/% %o% %
// | | || & && ! == != < > <= >= = <- -> := ( ( ) ) [ ] [[ ]] { } , , ; $ @ ? # é 数 – “ 🙂
"""
tokens = st.lists(st.sampled_from([*WORDS.split(), "\n", "\t", "\x00", chr(0xD800)]), max_size=25)
formulas = tokens.map(" ".join) | tokens.map("".join)
leaves = st.sampled_from(["x", "z", "a", "g", "1", "0", "log(x)", "`my var`", ".", "2", "offset(x)", "I(x^2)", "NULL"])
operators = st.sampled_from(["+", "+", "-", "*", "/", ":", "^", "%in%", "|", "||", ">", "&"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, operators, inner).map(" ".join)
    return (
        pair | pair.map("({})".format) | inner.map("({})".format) | inner.map("-{}".format) | pair.map("cs({})".format)
    )


expressions = st.recursive(leaves, _larger, max_leaves=12)


def everything(text: str) -> None:
    """All that can be done with a formula without data; whatever is refused is refused by a FormulaError."""
    formula = parse_formula(text)
    assert str(parse_formula(str(formula))) == str(formula)
    fixed_terms(formula, ["y", "x", "a"])
    expand_random(formula)
    nobars(formula)
    deparse_lines(fitted_formula(formula).node)
    update_formula(formula, ". ~ . + new")


def refused(work: Callable[[str], object], text: str) -> bool:
    """Whether `work` raises a FormulaError that points into the text; any other exception fails the test."""
    try:
        work(text)
    except FormulaError as error:
        return _points_into_the_text(error)
    return False


def _points_into_the_text(error: FormulaError) -> bool:
    assert error.formula is not None
    assert 0 <= error.start < error.end <= max(len(error.formula), 1)
    return True


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text(max_size=40).map("y ~ {}".format))
def test_random_text(text: str) -> None:
    refused(everything, text)
    refused(parse_expression, text)


@settings(max_examples=300, deadline=None)
@given(formulas | formulas.map("y ~ {}".format))
def test_random_tokens(text: str) -> None:
    refused(everything, text)
    refused(parse_expression, text)


@settings(max_examples=200, deadline=None)
@given(expressions)
def test_random_formulas(rhs: str) -> None:
    refused(everything, f"y ~ {rhs} + (x | g)")


@settings(max_examples=200, deadline=None)
@given(expressions)
def test_deparse_is_read_back(text: str) -> None:
    """What deparse writes means the same, also when broken into lines."""
    if refused(read, text):
        return
    node = read(text)
    assert read(deparse(node)) == node
    assert read("\n".join(deparse_lines(node, cutoff=20))) == node
