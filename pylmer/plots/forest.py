"""Coefficients of one or several fits with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..extract import coef
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..functions.values import numeric
from ..inference import confint, tidy
from ..language import deparse
from ..numerics.linalg import Array, dense
from .canvas import BLUE, DOT, GREY, MEDIUM, PALETTE, THIN
from .residuals import MARKERS
from .scales import AnyFit, is_generalized
from .texts import shortened, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATIOS = {"logit": "Odds ratio", "log": "Ratio of means", "cloglog": "Hazard ratio"}  # what exp(estimate) is, by link
ROW, NARROW, TOP = 0.34, 0.22, 1.0  # height of a coefficient, one of many, and all else, in inches
MANY = 20
LONGEST = 28  # characters of a line of a name
LARGEST = 100.0  # logarithm of a ratio that is drawn
SHADE = "0.96"  # of every second row, where there are several fits
APART = 0.62  # of the height of a coefficient, over which the fits are spread
FARTHEST = 3.0  # spans of the estimates beyond which an interval is cut
MARKED = {40.0: (1, 2, 5), 2000.0: (1, 3), np.inf: (1,)}  # ratio of the ends -> what is marked in each power of ten


@dataclass(frozen=True, eq=False)
class Intervals:
    """Of one fit, by name of the coefficient: its table of estimate, low, high."""

    name: str
    table: pd.DataFrame


def intervals(fit: AnyFit, level: float) -> pd.DataFrame:
    """Estimate, low, high by coefficient; those without an estimate left out."""
    ends = _ends(fit, level)
    table = pd.DataFrame({"estimate": ends["estimate"], "low": ends["low"], "high": ends["high"]})
    estimated: pd.DataFrame = table[np.isfinite(table["estimate"])]
    return estimated


@singledispatch
def _ends(fit: Any, level: float) -> pd.DataFrame:
    """Of mixed models what `tidy` says: t intervals of lmer, Wald's of glmer."""
    found: pd.DataFrame = tidy(fit, "fixed", conf_int=True, conf_level=level).set_index("term")
    return found.rename(columns={"conf.low": "low", "conf.high": "high"})


@_ends.register(LinearFit)
def _(fit: LinearFit, level: float) -> pd.DataFrame:
    return _beside(coef(fit), confint(fit, level=level))


@_ends.register(GeneralizedFit)
def _(fit: GeneralizedFit, level: float) -> pd.DataFrame:
    return _beside(coef(fit), confint(fit, level=level, method="Wald"))


def _beside(estimates: Any, limits: pd.DataFrame) -> pd.DataFrame:
    ends = limits.reindex(estimates.index).to_numpy()
    return pd.DataFrame({"estimate": estimates.to_numpy(), "low": ends[:, 0], "high": ends[:, 1]}, estimates.index)


def standardized(fit: AnyFit, table: pd.DataFrame) -> pd.DataFrame:
    """Coefficients times the standard deviations of the numbers in their terms; of lmer and lm over that of y.

    Those that a fit to standardized columns of the data has, but for coefficients of terms that are part of others:
    the numbers beside them in interactions stay uncentred.
    """
    scale = pd.Series(column_scales(fit), index=list(_columns(fit)))
    if not is_generalized(fit):
        scale /= float(np.std(fit.rows.y, ddof=1))
    return table.mul(scale.reindex(table.index).fillna(1.0), axis=0)


def _columns(fit: AnyFit) -> Sequence[str]:
    return [fit.design.X_full_names[k] for k in fit.design.spec.fixed_columns]


def column_scales(fit: AnyFit) -> Array:
    """For each column of X (p,) the product of the standard deviations of the numbers in its term."""
    terms, spec = fit.design.fixed_terms, fit.design.spec
    assign = np.asarray(spec.fixed_coder.assign)[list(spec.fixed_columns)]
    X, out = fit.rows.X, np.ones(len(assign))
    for j, term in enumerate(assign):
        numbers = [terms.variables[k] for k in terms.factors[term - 1]] if term else []
        values = [_number(fit, deparse(node)) for node in numbers]
        if any(value is not None and value.ndim > 1 for value in values):  # poly(x, 2): its columns are what is scaled
            out[j] = np.std(dense(X[:, [j]]), ddof=1)
        else:
            out[j] = np.prod([np.std(value, ddof=1) for value in values if value is not None])
    return out


def _number(fit: AnyFit, label: str) -> Array | None:
    """The values of a variable that is a number, None for a factor."""
    if fit.design.spec.variables[label].kind in ("factor", "logical"):
        return None
    return np.asarray(numeric(fit.rows.variables[label]), float)


def ratio_name(fits: Sequence[AnyFit]) -> str | None:
    """What exp(estimate) is of all these fits, None where it is nothing."""
    if not all(is_generalized(fit) and fit.family.link.name in RATIOS for fit in fits):
        return None
    names = {RATIOS[fit.family.link.name] for fit in fits if is_generalized(fit)}
    return names.pop() if len(names) == 1 else "exp(estimate)"


# --- the picture -----------------------------------------------------------------------------------------------------


def height(rows: int, fits: int) -> float:
    """Of a figure with so many coefficients, in inches."""
    return TOP + rows * max(ROW if rows <= MANY else NARROW, 0.13 * fits) + (0.25 if fits > 1 else 0.0)


def draw(ax: Axes, found: Sequence[Intervals], terms: Sequence[str], labels: Mapping[str, str], ratio: bool) -> None:
    """A row for each coefficient, the first on top, in each the fits from top to bottom."""
    rows = np.arange(len(terms))[::-1]
    ax.axvline(1.0 if ratio else 0.0, color=GREY, lw=THIN, zorder=0)
    for row in rows[1::2] if len(found) > 1 else ():
        ax.axhspan(row - 0.5, row + 0.5, color=SHADE, lw=0, zorder=-1)
    low, high = reach(found, terms)
    if ratio:
        low, high = max(low, -LARGEST), min(high, LARGEST)
    shown = np.exp if ratio else np.asarray
    shifts = APART * (0.5 - (np.arange(len(found)) + 0.5) / len(found)) if len(found) > 1 else np.zeros(1)
    for each, shift, marker, color in zip(found, shifts, cycle(MARKERS), cycle(PALETTE), strict=False):
        table = each.table.reindex(list(terms))
        there = table["estimate"].notna().to_numpy()
        ends = shown(table[["low", "high"]].clip(low, high).to_numpy())
        ax.hlines(rows[there] + shift, ends[there, 0], ends[there, 1], color=color, lw=1.5 * MEDIUM)
        estimates = shown(table["estimate"].to_numpy())
        ax.plot(
            estimates[there], rows[there] + shift, marker, color=color if len(found) > 1 else BLUE, ms=1.4 * DOT, mew=0,
            label=each.name,
        )  # fmt: skip
    if ratio:
        ratio_axis(ax, float(np.exp(low)), float(np.exp(high)))
    ax.set_yticks(
        rows, [(wrapped if len(terms) <= MANY else shortened)(labels.get(term, term), LONGEST) for term in terms]
    )
    ax.tick_params(axis="y", length=0, labelsize="small" if len(terms) <= MANY else "x-small")
    ax.set_ylim(-0.7, len(terms) - 0.3)


def reach(found: Sequence[Intervals], terms: Sequence[str]) -> tuple[float, float]:
    """Where intervals are cut: far from all estimates."""
    tables = [each.table.reindex(list(terms)).dropna(subset=["estimate"]) for each in found]
    values = pd.concat(tables).to_numpy()
    estimates = np.append(values[:, 0], 0.0)
    half = np.abs(values[:, 1:] - values[:, [0]])
    half = half[np.isfinite(half)]
    span = (
        FARTHEST * max(float(np.ptp(estimates)), float(np.quantile(half, 0.5, method="lower")) if half.size else 0.0)
        or 1.0
    )
    return float(estimates.min() - span), float(estimates.max() + span)


def ratio_axis(ax: Axes, low: float, high: float) -> None:
    """A log axis marked at round ratios."""
    ax.set_xscale("log")
    left, right = max(low, ax.get_xlim()[0]), min(high, ax.get_xlim()[1])
    steps = next(steps for most, steps in MARKED.items() if right <= most * left)
    powers = range(int(np.floor(np.log10(left))), int(np.ceil(np.log10(right))) + 1)
    marks = [step * 10.0**power for power in powers for step in steps if left <= step * 10.0**power <= right]
    if len(marks) >= 2:
        marks = marks[:: -(-len(marks) // 8)]
        ax.set_xticks(marks, [f"{mark:g}" for mark in marks])
        ax.set_xticks([], minor=True)
    ax.set_xlim(left, right)
