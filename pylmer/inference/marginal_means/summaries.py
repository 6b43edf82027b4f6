"""Estimates, intervals and tests of the functions of a grid, family by family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from ...linalg import Array
from ...tables import format_number
from ...tails import student_two_sided
from ..noting import note
from .adjustments import STEPS, TWO_SIDED, Family, adjusted, quantiles
from .options import AS_IS, Options, per_row, settle
from .records import MeansTable, means_table
from .specs import names_among

if TYPE_CHECKING:
    from .grids import EmmGrid

THRESHOLDS = {-1: "nonsuperiority", 0: "equivalence", 1: "noninferiority"}


@dataclass(frozen=True, eq=False)
class Estimated:
    """Estimates, standard errors and degrees of freedom of all functions, NaN where there is no estimate: (k,)."""

    estimate: Array
    error: Array
    df: Array

    @property
    def asymptotic(self) -> bool:
        """Whether there are no finite degrees of freedom: z instead of t."""
        return bool(np.all(np.isinf(self.df) | np.isnan(self.estimate)))


def summarize(
    grid: EmmGrid,
    infer: bool | Sequence[bool] | None = None,
    level: float | None = None,
    adjust: str | None = None,
    by: str | Sequence[str] | None = AS_IS,
    type: str | None = None,
    null: float | Sequence[float] = 0.0,
    side: int | str = 0,
    delta: float = 0.0,
) -> MeansTable:
    """The table of a grid of means or contrasts; see `summary`.

    infer   whether to give intervals and tests: (True, False), or one for both; default as the grid was made
    level   of the intervals
    adjust  for the number of estimates in a table; see `contrast`
    by      variables whose values make separate tables
    type    "response" to transform back
    null    the value that tests are against, on the scale of the model; one, or one for each row of a table
    side    "<", ">" or "two-sided"
    delta   tests of equivalence (side 0), nonsuperiority ("<") or noninferiority (">") with this threshold
    """
    names = [axis.name for axis in grid.axes]
    arranged = grid.arranged(grid.by if by == AS_IS else names_among(by, names, "by"))
    options = settle(arranged, infer, level, adjust, type, null, side, delta)
    basis = arranged.basis
    estimate = basis.estimates(arranged.L) + arranged.offset
    found = Estimated(estimate, basis.errors(arranged.L), basis.degrees_of_freedom(arranged.L))
    size = len(estimate) // max(1, arranged.groups(arranged.by).shape[1])
    families = _families(arranged, found, options, size)
    columns: dict[str, Any] = {str(name): column for name, column in arranged.grid.items()}
    columns = _ratio_labels(arranged, columns, options)
    columns |= _estimates(arranged, found, options)
    said: list[str] = []
    if options.intervals:
        method = _suitable(arranged, options.adjust, size, options.side, intervals=True)
        columns |= _limits(found, families, method, options)
        said += _interval_notes(arranged, options, method, size, families)
    if options.tests:
        method = _suitable(arranged, options.adjust, size, options.tail, intervals=False)
        columns |= _tests(found, families, method, options, size)
        said += _test_notes(arranged, options, method, size, families)
    notes = (*_notes_about(arranged, options), *said)
    return means_table(columns, arranged.by, arranged.axes, _label(arranged, options), notes)


def _families(grid: EmmGrid, found: Estimated, options: Options, size: int) -> list[Family]:
    null = per_row(options.null, size, len(found.estimate)) if options.tests else np.zeros(len(found.estimate))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = _statistic(found.estimate - null, options) / found.error
    p = _p_value(t, found.df, options.tail)
    out = []
    for start in range(0, len(t), size):
        at = slice(start, start + size)
        L = grid.L[at]
        rank = int(np.linalg.matrix_rank(L)) if L.any() else 1
        covariance = partial(grid.basis.covariance, L)
        out.append(Family(t[at], found.df[at], p[at], options.tail, grid.means, rank, covariance))
    return out


def _statistic(distance: Array, options: Options) -> Array:
    """What is divided by the standard error."""
    if options.side == 0:
        return np.abs(distance) - options.delta if options.delta else distance
    return distance + options.side * options.delta


def _p_value(t: Array, df: Array, tail: int) -> Array:
    if not tail:
        return student_two_sided(t, df)
    lower = np.where(np.isinf(df), special.ndtr(-tail * t), special.stdtr(df, -tail * t))
    return np.asarray(lower)


def _suitable(grid: EmmGrid, adjust: str, size: int, side: int, intervals: bool) -> str:
    """The adjustment, or the one that takes its place where it does not apply."""
    if size == 1 or adjust == "none":
        return "none"
    if adjust in TWO_SIDED and side:
        return _changed(adjust, "is not appropriate for one-sided inferences")
    if adjust == "tukey" and (grid.means is None or size != grid.means * (grid.means - 1) // 2):
        return _changed(adjust, "is only appropriate for one set of pairwise comparisons")
    return "bonferroni" if intervals and adjust in STEPS else adjust


def _changed(adjust: str, why: str) -> str:
    note(f'Note: adjust = "{adjust}" was changed to "sidak"\nbecause "{adjust}" {why}')
    return "sidak"


def _estimates(grid: EmmGrid, found: Estimated, options: Options) -> dict[str, Array]:
    estimate, error = found.estimate, found.error
    back = options.back
    if back is not None and back.inverse is not None and back.slope is not None:
        estimate, error = back.inverse(estimate), np.abs(back.slope(estimate)) * error
    return {_label(grid, options): estimate, "SE": error, "df": found.df}


def _label(grid: EmmGrid, options: Options) -> str:
    if options.back is None:
        return grid.label
    return "ratio" if _is_ratio(grid, options) else "response"


def _is_ratio(grid: EmmGrid, options: Options) -> bool:
    return options.back is not None and grid.label == "estimate" and options.back.base is not None


def _ratio_labels(grid: EmmGrid, columns: dict[str, Any], options: Options) -> dict[str, Any]:
    """A / B in place of A - B."""
    if not _is_ratio(grid, options):
        return columns
    compared = [axis.name for axis in grid.axes if axis.name not in grid.by]
    texts = {name: [str(text).replace(" - ", " / ") for text in columns[name]] for name in compared}
    return columns | {name: pd.Series(column, dtype=object) for name, column in texts.items()}


def _limits(found: Estimated, families: list[Family], method: str, options: Options) -> dict[str, Array]:
    critical = np.concatenate([quantiles(family, method, options.level) for family in families])
    low, high = found.estimate - critical * found.error, found.estimate + critical * found.error
    if options.side < 0:
        low = np.where(np.isnan(low), np.nan, -np.inf)
    if options.side > 0:
        high = np.where(np.isnan(high), np.nan, np.inf)
    if options.back is not None and options.back.inverse is not None:
        low, high = options.back.inverse(low), options.back.inverse(high)
    names = ("asymp.LCL", "asymp.UCL") if found.asymptotic else ("lower.CL", "upper.CL")
    return dict(zip(names, (low, high), strict=True))


def _tests(found: Estimated, families: list[Family], method: str, options: Options, size: int) -> dict[str, Array]:
    null = per_row(options.null, size, len(found.estimate))
    if options.back is not None and options.back.inverse is not None:
        null = options.back.inverse(null)
    columns = {} if not np.any(null != 0) else {"null": null}
    columns["z.ratio" if found.asymptotic else "t.ratio"] = np.concatenate([family.t for family in families])
    columns["p.value"] = np.concatenate([adjusted(family, method) for family in families])
    return columns


def _notes_about(grid: EmmGrid, options: Options) -> list[str]:
    """What the estimates are."""
    lines = [f"Results are averaged over the levels of: {', '.join(grid.averaged)}"] if grid.averaged else []
    lines += [grid.remark] if grid.remark else []
    lines += [f"Degrees-of-freedom method: {grid.basis.ddf}"] if grid.basis.ddf else []
    known = grid.transformation
    if known is not None and options.back is None:
        lines.append(f"Results are given on the {known.label} (not the response) scale.")
    if options.back is not None and options.back.inverse is None:
        lines.append(f'Unknown transformation "{options.back.label}": no transformation done')
    return lines


def _interval_notes(grid: EmmGrid, options: Options, method: str, size: int, families: list[Family]) -> list[str]:
    lines = [f"Confidence level used: {format_number(options.level)}"]
    if method != "none":
        lines.append(f"Conf-level adjustment: {_named(method, grid, size, families, 'estimates')}")
    if options.back is not None and options.back.inverse is not None:
        lines.append(f"Intervals are back-transformed from the {options.back.label} scale")
    return lines


def _test_notes(grid: EmmGrid, options: Options, method: str, size: int, families: list[Family]) -> list[str]:
    lines = []
    if method != "none":
        lines.append(f"P value adjustment: {_named(method, grid, size, families, 'tests')}")
    if options.delta:
        lines.append(
            f"Statistics are tests of {THRESHOLDS[options.side]} with a threshold of {format_number(options.delta)}"
        )
    if options.tail:
        lines.append(f"P values are {'left' if options.tail < 0 else 'right'}-tailed")
    if options.back is not None and options.back.inverse is not None:
        lines.append(f"Tests are performed on the {options.back.label} scale")
    return lines


def _named(method: str, grid: EmmGrid, size: int, families: list[Family], what: str) -> str:
    if method == "tukey":
        return f"tukey method for comparing a family of {grid.means} estimates"
    if method == "scheffe":
        return f"scheffe method with rank {families[0].rank}"
    return f"{method} method for {size} {what}"
