"""simulate against lme4 (tests/data/simulation/simulate.R) and against closed forms.

What is drawn is compared with its mean mu and covariance V: with R replicates, a mean has standard error
sqrt(V_ii / R), a covariance sqrt((V_ii V_jj + V_ij^2) / R). Seeds are fixed; every figure must lie within 5 of them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer import simulate

R = json.loads((Path(__file__).parents[1] / "data" / "simulation" / "simulate.json").read_text(encoding="utf-8"))
CLOSE = 1e-7  # relative; lme4 is polished to about eight digits
REPLICATES = 2000
ERRORS = 5.0
THETA = [1.2, 0.1, 0.3]
NEW = pd.DataFrame({"Days": [0, 2.5, 9, 4], "Subject": ["308", "308", "371", "999"]})
PLAN = pd.DataFrame({"x": [0, 1, 2, 3] * 5, "g": np.repeat(list("abcde"), 4)})
RIGHT = {"beta": [1, 2], "theta": 0.5, "sigma": 1}


@functools.cache
def fit(name: str) -> pylmer.LmerFit:
    load = pylmer.datasets.load
    sleep = load("sleepstudy")
    lacking = sleep.copy()
    lacking.loc[[2, 49], "Reaction"] = np.nan
    makers: dict[str, Callable[[], pylmer.LmerFit]] = {
        "slopes": lambda: pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep),
        "apart": lambda: pylmer.lmer("Reaction ~ Days + (Days || Subject)", sleep),
        "crossed": lambda: pylmer.lmer("diameter ~ 1 + (1 | plate) + (1 | sample)", load("Penicillin")),
        "offset": lambda: pylmer.lmer("Reaction ~ Days + offset(3 * Days) + (1 | Subject)", sleep),
        "weighted": lambda: pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep, weights="1 + Days"),
        "cs": lambda: pylmer.lmer("score ~ 1 + cs(0 + Machine | Worker)", load("Machines")),
        "ar1": lambda: pylmer.lmer("Reaction ~ Days + ar1(0 + factor(Days) | Subject)", sleep),
        "nested": lambda: pylmer.lmer("strength ~ 1 + (1 | batch/cask)", load("Pastes")),
        "left out": lambda: pylmer.lmer("Reaction ~ Days + (Days | Subject)", lacking),
        "padded": lambda: pylmer.lmer("Reaction ~ Days + (Days | Subject)", lacking, na_action="exclude"),
    }
    return makers[name]()


def given(*args: Any, **options: Any) -> np.ndarray:
    return simulate(*args, cond_sim=False, **options).sim_1.to_numpy()


VALUES: dict[str, Callable[[], np.ndarray]] = {
    "use_u": lambda: given(fit("slopes"), use_u=True)[:12],
    "NULL_": lambda: given(fit("slopes"), re_form=None)[:12],
    "beta": lambda: given(fit("slopes"), use_u=True, newparams={"beta": [200, 5]})[:12],
    "theta": lambda: given(fit("slopes"), use_u=True, newparams={"theta": THETA, "sigma": 3})[:12],
    "new_rows": lambda: given(fit("slopes"), use_u=True, newdata=NEW, allow_new_levels=True),
    "new_theta": lambda: given(
        fit("slopes"), use_u=True, newdata=NEW, allow_new_levels=True, newparams={"beta": [200, 5], "theta": THETA}
    ),
    "both": lambda: given(fit("crossed"), use_u=True)[:12],
    "offset": lambda: given(fit("offset"), use_u=True)[:12],
    "offset_new": lambda: given(fit("offset"), use_u=True, newdata=NEW[:3]),
    "scratch": lambda: given("~ x + (1 | g)", newdata=PLAN, newparams=RIGHT | {"theta": 0}),
    "named": lambda: given(
        "~ x + (1 | g)", newdata=PLAN, newparams=RIGHT | {"beta": {"x": 3, "(Intercept)": 7}, "theta": [0]}
    ),
}
CALLS: dict[str, Callable[[], pd.DataFrame]] = {
    "nsim_0": lambda: simulate(fit("slopes"), 0),
    "nsim_negative": lambda: simulate(fit("slopes"), -1),
    "both": lambda: simulate(fit("slopes"), use_u=True, re_form="~0"),
    "unknown_term": lambda: simulate(fit("slopes"), re_form="~ (1 | g)"),
    "new_level": lambda: simulate(fit("slopes"), newdata=NEW),
    "new_level_u": lambda: simulate(fit("slopes"), newdata=NEW, use_u=True),
    "new_level_allowed": lambda: simulate(fit("slopes"), newdata=NEW, allow_new_levels=True),
    "missing_column": lambda: simulate(fit("slopes"), newdata=NEW[["Subject"]]),
    "missing_group": lambda: simulate(fit("slopes"), newdata=NEW[["Days"]]),
    "theta_short": lambda: simulate(fit("slopes"), newparams={"theta": 1}),
    "beta_long": lambda: simulate(fit("slopes"), newparams={"beta": [1, 2, 3]}),
    "beta_names": lambda: simulate(fit("slopes"), newparams={"beta": {"(Intercept)": 1, "Day": 2}}),
    "unknown_parameter": lambda: simulate(fit("slopes"), newparams={"foo": 2}),
    "scratch": lambda: simulate("~ x + (1 | g)", newdata=PLAN, newparams=RIGHT),
    "scratch_no_data": lambda: simulate("~ x + (1 | g)", newparams=RIGHT),
    "scratch_beta": lambda: simulate("~ x + (1 | g)", newdata=PLAN, newparams=RIGHT | {"beta": [1, 2, 3]}),
    "scratch_theta": lambda: simulate("~ x + (1 | g)", newdata=PLAN, newparams=RIGHT | {"theta": [1, 2]}),
}


@pytest.mark.parametrize("name", R["values"])
def test_what_is_not_drawn_is_lme4s(name: str) -> None:
    np.testing.assert_allclose(VALUES[name](), R["values"][name], rtol=CLOSE)


@pytest.mark.parametrize("name", R["refused"])
def test_refuses_what_lme4_refuses(name: str) -> None:
    if R["refused"][name]:
        with pytest.raises(pylmer.PylmerError):
            CALLS[name]()
    else:
        assert np.isfinite(CALLS[name]().to_numpy()).all()


@pytest.mark.parametrize(("name", "fitted"), [("omit", "left out"), ("exclude", "padded")])
def test_missing_rows_are_left_out_or_padded(name: str, fitted: str) -> None:
    drawn, theirs = simulate(fit(fitted), 2), R["shapes"][name]
    assert list(drawn.shape) == theirs["dim"]
    assert [row + 1 for row in np.flatnonzero(drawn.sim_1.isna())] == theirs["na"]


def test_columns_are_named_as_in_R() -> None:
    assert list(simulate(fit("slopes"), 3).columns) == R["shapes"]["names"]


def moments(model: pylmer.LmerFit, kept: tuple[str, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """mu (n,) and V (n, n), from the words: the terms in `kept` have their conditional modes."""
    rows, weights = model.rows, pylmer.weights(model).to_numpy()
    mu, V = rows.X @ model.beta, np.diag(model.sigma**2 / weights)
    if rows.offset is not None:
        mu = mu + rows.offset
    raw, Sigmas = pylmer.model_matrix(model, "randomListRaw"), list(pylmer.VarCorr(model).values())
    for term, Sigma, b in zip(rows.random, Sigmas, model.solution.b_terms, strict=True):
        Z = raw[term.label].to_numpy()
        if term.label in kept:
            mu = mu + np.sum(Z * b[term.codes], axis=1)
        else:
            V += (Z @ Sigma.to_numpy() @ Z.T) * (term.codes[:, None] == term.codes)
    return mu, V


def agree(drawn: pd.DataFrame, mu: np.ndarray, V: np.ndarray) -> None:
    """Mean and covariance of the replicates within ERRORS standard errors."""
    Y = drawn.to_numpy()
    count = Y.shape[1]
    assert np.max(np.abs(Y.mean(axis=1) - mu) / np.sqrt(np.diag(V) / count)) < ERRORS
    spread = np.sqrt((np.outer(np.diag(V), np.diag(V)) + V**2) / count)
    assert np.max(np.abs(np.cov(Y) - V) / spread) < ERRORS


@pytest.mark.parametrize("name", ["slopes", "crossed", "offset", "weighted", "cs", "ar1", "nested"])
@pytest.mark.parametrize("use_u", [False, True])
def test_moments(name: str, use_u: bool) -> None:
    model = fit(name)
    kept = tuple(term.label for term in model.design.random) if use_u else ()
    agree(simulate(model, REPLICATES, seed=20, use_u=use_u), *moments(model, kept))


@pytest.mark.parametrize(
    ("name", "re_form", "kept"),
    [
        ("crossed", "~ (1 | sample)", ("1 | sample",)),
        ("apart", "~ (1 | Subject)", ("1 | Subject",)),
        ("nested", "~ (1 | batch)", ("1 | batch",)),
    ],
)
def test_a_formula_conditions_on_some_terms_and_draws_the_rest(name: str, re_form: str, kept: tuple[str, ...]) -> None:
    agree(simulate(fit(name), REPLICATES, seed=4, re_form=re_form), *moments(fit(name), kept))


def test_moments_of_new_rows_with_new_levels() -> None:
    model = fit("slopes")
    rows = pd.concat([NEW, NEW[3:], NEW.assign(Subject="1000")[:2]], ignore_index=True)
    rows.loc[6, "Subject"] = None  # no level: no effect, as lme4 has it
    Z = np.column_stack([np.ones(7), rows.Days])
    levels = rows.Subject.to_numpy()
    Sigma = pylmer.VarCorr(model)["Subject"].to_numpy()
    together = np.array([[a == b and a is not None for b in levels] for a in levels])
    V = (Z @ Sigma @ Z.T) * together + model.sigma**2 * np.eye(7)
    agree(simulate(model, REPLICATES, seed=5, newdata=rows, allow_new_levels=True), Z @ model.beta, V)


def test_moments_of_new_rows_with_weights() -> None:
    model = fit("weighted")
    rows = NEW[:3].assign(w=[1.0, 4.0, 100.0])
    mu = pylmer.predict(model, rows).to_numpy()
    drawn = simulate(model, REPLICATES, seed=6, newdata=rows, use_u=True, weights="w")
    agree(drawn, mu, np.diag(model.sigma**2 / rows.w))
    same = simulate(model, REPLICATES, seed=6, newdata=rows, use_u=True, weights=rows.w.to_numpy())
    pd.testing.assert_frame_equal(drawn, same)


def test_moments_without_a_fit() -> None:
    Z = np.column_stack([np.ones(20), PLAN.x])
    T = np.array([[1.0, 0.0], [-0.2, 0.5]])
    together = PLAN.g.to_numpy()[:, None] == PLAN.g.to_numpy()
    w = np.arange(1, 21)
    V = 4 * ((Z @ T @ T.T @ Z.T) * together + np.diag(1 / w))
    newparams = {"beta": [1, -1], "theta": [1.0, -0.2, 0.5], "sigma": 2}
    drawn = simulate("~ x + (x | g)", REPLICATES, seed=7, newdata=PLAN, newparams=newparams, weights=w)
    agree(drawn, Z @ [1, -1], V)


@pytest.mark.parametrize(("structure", "theta"), [("cs", [1.0, 0.3, np.sqrt(0.91)]), ("ar1", [2.0, 1.2, 1.6])])
def test_theta_of_correlated_structures(structure: str, theta: list[float]) -> None:
    """cs (heteroscedastic) by its lower triangle, ar1 (homoscedastic) by its first two columns, as lme4's theta."""
    rows = pd.DataFrame({"time": [0, 1] * 6, "g": np.repeat(list("abcdef"), 2)})
    T = np.array([[1.0, 0.0], [0.3, np.sqrt(0.91)]]) if structure == "cs" else np.array([[2.0, 0.0], [1.2, 1.6]])
    V = np.kron(np.eye(6), T @ T.T) + np.eye(12)
    formula = f"~ 1 + {structure}(0 + factor(time) | g)"
    newparams = {"beta": [3], "theta": theta, "sigma": 1}
    agree(simulate(formula, REPLICATES, seed=8, newdata=rows, newparams=newparams), np.full(12, 3.0), V)


def test_least_squares() -> None:
    sleep = pylmer.datasets.load("sleepstudy")
    model = pylmer.lm("Reaction ~ Days", sleep, weights="1 + Days")
    V = np.diag(model.sigma**2 / (1 + sleep.Days))
    agree(simulate(model, REPLICATES, seed=9), pylmer.fitted(model).to_numpy(), V)


def test_seeds() -> None:
    model = fit("slopes")
    one, same = simulate(model, 2, seed=1), simulate(model, 2, seed=np.random.default_rng(1))
    pd.testing.assert_frame_equal(one, same)
    rng = np.random.default_rng(1)
    assert not np.allclose(simulate(model, seed=rng), simulate(model, seed=rng))


def test_new_parameters_move_the_mean_and_the_spread() -> None:
    model = fit("slopes")
    drawn = simulate(model, REPLICATES, seed=3, newparams={"beta": {"Days": 0}, "theta": [0, 0, 0], "sigma": 2})
    agree(drawn, np.full(180, model.beta[0]), 4 * np.eye(180))


def test_a_singular_fit_and_missing_predictors() -> None:
    rows = PLAN.assign(x=[np.nan, *PLAN.x[1:]])
    with pytest.warns(pylmer.FitNote, match="singular"):
        model = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    assert np.ptp(given(model)) == 0
    drawn = simulate("~ x + (1 | g)", newdata=rows, newparams=RIGHT)
    assert len(drawn) == 20
    assert np.flatnonzero(drawn.sim_1.isna()).tolist() == [0]
    lacking = NEW[:3].assign(Days=[0, np.nan, 1])
    assert simulate(fit("slopes"), newdata=lacking).sim_1.isna().tolist() == [False, True, False]
    assert simulate(fit("slopes"), newdata=lacking, na_action="omit").index.tolist() == [0, 2]
    with pytest.raises(pylmer.DataError, match="missing values"):
        simulate(fit("slopes"), newdata=lacking, na_action="fail")


def test_many_rows() -> None:
    rng = np.random.default_rng(0)
    rows = {"x": rng.normal(size=100_000), "g": rng.integers(0, 5_000, 100_000)}
    drawn = simulate(
        "~ x + (x | g)", 10, seed=1, newdata=rows, newparams={"beta": [1, 2], "theta": [1, 0, 1], "sigma": 1}
    )
    assert abs(drawn.to_numpy().var() - (4 + 1 + 1 + 1)) < 0.1  # about 10 standard errors


REFUSED: list[tuple[Callable[[], pd.DataFrame], str]] = [
    (lambda: simulate(fit("slopes"), 1.5), "nsim must be a whole number from 1, found 1.5"),
    (lambda: simulate(fit("slopes"), -1), "nsim must be a whole number from 1, found -1"),
    (lambda: simulate(fit("slopes"), seed="a"), "seed must be a whole number from 0"),
    (lambda: simulate(fit("slopes"), use_u="yes"), r"use_u='yes': simulate\(\) wants True or False"),
    (lambda: simulate(fit("slopes"), use_u=True, re_form="~0"), "give one"),
    (lambda: simulate(fit("slopes"), re_form="~ (1 | Subject)"), r"re_form has \(1 \| Subject\)"),
    (lambda: simulate(fit("slopes"), newdata=NEW), "'Subject' has new or missing levels in the new data: 999"),
    (lambda: simulate(fit("slopes"), newdata=NEW[["Subject"]]), "no column 'Days'"),
    (lambda: simulate(fit("slopes"), newdata=3), "cannot be read"),
    (
        lambda: simulate(fit("slopes"), newdata=NEW[:1], weights=[1, 2]),
        "weights= has 2 values, the new data have 1 rows",
    ),
    (lambda: simulate(fit("slopes"), newdata=NEW[:1], weights="w"), "'w' is not a column"),
    (lambda: simulate(fit("slopes"), newdata=NEW[:1], weights=[0]), "must be positive"),
    (lambda: simulate(fit("slopes"), newdata=NEW[:1], weights=["a"]), "weights= is not meaningful for"),
    (lambda: simulate(fit("slopes"), weights=[1]), "weights= belongs to newdata"),
    (lambda: simulate(fit("slopes"), newparams=[1, 2]), "newparams must be a dict"),
    (lambda: simulate(fit("slopes"), newparams={"theta": [1, 2]}), "the model has 3: Subject.*, Subject"),
    (lambda: simulate(fit("slopes"), newparams={"beta": {"Dayz": 1}}), "did you mean 'Days'"),
    (lambda: simulate(fit("slopes"), newparams={"beta": "much"}), "beta must be numbers"),
    (lambda: simulate(fit("slopes"), newparams={"beta": [np.inf, 1]}), "beta must be finite"),
    (lambda: simulate(fit("slopes"), newparams={"sigma": -1}), "sigma is a standard deviation"),
    (lambda: simulate(fit("slopes"), newparams={"betas": 1}), "it takes theta, beta and sigma"),
    (lambda: simulate(fit("cs"), newparams={"theta": [1.0, 0.5, 0.2, 1.0, 0.9, 1.0]}), "is no cs covariance"),
    (lambda: simulate("~ x + (1 | g)", newdata=PLAN), "newparams lacks theta .* and beta .*Intercept"),
    (lambda: simulate("~ x + (1 | g)", newdata=PLAN, newparams=RIGHT | {"beta": {"x": 1}}), "beta lacks .Intercept."),
    (lambda: simulate("~ z + (1 | g)", newdata=PLAN, newparams=RIGHT), "'z' is not a column"),
    (lambda: simulate("~ x", newdata=PLAN, newparams=RIGHT), "no random-effects term"),
    (lambda: simulate("~ x + (1 | g)", newparams=RIGHT), "needs newdata="),
    (lambda: simulate("~ x + (1 | g)", newdata=PLAN, newparams=RIGHT, re_form="NA"), "unexpected keyword"),
    (lambda: simulate(3), r"simulate\(\) wants a fit of lmer\(\).*, found int"),
]


@pytest.mark.parametrize(("call", "text"), REFUSED)
def test_mistakes_are_named(call: Callable[[], pd.DataFrame], text: str) -> None:
    with pytest.raises(pylmer.PylmerError, match=text):
        call()


def test_notes_of_a_formula_point_at_the_caller() -> None:
    rows = PLAN.assign(twice=2.0 * PLAN.x)
    with pytest.warns(pylmer.FitNote, match="rank deficient") as caught:
        simulate("~ x + twice + (1 | g)", newdata=rows, newparams=RIGHT)
    assert caught[0].filename == __file__
