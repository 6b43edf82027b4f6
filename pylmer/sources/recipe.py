"""What is evaluated on every part of a table, before anything of it is coded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..design.build import take_apart
from ..design.checks import check_finite, check_weights
from ..design.model_frame import (
    DesignArguments,
    evaluated,
    left_side,
    made_missing,
    variable_of,
)
from ..design.parts import Parts
from ..design.remembered import Remembered
from ..design.responses import numbers_response
from ..design.row_arguments import chosen_rows, offset_of, row_numbers
from ..design.rows_used import RowsUsed, complete_rows, na_action_name
from ..design.ruling import ruling
from ..design.spec import argument_node
from ..errors import ArgumentError, DataError
from ..functions import Factor, Levels, Scope, Value, check_names, evaluate
from ..functions.arrays import Array
from ..functions.values import RefusedError, kind, take
from ..language import MixedFormula, deparse
from ..language.nodes import Node
from ..language.walk import variables
from ..options import Control
from .joining import as_kind, codes_among, is_unknown, union_of_levels
from .parts import TablePart

VECTORS = ("weights", "offset", "subset")


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A part of a table, evaluated; rows that are not used are gone.

    variables  by their deparse;  groups  what stands between the `:` of the groups, by its deparse, not made factors
    response   numbers (n,);  offset, weights (n,) or None
    nan_made   rows in which an expression is NaN and its variables are not, by its deparse
    predictors columns of the data that the fixed effects are made of
    """

    variables: Mapping[str, Value]
    groups: Mapping[str, Value]
    response: Array
    offset: Array | None
    weights: Array | None
    rows: RowsUsed
    nan_made: Mapping[str, int]
    where: str
    predictors: Mapping[str, Value] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Rows that are used."""
        return len(self.response)


@dataclass(frozen=True, eq=False)
class Recipe:
    """A formula with all that its evaluation needs beside the rows; pickles.

    state    what functions such as poly learnt from the whole table
    columns  kinds, and levels of factors, of the columns that were seen; a part must not have others
    """

    parts: Parts
    arguments: DesignArguments
    state: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    columns: Mapping[str, Remembered] = field(default_factory=dict)

    @classmethod
    def of(cls, formula: MixedFormula, names: tuple[str, ...], arguments: DesignArguments, control: Control) -> Recipe:
        """The recipe of a formula on a table with these columns; ArgumentError for arguments with a value by row."""
        for word in VECTORS:
            given = getattr(arguments, word)
            if given is not None and not isinstance(given, str | int | float | np.number):
                raise ArgumentError(
                    f"{word}= has a value for each row, but the rows are read in parts: make it a column of the data, "
                    f"{word}='name'"
                )
        columns = dict.fromkeys(names)
        parts = take_apart(formula, columns, control)  # type: ignore[arg-type]  # only the names are asked for
        return cls(parts, replace(arguments, na_action=na_action_name(arguments.na_action)))

    @property
    def text(self) -> str:
        """The formula as it was written."""
        return self.parts.formula.text

    @cached_property
    def response(self) -> Node:
        """The left side."""
        return left_side(self.parts.formula)

    @cached_property
    def variables(self) -> tuple[Node, ...]:
        """The variables of the fixed part and left of the bars."""
        return tuple(self.parts.variables.values())

    @cached_property
    def groups(self) -> tuple[Node, ...]:
        """What stands between the `:` of the groups."""
        return tuple(self.parts.groups.values())

    @cached_property
    def predictors(self) -> tuple[str, ...]:
        """Names in the fixed part, which may be columns of the data."""
        every = (*self.parts.fixed.used, *self.parts.fixed.offsets)
        return tuple(dict.fromkeys(name.name for node in every for name in variables(node)))

    @cached_property
    def coded(self) -> frozenset[str]:
        """Columns that are read for anything but a grouping factor alone."""
        every = [self.response, *self.variables, *self.parts.fixed.offsets]
        return frozenset(name.name for node in every for name in variables(node))

    def expressions(self, known: Any) -> Iterator[Node]:
        """All that is evaluated, with the arguments that are texts; `known` are names of columns."""
        yield from (self.response, *self.variables, *self.groups, *self.parts.fixed.offsets)
        for word in VECTORS:
            given = getattr(self.arguments, word)
            if isinstance(given, str):
                yield argument_node(given, known)

    def wanted(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of a table that are read."""
        found = {name.name for node in self.expressions(names) for name in variables(node)}
        return tuple(name for name in names if name in found)

    def check_names(self, names: tuple[str, ...]) -> None:
        """FormulaNameError for the first name that means nothing."""
        scope = Scope(dict.fromkeys(names), self.arguments.env or {}, self.text)
        check_names(self.parts.names, scope)

    def scope(self, part: TablePart) -> Scope:
        """Where the formula is evaluated on a part."""
        columns = PartColumns(part, self.columns)
        return Scope(
            columns, self.arguments.env or {}, self.text, dict(self.state), index=columns.index, rows=part.where
        )

    def evaluate(self, part: TablePart) -> Evaluated:
        """Evaluate everything on all rows of a part, choose the rows, and keep these.

        Errors are those of a fit in memory.
        """
        with ruling(self.arguments.contrasts):
            return self._evaluate(part, self.scope(part))

    def _evaluate(self, part: TablePart, scope: Scope) -> Evaluated:
        n, arguments = part.columns.n, self.arguments
        y_name, y = deparse(self.response), variable_of(self.response, scope, n)
        found = evaluated(self.parts.variables, scope, n)
        groups = {name: group_value(node, scope) for name, node in self.parts.groups.items()}
        offset = offset_of(self.parts.fixed, arguments.offset, scope, n)
        weights = row_numbers(arguments.weights, "weights", scope, n)
        given = {name: value for name, value in (("offset", offset), ("weights", weights)) if value is not None}
        every = {y_name: y} | {name: value for name, value in found.items() if name != y_name} | groups | given
        rows = complete_rows(n, chosen_rows(arguments.subset, scope, n), every, arguments.na_action)
        made = Evaluated(
            {name: _on(value, rows) for name, value in found.items()},
            {name: _on(value, rows) for name, value in groups.items()},
            self._numbers(_on(y, rows), scope),
            _on(offset, rows),
            _on(weights, rows),
            rows,
            made_missing(self.parts, scope, {y_name: y} | found),
            part.where,
            {name: _on(scope.columns[name], rows) for name in self.predictors if name in scope.columns},
        )
        self._check(made)
        return made

    def _check(self, made: Evaluated) -> None:
        try:
            used = {name: value for name, value in made.variables.items() if name in self.parts.used}
            check_finite({deparse(self.response): made.response, **used, "offset": made.offset})
            check_weights(made.weights)
        except DataError as error:
            raise DataError(f"{made.where}: {error}") from None

    def _numbers(self, y: Value, scope: Scope) -> Array:
        try:
            return numbers_response(y, deparse(self.response)).y
        except RefusedError as refused:
            raise scope.error(str(refused), self.response) from None


def group_value(node: Node, scope: Scope) -> Value:
    """A grouping factor as it is: numbers, texts, a factor, a logical."""
    value = evaluate(node, scope)
    if kind(value) not in ("numeric", "text", "factor", "logical", "date"):
        raise scope.error(f"no grouping factor: a factor cannot be made of a {kind(value)}", node)
    return value


def _on(value: Any, rows: RowsUsed) -> Any:
    return value if value is None or rows.positions is None else take(value, rows.positions)


class PartColumns(Mapping[str, Value]):
    """The columns of a part, given the kinds that they have in all others."""

    def __init__(self, part: TablePart, remembered: Mapping[str, Remembered]) -> None:
        self._part = part
        self._remembered = remembered
        self._values: dict[str, Value] = {}
        self.index = part.columns.index

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            self._values[name] = self._read(name)
        return self._values[name]

    def _read(self, name: str) -> Value:
        if name not in self._part.columns:
            listed = ", ".join(self._part.columns) or "none"
            raise DataError(f"{self._part.where} has no column {name!r} (it has {listed})")
        value, known = self._part.columns[name], self._remembered.get(name)
        return value if known is None else fitting(value, known, name, self._part.where)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._part.columns, *self._remembered]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in self._part.columns or name in self._remembered


ALIKE = {("logical", "numeric"), ("factor", "text"), ("text", "factor")}


def fitting(value: Value, known: Remembered, name: str, where: str) -> Value:
    """A column of a part as the kind of column that it is elsewhere; DataError where it is of another kind.

    A factor has the levels that are known, and behind them its own that are not.
    """
    found = kind(value)
    if found == known.kind:
        return _on_union(value, known.levels) if isinstance(value, Factor) and known.levels is not None else value
    if is_unknown(value):
        unknown = as_kind(value, known.kind)
        return replace(unknown, levels=known.levels) if isinstance(unknown, Factor) and known.levels else unknown
    if (found, known.kind) in ALIKE:
        return value if known.kind == "factor" else as_kind(value, known.kind)
    raise DataError(
        f"column {name!r} is {found} in {where}, but {known.kind} in the rows by which the formula was planned"
    )


def _on_union(factor: Factor, levels: Levels) -> Factor:
    every = union_of_levels([levels, factor.levels])
    return factor if every is factor.levels else replace(factor, codes=codes_among(factor, every), levels=every)
