"""Levels of factors: sequences of labels whose texts are made only when somebody reads them.

A grouping factor may have 100,000 levels that come from integers or from pairs of other levels; a fit needs only their
number.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np

from ..language import format_number
from .arrays import Array


class Levels(Sequence[str]):
    """Distinct labels in order; compares equal to any sequence of the same texts."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _texts(self) -> list[str]: ...

    @abstractmethod
    def take(self, positions: Array) -> Levels:
        """The levels at some positions, in that order."""

    def labels(self) -> list[str]:
        """All labels as text."""
        return self._labels

    @cached_property
    def _labels(self) -> list[str]:
        return self._texts()

    @cached_property
    def places(self) -> dict[str, int]:
        """Label -> position."""
        return {label: place for place, label in enumerate(self.labels())}

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        return self.labels()[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels())

    def __contains__(self, label: object) -> bool:
        return label in self.places

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence) and not isinstance(other, str):
            return len(self) == len(other) and self.labels() == list(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.labels()))

    def __repr__(self) -> str:
        shown = self.take(np.arange(min(4, len(self)))).labels()
        return f"<{len(self)} levels: {', '.join(shown)}{', ...' if len(self) > len(shown) else ''}>"


@dataclass(frozen=True, eq=False, repr=False)
class TextLevels(Levels):
    """Levels that are texts."""

    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def _texts(self) -> list[str]:
        return list(self.texts)

    def take(self, positions: Array) -> TextLevels:
        return TextLevels(tuple(self.texts[i] for i in positions.tolist()))


@dataclass(frozen=True, eq=False, repr=False)
class IntervalLevels(TextLevels):
    """Levels that are intervals of a number, as `pd.cut` makes them."""

    def take(self, positions: Array) -> IntervalLevels:
        return IntervalLevels(super().take(positions).texts)


@dataclass(frozen=True, eq=False, repr=False)
class NumberLevels(Levels):
    """Levels that are distinct numbers, or dates, in any order; labelled as R's as.character does."""

    numbers: Array

    def __len__(self) -> int:
        return int(self.numbers.shape[0])

    def _texts(self) -> list[str]:
        return number_labels(self.numbers)

    def take(self, positions: Array) -> NumberLevels:
        return NumberLevels(self.numbers[positions])


@dataclass(frozen=True, eq=False, repr=False)
class CrossedLevels(Levels):
    """Pairs of levels of two factors that occur together: `pairs` = first * len(second) + second, `first:second`."""

    first: Levels
    second: Levels
    pairs: Array

    def __len__(self) -> int:
        return int(self.pairs.shape[0])

    def _texts(self) -> list[str]:
        first, second = np.divmod(self.pairs, len(self.second))
        left, right = self.first.labels(), self.second.labels()
        return [f"{left[i]}:{right[j]}" for i, j in zip(first.tolist(), second.tolist(), strict=True)]

    def take(self, positions: Array) -> CrossedLevels:
        return CrossedLevels(self.first, self.second, self.pairs[positions])


def nearly_equal(increasing: Array) -> bool:
    """Whether neighbours among increasing numbers may share their first 15 digits, and so their label."""
    return increasing.dtype.kind == "f" and bool(np.any(np.diff(increasing) <= 1e-14 * np.abs(increasing[1:])))


def number_labels(numbers: Array) -> list[str]:
    """Texts of numbers as R writes them: integers plainly, doubles with 15 digits, dates in ISO form.

    >>> number_labels(np.array([100000.0, 1.5])), number_labels(np.array([100000]))
    (['1e+05', '1.5'], ['100000'])
    """
    if numbers.dtype.kind in "iu":
        return [str(number) for number in numbers.tolist()]
    if numbers.dtype.kind == "M":
        days = numbers.astype("datetime64[D]")
        whole = bool(np.all(days == numbers))
        return [str(day).replace("T", " ") for day in (days if whole else numbers.astype("datetime64[s]"))]
    return [format_number(number) for number in numbers.tolist()]
