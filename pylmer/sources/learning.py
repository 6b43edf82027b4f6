"""What functions such as poly, scale and cut learn from the data: learnt once, from the whole table, before the sums.

A value that depends on other rows in any other way, as x - mean(x), cannot be had of a part of the rows: it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..design.ruling import ruling
from ..errors import DataError, FormulaError, PylmerError
from ..functions import Columns, Factor, Logical, Matrix, Strings, Value, evaluate
from ..functions.arrays import Array
from ..functions.levels import Levels
from ..functions.values import take
from ..language import deparse
from ..language.nodes import Call, Node
from ..language.walk import nodes, variables
from .joining import columns_of, joined
from .parts import TablePart
from .recipe import Recipe
from .tables import RowTable

# what these learn depends on the distinct values alone, not on how often they occur
OF_DISTINCT = frozenset(
    ["factor", "as.factor", "ordered", "as.ordered", "droplevels", "interaction", "relevel", "dummy", "C"]
)
OF_NUMBERS = frozenset(["poly", "scale", "bs", "ns", "cut"])
OF_ALL = OF_NUMBERS | {"reorder"}


def learnt(recipe: Recipe, table: RowTable, head: TablePart) -> Recipe:
    """The recipe with what its functions learn from the table; a pass over their columns where they need all rows.

    Columns are held for it: eight bytes for each row, of factors the distinct values.
    """
    return learnt_of(recipe, head, lambda names, distinct: _gathered(table, names, distinct))


def learnt_of(recipe: Recipe, head: TablePart, gathered: Callable[[Sequence[str], bool], Columns]) -> Recipe:
    """As `learnt`, of columns by their names, of all rows or of those that differ."""
    learners = [node for node in _learners(recipe, head) if not _knows(recipe, node)]
    told = [node for node in learners if not _learns_from_all(recipe, node, head)]
    state = {**recipe.state, **_states(recipe, head, told)}
    others = [node for node in learners if node not in told]
    if others:
        distinct = all(_functions(node) <= OF_DISTINCT for node in others)
        used = dict.fromkeys(each.name for node in others for each in variables(node))
        columns = gathered([name for name in used if name in head.columns], distinct)
        state |= _states(recipe, TablePart(columns, head.where), others)
    return replace(recipe, state=state)


def _knows(recipe: Recipe, node: Node) -> bool:
    """Whether all that learns in an expression has learnt."""
    calls = [each for each in nodes(node) if isinstance(each, Call) and each.function in OF_DISTINCT | OF_ALL]
    return all(deparse(call) in recipe.state for call in calls)


def learnt_from_head(recipe: Recipe, head: TablePart) -> Recipe:
    """The recipe with what its functions learn from a head: levels, and what the formula says itself."""
    return replace(recipe, state=_states(recipe, head, _learners(recipe, head)))


def _learners(recipe: Recipe, head: TablePart) -> list[Node]:
    """The expressions with a function that may learn."""
    env = recipe.arguments.env or {}
    every = recipe.expressions(tuple(head.columns))
    return [node for node in every if any(name not in env for name in _functions(node))]


def _functions(node: Node) -> frozenset[str]:
    """The functions of an expression that may learn."""
    return frozenset(each.function for each in nodes(node) if isinstance(each, Call)) & (OF_DISTINCT | OF_ALL)


def _learns_from_all(recipe: Recipe, node: Node, head: TablePart) -> bool:
    """Whether what is learnt depends on rows that are not in the head: other numbers would teach something else."""
    if not _functions(node) <= OF_NUMBERS:
        return True
    try:
        moved = _states(recipe, TablePart(_moved(head.columns), head.where), [node])
        return not same_state(_states(recipe, head, [node]), moved)
    except PylmerError:  # there are too few rows in the head, or the numbers are beyond what the function takes
        return True


def _states(recipe: Recipe, part: TablePart, learners: Sequence[Node]) -> dict[str, dict[str, Any]]:
    scope = replace(recipe.scope(part), state={})
    with ruling(recipe.arguments.contrasts):
        for node in learners:
            evaluate(node, scope)
    return scope.state


def _gathered(table: RowTable, names: Sequence[str], distinct: bool) -> Columns:
    """Some columns of all rows, or of rows that differ."""
    held = []
    for part in table.passed(names, "columns"):
        columns = part.columns.taken(_first_of_each(part.columns, names)) if distinct else part.columns
        values = {name: columns[name] for name in names}
        held.append(TablePart(columns_of(values, columns.n), part.where))
    return joined(held, names)


def _first_of_each(columns: Columns, names: Iterable[str]) -> Array:
    """Positions of rows that have no equal before them."""
    coded = pd.DataFrame({name: _codes(columns[name]) for name in names})
    return np.flatnonzero(~coded.duplicated().to_numpy())


def _codes(value: Value) -> Array:
    return np.asarray(value.codes) if isinstance(value, Factor | Strings | Logical) else pd.factorize(value)[0]


def check_alone(recipe: Recipe, head: TablePart) -> None:
    """DataError for an expression whose value in a row depends on the other rows, found out on some rows.

    Two halves of the rows must give what all give together.
    """
    n = head.columns.n
    if n < 2:
        return
    halves = [np.arange(n // 2), np.arange(n // 2, n)]
    parts = [TablePart(head.columns.taken(rows), head.where) for rows in halves]
    for node in recipe.expressions(tuple(head.columns)):
        if isinstance(node, Call) or variables(node):
            _check_alone(recipe, node, head, list(zip(parts, halves, strict=True)))


def _check_alone(recipe: Recipe, node: Node, head: TablePart, halves: Sequence[tuple[TablePart, Array]]) -> None:
    with ruling(recipe.arguments.contrasts):
        whole = evaluate(node, recipe.scope(head))
        if not _by_row(whole, head.columns.n):
            return  # a number for all rows
        for part, rows in halves:
            try:
                alone = _comparable(evaluate(node, recipe.scope(part)))
            except FormulaError:
                alone = None
            if alone is None or not _same(alone, _comparable(take(whole, rows))):
                raise DataError(
                    f"the value of {deparse(node)} in a row depends on other rows, but the rows are read in parts: "
                    "make it a column of the data (scale, poly, ns, bs and cut learn from all rows, and may be used)"
                )


def _by_row(value: Value, n: int) -> bool:
    comparable = _comparable(value)
    return len(comparable) == n


def _comparable(value: Value) -> Any:
    """The value as an array of numbers or texts."""
    if isinstance(value, Matrix):
        return value.numbers
    if isinstance(value, Logical):
        return value.codes
    if isinstance(value, Factor | Strings):
        labels = value.levels.labels() if isinstance(value, Factor) else value.values
        return np.array([*labels, None], dtype=object)[value.codes]
    return value


def _same(one: Any, two: Any) -> bool:
    if one.shape != two.shape:
        return False
    if one.dtype == object:
        return bool(np.all(one == two))
    one, two = one.astype(float), two.astype(float)
    scale = float(np.max(np.abs(two[np.isfinite(two)]), initial=0.0))
    return bool(np.allclose(one, two, rtol=1e-12, atol=1e-12 * scale, equal_nan=True))


def check_bare(recipe: Recipe, head: TablePart) -> None:
    """DataError for a function that would learn from the head of a table what only the whole can tell.

    Found out by other numbers in the head: what is learnt from them must be the same. Levels are learnt from the head.
    """
    for node in _learners(recipe, head):
        if not _functions(node) <= OF_DISTINCT and _learns_from_all(recipe, node, head):
            raise DataError(
                f"{deparse(node)} learns from all rows, of which a head says nothing: give plan() the whole table "
                "(a path, a dataset, a function that gives frames), or say its knots, centre or breaks in the formula"
            )


def _moved(columns: Columns) -> Columns:
    values = {name: columns[name] for name in columns}
    numbers = {n: 1.5 * v + 1.0 for n, v in values.items() if isinstance(v, np.ndarray) and v.dtype.kind in "iuf"}
    return columns_of(values | numbers, columns.n)


def same_state(one: Any, two: Any) -> bool:
    """Whether two functions have learnt the same."""
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        return one.keys() == two.keys() and all(same_state(one[key], two[key]) for key in one)
    if isinstance(one, np.ndarray | tuple | list):
        return bool(np.array_equal(np.asarray(one), np.asarray(two)))
    return bool(one == two)


def written_states(state: Mapping[str, Any]) -> Iterator[str]:
    """What was learnt, as texts that are equal where it is."""
    for key in sorted(state):
        value = state[key]
        if isinstance(value, Mapping):
            yield from (f"{key}: {text}" for text in written_states(value))
        elif isinstance(value, Levels):
            yield f"{key}: {value.labels()}"
        else:
            yield f"{key}: {np.asarray(value).tolist()!r}"
