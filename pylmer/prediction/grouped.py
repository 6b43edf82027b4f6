"""predict for lmList: each row by the coefficients of its group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..design.spec import NewFrame, Spec
from ..errors import DataError, note
from ..extract.linear import list_fitted
from ..fit.linear.grouped import LinearFits, listed, take_rows
from ..fit.linear.least_squares import LeastSquares, spread
from ..fit.linear.members import by_level
from ..functions import aligned, recycled
from ..numerics.distributions import two_sided_quantiles
from ..numerics.linalg import CHUNK, Array, Codes, dense
from ..text.arguments import check_level
from .labels import fitted_noise, labelled, new_noise, new_offset, on_fitted_rows, refuse_without_newdata, rows_kept
from .linear import check_interval
from .words import predict

DEPENDENT = 1e-7  # of the largest number of the new rows: departures below are rounding


@predict.register(LinearFits)
def predict_list(
    fits: LinearFits,
    newdata: Any = None,
    *,
    se_fit: bool = False,
    interval: str | None = None,
    level: float = 0.95,
    pool: bool | None = None,
    weights: Any = None,
    offset: Any = None,
    na_action: str = "pass",
) -> pd.Series[float] | pd.DataFrame:
    """Means of the rows of `newdata` (default: of the fit) by the coefficients of their groups, lme4's predict.lmList.

    se_fit, interval, level   as of `lm`: standard errors, confidence and prediction intervals (nlme has the errors)
    pool      whether these take the residual variance and degrees of freedom pooled over groups; default: as fitted
    weights, offset, na_action   as of `lm`

    newdata needs the grouping factor. Rows of a group that has no fit are NaN. Coefficients that a group's rows do not
    determine are left out, and one FitNote names the groups with rows whose mean is then not told. A Series, or a
    DataFrame of fit, se_fit, lwr, upr. Raises DataError for a group that the fit does not have, as R does.
    """
    check_interval(interval)
    pooled = fits.pool if pool is None else pool
    if newdata is None:
        refuse_without_newdata(offset)
        if not se_fit and interval in (None, "none"):
            return list_fitted(fits)
        return on_fitted_rows(fits, _columns(fits, _fitted(fits, weights, interval), se_fit, interval, level, pooled))
    rows = _new(fits, recycled(newdata), weights, offset, interval)
    columns = _columns(fits, rows, se_fit, interval, level, pooled)
    complete = np.isfinite(columns["fit"] + rows.noise) | _without_fit(fits, rows.codes)
    return labelled(columns, rows.index, rows_kept(complete, rows.index, na_action))


@dataclass(frozen=True, eq=False)
class RowsByGroup:
    """m rows to predict: their data, group codes (m,), -1 for none, offset (m,), 1 / weight (m,), and labels.

    spec  what codes them, where the groups share their columns;  kept  mask of the rows to show, None for all
    """

    spec: Spec
    data: Any
    frame: NewFrame
    codes: Codes
    offset: Array
    noise: Array
    index: pd.Index[Any]
    kept: Array | None = None

    @cached_property
    def X(self) -> Array:
        """The columns that the groups share (m, p)."""
        return dense(self.spec.all_fixed(self.frame))


def _new(fits: LinearFits, newdata: Any, weights: Any, offset: Any, interval: str | None) -> RowsByGroup:
    spec = fits.design.spec
    frame = spec.frame(newdata)
    noise = new_noise(spec, frame, weights) if interval == "prediction" else np.zeros(frame.n)
    return RowsByGroup(spec, newdata, frame, _codes(fits, frame), new_offset(spec, frame, offset), noise, frame.index)


def _codes(fits: LinearFits, frame: NewFrame) -> Codes:
    """The group of each new row (m,), -1 where it is missing; DataError for one that the fit does not have."""
    found = fits.design.spec.levels_found(frame, 0)
    known = {level: number for number, level in enumerate(fits.levels)}
    labels = found.levels.labels()
    if lost := [label for label in labels if label not in known]:
        raise DataError(
            f"grouping factor {fits.design.random[0].group!r} has levels in the new data of which the fit had no rows: "
            f"{listed(lost)}"
        )
    return np.append(np.array([known[label] for label in labels], dtype=np.int64), -1)[found.codes]


def _fitted(fits: LinearFits, weights: Any, interval: str | None) -> RowsByGroup:
    """The rows of the data of the fit, in their places; the group of those that were not used is -1."""
    rows, n = fits.rows, fits.design.n_total
    data = fits.request.data
    if data is None:
        vectors = {k: v for k, v in (fits.request.env or {}).items() if np.ndim(v) and len(v) == n}
        data = {name: aligned(value, rows.data_index, f"env[{name!r}]") for name, value in vectors.items()}
    codes, offset, noise = np.full(n, -1), np.zeros(n), np.zeros(n)
    used = np.flatnonzero(rows.kept)
    codes[used[fits.members.order]] = np.repeat(np.arange(len(fits.levels)), fits.members.sizes)
    offset[used] = 0.0 if rows.offset is None else rows.offset
    noise[used] = fitted_noise(rows, weights) if interval == "prediction" else 0.0
    spec = fits.design.spec
    return RowsByGroup(spec, data, spec.frame(data), codes, offset, noise, rows.data_index, rows.kept)


def _matrices(fits: LinearFits, rows: RowsByGroup) -> Iterator[tuple[Codes, int, Array]]:
    """Places (k,), number and X (k, p) of the rows of each group that has rows and a fit made alone."""
    members = by_level(rows.codes, len(fits.levels))
    for number in fits.solutions.alone:
        at, spec = members[number], fits.specs[number]
        if not len(at) or spec is None:
            continue
        own = spec is not rows.spec
        yield at, number, dense(spec.all_fixed(take_rows(rows.data, at, rows.index, "newdata="))) if own else rows.X[at]


class Means(NamedTuple):
    """Means of the rows at places `at` (k,), their variance over sigma^2, and the number of each one's group."""

    at: Codes
    mean: Array
    variance: Array
    group: Codes


def _means(fits: LinearFits, rows: RowsByGroup) -> Iterator[Means]:
    """The means of all rows whose group has a fit, without their offset: those of groups fitted together at once."""
    fit, known = fits.solutions, (rows.codes >= 0) & fits.solutions.together[rows.codes]
    for part in np.split(places := np.flatnonzero(known), range(CHUNK, len(places), CHUNK)):
        group = rows.codes[part]
        if len(part):
            X = rows.X[part]
            variance = np.einsum("ij,ijk,ik->i", X, fit.unscaled[group], X)
            yield Means(part, np.sum(X * fit.beta[group], axis=1), variance, group)
    for at, number, own in _matrices(fits, rows):
        solution = fit.alone[number]
        kept = own[:, solution.kept]
        mean = kept @ solution.beta[solution.kept]
        yield Means(at, mean, spread(solution.unscaled, kept), np.full(len(at), number))


def _columns(
    fits: LinearFits, rows: RowsByGroup, se_fit: bool, interval: str | None, level: float, pooled: bool
) -> dict[str, Array]:
    """fit, and se_fit, lwr, upr where asked for, of the rows to show."""
    wide = interval in ("confidence", "prediction")
    columns = {name: np.full(len(rows.codes), np.nan) for name in _names(se_fit, wide)}
    sigmas, J = np.full(len(fits.levels), fits.sigma) if pooled else fits.sigmas, len(fits.levels)
    df = np.full(J, fits.df_residual) if pooled else fits.solutions.df_residual
    quantiles = two_sided_quantiles(check_level(level), df) if wide else None
    for at, mean, unit, group in _means(fits, rows):
        variance = sigmas[group] ** 2 * unit
        columns["fit"][at] = centre = mean + rows.offset[at]
        if se_fit:
            columns["se_fit"][at] = np.sqrt(variance)
        if quantiles is not None:
            half = quantiles[group] * np.sqrt(variance + sigmas[group] ** 2 * rows.noise[at])
            columns["lwr"][at], columns["upr"][at] = centre - half, centre + half
    if rows.kept is None and (unknown := _not_estimable(fits, rows)):
        note(
            f"predicting from rank-deficient fits of the groups {listed(unknown)}, whose rows do not determine all "
            "coefficients: the numbers given for their new rows depend on which of them are left out"
        )
    return columns if rows.kept is None else {name: values[rows.kept] for name, values in columns.items()}


def _without_fit(fits: LinearFits, codes: Codes) -> Array:
    """Mask of the rows whose group is known but has no fit: nothing is missing in these."""
    return np.asarray((codes >= 0) & ~fits.solutions.exist[codes])


def _names(se_fit: bool, wide: bool) -> list[str]:
    return ["fit", *(["se_fit"] if se_fit else []), *(["lwr", "upr"] if wide else [])]


def _not_estimable(fits: LinearFits, rows: RowsByGroup) -> list[str]:
    """The groups with new rows X (k, p) whose columns do not depend on each other as those of the group's own rows."""
    alone = fits.solutions.alone
    if all(fit.rank == len(fit.beta) for fit in alone.values()):
        return []
    own = {number: X for _, number, X in _matrices(fits, _fitted(fits, None, None))}
    new = [(number, X) for _, number, X in _matrices(fits, rows) if alone[number].rank < len(alone[number].beta)]
    return [fits.levels[number] for number, X in new if _departs(alone[number], own[number], X)]


def _departs(solution: LeastSquares, own: Array, X: Array) -> bool:
    lost = np.setdiff1d(np.arange(X.shape[1]), solution.kept)
    slopes = np.linalg.lstsq(own[:, solution.kept], own[:, lost], rcond=None)[0]
    size = np.abs(X).max(initial=1.0, where=np.isfinite(X))
    return bool(np.any(np.abs(X[:, lost] - X[:, solution.kept] @ slopes) > DEPENDENT * size))
