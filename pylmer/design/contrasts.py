"""Which contrasts code which factor: the `contrasts=` argument, C(), and the defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import ArgumentError, DataError
from ..functions import Coding, Factor, RefusedError
from ..functions.codings import ORDERED, UNORDERED, coding_of
from ..language import known_as


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Defaults for unordered and ordered factors, everywhere; `own` by variable, for X alone."""

    unordered: Any = UNORDERED
    ordered: Any = ORDERED
    own: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pair(self) -> tuple[Any, Any] | None:
        """The defaults for unordered and ordered factors, None for R's."""
        both = (self.unordered, self.ordered)
        given = [each if isinstance(each, str) else None for each in both]
        return None if given == [UNORDERED, ORDERED] else both

    def codings(self, factors: Mapping[str, Factor], fixed: bool) -> dict[str, Coding]:
        """The contrasts of each factor; raises DataError for a factor with fewer than two levels."""
        own = self.chosen(factors) if fixed else {}
        return {name: self._coding(name, factor, own) for name, factor in factors.items()}

    def chosen(self, factors: Iterable[str]) -> dict[str, Any]:
        """`own` by the names that the factors have in a formula."""
        return {known_as(name, factors) or name: contrasts for name, contrasts in self.own.items()}

    def _coding(self, name: str, factor: Factor, own: Mapping[str, Any]) -> Coding:
        if len(factor.levels) < 2:
            raise DataError(_too_few(name, factor))
        default = self.ordered if factor.ordered else self.unordered
        chosen = own.get(name, default if factor.contrasts is None else factor.contrasts)
        try:
            coding = coding_of(chosen, factor.levels)
            return coding if isinstance(chosen, str | Coding) else _usable(coding)
        except (RefusedError, DataError) as refused:
            raise ArgumentError(f"contrasts of {name!r}: {refused}") from None


def _usable(coding: Coding) -> Coding:
    """Finite, and independent of each other and of the intercept; else RefusedError."""
    columns = np.column_stack([np.ones(len(coding.matrix)), coding.matrix])
    if not np.isfinite(columns).all():
        raise RefusedError("the contrast matrix has missing or infinite entries")
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        raise RefusedError("singular contrasts: the columns and the intercept are not independent")
    return coding


def read_contrasts(given: Any) -> Contrasts:
    """The `contrasts=` argument: {"a": "contr.sum"} or ("contr.sum", "contr.poly"); raises ArgumentError."""
    if isinstance(given, Contrasts):
        return given
    if given is None:
        return Contrasts()
    if isinstance(given, Mapping):
        return Contrasts(own=given)
    if isinstance(given, Sequence) and len(given) == 2 and not isinstance(given, str):
        return Contrasts(given[0], given[1])
    raise ArgumentError(
        f"contrasts={given!r}: wanted a dict such as {{'a': 'contr.sum'}}, or two names, "
        "for unordered and for ordered factors"
    )


def unused(contrasts: Contrasts, factors: Mapping[str, Factor]) -> list[str]:
    """A note for contrasts of something that is no factor of the fixed part."""
    lost = [name for name in contrasts.own if known_as(name, factors) not in factors]
    return [f"contrasts of {name!r} are not used: it is no factor in the fixed part" for name in lost]


def _too_few(name: str, factor: Factor) -> str:
    labels = factor.levels.labels()
    found = f"one level, {labels[0]!r}" if labels else "no level"
    return f"factor {name!r} has {found}, in the rows used; contrasts need at least 2 levels: leave it out"
