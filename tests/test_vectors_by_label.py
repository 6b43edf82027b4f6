"""One rule for every argument with a value per row: labels in another order are put in order, others are refused.

A word whose vector is shuffled together with its labels must give what it gives for the vector in the order of the
data: that is what a label means, so the expected numbers are those of the same call by position.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import pylmer
from pylmer.fit.many_fits import refit_all

FORMULA = "Reaction ~ Days + (Days | Subject)"
LONE = "Reaction ~ Days"
ORDER = np.random.default_rng(5).permutation(180)
LABELS = pd.Index([f"r{k}" for k in range(180)])
WEIGHTS = np.random.default_rng(6).uniform(0.5, 2.0, 180)
OFFSET = np.random.default_rng(7).normal(0.0, 20.0, 180)
CHOSEN = np.random.default_rng(8).uniform(size=180) < 0.8
LAST = pylmer.datasets.load("sleepstudy")["Reaction"].to_numpy() + OFFSET


@cache
def frame() -> pd.DataFrame:
    return pylmer.datasets.load("sleepstudy").set_axis(LABELS)


@cache
def fit() -> pylmer.LmerFit:
    return pylmer.lmer(FORMULA, frame())


@cache
def fit_with_gaps() -> pylmer.LmerFit:
    data = frame().copy()
    data.loc[["r7", "r100"], "Days"] = np.nan
    return pylmer.lmer(FORMULA, data)


def labelled(values: Any, index: pd.Index = LABELS) -> pd.Series:
    return pd.Series(values, index=index)


def numbers(found: Any) -> np.ndarray:
    """Whatever a word gives as numbers."""
    if isinstance(found, pylmer.LmerFit):
        return np.concatenate([found.theta, found.beta, [found.sigma]])
    if isinstance(found, pylmer.LmFit | pylmer.LmList):
        return np.asarray(pylmer.coef(found), float).ravel()
    return np.asarray(found, float).ravel()


def env(z: Any, response: Any = None) -> dict[str, Any]:
    d = frame()
    return {"y": d["Reaction"] if response is None else response, "z": z, "s": d["Subject"]}


NEW = pylmer.datasets.load("sleepstudy")[:6].set_axis(pd.Index(list("abcdef")))
SIX = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])

# what takes the vector, the vector in the order of the rows, and the labels of these rows
WORDS: dict[str, tuple[Callable[[Any], Any], Any, pd.Index]] = {
    "lmer weights": (lambda v: pylmer.lmer(FORMULA, frame(), weights=v), WEIGHTS, LABELS),
    "lmer offset": (lambda v: pylmer.lmer(FORMULA, frame(), offset=v), OFFSET, LABELS),
    "lmer subset": (lambda v: pylmer.lmer(FORMULA, frame(), subset=v), CHOSEN, LABELS),
    "lmer env": (
        lambda v: pylmer.lmer("Reaction ~ z + (z | Subject)", frame(), env={"z": v}),
        frame()["Days"].to_numpy() + WEIGHTS,
        LABELS,
    ),
    "offset() of env": (lambda v: pylmer.lmer(FORMULA + " + offset(v)", frame(), env={"v": v}), OFFSET, LABELS),
    "expression of env": (lambda v: pylmer.lmer(FORMULA, frame(), weights="2 * v", env={"v": v}), WEIGHTS, LABELS),
    "env alone": (lambda v: pylmer.lmer("y ~ z + (1 | s)", env=env(v)), WEIGHTS, LABELS),
    "lFormula": (lambda v: pylmer.lFormula(FORMULA, frame(), weights=v).weights, WEIGHTS, LABELS),
    "lm weights": (lambda v: pylmer.lm(LONE, frame(), weights=v), WEIGHTS, LABELS),
    "lm offset": (lambda v: pylmer.lm(LONE, frame(), offset=v), OFFSET, LABELS),
    "lmList weights": (lambda v: pylmer.lmList("Reaction ~ Days | Subject", frame(), weights=v), WEIGHTS, LABELS),
    "lmList of own columns": (
        lambda v: pylmer.lmList("Reaction ~ poly(Days, 2) | Subject", frame(), offset=v),
        OFFSET,
        LABELS,
    ),
    "lmList env": (
        lambda v: pylmer.lmList("y ~ poly(z, 1) | s", env=env(frame()["Days"], v), weights=labelled(WEIGHTS)),
        LAST,
        LABELS,
    ),
    "update": (lambda v: pylmer.update(fit(), weights=v), WEIGHTS, LABELS),
    "refit": (lambda v: pylmer.refit(fit(), v), LAST, LABELS),
    "refit, all rows of the data": (lambda v: pylmer.refit(fit_with_gaps(), v), LAST, LABELS),
    "refit, rows used": (
        lambda v: pylmer.refit(fit_with_gaps(), v),
        np.delete(LAST, [7, 100]),
        LABELS.delete([7, 100]),
    ),
    "refit_all": (lambda v: refit_all(fit(), v).beta if v.ndim == 2 else v, np.column_stack([LAST, OFFSET]), LABELS),
    "vcovCR": (lambda v: pylmer.vcovCR(fit(), cluster=v), frame()["Subject"].astype(str).to_numpy(), LABELS),
    "vcovCR, rows used": (
        lambda v: pylmer.vcovCR(fit_with_gaps(), cluster=v),
        np.delete(frame()["Subject"].astype(str).to_numpy(), [7, 100]),
        LABELS.delete([7, 100]),
    ),
    "vcovCR of lm": (lambda v: pylmer.vcovCR(pylmer.lm(LONE, frame()), cluster=v), ORDER % 9, LABELS),
    "coef_test": (
        lambda v: pylmer.coef_test(fit(), cluster=v)["SE"],
        frame()["Subject"].astype(str).to_numpy(),
        LABELS,
    ),
    "predict weights": (
        lambda v: pylmer.predict(fit(), NEW, interval="prediction", weights=v),
        SIX,
        NEW.index,
    ),
    "predict offset": (lambda v: pylmer.predict(fit(), NEW, offset=v), SIX, NEW.index),
    "predict weights of the fit's rows": (
        lambda v: pylmer.predict(fit(), interval="prediction", weights=v),
        WEIGHTS,
        LABELS,
    ),
    "predict weights of all rows of the data": (
        lambda v: pylmer.predict(fit_with_gaps(), interval="prediction", weights=v),
        WEIGHTS,
        LABELS,
    ),
    "predict lm": (
        lambda v: pylmer.predict(pylmer.lm(LONE, frame()), NEW, interval="prediction", weights=v, offset=v),
        SIX,
        NEW.index,
    ),
    "simulate": (lambda v: pylmer.simulate(fit(), seed=1, newdata=NEW, weights=v, offset=v), SIX, NEW.index),
    "simulate a formula": (
        lambda v: pylmer.simulate(
            "~ Days + (1 | Subject)",
            seed=1,
            newdata=frame(),
            newparams={"beta": [1, 2], "theta": [1], "sigma": 1},
            weights=v,
        ),
        WEIGHTS,
        LABELS,
    ),
    "makeLmer": (
        lambda v: (
            pylmer.makeLmer(
                "y ~ Days + (1 | Subject)", frame(), fixef=[1, 2], VarCorr=1.0, sigma=1.0, seed=1, weights=v
            ).rows.y
        ),
        WEIGHTS,
        LABELS,
    ),
    "makeGlmer": (
        lambda v: (
            pylmer.makeGlmer(
                "y ~ Days + (1 | Subject)",
                frame(),
                family="Gamma('log')",
                fixef=[1, 0.1],
                VarCorr=1.0,
                sigma=1.0,
                seed=1,
                weights=v,
            ).rows.y
        ),
        WEIGHTS,
        LABELS,
    ),
    "isNested": (lambda v: pylmer.isNested(labelled(np.arange(180) // 2), v), np.arange(180) // 4, LABELS),
}


NESTED = {
    "vcovCR",
    "vcovCR, rows used",
    "coef_test",
}  # shuffled by position these cut a grouping factor, and are refused


@pytest.mark.parametrize("name", WORDS)
def test_labels_in_another_order(name: str) -> None:
    word, values, index = WORDS[name]
    order = ORDER[len(index) > ORDER]
    by_position = numbers(word(values))
    series = pd.DataFrame(values, index=index) if values.ndim == 2 else labelled(values, index)
    np.testing.assert_allclose(numbers(word(series)), by_position, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(numbers(word(series.iloc[order])), by_position, rtol=1e-12, atol=1e-9)
    if values.ndim == 1 and "env" not in name and name != "isNested":
        np.testing.assert_allclose(numbers(word(series.iloc[order].to_frame())), by_position, rtol=1e-12, atol=1e-9)
    if name in NESTED:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)  # shuffled responses make singular fits
        assert not np.allclose(numbers(word(values[order])), by_position), "the order makes no difference here"


@pytest.mark.parametrize("name", WORDS)
def test_other_labels_are_refused(name: str) -> None:
    word, values, index = WORDS[name]
    make = pd.DataFrame if values.ndim == 2 else pd.Series
    numbered = make(values, index=range(1000, 1000 + len(index)))
    with pytest.raises(
        pylmer.DataError, match=r"has other labels than .* is none of theirs.*\.to_numpy\(\)"
    ) as refused:
        word(numbered)
    assert "1000" in str(refused.value)
    repeated = make(values, index=index[np.r_[0, 0 : len(index) - 1]])
    with pytest.raises(pylmer.DataError, match=r"labels in another order .*occurs more than once.*\.to_numpy\(\)"):
        word(repeated)


def test_labels_that_repeat_in_the_same_order_go_by_position() -> None:
    data = frame().set_axis(np.arange(180) // 2)
    found = pylmer.lmer(FORMULA, data, weights=pd.Series(WEIGHTS, index=data.index))
    np.testing.assert_array_equal(found.theta, pylmer.lmer(FORMULA, frame(), weights=WEIGHTS).theta)
    with pytest.raises(pylmer.DataError, match="0 occurs more than once"):
        pylmer.lmer(FORMULA, data, weights=pd.Series(WEIGHTS))


@pytest.mark.parametrize("library", ["dict", "polars"])
def test_rows_without_labels_are_numbered(library: str) -> None:
    columns = {name: frame()[name].astype(str if name == "Subject" else float).to_numpy() for name in frame()}
    data = columns if library == "dict" else pl.DataFrame(columns)
    wanted = pylmer.lmer(FORMULA, data, weights=WEIGHTS).theta
    for given in (list(WEIGHTS), pl.Series(WEIGHTS), pd.Series(WEIGHTS), pd.Series(WEIGHTS).iloc[ORDER]):
        np.testing.assert_array_equal(pylmer.lmer(FORMULA, data, weights=given).theta, wanted)
    with pytest.raises(pylmer.DataError, match="'r0' is none of theirs"):
        pylmer.lmer(FORMULA, data, weights=labelled(WEIGHTS))


def test_a_dict_of_series_has_their_labels() -> None:
    columns = {name: frame()[name] for name in frame()}
    found = pylmer.lmer(FORMULA, columns, weights=labelled(WEIGHTS).iloc[ORDER])
    np.testing.assert_array_equal(found.theta, pylmer.lmer(FORMULA, frame(), weights=WEIGHTS).theta)
    assert list(pylmer.fitted(found).index) == list(LABELS)


def test_data_in_another_order_are_rows_in_another_order() -> None:
    """The vector follows the data, not the other way round."""
    shuffled = pylmer.lmer(FORMULA, frame().iloc[ORDER], weights=labelled(WEIGHTS))
    plain = pylmer.lmer(FORMULA, frame(), weights=WEIGHTS)
    np.testing.assert_allclose(shuffled.theta, plain.theta, rtol=1e-5)
    assert (pylmer.weights(shuffled).loc[LABELS] == WEIGHTS).all()


def test_a_variable_of_env_follows_new_data_by_label() -> None:
    z = labelled(frame()["Days"].to_numpy() + WEIGHTS)
    found = pylmer.lmer("Reaction ~ z + (1 | Subject)", frame(), env={"z": z.iloc[ORDER]})
    again = pylmer.predict(found, frame().iloc[ORDER])
    np.testing.assert_allclose(again.loc[LABELS], pylmer.fitted(found), rtol=1e-12)
    with pytest.raises(pylmer.DataError, match=r"env\['z'\] has other labels than the new data"):
        pylmer.predict(found, frame().set_axis(range(180)))


def test_knots_are_no_rows() -> None:
    """A vector of another length has no row of its own, nor has it in new data that happen to be as many."""
    given = {"k": pd.Series([2.0, 5.0, 7.0], index=list("xyz"))}
    found = pylmer.lmer("Reaction ~ ns(Days, knots = k) + (1 | Subject)", frame(), env=given)
    np.testing.assert_allclose(pylmer.predict(found, frame()[:3]), pylmer.fitted(found)[:3], rtol=1e-12)


@pytest.mark.parametrize("weights", ["equal", "cells"])
def test_marginal_means_of_env_in_another_order(weights: str) -> None:
    """Both the model and the rows in each cell of z and h would be others by position."""
    z = labelled(np.where(frame()["Days"] * 7 % 10 < 4, "a", "b"))
    h = {"h": np.where(frame()["Days"] > 3, "late", "early")}
    found, plain = (
        pylmer.emmeans(pylmer.lmer("y ~ z + h + (1 | s)", env=env(given) | h), "h", weights=weights).as_frame()
        for given in (z.iloc[ORDER], z)
    )
    np.testing.assert_allclose(found["emmean"], plain["emmean"], rtol=1e-10)


# --- vectors labelled by coefficients --------------------------------------------------------------------------------


def test_contrasts_by_name() -> None:
    """R: contest(fm, c(0, 1)) tests Days: F 45.853 on 1 and 17 df (lmerTest, sleepstudy)."""
    row = pd.Series([1.0, 0.0], index=["Days", "(Intercept)"])
    found = pylmer.contest(fit(), row)
    np.testing.assert_allclose(found["F value"], 45.853, rtol=1e-4)
    with pytest.raises(pylmer.ArgumentError, match="'Days' more than once"):
        pylmer.contest(fit(), pd.Series([1.0, 0.0], index=["Days", "Days"]))


def test_right_hand_sides_by_the_rows_of_l() -> None:
    L = pd.DataFrame({"(Intercept)": [1.0, 0.0], "Days": [0.0, 1.0]}, index=["mean", "slope"])
    rhs = pd.Series([10.0, 250.0], index=["slope", "mean"])
    found = pylmer.contest(fit(), L, joint=False, rhs=rhs)
    beta, error = fit().beta, pylmer.se_fixef(fit()).to_numpy()
    np.testing.assert_allclose(found["t value"], (beta - [250.0, 10.0]) / error, rtol=1e-8)


def test_theta_by_name() -> None:
    theta = pd.Series(pylmer.getME(fit(), "theta"))
    held = pylmer.at_theta(fit(), theta.iloc[::-1])
    np.testing.assert_allclose(held.theta, fit().theta, rtol=1e-8)
    with pytest.raises(pylmer.DataError, match="'a' is none of theirs"):
        pylmer.at_theta(fit(), pd.Series([1.0, 0.0, 1.0], index=list("abc")))


def test_a_name_twice_among_new_parameters() -> None:
    beta = pd.Series([1.0, 2.0], index=["Days", "Days"])
    with pytest.raises(pylmer.ArgumentError, match="beta has 'Days' more than once"):
        pylmer.predict(fit(), newparams={"beta": beta})


def test_a_bootstrap_function_whose_names_change_places() -> None:
    calls = []

    def both(model: pylmer.LmerFit) -> pd.Series:
        calls.append(model)
        found = pd.Series({"slope": model.beta[1], "sigma": model.sigma})
        return found if len(calls) % 2 else found.iloc[::-1]

    drawn = pylmer.bootMer(fit(), both, nsim=4, seed=1).t
    plain = pylmer.bootMer(fit(), lambda model: np.array([model.beta[1], model.sigma]), nsim=4, seed=1).t
    np.testing.assert_array_equal(drawn.to_numpy(), plain.to_numpy())


def test_groups_of_influence_are_named() -> None:
    with pytest.raises(pylmer.ArgumentError, match=r"name of a grouping factor .* found Series"):
        pylmer.influence(fit(), frame()["Subject"])
