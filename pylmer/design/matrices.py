"""Terms and a model frame -> a model matrix, and what makes the same columns of new rows.

Of most formulas each term is a single variable, a number or a factor: columns stand side by side, nothing is
multiplied, and nothing of formulaic is needed. Rules and names are those of `materializer`, which makes all others:
contrasts for each factor, but indicators for the first where there is no intercept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ..functions import Coding, Value
from ..functions.arrays import Array
from ..functions.codings import PLACE, dense_columns, indicators
from ..functions.variables import coded_factor, is_categorical
from ..language import Terms
from .spec import Matrices

WIDE = 8  # a factor with more levels is coded sparse
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
        X = np.empty((len(self.names), n)).T  # columns are read one by one more often than rows
        X[:, : self.intercept] = 1.0
        columns = (column for part in self.parts for column in _columns(part, variables))
        for place, column in enumerate(columns, start=int(self.intercept)):
            X[:, place] = column
        return X


def code(
    terms: Terms, variables: Mapping[str, Value], n: int, codings: Mapping[str, Coding], keep_sparse: bool = False
) -> tuple[Matrices, Any]:
    """The matrix (n, p) of some terms, and what makes it of other rows.

    variables    by their deparse
    codings      contrasts of the factors among them
    keep_sparse  whether a wide matrix may stay sparse (csr)
    """
    single = side_by_side(terms, variables, codings, WIDE if keep_sparse else np.inf)
    if single is not None:
        return single, single.matrix(variables, n)
    from .coder import multiplied  # late: formulaic is large

    wide = keep_sparse and any(_levels(variables[name]) > WIDE for name in terms.used_names)
    return multiplied(terms, variables, n, codings, "sparse" if wide else "numpy")


def side_by_side(
    terms: Terms, variables: Mapping[str, Value], codings: Mapping[str, Coding], widest: float
) -> SideBySide | None:
    """The coder of some terms, None unless each is one number or one factor of at most `widest` levels."""
    names = terms.names
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


def _levels(value: Value) -> int:
    return len(coded_factor(value).levels) if is_categorical(value) else 0


def factors_in(terms: Iterable[Terms], variables: Mapping[str, Value]) -> dict[str, Any]:
    """The factors among the variables that some terms use."""
    names = {name for each in terms for name in each.used_names}
    return {name: coded_factor(value) for name, value in variables.items() if name in names and is_categorical(value)}


def single_column(terms: Terms, variables: Mapping[str, Value]) -> Array | None:
    """`0 + x` of a plain number: the column itself (n, 1), not copied."""
    if terms.intercept or len(terms.factors) != 1 or len(terms.factors[0]) != 1:
        return None
    value = variables[terms.names[terms.factors[0][0]]]
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value[:, None]
    return None
