"""R's answers (tests/data/extract/words.R) and the fits they belong to."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import pylmer

ANSWERS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "extract" / "words.json").read_text(encoding="utf-8")
)
DATA = {"two": "sleepstudy", "three": "Machines", "pens": "Penicillin", "slope": "sleepstudy"}
NAMES = tuple(DATA)
CLOSE = 2e-6  # relative: how well theta is known


@functools.cache
def fit(name: str) -> pylmer.LmerFit:
    answer = ANSWERS[name]
    weights = "Days + 1" if name == "two" else None
    return pylmer.lmer(answer["formula"], pylmer.datasets.load(DATA[name]), answer["REML"], weights=weights)


def close(ours: Any, theirs: Any, relative: float = CLOSE, small: float = 0.01) -> bool:
    """Equal up to `relative` of each number and of `small` of the largest; missing where R has NA."""
    a, b = np.array(ours, dtype=float), np.array(theirs, dtype=float)
    least = small * relative * max(1e-12, np.nanmax(np.abs(b)))
    return a.shape == b.shape and np.allclose(a, b, rtol=relative, atol=least, equal_nan=True)


def frame(table: dict[str, Any]) -> pd.DataFrame:
    x = np.array(table["x"], dtype=float)
    return pd.DataFrame(x, index=table.get("rows") or None, columns=table.get("cols") or None)


def same_frame(ours: pd.DataFrame, table: dict[str, Any]) -> bool:
    """Values, names and order of columns; rows by name, since R's order of levels is the data's."""
    theirs = frame(table)
    sizes = dict.fromkeys(theirs, 0.1) if "rows" in table and len(theirs) > 4 else {}  # modes near zero
    return list(ours.columns) == list(theirs.columns) and all(
        close(ours.loc[theirs.index, column], theirs[column], small=sizes.get(column, 0.01)) for column in theirs
    )


def same_named(ours: pd.Series[Any], table: dict[str, Any]) -> bool:
    return list(ours.index) == table["names"] and close(ours, table["values"])
