"""Rows that say what the columns mean: the first of a table, and of every level of a factor its first row.

Today's design code on these few rows gives the columns that it would give on all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from ..design.remembered import Remembered
from ..errors import DataError
from ..functions import Columns, Factor, Value, as_factor
from ..functions.arrays import Array
from ..functions.levels import Levels
from ..functions.values import kind
from ..language import deparse
from .joining import codes_among, columns_of, is_unknown, joined, kind_of_all, union_of_levels
from .parts import TablePart
from .recipe import Evaluated, Recipe
from .tables import RowTable

FIRST = 2_000  # rows, by which coordinates are chosen and functions are tried


def first_rows(table: RowTable, wanted: tuple[str, ...]) -> TablePart:
    """The first part of a table that has rows, and no more of it than is needed."""
    for part in table.parts(wanted):
        return TablePart(_taken(part, np.arange(min(part.columns.n, FIRST)), wanted), part.where)
    raise DataError(f"{table.description} has no rows")


def telling_rows(recipe: Recipe, table: RowTable, wanted: tuple[str, ...]) -> TablePart:
    """Rows of the table, of those that are used, in which every level of every factor among the predictors occurs.

    The whole table is read if there are such factors. DataError if no row is used.
    """
    search = _Search(recipe, wanted)
    for part in table.passed(wanted, "levels"):
        search.add(part)
        if search.enough:
            break
    return search.found(table.description)


class _Search:
    """Rows found so far: the first ones that are used, and those in which a new level occurs."""

    def __init__(self, recipe: Recipe, wanted: tuple[str, ...]) -> None:
        self.recipe, self.wanted = recipe, wanted
        self.held: list[TablePart] = []
        self.n = 0
        self.known: dict[str, set[str]] = {}
        self.levels: dict[str, Levels] = {}
        self.kinds: dict[str, dict[str, str]] = {}
        self.total = 0

    @property
    def enough(self) -> bool:
        """Whether nothing more can be learnt: there are rows enough, and no factors."""
        return self.n >= FIRST and not self.known

    def add(self, part: TablePart) -> None:
        self._check_kinds(part)
        found = self.recipe.evaluate(part)
        self.total += found.rows.n_total
        for name in self.wanted:
            value = part.columns.get(name)
            if isinstance(value, Factor):
                self.levels[name] = union_of_levels([*filter(None, [self.levels.get(name)]), value.levels])
        chosen = np.union1d(np.arange(min(found.n, max(FIRST - self.n, 0))), self._new(found))
        if len(chosen):
            positions = chosen if found.rows.positions is None else found.rows.positions[chosen]
            self.held.append(TablePart(_taken(part, positions, self.wanted), part.where))
            self.n += len(chosen)

    def _check_kinds(self, part: TablePart) -> None:
        """DataError for a column of another kind than in the parts before."""
        for name in self.wanted:
            value = part.columns.get(name)
            if value is not None and not is_unknown(value):
                known = self.kinds.setdefault(name, {})
                known.setdefault(kind(value), part.where)
                kind_of_all(known, name)

    def _new(self, found: Evaluated) -> Array:
        """Rows in which a level of a factor occurs for the first time."""
        rows: list[int] = []
        for name, value in self._factors(found).items():
            known = self.known.setdefault(name, set())
            codes, first = np.unique(value.codes, return_index=True)
            for code, row in zip(codes.tolist(), first.tolist(), strict=True):
                label = value.levels[code]
                if label not in known:
                    known.add(label)
                    rows.append(row)
        return np.array(sorted(rows), dtype=np.int64)

    def _factors(self, found: Evaluated) -> dict[str, Factor]:
        own = {name for name in found.groups if name in self._own_groups}
        every: dict[str, Value] = {**found.variables, **{name: found.groups[name] for name in own}}
        return {name: as_factor(value) for name, value in every.items() if isinstance(value, Factor) or name in own}

    @property
    def _own_groups(self) -> frozenset[str]:
        """Grouping variables that stand left of their own bar too."""
        return frozenset(map(deparse, self.recipe.groups)) & frozenset(map(deparse, self.recipe.variables))

    def found(self, description: str) -> TablePart:
        """The rows as one part, whose factors have the levels of all parts, in the order in which they turned up."""
        if not self.held:
            raise DataError(f"0 of the {self.total} rows of {description} can be used: missing values, or subset=")
        columns = joined(self.held, self.wanted)
        values = {name: columns[name] for name in self.wanted}
        values |= {n: _on(v, self.levels[n]) for n, v in values.items() if isinstance(v, Factor) and n in self.levels}
        return TablePart(columns_of(values, columns.n), description)


def _on(factor: Factor, levels: Levels) -> Factor:
    return replace(factor, codes=codes_among(factor, levels), levels=levels)


def _taken(part: TablePart, rows: Array, wanted: tuple[str, ...]) -> Columns:
    columns = part.columns.taken(rows)
    return columns_of({name: columns[name] for name in wanted}, columns.n)


def remembered_kinds(recipe: Recipe, columns: Columns) -> dict[str, Remembered]:
    """Kinds of the columns, with the levels of those that are read for more than a grouping factor."""
    return dict(_kinds(recipe, {name: columns[name] for name in columns}))


def _kinds(recipe: Recipe, values: Mapping[str, Value]) -> Iterator[tuple[str, Remembered]]:
    for name, value in values.items():
        of_factor = isinstance(value, Factor) and name in recipe.coded
        yield name, Remembered(kind(value), value.levels if of_factor else None, of_factor and value.ordered)
