"""Fits by the iterative engine: against R where R has fitted the same, else against the exact engine."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer import lmer, lmerControl
from pylmer.errors import ArgumentError, FitNote

DATA = Path(__file__).parent / "data"
CROSSED = "y ~ 1 + (1 | u) + (1 | i)"
pytestmark = pytest.mark.filterwarnings("ignore::pylmer.errors.FitNote")


def iterative(seed: int = 0) -> lmerControl:
    return lmerControl(engine="iterative", seed=seed)


def ratings(n: int = 6000, users: int = 150, items: int = 90, seed: int = 1) -> pd.DataFrame:
    """Unequally popular items, unequally busy users; the last item is rated once."""
    rng = np.random.default_rng(seed)
    u, i = (users * rng.beta(1, 2.5, n)).astype(int), ((items - 1) * rng.beta(0.6, 3, n)).astype(int)
    i[-1] = items - 1
    y = 3 + 0.4 * rng.normal(size=users)[u] + 0.5 * rng.normal(size=items)[i] + rng.normal(size=n)
    return pd.DataFrame({"y": y, "u": u, "i": i, "x": rng.normal(size=n)})


def communities(n: int = 8000, users: int = 400, items: int = 200, parts: int = 10) -> pd.DataFrame:
    """Users who rate the items of their own community, but for one time in fifty."""
    rng = np.random.default_rng(2)
    u = rng.integers(0, users, n)
    at = np.where(rng.random(n) < 0.02, rng.integers(0, parts, n), u * parts // users)
    i = at * items // parts + rng.integers(0, items // parts, n)
    y = 3 + 0.4 * rng.normal(size=users)[u] + 0.5 * rng.normal(size=items)[i] + rng.normal(size=n)
    return pd.DataFrame({"y": y, "u": u, "i": i})


def standard_errors(fit: pylmer.LmerFit) -> np.ndarray:
    return np.sqrt(2 / np.diag(fit.at.information))


@pytest.fixture(scope="module")
def pair() -> tuple[pylmer.LmerFit, pylmer.LmerFit]:
    """The same model by the exact engine and by the iterative one."""
    frame = ratings()
    formula = "y ~ x + (1 | u) + (1 | i)"
    return lmer(formula, frame), lmer(formula, frame, control=iterative())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_insteval_is_r_s(seed: int) -> None:
    known = json.loads((DATA / "reference" / "dev-insteval-3.json").read_text())
    frame = pd.read_csv(DATA / "sets" / "InstEval.csv.gz").astype({"service": str})
    fit = lmer(known["formula"], frame, control=iterative(seed))
    assert fit.engine == "iterative"
    off = np.abs(fit.theta - known["theta"]["values"]) / standard_errors(fit)
    assert np.max(off) < 0.01
    np.testing.assert_allclose(fit.beta, known["beta"]["values"], atol=0.01 * min(known["beta"]["se"]))
    np.testing.assert_allclose(np.sqrt(np.diag(pylmer.vcov(fit))), known["beta"]["se"], rtol=1e-3)
    told = fit.monte_carlo.iloc[-1]
    assert told["name"] == "criterion"
    assert abs(told["value"] - known["objective"]) < 4 * told["std.error"] < 1
    assert float(pylmer.logLik(fit)) == pytest.approx(known["logLik"], abs=1e-4)  # by one factorization


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("make", [ratings, communities])
@pytest.mark.parametrize("REML", [True, False])
def test_theta_is_the_exact_engine_s(make, REML, seed) -> None:
    frame = make()
    exact, ours = lmer(CROSSED, frame, REML=REML), lmer(CROSSED, frame, REML=REML, control=iterative(seed))
    assert np.max(np.abs(ours.theta - exact.theta) / standard_errors(exact)) < 0.01
    told = ours.monte_carlo.iloc[-1]
    assert abs(told["value"] - exact.optimum.value) < 4 * told["std.error"] + 1e-4
    assert told["std.error"] < 0.1
    assert pylmer.deviance(ours) == pytest.approx(pylmer.deviance(exact), abs=1e-4)
    assert ours.sigma == pytest.approx(exact.sigma, rel=1e-4)


def test_words_say_what_the_exact_engine_says(pair) -> None:
    exact, ours = pair
    np.testing.assert_allclose(ours.beta, exact.beta, rtol=1e-4)
    for group in ("u", "i"):
        one, two = (pylmer.ranef(fit)[group].to_numpy() for fit in pair)
        np.testing.assert_allclose(two, one, atol=1e-3)
    for one, two in zip(exact.solution.cond_var.values(), ours.solution.cond_var.values(), strict=True):
        np.testing.assert_allclose(two, one, rtol=0.03)  # by probes
    one, two = (pylmer.confint(fit, method="Wald").to_numpy(float) for fit in pair)
    np.testing.assert_allclose(two, one, rtol=1e-3)
    np.testing.assert_allclose(pylmer.predict(ours), pylmer.predict(exact), atol=2e-3)
    np.testing.assert_allclose(pylmer.hatvalues(ours), pylmer.hatvalues(exact), rtol=2e-3)
    assert ours.monte_carlo.columns.tolist() == ["name", "value", "std.error"] == exact.monte_carlo.columns.tolist()
    assert ours.monte_carlo["name"].tolist() == ["theta u.(Intercept)", "theta i.(Intercept)", "criterion"]
    assert len(exact.monte_carlo) == 0


def test_likelihood_ratios_are_exact(pair) -> None:
    frame = ratings()
    tables = [pylmer.anova(fit, lmer(CROSSED, frame, control=fit.control)) for fit in pair]
    np.testing.assert_allclose(tables[1]["Chisq"], tables[0]["Chisq"], atol=1e-3)


def test_seeds_reproduce() -> None:
    frame = communities(4000)
    one, again, other = (lmer(CROSSED, frame, control=iterative(seed)) for seed in (3, 3, 4))
    assert one.theta.tolist() == again.theta.tolist()
    assert one.monte_carlo.equals(again.monte_carlo)
    assert one.theta.tolist() != other.theta.tolist()


def test_one_note_says_so() -> None:
    with pytest.warns(FitNote) as said:
        fit = lmer(CROSSED, ratings(), control=iterative(5))
    assert [str(each.message) for each in said] == [str(note) for note in fit.notes]
    assert len(fit.notes) == 1
    assert str(fit.notes[0]).startswith("theta is estimated by the iterative engine with a Monte-Carlo error of ")
    assert "seed 5" in str(fit.notes[0])


def test_a_vanished_variance_is_zero() -> None:
    frame = ratings()
    frame["g"] = np.random.default_rng(7).permutation(np.arange(len(frame)) % 60)
    formula = "y ~ 1 + (1 | u) + (1 | i) + (1 | g)"
    exact, ours = lmer(formula, frame), lmer(formula, frame, control=iterative())
    assert pylmer.isSingular(exact) == pylmer.isSingular(ours)
    np.testing.assert_allclose(ours.theta, exact.theta, atol=0.01 * np.max(standard_errors(exact)[:2]))


def test_beyond_the_limit_it_is_used_by_itself(monkeypatch) -> None:
    frame = ratings()
    exact = lmer(CROSSED, frame)
    monkeypatch.setattr("pylmer.engine.factorization.schur_complement.REMAINDER_LIMIT", 50)
    fit = lmer(CROSSED, frame)
    assert fit.engine == "iterative"
    assert np.max(np.abs(fit.theta - exact.theta) / standard_errors(exact)) < 0.01
    told = fit.monte_carlo.iloc[-1]
    assert -2 * float(pylmer.logLik(fit)) == pytest.approx(told["value"])  # no factorization is possible
    small = lmer("y ~ 1 + (1 | u) + (1 | i)", frame, REML=False)
    large = lmer("y ~ x + (1 | u) + (1 | i)", frame, REML=False)
    with pytest.warns(FitNote, match="Chisq, AIC and BIC have a Monte-Carlo standard error of up to"):
        pylmer.anova(small, large)


def test_fits_pickle_and_refit(pair) -> None:
    _, ours = pair
    again = pickle.loads(pickle.dumps(ours))
    assert again.theta.tolist() == ours.theta.tolist()
    np.testing.assert_allclose(pylmer.ranef(again)["u"], pylmer.ranef(ours)["u"])
    assert pylmer.refitML(ours).engine == "iterative"
    assert pylmer.update(ours, "~ . - x").engine == "iterative"
    assert pylmer.update(ours, "~ . - (1 | i)").engine == "blocked"  # one factor leaves nothing to iterate on


def test_other_starts_lead_to_the_same(pair) -> None:
    _, ours = pair
    again = lmer("y ~ x + (1 | u) + (1 | i)", ratings(), control=iterative(), start=[2.0, 0.05])
    np.testing.assert_allclose(again.theta, ours.theta, rtol=1e-5)


@pytest.mark.parametrize(
    ("formula", "control", "message"),
    [
        ("y ~ 1 + (1 + x | u) + (1 | i)", {}, "engine='iterative' is for crossed factors with one scalar term each"),
        (CROSSED, {"optimizer": "bobyqa"}, "optimizer='bobyqa': the iterative engine knows the score better"),
    ],
)
def test_refusals(formula, control, message) -> None:
    with pytest.raises(ArgumentError, match=message):
        lmer(formula, ratings(), control=lmerControl(engine="iterative", **control))


@pytest.mark.parametrize("seed", [-1, 1.5, True, "one", None])
def test_seeds_are_whole_numbers(seed) -> None:
    with pytest.raises(ArgumentError, match=r"lmerControl\(seed=.*wanted a whole number from 0"):
        lmerControl(seed=seed)


def test_the_exact_engine_begins_where_the_iterative_one_ends(monkeypatch) -> None:
    frame = ratings(4000)
    usual = lmer(CROSSED, frame)
    monkeypatch.setattr("pylmer.engine.factorization.scalars.ESTIMABLE_REMAINDER", 50)
    begun = lmer(CROSSED, frame)
    assert begun.engine == "blocked"
    assert begun.optimum.value == pytest.approx(usual.optimum.value, rel=1e-12, abs=1e-7)
    assert begun.optimum.evaluations <= 3
    assert begun.optimum.values == 0
    assert begun.optimum.factorized is begun.at  # not factorized again
    np.testing.assert_allclose(begun.theta, usual.theta, rtol=1e-6)


def test_a_kept_factorization_is_of_its_own_criterion_and_place() -> None:
    data = pylmer.datasets.load("sleepstudy")
    fit, ml = (lmer("Reaction ~ Days + (Days | Subject)", data, REML=REML) for REML in (True, False))
    mixed = pylmer.LmerFit(ml.request, ml.devfun, fit.optimum)  # as where a criterion is taken at another's theta
    assert mixed.at is not fit.at
    assert mixed.at.criterion is ml.criterion
    assert mixed.at.value == pytest.approx(float(ml.devfun(fit.par)), rel=1e-12)
    moved = replace(fit.optimum, points=ml.optimum.points)
    assert pylmer.LmerFit(fit.request, fit.devfun, moved).at.value == pytest.approx(
        float(fit.devfun(ml.par)), rel=1e-12
    )
