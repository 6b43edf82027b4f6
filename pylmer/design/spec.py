"""What must be remembered of a fit to code new data in the same way: levels, contrasts, states of poly, scale, ..."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..errors import DataError
from ..functions import (
    Columns,
    Factor,
    Levels,
    Logical,
    Scope,
    TextLevels,
    Value,
    as_factor,
    cross,
    drop_unused,
    evaluate,
    read_columns,
    recode,
    recycled,
)
from ..functions.arrays import Array
from ..functions.factors import as_strings, match_levels
from ..functions.levels import CrossedLevels
from ..functions.values import kind, length, numeric
from ..functions.variables import as_variable
from ..language import deparse, parse_expression
from ..language.nodes import Name, Node
from ..language.walk import nodes
from .model_frame import DesignArguments
from .parts import own_groups
from .remembered import Remembered
from .row_arguments import row_numbers

SHOWN = 60  # characters of a list of new levels


class Matrices(Protocol):
    """Makes a matrix of variables (design.Coder)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns."""

    @property
    def marks(self) -> tuple[str, ...]:
        """What tells its columns apart where their names do not."""

    @property
    def assign(self) -> tuple[int, ...]:
        """The term of each column, 0 for the intercept."""

    def matrix(self, variables: Mapping[str, Value], n: int) -> Any:
        """The matrix (n, columns)."""


@dataclass(frozen=True, eq=False)
class RandomSpec:
    """How one random term is coded: `factors` are a, b, c of the group a:b:c, `coder` None for an intercept alone."""

    label: str
    group: str
    factors: tuple[Node, ...]
    levels: Levels
    variables: tuple[Node, ...]
    coder: Matrices | None


@dataclass(frozen=True, eq=False)
class NewFrame:
    """New data, ready to be coded."""

    scope: Scope
    n: int
    index: pd.Index


@dataclass(frozen=True, eq=False)
class Spec:
    """Codes new data as the data of the fit were coded; pickles.

    `fixed`, `offset`, `argument` and `random` take new data, or what `frame` made of them. `arguments` are `offset=`
    and `weights=` of the fit, a text or a number; None for values of its own rows, which say nothing of others.

    >>> import numpy as np, pylmer
    >>> data = {"y": [1.0, 2, 3, 5], "x": [0.0, 1, 2, 4], "g": ["a", "a", "b", "b"]}
    >>> spec = pylmer.lFormula("y ~ poly(x, 2, raw = TRUE) + (1 | g)", data).spec
    >>> spec.fixed({"x": [3.0]})
    array([[1., 3., 9.]])
    """

    text: str
    fixed_variables: tuple[Node, ...]
    fixed_coder: Matrices
    fixed_columns: Array
    offsets: tuple[Node, ...]
    random_terms: tuple[RandomSpec, ...]
    variables: Mapping[str, Remembered]
    groups: Mapping[str, Remembered]
    columns: Mapping[str, Remembered]
    env: Mapping[str, Any]
    state: dict[str, dict[str, Any]]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def with_levels(self, levels: Sequence[Levels]) -> Spec:
        """The same with other levels of the groups, in the order of the random terms."""
        terms = (replace(term, levels=own) for term, own in zip(self.random_terms, levels, strict=True))
        return replace(self, random_terms=tuple(terms))

    def frame(self, newdata: Any) -> NewFrame:
        """New data as this spec reads them; raises DataError for what is no data frame.

        In a dict single values stand for every row.
        """
        if isinstance(newdata, NewFrame):
            return newdata
        read = read_columns(recycled(newdata))
        columns = NewColumns(read, self.columns)
        scope = Scope(columns, self.env, self.text, self.state, index=read.index, rows="the new data")
        return NewFrame(scope, read.n, read.index)

    def fixed(self, newdata: Any) -> Any:
        """X (n, p) for new data, without the columns that were dropped; NaN where values are missing.

        Raises DataError for missing columns, other types, and levels of factors that the fit did not have.
        """
        return self.all_fixed(newdata)[:, self.fixed_columns]

    def all_fixed(self, newdata: Any) -> Any:
        """X (n, columns) for new data with the columns that were dropped, in their places."""
        frame = self.frame(newdata)
        return self.fixed_coder.matrix(self._values(self.fixed_variables, frame), frame.n)

    def offset(self, newdata: Any) -> Array:
        """The sum of the formula's offset() terms (n,)."""
        frame = self.frame(newdata)
        total = np.zeros(frame.n)
        for node in self.offsets:
            total = total + np.asarray(numeric(as_variable(evaluate(node, frame.scope))), dtype=float)
        return total

    def argument(self, word: str, newdata: Any, given: Any = None) -> Array | None:
        """`offset=` or `weights=` (n,) for new data: what is given for them, else what the fit was given, evaluated.

        None where there is neither. Raises DataError where the fit was given values, which are of its own rows.
        """
        frame = self.frame(newdata)
        wanted = self.arguments.get(word) if given is None else given
        if wanted is None and word in self.arguments:
            raise DataError(
                f"{word}= of the fit was an array, whose values belong to the rows of the fit: give {word}= for the "
                f"new rows too, or fit with a column, {word}='name', which is then looked up in the new data"
            )
        lost = self.lacking(word, frame) if given is None else None
        if lost is not None:
            raise DataError(
                f"{word}={wanted!r} of the fit needs the column {lost!r}, which the new data have not: add it, or give "
                f"{word}= for the new rows"
            )
        return row_numbers(wanted, word, frame.scope, frame.n)

    def lacking(self, word: str, newdata: Any) -> str | None:
        """The first column that `offset=` or `weights=` of the fit needs and the new data have not, None if none."""
        columns, text = self.frame(newdata).scope.columns, self.arguments.get(word)
        if not isinstance(text, str) or not isinstance(columns, NewColumns):
            return None
        names = (node.name for node in nodes(argument_node(text, columns)) if isinstance(node, Name))
        return next((name for name in names if columns.lacks(name)), None)

    def random(
        self, newdata: Any, wanted: Sequence[int] | None = None, allow_new_levels: bool = False
    ) -> dict[int, tuple[Array | None, Array]]:
        """Per random term (its number): Z (n, l), None for ones, and codes (n,), -1 for a level the fit did not have.

        Raises DataError for unknown and missing levels unless `allow_new_levels`.
        """
        frame = self.frame(newdata)
        chosen = range(len(self.random_terms)) if wanted is None else wanted
        return {number: self._term(self.random_terms[number], frame, allow_new_levels) for number in chosen}

    def levels_found(self, newdata: Any, number: int) -> Factor:
        """The grouping factor of a random term with the levels that the new data have, known to the fit or not."""
        frame = self.frame(newdata)
        return drop_unused(reduce(cross, (self._group(node, frame) for node in self.random_terms[number].factors)))

    def values(self, newdata: Any) -> dict[str, Value]:
        """The variables of the model and the factors of its groups, by their deparse."""
        frame = self.frame(newdata)
        used = [*self.fixed_variables, *(node for term in self.random_terms for node in term.variables)]
        groups = {deparse(node): self._group(node, frame) for term in self.random_terms for node in term.factors}
        return groups | self._values(used, frame)

    def _term(self, term: RandomSpec, frame: NewFrame, allow_new_levels: bool) -> tuple[Array | None, Array]:
        factors = [self._group(node, frame) for node in term.factors]
        codes = codes_on(term.levels, factors)
        if not allow_new_levels and codes.size and codes.min() < 0:
            raise DataError(_new_levels(term.group, factors, np.flatnonzero(codes < 0)))
        return self._columns(term, frame), codes

    def random_columns(self, newdata: Any, number: int) -> Array | None:
        """Z (n, l) of one random term by its number, None for ones; the grouping factor is not needed."""
        return self._columns(self.random_terms[number], self.frame(newdata))

    def _columns(self, term: RandomSpec, frame: NewFrame) -> Array | None:
        if term.coder is None:
            return None
        own = own_groups(term.variables, term.factors)
        values = self._values((node for node in term.variables if deparse(node) not in own), frame)
        for node in (node for node in term.factors if deparse(node) in own):
            values[deparse(node)] = self._known_group(node, frame)
        return np.asarray(term.coder.matrix(values, frame.n), float)

    def _known_group(self, node: Node, frame: NewFrame) -> Factor:
        """A grouping factor that has effects of its own, on the levels of the fit."""
        return _on_levels(self._group(node, frame), self.groups[deparse(node)], deparse(node))

    def _group(self, node: Node, frame: NewFrame) -> Factor:
        factor = as_factor(evaluate(node, frame.scope))
        _check_length(factor, frame.n, deparse(node))
        return factor

    def _values(self, variables: Iterable[Node], frame: NewFrame) -> dict[str, Value]:
        return {deparse(node): self._value(node, frame) for node in variables}

    def _value(self, node: Node, frame: NewFrame) -> Value:
        name, remembered = deparse(node), self.variables[deparse(node)]
        value = as_variable(evaluate(node, frame.scope))
        _check_length(value, frame.n, name)
        if remembered.levels is not None:
            return _on_levels(as_factor(value), remembered, name)
        if kind(value) != remembered.kind:
            raise DataError(f"{name!r} was {remembered.kind} in the fit, in the new data it is {kind(value)}")
        return value


class NewColumns(Mapping[str, Value]):
    """Columns of new data, given the types that the columns of the fit had."""

    def __init__(self, columns: Columns, remembered: Mapping[str, Remembered]) -> None:
        self._columns = columns
        self._remembered = remembered

    def __getitem__(self, name: str) -> Value:
        if name not in self._columns:
            raise DataError(f"the new data have no column {name!r} (they have {', '.join(self._columns) or 'none'})")
        remembered = self._remembered.get(name)
        return self._columns[name] if remembered is None else _as_remembered(self._columns[name], remembered)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._columns, *self._remembered]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in self._columns or name in self._remembered

    def lacks(self, name: str) -> bool:
        """Whether the fit had this column, and the new data do not."""
        return name in self._remembered and name not in self._columns


def _as_remembered(value: Value, remembered: Remembered) -> Value:
    """Texts that name levels become the factor of the fit (new labels come last), factors become text where it was."""
    if remembered.levels is not None:
        factor = as_factor(value)
        lost = np.flatnonzero(match_levels(factor.levels, remembered.levels) < 0)
        new = factor.levels.take(lost).labels()
        levels = TextLevels((*remembered.levels.labels(), *new)) if new else remembered.levels
        return Factor(recode(factor, levels)[0].codes, levels, remembered.ordered)
    if remembered.kind == "text" and isinstance(value, Factor):
        return as_strings(value)
    if remembered.kind == "numeric" and isinstance(value, Logical):
        return numeric(value)
    return value


def _on_levels(factor: Factor, remembered: Remembered, name: str) -> Factor:
    levels = remembered.levels if remembered.levels is not None else factor.levels
    recoded, lost = recode(factor, levels)
    if lost:
        listed = ", ".join(map(repr, lost[:10]))
        known = ", ".join(levels.labels()[:10]) + (", ..." if len(levels) > 10 else "")
        raise DataError(f"factor {name!r} has new level{'s' if len(lost) > 1 else ''} {listed}; the fit had {known}")
    return recoded


def _check_length(value: Any, n: int, name: str) -> None:
    if length(value) != n:
        raise DataError(f"{name!r} has {length(value)} values, the new data have {n} rows")


def codes_on(levels: Levels, factors: Sequence[Factor]) -> Array:
    """Codes (n,) of new rows on the levels of a (crossed) grouping factor; -1 for levels it does not have."""
    if len(factors) > 1 and not isinstance(levels, CrossedLevels):  # texts, of groups that were drawn twice
        factors = [reduce(cross, factors)]
    last = factors[-1]
    if len(factors) == 1 or not isinstance(levels, CrossedLevels):
        return np.append(match_levels(last.levels, levels), -1)[last.codes]
    first = codes_on(levels.first, factors[:-1])
    second = codes_on(levels.second, [last])
    pairs = np.where((first < 0) | (second < 0), -1, first * len(levels.second) + second)
    place = np.minimum(np.searchsorted(levels.pairs, pairs), len(levels) - 1)
    return np.where(levels.pairs[place] == pairs, place, -1)


def _new_levels(group: str, factors: Sequence[Factor], rows: Array) -> str:
    """The message for rows whose group is unknown; the list is cut at 60 characters, as in R."""
    labels = []
    for row in rows.tolist():
        parts = [factor.levels[int(factor.codes[row])] if factor.codes[row] >= 0 else None for factor in factors]
        labels.append("NA" if None in parts else ":".join(map(str, parts)))
        if len(labels) > SHOWN:
            break
    listed = ", ".join(dict.fromkeys(labels))
    listed = listed if len(listed) <= SHOWN else listed[:SHOWN] + ", ..."
    return (
        f"grouping factor {group!r} has new or missing levels in the new data: {listed}; "
        "allow_new_levels=True takes them as groups of which nothing is known"
    )


def remembered_arguments(arguments: DesignArguments) -> dict[str, Any]:
    """`offset=` and `weights=` as new data may use them."""
    given = {"offset": arguments.offset, "weights": arguments.weights}
    known = str | int | float | np.number
    return {w: value if isinstance(value, known) else None for w, value in given.items() if value is not None}


def argument_node(text: str, columns: Iterable[str]) -> Node:
    """The expression that `offset=` or `weights=` spells; a column's name is that column, whatever it looks like."""
    return Name(text) if text in columns else parse_expression(text)
