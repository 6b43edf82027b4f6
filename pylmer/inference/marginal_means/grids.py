"""The grid of linear functions that marginal means, trends and contrasts are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...extract.records import ReadOnly
from ...language import known_as
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array, Codes
from ...text import Shown
from ...text.arguments import check_call
from .basis import Basis
from .cells import agreeing, product, together
from .nesting import Nesting
from .records import Axis
from .transformations import Transformation


@singledispatch
def stacked(lower: Any, upper: Any) -> Any:
    """`lower` below `upper`, as one family; `combining` registers how."""
    return NotImplemented


@singledispatch
def table_of(grid: Any, **options: Any) -> pd.DataFrame:
    """The table that a grid is summarized by; `summaries` registers how."""
    raise NotImplementedError


@dataclass(frozen=True, eq=False, repr=False)
class EmmGrid(Shown):
    """Linear functions of the coefficients, one for each cell of a grid; prints itself as its `summary`.

    axes       the variables;  places (k, variables) of the k cells on them, None for all combinations, the first
               variable running fastest
    L          (k, P) functions of all columns of X;  offset (k,) added to them;  frequency (k,) rows of data in a cell
    by         the variables whose values make separate tables and families of tests
    label      of the estimates: "prediction", "emmean", "estimate", "Days.trend"
    averaged   variables that have been averaged over;  partly  whether in some of the rows only
    means      of pairwise comparisons how many means each table compares, else None
    type       "response" to transform back, else None
    transformation   of the response;  remark   a line printed with the notes
    infer, level, adjust   defaults of `summary`
    terms      the predictors of each term of the model;  nesting  nested variables and those they are nested in
    sigma      the residual standard deviation;  bias  that of the bias adjustment, None for no adjustment
    df         degrees of freedom in place of those of the basis, or None
    origin     of contrasts: the cells compared, and the coefficients (contrasts, cells)
    """

    basis: Basis
    axes: tuple[Axis, ...]
    L: Array
    offset: Array
    frequency: Array
    by: tuple[str, ...] = ()
    label: str = "prediction"
    averaged: tuple[str, ...] = ()
    means: tuple[int, ...] | None = None
    type: str | None = None
    transformation: Transformation | None = None
    remark: str | None = None
    infer: tuple[bool, bool] = (False, False)
    level: float = 0.95
    adjust: str = "none"
    terms: tuple[frozenset[str], ...] = field(default=(), repr=False)
    places: Codes | None = None
    partly: bool = False
    nesting: Nesting = field(default_factory=dict)
    sigma: float | None = None
    bias: tuple[float, ...] | float | None = None
    df: float | None = None
    origin: tuple[pd.DataFrame, Array] | None = field(default=None, repr=False)

    @property
    def cells(self) -> Codes:
        """The place of each cell on each variable: (k, variables)."""
        return product([len(axis.values) for axis in self.axes]) if self.places is None else self.places

    @property
    def grid(self) -> pd.DataFrame:
        """The cells: DataFrame (k, variables)."""
        columns = zip(self.axes, self.cells.T, strict=True)
        return pd.DataFrame({axis.name: axis.column(at) for axis, at in columns}, index=range(len(self.L)))

    def as_frame(self, **options: Any) -> pd.DataFrame:
        """The summary as an ordinary DataFrame.

        options  as of `summary` of marginal means: infer, level, adjust, by, type, null, side, delta, bias_adjust,
                 sigma, df
        """
        check_call("as_frame()", table_of.dispatch(EmmGrid), (self,), options)
        return pd.DataFrame(table_of(self, **options))

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

    def groups(self, by: tuple[str, ...]) -> list[Codes]:
        """The cells of each table, in order: those that agree in the variables of `by`."""
        return together(agreeing(self.cells[:, [self.position(name) for name in by]])[1])

    def arranged(self, by: tuple[str, ...]) -> EmmGrid:
        """The same cells, table by table, with the variables of `by` last."""
        rows = np.concatenate(self.groups(by))
        order = [*(i for i, axis in enumerate(self.axes) if axis.name not in by), *map(self.position, by)]
        return replace(self.chosen(rows), axes=tuple(self.axes[i] for i in order), places=self.cells[rows][:, order],
                       by=by)  # fmt: skip

    def chosen(self, rows: Codes) -> EmmGrid:
        """Some of the cells."""
        return replace(self, L=self.L[rows], offset=self.offset[rows], frequency=self.frequency[rows],
                       places=self.cells[rows])  # fmt: skip

    def __getitem__(self, rows: Any) -> EmmGrid:
        """Some of the rows, from 0 as in Python: `emm[[0, 2]]`, `emm[1:]`, `emm[-1]`."""
        try:
            chosen = np.atleast_1d(np.arange(len(self.L))[rows])
        except (IndexError, TypeError, ValueError):
            raise ArgumentError(f"[{rows!r}]: wanted rows from 0 to {len(self.L) - 1}") from None
        if not len(chosen) or chosen.ndim != 1:
            raise ArgumentError(f"[{rows!r}]: wanted one or more of the rows 0 to {len(self.L) - 1}")
        return replace(self.chosen(chosen), by=(), origin=None)

    def __add__(self, other: EmmGrid) -> EmmGrid:
        """Both one below the other, as one family: `rbind`."""
        made: EmmGrid = stacked(other, self)
        return made

    __iter__ = None  # rows are chosen, not run through


MEANS = "marginal means, made by emmeans()"  # what words that take grids ask for


class EmmList(ReadOnly[EmmGrid]):
    """Marginal means and contrasts of them: `.emmeans` and `.contrasts`."""

    __slots__ = ()


def first_grid(means: EmmGrid | EmmList) -> EmmGrid:
    """The means themselves: of means and their contrasts the first part."""
    return means if isinstance(means, EmmGrid) else next(iter(means.values()))
