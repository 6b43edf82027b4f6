"""Random designs, formulas and options beside R: criterion, estimates, degrees of freedom.

benchmarks/parity.py made the corpus (R's answer is the lowest of four polished optimizers of lme4).
"""

from __future__ import annotations

import gzip
import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

with gzip.open(Path(__file__).with_name("corpus.json.gz"), "rt") as file:
    CORPUS = json.load(file)
FITS: list[dict[str, Any]] = CORPUS["fits"]
SAME = 1e-7  # of the criterion, relative: where both have arrived


@cache
def data_set(number: int) -> pd.DataFrame:
    return pd.DataFrame(**CORPUS["sets"][number])


@cache
def fit(number: int) -> Any:
    case = FITS[number]
    given = {name: case[name] for name in ("weights", "offset", "subset") if name in case}
    if "contrasts" in case:
        given["contrasts"] = {"f": case["contrasts"]}
    control = pylmer.lmerControl(check_nobs_vs_nRE="ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(case["formula"], data_set(case["set"]), case["REML"], control=control, **given)


def excess(number: int) -> float:
    """How far pylmer's criterion is above R's, relative."""
    theirs = float(FITS[number]["R"]["criterion"])
    return float((fit(number).optimum.value - theirs) / max(1.0, abs(theirs)))


def of_r(number: int, name: str) -> Any:
    return np.atleast_1d(np.array(FITS[number]["R"][name], dtype=float))


def near(ours: Any, theirs: Any, tolerance: float) -> None:
    """Equal up to `tolerance`, each number by its own size, or by 1 where it is smaller."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    np.testing.assert_array_less(np.abs(ours - theirs), tolerance * np.maximum(np.abs(theirs), 1.0))


EVERY = pytest.mark.parametrize("number", range(len(FITS)))
REGULAR = [number for number, case in enumerate(FITS) if not case["R"]["singular"]]  # where R's differences have room
UNWEIGHTED = [number for number in REGULAR if FITS[number]["R"]["kr"] and "weights" not in FITS[number]]
TESTED = [number for number in REGULAR if FITS[number]["R"].get("anova") not in (None, [], {})]


def test_there_are_fits() -> None:
    assert len(FITS) >= 400
    assert len(REGULAR) >= 200
    assert len(UNWEIGHTED) >= 80
    assert len(TESTED) >= 150


@EVERY
def test_criterion(number: int) -> None:
    R, ours = FITS[number]["R"], fit(number)
    assert abs(excess(number)) < SAME
    assert pylmer.nobs(ours) == R["n"]
    assert pylmer.logLik(ours).df == R["npar"]
    assert ours.optimum.certificate.holds


@EVERY
def test_estimates(number: int) -> None:
    R, ours = FITS[number]["R"], fit(number)
    assert list(pylmer.fixef(ours).index) == np.atleast_1d(R["names"]).tolist()
    se = of_r(number, "se")
    assert np.max(np.abs(ours.beta - of_r(number, "beta")) / se) < 1e-5
    np.testing.assert_allclose(pylmer.se_fixef(ours), se, rtol=1e-5)
    np.testing.assert_allclose(ours.sigma, R["sigma"], rtol=1e-5)
    table = pylmer.VarCorr(ours).as_frame()
    assert list(table["grp"]) == R["grp"]
    sds = table["var2"].isna().to_numpy()  # of a singular fit the correlations are not determined
    chosen = sds if R["singular"] else np.ones_like(sds)
    near(table["sdcor"][chosen], of_r(number, "sdcor")[chosen], 1e-4)
    near(pylmer.fitted(ours).to_numpy()[:3], of_r(number, "fitted"), 1e-4)
    squares = sum(float((modes**2).to_numpy().sum()) for modes in pylmer.ranef(ours, condVar=False).values())
    near(squares, R["ranef"], 1e-4)


@pytest.mark.parametrize("number", REGULAR)
def test_satterthwaite(number: int) -> None:
    np.testing.assert_allclose(pylmer.tidy(fit(number), "fixed")["df"], of_r(number, "df"), rtol=5e-4)


@pytest.mark.parametrize("number", UNWEIGHTED)
def test_kenward_roger(number: int) -> None:
    """Without weights, which pbkrtest takes for ones."""
    kr = pylmer.tidy(fit(number), "fixed", ddf="Kenward-Roger")["df"]
    np.testing.assert_allclose(kr, of_r(number, "kr"), rtol=1e-4)


@pytest.mark.parametrize("number", TESTED)
def test_anova(number: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        F = pylmer.anova(fit(number))["F value"]
    near(F, of_r(number, "anova"), 1e-4)
