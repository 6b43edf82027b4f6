"""Random-effects terms as lme4 fits them: `||` split, and `/`, `*`, `+` in the grouping factor written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from ..errors import FormulaError
from .deparse import deparse
from .expand import terms
from .nodes import NOWHERE, Binary, Node, Number, Paren, Span
from .syntax import MixedFormula, RandomTerm, Terms

Doublevert: TypeAlias = Literal["split", "diag"]
Factors: TypeAlias = tuple[Node, ...]  # the factors of one grouping, joined by ":" when written


def expand_random(
    formula: MixedFormula, columns: Sequence[str] = (), doublevert: Doublevert = "split"
) -> tuple[RandomTerm, ...]:
    """The random terms that are fitted, in order of appearance.

    `(x || g)` becomes (1 | g) and (0 + x | g), or diag(x | g) with doublevert="diag"; `(x | a/b)` becomes (x | b:a) and
    (x | a), as lme4 2 names them; a structure is kept. `columns` are what `.` stands for.

    >>> from pylmer.language import parse_formula
    >>> expand_random(parse_formula("y ~ (x || g) + cs(1 | a/b)"))
    (1 | g, 0 + x | g, cs(1 | b:a), cs(1 | a))
    """
    apart = (part for term in formula.random for part in split_double_bar(term, columns, doublevert))
    return tuple(replace(part, group=group) for part in apart for group in groupings(part.group, formula.text))


def random_label(term: RandomTerm) -> str:
    """`Days | Subject`: a random term as lme4 labels it."""
    return f"{deparse(term.effects)} | {deparse(term.group)}"


def double_bar_effects(formula: MixedFormula, columns: Sequence[str] = ()) -> tuple[tuple[RandomTerm, Node], ...]:
    """Every variable under a `||`, with its term: where one is a factor, its levels stay correlated when split.

    >>> from pylmer.language import parse_formula
    >>> double_bar_effects(parse_formula("y ~ (1 + f || g)"))
    ((1 + f || g, Name(name='f', prefix='')),)
    """
    double = [term for term in formula.random if term.double]
    return tuple((term, node) for term in double for node in terms(term.effects, columns=columns).variables)


def split_double_bar(
    term: RandomTerm, columns: Sequence[str] = (), doublevert: Doublevert = "split"
) -> tuple[RandomTerm, ...]:
    """`(x + z || g)` -> (1 | g), (0 + x | g), (0 + z | g); a term with one bar as it is."""
    if not term.double:
        return (term,)
    if doublevert == "diag":
        return (replace(term, structure="diag", double=False),)
    found = terms(term.effects, columns=columns)
    intercept: list[Node] = [Number(1, span=term.effects.span)] if found.intercept else []
    alone = [Binary("+", Number(0), effect, term.effects.span) for effect in _effects(found, term.effects.span)]
    return tuple(replace(term, effects=effects, double=False) for effects in (*intercept, *alone))


def _effects(found: Terms, span: Span) -> list[Node]:
    """The terms as nodes, `a:x` joined again."""
    return [joined(tuple(found.variables[i] for i in indices), span) for indices in found.factors]


def joined(factors: Factors, span: Span = NOWHERE) -> Node:
    """`a:b:c` of its factors."""
    node = factors[0]
    for factor in factors[1:]:
        node = Binary(":", node, factor, span)
    return node


def groupings(group: Node, text: str = "") -> tuple[Node, ...]:
    """The grouping factors that `a/b`, `a*b`, `a + b` stand for; a plain factor or `a:b` as it is.

    >>> from pylmer.language import parse_expression
    >>> [deparse(node) for node in groupings(parse_expression("a/b/c"))]
    ['c:b:a', 'b:a', 'a']
    """
    found = dict.fromkeys(_alternatives(group, text))
    return tuple(joined(factors, group.span) for factors in found)


def _alternatives(node: Node, text: str) -> list[Factors]:
    if isinstance(node, Paren):
        return _alternatives(node.inner, text)
    if not (isinstance(node, Binary) and node.operator in ":/*+"):
        return [_checked(node, text)]
    left, right = _alternatives(node.left, text), _alternatives(node.right, text)
    if node.operator == "+":
        return left + right
    if node.operator == "/":
        outer = tuple(dict.fromkeys(factor for factors in left for factor in factors))
        return [(*factors, *outer) for factors in right] + left
    crossed = [(*a, *b) for a in left for b in right]
    return crossed if node.operator == ":" else left + right + crossed


def _checked(node: Node, text: str) -> Factors:
    if isinstance(node, Number) or (isinstance(node, Binary) and node.operator in ("-", "^")):
        raise FormulaError("a grouping factor is a column, or columns joined by ':' or '/'", text or None, *node.span)
    return (node,)
