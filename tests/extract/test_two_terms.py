"""Two terms on one factor beside a second factor, with more levels than the first or fewer: against lme4 and lmerTest.

tests/data/extract/two_terms.R has the calls: 133 generated rows, in groups of 6 to 14.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

FOLDER = Path(__file__).parents[1] / "data" / "extract"
R: dict[str, Any] = json.loads((FOLDER / "two_terms.json").read_text(encoding="utf-8"))
DATA = pd.read_csv(FOLDER / "two_terms.csv")
each_model = pytest.mark.parametrize("name", ["above", "below", "vectors"])
CLOSE = 2e-5  # R's optimizer knows theta to six digits


@functools.cache
def fit(name: str) -> pylmer.LmerFit:
    return pylmer.lmer(R[name]["formula"], DATA)


def names(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def same(ours: pd.DataFrame, theirs: dict[str, Any]) -> None:
    assert list(ours.columns) == names(theirs["cols"])
    assert list(ours.index) == theirs["rows"]
    np.testing.assert_allclose(ours, np.array(theirs["x"], float), rtol=CLOSE, atol=CLOSE)


@each_model
def test_modes_and_coefficients(name: str) -> None:
    for word, theirs in ((pylmer.ranef, R[name]["ranef"]), (pylmer.coef, R[name]["coef"])):
        ours = word(fit(name))
        assert list(ours) == list(theirs)
        for factor in theirs:
            same(ours[factor], theirs[factor])


@each_model
def test_standard_errors_of_modes(name: str) -> None:
    """se.ranef of arm cannot read two terms on a factor: the roots of lme4's own postVar."""
    errors, modes = pylmer.se_ranef(fit(name)), pylmer.ranef(fit(name))
    for factor, theirs in R[name]["se"].items():
        same(errors[factor], theirs)
        variances = np.diagonal(modes.cond_var[factor], axis1=1, axis2=2)
        np.testing.assert_allclose(np.sqrt(variances), theirs["x"], rtol=CLOSE)
        same(pylmer.se_coef(fit(name))[factor], theirs)


@each_model
def test_condsd_of_the_long_form(name: str) -> None:
    long = pylmer.ranef(fit(name)).as_frame().set_index(["grpvar", "term", "grp"])["condsd"]
    for factor, theirs in R[name]["se"].items():
        wanted = pd.DataFrame(theirs["x"], index=theirs["rows"], columns=names(theirs["cols"]))
        for term in wanted:
            np.testing.assert_allclose(long[factor][term].loc[wanted.index], wanted[term], rtol=CLOSE)


@each_model
def test_variances(name: str) -> None:
    theirs, ours = R[name]["VarCorr"], pylmer.VarCorr(fit(name)).as_frame()
    for column in ("grp", "var1", "var2"):
        assert ours[column].tolist() == theirs[column]
    for column in ("vcov", "sdcor"):
        np.testing.assert_allclose(ours[column], theirs[column], rtol=5 * CLOSE)
    assert pylmer.REMLcrit(fit(name)) == pytest.approx(R[name]["crit"], rel=1e-9)


def same_table(ours: pd.DataFrame, theirs: dict[str, Any]) -> None:
    assert list(ours.index) == theirs["rows"]
    assert list(ours["npar"]) == theirs["npar"]
    np.testing.assert_allclose(ours["logLik"], theirs["logLik"], rtol=1e-8)
    np.testing.assert_allclose(ours["LRT"].iloc[1:], theirs["LRT"][1:], rtol=1e-5)
    assert list(ours["Df"].iloc[1:]) == theirs["Df"][1:]


@each_model
def test_ranova(name: str) -> None:
    same_table(pylmer.ranova(fit(name)), R[name]["ranova"])


def test_ranova_without_an_intercept() -> None:
    """(0 + x + z | g) without x is (0 + z | g), not (z | g)."""
    slopes, theirs = pylmer.lmer("y ~ x + (0 + x + z | g)", DATA), R["slopes"]
    table = pylmer.ranova(slopes)
    same_table(table, theirs)
    np.testing.assert_allclose(table["Pr(>Chisq)"].iloc[1:], theirs["p"][1:], rtol=1e-4)
    whole = pylmer.ranova(slopes, reduce_terms=False)
    assert list(whole.index) == theirs["whole"]
    np.testing.assert_allclose(whole["LRT"].iloc[1], theirs["whole_LRT"][1], rtol=1e-6)


def test_AIC_with_a_weight_of_ones_own() -> None:
    """R: AIC(m), AIC(m, k = log(nobs(m))), BIC(m), AIC(m, lm(y ~ x, d), k = 3.7); with k = log n it is BIC."""
    model, plain = fit("above"), pylmer.lm("y ~ x", DATA)
    assert pylmer.AIC(model) == pytest.approx(522.206849570, rel=1e-9)
    assert pylmer.BIC(model) == pytest.approx(539.548944339, rel=1e-9)
    assert pylmer.AIC(model, k=np.log(pylmer.nobs(model))) == pytest.approx(539.548944339, rel=1e-9)
    both = pylmer.AIC(model, plain, k=3.7)
    assert list(both["df"]) == [6, 3]
    np.testing.assert_allclose(both["AIC"], [532.406849570, 583.746539384], rtol=1e-9)


# --- names of the variance parameters --------------------------------------------------------------------------------


NAMED = ["sd_(Intercept)|k", "sd_x|g", "sd_z|g", "sd_(Intercept)|g", "cor_z.x|g", "sigma"]


def by_name(model: pylmer.LmerFit) -> dict[str, float]:
    """Standard deviations and correlations under their names, from VarCorr (tested above)."""
    table = pylmer.VarCorr(model).as_frame()
    out = {}
    for row in table.itertuples():
        group = str(row.grp).split(".")[0]
        name = f"sd_{row.var1}|{group}" if row.var2 is None else f"cor_{row.var2}.{row.var1}|{group}"
        out["sigma" if row.grp == "Residual" else name] = float(row.sdcor)
    return out


def test_names_and_numbers_of_parameters_are_the_same_ones() -> None:
    """With signames=False each estimate stands under its own name, and with signames=True in the same place."""
    model = pylmer.refitML(fit("vectors"))  # as profiles are
    wanted = by_name(model)
    named = pylmer.profile(model, "theta_", signames=False)
    numbered = pylmer.profile(model, "theta_")
    assert set(named.names) >= set(NAMED) == set(wanted)
    assert [*numbered.names][:6] == [".sig01", ".sig02", ".sig03", ".sig04", ".sig05", ".sigma"]
    for name, number in zip(list(named.names)[:6], list(numbered.names)[:6], strict=True):
        assert float(named.curves[name].backward(0.0)) == pytest.approx(wanted[name], rel=1e-4)
        assert float(numbered.curves[number].backward(0.0)) == pytest.approx(wanted[name], rel=1e-4)
    estimates = pylmer.bootMer(model, nsim=1, seed=1).t0
    for name in NAMED:
        assert estimates[name] == pytest.approx(wanted[name], rel=1e-6)
    wald = [pylmer.confint(model, method="Wald", signames=each) for each in (False, True)]
    assert list(wald[0].index) == [*list(named.names)[:6], "(Intercept)", "x"]
    assert list(wald[1].index) == [*list(numbered.names)[:6], "(Intercept)", "x"]


def test_bootstrap_limits_have_the_names_of_their_replicates() -> None:
    model = fit("vectors")
    record = pylmer.bootMer(model, nsim=40, seed=2)
    for signames in (False, True):
        ours = pylmer.confint(model, method="boot", nsim=40, seed=2, signames=signames)
        names = list(record.t.columns)
        if signames:
            names = [".sig01", ".sig02", ".sig03", ".sig04", ".sig05", ".sigma", *names[6:]]
        assert list(ours.index) == names
        np.testing.assert_allclose(ours, record.confint(), rtol=1e-9)


# --- parameters in place of those fitted -----------------------------------------------------------------------------


NEW = pd.DataFrame(
    {
        "x": [0.0, 1.0, 2.0, -1.0],
        "z": [1.0, 2.0, 0.0, -1.0],
        "g": ["g00", "g05", "g13", "g05"],
        "h": ["h0", "h5", "h2", "h1"],
    }
)
GIVEN = {"theta": [0.5, 1.2, 0.8], "beta": [2, -1], "sigma": 2}


def test_new_parameters_for_new_rows() -> None:
    """R: predict(m, NEW, newparams = GIVEN), with re.form = NA, and simulate(..., use.u = TRUE, cond.sim = FALSE)."""
    wanted = [2.1942223165, -3.0695363485, 0.1796729671, 4.8995613686]
    model = fit("above")
    np.testing.assert_allclose(pylmer.predict(model, NEW, newparams=GIVEN), wanted, rtol=1e-5)
    np.testing.assert_allclose(pylmer.predict(model, NEW, newparams=GIVEN, re_form="NA"), [2, 1, 0, 3], rtol=1e-9)
    drawn = pylmer.simulate(model, newdata=NEW, newparams=GIVEN, use_u=True, cond_sim=False)
    np.testing.assert_allclose(drawn["sim_1"], wanted, rtol=1e-5)


def test_a_new_sigma_is_that_of_new_responses() -> None:
    """In predict the interval is fit -/+ z sigma; in simulate everything random grows with sigma, b = sigma T u too."""
    model = fit("above")
    found = pylmer.predict(model, NEW, newparams=GIVEN, interval="prediction", uncertainty="none")
    np.testing.assert_allclose(found["upr"] - found["fit"], np.full(4, 1.959963984540054 * 2), rtol=1e-9)
    mean = NEW["x"] * -1.0 + 2
    draws = {
        sigma: pylmer.simulate(model, 3, seed=1, newdata=NEW, newparams=GIVEN | {"sigma": sigma}) for sigma in (2, 6)
    }
    np.testing.assert_allclose(draws[6].sub(mean, axis=0), 3 * draws[2].sub(mean, axis=0), rtol=1e-9)
