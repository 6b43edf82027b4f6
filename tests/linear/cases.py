"""The fits of tests/data/lm_cases.json (made by lm_cases.R beside it) as pylmer writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pylmer import datasets

DATA = Path(__file__).parents[1] / "data"
R = json.loads((DATA / "lm_cases.json").read_text(encoding="utf-8"))
CLOSE = {"rtol": 1e-9, "atol": 1e-11}  # of numbers that R printed with 15 digits
FEW = pd.DataFrame({"y": [1.0, 3, 2, 7, 5, 4], "x": [0.0, 1, 2, 3, 4, 5]}, index=range(1, 7))
TWO = pd.DataFrame({"y": [1.0, 3], "x": [0.0, 1]})

# name of the case: (data, formula, other arguments)
LM: dict[str, tuple[str, str, dict[str, Any]]] = {
    "radon": ("radon", "log_radon ~ floor", {}),
    "radon_null": ("radon", "log_radon ~ 1", {}),
    "unpooled": ("radon", "log_radon ~ floor + factor(county) - 1", {}),
    "cake": ("cake", "angle ~ recipe * temperature", {}),
    "cake_sum": ("cake", "angle ~ recipe + temp", {"contrasts": {"recipe": "contr.sum"}}),
    "aliased": ("sleepstudy", "Reaction ~ Days + I(2 * Days) + Subject", {"subset": "Days > 2"}),
    "weights": ("cbpp", "incidence/size ~ period", {"weights": "size"}),
    "offset": ("sleepstudy", "Reaction ~ Days", {"offset": "10 * Days"}),
    "offset_term": ("sleepstudy", "Reaction ~ Days + offset(5 * Days)", {}),
    "subset": ("sleepstudy", "Reaction ~ poly(Days, 2)", {"subset": "Days > 1"}),
    "no_intercept": ("sleepstudy", "Reaction ~ 0 + Days", {}),
    "missing": ("sleepstudy_na", "Reaction ~ Days", {}),
    "exclude": ("sleepstudy_na", "Reaction ~ Days", {"na_action": "na.exclude"}),
    "few": ("few", "y ~ x", {}),
    "saturated": ("two", "y ~ x", {}),
}
LISTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sleepstudy": ("sleepstudy", "Reaction ~ Days | Subject", {}),
    "radon": ("radon", "log_radon ~ floor | county", {}),
    "unpooled_sd": ("sleepstudy", "Reaction ~ Days | Subject", {"pool": False}),
    "machines": ("Machines", "score ~ Machine | Worker", {}),
    "scaled": ("sleepstudy_na", "Reaction ~ scale(Days) | Subject", {}),
    "subset": ("sleepstudy", "Reaction ~ Days | Subject", {"subset": "Days > 1"}),
}


def frame(name: str) -> pd.DataFrame:
    """The data of a case, under the name R's call shows."""
    made = {"few": FEW, "two": TWO}
    if name in made:
        data = made[name].copy()
        data.attrs["name"] = name
        return data
    return datasets.load(name) if name in datasets.names() else datasets.read(DATA / "sets" / f"{name}.json")


def numbers(values: Any) -> np.ndarray:
    """R's numbers; "NA", "NaN" and "Inf" came as texts."""
    special = {"NA": np.nan, "NaN": np.nan, "Inf": np.inf, "-Inf": -np.inf}
    return np.vectorize(lambda v: special.get(v, v), otypes=[float])(np.array(values, dtype=object))


def table(matrix: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(numbers(matrix["values"]), index=matrix["rows"], columns=matrix["cols"])
