"""The left side of a formula -> numbers: one column, or for a binomial family what its successes and trials are.

0/1, proportions   y as it is; `weights` are the trials
logical            TRUE is success
factor, text       the first level is failure, all others success
cbind(s, f)        y = s / (s + f) of s + f trials; y = 0 without trials
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from ..functions import Factor, Logical, Matrix, Value
from ..functions.arrays import Array
from ..functions.values import RefusedError, numeric, plural, take
from ..numerics.linalg import seal

if TYPE_CHECKING:
    from ..families import Family

ONE_COLUMN = "cbind(successes, failures) is for binomial, all other families want one column"
SIZES = ("size", "n", "total", "totals", "trial", "trials", "ntrials", "n_trials", "denominator", "tot", "ntot")
SHOWN = 5  # levels named in a note
WHOLE = 1e-3  # how far from a whole number a count may be before it is said


@dataclass(frozen=True, eq=False)
class Response:
    """The response on the rows used.

    value   what the model frame shows: numbers (n,), Logical, Factor or Matrix (n, 2)
    y       (n,) numbers; of a binomial family proportions of successes
    trials  (n,) of cbind(successes, failures), else None: they multiply the prior weights
    notes   what must be said
    """

    value: Value
    y: Array
    trials: Array | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seal(self, "value", "y", "trials")

    @property
    def numbers(self) -> Array:
        """What a new response of this shape is given by: y (n,), or the counts (n, 2)."""
        return self.y if self.trials is None else self.value.numbers

    def at(self, rows: Array) -> Response:
        """The response at some rows, which may repeat."""
        trials = None if self.trials is None else self.trials[rows]
        return Response(take(self.value, rows), self.y[rows], trials)

    def shaped(self, y: Array, index: pd.Index[Any] | None = None) -> pd.Series[Any] | pd.DataFrame:
        """Other values y (n,), such as draws, in the shape of the response; `index` labels their rows.

        Of a factor the second level stands for success; of cbind() a frame of successes and failures.
        """
        if isinstance(self.value, Matrix) and self.trials is not None:
            successes = np.round(y * self.trials)
            names = [name or f"V{place}" for place, name in enumerate(self.value.names, start=1)]
            return pd.DataFrame(np.column_stack([successes, self.trials - successes]), index=index, columns=names)
        if isinstance(self.value, Factor):
            labels = pd.Index(self.value.levels.labels())
            return pd.Series(pd.Categorical.from_codes((y > 0.5).astype(int), categories=labels), index=index)
        return pd.Series(y > 0.5 if isinstance(self.value, Logical) else y, index=index)


Reader: TypeAlias = Callable[[Value, str], Response]  # the value and its name; raises RefusedError


def reader_of(family: Family | None) -> Reader:
    """What reads the response of a model: of a binomial family categories and pairs of counts too."""
    if family is None:
        return numbers_response
    return binomial_response if family.name == "binomial" else partial(numbers_response, wants=ONE_COLUMN)


def numbers_response(value: Value, name: str, wants: str = "lmer wants one column") -> Response:
    """A response of numbers; raises RefusedError for anything else."""
    if isinstance(value, Matrix):
        raise RefusedError(f"the response is a matrix; {wants} (fit the columns one by one)")
    if not isinstance(value, np.ndarray | Logical):
        raise RefusedError(f"the response must be numeric, {name!r} holds {plural(value)}")
    y = np.asarray(numeric(value), float)
    return Response(y, y)


def binomial_response(value: Value, name: str) -> Response:
    """A response of successes and failures; raises RefusedError for a matrix that is none."""
    if isinstance(value, Matrix):
        return _counts(value, name)
    if isinstance(value, Factor):
        return _factor(value, name)
    y = np.asarray(numeric(value), float)
    return Response(value if isinstance(value, Logical) else y, y)


def prior_weights(weights: Array | None, response: Response) -> Array | None:
    """The weights (n,) of the rows, trials among them; None where all are 1."""
    if response.trials is None:
        return weights
    return response.trials if weights is None else weights * response.trials


def _factor(value: Factor, name: str) -> Response:
    levels = value.levels.labels()
    if len(levels) < 2:
        raise RefusedError(f"the response {name!r} has the one level {', '.join(levels)!r}: wanted two, or more")
    listed = ", ".join(map(repr, levels[1 : SHOWN + 1])) + (", ..." if len(levels) > SHOWN + 1 else "")
    said = f"the response {name!r}: {levels[0]!r} is failure, {listed} success" if len(levels) > 2 else ""
    return Response(value, (value.codes > 0).astype(float), notes=(said,) if said else ())


def _counts(value: Matrix, name: str) -> Response:
    if value.numbers.shape[1] != 2:
        columns = value.numbers.shape[1]
        raise RefusedError(f"the response {name!r} has {columns} columns; wanted two: cbind(successes, failures)")
    counts = np.asarray(value.numbers, float)
    if not np.logical_and.reduce(counts >= 0, axis=None):
        row = int(np.flatnonzero(~np.all(counts >= 0, axis=1))[0])
        found = f"{np.min(counts[row]):g} in row {row + 1} of those used"
        raise RefusedError(f"cbind(successes, failures) wants counts, 0 or more; {name!r} has {found}")
    trials = np.add.reduce(counts, axis=1)
    y = np.divide(counts[:, 0], trials, out=np.zeros(len(trials)), where=trials > 0)
    said = _suspicious(value, counts, name)
    broken = int(np.count_nonzero(np.logical_or.reduce(np.abs(counts - np.rint(counts)) > WHOLE, axis=1)))
    rows = "1 row" if broken == 1 else f"{broken} rows"
    uneven = (f"the response {name!r} has counts that are not whole in {rows}",) * bool(broken)
    return Response(value, y, trials, (*said, *uneven))


def _suspicious(value: Matrix, counts: Array, name: str) -> tuple[str, ...]:
    """Trials in place of failures are a slip that gives a wrong model and no error."""
    second = str(value.names[1]).lower()
    if second not in SIZES or not np.all(counts[:, 1] >= counts[:, 0]):
        return ()
    return (
        f"the response {name!r} is read as successes and failures; {value.names[1]!r} is never the smaller: are these "
        "trials? then write cbind(successes, trials - successes)",
    )
