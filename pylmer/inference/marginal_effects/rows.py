"""The rows that are averaged over: those of the fit, the cells of a reference grid, means, or new data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ...design.spec import Spec, argument_node
from ...errors import ArgumentError, DataError, note
from ...fit.linear.generalized import GeneralizedFit
from ...functions import Columns, Factor, Logical, Strings, Value, as_factor, read_columns, recycled
from ...functions.values import kind
from ...language import variables
from ...numerics.linalg import Array, Codes
from ...text.arguments import written
from ..marginal_means.axes import FEW
from ..marginal_means.grids import EmmGrid
from ..marginal_means.nesting import AUTO
from ..marginal_means.reference_grid import Grid, given_offset
from ..marginal_means.used_data import Fit as Modelled
from ..marginal_means.used_data import on_rows, used_values

Fit = Modelled | GeneralizedFit
SIZE = 50_000  # rows whose gradients are made at once
GRIDS = ("grid", "mean")


@dataclass(frozen=True, eq=False)
class AveragedRows:
    """n rows.

    columns   of the data (n,);  weights (n,) of the average, of any sum
    added     offset (n,) beside that of the formula;  evaluates  whether the fit's `offset=` is evaluated in the rows
    what      is averaged over, for a note
    """

    columns: Mapping[str, Value]
    n: int
    weights: Array
    added: Array
    evaluates: bool
    what: str

    def parts(self) -> Iterator[tuple[Codes, AveragedRows]]:
        """Some rows at a time, and which."""
        for start in range(0, self.n, SIZE):
            at = np.arange(start, min(start + SIZE, self.n))
            yield at, self.some(at)

    def some(self, at: Codes) -> AveragedRows:
        """Some of the rows."""
        columns = {name: on_rows(value, at) for name, value in self.columns.items()}
        return replace(self, columns=columns, n=len(at), weights=self.weights[at], added=self.added[at])

    def having(self, name: str, value: Value) -> AveragedRows:
        """The same rows with other values of a column."""
        return replace(self, columns={**self.columns, name: value})

    @property
    def frame(self) -> Columns:
        """The columns as new data."""
        readers = {name: partial(_itself, value) for name, value in self.columns.items()}
        return Columns(readers, self.n, pd.RangeIndex(self.n), frozenset())


def _itself(value: Value) -> Value:
    return value


def rows_to_average(fit: Fit, newdata: Any, names: Sequence[str], weights: Any) -> AveragedRows:
    """The rows that `newdata` says, with the columns `names`; see `avg_predictions`."""
    if newdata is None:
        made = _own(fit, names)
    elif isinstance(newdata, str):
        made = _named(fit, newdata, names)
    elif isinstance(newdata, EmmGrid):
        made = _cells(fit, newdata, names)
    else:
        made = _new(fit, newdata, names)
    return made if weights is None else replace(made, weights=_weights(fit, newdata, weights, made))


def _own(fit: Fit, names: Sequence[str]) -> AveragedRows:
    spec, n = fit.design.spec, fit.design.n
    columns = used_values(fit, [*names, *_offset_columns(spec)])  # type: ignore[arg-type]
    made = AveragedRows(columns, n, np.ones(n), np.zeros(n), True, f"the {n:,} rows of the fit")
    if "offset" not in spec.arguments or spec.arguments["offset"] is not None or fit.rows.offset is None:
        return made
    return replace(made, added=fit.rows.offset - spec.offset(made.frame), evaluates=False)


def _offset_columns(spec: Spec) -> list[str]:
    """Columns that `offset=` of the fit is made of."""
    text = spec.arguments.get("offset")
    if not isinstance(text, str):
        return []
    return [each.name for each in variables(argument_node(text, spec.columns))]


def _named(fit: Fit, name: str, names: Sequence[str]) -> AveragedRows:
    if name not in GRIDS:
        raise ArgumentError(
            f"newdata={name!r}: wanted 'grid', the cells of the reference grid, 'mean', means and most frequent levels,"
            " a grid of ref_grid(), a data frame, or None for the rows of the fit"
        )
    if name == "mean":
        columns = {each: typical(value) for each, value in used_values(fit, names).items()}  # type: ignore[arg-type]
        return AveragedRows(columns, 1, np.ones(1), np.full(1, given_offset(fit)), False, "means and modes")
    grid = Grid.of(fit, None, np.mean, FEW, AUTO)  # type: ignore[arg-type]
    columns, n = dict(read_columns(grid.columns())), len(grid.cells)
    _check_columns(columns, names, "the reference grid")
    what = f"the {n:,} cells of the reference grid"
    return AveragedRows(columns, n, np.ones(n), np.full(n, grid.shift), False, what)


def typical(value: Value) -> Value:
    """The mean of numbers, else the most frequent value: one."""
    if kind(value) == "numeric":
        return np.array([np.mean(np.asarray(value, float))])
    if isinstance(value, Logical | Factor | Strings):
        known = np.flatnonzero(value.codes >= 0)
        most = np.argmax(np.bincount(value.codes[known]))
        return on_rows(value, known[value.codes[known] == most][:1])
    raise DataError(f"newdata='mean' wants numbers, factors, texts and logicals, found a {kind(value)}")


def _cells(fit: Fit, grid: EmmGrid, names: Sequence[str]) -> AveragedRows:
    """The cells of a grid that was made for this fit."""
    cells = zip(grid.axes, grid.cells.T, strict=True)
    columns = dict(read_columns({axis.name: [axis.values[i] for i in at] for axis, at in cells}))
    _check_columns(columns, names, "the grid")
    n = len(grid.L)
    made = AveragedRows(columns, n, np.ones(n), np.zeros(n), False, f"the {n:,} cells of the grid")
    if len(grid.offset) != n or grid.basis.null.lengths.shape != (len(fit.design.X_full_names),):
        raise ArgumentError("newdata: the grid is not one of ref_grid(fit) of this fit")
    return replace(made, added=grid.offset - fit.design.spec.offset(made.frame))


def _new(fit: Fit, newdata: Any, names: Sequence[str]) -> AveragedRows:
    read, spec = read_columns(recycled(newdata)), fit.design.spec
    if not read.n:
        raise DataError("newdata has no rows to average over")
    wanted = [*names, *_offset_columns(spec)]
    columns = {name: read[name] for name in dict.fromkeys(wanted) if name in read}
    _check_columns(columns, names, "newdata")
    evaluates = _has_offset(fit, spec, columns)
    return AveragedRows(columns, read.n, np.ones(read.n), np.zeros(read.n), evaluates, f"{read.n:,} rows of newdata")


def _has_offset(fit: Fit, spec: Spec, columns: Mapping[str, Value]) -> bool:
    """Whether the fit's `offset=` has a value in new rows."""
    if "offset" in spec.arguments and spec.arguments["offset"] is None:
        raise DataError(
            "offset= of the fit was an array, whose values belong to the rows of the fit: there is none for newdata; "
            "fit with a column, offset='name', which is then looked up there"
        )
    lost = [name for name in _offset_columns(spec) if name not in columns and name in spec.columns]
    if lost:
        note(
            f"newdata has no column {lost[0]!r}, which offset={spec.arguments['offset']!r} of the fit needs: the "
            "averages are without that offset; add the column"
        )
    return not lost


def _check_columns(columns: Mapping[str, Value], names: Sequence[str], where: str) -> None:
    for name in names:
        if name not in columns:
            raise DataError(f"{where} has no column {name!r} (it has {', '.join(columns) or 'none of the model'})")


def _weights(fit: Fit, newdata: Any, weights: Any, rows: AveragedRows) -> Array:
    """Numbers that are given, or those of a column."""
    given = weights
    if isinstance(weights, str):
        given = _column(fit, newdata, weights)
    try:
        values = np.asarray(given, float)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.shape != (rows.n,) or not np.isfinite(values).all() or np.any(values < 0) or not values.sum() > 0:
        raise ArgumentError(
            f"weights={written(weights)}: wanted a number that is not negative for each of {rows.what}, or the name "
            "of a column with these"
        )
    return values


def _column(fit: Fit, newdata: Any, name: str) -> Any:
    if newdata is None:
        return used_values(fit, [name])[name]  # type: ignore[arg-type]
    if isinstance(newdata, str | EmmGrid):
        raise ArgumentError(f"weights={name!r}: the cells of a grid have no such column: give a number for each")
    read = read_columns(recycled(newdata))
    if name not in read:
        raise DataError(f"weights={name!r}: newdata has no such column (it has {', '.join(read) or 'none'})")
    return read[name]


def grouped(value: Value) -> tuple[list[Any], str, Codes]:
    """The values that occur, in order, their kind on a grid, and which of them each row has (n,), -1 for none."""
    if isinstance(value, Logical):
        present = np.unique(value.codes[value.codes >= 0])
        return [bool(code) for code in present], "logical", _places(value.codes, present)
    if kind(value) == "numeric":
        numbers = np.asarray(value, float)
        known, codes = np.isfinite(numbers), np.full(len(numbers), -1)
        found, codes[known] = np.unique(numbers[known], return_inverse=True)
        return found.tolist(), "numeric", codes
    factor = as_factor(value)
    present = np.unique(factor.codes[factor.codes >= 0])
    labels = factor.levels.labels()
    return [labels[code] for code in present], "factor", _places(factor.codes, present)


def _places(codes: Codes, present: Codes) -> Codes:
    return np.where(codes >= 0, np.searchsorted(present, np.maximum(codes, 0)), -1)
