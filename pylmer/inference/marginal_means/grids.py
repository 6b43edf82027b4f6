"""The grid of linear functions that marginal means, trends and contrasts are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...extract.records import ReadOnly
from ...language import did_you_mean, known_as
from ...linalg import Array, Codes
from ...tables import Shown
from .basis import Basis
from .records import Axis
from .summaries import summarize
from .transformations import Transformation


@dataclass(frozen=True, eq=False, repr=False)
class EmmGrid(Shown):
    """Linear functions of the coefficients, one for each cell of a grid; prints itself as its `summary`.

    axes       the variables, the first running fastest;  k cells
    L          (k, P) functions of all columns of X;  offset (k,) added to them;  frequency (k,) rows of data in a cell
    by         the variables whose values make separate tables and families of tests
    label      of the estimates: "prediction", "emmean", "estimate", "Days.trend"
    averaged   variables that have been averaged over
    means      how many means a set of pairwise comparisons compares, else None
    type       "response" to transform back, else None
    transformation   of the response;  remark   a line printed with the notes
    infer, level, adjust   defaults of `summary`
    terms      the predictors of each term of the model
    """

    basis: Basis
    axes: tuple[Axis, ...]
    L: Array
    offset: Array
    frequency: Array
    by: tuple[str, ...] = ()
    label: str = "prediction"
    averaged: tuple[str, ...] = ()
    means: int | None = None
    type: str | None = None
    transformation: Transformation | None = None
    remark: str | None = None
    infer: tuple[bool, bool] = (False, False)
    level: float = 0.95
    adjust: str = "none"
    terms: tuple[frozenset[str], ...] = field(default=(), repr=False)

    @property
    def grid(self) -> pd.DataFrame:
        """The cells: DataFrame (k, variables)."""
        sizes = [len(axis.values) for axis in self.axes]
        places = np.unravel_index(np.arange(int(np.prod(sizes))), sizes, order="F") if sizes else ()
        return pd.DataFrame({axis.name: axis.column(at) for axis, at in zip(self.axes, places, strict=True)})

    def as_frame(self, **options: Any) -> pd.DataFrame:
        """The summary as an ordinary DataFrame; options as of `summary`."""
        return pd.DataFrame(summarize(self, **options))

    def axis(self, name: str) -> Axis:
        """The variable of this name; ArgumentError if there is none."""
        return self.axes[self.position(name)]

    def position(self, name: str) -> int:
        """Where the variable stands among the axes."""
        names = [axis.name for axis in self.axes]
        meant = known_as(name, names)
        if meant not in names:
            raise ArgumentError(
                f"no variable {name!r} in the reference grid{did_you_mean(str(name), names)}; it has {', '.join(names)}"
            )
        return names.index(meant)

    def groups(self, by: tuple[str, ...]) -> Codes:
        """Cells by group: (inside, groups), the variables outside `by` running down, those of `by` across."""
        sizes = [len(axis.values) for axis in self.axes]
        cells = np.arange(len(self.L)).reshape(sizes, order="F")
        outer = [self.position(name) for name in by]
        inner = [i for i in range(len(sizes)) if i not in outer]
        moved = cells.transpose([*inner, *outer])
        return moved.reshape((-1, int(np.prod([sizes[i] for i in outer]))), order="F")

    def arranged(self, by: tuple[str, ...]) -> EmmGrid:
        """The same cells with the variables of `by` last."""
        rows = self.groups(by).ravel(order="F")
        axes = (*(axis for axis in self.axes if axis.name not in by), *(self.axis(name) for name in by))
        return replace(self, axes=axes, by=by, L=self.L[rows], offset=self.offset[rows], frequency=self.frequency[rows])


class EmmList(ReadOnly[EmmGrid]):
    """Marginal means and contrasts of them: `.emmeans` and `.contrasts`."""

    __slots__ = ()
