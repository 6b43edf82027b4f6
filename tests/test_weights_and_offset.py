"""Weights, offset and dropped rows together with every word that could forget one of them, on unbalanced data.

Two models that are the same by arithmetic give the same answers. An offset is taken off the response: y - o ~ ... has
the same errors, effects and tests. Weights are a scale of the rows: with s = sqrt(w), the model of s y on s X and s Z
has the same criterion but for the constant sum(log w).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

Z975 = 1.959963984540054


@cache
def data() -> pd.DataFrame:
    """sleepstudy without 32 of its rows, as in R: d[i %% 10 >= (i %/% 10) %% 5 | d$Subject == "309", ], i from 0.

    Two of the 148 rows have no response. w = 1 + (i %% 3) / 2; o and s = sqrt(w) besides.
    """
    whole, i = pylmer.datasets.load("sleepstudy"), np.arange(180)
    whole = whole.assign(w=1 + (i % 3) / 2, o=8 * np.sin(i), part=np.where(i % 10 < 5, "early", "late"))
    return whole[(i % 10 >= (i // 10) % 5) | (whole["Subject"].astype(str) == "309")]


@cache
def gaps() -> pd.DataFrame:
    d = data().copy()
    d.loc[d.index[[20, 90]], "Reaction"] = np.nan
    return d.assign(s=np.sqrt(d.w), y=d.Reaction - d.o, sy=np.sqrt(d.w) * d.Reaction, sx=np.sqrt(d.w) * d.Days)


@cache
def with_offset() -> pylmer.LmerFit:
    return pylmer.lmer("Reaction ~ Days + (Days | Subject)", gaps(), offset="o")


@cache
def without_offset() -> pylmer.LmerFit:
    return pylmer.lmer("y ~ Days + (Days | Subject)", gaps())


@cache
def weighted() -> pylmer.LmerFit:
    return pylmer.lmer("Reaction ~ Days + (Days | Subject)", gaps(), weights="w")


@cache
def scaled() -> pylmer.LmerFit:
    return pylmer.lmer("sy ~ 0 + s + sx + (0 + s + sx | Subject)", gaps())


def numbers(found: Any) -> np.ndarray:
    if isinstance(found, dict):
        return np.concatenate([numbers(each) for each in found.values()])
    if isinstance(found, pd.DataFrame):
        found = found.select_dtypes("number")
    return np.asarray(found, float).ravel()


def replicates(word: Callable[..., Any]) -> Callable[[pylmer.LmerFit], Any]:
    """fixef, sigma and theta of three replicates of one seed."""

    def drawn(fit: pylmer.LmerFit) -> Any:
        return word(fit, lambda m: np.concatenate([m.beta, [m.sigma], m.theta]), nsim=3, seed=4).t

    return drawn


SAME: dict[str, Callable[[pylmer.LmerFit], Any]] = {
    "theta": lambda m: m.theta,
    "sigma": lambda m: m.sigma,
    "fixef": pylmer.fixef,
    "vcov": pylmer.vcov,
    "vcov, full": lambda m: pylmer.vcov(m, full=True),
    "VarCorr": lambda m: pylmer.VarCorr(m).as_frame(),
    "ranef": lambda m: pylmer.ranef(m)["Subject"],
    "se_ranef": lambda m: pylmer.se_ranef(m)["Subject"],
    "coef": lambda m: pylmer.coef(m)["Subject"],
    "vcovAdj": pylmer.vcovAdj,
    "contest": lambda m: pylmer.contest(m, [[0, 1]]),
    "contest, Kenward-Roger": lambda m: pylmer.contest(m, [[0, 1]], ddf="Kenward-Roger"),
    "contest, both": lambda m: pylmer.contest(m, np.eye(2), ddf="Kenward-Roger"),
    "hatvalues": pylmer.hatvalues,
    "cooks_distance": pylmer.cooks_distance,
    "rstudent": pylmer.rstudent,
    "rstandard": pylmer.rstandard,
    "pearson residuals": lambda m: pylmer.resid(m, "pearson", scaled=True),
    "influence of rows": lambda m: pylmer.influence(m).fixef_deleted,
    "influence of groups": lambda m: pylmer.influence(m, "Subject").fixef_deleted,
    "influence of groups on variances": lambda m: pylmer.influence(m, "Subject").var_cov_deleted,
    "influence of a column": lambda m: pylmer.influence(m, "part", theta="held").fixef_deleted,
    "dfbetas": lambda m: pylmer.dfbetas(m, "Subject"),
    "vcovCR": lambda m: pylmer.vcovCR(m, type="CR0"),
    "coef_test": lambda m: pylmer.coef_test(m, vcov="CR1"),
    "conf_int": lambda m: pylmer.conf_int(m, vcov="CR0", test="naive-t"),
    "confint, profile": lambda m: pylmer.confint(m, method="profile"),
    "confint, Wald": lambda m: pylmer.confint(m, method="Wald").dropna(),
    "refitML": lambda m: np.concatenate([pylmer.refitML(m).theta, pylmer.refitML(m).beta]),
    "at_theta": lambda m: np.concatenate([at(m).beta, [at(m).sigma], *map(np.ravel, at(m).solution.b_terms)]),
    "bootMer": replicates(pylmer.bootMer),
    "case_bootstrap": replicates(pylmer.case_bootstrap),
    "resid_bootstrap": replicates(pylmer.resid_bootstrap),
    "sim": lambda m: pylmer.sim(m, 3, seed=1).fixef,
}


def at(fit: pylmer.LmerFit) -> pylmer.LmerFit:
    return pylmer.at_theta(fit, [1.0, 0.1, 0.3])


ONLY_OFFSET: dict[str, Callable[[pylmer.LmerFit], Any]] = {
    "REMLcrit": pylmer.REMLcrit,
    "logLik": lambda m: float(pylmer.logLik(m)),
    "AIC": pylmer.AIC,
    "anova": pylmer.anova,
    "anova, Kenward-Roger": lambda m: pylmer.anova(m, ddf="Kenward-Roger"),
    "drop1": pylmer.drop1,
    "drop1, likelihood ratio": lambda m: pylmer.drop1(m, ddf="lme4"),
    "ranova": pylmer.ranova,
    "summary": lambda m: pylmer.summary(m).coefficients,
    "residuals": pylmer.resid,
    "vcovCR": pylmer.vcovCR,
    "vcovCR, CR3": lambda m: pylmer.vcovCR(m, type="CR3"),
    "coef_test": pylmer.coef_test,
    "Wald_test": lambda m: pylmer.Wald_test(m, [[0, 1]]),
    "pooling": lambda m: pylmer.pooling(m).frame,
    "variance_ratio": pylmer.variance_ratio,
    "allFit": lambda m: pylmer.allFit(m, ["newton", "bobyqa"]).fits["bobyqa"].theta,
    "power": lambda m: pylmer.power(m, nsim=5, seed=1).p_values,
    "se of predictions": lambda m: pylmer.predict(m, se_fit=True, uncertainty="theta")["se_fit"],
    "random part": lambda m: pylmer.predict(m, random_only=True),
    "extend": lambda m: pylmer.vcov(pylmer.extend(m, "Subject", n=30)),
}


@pytest.mark.parametrize("name", [*SAME, *(name for name in ONLY_OFFSET if name not in SAME)])
def test_an_offset_is_taken_off_the_response(name: str) -> None:
    word = ONLY_OFFSET.get(name, SAME.get(name))
    assert word is not None
    one, two = numbers(word(with_offset())), numbers(word(without_offset()))
    assert one.size
    scale = np.nanmax(np.abs(two), initial=1e-300)
    np.testing.assert_allclose(one, two, rtol=2e-5, atol=1e-7 * scale)


@pytest.mark.parametrize("name", SAME)
def test_weights_scale_the_rows(name: str) -> None:
    one, two = numbers(SAME[name](weighted())), numbers(SAME[name](scaled()))
    assert one.size
    scale = np.nanmax(np.abs(two), initial=1e-300)
    np.testing.assert_allclose(one, two, rtol=2e-5, atol=1e-6 * scale)


def test_words_with_a_response_have_the_offset() -> None:
    """Fitted values, predictions, draws and means are those of y - o, and o."""
    one, two, o = with_offset(), without_offset(), gaps().o.drop(gaps().index[[20, 90]])
    np.testing.assert_allclose(pylmer.fitted(one), pylmer.fitted(two) + o, rtol=1e-7)
    np.testing.assert_allclose(pylmer.predict(one, re_form="NA"), pylmer.predict(two, re_form="NA") + o, rtol=1e-7)
    drawn = [pylmer.simulate(fit, 2, seed=1).to_numpy() for fit in (one, two)]
    np.testing.assert_allclose(drawn[0], drawn[1] + o.to_numpy()[:, None], rtol=1e-6)
    means = [pylmer.emmeans(fit, "~ 1").as_frame()["emmean"][0] for fit in (one, two)]
    np.testing.assert_allclose(means[0], means[1] + o.mean(), rtol=1e-7)


def test_the_criterion_of_weights() -> None:
    """d(w) = d(scaled) - sum(log w): section 3 of Bates, Maechler, Bolker & Walker (2015)."""
    w = gaps().w.drop(gaps().index[[20, 90]])
    for word in (pylmer.REMLcrit, lambda fit: pylmer.deviance(pylmer.refitML(fit))):
        np.testing.assert_allclose(word(weighted()), word(scaled()) - np.log(w).sum(), rtol=1e-9)


@pytest.mark.parametrize("which", ["offset", "weights"])
def test_refit_takes_a_value_per_row_of_the_data(which: str) -> None:
    """Rows were dropped: the new response of these is not looked at, and the others keep their weights and offsets."""
    y = 500 - 1.5 * data().Reaction + data().o
    if which == "offset":
        one, two = pylmer.refit(with_offset(), y), pylmer.refit(without_offset(), y - gaps().o)
    else:
        one, two = pylmer.refit(weighted(), y), pylmer.refit(scaled(), y * gaps().s)
    np.testing.assert_allclose(one.beta, two.beta, rtol=1e-6)
    np.testing.assert_allclose(one.theta, two.theta, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one.sigma, two.sigma, rtol=1e-6)


# --- prediction intervals of known groups ----------------------------------------------------------------------------


NEW = pd.DataFrame({"Days": [0, 5, 9, 4], "Subject": ["308", "309", "372", "335"], "w": [1.0, 2.0, 4.0, 0.5]})


def test_prediction_intervals_of_known_groups_on_unbalanced_data() -> None:
    """R: m <- lmer(Reaction ~ Days + (Days | Subject), d, weights = w) on `data()`, and Henderson's equations.

    With X, Z, L = getME(m, c("X", "Z", "Lambda")), W = diag(w), s = sigma(m) and B = cbind(X, Z L) of new rows,
    se = sqrt(diag(B C B')), C = s^2 solve([X'WX X'WZL; L'Z'WX L'Z'WZL + I]), limits predict(m, new) -+ qnorm(.975)
    sqrt(se^2 + s^2 / w).
    """
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data(), weights="w")
    np.testing.assert_allclose(fit.theta, [0.65270489585, 0.01545234649, 0.18328807965], atol=3e-5)
    found = pylmer.predict(fit, NEW, interval="prediction")
    np.testing.assert_allclose(found["fit"], [249.7472675, 220.5512300, 373.0731104, 245.4807745], rtol=1e-5)
    np.testing.assert_allclose(found["se_fit"], [12.971289415, 8.627974402, 14.480563619, 9.769677543], rtol=1e-4)
    np.testing.assert_allclose(found["lwr"], [179.0067582, 170.9034263, 329.5418310, 150.1790999], rtol=1e-5)
    np.testing.assert_allclose(found["upr"], [320.4877768, 270.1990337, 416.6043898, 340.7824491], rtol=1e-5)


@pytest.mark.parametrize("uncertainty", ["none", "effects", "theta"])
def test_intervals_of_scaled_rows(uncertainty: str) -> None:
    """A new response of weight w is that of the scaled model divided by sqrt(w), in every kind of uncertainty."""
    s = np.sqrt(NEW.w)
    rows = NEW.assign(s=s, sx=s * NEW.Days)
    one = pylmer.predict(weighted(), NEW, interval="prediction", uncertainty=uncertainty)
    two = pylmer.predict(scaled(), rows, interval="prediction", uncertainty=uncertainty)
    for name in one:
        np.testing.assert_allclose(one[name], two[name] / s, rtol=1e-5)


def test_intervals_know_their_group() -> None:
    """308 has ten rows and 335 seven: the same day is known better in the larger group; an unknown one is worst."""
    rows = pd.DataFrame({"Days": [4.0] * 3, "Subject": ["308", "335", "new"], "w": 1.0})
    found = pylmer.predict(weighted(), rows, interval="prediction", allow_new_levels=True)
    width = (found["upr"] - found["lwr"]).to_numpy()
    assert width[0] < width[1] < width[2]
