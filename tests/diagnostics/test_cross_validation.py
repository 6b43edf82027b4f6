"""cross_validate: each fold is a fit of the rows that remain, and predict() of the others."""

from __future__ import annotations

import doctest
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

import pylmer
from pylmer import cross_validate
from pylmer.diagnostics.cross_validation.mixtures import log_mixture
from pylmer.errors import ArgumentError, DataError, FitNote

REFIT = 1e-6  # of a prediction, in residual standard deviations; theta is found to 1e-6 of its standard errors
SLEEP = pylmer.datasets.load("sleepstudy")


def quietly(function: Callable[..., Any], *args: Any, **given: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        return function(*args, **given)


def generated(n: int = 96, seed: int = 2) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    g, h = np.arange(n) % 12, draw.integers(0, 6, n)
    made = pd.DataFrame({"x": draw.normal(size=n), "f": draw.choice(list("abc"), n), "g": g, "h": h})
    made["t"], made["w"], made["k"] = draw.uniform(1, 4, n), draw.uniform(0.3, 3, n), draw.integers(1, 9, n)
    eta = 0.4 + 0.7 * made.x + 0.8 * draw.normal(size=12)[g] + 0.4 * draw.normal(size=6)[h]
    made["y"] = 5 + eta + 0.6 * draw.normal(size=n) / np.sqrt(made.w)
    made["p"] = draw.binomial(made.k, special.expit(eta)) / made.k
    made["count"] = draw.poisson(made.t * np.exp(0.5 * eta))
    made["positive"] = draw.gamma(4, np.exp(0.3 * eta) / 4)
    return made


def refitted(fit: Any, data: pd.DataFrame, fold: Any, make: Callable[[pd.DataFrame], Any]) -> pd.DataFrame:
    """Of each row the prediction, and its standard deviation, by a fit of the other folds."""
    parts = []
    for label in pd.unique(fold):
        rest = quietly(make, data[fold != label])
        gone = data[fold == label]
        given = {"allow_new_levels": True} if isinstance(rest, pylmer.LmerFit | pylmer.GlmerFit) else {}
        parts.append(quietly(pylmer.predict, rest, gone, se_fit=True, **given).assign(sigma=rest.sigma))
    return pd.concat(parts).loc[data.index]


# --- lmer ------------------------------------------------------------------------------------------------------------

LMER = {
    "one factor, rows": ("y ~ x + f + (1 | g)", None),
    "one factor, groups": ("y ~ x + f + (1 | g)", "g"),
    "slopes, rows": ("y ~ x + (1 + x | g)", None),
    "slopes, groups": ("y ~ x + (1 + x | g)", "g"),
    "crossed, groups": ("y ~ x + (1 | g) + (1 | h)", "g"),
    "crossed, rows": ("y ~ x + (1 | g) + (1 | h)", None),
    "nested, the upper factor": ("y ~ x + (1 | h/g)", "h"),
    "diagonal": ("y ~ x + diag(1 + x | g)", None),
}


@pytest.mark.parametrize("REML", [True, False])
@pytest.mark.parametrize("name", LMER)
def test_lmer(name: str, REML: bool) -> None:
    """Means to 1e-6 of sigma; densities are normal, with the variance of predict(interval="prediction")."""
    formula, by = LMER[name]
    data = generated()
    lenient = pylmer.lmerControl(check_nobs_vs_nRE="ignore", check_nobs_vs_nlev="ignore")

    def make(rows: pd.DataFrame) -> Any:
        return pylmer.lmer(formula, rows, REML=REML, weights="w", control=lenient)

    fit = quietly(make, data)
    found = quietly(cross_validate, fit, 4, by=by)
    fold = found.predictions["fold"]
    assert sorted(fold.unique()) == ["1", "2", "3", "4"]
    means, sd = np.full(len(data), np.nan), np.full(len(data), np.nan)
    for label in found.folds:
        rest, gone = quietly(make, data[fold != label]), (fold == label).to_numpy()
        foretold = quietly(pylmer.predict, rest, data[gone], interval="prediction", level=0.9, allow_new_levels=True)
        means[gone] = foretold["fit"]
        sd[gone] = (foretold["upr"] - foretold["lwr"]) / (2 * stats.norm.ppf(0.95))
    assert found.predictions["predicted"].to_numpy() == pytest.approx(means, abs=10 * REFIT * fit.sigma)
    expected = stats.norm.logpdf(data.y, means, sd)
    assert found.predictions["log_density"].to_numpy() == pytest.approx(expected, abs=1e-4)


def test_groups_stay_together() -> None:
    found = cross_validate(pylmer.lmer("Reaction ~ Days + (1 | Subject)", SLEEP), 5, by="Subject")
    assert (found.predictions.groupby(SLEEP.Subject)["fold"].nunique() == 1).all()
    assert sorted(found.table["rows"].iloc[:-1]) == [30, 30, 40, 40, 40]


def test_new_groups_have_the_mean_of_the_fixed_effects() -> None:
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", SLEEP)
    found, deleted = cross_validate(fit, "loo", by="Subject"), pylmer.influence(fit, "Subject").fixef_deleted
    beta = deleted.loc[SLEEP.Subject.astype(str)].to_numpy()
    expected = beta[:, 0] + beta[:, 1] * SLEEP.Days
    assert found.predictions["predicted"].to_numpy() == pytest.approx(expected.to_numpy())
    assert found.folds.tolist() == deleted.index.tolist()


def test_one_row_at_a_time() -> None:
    data = generated(40)
    fit = quietly(pylmer.lmer, "y ~ x + (1 | h)", data)
    found = quietly(cross_validate, fit, "loo").predictions
    for row in (0, 7, 39):
        rest = quietly(pylmer.lmer, "y ~ x + (1 | h)", data.drop(row))
        assert found["predicted"][row] == pytest.approx(pylmer.predict(rest, data.loc[[row]]).iloc[0], abs=1e-5)


def test_theta_that_is_held_stays() -> None:
    fit = pylmer.at_theta(pylmer.lmer("Reaction ~ Days + (1 | Subject)", SLEEP), 0.0)
    found = quietly(cross_validate, fit, 5)
    linear = cross_validate(pylmer.lm("Reaction ~ Days", SLEEP), 5)
    expected = linear.predictions["predicted"].to_numpy()
    assert found.predictions["predicted"].to_numpy() == pytest.approx(expected)


def test_offset_and_dropped_rows() -> None:
    """Offsets come back into the means; rows that were not fitted are in no fold."""
    data = generated()
    data.loc[[3, 50], "x"] = np.nan
    plain = quietly(pylmer.lmer, "y - 10 * t ~ x + (1 | g)", data)
    moved = quietly(pylmer.lmer, "y ~ x + offset(10 * t) + (1 | g)", data)
    found, other = (quietly(cross_validate, each, 3) for each in (moved, plain))
    assert found.predictions.index.tolist() == [row for row in data.index if row not in (3, 50)]
    expected = other.predictions["predicted"] + 10 * data.t
    assert found.predictions["predicted"].to_numpy() == pytest.approx(expected.dropna().to_numpy(), abs=1e-5)
    assert found.pooled["RMSE"] == pytest.approx(other.pooled["RMSE"], rel=1e-6)


def test_fits_of_files(tmp_path: Path) -> None:
    data = generated()
    data.to_csv(tmp_path / "rows.csv", index=False)
    whole = quietly(pylmer.lmer, "y ~ x + (1 | g)", data)
    streamed = quietly(pylmer.lmer, "y ~ x + (1 | g)", str(tmp_path / "rows.csv"))
    found, expected = (quietly(cross_validate, each, 4, by="g").table for each in (streamed, whole))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-5)
    ready = pylmer.plan("y ~ x + (1 | g)", data)
    with pytest.raises(DataError, match="rows"):
        cross_validate(pylmer.lmer(ready, data=ready.sums(data[:40]) + ready.sums(data[40:])))


# --- scikit-learn ----------------------------------------------------------------------------------------------------


def test_group_k_fold() -> None:
    """scikit-learn's folds through fits and predict(), and its losses: the same numbers."""
    selection = pytest.importorskip("sklearn.model_selection")
    metrics = pytest.importorskip("sklearn.metrics")
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", SLEEP)
    fold = np.zeros(len(SLEEP), int)
    rows = []
    for k, (train, test) in enumerate(selection.GroupKFold(6).split(SLEEP, groups=SLEEP.Subject)):
        fold[test] = k
        rest = pylmer.lmer("Reaction ~ Days + (Days | Subject)", SLEEP.iloc[train])
        y, mean = SLEEP.Reaction.iloc[test], pylmer.predict(rest, SLEEP.iloc[test], allow_new_levels=True)
        rows.append([metrics.mean_squared_error(y, mean) ** 0.5, metrics.mean_absolute_error(y, mean),
                     metrics.r2_score(y, mean)])  # fmt: skip
    found = cross_validate(fit, fold)
    assert found.table[["RMSE", "MAE", "R2"]].iloc[:-1].to_numpy() == pytest.approx(np.array(rows), rel=1e-6)


def test_group_k_fold_as_a_doctest() -> None:
    """group_k_fold.md: folds by hand through predict() on one side, cross_validate() on the other."""
    pytest.importorskip("sklearn")
    assert doctest.testfile("group_k_fold.md").failed == 0


# --- lm --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("folds", [5, "loo"])
def test_lm(folds: Any, weighted: bool) -> None:
    """Fits of the rows that remain, and Student's t."""
    data = generated(40)
    weights = {"weights": "w"} if weighted else {}
    fit = pylmer.lm("y ~ x * t + f + offset(2 * t)", data, **weights)
    found = cross_validate(fit, folds)
    for label, gone in found.predictions.groupby("fold").groups.items():
        rest = pylmer.lm("y ~ x * t + f + offset(2 * t)", data.drop(gone), **weights)
        assert label in found.folds
        part = pylmer.predict(rest, data.loc[gone], se_fit=True)
        own = found.predictions.loc[gone]
        w = data.w[gone] if weighted else 1.0
        sd = np.sqrt(part["se_fit"] ** 2 + rest.sigma**2 / w)
        assert own["predicted"].to_numpy() == pytest.approx(part["fit"].to_numpy(), rel=1e-9)
        density = stats.t.logpdf(own["observed"], pylmer.df_residual(rest), part["fit"], sd)
        assert own["log_density"].to_numpy() == pytest.approx(density, rel=1e-9)


def test_press() -> None:
    """Of single rows the errors are r / (1 - h)."""
    fit = pylmer.lm("Reaction ~ Days", SLEEP)
    found = cross_validate(fit, "loo").predictions
    expected = pylmer.resid(fit) / (1 - pylmer.hatvalues(fit))
    assert (found["observed"] - found["predicted"]).to_numpy() == pytest.approx(expected.to_numpy())


# --- generalized models ----------------------------------------------------------------------------------------------

FAMILIES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "binomial": ("p ~ x", "binomial", {"weights": "k"}),
    "poisson": ("count ~ x + offset(log(t))", "poisson", {}),
    "Gamma": ("positive ~ x", pylmer.families.Gamma("log"), {}),
    "gaussian": ("y ~ x", pylmer.families.gaussian("log"), {}),
}


def density_of(name: str, row: Any, mu: float, phi: float) -> float:
    """The log density of a response at its mean."""
    if name == "binomial":
        return float(stats.binom.logpmf(round(row.p * row.k), row.k, mu))
    if name == "poisson":
        return float(stats.poisson.logpmf(row["count"], mu))
    if name == "Gamma":
        return float(stats.gamma.logpdf(row.positive, 1 / phi, scale=mu * phi))
    return float(stats.norm.logpdf(row.y, mu, np.sqrt(phi)))


def mixed_density(name: str, row: Any, eta: float, sd: float, phi: float) -> float:
    """Integrated over a normal linear predictor, by adaptive quadrature."""
    h = special.expit if name == "binomial" else np.exp
    found = integrate.quad(
        lambda z: np.exp(density_of(name, row, float(h(eta + sd * z)), phi)) * stats.norm.pdf(z), -9, 9,
        epsabs=0, epsrel=1e-9, limit=200,
    )  # fmt: skip
    return float(np.log(found[0]))


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("name", FAMILIES)
def test_generalized(name: str, mixed: bool) -> None:
    formula, family, given = FAMILIES[name]
    data = generated()
    formula = f"{formula} + (1 | g)" if mixed else formula

    def make(rows: pd.DataFrame) -> Any:
        return (pylmer.glmer if mixed else pylmer.glm)(formula, rows, family, **given)

    fit = quietly(make, data)
    found = quietly(cross_validate, fit, 4, by="g").predictions
    for label, gone in found.groupby("fold").groups.items():
        rest = quietly(make, data.drop(gone))
        more = {"allow_new_levels": True} if mixed else {}
        link = quietly(pylmer.predict, rest, data.loc[gone], se_fit=True, **more)
        mean = (special.expit if name == "binomial" else np.exp)(link["fit"])
        assert found.loc[gone, "predicted"].to_numpy() == pytest.approx(mean.to_numpy(), rel=2e-5), label
        phi = rest.sigma**2 if mixed else rest.dispersion
        spread = link["se_fit"] ** 2 + (pylmer.VarCorr(rest)["g"].to_numpy()[0, 0] if mixed else 0.0)
        for row in gone[::9]:
            expected = mixed_density(name, data.loc[row], link["fit"][row], np.sqrt(spread[row]), phi)
            assert found.loc[row, "log_density"] == pytest.approx(expected, abs=2e-4)


def test_losses_of_trials() -> None:
    """Every trial a row: the same scores."""
    data = generated()
    fit = pylmer.glm("p ~ x", data, "binomial", weights="k")
    found = cross_validate(fit, 4)
    fold, p = found.predictions["fold"], found.predictions["predicted"]
    rows = [(fold[i], outcome, p[i]) for i, row in data.iterrows() for outcome in
            [1] * round(row.p * row.k) + [0] * round((1 - row.p) * row.k)]  # fmt: skip
    trials = pd.DataFrame(rows, columns=["fold", "outcome", "p"])
    for label in [*found.folds, "all"]:
        part = trials if label == "all" else trials[trials.fold == label]
        brier = np.mean((part.outcome - part.p) ** 2)
        log_loss = -np.mean(np.log(np.where(part.outcome == 1, part.p, 1 - part.p)))
        assert found.table.loc[label, "Brier"] == pytest.approx(brier)
        assert found.table.loc[label, "log_loss"] == pytest.approx(log_loss)


def test_a_negative_binomial_has_its_own_shape() -> None:
    data = generated()
    fit = quietly(pylmer.glmer_nb, "count ~ x + (1 | h)", data)
    found = quietly(cross_validate, fit, 3).predictions
    gone = found["fold"] == "2"
    rest = quietly(pylmer.glmer_nb, "count ~ x + (1 | h)", data[~gone])
    expected = quietly(pylmer.predict, rest, data[gone], type="response", allow_new_levels=True)
    assert found.loc[gone, "predicted"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-4)


def test_mixtures_of_sharp_and_flat_densities() -> None:
    """A normal response of a normal predictor is normal; counts in the millions about an uncertain mean."""
    y, eta, v = np.array([0.0, 3.0, -50.0]), np.array([0.1, -2.0, 40.0]), np.array([1e-8, 4.0, 900.0])
    found = log_mixture(pylmer.families.gaussian(), y, np.ones(3), 0.5, eta, v)
    assert found == pytest.approx(stats.norm.logpdf(y, eta, np.sqrt(v + 0.5)), abs=1e-9)
    many = log_mixture(pylmer.families.poisson(), np.array([1e6]), np.ones(1), 1.0, np.array([13.0]), np.array([1.0]))
    near = stats.norm.logpdf(np.log(1e6), 13, 1) - np.log(1e6)  # Poisson is sharp beside the law of its mean
    assert many[0] == pytest.approx(near, abs=1e-5)


def test_a_linear_predictor_that_is_known() -> None:
    """At x = 0 a line through the origin has no standard error: the density is Poisson's with the mean 1."""
    data = generated().assign(x=lambda made: made.x.where(made.index != 3, 0.0))
    found = cross_validate(pylmer.glm("count ~ 0 + x", data, "poisson"), 4)
    assert found.predictions.loc[3, "log_density"] == pytest.approx(stats.poisson.logpmf(data["count"][3], 1))
    assert np.isfinite(found.pooled["log_density"])


def test_a_fold_without_trials_has_no_loss_of_trials() -> None:
    data = generated().assign(k=lambda made: made.k.where(made.index != 3, 0))
    found = quietly(cross_validate, pylmer.glm("p ~ x", data, "binomial", weights="k"), "loo")
    assert found.table.loc[3, ["Brier", "log_loss"]].isna().all()
    assert np.isfinite(found.pooled["Brier"])


# --- the table -------------------------------------------------------------------------------------------------------


def test_losses_by_hand() -> None:
    fit = pylmer.lm("Reaction ~ Days", SLEEP)
    found = cross_validate(
        fit, 6, loss={"bias": lambda y, mean: np.mean(mean - y), "rows two": lambda y, _: 2 * len(y)}
    )
    for label, part in [*found.predictions.groupby("fold"), ("all", found.predictions)]:
        error = part.observed - part.predicted
        expected = {
            "rows": len(part),
            "RMSE": np.sqrt(np.mean(error**2)),
            "MAE": np.mean(np.abs(error)),
            "R2": 1 - np.sum(error**2) / np.sum((part.observed - part.observed.mean()) ** 2),
            "log_density": part.log_density.mean(),
            "bias": -error.mean(),
            "rows two": 2 * len(part),
        }
        assert found.table.loc[label].to_dict() == pytest.approx(expected)
    assert found.elpd == pytest.approx(found.predictions["log_density"].sum())
    assert found.elpd_se == pytest.approx(np.sqrt(180) * found.predictions["log_density"].std())
    frame = found.to_pandas()
    frame.iloc[0] = 0
    assert found.table.iloc[0]["RMSE"] > 0


def test_folds_are_those_of_the_seed() -> None:
    fit, other = pylmer.lm("Reaction ~ Days", SLEEP), pylmer.lm("Reaction ~ 1", SLEEP)
    first = cross_validate(fit).predictions["fold"]
    assert cross_validate(other).predictions["fold"].tolist() == first.tolist()
    assert cross_validate(fit, seed=2).predictions["fold"].tolist() != first.tolist()
    assert cross_validate(fit, seed=np.random.default_rng(1)).predictions["fold"].tolist() == first.tolist()


def test_folds_of_ones_own() -> None:
    data = generated()
    fit = quietly(pylmer.lm, "y ~ x", data)
    labels = pd.Series(np.where(data.g < 4, "low", "high"), index=data.index)
    labels[5] = None
    found = cross_validate(fit, labels)
    assert found.folds.tolist() == ["high", "low"]
    assert np.isnan(found.predictions.loc[5, "predicted"])
    assert found.pooled["rows"] == 95
    rest = pylmer.lm("y ~ x", data[(labels != "low")])
    low = labels == "low"
    assert found.predictions.loc[low, "predicted"].to_numpy() == pytest.approx(
        pylmer.predict(rest, data[low]).to_numpy()
    )
    shuffled = labels.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(cross_validate(fit, shuffled).table, found.table)
    pd.testing.assert_frame_equal(cross_validate(fit, labels.tolist()).table, found.table)


def test_unequal_groups_are_dealt_evenly() -> None:
    data = generated().assign(s=np.repeat(np.arange(8), [40, 20, 10, 10, 5, 5, 3, 3]))
    found = cross_validate(pylmer.lm("y ~ x", data), 2, by="s")
    assert sorted(found.table["rows"]) == [48, 48, 96]


def test_folds_without_a_fit() -> None:
    """A level that one fold alone has: nothing can be said, and it is said."""
    data = generated(60)
    data["f"] = np.where(np.arange(60) < 5, "rare", "often")
    fold = np.where(np.arange(60) < 12, "a", np.where(np.arange(60) < 30, "b", "c"))
    family: dict[str, Any] = {"family": "poisson"}
    for make, formula, given in (
        (pylmer.lmer, "y ~ f + (1 | h)", {}), (pylmer.lm, "y ~ f", {}), (pylmer.glm, "count ~ f", family),
        (pylmer.glmer, "count ~ f + (1 | h)", family),
    ):  # fmt: skip
        fit = quietly(make, formula, data, **given)
        with pytest.warns(FitNote, match="'a': leaves nothing to estimate f"):
            found = cross_validate(fit, fold)
        assert list(found.failed) == ["a"]
        assert found.table["rows"].tolist() == [0, 18, 30, 48]
        assert "No fit without a" in str(found)


def test_page() -> None:
    found = cross_validate(pylmer.lm("Reaction ~ Days", SLEEP), 3)
    lines = str(found).splitlines()
    assert lines[0] == "Cross-validation with 3 folds of rows: 180 rows foretold"
    assert lines[1].split() == ["rows", "RMSE", "MAE", "R2", "log_density"]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2", "3", "all"]
    assert len(str(cross_validate(pylmer.lm("Reaction ~ Days", SLEEP), "loo")).splitlines()) == 3


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (1, {}, "wanted two or more"),
    (2.5, {}, "wanted two or more"),
    (float("nan"), {}, "wanted two or more"),
    (float("inf"), {}, "wanted two or more"),
    (181, {}, "there are 180 rows"),
    (19, {"by": "Subject"}, "18 levels of 'Subject'"),
    ("lou", {}, "'loo'"),
    (True, {}, "folds"),
    (None, {}, "folds"),
    ([1, 2], {}, "folds has 2 values"),
    ([1] * 180, {}, "one fold alone"),
    ([1, 2] * 90, {"by": "Subject"}, "leave by= out"),
    (5, {"by": "Subjects"}, "by='Subjects'.*did you mean 'Subject'"),
    (5, {"by": ["Subject"]}, "by="),
    (5, {"seed": "a"}, "seed"),
    (5, {"loss": 3}, "loss"),
    (5, {"loss": {"a": 3}}, "'a'"),
    (5, {"loss": lambda y, m: "x"}, "gives a number"),
    (5, {"loss": lambda y: 1.0}, "failed"),
    (5, {"foo": 1}, "foo"),
]


@pytest.mark.parametrize(("folds", "given", "match"), WRONG, ids=map(str, range(len(WRONG))))
def test_what_cannot_be_asked(folds: Any, given: dict[str, Any], match: str) -> None:
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", SLEEP)
    with pytest.raises(ArgumentError, match=match):
        cross_validate(fit, folds, **given)


def test_fits_that_cannot_be_refitted() -> None:
    given = pylmer.makeLmer("Reaction ~ Days + (1 | Subject)", SLEEP, fixef=[250, 10], VarCorr=100, sigma=30, seed=1)
    with pytest.raises(ArgumentError, match="parameters of this fit were given"):
        cross_validate(given)
    with pytest.raises(ArgumentError, match="wants a fit of lmer"):
        cross_validate(pylmer.lmList("Reaction ~ Days | Subject", SLEEP))


def test_deletions_of_a_family_with_scale() -> None:
    """influence() of a gaussian glmer: rows left out are not counted in the dispersion."""
    data = generated()
    formula, family = "y ~ x + (1 | g)", pylmer.families.gaussian("log")
    found = quietly(pylmer.influence, quietly(pylmer.glmer, formula, data, family), "g")
    rest = quietly(pylmer.glmer, formula, data[data.g != 3], family)
    assert found.fixef_deleted.loc["3"].to_numpy() == pytest.approx(rest.beta, rel=1e-5)
    assert found.var_cov_deleted.loc["3", "sigma^2"] == pytest.approx(rest.sigma**2, rel=1e-4)
