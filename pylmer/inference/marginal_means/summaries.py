"""Estimates, intervals and tests of the functions of a grid, family by family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...errors import note
from ...numerics.distributions import student_two_sided
from ...numerics.linalg import Array
from ...text import format_number
from .adjustments import STEPS, TWO_SIDED, FamilyOfTests, adjusted, quantiles
from .grids import EmmGrid, table_of
from .options import AS_IS, Options, groups_asked, per_row, settle
from .records import MeansTable, means_table
from .transformations import Transformation

THRESHOLDS = {-1: "nonsuperiority", 0: "equivalence", 1: "noninferiority"}


@dataclass(frozen=True, eq=False)
class EstimatedMeans:
    """Estimates, standard errors and degrees of freedom of all functions, NaN where there is no estimate: (k,)."""

    estimate: Array
    error: Array
    df: Array

    @property
    def asymptotic(self) -> bool:
        """Whether there are no finite degrees of freedom: z instead of t."""
        return bool(np.all(np.isinf(self.df) | np.isnan(self.estimate)))


@table_of.register(EmmGrid)
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
    bias_adjust: bool | None = None,
    sigma: float | Sequence[float] | None = None,
    df: float | None = None,
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
    bias_adjust, sigma   whether the way back is corrected for its bias, h(e) + h''(e) sigma^2 / 2, and its sigma, one
            or one for each row of a table, by default the residual standard deviation. Means over new groups want the
            root of the sum of all variances
    df      degrees of freedom in place of those found
    """
    arranged = grid.arranged(groups_asked(grid, by))
    options = settle(arranged, infer, level, adjust, type, null, side, delta, bias_adjust, sigma, df)
    sizes = tuple(len(rows) for rows in arranged.groups(arranged.by))
    found, back = _estimated(arranged, options.df), _way_back(options, sizes)
    families = _families(arranged, found, options, sizes)
    columns: dict[str, Any] = {str(name): column for name, column in arranged.grid.items()}
    columns = _ratio_labels(arranged, columns, options)
    columns |= _estimates(arranged, found, options, back)
    said: list[str] = []
    if options.intervals:
        method = _suitable(arranged, options.adjust, sizes, options.side, intervals=True)
        columns |= _limits(found, families, method, options, back)
        said += _interval_notes(arranged, options, method, families)
    if options.tests:
        method = _suitable(arranged, options.adjust, sizes, options.tail, intervals=False)
        columns |= _tests(found, families, method, options, back)
        said += _test_notes(arranged, options, method, families)
    notes = (*_notes_about(arranged, options), *said, *_bias_note(options))
    return means_table(columns, arranged.by, arranged.axes, _label(arranged, options), notes)


def _estimated(grid: EmmGrid, df: float | None) -> EstimatedMeans:
    basis, known = grid.basis, grid.basis.estimable(grid.L)
    estimate = np.where(known, basis.estimates(grid.L), np.nan) + grid.offset
    found = basis.degrees_of_freedom(grid.L)
    return EstimatedMeans(estimate, basis.errors(grid.L), found if df is None else np.where(np.isnan(found), found, df))


def _way_back(options: Options, sizes: Sequence[int]) -> Transformation | None:
    """The way back to the response, corrected for its bias if that is wanted."""
    if options.back is None or options.bias is None:
        return options.back
    return options.back.adjusted(per_row(options.bias, sizes, "sigma"))


def _families(grid: EmmGrid, found: EstimatedMeans, options: Options, sizes: Sequence[int]) -> list[FamilyOfTests]:
    null = per_row(options.null, sizes) if options.tests else np.zeros(len(found.estimate))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = _statistic(found.estimate - null, options) / found.error
    p = _p_value(t, found.df, options.tail)
    means = grid.means if grid.means is not None and len(grid.means) == len(sizes) else (None,) * len(sizes)
    out = []
    for size, start, count in zip(sizes, np.cumsum([0, *sizes]), means, strict=False):
        at = slice(start, start + size)
        covariance = partial(grid.basis.covariance, grid.L[at])
        out.append(FamilyOfTests(t[at], found.df[at], p[at], options.tail, count, _rank(grid.L[at]), covariance))
    return out


def _rank(L: Array) -> int:
    known = L[np.isfinite(L).all(axis=1)]
    return int(np.linalg.matrix_rank(known)) if known.any() else 1


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


def _suitable(grid: EmmGrid, adjust: str, sizes: Sequence[int], side: int, intervals: bool) -> str:
    """The adjustment, or the one that takes its place where it does not apply."""
    if max(sizes) == 1 or adjust == "none":
        return "none"
    if adjust in TWO_SIDED and side:
        return _changed(adjust, "is not appropriate for one-sided inferences")
    if adjust == "tukey" and not _compares_pairs(grid, sizes):
        return _changed(adjust, "is only appropriate for one set of pairwise comparisons")
    return "bonferroni" if intervals and adjust in STEPS else adjust


def _compares_pairs(grid: EmmGrid, sizes: Sequence[int]) -> bool:
    """Whether each table holds all pairwise comparisons of some means."""
    if grid.means is None or len(grid.means) != len(sizes):
        return False
    return all(size == max(1, m * (m - 1) // 2) for size, m in zip(sizes, grid.means, strict=True))


def _changed(adjust: str, why: str) -> str:
    note(f'Note: adjust = "{adjust}" was changed to "sidak"\nbecause "{adjust}" {why}')
    return "sidak"


def _estimates(grid: EmmGrid, found: EstimatedMeans, options: Options, back: Transformation | None) -> dict[str, Array]:
    estimate, error = found.estimate, found.error
    if back is not None and back.inverse is not None and back.slope is not None:
        estimate, error = back.inverse(estimate), np.abs(back.slope(estimate)) * error
    return {_label(grid, options): estimate, "SE": error, "df": found.df}


def _label(grid: EmmGrid, options: Options) -> str:
    if options.back is None:
        return grid.label
    return options.back.ratio if _is_ratio(grid, options) else options.back.result


def _is_ratio(grid: EmmGrid, options: Options) -> bool:
    return options.back is not None and grid.label == "estimate" and options.back.base is not None


def _ratio_labels(grid: EmmGrid, columns: dict[str, Any], options: Options) -> dict[str, Any]:
    """A / B in place of A - B."""
    if not _is_ratio(grid, options):
        return columns
    compared = [axis.name for axis in grid.axes if axis.name not in grid.by]
    texts = {name: [str(text).replace(" - ", " / ") for text in columns[name]] for name in compared}
    return columns | {name: pd.Series(column, dtype=object) for name, column in texts.items()}


def _limits(
    found: EstimatedMeans, families: list[FamilyOfTests], method: str, options: Options, back: Transformation | None
) -> dict[str, Array]:
    critical = np.concatenate([quantiles(family, _own(family, method), options.level) for family in families])
    low, high = found.estimate - critical * found.error, found.estimate + critical * found.error
    if options.side < 0:
        low = np.where(np.isnan(low), np.nan, -np.inf)
    if options.side > 0:
        high = np.where(np.isnan(high), np.nan, np.inf)
    if back is not None and back.inverse is not None:
        low, high = back.inverse(low), back.inverse(high)
    names = ("asymp.LCL", "asymp.UCL") if found.asymptotic else ("lower.CL", "upper.CL")
    return dict(zip(names, (low, high), strict=True))


def _tests(
    found: EstimatedMeans, families: list[FamilyOfTests], method: str, options: Options, back: Transformation | None
) -> dict[str, Array]:
    null = per_row(options.null, [family.m for family in families])
    if back is not None and back.inverse is not None:
        null = back.inverse(null)
    columns = {} if not np.any(null != 0) else {"null": null}
    columns["z.ratio" if found.asymptotic else "t.ratio"] = np.concatenate([family.t for family in families])
    columns["p.value"] = np.concatenate([adjusted(family, _own(family, method)) for family in families])
    return columns


def _own(family: FamilyOfTests, method: str) -> str:
    """The adjustment of one table: none of a single estimate."""
    return "none" if family.m == 1 else method


def _notes_about(grid: EmmGrid, options: Options) -> list[str]:
    """What the estimates are."""
    some = "some or all of " if grid.partly else ""
    lines = [f"Results are averaged over {some}the levels of: {', '.join(grid.averaged)}"] if grid.averaged else []
    lines += [grid.remark] if grid.remark else []
    method = grid.basis.ddf if options.df is None else "user-specified"
    lines += [f"Degrees-of-freedom method: {method}"] if method else []
    known = grid.transformation
    if known is not None and options.back is None:
        lines.append(f"Results are given on the {known.label} (not the response) scale.")
    if options.back is not None and options.back.inverse is None:
        lines.append(f'Unknown transformation "{options.back.label}": no transformation done')
    return lines


def _bias_note(options: Options) -> list[str]:
    if options.bias is None:
        return []
    several = isinstance(options.bias, tuple) and len(set(options.bias)) > 1
    sigma = options.bias[0] if isinstance(options.bias, tuple) else options.bias
    return [f"Bias adjustment applied based on sigma = {'(various values)' if several else f'{sigma:.5g}'}"]


def _interval_notes(grid: EmmGrid, options: Options, method: str, families: list[FamilyOfTests]) -> list[str]:
    lines = [f"Confidence level used: {format_number(options.level)}"]
    if method != "none":
        lines.append(f"Conf-level adjustment: {_named(method, families, 'estimates')}")
    if options.back is not None and options.back.inverse is not None:
        lines.append(f"Intervals are back-transformed from the {options.back.label} scale")
    return lines


def _test_notes(grid: EmmGrid, options: Options, method: str, families: list[FamilyOfTests]) -> list[str]:
    lines = []
    if method != "none":
        lines.append(f"P value adjustment: {_named(method, families, 'tests')}")
    if options.delta:
        lines.append(
            f"Statistics are tests of {THRESHOLDS[options.side]} with a threshold of {format_number(options.delta)}"
        )
    if options.tail:
        lines.append(f"P values are {'left' if options.tail < 0 else 'right'}-tailed")
    if options.back is not None and options.back.inverse is not None:
        lines.append(f"Tests are performed on the {options.back.label} scale")
    return lines


def _named(method: str, families: list[FamilyOfTests], what: str) -> str:
    if method == "tukey":
        return f"tukey method for comparing a family of {_common([family.means for family in families])} estimates"
    if method == "scheffe":
        return f"scheffe method with rank {_common([family.rank for family in families])}"
    return f"{method} method for {_common([family.m for family in families])} {what}"


def _common(numbers: Sequence[int | None]) -> str:
    """The number that all tables have, or R's word for several."""
    return str(numbers[0]) if len(set(numbers)) == 1 else "(varies)"
