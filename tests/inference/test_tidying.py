"""tidy, glance, augment, cell by cell, against broom.mixed and broom (tests/data/inference/broom.R)."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "broom.json"
R: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
CELLS = [(kind, i, name) for kind, cases in R.items() for i, case in enumerate(cases) for name in case["tables"]]
TOLERANCE = {"df": 1e-4, "p.value": 2e-3, "statistic": 1e-5}  # R differentiates numerically; tiny p-values magnify df
KR = {"ddf": "Kenward-Roger", "conf_int": True}
WORDS: dict[str, Any] = {
    "fixed": pylmer.tidy,
    "fixed_ci": lambda fit: pylmer.tidy(fit, conf_int=True, conf_level=0.9),
    "fixed_kr": lambda fit: pylmer.tidy(fit, **KR),
    "fixed_lme4": lambda fit: pylmer.tidy(fit, ddf="lme4", conf_int=True),
    "ran_pars": lambda fit: pylmer.tidy(fit, effects="ran_pars"),
    "ran_pars_ci": lambda fit: pylmer.tidy(fit, effects="ran_pars", conf_int=True),
    "ran_pars_vcov": lambda fit: pylmer.tidy(fit, effects="ran_pars", scales="vcov"),
    "ran_vals": lambda fit: pylmer.tidy(fit, effects="ran_vals"),
    "ran_vals_ci": lambda fit: pylmer.tidy(fit, effects="ran_vals", conf_int=True, conf_level=0.9),
    "ran_coefs": lambda fit: pylmer.tidy(fit, effects="ran_coefs"),
    "several": lambda fit: pylmer.tidy(fit, effects=["ran_vals", "ran_pars", "fixed"], conf_int=True),
    "profile": lambda fit: pylmer.tidy(fit, ["fixed", "ran_pars"], "lme4", conf_int=True, conf_method="profile"),
    "tidy": pylmer.tidy,
    "tidy_ci": lambda fit: pylmer.tidy(fit, conf_int=True, conf_level=0.9),
    "glance": pylmer.glance,
    "augment": pylmer.augment,
}


@functools.cache
def fitted(kind: str, i: int) -> Any:
    case = R[kind][i]
    data = pylmer.datasets.load(case["data"])
    weights = np.resize([1, 2, 0.5], len(data)) if case.get("weights") else None
    if kind == "linear":
        return pylmer.lm(case["formula"], data, weights=weights)
    return pylmer.lmer(case["formula"], data, weights=weights, REML=case.get("REML", True))


def expected_columns(names: list[str]) -> list[str]:
    """R's, but for the degrees of freedom, which stand before their statistic."""
    out = list(names)
    if "effect" in names and "df" in names:
        out.remove("df")
        out.insert(out.index("statistic"), "df")
    return out


def otherwise_here(name: str, column: str, values: list[Any]) -> bool:
    """R keeps matrices and offset() terms as columns, and broom gives no F test of a model with one coefficient."""
    return column.startswith(("poly(", "offset(")) or (
        name == "glance" and column in ("statistic", "df", "p.value") and values == [None]
    )


@pytest.mark.parametrize(("kind", "i", "name"), CELLS)
def test_cells(kind: str, i: int, name: str) -> None:
    table, theirs = WORDS[name](fitted(kind, i)), R[kind][i]["tables"][name]
    assert len(table) == theirs["n"]
    if name != "augment":
        assert list(table.columns) == expected_columns(theirs["names"])
    for column, values in zip(theirs["names"], theirs["values"], strict=True):
        if not otherwise_here(name, column, values):
            same_cells(table[column].iloc[[row - 1 for row in theirs["rows"]]], values, column, name)


def same_cells(ours: pd.Series, values: list[Any], column: str, name: str) -> None:
    if isinstance(next((v for v in values if v is not None), 0.0), str):
        assert [None if pd.isna(v) else str(v) for v in ours] == values
        return
    numbers = np.array([np.nan if v is None else v for v in values], float)
    near = 1e-3 if name == "profile" and column.startswith("conf") else TOLERANCE.get(column, 1e-5)
    size = 0.0 if column in TOLERANCE else 1e-3 * near * float(np.nanmax(np.abs(numbers), initial=1e-7))
    np.testing.assert_allclose(ours.astype(float), numbers, rtol=near, atol=size, err_msg=column)


def test_a_structured_term_has_the_limits_of_its_parameters() -> None:
    fit = pylmer.lmer("Reaction ~ Days + cs(Days | Subject)", pylmer.datasets.load("sleepstudy"))
    table = pylmer.tidy(fit, "ran_pars", conf_int=True, conf_method="profile")
    limits = pylmer.confint(fit, parm="theta_", signames=False)
    wanted = limits.loc[["sd_(Intercept)|Subject", "rho|Subject", "sd_Days|Subject", "sigma"]]
    np.testing.assert_allclose(table[["conf.low", "conf.high"]], wanted)


def test_bad_input() -> None:
    fit, plain = fitted("mixed", 0), fitted("linear", 0)
    for arguments, message in (
        ({"effects": "fix"}, "effects='fix'"),
        ({"effects": []}, "effects=''"),
        ({"effects": "ran_pars", "scales": "var"}, "scales='var': wanted one of 'sdcor', 'vcov'"),
        ({"conf_method": "wald"}, "conf_method='wald': wanted one of 'Wald'"),
        ({"effects": "ran_pars", "scales": "vcov", "conf_int": True, "conf_method": "profile"}, "leave scales"),
        ({"conf_int": True, "conf_level": 95}, "conf_level=95"),
        ({"ddf": "KR"}, "ddf='KR'"),
    ):
        with pytest.raises(pylmer.ArgumentError, match=message):
            pylmer.tidy(fit, **arguments)
    with pytest.raises(pylmer.ArgumentError, match="it takes fit, conf_int, conf_level"):
        pylmer.tidy(plain, effects="fixed")
    with pytest.raises(pylmer.ArgumentError, match=r"glance\(\) wants a fit of lmer\(\) or lm\(\)"):
        pylmer.glance(3)


@pytest.mark.parametrize("formula", ["Reaction ~ Days + (1 | Subject)", "Reaction ~ Days"])
def test_rows_left_out_for_missing_values_are_not_augmented(formula: str) -> None:
    data = pylmer.datasets.load("sleepstudy")
    data.loc[[3, 50], "Days"] = np.nan
    fit = pylmer.lmer if "|" in formula else pylmer.lm
    kept, left = fit(formula, data, na_action="exclude"), fit(formula, data, na_action="omit")
    pd.testing.assert_frame_equal(pylmer.augment(kept), pylmer.augment(left))
    assert len(pylmer.augment(kept)) == 178
