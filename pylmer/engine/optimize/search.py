"""Where to begin and which minimum to keep: the scan over common multiples, and descents from its minima."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import numpy as np

from ...errors import NumericalError
from ..criterion.places import Evaluation, SearchedPlace, Trial
from ..criterion.trusted import SCAN
from .newton import ITERATIONS, Run, descent, newton, tried

COARSE_SCAN = (0.1, 1.0, 10.0)  # about an estimate from moments, where a value costs seconds
FLAT = 1e-6  # a scan that varies by less says nothing: the descent begins at I, and has nowhere to go
INTERIOR = 0.3  # where a singular result is retried from

S = TypeVar("S", bound=SearchedPlace)
E = TypeVar("E", bound=Evaluation[Any])


@dataclass(frozen=True, eq=False)
class Search(Generic[E]):
    """All descents of one fit: the best, the values of the scan, every run in order.

    looked, elsewhere  values and full evaluations of looks for lower minima: descents from corners of the covariances
        (see `many_responses`), or a grid of all covariances of a pair of effects (see `basins`)
    """

    best: Run[E]
    scan: tuple[float, ...]
    runs: tuple[Run[E], ...] = field(repr=False)
    settling: int = 0
    looked: int = 0
    elsewhere: int = 0

    @property
    def evaluations(self) -> int:
        """Full evaluations (value, score, information) of all runs, and those that set vanished deviations to zero."""
        return sum(run.evaluations + run.gradients for run in self.runs) + self.settling + self.elsewhere


def always() -> bool:
    """True."""
    return True


def search(
    objective: Callable[[S], Trial[E]],
    multiple: Callable[[float], S],
    start: S | None = None,
    steps: int = ITERATIONS,
    multiples: Sequence[float] = SCAN,
    scan: Sequence[float] | None = None,
    near: S | None = None,
    again: Callable[[], bool] = always,
) -> Search[E]:
    """The lowest minimum reached from the local minima of the scan at the `multiples` of I, or from `start` alone.

    scan    the values there, where they are known
    near    where the minimum may be: the lowest minimum of the scan gives way to it where its value is lower
    again   whether a singular minimum is to be tried again from inside
    """
    if start is not None:
        return lowest(objective, [start], steps, again)
    found = scanned(objective, map(multiple, multiples)) if scan is None else [*scan]
    flat = max(found) - min(found) < FLAT
    starts = [multiple(c) for c in ([1.0] if flat else [multiples[k] for k in local_minima(found)])]
    runs: list[Run[E]] = []
    if near is not None:
        value, at = tried(objective, near.moved(np.zeros(near.size)), min(found))
        found.append(value)
        if at is not None:
            runs, starts = [descent(objective, at, steps)], starts[1:]
    runs += [newton(objective, start, steps) for start in starts]
    return _best(objective, runs, steps, again, tuple(found))


def lowest(
    objective: Callable[[S], Trial[E]],
    starts: Sequence[S],
    steps: int = ITERATIONS,
    again: Callable[[], bool] = always,
) -> Search[E]:
    """The lowest minimum reached from `starts`; a singular one is tried again from inside, if it should be."""
    return _best(objective, [newton(objective, start, steps) for start in starts], steps, again)


def _best(
    objective: Callable[[S], Trial[E]],
    runs: list[Run[E]],
    steps: int,
    again: Callable[[], bool],
    scan: tuple[float, ...] = (),
) -> Search[E]:
    best = min(runs, key=_value)
    if best.at.place.singular() and again():
        interior = newton(objective, best.at.place.floored(INTERIOR), steps)
        runs.append(interior)
        if interior.at.value < best.at.value - best.at.noise:
            best = interior
    unsettled, best = best, settled(objective, best)
    settling = int(unsettled.at.place.singular())
    kinks = best.at.place.kinks
    if kinks.any():
        runs.append(newton(objective, best.at.place, steps, kinks))
        best = min(best, runs[-1], key=_value)
    return Search(best, scan, tuple(runs), settling)


def _value(run: Run[E]) -> float:
    return float(run.at.value)


def scanned(objective: Callable[[S], Trial[E]], places: Iterable[S]) -> list[float]:
    """Values at some places, infinite where the arithmetic fails; NumericalError if it fails everywhere."""
    values: list[float] = []
    failure: NumericalError | None = None
    for place in places:
        try:
            values.append(objective(place).value)
        except NumericalError as error:
            failure = error
            values.append(np.inf)
    if failure is not None and not np.isfinite(values).any():
        raise failure
    return values


def local_minima(values: Sequence[float]) -> list[int]:
    """Indices of the values that no neighbour undercuts, lowest first."""
    padded = [np.inf, *values, np.inf]
    lowest = [
        k for k, value in enumerate(values) if np.isfinite(value) and value <= padded[k] and value <= padded[k + 2]
    ]
    return sorted(lowest, key=lambda k: values[k])


def settled(objective: Callable[[S], Trial[E]], run: Run[E]) -> Run[E]:
    """Vanished standard deviations set to exact zeros, where the criterion does not mind."""
    if not run.at.place.singular():
        return run
    at = objective(run.at.place.zeroed()).evaluation()
    if at.value > run.at.value + at.noise:
        return run
    return replace(run, at=at, correction=np.zeros_like(run.correction))
