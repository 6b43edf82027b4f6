"""Deletions by downdated cross-products against fits of the rows that remain."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pylmer
from pylmer.diagnostics.influence import SHOWN, without_fits

REFIT = 1e-6  # of beta in standard errors: both searches stop within 1e-6 of those of theta
THETA = 1e-5  # of variances, relative to the largest: what that leaves of them


FIT = pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy"))


def quietly(function: Callable[..., Any], *args: Any, **given: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return function(*args, **given)


def component_sizes(fit: Any) -> np.ndarray:
    """What a variance or covariance is measured by: its standard deviations, or a hundredth of sigma."""
    sizes = [fit.sigma**2]
    for V in pylmer.VarCorr(fit).values():
        sd = np.maximum(V.stddev.to_numpy(), 0.01 * fit.sigma)
        sizes += [sd[i] * sd[j] for j in range(len(sd)) for i in range(j, len(sd))]
    return np.array(sizes)


def assert_refits(
    fit: Any, found: pylmer.Influence, data: pd.DataFrame, rows: Any, loose: float = 1.0, **given: Any
) -> None:
    """Every deletion is `lmer` of the rows that `rows(label)` leaves; `given` goes to lmer."""
    for label in found.deleted:
        left = rows(label)
        weights = {k: v[left] for k, v in given.items() if k == "weights"}
        refit = quietly(pylmer.lmer, str(fit.formula), data[left], REML=fit.REML, **{**given, **weights})
        se = np.sqrt(np.diag(pylmer.vcov(refit)))
        assert np.max(np.abs(found.fixef_deleted.loc[label] - refit.beta) / se) <= loose * REFIT, label
        components = [refit.sigma**2]
        for V in pylmer.VarCorr(refit).values():
            components += [V.to_numpy()[i, j] for j in range(len(V)) for i in range(j, len(V))]
        sizes = component_sizes(refit)
        assert np.max(np.abs(found.var_cov_deleted.loc[label] - components) / sizes) <= loose * THETA, label
        assert (
            np.max(np.abs(found.vcov_deleted.loc[label] - pylmer.vcov(refit)).to_numpy() / np.outer(se, se))
            <= loose * THETA
        )


GROUPS = {
    "rows of several levels": ("angle ~ temp + (1 | replicate)", "cake", "recipe"),
    "crossed slopes": ("angle ~ temp + (temp | replicate) + (1 | recipe)", "cake", "replicate"),
    "nested, the upper factor": ("strength ~ 1 + (1 | batch/cask)", "Pastes", "batch"),
    "nested, the lower factor": ("strength ~ 1 + (1 | batch/cask)", "Pastes", "cask:batch"),
    "a diagonal term": ("Reaction ~ Days + diag(Days | Subject)", "sleepstudy", "Subject"),
    "a term with correlations": ("Reaction ~ Days + cs(Days | Subject)", "sleepstudy", "Subject"),
    "a number": ("Reaction ~ Days + (1 | Subject)", "sleepstudy", "Days"),
    "crossed, scalars": ("diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin", "sample"),
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups(name: str) -> None:
    formula, dataset, by = GROUPS[name]
    data = pylmer.datasets.load(dataset)
    fit = quietly(pylmer.lmer, formula, data)
    parts = [data[part].astype(str) for part in by.split(":")]
    column = parts[0] if len(parts) == 1 else parts[0] + ":" + parts[1]
    found = pylmer.influence(fit, by)
    assert found.groups == by
    some = found.deleted[:: max(1, len(found.deleted) // 4)]
    few = pylmer.Influence(**{**vars(found), "fixef_deleted": found.fixef_deleted.loc[some]})
    labels = column.astype(float) if by == "Days" else column
    assert_refits(fit, few, data, lambda label: (labels != (float(label) if by == "Days" else label)).to_numpy())


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.booleans(), st.booleans())
def test_generated_problems(seed: int, REML: bool, slopes: bool) -> None:
    """Eight groups of one to eight rows determine theta so poorly that either search leaves ten times as much."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, 8)
    g = np.repeat(np.arange(8), sizes)
    x, w = rng.normal(size=len(g)) * 3 + 10, rng.uniform(0.2, 3, len(g))
    y = 2 + x + rng.normal(size=8)[g] + 0.3 * rng.normal(size=8)[g] * x + rng.normal(size=len(g))
    data = pd.DataFrame({"y": y, "x": x, "g": g.astype(str)})
    lenient = pylmer.lmerControl(check_nobs_vs_nRE="ignore")
    formula = f"y ~ x + ({'1 + x' if slopes else '1'} | g)"
    fit = quietly(pylmer.lmer, formula, data, REML=REML, weights=w, control=lenient)
    found = pylmer.influence(fit, "g")
    assert_refits(fit, found, data, lambda k: (data["g"] != k).to_numpy(), 10, weights=w, control=lenient)
    rows = pylmer.influence(fit, obs=[0, len(g) // 2])
    assert_refits(fit, rows, data, lambda k: data.index.to_numpy() != k, 10, weights=w, control=lenient)


def test_a_deletion_may_have_its_optimum_elsewhere() -> None:
    """Seed 391: without group 4 the optimum near that of the whole lies 3.1 above the lowest one."""
    rng = np.random.default_rng(391)
    sizes = rng.integers(1, 9, 8)
    g = np.repeat(np.arange(8), sizes)
    x, w = rng.normal(size=len(g)) * 3 + 10, rng.uniform(0.2, 3, len(g))
    y = 2 + x + rng.normal(size=8)[g] + 0.3 * rng.normal(size=8)[g] * x + rng.normal(size=len(g))
    data = pd.DataFrame({"y": y, "x": x, "g": g.astype(str)})
    lenient = pylmer.lmerControl(check_nobs_vs_nRE="ignore")
    fit = quietly(pylmer.lmer, "y ~ x + (1 + x | g)", data, REML=False, weights=w, control=lenient)
    found = pylmer.influence(fit, "g")
    only = pylmer.Influence(**{**vars(found), "fixef_deleted": found.fixef_deleted.loc[["4"]]})
    assert_refits(fit, only, data, lambda k: (data["g"] != k).to_numpy(), 10, weights=w, control=lenient)


DOMINANT: dict[str, Callable[[pd.DataFrame, np.ndarray], pd.DataFrame]] = {
    "response": lambda d, at: d.assign(y=d["y"] + np.where(at, 1e7 * np.cos(np.arange(len(d))), 0)),
    "predictor": lambda d, at: d.assign(x=d["x"] * np.where(at, 1e6, 1)),
    "both": lambda d, at: d.assign(x=d["x"] * np.where(at, 1e5, 1), y=d["y"] * np.where(at, 1e5, 1)),
}


@pytest.mark.parametrize("formula", ["y ~ x + (1 | g)", "y ~ x + (1 | g) + (1 | h)"])
@pytest.mark.parametrize("kind", DOMINANT)
def test_a_group_that_dominates_leaves_no_rounding(kind: str, formula: str) -> None:
    """The sums of the whole are 10^10 to 10^14 times those of the rows that remain."""
    rng = np.random.default_rng(3)
    g, h = np.repeat(np.arange(10), 12), np.tile(np.arange(6), 20)
    effects = rng.normal(size=10)[g] + rng.normal(size=6)[h]
    data = pd.DataFrame({"x": rng.normal(size=120), "g": g.astype(str), "h": h.astype(str)})
    data = data.assign(y=data["x"] + effects + rng.normal(size=120))
    data = DOMINANT[kind](data, g == 4)
    fit = quietly(pylmer.lmer, formula, data)
    found = quietly(pylmer.influence, fit, "g")
    few = pylmer.Influence(**{**vars(found), "fixef_deleted": found.fixef_deleted.loc[["4"]]})
    assert_refits(fit, few, data, lambda k: (data["g"] != k).to_numpy())


def test_held_theta() -> None:
    data = pylmer.datasets.load("sleepstudy")
    for formula in ("Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days | Subject)"):
        fit = pylmer.lmer(formula, data)
        found = pylmer.influence(fit, "Subject", theta="held")
        assert found.theta == "held"
        for label in ("308", "352"):
            left = pylmer.at_theta(pylmer.lmer(formula, data[data["Subject"] != label]), fit.theta)
            se = np.sqrt(np.diag(pylmer.vcov(left)))
            assert np.max(np.abs(found.fixef_deleted.loc[label] - left.beta) / se) <= 1e-9
            assert abs(found.var_cov_deleted.loc[label, "sigma^2"] / left.sigma**2 - 1) <= 1e-9

    held = pylmer.influence(pylmer.at_theta(FIT, 1.2), "Subject")
    assert held.theta == "held"


def test_a_vanished_variance_may_come_back() -> None:
    """Without the group that hides it, the variance is as large as the refit says, and the other way round."""
    rng = np.random.default_rng(8)
    g = np.repeat(np.arange(6), 5)
    level = np.array([0, 1.2, -1.2, 1.0, -1.0, 0])
    for noise in (np.where(g == 5, 12.0, 0.5), np.where(g == 5, 0.0, 2.5)):
        data = pd.DataFrame({"g": g.astype(str), "y": level[g] + noise * rng.normal(size=30)})
        fit = quietly(pylmer.lmer, "y ~ 1 + (1 | g)", data)
        assert_refits(fit, pylmer.influence(fit, "g"), data, lambda k, d=data: (d["g"] != k).to_numpy())


def test_words_of_a_fit_are_those_of_its_influence() -> None:
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    found = pylmer.influence(fit, "Subject")
    pd.testing.assert_frame_equal(pylmer.dfbeta(fit, "Subject"), pylmer.dfbeta(found))
    pd.testing.assert_frame_equal(pylmer.dfbetas(fit, "Subject"), pylmer.dfbetas(found))
    assert pylmer.dfbeta(fit).shape == (180, 2)
    assert str(found).startswith("Influence of each Subject: 18 deletions, theta estimated\nLargest Cook's distances")


def test_without_fixed_effects() -> None:
    fit = pylmer.lmer("Reaction ~ 0 + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    found = pylmer.influence(fit, "Subject")
    assert found.var_cov_deleted.notna().all(axis=None)
    assert pylmer.cooks_distance(found).isna().all()
    assert str(found) == "Influence of each Subject: 18 deletions, theta estimated"


def test_leverages_add_up() -> None:
    """At theta = 0 the hat matrix is that of least squares; at the fit R has sum(hatvalues(fm1)) = 29.02206689."""
    data = pylmer.datasets.load("sleepstudy")
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data)
    h = pylmer.hatvalues(pylmer.at_theta(fit, [0, 0, 0]))
    plain = pylmer.hatvalues(pylmer.lm("Reaction ~ Days", data))
    assert np.max(np.abs(h - plain)) <= 1e-12
    assert pylmer.hatvalues(fit).sum() == pytest.approx(29.02206689, rel=1e-5)


def test_leverages_are_the_diagonal_of_the_hat_matrix() -> None:
    """H = W^1/2 M (M'WM + diag(0, I))^-1 M'W^1/2 with M = (X, Z Lambda), of unbalanced, weighted rows."""
    data = pylmer.datasets.load("sleepstudy").assign(w=1 + np.arange(180) % 3)
    data = data[np.arange(180) % 10 >= np.arange(180) // 10 % 5]
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data, weights="w")
    X = np.asarray(fit.rows.X)
    M = np.sqrt(data["w"].to_numpy())[:, None] * np.hstack(
        [X, (pylmer.getME(fit, "Z") @ pylmer.getME(fit, "Lambda")).toarray()]
    )
    penalty = np.diag(np.repeat([0.0, 1.0], [2, M.shape[1] - 2]))
    hat = M @ np.linalg.solve(M.T @ M + penalty, M.T)
    np.testing.assert_allclose(pylmer.hatvalues(fit), np.diag(hat), rtol=1e-9)


def test_distances_of_some_rows_are_those_among_all() -> None:
    some = pylmer.cooks_distance(pylmer.influence(FIT, obs=[5, 2]))
    np.testing.assert_allclose(some, pylmer.cooks_distance(pylmer.influence(FIT)).loc[[5, 2]], rtol=1e-9)


def test_too_few_groups_for_distances_are_noted() -> None:
    """lme4's scale (G - p) / (G p): 0 for two groups and two fixed effects."""
    half_solves = pylmer.datasets.load("sleepstudy").assign(half=["a", "b"] * 90)
    found = pylmer.influence(pylmer.lmer("Reaction ~ Days + (1 | Subject)", half_solves), "half")
    with pytest.warns(pylmer.FitNote, match="of 2 groups and 2 fixed effects are none"):
        assert pylmer.cooks_distance(found).tolist() == [0, 0]


def test_gaps_of_excluded_rows() -> None:
    data = pylmer.datasets.load("sleepstudy")
    data.loc[3, "Reaction"] = np.nan
    for fit in (
        pylmer.lmer("Reaction ~ Days + (1 | Subject)", data, na_action="exclude"),
        pylmer.lm("Reaction ~ Days", data, na_action="exclude"),
    ):
        for word in (pylmer.hatvalues, pylmer.rstudent, pylmer.rstandard, pylmer.cooks_distance):
            found = word(fit)
            assert len(found) == 180
            assert np.flatnonzero(found.isna()).tolist() == [3]


# --- deletions without a fit -----------------------------------------------------------------------------------------


def test_dependent_columns_are_named() -> None:
    g = np.repeat(np.arange(4), 6)
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"g": g.astype(str), "x": np.where(g == 1, rng.normal(size=24), 0.0), "y": rng.normal(size=24)})
    fit = quietly(pylmer.lmer, "y ~ x + (1 | g)", data)
    with pytest.warns(pylmer.FitNote, match=r"no fit \(NaN\) for 1 deletion\(s\): without '1': leaves nothing to est"):
        found = pylmer.influence(fit, "g")
    assert list(found.failed) == ["1"]
    for each in (found.fixef_deleted, found.var_cov_deleted, pylmer.dfbetas(found)):
        assert each.isna().all(axis=1).tolist() == [False, True, False, False]
    assert pylmer.cooks_distance(found).isna().tolist() == [False, True, False, False]
    assert str(found).endswith("No fit without 1: it leaves nothing to estimate x from")


def test_one_level_left_is_named() -> None:
    data = pylmer.datasets.load("Dyestuff")
    two = data[data["Batch"].isin(["A", "C"])]
    fit = quietly(pylmer.lmer, "Yield ~ 1 + (1 | Batch)", two)
    with pytest.warns(pylmer.FitNote, match="without 'A': leaves one level of 'Batch'; without 'C': leaves one"):
        found = pylmer.influence(fit, "Batch")
    assert found.fixef_deleted.isna().all(axis=None)


def test_few_rows_left_are_named() -> None:
    data = pd.DataFrame(
        {"y": [1.0, 2, 4, 3, 5, 1], "x": [1.0, 2, 3, 5, 4, 6], "g": list("aabbcd"), "k": list("uuuuvw")}
    )
    fit = quietly(pylmer.lmer, "y ~ x + (1 | g)", data)
    with pytest.warns(pylmer.FitNote, match="without 'u': leaves 2 rows for 2 fixed effects"):
        found = pylmer.influence(fit, "k")
    assert list(found.failed) == ["u"]


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "group": (
        lambda: pylmer.influence(FIT, "Subjct"),
        r"groups='Subjct': neither a grouping factor of the model \('Subject'\) nor a column.*did you mean",
    ),
    "theta": (lambda: pylmer.influence(FIT, "Subject", theta="fixed"), "theta='fixed': wanted one of 'estimated', 'he"),
    "row": (lambda: pylmer.influence(FIT, obs=[3, 180]), "no row of the fit is called 180; its rows are 0 to 179"),
    "row named twice": (lambda: pylmer.influence(FIT, obs=[3, 3]), "row 3 is named twice"),
    "list": (lambda: pylmer.influence(FIT, ["Subject"]), r"groups=\['Subject'\]: neither a grouping factor"),
    "both": (lambda: pylmer.influence(FIT, "Subject", obs=[1]), "give groups or obs, not both"),
    "given": (
        lambda: pylmer.influence(
            pylmer.makeLmer("y ~ 1 + (1 | g)", {"g": list("abc") * 4}, fixef=[1], VarCorr=1, sigma=1, seed=1), "g"
        ),
        r"parameters of this fit were given .* estimates them",
    ),
    "not a fit": (
        lambda: pylmer.influence([1, 2], "g"),
        r"influence\(\) wants a fit of lmer\(\) or glmer\(\), found list",
    ),
    "hatvalues": (
        lambda: pylmer.hatvalues(3),
        r"hatvalues\(\) wants a fit of lmer\(\), glmer\(\), lm\(\) or glm\(\), found int",
    ),
    "dfbeta": (lambda: pylmer.dfbeta(FIT, "item"), "groups='item'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str) -> None:
    call, message = BAD[name]
    with pytest.raises(pylmer.ArgumentError, match=message):
        call()


def test_deletions_stand_in_the_order_of_the_rows() -> None:
    """R: d <- sleepstudy[180:1, ]; i <- influence(lmer(Reaction ~ Days + (1 | Subject), d), "Subject"); "Days"."""
    data = pylmer.datasets.load("sleepstudy").iloc[::-1]
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", data)
    found = pylmer.influence(fit, "Subject")
    theirs = "372 371 370 369 352 351 350 349 337 335 334 333 332 331 330 310 309 308"
    assert list(found.deleted) == theirs.split()
    r = [[250.4851228, 10.41841611], [251.2738735, 10.54251191], [253.8142821, 10.02088214]]
    np.testing.assert_allclose(found.fixef_deleted.iloc[:3], r, rtol=1e-6)
    np.testing.assert_allclose(
        pylmer.cooks_distance(found).iloc[:3], [0.008692254788, 0.004121839258, 0.137807194570], rtol=1e-3
    )
    assert [float(day) for day in pylmer.influence(fit, "Days", theta="held").deleted] == list(range(9, -1, -1))


def test_rows_left_out_do_not_count_for_the_order() -> None:
    """R: the first row has k = "b" and a missing response, so influence(m, "k") starts with "z"."""
    data = pylmer.datasets.load("sleepstudy")
    data["k"] = np.where(data["Days"] == 0, "z", np.where(data["Days"] % 2 == 0, "a", "b"))
    data = pd.concat([data.iloc[[1]].assign(Reaction=np.nan), data], ignore_index=True)
    fit = pylmer.lmer("Reaction ~ Days + k + (1 | Subject)", data)
    with pytest.warns(pylmer.FitNote, match="no fit"):
        assert list(pylmer.influence(fit, "k", theta="held").deleted) == ["z", "b", "a"]


def test_failures_beyond_those_shown_are_counted() -> None:
    text = without_fits({f"g{k}": "why" for k in range(SHOWN + 3)})
    assert text.endswith("; and 3 more")
    assert text.count("without") == SHOWN
    assert "more" not in without_fits({f"g{k}": "why" for k in range(SHOWN)})
