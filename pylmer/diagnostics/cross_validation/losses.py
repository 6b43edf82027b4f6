"""Losses of held-out rows, of each fold and of all."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...numerics.linalg import Array
from ...text.arguments import call_given, is_number, written

Loss = Callable[[Array, Array], Any]
ALL = "all"


def losses(
    y: Array, mean: Array, log_density: Array, trials: Array | None, own: Mapping[str, Loss]
) -> dict[str, float]:
    """Losses of some rows: y, mean and log_density are (m,); trials (m,) of a binomial family, y their proportions."""
    if not len(y):
        return {"rows": 0.0}
    error = y - mean
    found = {
        "rows": float(len(y)),
        "RMSE": float(np.sqrt(np.mean(error**2))),
        "MAE": float(np.mean(np.abs(error))),
        "R2": _explained(y, error),
        "log_density": float(np.mean(log_density)),
    }
    if trials is not None:
        found |= _of_trials(y, mean, trials)
    return found | {name: _number(name, call_given(loss, name, y, mean)) for name, loss in own.items()}


def _explained(y: Array, error: Array) -> float:
    total = float(np.sum((y - y.mean()) ** 2))
    return 1 - float(np.sum(error**2)) / total if total > 0 else float("nan")


def _of_trials(y: Array, p: Array, trials: Array) -> dict[str, float]:
    """Brier's score and the log loss of single trials, of which y succeed."""
    n = float(trials.sum()) or float("nan")  # rows of weight 0 say nothing
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(y > 0, y * np.log(p), 0.0) + np.where(y < 1, (1 - y) * np.log1p(-p), 0.0)
    brier = y * (1 - p) ** 2 + (1 - y) * p**2
    return {"Brier": float(trials @ brier) / n, "log_loss": -float(trials @ log) / n}


def _number(name: str, value: Any) -> float:
    if not is_number(value):
        raise ArgumentError(f"{name}: wanted a function of observed and predicted that gives a number, found "
                            f"{written(value)}")  # fmt: skip
    return float(value)


def checked(loss: Any) -> dict[str, Loss]:
    """Losses of the user's own, by name."""
    if loss is None:
        return {}
    named = loss if isinstance(loss, Mapping) else {getattr(loss, "__name__", "loss"): loss}
    for name, each in named.items():
        if not callable(each):
            raise ArgumentError(
                f"loss: wanted a function of observed and predicted, found {written(each)} for {name!r}"
            )
    return {str(name): each for name, each in named.items()}


def table_of_losses(
    rows: pd.DataFrame, labels: pd.Index[Any], trials: Array | None, own: Mapping[str, Loss]
) -> pd.DataFrame:
    """A row of losses for each fold, and one for all rows that were foretold."""
    known = np.flatnonzero(np.isfinite(rows["predicted"].to_numpy()))
    codes = pd.Categorical(rows["fold"], labels).codes[known]
    order = known[np.argsort(codes, kind="stable")]
    starts = np.searchsorted(np.sort(codes), np.arange(len(labels) + 1))
    parts = [*(order[start:stop] for start, stop in itertools.pairwise(starts)), known]
    y, mean, density = (rows[name].to_numpy(float) for name in ("observed", "predicted", "log_density"))
    found = [losses(y[at], mean[at], density[at], None if trials is None else trials[at], own) for at in parts]
    return pd.DataFrame(found, index=pd.Index([*labels, ALL], name="fold", dtype=object)).astype({"rows": int})
