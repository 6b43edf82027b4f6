"""Predictions: lme4's means, standard errors against the mixed-model equations, intervals against closed forms."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.engine.criterion.row_variances import row_slopes
from pylmer.engine.optimize.asymptotics import parameter_covariance
from pylmer.inference.degrees_of_freedom.satterthwaite import satterthwaite
from pylmer.prediction.choosing import chosen_effects
from pylmer.prediction.rows import fitted_rows
from tests.reference.cases import DATA, assert_close

R = json.loads((DATA / "prediction" / "predict.json").read_text())
THETA = 1e-5  # relative: how well lme4 knows theta
EXACT = 1e-9  # the same number by two ways
Z975 = 1.959963984540054


@functools.cache
def sleep(formula: str = "Reaction ~ Days + (Days | Subject)") -> Any:
    return pylmer.lmer(formula, pylmer.datasets.load("sleepstudy"))


def numbers(values: list[Any]) -> np.ndarray:
    return np.array([np.nan if v == "NA" else v for v in values], float)


def new_sleep(rows: int = 4) -> pd.DataFrame:
    frame = pd.DataFrame(R["new"]).iloc[:rows]
    return frame.assign(Days=numbers(frame["Days"].tolist()), Subject=frame["Subject"].replace("NA", None))


def assert_rows(ours: pd.Series[float], theirs: dict[str, Any]) -> None:
    assert list(ours.index) == theirs["rows"]
    expected = numbers(theirs["values"])
    assert np.array_equal(ours.isna(), np.isnan(expected))
    assert_close(ours.dropna(), expected[~np.isnan(expected)].tolist(), THETA)


# --- means, as lme4 has them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["pass", "omit", "exclude"])
def test_missing_values(action: str) -> None:
    assert_rows(pylmer.predict(sleep(), new_sleep(), allow_new_levels=True, na_action=action), R[action])


def test_new_parameters() -> None:
    given = {"theta": [1, 0.1, 0.2], "beta": [10, 1], "sigma": 3}
    assert_rows(pylmer.predict(sleep(), new_sleep(), newparams=given, allow_new_levels=True), R["newparams"])
    assert_close(pylmer.predict(sleep(), newparams=given)[:12], R["newparams_fit"], THETA)


def test_parts_of_the_random_effects() -> None:
    known, split = new_sleep(2), sleep("Reaction ~ Days + (Days || Subject)")
    assert_rows(pylmer.predict(sleep(), known, random_only=True), R["random_only"])
    assert_rows(pylmer.predict(sleep(), known, re_form="~ (1 | Subject)"), R["intercepts"])
    assert_rows(pylmer.predict(sleep(), known, re_form="~ (0 + Days | Subject)"), R["slopes"])
    assert_rows(pylmer.predict(split, known, re_form="~ (0 + Days | Subject)"), R["split_slopes"])
    assert_rows(pylmer.predict(split, known, re_form="~ (Days || Subject)"), R["split_double"])
    assert_close(pylmer.predict(sleep(), re_form="~ (1 | Subject)")[:12], R["fitted_intercepts"], THETA)


# --- standard errors: the mixed-model equations, inverted ------------------------------------------------------------

MODELS = {
    "one factor": ("log_radon ~ floor + (1 + floor | county)", "radon", False),
    "nested": ("strength ~ 1 + (1 | batch/cask)", "Pastes", False),
    "crossed": ("diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin", True),
    "wide": ("score ~ Machine + (Machine | Worker)", "Machines", False),
    "two factors, slopes": ("angle ~ temp + (temp | replicate) + (1 | recipe)", "cake", True),
}


@functools.cache
def model(name: str) -> Any:
    formula, data, weighted = MODELS[name]
    frame = pylmer.datasets.load(data)
    w = np.random.default_rng(1).uniform(0.5, 2, len(frame)) if weighted else None
    return pylmer.lmer(formula, frame, weights=w)


def equations(fit: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X, Z, and the covariance of (beta-hat - beta, u-hat - u) for b = Lambda u: sigma^2 times an inverse."""
    X, Z = np.asarray(pylmer.model_matrix(fit)), pylmer.model_matrix(fit, "random").toarray()
    ZL = Z @ pylmer.getME(fit, "Lambda").toarray()
    W = np.ones(len(X)) if fit.rows.weights is None else fit.rows.weights
    whole = np.hstack([X, ZL])
    M = whole.T @ (W[:, None] * whole)
    M[X.shape[1] :, X.shape[1] :] += np.eye(ZL.shape[1])
    return X, ZL, fit.sigma**2 * np.linalg.inv(M)


@pytest.mark.parametrize("batch", [1, 10**6])
@pytest.mark.parametrize("name", MODELS)
def test_standard_errors(name: str, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pylmer.engine.criterion.row_variances.CELLS", batch
    )  # one level of the second factor at a time, or all
    fit = model(name)
    X, ZL, C = equations(fit)
    rows = np.hstack([X, ZL])
    se = np.sqrt(np.einsum("ij,jk,ik->i", rows, C, rows))
    assert_close(pylmer.predict(fit, se_fit=True)["se_fit"], se.tolist(), EXACT)
    p = X.shape[1]
    fixed = np.sqrt(np.einsum("ij,jk,ik->i", X, C[:p, :p], X))
    assert_close(pylmer.predict(fit, re_form="NA", se_fit=True)["se_fit"], fixed.tolist(), EXACT)
    alone = np.sqrt(np.einsum("ij,jk,ik->i", ZL, C[p:, p:], ZL))
    assert_close(pylmer.predict(fit, random_only=True, se_fit=True)["se_fit"], alone.tolist(), EXACT)


def test_standard_error_of_lme4() -> None:
    """lme4 2.1 prints 312.6624 and 8.116482 for `predict(fm1, data.frame(Days=3, Subject="308"), se.fit=TRUE)`."""
    found = pylmer.predict(sleep(), pd.DataFrame({"Days": [3], "Subject": ["308"]}), se_fit=True).iloc[0]
    assert found["fit"].round(4) == 312.6624
    assert abs(found["se_fit"] - 8.116482) <= 1e-5 * 8.116482


def test_some_of_the_terms() -> None:
    fit = model("crossed")
    X, ZL, C = equations(fit)
    rows = np.hstack([X, ZL])
    kept = np.r_[0, 1 : 1 + 24] if fit.design.random[0].group == "plate" else np.r_[0, 7 : 7 + 24]
    se = np.sqrt(np.einsum("ij,jk,ik->i", rows[:, kept], C[np.ix_(kept, kept)], rows[:, kept]))
    assert_close(pylmer.predict(fit, re_form="~ (1 | plate)", se_fit=True)["se_fit"], se.tolist(), EXACT)


def test_new_rows_combine_levels_that_never_met() -> None:
    """A cask of one batch with another batch: the covariance of the two effects is still that of the equations."""
    fit = pylmer.lmer("strength ~ 1 + (1 | sample) + (1 | batch)", pylmer.datasets.load("Pastes"))
    C = equations(fit)[2]
    new = pd.DataFrame({"sample": ["A:a", "A:a", "J:c"], "batch": ["A", "B", "A"]})
    ours = pylmer.predict(fit, new, se_fit=True)["se_fit"]
    samples, batches = (list(term.labels()) for term in fit.design.random)
    rows = np.zeros((3, C.shape[0]))
    rows[:, 0] = 1
    for i, (s, b) in enumerate(zip(new["sample"], new["batch"], strict=True)):
        rows[i, 1 + samples.index(s)] = fit.theta[0]
        rows[i, 1 + len(samples) + batches.index(b)] = fit.theta[1]
    assert_close(ours, np.sqrt(np.einsum("ij,jk,ik->i", rows, C, rows)).tolist(), EXACT)


def test_limits_of_pooling() -> None:
    """At theta = 0 standard errors are those of complete pooling, for theta -> infinity those of no pooling (`lm`).

    sigma differs by the degrees of freedom, so the errors are compared per unit of it; 1e-6 is the issue's figure.
    """
    radon = pylmer.datasets.load("radon")
    fit = pylmer.lmer("log_radon ~ floor + (1 | county)", radon)
    new = pd.DataFrame({"floor": [0, 1, 1], "county": ["HENNEPIN", "LAC QUI PARLE", "AITKIN"]})
    limits = {0: pylmer.lm("log_radon ~ floor", radon), 1e8: pylmer.lm("log_radon ~ floor + county - 1", radon)}
    for theta, plain in limits.items():
        held = pylmer.at_theta(fit, theta)
        ours = pylmer.predict(held, new, se_fit=True)["se_fit"] / held.sigma
        theirs = pylmer.predict(plain, new, se_fit=True)["se_fit"] / plain.sigma
        assert_close(ours, theirs.tolist(), 1e-6)


def test_units_change_nothing_but_units() -> None:
    """y -> a y scales everything; x -> x + c and other codes of the same columns change nothing."""
    data = pylmer.datasets.load("sleepstudy")
    plain = pylmer.predict(sleep(), interval="prediction", uncertainty="theta")
    scaled = pylmer.lmer("r ~ Days + (Days | Subject)", data.assign(r=1000 * data["Reaction"]))
    assert_close(
        pylmer.predict(scaled, interval="prediction", uncertainty="theta") / 1000, plain.to_numpy().tolist(), 1e-6
    )
    moved = pylmer.lmer("Reaction ~ d + (d | Subject)", data.assign(d=data["Days"] + 1e4))
    assert_close(pylmer.predict(moved, interval="prediction", uncertainty="theta"), plain.to_numpy().tolist(), 1e-6)


@pytest.mark.parametrize("name", ["nested", "crossed", "wide"])
def test_the_dense_engine_predicts_the_same(name: str) -> None:
    formula, data, _ = MODELS[name]
    engines = [pylmer.lmerControl(engine=engine) for engine in ("auto", "dense")]
    frame = pylmer.datasets.load(data)
    fits = [pylmer.lmer(formula, frame, control=control) for control in engines]
    ours, oracle = (pylmer.predict(fit, interval="prediction", uncertainty="theta") for fit in fits)
    assert_close(ours, oracle.to_numpy().tolist(), 1e-6)  # two searches
    assert_close(pylmer.hatvalues(fits[0]), pylmer.hatvalues(fits[1]).tolist(), 1e-6)


# --- intervals -------------------------------------------------------------------------------------------------------


def test_the_book() -> None:
    """Gelman & Hill (2007), 12.8, their estimates taken for true: a house with x = 1 in county 26, and in a new county.

    In a known county a new house has sigma_y alone, in a new one sigma_alpha too: 0.7584 and 0.7744.
    """
    radon = pylmer.datasets.load("radon")
    M2 = pylmer.lmer("log_radon ~ floor + log_uranium + (1 | county)", radon)
    uranium = radon.groupby("county", observed=True)["log_uranium"].first()
    new = pd.DataFrame(
        {"floor": 1, "log_uranium": [uranium["HENNEPIN"], uranium.mean()], "county": ["HENNEPIN", "somewhere else"]}
    )
    found = pylmer.predict(M2, new, interval="prediction", level=0.5, uncertainty="none", allow_new_levels=True)
    assert np.round(found["fit"], 4).tolist() == [0.6944, 0.8076]
    sd = (found["upr"] - found["lwr"]) / (2 * 0.6744897501960817)
    assert np.round(sd, 4).tolist() == [0.7584, 0.7744]
    variances = pylmer.VarCorr(M2).as_frame()["vcov"]
    assert_close(sd**2, [variances.iloc[-1], variances.sum()], EXACT)
    assert np.round(np.exp(found[["lwr", "fit", "upr"]]), 3).to_numpy().tolist() == [
        [1.201, 2.002, 3.340],
        [1.330, 2.242, 3.781],
    ]
    without = pylmer.predict(M2, new[["floor", "log_uranium"]].iloc[1:], re_form="NA", interval="prediction")
    with_unknown = pylmer.predict(M2, new.iloc[1:], interval="prediction", allow_new_levels=True)
    pd.testing.assert_frame_equal(without, with_unknown)  # a county left out is a county of which nothing is known


def test_components_of_a_prediction_interval() -> None:
    fit, new = sleep(), pd.DataFrame({"Days": [2.0, 2.0], "Subject": ["308", "new"]})
    given = {"allow_new_levels": True, "level": 0.9}
    mean = pylmer.predict(fit, new, interval="confidence", **given)
    z = 1.6448536269514722
    assert_close((mean["upr"] - mean["lwr"]) / 2, (z * mean["se_fit"]).tolist(), EXACT)
    whole = pylmer.predict(fit, new, interval="prediction", weights=[1, 4], **given)
    Sigma, x = pylmer.VarCorr(fit)["Subject"].to_numpy(), np.array([1, 2.0])
    own = fit.sigma**2 / np.array([1, 4]) + np.array([0, x @ Sigma @ x])
    assert_close(((whole["upr"] - whole["lwr"]) / (2 * z)) ** 2, (mean["se_fit"] ** 2 + own).tolist(), EXACT)


@pytest.mark.parametrize("name", MODELS)
def test_slopes_of_predictions_are_their_derivatives_in_theta(name: str) -> None:
    """d(x'beta-hat + z'b-hat)/dtheta against central differences of the predictions, of the fourth order."""
    fit = model(name)
    rows = fitted_rows(fit, chosen_effects(fit, None)).joint(fixed=True, unknown=False)

    def means(step: np.ndarray) -> np.ndarray:
        at = fit.at.criterion.at(fit.at.points.shifted(step))
        b = at.factorization.modes(at.v[:, None])[1]
        effects = [np.sum(p.Z * x[p.codes, :, 0], axis=1) for p, x in zip(rows.factors, b, strict=True)]
        return rows.X @ at.factorization.fixed.beta + sum(effects)

    units = 1e-3 * np.eye(len(fit.at.gradient))
    near, far = (np.column_stack([means(k * h) - means(-k * h) for h in units]) for k in (1, 2))
    assert_close(row_slopes(fit.at, rows), ((8 * near - far) / 12e-3).tolist(), 1e-6)


def unbalanced_sleep() -> Any:
    """Two thirds of the rows, more of some subjects than of others."""
    data = pylmer.datasets.load("sleepstudy")
    return pylmer.lmer("Reaction ~ Days + (Days | Subject)", data[np.arange(180) ** 2 % 13 > 3])


@pytest.mark.parametrize("balanced", [True, False])
def test_uncertain_theta_of_a_fixed_part_is_satterthwaites(balanced: bool) -> None:
    """Without random effects the degrees of freedom are those of the contrast x'beta; the variance gains 2 d'A d,
    which is zero where beta-hat is least squares whatever theta is, as on the balanced data.
    """
    fit, new = sleep() if balanced else unbalanced_sleep(), pd.DataFrame({"Days": [0.0, 4.0]})
    given = pylmer.predict(fit, new, re_form="NA", interval="confidence", uncertainty="theta")
    plain = pylmer.predict(fit, new, re_form="NA", se_fit=True)["se_fit"]
    x = np.array([[1, 0], [1, 4.0]])
    from scipy.stats import t

    df = satterthwaite(fit.at).single(x)
    half = t.ppf(0.975, df) * given["se_fit"]
    assert_close((given["upr"] - given["lwr"]) / 2, half.tolist(), 1e-6)  # df by differences
    h = 1e-4
    ups, downs = ([fit.at.criterion.at(fit.at.points.shifted(s * h * u)) for u in np.eye(3)] for s in (1, -1))
    back = fit.at.criterion.engine.gram.scaling.inverse
    change = [
        (a.factorization.fixed.beta - b.factorization.fixed.beta) / (2 * h) for a, b in zip(ups, downs, strict=True)
    ]
    d = x @ back @ np.array(change).T
    A = parameter_covariance(fit.at)[:3, :3]
    extra = 2 * np.einsum("ik,kl,il->i", d, A, d)
    assert np.max(np.abs(given["se_fit"] ** 2 - plain**2 - extra)) <= 1e-6 * np.max(plain**2)
    assert balanced or np.all(extra > 1e-4 * plain**2)


def test_no_interval_is_wider_than_with_the_group_unknown() -> None:
    """The variance of a batch is hardly known (10 batches): the line about theta-hat makes a new cask of a known
    batch less certain than one of a new batch (13.97 and 13.73 wide). In 700 samples from these estimates the squared
    error was 1.50 with the batch known, 2.11 with it unknown.
    """
    fit = pylmer.lmer("strength ~ 1 + (1 | batch/cask)", pylmer.datasets.load("Pastes"))
    new = pd.DataFrame({"batch": ["A", "A", "new"], "cask": ["a", "new", "new"]})
    ask = functools.partial(pylmer.predict, fit, new, allow_new_levels=True, uncertainty="theta")
    for level in (0.5, 0.95, 0.999):
        known, half, unknown = ask(interval="prediction", level=level).eval("upr - lwr")
        assert known < half <= unknown * (1 + 1e-12)
    se = ask(se_fit=True)["se_fit"] ** 2
    assert se[1] <= se[2] + float(pylmer.VarCorr(fit)["batch"].iloc[0, 0]) + 1e-12
    plain = pylmer.predict(fit, new, allow_new_levels=True, interval="prediction").eval("upr - lwr")
    assert plain[1] < plain[2]


def test_an_interval_is_not_touched_where_the_group_tells_enough() -> None:
    """Half the width is t times the root of M + 2 d'A d + sigma^2, the fit's own slopes and A: unbalanced data."""
    fit = unbalanced_sleep()
    rows = fitted_rows(fit, chosen_effects(fit, None)).joint(fixed=True, unknown=True)
    d, A = row_slopes(fit.at, rows), parameter_covariance(fit.at)[:3, :3]
    plain = pylmer.predict(fit, se_fit=True)["se_fit"].to_numpy()
    found = pylmer.predict(fit, se_fit=True, uncertainty="theta")["se_fit"].to_numpy()
    expected = plain**2 + 2 * np.einsum("ik,kl,il->i", d, A, d)
    assert_close(pd.Series(found**2), expected.tolist(), 1e-6)
    assert np.median(expected / plain**2) > 1.05


def test_a_balanced_design_has_the_classical_interval_of_a_new_group() -> None:
    """One-way, balanced: a new mean per group has variance MSB/n (1 + 1/J) with J - 1 degrees of freedom.

    A single new response adds sigma^2 (1 - 1/n), whose degrees of freedom Satterthwaite combines; REML.
    """
    dyestuff = pylmer.datasets.load("Dyestuff")
    fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", dyestuff)
    found = pylmer.predict(
        fit, pd.DataFrame({"Batch": ["new"]}), interval="prediction", uncertainty="theta", allow_new_levels=True
    ).iloc[0]
    groups = dyestuff.groupby("Batch", observed=True)["Yield"]
    J, n = 6, 5
    MSB, MSE = n * groups.mean().var(), groups.var().mean()
    a, b = (1 + 1 / J) / n, (n - 1) / n
    variance = a * MSB + b * MSE
    df = variance**2 / ((a * MSB) ** 2 / (J - 1) + (b * MSE) ** 2 / (J * (n - 1)))
    from scipy.stats import t

    assert_close((found["upr"] - found["lwr"]) / 2, (t.ppf(0.975, df) * np.sqrt(variance)).tolist(), 1e-6)


def test_rows_of_the_fit_keep_their_weights_and_their_gaps() -> None:
    data = pylmer.datasets.load("sleepstudy").assign(w=np.tile([1.0, 4.0], 90))
    data.loc[3, "Reaction"] = np.nan
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", data, weights="w", na_action="exclude")
    whole = pylmer.predict(fit, interval="prediction")
    assert list(whole.columns) == ["fit", "se_fit", "lwr", "upr"]
    assert whole.loc[3].isna().all()
    assert len(whole) == 180
    half = (whole["upr"] - whole["lwr"]) / 2
    expected = Z975 * np.sqrt(whole["se_fit"] ** 2 + fit.sigma**2 / data["w"])
    assert_close(half.drop(3), expected.drop(3).tolist(), EXACT)
    pd.testing.assert_series_equal(whole["fit"], pylmer.predict(fit), check_names=False)


def test_rows_with_missing_values_have_no_interval() -> None:
    found = pylmer.predict(sleep(), new_sleep(2), interval="prediction")
    assert found.iloc[1].isna().all()
    assert found.iloc[0].notna().all()


def test_a_singular_fit_has_intervals() -> None:
    with pytest.warns(pylmer.FitNote, match="no variance"):
        fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    n = fit.design.n
    for kind in ("effects", "theta"):
        found = pylmer.predict(fit, se_fit=True, uncertainty=kind)
        assert_close(found["se_fit"], np.full(n, fit.sigma / np.sqrt(n)).tolist(), 1e-6)


# --- lm --------------------------------------------------------------------------------------------------------------


def test_linear_models_as_r() -> None:
    given = json.loads((DATA / "diagnostics" / "diagnostics.json").read_text())["lm"]
    data, new = pd.DataFrame(given["data"]), pd.DataFrame(given["new"])
    for theirs in given["fits"][:2]:
        fit = pylmer.lm(theirs["formula"], data, weights="w")
        assert_close(pylmer.predict(fit, new, se_fit=True)["se_fit"], theirs["se_fit"], EXACT)
        confidence = pylmer.predict(fit, new, interval="confidence", level=0.9)
        assert list(confidence.columns) == ["fit", "lwr", "upr"]
        assert_close(confidence, theirs["confidence"], EXACT)
        assert_close(pylmer.predict(fit, new, interval="prediction", weights=[1, 2]), theirs["prediction"], EXACT)
        both = pylmer.predict(fit, new, interval="confidence", se_fit=True)
        assert list(both.columns) == ["fit", "se_fit", "lwr", "upr"]
    gap = new.assign(x=[np.nan, 1.0])
    assert pylmer.predict(fit, gap, se_fit=True)["se_fit"].isna().tolist() == [True, False]
    assert len(pylmer.predict(fit, gap, na_action="omit")) == 1


# --- bad input -------------------------------------------------------------------------------------------------------


def ask(new: dict[str, Any] | None = None, **given: Any) -> Callable[[], Any]:
    return lambda: pylmer.predict(sleep(), None if new is None else pd.DataFrame(new), **given)


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "level": (ask(interval="confidence", level=95), r"level=95: a level lies between 0 and 1"),
    "interval": (ask(interval="credible"), r"interval='credible': wanted one of None, 'confidence', 'prediction'"),
    "uncertainty": (ask(se_fit=True, uncertainty="all"), "uncertainty='all': wanted one of 'none', 'effects', 'theta'"),
    "na_action": (ask({"Days": [1], "Subject": ["308"]}, na_action="na.pass"), "na_action='na.pass': wanted one of"),
    "missing, fail": (
        ask({"Days": [1, np.nan], "Subject": ["308", "309"]}, na_action="fail"),
        "missing values, the first in row 1",
    ),
    "new level": (
        ask({"Days": [1], "Subject": ["1000"]}, se_fit=True),
        "grouping factor 'Subject' has new or missing levels in the new data: 1000; allow_new_levels=True",
    ),
    "missing level": (
        ask({"Days": [1], "Subject": [None]}, interval="prediction"),
        "grouping factor 'Subject' has new or missing levels in the new data: NA",
    ),
    "no column": (ask({"Subject": ["308"]}), "no column 'Days'"),
    "no group": (ask({"Days": [1]}), "no column 'Subject'"),
    "a type": (ask({"Days": ["one"], "Subject": ["308"]}), "'Days' was numeric in the fit, in the new data it is"),
    "random part": (ask(random_only=True, interval="prediction"), "random_only=True has no prediction interval"),
    "part of a term": (
        ask(re_form="~ (1 | Subject)", interval="prediction"),
        r"re_form has \(1 \| Subject\), a part of \(Days \| Subject\)",
    ),
    "unknown term": (ask(re_form="~ (1 | Item)"), r"re_form has \(1 \| Item\), which the model has not; it has \(Days"),
    "weights": (ask(interval="prediction", weights=[1, 2]), "weights: wanted one number, or one for each of the 180"),
    "no weight": (ask(interval="prediction", weights=0), "weights of new responses must be positive"),
    "held": (
        lambda: pylmer.predict(pylmer.at_theta(sleep(), [1, 0, 1]), se_fit=True, uncertainty="theta"),
        "theta of this fit is held, not estimated: uncertainty='effects'",
    ),
    "newparams": (ask(newparams={"sigma": 1}, se_fit=True), "newparams are given, not estimated"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str) -> None:
    call, message = BAD[name]
    with pytest.raises(pylmer.PylmerError, match=message):
        call()


def test_an_unknown_level_of_a_fixed_factor_is_named() -> None:
    with pytest.raises(pylmer.DataError, match=r"factor 'Machine' has new level 'D'; the fit had A, B, C"):
        pylmer.predict(model("wide"), pd.DataFrame({"Machine": ["D"], "Worker": ["1"]}), se_fit=True)
    with pytest.raises(pylmer.ArgumentError, match="interval='both'"):
        pylmer.predict(pylmer.lm("score ~ Machine", pylmer.datasets.load("Machines")), interval="both")


def test_single_values_stand_for_every_row() -> None:
    """R: predict(M1, data.frame(floor = 1, county = c("HENNEPIN", "LAC QUI PARLE"))), options(digits = 10)."""
    M1 = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    counties = ["HENNEPIN", "LAC QUI PARLE"]
    ours = pylmer.predict(M1, {"floor": 1, "county": counties})
    np.testing.assert_allclose(ours, [0.6696937131, 1.1750962442], rtol=1e-6)
    for one in (np.float64(1), np.array(1), True):
        np.testing.assert_allclose(pylmer.predict(M1, {"county": pd.Series(counties), "floor": one}), ours)
    np.testing.assert_allclose(pylmer.predict(M1, {"floor": [1, 1], "county": "HENNEPIN"}), [ours.iloc[0]] * 2)
    labelled = pylmer.predict(M1, {"floor": 1, "county": pd.Series(counties, index=["a", "b"])})
    assert list(labelled.index) == ["a", "b"]
    assert len(pylmer.predict(M1, {"floor": 1}, re_form="NA")) == 1
    assert pylmer.predict(M1, {"floor": np.nan, "county": counties}).isna().all()
    assert pylmer.simulate(M1, newdata={"floor": 1, "county": counties}, seed=1).shape == (2, 1)
    linear = pylmer.lm("log_radon ~ floor", pylmer.datasets.load("radon"))
    assert pylmer.predict(linear, {"floor": 1}, interval="confidence").shape == (1, 3)


def test_vectors_are_not_recycled() -> None:
    M1 = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    for floor in ([1], {1}, [0, 1, 0]):
        with pytest.raises(pylmer.DataError, match="column"):
            pylmer.predict(M1, {"floor": floor, "county": ["ANOKA", "CLAY"]})


def test_a_formula_draws_with_single_values() -> None:
    new = {"x": [0, 1, 2], "z": 2, "g": ["a", "a", "b"]}
    drawn = pylmer.simulate("~ I(x * z) + (1 | g)", newdata=new, newparams={"beta": [1, 2], "theta": [0], "sigma": 0})
    assert drawn.iloc[:, 0].tolist() == [1.0, 5.0, 9.0]  # 1 + 2 * (x * z)


def test_a_long_list_of_new_levels_is_cut_where_r_cuts_it() -> None:
    """At 60 characters, with an ellipsis."""
    model = pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    new = {"Days": 0, "Subject": [f"new{k:02d}" for k in range(40)]}
    shown = ", ".join(new["Subject"])[:60]
    with pytest.raises(pylmer.DataError, match=f"in the new data: {shown}, \\.\\.\\.; allow_new_levels"):
        pylmer.predict(model, new)
