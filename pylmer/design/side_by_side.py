"""Matrices whose terms are single variables, numbers or factors: their columns side by side, nothing multiplied.

Most formulas are of this kind, and need nothing of formulaic. Rules and names are those of `materializer`: contrasts
for each factor, but indicators for the first where there is no intercept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..functions import Coding, Value
from ..functions.arrays import Array
from ..functions.variables import coded_factor, is_categorical
from ..language import Terms, deparse
from .materializer import PLACE, dense_columns, indicators

Part: TypeAlias = "tuple[str, Coding | None]"  # a variable and what codes it, None for a number


@dataclass(frozen=True, eq=False)
class SideBySide:
    """How the columns of such a matrix are made, a part a term; the other fields are those of `Coder`."""

    parts: tuple[Part, ...]
    codings: Mapping[str, Coding]
    intercept: bool
    names: tuple[str, ...]
    marks: tuple[str, ...]
    assign: tuple[int, ...]

    def matrix(self, variables: Mapping[str, Value], n: int) -> Array:
        """The matrix (n, p) on other rows; float64."""
        X = np.empty((n, len(self.names)))
        X[:, : self.intercept] = 1.0
        columns = (column for part in self.parts for column in _columns(part, variables))
        for place, column in enumerate(columns, start=int(self.intercept)):
            X[:, place] = column
        return X


def side_by_side(
    terms: Terms, variables: Mapping[str, Value], codings: Mapping[str, Coding], widest: float
) -> SideBySide | None:
    """The coder of some terms, None unless each is one number or one factor of at most `widest` levels."""
    names = [deparse(node) for node in terms.variables]
    if any(len(indices) != 1 or not _is_single(variables[names[indices[0]]], widest) for indices in terms.factors):
        return None
    parts: list[Part] = []
    whole = not terms.intercept
    for name in (names[index] for (index,) in terms.factors):
        value = variables[name]
        if not is_categorical(value):
            parts.append((name, None))
            continue
        parts.append((name, indicators(coded_factor(value)) if whole else codings[name]))
        whole = False
    labels = [(number, part[0], label) for number, part in enumerate(parts, start=1) for label in _labels(part)]
    one = int(terms.intercept)
    return SideBySide(
        tuple(parts),
        codings,
        terms.intercept,
        ("(Intercept)",) * one + tuple(name + (label or "") for _, name, label in labels),
        ("Intercept",) * one + tuple(name if label is None else name + PLACE + label for _, name, label in labels),
        (0,) * one + tuple(number for number, _, _ in labels),
    )


def _is_single(value: Value, widest: float) -> bool:
    if is_categorical(value):
        return len(coded_factor(value).levels) <= widest
    return isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iuf"


def _labels(part: Part) -> Sequence[str | None]:
    coding = part[1]
    return (None,) if coding is None else coding.labels()


def _columns(part: Part, variables: Mapping[str, Value]) -> Sequence[Array]:
    name, coding = part
    value = variables[name]
    if coding is None:
        return (np.asarray(value, float),)
    return dense_columns(coded_factor(value).codes, coding.matrix)
