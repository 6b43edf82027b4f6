"""Labels of levels -> numbers, in the order in which they turn up: no part needs to know the levels of the others.

A label is a number, a text, or for `a:b` a pair of those. What is said of the labels (`GroupFacts`) adds too, so that
levels can be sorted when all are there, by R's rules for what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..errors import DataError
from ..functions import Factor, Levels, Logical, NumberLevels, Strings, TextLevels, Value
from ..functions.arrays import Array
from ..functions.collation import collation_order
from ..functions.factors import compress
from ..functions.levels import nearly_equal
from ..functions.values import kind, logical_levels

BETWEEN = "\x1f"  # parts of the label of a:b: no text has this in it
PAIR = 2**31  # more levels than any factor has
SPAN = 2**22  # numbers between the lowest and the highest label, up to which a table is made,
PER_LABEL = 8  # or up to so many for each label


@dataclass(frozen=True)
class GroupFacts:
    """What the labels of a grouping variable are: "text", "numeric", "date", "logical" or "factor"; "" not yet known.

    levels  of a factor, in the order in which they turned up
    """

    kind: str = ""
    levels: tuple[str, ...] = ()

    def and_(self, other: GroupFacts, name: str, where: str) -> GroupFacts:
        """What both are; DataError where they cannot be one factor."""
        if not other.kind or self == other:
            return self
        if not self.kind:
            return other
        if {self.kind, other.kind} == {"text", "factor"}:
            return GroupFacts("text")
        if self.kind != other.kind:
            raise DataError(
                f"grouping factor {name!r} holds {_plural(other.kind)} in {where}, and {_plural(self.kind)} elsewhere: "
                "make it one of them"
            )
        if self.levels[: len(other.levels)] == other.levels:
            return self
        return replace(self, levels=tuple(dict.fromkeys([*self.levels, *other.levels])))


def _plural(word: str) -> str:
    return {"numeric": "numbers", "factor": "factor levels", "date": "dates"}.get(word, word)


def facts_of(value: Value) -> GroupFacts:
    """What the labels of some rows are."""
    if isinstance(value, Factor):
        return GroupFacts("factor", tuple(value.levels.labels()))
    return GroupFacts(kind(value))


def distinct(value: Value) -> tuple[Array, Array]:
    """Labels (numbers, or texts as objects) that occur, each once, and the place of each row's among them (n,)."""
    if isinstance(value, np.ndarray):
        numbers = value.astype("datetime64[us]").astype(np.int64) if value.dtype.kind == "M" else value
        codes, labels = pd.factorize(numbers)
        return np.asarray(labels), np.asarray(codes)
    texts: Sequence[str] = value.values if isinstance(value, Strings) else _levels(value).labels()
    codes, used = compress(np.asarray(value.codes, dtype=np.int64), len(texts))
    return np.array(texts, dtype=object)[used], codes


def _levels(value: Factor | Logical) -> Levels:
    return value.levels if isinstance(value, Factor) else logical_levels()


class Numbering:
    """The labels met so far, and the number of each.

    Whole numbers of no wide range are looked up in a table: a fraction of the work of hashing them.
    """

    def __init__(self) -> None:
        self.met: list[Array] = []
        self.count = 0
        self.table: Array | None = np.zeros(0, dtype=np.int64)
        self.low = 0
        self._index: pd.Index | None = None

    def __len__(self) -> int:
        return self.count

    @property
    def labels(self) -> Array:
        """The labels (J,), by their numbers."""
        if len(self.met) > 1:
            self.met = [np.concatenate(self.met)]
        return self.met[0] if self.met else np.array([])

    def codes(self, value: Value) -> Array:
        """The number of each row's label (n,); those that are new get the next ones, as they turn up."""
        if self.table is not None and isinstance(value, np.ndarray) and value.dtype.kind in "iu" and self._spans(value):
            return self._looked_up(value)
        self.table = None
        labels, codes = distinct(value)
        return self.numbers(labels)[codes]

    def numbers(self, labels: Array) -> Array:
        """The number of each of some labels, which are distinct; those that are new get the next ones."""
        if not self.count:
            self._add(labels)
            return np.arange(len(labels))
        if self._index is None or len(self._index) < self.count:
            self._index = pd.Index(self.labels)
        places = self._index.get_indexer(pd.Index(labels))
        new = np.flatnonzero(places < 0)
        if len(new):
            places[new] = self._add(labels[new])
        return np.asarray(places)

    def _add(self, labels: Array) -> Array:
        self.met.append(labels)
        self.count += len(labels)
        return np.arange(self.count - len(labels), self.count)

    def _spans(self, value: Array) -> bool:
        """Whether a table holds all labels; it is made as long as it must be."""
        assert self.table is not None
        if not len(value):
            return True
        low, high = int(value.min()), int(value.max())
        if len(self.table):
            low, high = min(low, self.low), max(high, self.low + len(self.table) - 1)
        size = high - low + 1
        if size > max(SPAN, PER_LABEL * self.count):
            return False
        if size > len(self.table):
            longer = np.full(size, -1, dtype=np.int64)
            longer[self.low - low : self.low - low + len(self.table)] = self.table
            self.table, self.low = longer, low
        return True

    def _looked_up(self, value: Array) -> Array:
        assert self.table is not None
        at = value.astype(np.int64, copy=False) - self.low if self.low else value
        codes = self.table[at]
        new = np.flatnonzero(codes < 0)
        if len(new):
            labels = pd.unique(value[new])
            self.table[labels.astype(np.int64) - self.low] = self._add(labels)
            codes = self.table[at]
        return np.asarray(codes)


class Grouping:
    """Numbers the levels of one grouping factor: a variable, or several crossed, `a:b`."""

    def __init__(self, variables: Sequence[str]) -> None:
        self.variables = tuple(variables)
        self.own = [Numbering() for _ in variables]
        self.pairs = [Numbering() for _ in variables[1:]]

    def codes(self, values: Sequence[Value]) -> Array:
        """The number of each row's level (n,)."""
        codes = self._own(0, values[0])
        for place, pairs in enumerate(self.pairs, start=1):
            keys = codes * PAIR + self._own(place, values[place])
            numbers, labels = pd.factorize(keys)
            codes = pairs.numbers(np.asarray(labels))[numbers]
        return codes

    def __len__(self) -> int:
        return len(self.pairs[-1] if self.pairs else self.own[0])

    @property
    def labels(self) -> Array:
        """The labels (J,) by their numbers: numbers, or texts; of `a:b` texts of both with BETWEEN between them."""
        if not self.pairs:
            return plain_labels(self.own[0].labels)
        return np.array([BETWEEN.join(parts) for parts in self._parts()], dtype=str)

    def _own(self, place: int, value: Value) -> Array:
        return self.own[place].codes(value)

    def _parts(self) -> list[list[str]]:
        texts = [[written(label) for label in own.labels.tolist()] for own in self.own]
        found = [[text] for text in texts[0]]
        for place, pairs in enumerate(self.pairs, start=1):
            both = zip(*np.divmod(pairs.labels.astype(np.int64), PAIR), strict=True)
            found = [[*found[a], texts[place][b]] for a, b in both]
        return found


def written(label: object) -> str:
    """A label as text from which it can be read again."""
    return label if isinstance(label, str) else repr(label)


def plain_labels(labels: Array) -> Array:
    """Labels as numbers or texts, not as objects."""
    return labels.astype(str) if labels.dtype == object else labels


def sorted_labels(labels: Array, facts: GroupFacts, name: str) -> tuple[Array, Levels]:
    """The places of the labels in R's order: numbers by size, texts by collation, those of a factor as its levels."""
    if facts.kind in ("numeric", "date"):
        order = np.argsort(labels, kind="stable")
        numbers = labels[order].astype("datetime64[us]") if facts.kind == "date" else labels[order]
        if nearly_equal(numbers):
            raise DataError(
                f"grouping factor {name!r} has numbers that differ beyond 15 digits: make them text, or round"
            )
        return order, NumberLevels(numbers)
    texts = labels.tolist()
    if facts.kind == "factor":
        place = {label: i for i, label in enumerate(facts.levels)}
        order = np.argsort(np.array([place[text] for text in texts], dtype=np.int64), kind="stable")
    else:  # FALSE stands before TRUE by collation too
        order = np.array(collation_order(texts), dtype=np.int64)
    return order, TextLevels(tuple(texts[i] for i in order.tolist()))
