"""pooling() against R's lm, lmer and arm; the estimates agree as closely as the fits' theta do (1e-6)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pylmer

from .models import R, close, fit, quietly, radon, unbalanced

EXACT, FITTED = 1e-9, 2e-6  # least squares; what depends on theta, which lme4's optimizer leaves 1e-7 to 1e-6 away
INTERCEPTS = ["M0", "M1", "M2", "weighted"]


@pytest.mark.parametrize("name", INTERCEPTS)
def test_intercepts_against_R(name: str) -> None:
    theirs, found = R[name], pylmer.pooling(fit(name))
    frame = found.as_frame()
    close(found["no_pooling"], theirs["none"]["estimate"], EXACT)
    close(frame["se_no"], theirs["none"]["se"], EXACT)
    close(found.slopes, np.atleast_1d(theirs["slopes"]), EXACT)
    close(found.sigma_no, theirs["sigma_no"], EXACT)
    assert found.df_no == theirs["df_no"]
    u = radon().groupby("county", observed=True)["log_uranium"].first().to_numpy() if name == "M2" else 0.0
    complete, fixef = np.atleast_1d(theirs["complete"]), np.atleast_1d(theirs["fixef"])
    mu = fixef[0] + (fixef[2] * u if name == "M2" else 0.0)
    everywhere = np.zeros(85)
    close(frame["complete"], everywhere + complete[0] + (complete[2] * u if name == "M2" else 0.0), EXACT)
    close(frame["multilevel"], mu + np.array(theirs["ranef"]), FITTED)
    close(frame["se_multi"], theirs["se_ranef"], FITTED)
    close(frame["factor"], 1 / (1 + np.array(theirs["weight"]) * theirs["theta"] ** 2), FITTED)
    assert frame["n"].tolist() == radon().groupby("county", observed=True).size().tolist()


@pytest.mark.parametrize("name", INTERCEPTS)
def test_weighted_averages(name: str) -> None:
    """Exact with mu = fixef, up to rounding; with complete pooling in its place (12.1) as the formula says."""
    found = pylmer.pooling(fit(name))
    assert found.errors["mu = fixef"] < 1e-13
    frame = found.as_frame()
    variance_j, variance = 1 / (1 / frame["factor"] - 1), 1.0  # sigma_y^2 / n_j, per sigma_alpha^2
    average = (frame["no_pooling"] / variance_j + frame["complete"] / variance) / (1 / variance_j + 1 / variance)
    close(frame["weighted_12_1"], average, 1e-12)
    assert found.errors["grand mean (12.1)"] == pytest.approx((average - frame["multilevel"]).abs().max(), abs=1e-12)
    assert 0.01 < found.errors["grand mean (12.1)"] < 0.2


def test_ratio_icc_and_group_size_of_M1() -> None:
    """The book's 12.3: ratio 0.19, so that 5.3 houses weigh as much as the model; ICC 0.16."""
    found = pylmer.pooling(fit("M1"))
    assert f"{found.n_equal:.2f}" == "5.30"
    assert f"{found.icc:.3f}" == "0.159"
    assert found.ratio == pytest.approx(R["M1"]["theta"] ** 2, rel=FITTED)
    assert found.n_equal == pytest.approx(1 / found.ratio, rel=1e-14)


def test_second_level_of_M2() -> None:
    found = pylmer.pooling(fit("M2"))
    assert found.dropped == ("log_uranium",)
    assert list(found.second_level.index) == ["(Intercept)", "log_uranium"]
    close(found.second_level["Estimate"], R["second_level"]["estimate"], FITTED)
    close(found.second_level["Std. Error"], R["second_level"]["se"], FITTED)
    assert any("log_uranium is aliased with the levels of county" in note for note in found.notes)
    assert len(pylmer.pooling(fit("M1")).second_level) == 0


def test_slopes_against_R() -> None:
    found, theirs = pylmer.pooling(fit("sleep")), R["sleep"]
    frame = found.as_frame()
    assert list(frame.index.get_level_values(0).unique()) == ["(Intercept)", "Days"]
    for c, (name, ours) in enumerate((("intercept", frame.loc["(Intercept)"]), ("slope", frame.loc["Days"]))):
        close(ours["no_pooling"], theirs[name]["estimate"], EXACT)
        close(ours["se_no"], theirs[name]["se"], EXACT)
        close(ours["multilevel"], np.array(theirs["coef"])[:, c], FITTED)
        close(ours["se_multi"], np.array(theirs["se_ranef"])[:, c], FITTED)
        close(ours["factor"], np.full(18, theirs["shares"][c][c]), FITTED)
    close(found.matrices[0], theirs["shares"], FITTED)
    close(found.ratio, np.diag(theirs["Sigma"]), FITTED)
    assert found.errors["mu = fixef"] < 1e-12 * 300


def test_rows_that_do_not_determine_a_slope() -> None:
    """25 counties have all houses on one floor: no slope of their own, no intercept either where all are on the first.

    R's lm keeps the first coefficient there and calls the second NA; the fit is the same.
    """
    found, houses = pylmer.pooling(fit("M3")), radon().groupby("county", observed=True)["floor"]
    one_floor = (houses.nunique() == 1).to_numpy()
    frame = found.as_frame()
    assert frame.loc["floor", "no_pooling"].isna().tolist() == one_floor.tolist()
    assert frame.loc["(Intercept)", "no_pooling"].isna().tolist() == (houses.min() == 1).tolist()
    theirs = np.array(R["M3"]["slopes"], float)
    known = frame.loc["floor", "no_pooling"].notna().to_numpy()
    close(frame.loc["floor", "no_pooling"][known], theirs[known], EXACT)
    assert found.df_no == R["M3"]["df"]
    assert found.sigma_no == pytest.approx(np.sqrt(R["M3"]["rss"] / R["M3"]["df"]), rel=EXACT)
    assert not frame.drop(columns=["no_pooling", "se_no"]).isna().any(axis=None)
    close(frame["multilevel"], pylmer.coef(fit("M3"))["county"].to_numpy().ravel(order="F"), 1e-12)


def test_group_level_predictors_of_slopes() -> None:
    """M4: uranium moves the intercept, floor:uranium the slope; where no slope is determined the latter is unknown."""
    model = fit("M4")
    found, beta = pylmer.pooling(model), model.fixef()
    u = radon().groupby("county", observed=True)["log_uranium"].first()
    modes, frame = model.ranef()["county"], found.as_frame()
    assert found.dropped == ("log_uranium", "floor:log_uranium")
    close(
        frame.loc["(Intercept)", "multilevel"],
        beta["(Intercept)"] + beta["log_uranium"] * u + modes["(Intercept)"],
        1e-10,
    )
    slopes = beta["floor"] + beta["floor:log_uranium"] * u + modes["floor"]
    known = frame.loc["floor", "multilevel"].notna()
    no_basement_only = radon().groupby("county", observed=True)["floor"].max() == 0
    assert known.tolist() == (~no_basement_only).tolist()
    close(frame.loc["floor", "multilevel"][known], slopes[known], 1e-10)
    assert frame.loc["(Intercept)", "weighted_12_1"].notna().all()
    assert frame.loc["floor", "weighted_12_1"].isna().tolist() == no_basement_only.tolist()
    assert found.errors["mu = fixef"] < 1e-12
    close(found.second_level["Estimate"], beta.loc[found.second_level.index], 0.02)  # two steps in place of one


@pytest.mark.parametrize("group", ["plate", "sample"])
def test_among_other_factors(group: str) -> None:
    """The other factor stays random: no pooling is the model with fixed levels, at the same covariance of the other."""
    data = pylmer.datasets.load("Penicillin").iloc[:-7]
    model = pylmer.lmer("diameter ~ 1 + (1 | plate) + (1 | sample)", data)
    found, other = pylmer.pooling(model, group=group), {"plate": "sample", "sample": "plate"}[group]
    theta = dict(zip(pylmer.getME(model, "theta").index, model.theta, strict=True))[f"{other}.(Intercept)"]
    Z, Zo = (pd.get_dummies(data[name].cat.remove_unused_categories()).to_numpy(float) for name in (group, other))
    y = data["diameter"].to_numpy()
    W = np.linalg.inv(np.eye(len(y)) + theta**2 * Zo @ Zo.T)
    close(found["no_pooling"], np.linalg.solve(Z.T @ W @ Z, Z.T @ W @ y), 1e-10)
    s2 = (y @ W @ y - found["no_pooling"].to_numpy() @ Z.T @ W @ y) / (len(y) - Z.shape[1])
    close(found["se_no"], np.sqrt(s2 * np.diag(np.linalg.inv(Z.T @ W @ Z))), 1e-7)
    close(found["complete"], np.full(Z.shape[1], W.sum(0) @ y / W.sum()), 1e-10)
    close(found["multilevel"], pylmer.coef(model)[group]["(Intercept)"], 1e-12)
    shares = np.linalg.inv(np.eye(Z.shape[1]) + found.ratio * Z.T @ W @ Z)
    close(found["factor"], np.diag(shares), 1e-10)
    assert found.errors["mu = fixef"] < 1e-10
    total = pylmer.VarCorr(model).as_frame()["vcov"]
    assert found.icc == pytest.approx(found.ratio * model.sigma**2 / total.sum(), rel=1e-10)


def test_nested_factors() -> None:
    model = pylmer.lmer("strength ~ 1 + (1 | batch/cask)", pylmer.datasets.load("Pastes"))
    for group in ("batch", "cask:batch"):
        found = pylmer.pooling(model, group=group)
        close(found["multilevel"], pylmer.coef(model)[group]["(Intercept)"], 1e-12)
        assert found.errors["mu = fixef"] < 1e-10


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.sampled_from(["y ~ x + (1 | g)", "y ~ x + u + (1 | g)"]))
def test_drawn_data(seed: int, weights: bool, formula: str) -> None:
    """multilevel lies between its two sources, and the average with mu = fixef is exact."""
    data = unbalanced(seed, weights)
    found = pylmer.pooling(quietly(formula, data, weights="w"))
    assert found.errors["mu = fixef"] < 1e-11
    W, g = data["w"], pd.get_dummies(data["g"], dtype=float)
    X = np.column_stack([g, data["x"]]) * np.sqrt(W).to_numpy()[:, None]
    own = np.linalg.lstsq(X, data["y"] * np.sqrt(W), rcond=None)[0]
    close(found["no_pooling"], own[:-1], 1e-8)
    assert np.all((found["factor"] > 0) & (found["factor"] <= 1))


def test_coefficients_of_a_factor() -> None:
    """Machines in X by intercept and contrasts, in Z by indicators: no pooling is the mean of each cell."""
    data = pylmer.datasets.load("Machines").iloc[:-2]
    model = quietly("score ~ Machine + (0 + Machine | Worker)", data)
    found = pylmer.pooling(model)
    cells = data.groupby(["Machine", "Worker"], observed=True)["score"].mean()
    frame, fixed, modes = found.as_frame(), model.fixef(), model.ranef()["Worker"]
    assert found.dropped == ()
    for machine in "ABC":
        ours = frame.loc[f"Machine{machine}"]
        close(ours["no_pooling"], cells.loc[machine].loc[ours.index], 1e-10)
        mean = fixed["(Intercept)"] + fixed.get(f"Machine{machine}", 0.0)
        close(ours["multilevel"], mean + modes[f"Machine{machine}"], 1e-10)
        close(ours["complete"], np.full(6, data.loc[data["Machine"] == machine, "score"].mean()), 1e-10)
    assert found.errors["mu = fixef"] < 1e-11


def test_vanished_variance() -> None:
    """Everything is pooled: the factor is 1, and no group is large enough to weigh as much as the model."""
    found = pylmer.pooling(quietly("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2")))
    assert (found.ratio, found.n_equal, found.icc) == (0.0, np.inf, 0.0)
    assert np.all(found["factor"] == 1)
    close(found["multilevel"], found["complete"], 1e-12)
    assert "n_equal, where data and model weigh the same: Inf" in str(found)


def test_without_an_intercept() -> None:
    """The model without the group says zero of its intercepts."""
    found = pylmer.pooling(quietly("y ~ 0 + x + (1 | g)", unbalanced(3)))
    assert np.all(found["complete"] == 0)
    assert found.errors["mu = fixef"] < 1e-12


def test_far_from_the_origin() -> None:
    """A predictor of size 1e5, centred on nothing, changes only where zero lies."""
    data = pylmer.datasets.load("sleepstudy")
    far = data.assign(Days=data["Days"] + 1e5)
    near, moved = (pylmer.pooling(quietly("Reaction ~ Days + (Days | Subject)", d)) for d in (data, far))
    close(moved.as_frame().loc["Days", "no_pooling"], near.as_frame().loc["Days", "no_pooling"], 1e-8)
    close(moved.as_frame().loc["Days", "multilevel"], near.as_frame().loc["Days", "multilevel"], 1e-6)


def test_no_degrees_of_freedom() -> None:
    data = pd.DataFrame({"y": [1.0, 2.5, 0.3, 1.9, 4.0, 3.1], "g": list("aabbcc"), "x": [0.0, 1, 0, 2, 1, 5]})
    lenient = pylmer.lmerControl(check_nobs_vs_nRE="ignore")
    model = quietly("y ~ x + (1 + x | g)", data, control=lenient)
    found = pylmer.pooling(pylmer.at_theta(model, [1, 0, 1]))
    assert found["se_no"].isna().all()
    assert any("no residual degrees of freedom" in note for note in found.notes)


def test_the_page() -> None:
    lines = str(pylmer.pooling(fit("M2"))).splitlines()
    assert lines[1].split() == [
        "n",
        "no_pooling",
        "se_no",
        "complete",
        "multilevel",
        "se_multi",
        "weighted_12_1",
        "factor",
    ]
    assert lines[2].split() == ["AITKIN", "4", "0.8405", "0.3787", "0.8974", "0.9488", "0.14459", "0.8891", "0.8546"]
    assert "75 more levels are in .as_frame()" in lines
    assert "icc: 0.04079" in lines
    assert "log_uranium   0.7209    0.09176" in lines
    html = pylmer.pooling(fit("M2"))._repr_html_()
    assert html.count("<tr>") == 86
    assert "n_equal" in html


def test_bad_input() -> None:
    crossed = pylmer.lmer("diameter ~ 1 + (1 | plate) + (1 | sample)", pylmer.datasets.load("Penicillin"))
    with pytest.raises(pylmer.ArgumentError, match="2 grouping factors: say group='plate' or 'sample'"):
        pylmer.pooling(crossed)
    with pytest.raises(pylmer.ArgumentError, match=r"group='plates' is no grouping factor.*did you mean 'plate'"):
        pylmer.pooling(crossed, group="plates")
    with pytest.raises(pylmer.ArgumentError, match=r"pooling\(\) wants a fit of lmer\(\) or glmer\(\), found LmFit"):
        pylmer.pooling(pylmer.lm("log_radon ~ floor", radon()))
    with pytest.raises(KeyError, match="no_pooling"):
        pylmer.pooling(fit("M1"))["nopooling"]


@pytest.mark.parametrize(("short", "said"), [(["308"], "the rows of 1 level of"), (["308", "309"], "of 2 levels of")])
def test_levels_that_do_not_determine_their_lines_are_counted(short: list[str], said: str) -> None:
    data = pylmer.datasets.load("sleepstudy")
    one_day = data["Subject"].astype(str).isin(short) & (data["Days"] > 0)
    pooled = pylmer.pooling(quietly("Reaction ~ Days + (Days | Subject)", data[~one_day]))
    assert any(said in text for text in pooled.notes)
