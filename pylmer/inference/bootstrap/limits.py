"""Intervals from replicates: percentile, basic and normal (Davison & Hinkley 1997, sections 5.2 and 5.3).

With t* the replicates of an estimate t,

    perc    [ t*_(a),  t*_(1 - a) ]
    basic   [ 2 t - t*_(1 - a),  2 t - t*_(a) ]
    norm    t - bias -/+ z sd(t*),   bias = mean(t*) - t

where t*_(a) is the order statistic number (R + 1) a, interpolated between its neighbours on the normal scale (5.8).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...errors import ArgumentError, note
from ...numerics.linalg import Array
from ...text.arguments import check_level, is_one_of, written
from ..intervals import chosen, confint, limit_names, limit_table
from .record import BootMer

TYPES = ("perc", "basic", "norm")


def check_type(type: Any, name: str) -> str:
    """`type` if it is one; ArgumentError otherwise."""
    if not is_one_of(type, TYPES):
        raise ArgumentError(f"{name}={written(type)}: wanted one of {', '.join(map(repr, TYPES))}")
    return str(type)


@confint.register(BootMer)
def boot_ci(boot: BootMer, parm: Any = None, level: float = 0.95, type: str = "perc") -> pd.DataFrame:
    """Bootstrap intervals, as R's `confint` of a bootMer: DataFrame (k, 2).

    parm  rows by name or position, None for all;  type  "perc", "basic" or "norm"

    Replicates that failed are left out. With so few replicates that a limit lies beyond the smallest or largest of
    them, that one is taken, with a FitNote. Raises ArgumentError for an unknown type or a level outside (0, 1).

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> boot = pylmer.bootMer(fit, pylmer.fixef, nsim=200, seed=1)
    >>> boot.confint().round(0)
                  2.5 %  97.5 %
    (Intercept)  1486.0  1563.0
    """
    check_type(type, "type")
    names = [str(name) for name in boot.t.columns]
    rows = chosen(names, len(names), parm)
    limits = replicate_limits(boot.t0.to_numpy()[rows], boot.t.to_numpy()[:, rows], check_level(level), type)
    low, high = limit_names(level)
    return limit_table({low: limits[:, 0], high: limits[:, 1]}, [names[k] for k in rows])


def replicate_limits(t0: Array, t: Array, level: float, type: str) -> Array:
    """Limits (k, 2) from t0 (k,) and the replicates t (R, k)."""
    extreme = False
    out = np.full((len(t0), 2), np.nan)
    for k, estimate in enumerate(t0):
        replicates = np.sort(t[np.isfinite(t[:, k]), k])
        if len(replicates) < 2:
            continue
        if type == "norm":
            half = special.ndtri((1 + level) / 2) * np.std(replicates, ddof=1)
            out[k] = 2 * estimate - np.mean(replicates) + np.array([-half, half])
            continue
        ends = np.array([order_statistic(replicates, a) for a in ((1 - level) / 2, (1 + level) / 2)])
        extreme |= (len(replicates) + 1) * (1 - level) / 2 < 1
        out[k] = ends if type == "perc" else 2 * estimate - ends[::-1]
    if extreme:
        note(f"extreme order statistics used as endpoints: {len(t)} replicates are few for a level of {level:g}")
    return out


def order_statistic(ordered: Array, a: float) -> float:
    """t_((R + 1) a) of R ordered numbers, interpolated on the normal scale: Davison & Hinkley (1997), (5.8)."""
    R = len(ordered)
    k = int(np.floor((R + 1) * a + 1e-10))
    if k < 1 or k >= R:
        return float(ordered[0] if k < 1 else ordered[-1])
    if abs((R + 1) * a - k) < 1e-10:
        return float(ordered[k - 1])
    below, at, above = special.ndtri([k / (R + 1), a, (k + 1) / (R + 1)])
    return float(ordered[k - 1] + (at - below) / (above - below) * (ordered[k] - ordered[k - 1]))
