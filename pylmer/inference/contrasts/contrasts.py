"""Tests of contrasts L beta = rhs: t for single rows, F for several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...design import Designed
from ...errors import ArgumentError, note
from ...extract import word
from ...fit.fitted_model import FittedModel
from ...functions import aligned
from ...language import known_as
from ...language.suggest import did_you_mean
from ...numerics.distributions import f_upper, student_two_sided, two_sided_quantile
from ...numerics.linalg import Array
from ...text.arguments import check_level
from ..degrees_of_freedom.choice import Method, method_of
from ..degrees_of_freedom.satterthwaite import independent_rows
from ..records import PlainTable, table

DDF = "Satterthwaite"
UNDETERMINED = (
    "degrees of freedom and p-values are missing where the data do not determine how variable an estimate is: the "
    "criterion is flat in a variance that it needs, as where an effect varies between groups and each has one group"
)


@dataclass(frozen=True, eq=False)
class TTests:
    """Single contrasts: estimates, standard errors, degrees of freedom, t statistics and p-values, each (q,)."""

    estimate: Array
    error: Array
    df: Array
    t: Array
    p: Array

    def limits(self, level: float) -> tuple[Array, Array]:
        """Confidence limits (q,), (q,)."""
        half = self.error * two_sided_quantile(check_level(level), self.df)
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True)
class FTest:
    """Several contrasts at once. `mean_square` is F, before it is scaled, times sigma^2, as lmerTest shows it."""

    F: float
    mean_square: float
    numerator: int
    denominator: float
    scale: float
    p: float

    def row(self) -> dict[str, float]:
        """As a row of an anova table."""
        return {
            "Sum Sq": self.mean_square * self.numerator,
            "Mean Sq": self.mean_square,
            "NumDF": self.numerator,
            "DenDF": self.denominator,
            "F value": self.F,
            "Pr(>F)": self.p,
        }


def t_tests(fit: FittedModel, L: Array, ddf: str = DDF, rhs: Array | float = 0.0) -> TTests:
    """The t test of each row of L (q, p); a note where the data do not determine its degrees of freedom."""
    tests = each_tested(method_of(fit, ddf), L, L @ fit.beta, rhs)
    note_undetermined(tests.df[L.any(axis=1)])
    return tests


def note_undetermined(df: Array) -> None:
    """A note if degrees of freedom of contrasts that are not zero are missing."""
    if np.isnan(df).any():
        note(UNDETERMINED)


def each_tested(method: Method, L: Array, estimate: Array, rhs: Array | float = 0.0) -> TTests:
    """The t test of each row of L (q, p), of which `estimate` is L beta-hat."""
    error = np.sqrt(np.diag(method.covariance(L)))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (estimate - rhs) / error
    df = method.single(L)
    return TTests(estimate, error, df, t, student_two_sided(t, df))


def f_test(fit: FittedModel, L: Array, ddf: str = DDF, rhs: Array | float = 0.0) -> FTest:
    """The F test of all rows of L (q, p); rows that follow from others add nothing."""
    return f_tests(fit, [L], ddf, rhs)[0]


def f_tests(fit: FittedModel, Ls: Sequence[Array], ddf: str = DDF, rhs: Array | float = 0.0) -> list[FTest]:
    """The F tests of several matrices; one note where the data do not determine degrees of freedom."""
    method = method_of(fit, ddf)
    tests = [all_tested(method, L, L @ fit.beta - rhs, fit.sigma) for L in Ls]
    note_undetermined(np.array([test.denominator for test in tests if test.numerator]))
    return tests


def all_tested(method: Method, L: Array, distance: Array, sigma: float) -> FTest:
    """The F test of all rows of L (q, p), with `distance` = L beta-hat - rhs."""
    rank = method.rank(L)
    if not rank:
        return FTest(np.nan, np.nan, 0, np.nan, np.nan, np.nan)
    F = _mean_square(*independent_rows(method.covariance(L), rank), distance)
    denominator, scale = method.joint(L)
    p = f_upper(F * scale, rank, denominator)
    return FTest(F * scale, sigma**2 * F, rank, denominator, scale, p)


def _mean_square(values: Array, axes: Array, distance: Array) -> float:
    """distance' covariance^+ distance / rank, from variances (r,) and axes (q, r) of uncorrelated combinations."""
    with np.errstate(over="ignore"):  # a right-hand side without bounds is infinitely far
        return float(np.mean((axes.T @ distance) ** 2 / values))


def contrast_matrix(fit: Designed, L: Any) -> Array:
    """L as (q, p): numbers (p,) or (q, p), a coefficient's name or several, {"name": number}, or a DataFrame.

    A Series or DataFrame labelled by coefficients goes by these names.
    """
    names = list(fit.design.X_names)
    if isinstance(L, str):
        L = {L: 1.0}
    if isinstance(L, pd.Series | pd.DataFrame):
        _check_unique(L.columns if isinstance(L, pd.DataFrame) else L.index)
    if isinstance(L, pd.Series) and L.index.inferred_type == "string":
        L = dict(L)
    if isinstance(L, Mapping):
        return _named_row(L, names, fit.design.dropped)[None]
    if isinstance(L, pd.DataFrame):
        rows = [_named_row(dict(row), names, fit.design.dropped) for _, row in L.iterrows()]
        return np.array(rows).reshape(len(rows), len(names))
    if isinstance(L, Sequence) and L and all(isinstance(each, str | Mapping) for each in L):
        return np.vstack([contrast_matrix(fit, each) for each in L])
    return _numbers(L, names)


def _check_unique(names: pd.Index[Any]) -> None:
    if not names.is_unique:
        raise ArgumentError(
            f"the contrast has {names[names.duplicated()][0]!r} more than once; wanted one number for it"
        )


def _numbers(L: Any, names: list[str]) -> Array:
    try:
        rows = np.atleast_2d(np.asarray(L, float))
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"a contrast is made of numbers or of names of coefficients: {error}") from error
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ArgumentError(
            f"the contrast has {rows.shape[-1]} numbers a row; wanted {len(names)}, one for each of {', '.join(names)}"
        )
    if not np.isfinite(rows).all():
        raise ArgumentError("the contrast has numbers that are not finite")
    return rows


def _named_row(row: Mapping[Any, Any], names: list[str], dropped: Sequence[str]) -> Array:
    row = {known_as(name, [*names, *dropped]) or name: value for name, value in row.items()}
    for name in row:
        if names.count(name) > 1:
            raise ArgumentError(f"{names.count(name)} coefficients are called {name!r}: give the contrast as numbers")
        if name in dropped and name not in names:
            raise ArgumentError(
                f"{name!r} is a linear combination of other columns and was dropped from the model: a contrast with it "
                "cannot be estimated"
            )
        if name not in names:
            raise ArgumentError(
                f"the model has no coefficient {name!r}{did_you_mean(str(name), names)}; it has {', '.join(names)}"
            )
    return np.asarray(_numbers([row.get(name, 0.0) for name in names], names)[0])


def check_rhs(rhs: Any, rows: int) -> Array:
    """Right-hand sides (rows,); one number stands for all."""
    try:
        values = np.asarray(rhs, float)
        return np.array(np.broadcast_to(values, (rows,)))
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"rhs={rhs!r}: wanted a number, or one for each of the {rows} rows of L") from error


@word
def contest(
    fit: FittedModel,
    L: Any,
    joint: bool = True,
    rhs: Any = 0.0,
    ddf: str = DDF,
    confint: bool = True,
    level: float = 0.95,
) -> PlainTable:
    """Test L beta = rhs, as lmerTest's `contest`: one F test of all rows, or a t test of each.

    fit      a fit of `lmer`
    L        (p,) or (q, p) numbers, a coefficient's name or a list of names, {"Days": 1}, or a DataFrame with columns
             named after coefficients
    joint    True, the default: one F test of all rows; False: a t test of each
    rhs      a number, or one for each row (q,); default 0
    ddf      "Satterthwaite" (the default) or "Kenward-Roger" (Kenward & Roger 1997, for REML fits)
    confint  whether confidence limits stand beside t tests; default True
    level    coverage of these, between 0 and 1; default 0.95

    A DataFrame with lmerTest's columns; the rows of t tests are called as those of L, if L is a DataFrame with row
    names or lists coefficients. Raises ArgumentError for a contrast of the wrong length or with unknown names.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.contest(fit, {"Days": 1})[["NumDF", "DenDF", "F value"]].round(3)
       NumDF  DenDF  F value
    1      1   17.0   45.853
    """
    matrix = contrast_matrix(fit, L)
    check_level(level)
    right = check_rhs(aligned(rhs, L.index, "rhs=", "L") if isinstance(L, pd.DataFrame) else rhs, len(matrix))
    if joint:
        test = f_test(fit, matrix, ddf, right)
        made: PlainTable = table(PlainTable, {name: [value] for name, value in test.row().items()}, ["1"])
        return made
    tests = t_tests(fit, matrix, ddf, right)
    columns: dict[str, Any] = {"Estimate": tests.estimate, "Std. Error": tests.error, "df": tests.df}
    columns["t value"] = tests.t
    if confint:
        columns["lower"], columns["upper"] = tests.limits(level)
    columns["Pr(>|t|)"] = tests.p
    single: PlainTable = table(PlainTable, columns, _row_names(L, len(matrix)))
    return single


def _row_names(L: Any, q: int) -> list[str]:
    """The row names of L: those of a DataFrame, coefficients that L lists; else 1, 2, ..."""
    if isinstance(L, pd.DataFrame) and not isinstance(L.index, pd.RangeIndex):
        return list(map(str, L.index))
    listed = [L] if isinstance(L, str) else L
    if isinstance(listed, Sequence) and listed and all(isinstance(each, str) for each in listed):
        return list(listed)
    return [str(k + 1) for k in range(q)]


@word
def contest1D(
    fit: FittedModel, L: Any, rhs: float = 0.0, ddf: str = DDF, confint: bool = False, level: float = 0.95
) -> PlainTable:
    """The t test of one contrast L beta = rhs, as lmerTest's `contest1D`: `contest` of one row.

    fit      a fit of `lmer`
    L        (p,) numbers, a coefficient's name, or {"Days": 1}
    rhs      a number; default 0
    ddf      "Satterthwaite" (the default) or "Kenward-Roger", as in `contest`
    confint  whether confidence limits stand beside the test; default False
    level    coverage of these, between 0 and 1; default 0.95

    A DataFrame of one row with the columns Estimate, Std. Error, df, t value (lower, upper) and Pr(>|t|). Raises
    ArgumentError for several rows: `contestMD` tests them at once.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.contest1D(fit, [0, 1]).iloc[:, :4].round(3)
       Estimate  Std. Error    df  t value
    1    10.467       1.546  17.0    6.771
    """
    rows = contrast_matrix(fit, L)
    if len(rows) != 1:
        raise ArgumentError(f"contest1D() tests one contrast, found {len(rows)}: contestMD() tests several at once")
    return contest(fit, rows, joint=False, rhs=rhs, ddf=ddf, confint=confint, level=level)


@word
def contestMD(fit: FittedModel, L: Any, rhs: Any = 0.0, ddf: str = DDF) -> PlainTable:
    """The F test of all rows of L beta = rhs at once, as lmerTest's `contestMD`: `contest` with joint=True.

    fit  a fit of `lmer`
    L    the contrasts (q, p), as in `contest`; rows that follow from others add nothing
    rhs  a number, or one for each row (q,); default 0
    ddf  "Satterthwaite" (the default) or "Kenward-Roger", as in `contest`

    A DataFrame of one row with lmerTest's columns. Raises ArgumentError as `contest` does.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.contestMD(fit, [[1, 0], [0, 1]]).iloc[:, 2:5].round(3)
       NumDF  DenDF  F value
    1      2   17.0   749.96
    """
    return contest(fit, L, joint=True, rhs=rhs, ddf=ddf)
