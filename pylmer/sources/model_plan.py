"""A formula made ready for rows that come in parts: what travels to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..functions import read_columns
from .given import opened
from .parts import TablePart
from .plan import PartPlan
from .plan_sums import PlanSums
from .tables import RowTable
from .tally import RunningSums


@dataclass(frozen=True, eq=False, repr=False)
class ModelPlan(PartPlan):
    """A formula made ready for rows that come in parts, as `pylmer.plan` makes it; it pickles, and so travels.

    `plan.sums(part)` are the sums of some rows; those of all parts, added up, are fitted by
    `pylmer.lmer(plan, data=total)`.
    """

    def sums(self, part: Any) -> PlanSums:
        """The sums of some rows, which are read once.

        part  a data frame (pandas, polars, pyarrow, a dict of arrays), an iterator of such, or what `lmer` takes for
              `data`: paths of files, a dataset, a function that gives frames

        Levels of grouping factors may be any; factors among the predictors have those of the plan. Raises DataError,
        with the place, for rows that do not fit the plan.

        >>> import pylmer
        >>> data = pylmer.datasets.load("Dyestuff")
        >>> plan = pylmer.plan("Yield ~ 1 + (1 | Batch)", data)
        >>> sum(plan.sums(data[start : start + 7]) for start in range(0, 30, 7))
        <PlanSums: 30 rows, 6 levels of Batch>
        """
        tally = RunningSums(self)
        for each in parts_of(part, self.wanted):
            tally.add(each)
        return tally.sums()


def parts_of(given: Any, wanted: Sequence[str]) -> Iterator[TablePart]:
    """A data frame as one part, an iterator of frames or a table as several."""
    if isinstance(given, Iterator):
        yield from (TablePart(read_columns(frame), f"frame {count}") for count, frame in enumerate(given, start=1))
        return
    table = opened(given)
    if isinstance(table, RowTable):
        yield from table.parts(wanted)
    else:
        yield TablePart(read_columns(table), "the data")
