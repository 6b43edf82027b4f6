"""The sums of a plan: they add, travel and are saved; rows never do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from ..engine.sums import files
from ..engine.sums.labels import places
from ..engine.sums.sums import Sums, from_words, in_words
from ..errors import DataError
from ..functions.arrays import Array
from ..text.arguments import given_path, is_number, written
from .facts import Facts

SHOWN = 3  # levels named in a message


@dataclass(frozen=True, eq=False, repr=False)
class PlanSums:
    """Sums of some rows of a plan, as `ModelPlan.sums` makes them: cross-products with the labels of levels, and facts.

    fingerprint  what the columns mean, by its parts: sums add if these are equal
    sums         cross-products by label
    facts        counts of rows, ranges, what the labels are
    counts       rows (J,) by level of each grouping factor

    `a + b` are the sums of the rows of both; `save` and `PlanSums.load` are for other machines; they pickle as well.
    What is in them: for each level of a grouping factor its label, the number of its rows and the sums of products of
    its columns. Of a level with one row that is the row: see `min_count` of `save`. Over all rows: the range of the
    response, mean and range of numeric predictors, and how often each combination of predictors with few values occurs.

    >>> import pylmer
    >>> sleepstudy = pylmer.datasets.load("sleepstudy")
    >>> plan = pylmer.plan("Reaction ~ Days + (Days | Subject)", sleepstudy[:20])
    >>> total = plan.sums(sleepstudy[:100]) + plan.sums(sleepstudy[100:])
    >>> fit = pylmer.lmer(plan, data=total)
    >>> fit.fixef().round(2).tolist(), fit.nobs()
    ([251.41, 10.47], 180)
    """

    fingerprint: Mapping[str, str]
    sums: Sums
    facts: Facts
    counts: tuple[Array, ...]

    @property
    def n(self) -> int:
        """Rows that were used."""
        return self.facts.n

    def __add__(self, other: PlanSums) -> PlanSums:
        """The sums of the rows of both; DataError that names the first difference in what their columns mean."""
        if not isinstance(other, PlanSums):
            return NotImplemented
        check_same_meaning(self.fingerprint, other.fingerprint)
        facts = self.facts + other.facts
        sums = self.sums + other.sums
        counts = tuple(map(_added, self.counts, other.counts, self._levels, other._levels, sums.labels.levels))
        return PlanSums(self.fingerprint, sums, facts, counts)

    def __radd__(self, other: Any) -> PlanSums:
        """0 + sums, so that `sum` adds them."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    @property
    def _levels(self) -> tuple[Array, ...]:
        return self.sums.labels.levels

    def save(self, path: str | PathLike[str], min_count: int = 1) -> None:
        """Write an .npz file that `PlanSums.load` reads, here or elsewhere.

        path       the file
        min_count  DataError if a level of a grouping factor has fewer rows: of a level with one row the sums are that
                   row. How often combinations of predictors occur, for marginal means, is left out if it is more
                   seldom than that; default 1

        >>> import pathlib, tempfile, pylmer
        >>> data = pylmer.datasets.load("Dyestuff")
        >>> sums = pylmer.plan("Yield ~ 1 + (1 | Batch)", data).sums(data)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     sums.save(pathlib.Path(folder) / "site.npz", min_count=5)
        ...     PlanSums.load(pathlib.Path(folder) / "site.npz").n
        30
        """
        self._check_counts(min_count)
        words, arrays = in_words(self.sums)
        counts = {f"rows_{f}": count for f, count in enumerate(self.counts)}
        facts = self.facts.told(min_count)
        words |= {"fingerprint": dict(self.fingerprint), "facts": facts.as_words()}
        files.save(given_path(path), words, {**arrays, **counts, **facts.as_arrays()})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> PlanSums:
        """Read what `save` wrote; DataError for any other file."""
        return files.load(given_path(path), _read)

    def _check_counts(self, min_count: int) -> None:
        if not is_number(min_count) or min_count < 1:
            raise DataError(f"min_count={written(min_count)}: wanted a number of rows from 1")
        for group, labels, count in zip(self.sums.labels.groups, self._levels, self.counts, strict=True):
            few = np.flatnonzero(count < min_count)
            if len(few):
                listed = ", ".join(map(str, labels[few[:SHOWN]])) + (", ..." if len(few) > SHOWN else "")
                raise DataError(
                    f"{len(few)} of {len(labels)} levels of {group!r} have fewer than {min_count} rows ({listed}), "
                    "which the sums would disclose: leave these rows out, or group by something wider"
                )

    def __repr__(self) -> str:
        groups = zip(self.sums.labels.groups, self._levels, strict=True)
        return f"<PlanSums: {self.n} rows, {', '.join(f'{len(levels)} levels of {group}' for group, levels in groups)}>"


def check_same_meaning(one: Mapping[str, str], two: Mapping[str, str]) -> None:
    """DataError that names the first difference between two fingerprints."""
    for part in dict.fromkeys([*one, *two]):
        if one.get(part) != two.get(part):
            raise DataError(
                f"these sums mean different things and cannot be added: {part} {_short(one.get(part))} and "
                f"{_short(two.get(part))}; make one plan and send it to all (it pickles)"
            )


def _short(text: str | None) -> str:
    return "none" if text is None else text if len(text) <= 200 else f"{text[:200]} ..."


def _added(one: Array, two: Array, first: Array, second: Array, levels: Array) -> Array:
    """Rows by level, of the levels of both."""
    out = np.zeros(len(levels), dtype=np.int64)
    out[places(first, levels, "")] += one
    out[places(second, levels, "")] += two
    return out


def _read(words: dict[str, Any], arrays: dict[str, Array]) -> PlanSums:
    sums = from_words(words, arrays)
    counts = tuple(arrays[f"rows_{f}"] for f in range(len(sums.factors)))
    return PlanSums(words["fingerprint"], sums, Facts.read(words["facts"], arrays), counts)
