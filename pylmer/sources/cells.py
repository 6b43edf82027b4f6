"""Sums of the rows of each cell, by one GROUP BY: only cells leave the engine that holds the rows.

A cell is a combination of the keys: grouping variables and categorical predictors. Of each the number of its rows and
sums of products of atoms are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

import narwhals as nw
import numpy as np

from ..errors import DataError
from ..functions import Columns
from ..functions.arrays import Array
from ..language import deparse
from .atoms import Atoms, Pair
from .joining import columns_of
from .lazy import RowEngine
from .sayable import number
from .spoken import COLUMN, Spoken


@dataclass(frozen=True, eq=False)
class EngineCells:
    """Cells in which rows are used.

    columns  the keys, by their names (C rows)
    n        rows (C,);  sums: by pair of atoms, weighted (C,)
    other    further sums by their names (C,), of cells in which no row is used too
    used     places of the cells with used rows among those of `other`
    """

    columns: Columns
    n: Array
    sums: Mapping[Pair, Array]
    other: Mapping[str, Array]
    used: Array

    def product(self, a: int, b: int) -> Array:
        """Sums of products of two atoms (C,)."""
        return self.sums[min(a, b), max(a, b)]

    def take(self, rows: Array) -> EngineCells:
        """Some of the cells."""
        sums = {pair: values[rows] for pair, values in self.sums.items()}
        return EngineCells(self.columns.taken(rows), self.n[rows], sums, self.other, self.used[rows])

    def total(self, size: int) -> Array:
        """Sums over all cells, where every pair was asked for (size, size)."""
        out = np.zeros((size, size))
        for (a, b), values in self.sums.items():
            out[a, b] = out[b, a] = float(values.sum())
        return out


class Question:
    """A table, and a formula in its words."""

    def __init__(self, engine: RowEngine, spoken: Spoken) -> None:
        self.engine, self.spoken = engine, spoken
        self.numbers = {name: f"v{i}" for i, name in enumerate(spoken.numbers)}
        self.keys = {name: f"k{i}" for i, name in enumerate((*spoken.keys, *spoken.said_keys))}
        self.made = {name: f"m{i}" for i, name in enumerate(spoken.made)}

    def base(self, *more: nw.Expr) -> Any:
        """The rows as numbers and keys, and `u`, whether a row is used."""
        spoken = self.spoken
        y = spoken.response if spoken.offset is None else spoken.response - spoken.offset
        columns = [
            *(expression.alias(self.numbers[name]) for name, expression in spoken.numbers.items()),
            *(expression.alias(self.keys[name]) for name, expression in spoken.keys.items()),
            *(said.expression.alias(self.keys[name]) for name, said in spoken.said_keys.items()),
            *(expression.alias(self.made[name]) for name, expression in spoken.made.items()),
            spoken.response.alias("r"),
            y.alias("y"),
        ]
        if spoken.weights is not None:
            columns.append(spoken.weights.alias("w"))
        if spoken.subset is not None:
            columns.append(spoken.subset.alias("c"))
        return self.engine.frame.select(*columns, *more).with_columns(u=reduce(and_, self._conditions()))

    def _conditions(self) -> list[nw.Expr]:
        keys = [self.keys[name] for name in (*self.spoken.complete_keys, *self.spoken.said_keys)]
        names = [*self.numbers.values(), *keys, "r", "y", *(["w"] if self.spoken.weights is not None else [])]
        present = [~nw.col(name).is_null() for name in names]
        return present if self.spoken.subset is None else [*present, nw.col("c")]

    def head(self, wanted: Sequence[str], rows: int) -> tuple[Columns, Mapping[str, Array], Array, Array]:
        """Some rows that are used: the columns wanted, the numbers, the response, and it without offset."""
        raw = {name: f"h{i}" for i, name in enumerate(wanted)}
        frame = self.base(*(nw.col(name).alias(alias) for name, alias in raw.items())).filter(nw.col("u"))
        found = self.engine.collected(frame.head(rows))
        values = {name: _numbers(found[alias]) for name, alias in self.numbers.items()}
        columns = columns_of({name: found[alias] for name, alias in raw.items()}, found.n)
        return columns, values, _numbers(found["r"]), _numbers(found["y"])

    def sizes(self, keys: Sequence[str], most: int) -> tuple[int, int]:
        """Of some rows, at most `most`: how many there are, and in how many cells."""
        rows = self.base().head(most)
        cells = rows.group_by("u", *(self.keys[key] for key in keys)).agg(nw.len().alias("n"))
        found = self.engine.collected(cells.select(nw.col("n").sum().alias("rows"), nw.len().alias("cells")))
        there, count = (int(np.nan_to_num(_numbers(found[name])[0])) for name in ("rows", "cells"))
        return there, count

    def cells(self, keys: Sequence[str], atoms: Atoms, pairs: Iterable[Pair]) -> EngineCells:
        """By these keys, of the rows that are used."""
        return self._grouped(self._products(self.base().filter(nw.col("u")), atoms, pairs), keys, list(pairs), {})

    def cells_and_facts(self, keys: Sequence[str], atoms: Atoms, zero_one: Iterable[int]) -> EngineCells:
        """By these keys with all products, and what else must be known of all rows."""
        rows = self.base()
        return self._grouped(self._products(rows, atoms, atoms.pairs), keys, atoms.pairs, self._facts(atoms, zero_one))

    def _products(self, rows: Any, atoms: Atoms, pairs: Iterable[Pair]) -> Any:
        """With the centred atoms, and their products: columns before they are summed."""
        raw = [reduce(lambda a, b: a * b, (nw.col(self.numbers[v]) for v in atom)) for atom in atoms.products[1:]]
        centred = [
            ((atom - number(float(c))) / number(float(s))).alias(f"a{i}")
            for i, (atom, c, s) in enumerate(zip(raw, atoms.centre[1:], atoms.scale[1:], strict=True), start=1)
        ]
        rows = rows.with_columns(*centred) if centred else rows
        line = number(float(atoms.target[0]))
        for i, slope in enumerate(atoms.target[1:], start=1):
            line = line + nw.col(f"a{i}") * number(float(slope))
        rows = rows.with_columns((nw.col("y") - line).alias(f"a{atoms.y}"))
        made = [self._product(a, b) for a, b in pairs if self._asked(a, b)]
        return rows.with_columns(*made) if made else rows

    def _asked(self, a: int, b: int) -> bool:
        """Whether a product is none of the columns that are there."""
        return b > 0 and (a > 0 or self.spoken.weights is not None)

    def _product(self, a: int, b: int) -> nw.Expr:
        factors = [f"a{place}" for place in (a, b) if place] + (["w"] if self.spoken.weights is not None else [])
        return reduce(lambda x, y: x * y, map(nw.col, factors)).alias(f"p{a}_{b}")

    def _sum(self, a: int, b: int) -> nw.Expr | None:
        """None for the number of rows."""
        if self._asked(a, b):
            return nw.col(f"p{a}_{b}").sum()
        weighted = self.spoken.weights is not None
        return nw.col(f"a{b}").sum() if b else nw.col("w").sum() if weighted else None

    def _facts(self, atoms: Atoms, zero_one: Iterable[int]) -> dict[str, nw.Expr]:
        found = {f"made:{name}": _count(nw.col(alias)) for name, alias in self.made.items()}
        found |= {"low": nw.col("r").min(), "high": nw.col("r").max()}
        if self.spoken.subset is not None:
            found["chosen"] = _count(nw.col("c"))
        for a in zero_one:
            names = [nw.col(self.numbers[name]) for name in atoms.products[a]]
            found[f"between:{a}"] = _count(reduce(lambda x, y: x | y, [(x != 0.0) & (x != 1.0) for x in names]))
        if self.spoken.weights is not None:
            positive = nw.when(nw.col("w") > 0).then(nw.col("w"))
            found |= {"least": nw.col("w").min(), "most": nw.col("w").max(), "logs": positive.log().sum()}
            for a in range(1, len(atoms)):
                one = nw.col(f"a{a}")
                found[f"plain:0,{a}"] = one.sum()
                found |= {f"plain:{b},{a}": (nw.col(f"a{b}") * one).sum() for b in range(1, a + 1)}
        return found

    def _grouped(
        self, rows: Any, keys: Sequence[str], pairs: Sequence[Pair], more: Mapping[str, nw.Expr]
    ) -> EngineCells:
        sums = {pair: f"s{i}" for i, pair in enumerate(pairs)}
        names = {name: f"o{i}" for i, name in enumerate(more)}
        asked = [total.alias(sums[pair]) for pair in pairs if (total := self._sum(*pair)) is not None]
        asked += [expression.alias(names[name]) for name, expression in more.items()]
        by = [self.keys[key] for key in keys]
        found = self.engine.collected(rows.group_by("u", *by).agg(nw.len().alias("n"), *asked))
        n = np.asarray(found["n"], dtype=np.int64)
        used = np.flatnonzero(_truths(found))
        held = {pair: _numbers(found.get(alias, n))[used] for pair, alias in sums.items()}
        other = {"n": n, **{name: _numbers(found[alias]) for name, alias in names.items()}}
        columns = columns_of({key: found[self.keys[key]] for key in keys}, len(n)).taken(used)
        return EngineCells(columns, n[used], held, other, used)

    def infinite(self) -> None:
        """DataError that names what is infinite, if anything is."""
        every = {
            "r": deparse(self.spoken.recipe.response),
            **{v: name.split(COLUMN)[0] for name, v in self.numbers.items()},
            "y": "offset",
        }
        rows = self.base().filter(nw.col("u"))
        tests = [_count(nw.col(alias).abs() == np.inf).alias(alias) for alias in every]
        found = self.engine.collected(rows.select(*(nw.col(alias) for alias in every)).select(*tests))
        for alias, name in every.items():
            count = int(_numbers(found[alias])[0])
            if count:
                raise DataError(
                    f"{name!r} is infinite in {count} row{'s' if count > 1 else ''} of {self.engine.description}; "
                    "leave such rows out, for example with subset="
                )


def _count(test: nw.Expr) -> nw.Expr:
    return nw.when(test).then(number(1.0)).otherwise(number(0.0)).sum()


def _truths(found: Columns) -> Array:
    value = found["u"]
    return np.asarray(getattr(value, "codes", value) == 1)


def _numbers(value: Any) -> Array:
    return np.asarray(value, dtype=float)
