"""The frames of tests/data/formulas, with the column types that CSV does not show (its README in the R cases)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pylmer import lmerControl

DATA = Path(__file__).parents[1] / "data" / "formulas"
LEVELS = {
    "ws": ["x y", "z:w"],
    "rev": ["r", "q", "p"],
    "a": ["a1", "a2", "a3"],
    "b": ["b1", "b2"],
    "g": [f"g0{i}" for i in range(1, 7)],
    "h": ["h1", "h2", "h3", "h4"],
    "u": ["p", "q", "r"],
    "one": ["only"],
}
UNCHECKED = lmerControl(
    check_nobs_vs_nRE="ignore",
    check_nobs_vs_nlev="ignore",
    check_nlev_gtr_1="ignore",
    check_rankX="ignore",
    check_scaleX="ignore",
)


@cache
def formula_frame(name: str) -> pd.DataFrame:
    """d, dn (with a few NA) or small."""
    frame = pd.read_csv(DATA / f"{name}.csv", dtype={"num_chr": object})
    for column in LEVELS.keys() & set(frame):
        frame[column] = pd.Categorical(frame[column], categories=LEVELS[column])
    if "o" in frame:
        frame["o"] = pd.Categorical(frame["o"], categories=["low", "med", "high", "top"], ordered=True)
    if "lg" in frame:
        frame["lg"] = frame["lg"].astype("boolean") if name == "dn" else frame["lg"].astype(bool)
    if "dt" in frame:
        frame["dt"] = pd.to_datetime(frame["dt"])
    return frame


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a JSON file of R's answers."""
    found: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text())
    return found


def as_list(value: Any) -> list[Any]:
    """R writes vectors of length one without brackets, and empty ones as {}."""
    if value is None or value == {}:
        return []
    return value if isinstance(value, list) else [value]


def dense(X: Any) -> np.ndarray:
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X)
