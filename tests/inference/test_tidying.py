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
        assert list(table.columns) == theirs["names"]
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
    with pytest.raises(pylmer.ArgumentError, match=r"glance\(\) wants a fit of lmer\(\), glmer\(\), lm\(\) or glm\(\)"):
        pylmer.glance(3)


@pytest.mark.parametrize("formula", ["Reaction ~ Days + (1 | Subject)", "Reaction ~ Days"])
def test_rows_left_out_for_missing_values_are_not_augmented(formula: str) -> None:
    data = pylmer.datasets.load("sleepstudy")
    data.loc[[3, 50], "Days"] = np.nan
    fit = pylmer.lmer if "|" in formula else pylmer.lm
    kept, left = fit(formula, data, na_action="exclude"), fit(formula, data, na_action="omit")
    pd.testing.assert_frame_equal(pylmer.augment(kept), pylmer.augment(left))
    assert len(pylmer.augment(kept)) == 178


# --- augment of data and of new data: R 4.2.2, broom 1.0.3, broom.mixed 0.2.9.4, options(digits = 10) ----------------

SLOPES = "Reaction ~ Days + (Days | Subject)"
NEW = {"Days": [0, 4.5], "Subject": ["308", "372"], "Reaction": [250, 300]}


def test_augment_newdata() -> None:
    """R: augment(m, newdata = nd)$.fitted, predict(m, nd, re.form = NA); the others are of other rows."""
    fit = pylmer.lmer(SLOPES, pylmer.datasets.load("sleepstudy"))
    ours = pylmer.augment(fit, newdata=pd.DataFrame(NEW))
    assert list(ours) == ["Days", "Subject", "Reaction", ".fitted", ".resid", ".fixed"]
    np.testing.assert_allclose(ours[".fitted"], [253.6636703, 316.6005649], rtol=1e-7)
    np.testing.assert_allclose(ours[".fixed"], [251.4051048, 298.5078917], rtol=1e-7)
    np.testing.assert_allclose(ours[".resid"], np.array([250, 300]) - ours[".fitted"])
    short = pylmer.augment(fit, newdata={"Days": 4.5, "Subject": "372"})
    assert list(short) == ["Days", "Subject", ".fitted", ".fixed"]
    unknown = pylmer.augment(fit, newdata={"Days": 0, "Subject": "new"}, allow_new_levels=True, se_fit=True)
    np.testing.assert_allclose(unknown[".fitted"], unknown[".fixed"])
    assert list(unknown) == ["Days", "Subject", ".fitted", ".se.fit", ".fixed"]


def test_augment_newdata_of_lm() -> None:
    """R: augment(l, newdata = nd, interval = "confidence", se_fit = TRUE)."""
    fit = pylmer.lm("Reaction ~ Days", pylmer.datasets.load("sleepstudy"))
    ours = pylmer.augment(fit, newdata=NEW, interval="confidence", se_fit=True)
    assert list(ours)[3:] == [".fitted", ".lower", ".upper", ".se.fit", ".resid"]
    r = [
        [251.4051048, 238.3607532, 264.4494565, 6.610154044, -1.405104848],
        [298.5078917, 291.4896706, 305.5261127, 3.556445229, 1.492108333],
    ]
    np.testing.assert_allclose(ours.iloc[:, 3:], r, rtol=1e-8)


def test_augment_rows_of_the_fit_with_intervals() -> None:
    """R: augment(l, se_fit = TRUE, interval = "prediction")[1, ]."""
    fit = pylmer.lm("Reaction ~ Days", pylmer.datasets.load("sleepstudy"))
    ours = pylmer.augment(fit, se_fit=True, interval="prediction")
    assert list(ours) == [
        *("Reaction", "Days", ".fitted", ".lower", ".upper", ".se.fit"),
        *(".resid", ".hat", ".sigma", ".cooksd", ".std.resid"),
    ]
    np.testing.assert_allclose(ours.iloc[0, 2:6].astype(float), [251.4051048, 156.3465339, 346.4636758, 6.610154044])


def missing_third() -> pd.DataFrame:
    data = pylmer.datasets.load("sleepstudy").assign(extra=range(180))
    data["Days"] = data["Days"].astype(float)
    data.loc[data.index[2], "Days"] = np.nan
    return data


@pytest.mark.parametrize("maker", [pylmer.lmer, pylmer.lm])
def test_augment_data(maker: Any) -> None:
    """R: augment(fit, data = s2), s2$Days[3] <- NA: na.omit leaves the row out, na.exclude shows it, with NA."""
    data = missing_third()
    formula = "Reaction ~ Days" + (" + (1 | Subject)" if maker is pylmer.lmer else "")
    kept, left = maker(formula, data, na_action="exclude"), maker(formula, data)
    whole, used = pylmer.augment(kept, data=data), pylmer.augment(left, data=data)
    assert list(whole)[:5] == ["Reaction", "Days", "Subject", "extra", ".fitted"]
    assert (len(whole), len(used)) == (180, 179)
    assert whole.iloc[2, 4:].isna().all()
    pd.testing.assert_frame_equal(whole.drop(index=data.index[2]), used)
    if maker is pylmer.lmer:
        r = [330.4291970, -8.989396957, 0.1060332911, 0.005722102155, 283.3667845]
    else:
        r = [282.9827321, 38.457067860, 0.007136650421, 47.86899347, 2.340931410e-03]
    np.testing.assert_allclose(whole.iloc[3, 4:9].astype(float), r, rtol=1e-4 if maker is pylmer.lmer else 1e-8)
    pd.testing.assert_frame_equal(pylmer.augment(left, data=data[data["Days"].notna()]), used)
    pd.testing.assert_frame_equal(pylmer.augment(left, data=data.iloc[::-1]), used)


def test_augment_data_of_a_subset_and_of_polars() -> None:
    polars = pytest.importorskip("polars")
    data = pylmer.datasets.load("sleepstudy")
    frame = polars.DataFrame(data.to_dict("list"))
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", frame, subset="Days > 5")
    ours = pylmer.augment(fit, data=frame)
    assert ours["Days"].tolist() == data.loc[data["Days"] > 5, "Days"].tolist()
    np.testing.assert_allclose(ours["Reaction"] - ours[".fitted"], ours[".resid"])


def test_augment_refuses() -> None:
    data = pylmer.datasets.load("sleepstudy")
    fit = pylmer.lmer(SLOPES, data)
    for given, kind, message in (
        ({"data": data, "newdata": data}, pylmer.ArgumentError, "give one"),
        ({"data": data[:7]}, pylmer.DataError, "data= has 7 rows; wanted the 180 rows"),
        ({"data": data.set_axis(range(1, 181))}, pylmer.DataError, "data= has other labels than the data of the fit"),
        ({"newdata": 3}, pylmer.DataError, "data of type int"),
        ({"newdata": {"Days": 1}}, pylmer.DataError, "no column 'Subject'"),
        ({"se_fit": "yes"}, pylmer.ArgumentError, "se_fit='yes'"),
        ({"interval": "both"}, pylmer.ArgumentError, "interval='both'"),
    ):
        with pytest.raises(kind, match=message):
            pylmer.augment(fit, **given)
