"""A formula on data -> its variables, grouping factors, response, weights and offset on the rows that are used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..functions import (
    Columns,
    Factor,
    Matrix,
    Scope,
    Strings,
    Value,
    as_factor,
    check_names,
    common_labels,
    drop_unused,
    evaluate,
)
from ..functions.arrays import Array
from ..functions.values import RefusedError, length, missing, take
from ..functions.variables import as_variable
from ..language import MixedFormula, RandomTerm, Terms, deparse
from ..language.nodes import Binary, Call, Name, Node, Paren
from ..language.walk import nodes
from .known import Known, group_key
from .row_arguments import check_length, chosen_rows, offset_of, row_numbers
from .rows_used import RowsUsed, choose_rows, na_action_name

if TYPE_CHECKING:
    from .responses import Reader, Response


@dataclass(frozen=True, eq=False)
class Parts:
    """A formula taken apart: terms of the fixed part, random terms as fitted, and the terms left of each bar.

    repeats_response  whether the response was among the fixed terms, which are without it
    """

    formula: MixedFormula
    fixed: Terms
    random: tuple[RandomTerm, ...]
    effects: tuple[Terms, ...]
    repeats_response: bool = False

    @cached_property
    def variables(self) -> tuple[Node, ...]:
        """The variables of the fixed part and left of the bars, each once, without response and offsets.

        As in R's model frame `x - z` has z too: rows in which z is missing are left out.
        """
        found: dict[str, Node] = {}
        for terms in (self.fixed, *self.effects):
            found |= {deparse(node): node for node in terms.framed}
        return tuple(found.values())

    @cached_property
    def groups(self) -> tuple[Node, ...]:
        """The factors that stand between the `:` of the groups, each once."""
        return tuple({deparse(node): node for term in self.random for node in group_factors(term.group)}.values())

    @cached_property
    def names(self) -> tuple[Node, ...]:
        """All names and calls of the formula, first to last; `.` has been expanded."""
        formula = self.formula
        sides = (side for term in formula.random for side in (term.effects, term.group))
        roots = [root for root in (formula.response, formula.fixed, *sides) if root is not None]
        found = [node for root in roots for node in nodes(root) if isinstance(node, Name | Call)]
        return tuple(sorted((node for node in found if node != Name(".")), key=lambda node: node.span[0]))


@dataclass(frozen=True, eq=False, kw_only=True)
class DesignArguments:
    """How formula and data are read, as the user said it: what lmer, lm, lmList, lFormula and makeLmer take alike.

    weights, offset, subset  None, a column's name, an expression, or an array
    na_action                "omit", "exclude", "fail" or "pass"
    contrasts                by factor, a pair for all, or what `ruled` has made of these
    env                      names and functions that are not columns
    """

    weights: Any = None
    offset: Any = None
    subset: Any = None
    na_action: str = "omit"
    contrasts: Any = None
    env: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """R's model frame.

    variables  by their deparse, rows used, no unused levels; the response is not among them
    groups     grouping factors by their deparse (of `a:b` both a and b), likewise
    whole      grouping factors that are known as a whole, by `group_key`, likewise
    response   the left side as numbers, and what it was
    offset     (n,) or None: offset() terms and `offset=` added up
    weights    (n,) or None
    index      of all rows of the data
    """

    variables: Mapping[str, Value]
    groups: Mapping[str, Factor]
    response: Response
    y_name: str
    offset: Array | None
    weights: Array | None
    rows: RowsUsed
    index: pd.Index
    na_action: str
    scope: Scope
    notes: tuple[str, ...] = field(default=())
    whole: Mapping[str, Factor] = field(default_factory=dict)

    @property
    def y(self) -> Array:
        """The response (n,)."""
        return self.response.y


def build_frame(parts: Parts, columns: Columns | None, arguments: DesignArguments, known: Known, read: Reader) -> Frame:
    """Evaluate all variables on all rows, choose the rows, and keep these; `read` makes numbers of the response.

    Raises FormulaError (unknown names, what functions refuse) and DataError (lengths, missing values, nothing left).
    """
    action = na_action_name(arguments.na_action)
    scope = _scope(parts, columns, arguments.env or {}, known)
    check_names(parts.names, scope)
    y_node = left_side(parts.formula)
    y_name, y_found = deparse(y_node), variable_of(y_node, scope)
    n = length(y_found) if columns is None else columns.n
    check_length(y_found, n, y_node, scope)
    scope = _labelled(scope, n)
    found = known.variables_for(evaluated(parts.variables, scope, n))
    y = known.response_for(y_found)
    variables = {y_name: y} | {name: value for name, value in found.items() if name != y_name}
    groups = {deparse(node): _group(node, scope, n) for node in parts.groups}
    offset = offset_of(parts.fixed, arguments.offset, scope, n)
    weights = row_numbers(arguments.weights, "weights", scope, n)
    given = {"offset": offset, "weights": weights}
    extra = groups | {name: value for name, value in given.items() if value is not None}
    chosen = chosen_rows(arguments.subset, scope, n)
    rows = choose_rows(n, chosen, variables, action, extra)
    return Frame(
        {name: _on(value, rows) for name, value in found.items()},
        {name: _on(group, rows) for name, group in groups.items()},
        read_response(read, _on(y, rows), y_node, scope),
        y_name,
        _on(offset, rows),
        _on(weights, rows),
        rows,
        scope.index if scope.index is not None else pd.RangeIndex(n),
        action,
        scope,
        made_missing_notes(made_missing(parts, scope, {y_name: y_found} | found)),
        {key: _on(group, rows) for key, group in known.groups_among(_keys(parts.random)).items()},
    )


def _scope(parts: Parts, columns: Columns | None, env: Mapping[str, Any], known: Known) -> Scope:
    """Where the formula is evaluated; without data the longest vectors of `env` label the rows."""
    if columns is not None:
        return Scope(columns, env, parts.formula.text, dict(known.state), index=columns.index)
    used = dict.fromkeys(node.name for node in parts.names if isinstance(node, Name) and node.name in env)
    index = common_labels(env[name] for name in used)
    return Scope({}, env, parts.formula.text, dict(known.state), has_data=False, index=index)


def _labelled(scope: Scope, n: int) -> Scope:
    """The scope with labels for the n rows: 0, 1, ... where nothing labels them."""
    return scope if scope.index is not None and len(scope.index) == n else replace(scope, index=pd.RangeIndex(n))


def _keys(random: Iterable[RandomTerm]) -> list[str]:
    return [group_key(group_factors(term.group)) for term in random]


def group_factors(group: Node) -> tuple[Node, ...]:
    """`a:b:c` -> a, b, c."""
    if isinstance(group, Paren):
        return group_factors(group.inner)
    if isinstance(group, Binary) and group.operator == ":":
        return (*group_factors(group.left), *group_factors(group.right))
    return (group,)


def left_side(formula: MixedFormula) -> Node:
    if formula.response is None:
        raise DataError(f"the formula {formula} has no response: write y ~ ...")
    return formula.response


def read_response(read: Reader, value: Value, node: Node, scope: Scope) -> Response:
    """The response on the rows used, as a model of its kind reads it."""
    try:
        return read(value, deparse(node))
    except RefusedError as refused:
        raise scope.error(str(refused), node) from None


def evaluated(found: Sequence[Node], scope: Scope, n: int) -> dict[str, Value]:
    values = {}
    for node in found:
        value = variable_of(node, scope, n)
        check_length(value, n, node, scope)
        values[deparse(node)] = value
    return values


def variable_of(node: Node, scope: Scope, n: int | None = None) -> Value:
    value = evaluate(node, scope)
    if n is not None and isinstance(value, Strings):
        check_length(value, n, node, scope)  # before many texts are sorted
    try:
        return as_variable(value)
    except RefusedError as refused:
        raise scope.error(str(refused), node) from None


def _group(node: Node, scope: Scope, n: int) -> Factor:
    try:
        factor = as_factor(evaluate(node, scope))
    except RefusedError as refused:
        raise scope.error(f"no grouping factor: {refused}", node) from None
    check_length(factor, n, node, scope)
    return factor


def _on(value: Any, rows: RowsUsed) -> Any:
    """The value on the rows used; a factor loses the levels that do not occur there."""
    positions = rows.positions
    if value is None:
        return None
    kept = value if positions is None else take(value, positions)
    return drop_unused(kept) if isinstance(kept, Factor) else kept


def made_missing(parts: Parts, scope: Scope, variables: Mapping[str, Value]) -> dict[str, int]:
    """For every expression, rows in which it is NaN where its variables have values, as a negative one's log is."""
    found = {}
    every = [*([parts.formula.response] if parts.formula.response else []), *parts.variables]
    for node in every:
        value = variables[deparse(node)]
        absent = missing(value) if isinstance(value, np.ndarray | Matrix) and not isinstance(node, Name) else None
        if absent is None:
            continue
        before = np.zeros_like(absent)
        for name in (inner.name for inner in nodes(node) if isinstance(inner, Name) and inner.name in scope.columns):
            mask = missing(scope.columns[name])
            before |= False if mask is None else mask
        found[deparse(node)] = int(np.count_nonzero(absent & ~before))
    return found


def made_missing_notes(counts: Mapping[str, int]) -> tuple[str, ...]:
    """What is to be said of expressions that are NaN where their variables are not."""
    rows = {name: "1 row" if count == 1 else f"{count} rows" for name, count in counts.items() if count}
    return tuple(f"{name} is NaN in {where} where its variables are not" for name, where in rows.items())
