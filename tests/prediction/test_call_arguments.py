"""`offset=` and `weights=` of a fit in new data: evaluated there, or asked for, never left out without a word.

lme4 leaves `offset=` out of predict(newdata=) (its open issue 447); the numbers here are R's for offset() in the
formula, which is the same model, or arithmetic.
"""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

MIXED, PLAIN = "Reaction ~ Days + (Days | Subject)", "Reaction ~ Days"
Z975 = 1.959963984540054
ROWS = [0, 49, 179]


@cache
def frame() -> pd.DataFrame:
    k = np.arange(180)
    return pylmer.datasets.load("sleepstudy").assign(o=3.0 * (k % 4), w=1 + (k % 3) / 2)


def fitted_with(formula: str, **given: Any) -> Any:
    return (pylmer.lmer if "|" in formula else pylmer.lm)(formula, frame(), **given)


def test_an_offset_by_name_as_rs_offset_in_the_formula() -> None:
    """R: d$o <- 3 * ((seq_len(180) - 1) %% 4); m <- lmer(Reaction ~ Days + offset(o) + (Days | Subject), d).

    predict(m, d[c(1, 50, 180), ]); with lmer(..., offset = o) R gives 250.3675831, 336.2646813, 363.9380749 for these
    rows, and 250.3675831, 339.2646813, 372.9380749 as fitted values.
    """
    found = pylmer.predict(fitted_with(MIXED, offset="o"), frame().iloc[ROWS])
    np.testing.assert_allclose(found, [250.3675831, 339.2646813, 372.9380749], rtol=1e-6)


def test_an_offset_by_name_of_lm() -> None:
    """R: predict(lm(Reaction ~ Days, d, offset = o), d[c(1, 50, 180), ])."""
    found = pylmer.predict(fitted_with(PLAIN, offset="o"), frame().iloc[ROWS])
    np.testing.assert_allclose(found, [247.3141958, 343.7015876, 349.7015876], rtol=1e-9)


@pytest.mark.parametrize("formula", [MIXED, PLAIN, "Reaction ~ Days + offset(10 * o) + (1 | Subject)"])
@pytest.mark.parametrize(
    ("offset", "values"),
    [
        ("o", lambda d: d.o),
        ("2 * o + Days", lambda d: 2 * d.o + d.Days),
        ("scale(o)", lambda d: (d.o - frame().o.mean()) / frame().o.std()),  # centred as in the fit
        ("shift(o)", lambda d: d.o + 100),
        ("`my offset`", lambda d: d["my offset"]),
        (5, lambda d: 5.0),
    ],
)
def test_new_data_get_the_offset_that_the_fit_was_given(formula: str, offset: Any, values: Any) -> None:
    """The same model with the values as an array, and these values again for the new rows."""
    data = frame().assign(**{"my offset": frame().o - 7})
    make = pylmer.lmer if "|" in formula else pylmer.lm
    fit = make(formula, data, offset=offset, env={"shift": lambda x: x + 100})
    new = data.iloc[[5, 3, 100, 7]].assign(o=[1.0, 20.0, -4.0, 0.5], **{"my offset": [2.0, 5.0, 9.0, 3.0]})
    same = make(formula, data, offset=np.broadcast_to(values(data), 180))
    expected = pylmer.predict(same, new, offset=np.broadcast_to(values(new), 4))
    np.testing.assert_allclose(pylmer.predict(fit, new), expected, rtol=1e-9)
    np.testing.assert_allclose(pylmer.predict(fit, data), pylmer.fitted(fit), rtol=1e-9)


def test_an_unpickled_fit_knows_its_arguments() -> None:
    by_name, by_array = (
        pickle.loads(pickle.dumps(fitted_with(MIXED, offset=given))) for given in ("o", frame().o.to_numpy())
    )
    np.testing.assert_allclose(pylmer.predict(by_name, frame()), pylmer.fitted(by_array), rtol=1e-9)
    with pytest.raises(pylmer.DataError, match="offset= of the fit was an array"):
        pylmer.predict(by_array, frame())


@pytest.mark.parametrize("formula", [MIXED, PLAIN])
def test_what_an_offset_is_part_of(formula: str) -> None:
    """Standard errors know no offset; limits move with it."""
    fit, new = fitted_with(formula, offset="o"), frame().iloc[ROWS]
    shifted = new.assign(o=new.o + 50)
    one, two = (pylmer.predict(fit, rows, interval="confidence", se_fit=True) for rows in (new, shifted))
    np.testing.assert_allclose(two["se_fit"], one["se_fit"], rtol=1e-12)
    for name in ("fit", "lwr", "upr"):
        np.testing.assert_allclose(two[name], one[name] + 50, rtol=1e-12)


def test_the_random_part_has_no_offset() -> None:
    by_array = fitted_with(MIXED, offset=frame().o)
    by_name = pylmer.predict(fitted_with(MIXED, offset="o"), frame(), random_only=True)
    np.testing.assert_allclose(pylmer.predict(by_array, frame(), random_only=True), by_name, rtol=1e-12)


def test_the_population_has_one() -> None:
    fit = fitted_with(MIXED, offset="o")
    found = pylmer.predict(fit, frame(), re_form="NA")
    np.testing.assert_allclose(found, fit.rows.X @ fit.beta + frame().o, rtol=1e-12)


def test_simulated_means_of_new_data_have_the_offset() -> None:
    fit = fitted_with(MIXED, offset="o")
    new = frame().iloc[ROWS].assign(o=[1.0, 2.0, 300.0])
    drawn = pylmer.simulate(fit, 2, seed=1, newdata=new, use_u=True, cond_sim=False)
    np.testing.assert_allclose(drawn["sim_2"], pylmer.predict(fit, new), rtol=1e-12)
    given = pylmer.simulate(fit, seed=1, newdata=new.drop(columns="o"), use_u=True, cond_sim=False, offset=[1, 2, 300])
    np.testing.assert_allclose(given["sim_1"], drawn["sim_1"], rtol=1e-12)


@pytest.mark.parametrize("formula", [MIXED, PLAIN])
def test_weights_by_name_in_prediction_intervals(formula: str) -> None:
    """A new response of weight w has the residual variance sigma^2 / w; R's predict.lm takes w = 1."""
    fit = fitted_with(formula, weights="w^2")
    new = frame().iloc[ROWS].assign(w=[1.0, 2.0, 0.5])
    found = pylmer.predict(fit, new, interval="prediction", se_fit=True)
    quantile = Z975 if "|" in formula else 1.9733809  # R: qt(0.975, 178)
    half = quantile * np.sqrt(found["se_fit"] ** 2 + fit.sigma**2 / np.array([1.0, 4.0, 0.25]))
    np.testing.assert_allclose((found["upr"] - found["lwr"]) / 2, half, rtol=1e-6)
    pd.testing.assert_frame_equal(
        found, pylmer.predict(fit, new, interval="prediction", se_fit=True, weights=[1, 4, 0.25])
    )


def test_weights_of_lm_as_r_with_its_weights_argument() -> None:
    """R: l <- lm(Reaction ~ Days, d, weights = w), w <- 1 + (i %% 3) / 2, i from 0.

    predict(l, d[c(1, 50, 180), ], interval = "prediction", weights = ~w); without weights= R takes 1 and warns.
    """
    fit, new = fitted_with(PLAIN, weights="w"), frame().iloc[ROWS]
    found = pylmer.predict(fit, new, interval="prediction")
    expected = [[134.3174404, 369.3327639], [248.7389191, 441.2332062], [261.3724054, 428.5997199]]
    np.testing.assert_allclose(found[["lwr", "upr"]], expected, rtol=1e-8)
    ones = pylmer.predict(fit, new, interval="prediction", weights=1)
    np.testing.assert_allclose(ones["upr"], [369.3327639, 462.4937244, 462.4937244], rtol=1e-8)


def test_weights_by_name_in_simulated_new_data() -> None:
    """Residuals of one seed are sigma z / sqrt(w)."""
    fit, new = fitted_with(MIXED, weights="w"), frame().iloc[ROWS].assign(w=[4.0, 1.0, 16.0])
    mean = pylmer.predict(fit, new)
    residuals, plain = (
        pylmer.simulate(fit, seed=3, newdata=new, use_u=True, **more)["sim_1"] - mean for more in ({}, {"weights": 1})
    )
    np.testing.assert_allclose(plain / residuals, [2.0, 1.0, 4.0], rtol=1e-9)


@pytest.mark.parametrize("formula", [MIXED, PLAIN])
@pytest.mark.parametrize("kind", ["array", "Series", "list"])
def test_arrays_belong_to_the_rows_of_the_fit(formula: str, kind: str) -> None:
    makers = {"array": np.asarray, "Series": pd.Series, "list": list}
    offset, weights = makers[kind](frame()["o"]), makers[kind](frame()["w"])
    fit = fitted_with(formula, offset=offset, weights=weights)
    with pytest.raises(
        pylmer.DataError, match=r"offset= of the fit was an array.*give offset= .* column, offset='name'"
    ):
        pylmer.predict(fit, frame())
    with pytest.raises(pylmer.DataError, match=r"weights= of the fit was an array.*give weights= for the new rows"):
        pylmer.predict(fit, frame(), interval="prediction", offset=0)
    named = fitted_with(formula, offset="o", weights="w")
    for given in ({}, {"interval": "prediction"}):  # without new data all is known
        np.testing.assert_allclose(pylmer.predict(fit, **given), pylmer.predict(named, **given), rtol=1e-12)
    full = {"offset": "o", "weights": "w", "interval": "prediction"}
    np.testing.assert_allclose(
        pylmer.predict(fit, frame(), **full), pylmer.predict(named, interval="prediction"), rtol=1e-9
    )


def test_arrays_in_simulated_new_data() -> None:
    fit = fitted_with(MIXED, weights=frame().w.to_numpy())
    with pytest.raises(pylmer.DataError, match="weights= of the fit was an array"):
        pylmer.simulate(fit, newdata=frame())
    assert pylmer.simulate(fit, seed=1).shape == (180, 1)
    assert pylmer.simulate(fit, newdata=frame(), cond_sim=False).shape == (180, 1)  # no residuals, no weights
    with pytest.raises(pylmer.DataError, match="offset= of the fit was an array"):
        pylmer.simulate(fitted_with(MIXED, offset=frame().o.to_numpy()), newdata=frame())


@pytest.mark.parametrize("formula", [MIXED, PLAIN])
def test_new_data_without_the_columns(formula: str) -> None:
    """Without the column of the offset: R's number, and a note; without weights there is no interval."""
    fit, new = fitted_with(formula, offset="log(o + 1)", weights="w"), frame().iloc[ROWS].drop(columns="o")
    with pytest.warns(pylmer.FitNote, match=r"no column 'o', which offset='log\(o \+ 1\)' of the fit needs") as notes:
        found = pylmer.predict(fit, new)
    assert notes[0].filename == __file__
    np.testing.assert_allclose(found, pylmer.predict(fit, new, offset=0), rtol=1e-12)
    with pytest.raises(pylmer.DataError, match="weights='w' of the fit needs the column 'w'"):
        pylmer.predict(fit, frame().drop(columns="w"), interval="prediction")
    assert len(pylmer.predict(fit, frame().drop(columns="w"), interval="confidence")) == 180


def test_missing_values_of_an_offset_or_a_weight() -> None:
    fit, new = fitted_with(MIXED, offset="o", weights="w"), frame().iloc[ROWS].copy()
    new.iloc[1, new.columns.get_loc("o")] = np.nan
    new.iloc[2, new.columns.get_loc("w")] = np.nan
    assert pylmer.predict(fit, new).isna().tolist() == [False, True, False]
    found = pylmer.predict(fit, new, interval="prediction")
    assert found["upr"].isna().tolist() == [False, True, True]
    assert len(pylmer.predict(fit, new, interval="prediction", na_action="omit")) == 1


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"weights": [1.0, 2.0]}, "weights= has 2 values, the new data have 3 rows"),
        ({"weights": [1.0, 0.0, 1.0]}, "must be positive"),
        ({"weights": "v"}, "'v' is not a column"),
        ({"offset": [1.0]}, "offset= has 1 values, the new data have 3 rows"),
        ({"offset": "Subject"}, "not meaningful for factors"),
    ],
)
@pytest.mark.parametrize("formula", [MIXED, PLAIN])
def test_given_in_vain(formula: str, given: dict[str, Any], text: str) -> None:
    fit = fitted_with(formula)
    with pytest.raises(pylmer.PylmerError, match=text):
        pylmer.predict(fit, frame().iloc[ROWS], interval="prediction", **given)


def test_rows_of_the_fit_have_its_offset() -> None:
    with pytest.raises(pylmer.ArgumentError, match="offset= belongs to newdata"):
        pylmer.predict(fitted_with(MIXED), offset=1)
    with pytest.raises(pylmer.ArgumentError, match="offset= belongs to newdata"):
        pylmer.simulate(fitted_with(MIXED), offset=1)
    with pytest.raises(pylmer.ArgumentError, match="looked up in newdata"):
        pylmer.predict(fitted_with(MIXED), interval="prediction", weights="w")


def test_marginal_means_stand_at_the_mean_of_the_argument() -> None:
    """emmeans: the mean over the rows; R: mean(log(d$o + 1)) more than with offset = 0."""
    fit = fitted_with("Reaction ~ Days + (1 | Subject)", offset="log(o + 1)")
    with_offset, without = (
        pylmer.emmeans(fit, "~ Days", at={"Days": [2]}, **more).as_frame()["emmean"][0] for more in ({}, {"offset": 0})
    )
    np.testing.assert_allclose(with_offset - without, np.log(frame().o + 1).mean(), rtol=1e-9)


def test_an_extended_design_evaluates_its_arguments() -> None:
    """The new values of `along` are those that offset= and weights= speak of; arrays are repeated with their rows."""
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", frame(), offset="10 * Days", weights="Days + 1")
    larger = pylmer.extend(fit, along="Days", n=14)
    days = np.tile(np.arange(14.0), 18)
    order = np.lexsort((larger.rows.X[:, 1], larger.rows.random[0].codes))
    np.testing.assert_allclose(larger.rows.offset[order], 10 * days)
    np.testing.assert_allclose(larger.rows.weights[order], days + 1)
    arrays = pylmer.lmer("Reaction ~ Days + (1 | Subject)", frame(), weights=frame().Days.to_numpy() + 1)
    repeated = pylmer.extend(arrays, along="Days", n=14)
    np.testing.assert_allclose(repeated.rows.weights[order], np.tile(np.arange(14) % 10 + 1.0, 18))
