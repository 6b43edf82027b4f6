"""The models of chapter 12 and what R says of them (tests/data/partial_pooling/pooling.R)."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import pylmer

R: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data" / "partial_pooling" / "pooling.json").read_text(encoding="utf-8")
)
FORMULAS = {
    "M0": "log_radon ~ 1 + (1 | county)",
    "M1": "log_radon ~ floor + (1 | county)",
    "M2": "log_radon ~ floor + log_uranium + (1 | county)",
    "M3": "log_radon ~ floor + (1 + floor | county)",
    "M4": "log_radon ~ floor * log_uranium + (1 + floor | county)",
    "weighted": "log_radon ~ floor + (1 | county)",
    "sleep": "Reaction ~ Days + (Days | Subject)",
}


@cache
def radon() -> pd.DataFrame:
    data = pylmer.datasets.load("radon")
    count = np.arange(1, len(data) + 1)
    return data.assign(w=1 + (count % 5) / 2, o=np.sin(count))


@cache
def fit(name: str, REML: bool = True) -> pylmer.LmerFit:
    data = pylmer.datasets.load("sleepstudy") if name == "sleep" else radon()
    given = {"weights": "w", "offset": "o"} if name == "weighted" else {}
    return pylmer.lmer(FORMULAS[name], data, REML=REML, **given)


def unbalanced(seed: int, weights: bool = False) -> pd.DataFrame:
    """Groups of 1 to 12 rows, a predictor of rows and one of groups."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 13, rng.integers(4, 15))
    g = np.repeat(np.arange(len(sizes)), sizes)
    x, u = rng.normal(size=len(g)) + 0.5 * g, rng.normal(size=len(sizes))[g]
    y = 3 + x - u + rng.normal(size=len(sizes))[g] + rng.normal(size=len(g))
    w = rng.uniform(0.3, 3, len(g)) if weights else np.ones(len(g))
    return pd.DataFrame({"y": y, "x": x, "u": u, "g": [f"g{k:02d}" for k in g], "w": w})


def quietly(formula: str, data: pd.DataFrame, **given: Any) -> pylmer.LmerFit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula, data, **given)


def close(ours: Any, theirs: Any, tolerance: float) -> None:
    """Within `tolerance`, absolutely for numbers below 1, relative to each number's own size above."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    assert ours.shape == theirs.shape
    assert np.all(np.abs(ours - theirs) <= tolerance * np.maximum(np.abs(theirs), 1.0))
