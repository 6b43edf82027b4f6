"""What the columns of the data were that the fixed effects are made of, as far as it can be added up.

Of numbers their mean and range; and how often each combination occurs of what has few values: factors, texts, logicals
and numbers of which there are not many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from ..functions import Factor, Logical, Strings, Value
from ..functions.arrays import Array
from ..functions.values import kind

MANY = 32  # distinct values of a number up to which they are kept
MOST = 10_000  # combinations up to which they are counted
LOOKED_AT = 1_000  # rows in which a number with many values shows it
TABLE = 1_000_000  # combinations that are counted in a table
CATEGORIES = ("factor", "text", "logical")


@dataclass(frozen=True)
class NumberFacts:
    """Of a number in n rows."""

    n: int
    mean: float
    low: float
    high: float

    def __add__(self, other: NumberFacts) -> NumberFacts:
        n = self.n + other.n
        if not self.n or not other.n:
            return self if self.n else other
        mean = self.mean + (other.mean - self.mean) * (other.n / n)
        return NumberFacts(n, mean, float(np.minimum(self.low, other.low)), float(np.maximum(self.high, other.high)))


@dataclass(frozen=True, eq=False)
class Predictors:
    """What the predictors of n rows were.

    kinds    R's word for each column
    numbers  of those that are numbers
    labels   of the columns with few values, what each combination has: texts, True and False, numbers; (cells,) each
    counts   rows (cells,) of each combination; None: there were too many, or they are not to be told
    """

    kinds: Mapping[str, str]
    numbers: Mapping[str, NumberFacts]
    labels: Mapping[str, Array]
    counts: Array | None

    def __add__(self, other: Predictors) -> Predictors:
        if not self.kinds or not other.kinds:
            return self if self.kinds else other
        numbers = {name: own + other.numbers[name] for name, own in self.numbers.items() if name in other.numbers}
        kinds = {name: _either(own, other.kinds[name]) for name, own in self.kinds.items() if name in other.kinds}
        if self.counts is None or other.counts is None:
            return Predictors(kinds, numbers, {}, None)
        names = [name for name in self.labels if name in other.labels]
        both = {name: [*self.labels[name].tolist(), *other.labels[name].tolist()] for name in names}
        return Predictors(kinds, numbers, *_merged(both, np.concatenate([self.counts, other.counts]), self.numbers))

    def told(self, min_count: int) -> Self:
        """Without the combinations, if one of them has fewer rows, or values, that somebody may be known by."""
        if min_count <= 1 or self.counts is None or self.counts.min(initial=min_count) >= min_count:
            return self
        return replace(self, labels={}, counts=None)

    def as_words(self) -> dict[str, Any]:
        """For a file."""
        return {
            "kinds": dict(self.kinds),
            "numbers": {name: [each.n, each.mean, each.low, each.high] for name, each in self.numbers.items()},
            "labels": {name: each.tolist() for name, each in self.labels.items()},
            "counts": None if self.counts is None else self.counts.tolist(),
        }

    @classmethod
    def read(cls, words: Mapping[str, Any]) -> Predictors:
        """What `as_words` has written."""
        labels = {name: _objects(each) for name, each in words["labels"].items()}
        counts = None if words["counts"] is None else np.array(words["counts"], dtype=np.int64)
        numbers = {name: NumberFacts(*each) for name, each in words["numbers"].items()}
        return cls(words["kinds"], numbers, labels, counts)


NOTHING = Predictors({}, {}, {}, np.zeros(0, dtype=np.int64))


def _either(one: str, two: str) -> str:
    """Texts and factors are alike here."""
    return one if one == two else "text" if {one, two} <= {"text", "factor"} else "mixed"


def predictors_of(values: Mapping[str, Value], n: int, wide: set[str]) -> Predictors:
    """Of some rows; `wide` are the numbers known to have many values, to which those found out are added."""
    kinds = {name: kind(value) for name, value in values.items()}
    numbers = {name: _number(values[name]) for name, own in kinds.items() if own == "numeric"}
    coded = {}
    for name, value in values.items():
        found = _coded(value, kinds[name], name in wide)
        if found is not None:
            coded[name] = found
        elif kinds[name] == "numeric":
            wide.add(name)
    return Predictors(kinds, numbers, *_counted(coded, n))


def _number(value: Value) -> NumberFacts:
    numbers = np.asarray(value, float)
    return NumberFacts(len(numbers), float(np.mean(numbers)), float(np.min(numbers)), float(np.max(numbers)))


def _coded(value: Value, own: str, wide: bool) -> tuple[Array, Array] | None:
    """Labels of what has few values, and the place of each row's among them; None for what has many, or no values."""
    if own == "logical":
        return _objects([False, True]), value.codes
    if own in ("factor", "text"):
        return _objects(value.levels.labels() if isinstance(value, Factor) else value.values), value.codes
    if own != "numeric" or wide or len(np.unique(value[:LOOKED_AT])) > MANY:
        return None
    codes, found = pd.factorize(np.asarray(value, float), use_na_sentinel=False)
    return (_objects(found.tolist()), codes) if len(found) <= MANY else None


def _objects(values: Sequence[Any]) -> Array:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _counted(coded: Mapping[str, tuple[Array, Array]], n: int) -> tuple[dict[str, Array], Array | None]:
    """The combinations that occur and their rows; missing values are none."""
    key, size = np.zeros(n, dtype=np.int64), 1
    for labels, codes in coded.values():
        size *= len(labels) + 1
        if size > 2**62:
            return {}, None
        key = key * (len(labels) + 1) + codes + 1
    if size <= TABLE:
        table = np.bincount(key, minlength=size)
        found = np.flatnonzero(table)
        counts = table[found]
    else:
        found, counts = np.unique(key, return_counts=True)
    if len(found) > MOST:
        return {}, None
    out: dict[str, Array] = {}
    for name, (labels, _) in reversed(list(coded.items())):
        found, place = np.divmod(found, len(labels) + 1)
        out[name] = _objects([*labels, None])[place - 1]
    return dict(reversed(out.items())), counts


def _merged(
    labels: Mapping[str, list[Any]], counts: Array, numbers: Mapping[str, NumberFacts]
) -> tuple[dict[str, Array], Array | None]:
    """Combinations, some of them twice, as each once; numbers that have many values by now are left out."""
    coded = {}
    for name, each in labels.items():
        place: dict[Any, int] = {}
        codes = np.array([place.setdefault(_same(label), len(place)) for label in each], dtype=np.int64)
        if name not in numbers or len(place) <= MANY:
            coded[name] = (_objects(list(place)), codes)
    key = np.zeros(len(counts), dtype=np.int64)
    for own, codes in coded.values():
        key = pd.factorize(key * len(own) + codes)[0]
    _, first = np.unique(key, return_index=True)
    if len(first) > MOST:
        return {}, None
    total = np.bincount(key, counts).astype(np.int64)
    return {name: own[codes[first]] for name, (own, codes) in coded.items()}, total


def _same(label: Any) -> Any:
    """A label that is equal to itself: NaN is not."""
    return None if isinstance(label, float) and label != label else label


def as_value(labels: Array, own: str, levels: Any = None, ordered: bool = False) -> Value:
    """The labels (cells,) of a column with few values as a column again."""
    if own == "numeric":
        return np.array([np.nan if each is None else each for each in labels], dtype=float)
    if own == "logical":
        return Logical(np.array([-1 if each is None else each for each in labels], dtype=np.int8))
    if levels is not None:
        codes = np.array([-1 if each is None else levels.places[each] for each in labels], dtype=np.int64)
        return Factor(codes, levels, ordered)
    texts = tuple(dict.fromkeys(each for each in labels.tolist() if each is not None))
    place = {text: i for i, text in enumerate(texts)}
    return Strings(np.array([-1 if each is None else place[each] for each in labels], dtype=np.int64), texts)
