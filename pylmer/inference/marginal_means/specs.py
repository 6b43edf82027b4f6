"""What is asked for: "pairwise ~ recipe | temperature" -> names of means, names of groups, a contrast method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ArgumentError, FormulaError, FormulaNameError
from ...language import known_as, variables
from ...language.nodes import Binary, Name, Node
from ...language.parse import is_formula, read, sides
from ...language.suggest import did_you_mean


@dataclass(frozen=True)
class Specs:
    """Names of the means' variables and of the groups, and the contrasts asked for on the left of the tilde."""

    names: tuple[str, ...]
    by: tuple[str, ...] = ()
    method: str | None = None


def several_specs(specs: Any) -> list[tuple[str | None, Any]] | None:
    """Several specs with their names, from a dict, or from a list of formulas and lists of names; None if it is one.

    >>> several_specs(["~ a", ["a", "b"]])
    [(None, '~ a'), (None, ['a', 'b'])]
    >>> several_specs(["a", "b"])
    """
    if isinstance(specs, Mapping):
        return [(str(name), each) for name, each in specs.items()]
    if not isinstance(specs, Sequence) or isinstance(specs, str):
        return None
    several = any(not isinstance(each, str) or "~" in each for each in specs)
    return [(None, each) for each in specs] if several else None


def parse_specs(specs: Any, known: Sequence[str]) -> Specs:
    """Read "a", ["a", "b"], "~ a | b" or "pairwise ~ a | b" over the variables `known`.

    Raises FormulaError with a caret for a formula, ArgumentError for a name, that the grid does not know.

    >>> parse_specs("trt.vs.ctrl ~ a * b | c", ["a", "b", "c"])
    Specs(names=('a', 'b'), by=('c',), method='trt.vs.ctrl')
    """
    if isinstance(specs, str) and "~" in specs:
        return _formula(specs, known)
    return Specs(names_among(specs, known, "specs"))


@dataclass(frozen=True)
class Traces:
    """What an interaction plot shows: means against `across`, a line for each of `traces`, a panel for each of `by`."""

    traces: tuple[str, ...]
    across: tuple[str, ...]
    by: tuple[str, ...]


def parse_traces(formula: Any, known: Sequence[str]) -> Traces:
    """Read "traces ~ across | by" over the variables `known`; traces and by may be missing.

    >>> parse_traces("recipe ~ temperature", ["recipe", "temperature"])
    Traces(traces=('recipe',), across=('temperature',), by=())
    """
    if not isinstance(formula, str):
        raise ArgumentError(f"formula={formula!r}: wanted a text such as 'recipe ~ temperature'")
    left, right, by = _parts(formula, known)
    traces, across = () if left is None else _names(left, formula, known), _names(right, formula, known)
    if not across:
        raise FormulaError("nothing to plot against: write traces ~ across", formula, *right.span)
    return Traces(traces, tuple(name for name in across if name not in by), by)


def names_among(given: Any, known: Sequence[str], what: str) -> tuple[str, ...]:
    """One name or several, each of them known."""
    if given is None:
        return ()
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"{what}={given!r}: wanted a name, a list of names, or a formula such as '~ a | b'")
    names = [known_as(name, known) or name for name in names]
    for name in names:
        if name not in known:
            raise ArgumentError(
                f"{what}: no variable {name!r} in the reference grid{did_you_mean(name, known)}; "
                f"it has {', '.join(known) or 'none'}"
            )
    return tuple(dict.fromkeys(names))


def _formula(text: str, known: Sequence[str]) -> Specs:
    left, right, by = _parts(text, known)
    names = tuple(name for name in _names(right, text, known) if name not in by)
    return Specs(names, by, None if left is None else _method(left, text))


def _parts(text: str, known: Sequence[str]) -> tuple[Node | None, Node, tuple[str, ...]]:
    """left ~ right | by."""
    node = read(text)
    if not is_formula(node):
        raise FormulaError("wanted names, or a formula such as '~ a | b' with '~' outermost", text, *node.span)
    left, right = sides(node)
    if isinstance(right, Binary) and right.operator == "|":
        return left, right.left, _names(right.right, text, known)
    return left, right, ()


def _names(node: Node, text: str, known: Sequence[str]) -> tuple[str, ...]:
    found = variables(node)
    for each in found:
        if each.name not in known:
            message = (
                f"no variable {each.name!r} in the reference grid{did_you_mean(each.name, known)}; "
                f"it has {', '.join(known) or 'none'}"
            )
            raise FormulaNameError(message, text, *each.span)
    return tuple(dict.fromkeys(each.name for each in found))


def _method(left: Node, text: str) -> str:
    if not isinstance(left, Name):
        raise FormulaError("the left side is a name of contrasts, such as pairwise", text, *left.span)
    return left.name
