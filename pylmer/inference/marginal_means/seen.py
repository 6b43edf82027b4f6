"""What the predictors of a fit were: columns on its rows, or of sums how often each combination occurs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...design import summed_columns
from ...design.predictors import MANY, NumberFacts, Predictors, as_value
from ...functions import Value
from ...numerics.linalg import Array
from ...text.arguments import call_given
from .covariates import OF_THE_MEAN
from .used_data import Fit, used_values


@dataclass(frozen=True, eq=False)
class Seen:
    """The predictors of a fit.

    values   columns, by row (n,) or by combination of what has few values;  kinds  R's words for them
    counts   rows of each combination, None where each value is a row
    numbers  mean and range of the numeric columns of sums, of which `values` has those with few values alone
    """

    fit: Fit
    values: Mapping[str, Value]
    kinds: Mapping[str, str] = field(default_factory=dict)
    counts: Array | None = None
    numbers: Mapping[str, NumberFacts] = field(default_factory=dict)

    @classmethod
    def of(cls, fit: Fit, names: Sequence[str]) -> Seen:
        """Of the predictors `names`, by their sums where these tell."""
        summed = summed_columns(fit)
        known = None if summed is None else summed.predictors
        return cls.of_rows(fit, names) if known is None else _of_sums(fit, names, known)

    @classmethod
    def of_rows(cls, fit: Fit, names: Sequence[str]) -> Seen:
        """Of the predictors `names`, by the rows."""
        return cls(fit, used_values(fit, names))

    def tells(self, names: Sequence[str]) -> bool:
        """Whether there are values of all these."""
        return all(name in self.values for name in names)

    def value(self, name: str) -> Value:
        """A column on the rows, or on the combinations; read again if it has many values."""
        return self.values[name] if name in self.values else used_values(self.fit, [name])[name]

    def has_many(self, name: str, most: int) -> bool:
        """Whether a number is known to have more values than so many."""
        return name in self.numbers and name not in self.values and most <= MANY

    def reduced(self, name: str, function: Callable[[Array], Any]) -> Any:
        """A function of a numeric column."""
        if name in self.numbers and function in OF_THE_MEAN:
            return function(np.array([self.numbers[name].mean]))
        value = used_values(self.fit, [name])[name] if name in self.numbers else self.values[name]
        return call_given(function, f"cov_reduce of {name!r}", np.asarray(value, float))

    def range(self, name: str) -> float:
        """The largest value of a numeric column less the smallest."""
        if name in self.numbers:
            return self.numbers[name].high - self.numbers[name].low
        return float(np.ptp(np.asarray(self.value(name), float)))


def _of_sums(fit: Fit, names: Sequence[str], known: Predictors) -> Seen:
    kinds = {name: known.kinds.get(name, "mixed") for name in names}
    if not set(kinds.values()) <= {"numeric", "logical", "text", "factor"}:
        return Seen.of_rows(fit, names)
    columns = fit.design.spec.columns
    values = {
        name: as_value(known.labels[name], kinds[name], columns[name].levels, columns[name].ordered)
        for name in names
        if name in known.labels and name in columns
    }
    if known.counts is None and any(kind != "numeric" for kind in kinds.values()):
        return Seen.of_rows(fit, names)
    return Seen(fit, values, kinds, known.counts, {n: f for n, f in known.numbers.items() if n in kinds})
