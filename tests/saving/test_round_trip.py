"""A saved fit answers as before: with its rows to every word, without them to those that do without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import pylmer
from pylmer import DataError
from tests.saving.fits import CBPP, CROSSED, FITS, MIXED, OF_SUMS, SLEEP, fit_of, new_rows

pytestmark = pytest.mark.filterwarnings("ignore::pylmer.FitNote")
EXACT: dict[str, Callable[[Any, pd.DataFrame], Any]] = {  # the same to the last bit, with rows and without
    "beta": lambda fit, new: fit.beta,
    "theta": lambda fit, new: fit.theta,
    "sigma": lambda fit, new: fit.sigma,
    "u": lambda fit, new: fit.u,
    "b": lambda fit, new: fit.b,
    "page": lambda fit, new: repr(fit),
    "notes": lambda fit, new: [str(each) for each in fit.notes],
    "vcov": lambda fit, new: pylmer.vcov(fit),
    "VarCorr": lambda fit, new: str(pylmer.VarCorr(fit)),
    "ranef": lambda fit, new: str(dict(pylmer.ranef(fit))),
    "se_ranef": lambda fit, new: str(dict(pylmer.se_ranef(fit))),
    "logLik": lambda fit, new: [float(pylmer.logLik(fit)), pylmer.AIC(fit), pylmer.BIC(fit)],
    "nobs": lambda fit, new: [pylmer.nobs(fit), *pylmer.ngrps(fit).tolist()],
    "coefficients": lambda fit, new: pylmer.summary(fit).coefficients,
    "predict": lambda fit, new: pylmer.predict(fit, new),
    "errors": lambda fit, new: pylmer.predict(fit, new, se_fit=True, interval="confidence"),
    "population": lambda fit, new: pylmer.predict(fit, new, re_form="NA"),
    "simulate": lambda fit, new: pylmer.simulate(fit, nsim=2, seed=1, newdata=new, weights=[3, 4]),
    "confint": lambda fit, new: pylmer.confint(fit, method="Wald"),
    "tidy": lambda fit, new: pylmer.tidy(fit),
    "lower": lambda fit, new: pylmer.getME(fit, "lower"),
}
NEED_ROWS: dict[str, Callable[[Any], Any]] = {
    "resid": pylmer.resid,
    "fitted": pylmer.fitted,
    "predict": lambda fit: pylmer.predict(fit),
    "model_matrix": pylmer.model_matrix,
    "model_frame": pylmer.model_frame,
    "weights": pylmer.weights,
    "hatvalues": pylmer.hatvalues,
}


LACKING = {
    "glm": ("hatvalues",),
    "lmList": ("hatvalues", "model_matrix", "model_frame", "weights"),
}  # have no such word


def needing_rows(name: str) -> list[Callable[[Any], Any]]:
    return [ask for word, ask in NEED_ROWS.items() if word not in LACKING.get(name, ())]


def saved(name: str, folder: Path, rows: bool) -> Any:
    fit_of(name).save(folder / "fit.npz", rows=rows)
    return pylmer.load(folder / "fit.npz")


def assert_same(one: Any, two: Any) -> None:
    assert type(one) is type(two)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    elif isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, two, check_exact=True)
    else:
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("name", MIXED)
def test_mixed_models_are_the_same_to_the_last_bit(name: str, rows: bool, tmp_path: Path) -> None:
    if rows and name in OF_SUMS:
        return
    fit, again = fit_of(name), saved(name, tmp_path, rows)
    for ask in EXACT.values():
        assert_same(ask(fit, new_rows(name)), ask(again, new_rows(name)))


@pytest.mark.parametrize("name", [name for name in FITS if name not in OF_SUMS])
def test_with_its_rows_a_fit_has_all_that_it_had(name: str, tmp_path: Path) -> None:
    fit, again = fit_of(name), saved(name, tmp_path, True)
    for ask in needing_rows(name):
        assert_same(ask(fit), ask(again))
    assert str(pylmer.summary(fit)) == str(pylmer.summary(again)) or name == "streamed"  # which shows no residuals


@pytest.mark.parametrize("name", FITS)
def test_without_its_rows_a_word_that_needs_them_says_so(name: str, tmp_path: Path) -> None:
    again = saved(name, tmp_path, False)
    for ask in needing_rows(name):
        with pytest.raises(DataError, match=r"it was saved without them: .* rows=True"):
            ask(again)


@pytest.mark.parametrize("name", ["lm", "glm"])
def test_least_squares_do_without_rows(name: str, tmp_path: Path) -> None:
    fit, again, new = fit_of(name), saved(name, tmp_path, False), new_rows(name)
    words = [pylmer.coef, pylmer.vcov, pylmer.AIC, pylmer.BIC, pylmer.deviance, pylmer.df_residual, pylmer.nobs, repr]
    for ask in [
        *words,
        lambda each: pylmer.predict(each, new, interval="confidence"),
        lambda each: str(each.display()),
    ]:
        assert_same(ask(fit), ask(again))
    assert_same(pylmer.summary(fit).coefficients, pylmer.summary(again).coefficients)
    assert "Residuals:" in str(fit.summary())
    shown = str(again.summary())
    assert "Residuals:" not in shown
    assert shown.partition("Coefficients:")[2] == str(fit.summary()).partition("Coefficients:")[2]


def test_lm_without_rows_has_its_tests(tmp_path: Path) -> None:
    fit, again = fit_of("lm"), saved("lm", tmp_path, False)
    assert_same(pd.DataFrame(pylmer.anova(fit)), pd.DataFrame(pylmer.anova(again)))
    assert_same(pylmer.glance(fit), pylmer.glance(again))
    smaller = pylmer.lm("Reaction ~ Days", fit.request.data, weights="w")
    smaller.save(tmp_path / "smaller.npz")
    both = pylmer.anova(pylmer.load(tmp_path / "smaller.npz"), again, model_names=["a", "b"])
    assert_same(pd.DataFrame(pylmer.anova(smaller, fit, model_names=["a", "b"])), pd.DataFrame(both))


def test_lmList_without_rows(tmp_path: Path) -> None:
    fit, again = fit_of("lmList"), saved("lmList", tmp_path, False)
    new = new_rows("lmList")
    for ask in (
        pylmer.coef,
        pylmer.se_coef,
        pylmer.sigma,
        pylmer.confint,
        repr,
        lambda each: str(pylmer.summary(each)),
    ):
        assert_same(ask(fit), ask(again))
    assert_same(pylmer.predict(fit, new), pylmer.predict(again, new))


@pytest.mark.parametrize("name", ["lmer", "ml", "weights", "arrays", "structures", "crossed", "nested", "streamed"])
@pytest.mark.parametrize("ddf", ["Satterthwaite", "Kenward-Roger"])
def test_tests_of_terms_are_those_before(name: str, ddf: str, tmp_path: Path) -> None:
    """By the sums, where those before had rows: to rounding."""
    if name == "ml" and ddf == "Kenward-Roger":  # which wants REML
        return
    before, after = (pylmer.anova(each, ddf=ddf) for each in (fit_of(name), saved(name, tmp_path, False)))
    pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(after), rtol=1e-7)


MEANS = [("ml", "f"), ("arrays", "f"), ("glmer", "period"), ("gamma", "period"), ("lm", "f")]


@pytest.mark.parametrize(("name", "specs"), MEANS)
def test_marginal_means_are_those_before(name: str, specs: str, tmp_path: Path) -> None:
    before, after = (pylmer.emmeans(each, specs) for each in (fit_of(name), saved(name, tmp_path, False)))
    assert str(before) == str(after)


def test_profiles_and_likelihood_ratios_come_from_sums(tmp_path: Path) -> None:
    fit, again = fit_of("lmer"), saved("lmer", tmp_path, False)
    assert_same(pylmer.confint(fit), pylmer.confint(again))
    assert_same(pd.DataFrame(pylmer.drop1(fit)), pd.DataFrame(pylmer.drop1(again)))
    other = pylmer.lmer("Reaction ~ Days + (1 | Subject)", fit.request.data)
    names = {"model_names": ["a", "b"]}
    assert_same(pd.DataFrame(pylmer.anova(other, fit, **names)), pd.DataFrame(pylmer.anova(other, again, **names)))


def test_two_fits_of_glmer_without_rows_are_compared(tmp_path: Path) -> None:
    fit, again = fit_of("glmer"), saved("glmer", tmp_path, False)
    small = pylmer.glmer("cbind(incidence, size - incidence) ~ 1 + (1 | herd)", fit.request.data, "binomial")
    small.save(tmp_path / "small.npz")
    names = {"model_names": ["a", "b"]}
    after = pylmer.anova(pylmer.load(tmp_path / "small.npz"), again, **names)
    assert_same(pd.DataFrame(pylmer.anova(small, fit, **names)), pd.DataFrame(after))
    other = pylmer.glmer("incidence ~ 1 + (1 | herd)", fit.request.data, "poisson")
    with pytest.raises(DataError, match="not all fitted to the same response"):
        pylmer.anova(other, again)


def test_with_rows_it_is_fitted_again(tmp_path: Path) -> None:
    fit, again = fit_of("arrays"), saved("arrays", tmp_path, True)
    assert_same(pylmer.update(fit, ". ~ . - f").beta, pylmer.update(again, ". ~ . - f").beta)
    y = np.asarray(fit.rows.y) * 2
    assert_same(pylmer.refit(fit, y).beta, pylmer.refit(again, y).beta)
    again = saved("refit", tmp_path, True)
    assert_same(pylmer.update(fit_of("refit"), REML=False).beta, pylmer.update(again, REML=False).beta)


@pytest.mark.parametrize("name", ["lmer", "streamed", "plan", "glmer", "glm"])
def test_without_rows_it_cannot_be_fitted_again(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="saved without them"):
        pylmer.update(saved(name, tmp_path, False), ". ~ 1 + (1 | herd)" if name == "glmer" else ". ~ .")


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("name", ["lmer", "glmer", "lm", "glm", "lmList", "far", "crossed"])
def test_a_loaded_fit_is_saved_again(name: str, rows: bool, tmp_path: Path) -> None:
    again = saved(name, tmp_path, rows)
    again.save(tmp_path / "second.npz", rows=rows)
    assert repr(pylmer.load(tmp_path / "second.npz")) == repr(again)
    if rows:
        again.save(tmp_path / "third.npz")
        assert repr(pylmer.load(tmp_path / "third.npz")) == repr(again)
    else:
        with pytest.raises(DataError, match="saved without"):
            again.save(tmp_path / "third.npz", rows=True)


def test_a_fit_of_sums_has_no_rows_to_save(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it is of sums"):
        fit_of("plan").save(tmp_path / "fit.npz", rows=True)


def test_a_loaded_fit_cannot_be_written_to(tmp_path: Path) -> None:
    again = saved("lmer", tmp_path, False)
    with pytest.raises(ValueError, match="read-only"):
        again.beta[0] = 1.0


def test_a_wide_factor(tmp_path: Path) -> None:
    """A thousand fixed effects, absorbed in the fit: with rows they are again, without the sums have all of them."""
    rng = np.random.default_rng(20261130)
    data = pd.DataFrame({"id": rng.permutation(np.arange(2400) % 1100), "g": rng.integers(0, 8, 2400)})
    data = data.assign(id=[f"i{each}" for each in data["id"]], y=rng.normal(size=2400) + rng.normal(size=8)[data["g"]])
    fit = pylmer.lmer("y ~ id + (1 | g)", data)
    assert fit.devfun.absorbed is not None
    for rows in (False, True):
        fit.save(tmp_path / "fit.npz", rows=rows)
        again = pylmer.load(tmp_path / "fit.npz")
        assert (again.devfun.absorbed is None) is not rows
        assert_same(fit.beta, again.beta)
        assert_same(pylmer.predict(fit, data[:3]), pylmer.predict(again, data[:3]))
        assert_same(pylmer.vcov(fit), pylmer.vcov(again))


def test_data_that_are_no_frame_of_pandas(tmp_path: Path) -> None:
    """Columns that no formula can read are left out."""
    frame = pl.DataFrame({"y": CROSSED["y"], "x": CROSSED["x"], "a": CROSSED["a"], "lists": [[1]] * 400})
    fit = pylmer.lmer("y ~ x + (1 | a)", frame)
    fit.save(tmp_path / "fit.npz", rows=True)
    again = pylmer.load(tmp_path / "fit.npz")
    assert_same(pylmer.resid(fit), pylmer.resid(again))
    assert_same(pylmer.update(fit, ". ~ . + I(x^2)").beta, pylmer.update(again, ". ~ . + I(x^2)").beta)


MADE: dict[str, Callable[[], Any]] = {
    "parameters of lmer": lambda: pylmer.makeLmer(
        "y ~ x + (1 | a)", CROSSED, fixef=[1, 1], VarCorr=0.5, sigma=1.0, seed=1
    ),
    "parameters of glmer": lambda: pylmer.makeGlmer(
        "incidence ~ period + (1 | herd)", CBPP, family="poisson", fixef=[1, 0, 0, 0], VarCorr=0.5, seed=1
    ),
    "held theta": lambda: pylmer.at_theta(fit_of("env"), [0.5]),
    "separated": lambda: pylmer.glm("y ~ x", {"y": [0] * 10 + [1] * 10, "x": np.arange(20.0)}, "binomial"),
    "aliased": lambda: pylmer.lm("Reaction ~ Days + I(2 * Days) + f", SLEEP),
    "dropped": lambda: pylmer.lmer("Reaction ~ Days + I(2 * Days) + f:o + (1 | Subject)", SLEEP),
}


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("name", MADE)
def test_fits_of_other_ways(name: str, rows: bool, tmp_path: Path) -> None:
    fit = MADE[name]()
    fit.save(tmp_path / "fit.npz", rows=rows)
    again = pylmer.load(tmp_path / "fit.npz")
    assert repr(again) == repr(fit)
    assert_same(fit.beta, again.beta)
    assert_same(pylmer.vcov(fit), pylmer.vcov(again))


def test_what_is_no_single_fit(tmp_path: Path) -> None:
    many = pylmer.lmer_many("~ x + (1 | a)", CROSSED, responses=["y", "c"])
    with pytest.raises(pylmer.ArgumentError, match="found LmerMany"):
        pylmer.save(many, tmp_path / "fit.npz")
