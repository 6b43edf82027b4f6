"""The fits of tests/data/glm/glm_cases.json (made by glm_cases.R beside it) as pylmer writes them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import pylmer
from pylmer import families

R = json.loads((Path(__file__).parents[1] / "data" / "glm" / "glm_cases.json").read_text(encoding="utf-8"))
CLOSE = {
    "rtol": 1e-8,
    "atol": 1e-11,
}  # R's numbers have 15 digits, its iterations end at a relative 1e-14 of the deviance
COUNTS = "cbind(incidence, size - incidence) ~ period"
TICKS = "TICKS ~ YEAR + cHEIGHT"
LOT = "lot1 ~ log(u)"

# name of the case: (data, formula, family, other arguments)
CASES: dict[str, tuple[str, str, Any, dict[str, Any]]] = {
    "cbind": ("cbpp", COUNTS, families.binomial, {}),
    "probit": ("cbpp", "incidence/size ~ period", 'binomial("probit")', {"weights": "size"}),
    "cloglog": ("cbpp", COUNTS, 'binomial("cloglog")', {}),
    "cauchit": ("cbpp", COUNTS, 'binomial("cauchit")', {}),
    "binomial_log": ("cbpp", COUNTS, 'binomial("log")', {}),
    "missing": ("gaps", "incidence/size ~ period", families.binomial, {"weights": "size"}),
    "exclude": ("gaps", COUNTS, families.binomial, {"na_action": "na.exclude"}),
    "both_weights": ("gaps", COUNTS, families.binomial, {"weights": "w"}),
    "zero_trials": ("zero", "cbind(s, f) ~ x", families.binomial, {}),
    "logical": ("wells", "switch ~ dist", families.binomial, {}),
    "factor": ("bacteria", "y ~ trt + week", families.binomial, {}),
    "ordered": ("esoph", "cbind(ncases, ncontrols) ~ agegp + tobgp + alcgp", families.binomial, {}),
    "interaction": (
        "esoph",
        "cbind(ncases, ncontrols) ~ agegp + unclass(tobgp) * unclass(alcgp)",
        families.binomial,
        {},
    ),
    "poisson": ("ticks", TICKS, families.poisson, {}),
    "sqrt": ("InsectSprays", "count ~ spray", 'poisson("sqrt")', {}),
    "sprays": ("InsectSprays", "count ~ spray", families.poisson, {}),
    "identity": ("InsectSprays", "count ~ spray - 1", 'poisson("identity")', {}),
    "subset": ("InsectSprays", "count ~ spray", families.poisson, {"subset": "count > 2"}),
    "insurance": ("Insurance", "Claims ~ District + Group + Age + offset(log(Holders))", families.poisson, {}),
    "offset": ("Insurance", "Claims ~ District", families.poisson, {"offset": "log(Holders)"}),
    "aliased": ("ticks", f"{TICKS} + I(2 * cHEIGHT)", families.poisson, {}),
    "gamma": ("clotting", LOT, families.Gamma, {}),
    "gamma_log": ("clotting", LOT, 'Gamma("log")', {}),
    "gamma_weights": ("clotting", "lot2 ~ log(u)", families.Gamma, {"weights": "w"}),
    "inverse_gaussian": ("clotting", LOT, families.inverse_gaussian, {}),
    "inverse_gaussian_log": ("clotting", LOT, 'inverse.gaussian("log")', {"weights": "w"}),
    "gaussian": ("clotting", LOT, families.gaussian, {}),
    "gaussian_log": ("clotting", LOT, 'gaussian("log")', {"weights": "w"}),
    "gaussian_inverse": ("clotting", LOT, 'gaussian("inverse")', {}),
}


def columns(given: dict[str, Any]) -> pd.DataFrame:
    """A data frame as R gave it: factors with their levels, numbers, logicals."""
    found: dict[str, Any] = {}
    for name, column in given.items():
        values = [None if value == "NA" else value for value in column["values"]]
        if "levels" in column:
            values = pd.Categorical(values, categories=column["levels"], ordered=column["ordered"])
        found[name] = values
    data = pd.DataFrame(found)
    data.index = data.index + 1
    return data


def frame(name: str) -> pd.DataFrame:
    """The data of a case, under the name R's call shows."""
    data = columns(R["frames"][name])
    data.attrs["name"] = name
    return data


@cache
def fitted(name: str) -> Any:
    data, formula, family, options = CASES[name]
    return pylmer.glm(formula, frame(data), family, **options)


def numbers(values: Any) -> np.ndarray:
    """R's numbers; "NA", "NaN" and "Inf" came as texts."""
    special = {"NA": np.nan, "NaN": np.nan, "Inf": np.inf, "-Inf": -np.inf}

    def number(value: Any) -> float:
        return special[value] if isinstance(value, str) else float(value)

    return np.array([[number(v) for v in value] if isinstance(value, list) else number(value) for value in values])
