"""R's words on formulas: findbars, nobars, update, and how a fit prints its formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..errors import FormulaError
from .bars import at_term_level, is_bar
from .deparse import deparse
from .expand import terms
from .nodes import NOWHERE, Argument, Binary, Call, Index, Name, Node, Number, Paren, Unary, from_spine
from .parse import parse_formula, read_formula, sides
from .randoms import Doublevert, expand_random, joined, split_double_bar
from .syntax import MixedFormula, RandomTerm, Terms
from .walk import nodes


def findbars(formula: str | MixedFormula) -> list[RandomTerm]:
    """The random-effects terms of a formula, `||` split and `/` written out, as lme4's findbars.

    formula  a text, or the formula of a fit

    Raises FormulaError for what is no formula.

    >>> findbars("Reaction ~ Days + (Days || Subject)")
    [1 | Subject, 0 + Days | Subject]
    """
    return list(expand_random(parse_formula(formula)))


def nobars(formula: str | MixedFormula) -> MixedFormula:
    """The formula without its random-effects terms, as lme4's nobars.

    formula  a text, or the formula of a fit

    Raises FormulaError for what is no formula.

    >>> nobars("Reaction ~ Days + (Days | Subject)")
    Reaction ~ Days
    """
    read_in = parse_formula(formula)
    return parse_formula(str(MixedFormula(read_in.response, read_in.fixed, read_in.fixed, ())))


def fitted_formula(formula: MixedFormula, doublevert: Doublevert = "split") -> MixedFormula:
    """The formula in which every `(x || g)` reads as it is fitted; lme4 stores this one in the call.

    >>> fitted_formula(parse_formula("Reaction ~ Days + (Days || Subject)"))
    Reaction ~ Days + ((1 | Subject) + (0 + Days | Subject))
    """
    if doublevert == "diag" or not any(term.double for term in formula.random):
        return formula
    return parse_formula(deparse(replace(formula, rhs=_with_double_bars(formula.rhs, _as_fitted)).node))


def explicit_formula(formula: MixedFormula, fixed: Terms) -> MixedFormula:
    """The formula with the terms that a `.` of its fixed part stands for, so that they can be taken away.

    >>> from pylmer.language import fixed_terms
    >>> dotted = parse_formula("y ~ . + (1 | g)")
    >>> explicit_formula(dotted, fixed_terms(dotted, ["y", "x", "g"]))
    y ~ x + g + (1 | g)
    """
    if Name(".") not in nodes(formula.fixed):
        return formula
    bars = [f"({term})" if term.structure == "us" else str(term) for term in formula.random]
    left = "" if formula.response is None else f"{deparse(formula.response)} "
    return parse_formula(f"{left}~ {' + '.join([deparse(_simplified(fixed)), *bars])}")


def _with_double_bars(node: Node, written: Callable[[Paren, bool], Node], taken: bool = False) -> Node:
    """The tree with every `(x || g)` replaced by what `written` makes of it and of whether a minus takes it away."""
    if isinstance(node, Paren):
        if is_bar(node.inner):
            return written(node, taken) if node.inner.operator == "||" else node
        return Paren(_with_double_bars(node.inner, written, taken), node.span)
    if isinstance(node, Unary):
        return Unary(node.operator, _with_double_bars(node.operand, written, taken or node.operator == "-"), node.span)
    if isinstance(node, Binary):
        first, steps = node.spine()
        rights = [
            (step.operator, _with_double_bars(step.right, written, taken or step.operator == "-"), step.span)
            for step in steps
        ]
        return from_spine(_with_double_bars(first, written, taken), rights)
    return node


def _as_fitted(node: Paren, taken: bool = False) -> Node:
    """`((1 | g) + (0 + x | g))` for `(x || g)`."""
    bar = node.inner
    assert isinstance(bar, Binary)
    parts = split_double_bar(RandomTerm(bar.left, bar.right, double=True, span=node.span))
    bars = [Paren(Binary("|", part.effects, part.group)) for part in parts]
    return Paren(from_spine(bars[0], [("+", each, node.span) for each in bars[1:]])) if bars else node


def _all_taken(node: Paren, taken: bool) -> Node:
    """Of a `- (x || g)` the term as written and those that it is fitted as."""
    return Paren(Binary("+", node, _as_fitted(node))) if taken else node


def update_formula(old: MixedFormula, change: str) -> MixedFormula:
    """R's update.formula: `.` in `change` is the old side; the result is simplified as R does.

    Random-effects terms take part as they are written: `. ~ . - (1 | g)` takes one away, `. ~ . - (x || g)` this term,
    or all those that it is fitted as. Raises FormulaError if `change` is no formula, or the result is none that can be
    fitted.

    >>> update_formula(parse_formula("y ~ x + z + (x | g)"), "log(.) ~ . - z - (x | g) + (1 | g)")
    log(y) ~ x + (1 | g)
    >>> update_formula(fitted_formula(parse_formula("y ~ x + (x || g)")), ". ~ . - (0 + x | g)")
    y ~ x + (1 | g)
    """
    left, right = sides(read_formula(change))
    response = old.response if left is None else _substituted(left, old.response)
    _refuse_crossed_bars(right, change)
    rhs = _substituted(_with_double_bars(right, _all_taken), old.rhs)
    simple = _simplified(terms(rhs, response, text=change))
    return parse_formula(deparse(Unary("~", simple) if response is None else Binary("~", response, simple)))


def _substituted(node: Node, old: Node | None) -> Node:
    """`node` with `old` in place of every `.`; deparse adds the parentheses that this may need."""
    if isinstance(node, Name):
        return old if node.name == "." and old is not None else node
    if isinstance(node, Binary):
        first, steps = node.spine()
        rights = [(step.operator, _substituted(step.right, old), step.span) for step in steps]
        return from_spine(_substituted(first, old), rights)
    if isinstance(node, Unary):
        return Unary(node.operator, _substituted(node.operand, old), node.span)
    if isinstance(node, Paren):
        return Paren(_substituted(node.inner, old), node.span)
    if isinstance(node, Call):
        return Call(node.function, _substituted_in(node.arguments, old), node.span, node.name_span, node.prefix)
    if isinstance(node, Index):
        return Index(_substituted(node.operand, old), _substituted_in(node.arguments, old), node.double, node.span)
    return node


def _substituted_in(arguments: tuple[Argument, ...], old: Node | None) -> tuple[Argument, ...]:
    return tuple(Argument(a.value and _substituted(a.value, old), a.name, a.span) for a in arguments)


def _refuse_crossed_bars(node: Node, text: str) -> None:
    """`. * (1 | g)` and its like: only adding and taking away make sense for a random-effects term."""
    for below in at_term_level(node):
        if isinstance(below, Binary) and below.operator not in ("+", "-", "|", "||"):
            for bar in filter(is_bar, at_term_level(below)):
                message = f"a random-effects term can only be added or taken away, not joined with '{below.operator}'"
                raise FormulaError(message, text, *bar.span)


def _simplified(found: Terms) -> Node:
    """Terms, then offsets, then `- 1`: R's formula of a terms object; `1` where nothing is left."""
    parts = [_enclosed(joined(tuple(found.variables[i] for i in term))) for term in found.factors]
    parts += found.offsets
    total = from_spine(parts[0], [("+", node, NOWHERE) for node in parts[1:]]) if parts else Number(1)
    return total if found.intercept else Binary("-", total, Number(1))


def _enclosed(node: Node) -> Node:
    """R puts every term with a bar into parentheses, be it (x | g) or I(a | b)."""
    return Paren(node) if "|" in deparse(node) else node
