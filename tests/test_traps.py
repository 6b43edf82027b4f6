"""What other Python packages for mixed models get wrong, beside R (data/traps.R: lme4, lmerTest, pbkrtest, emmeans)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from tests.reference.cases import frame

R: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "traps.json").read_text())
pytestmark = pytest.mark.filterwarnings("ignore::pylmer.FitNote")


def sleep() -> pd.DataFrame:
    data = pylmer.datasets.load("sleepstudy")
    place = data["Subject"].cat.codes + 1
    names = {0: "a", 1: "b", 2: "c"}
    return data.assign(w=[1.0, 2.0, 0.5] * 60, big=data["Days"] * 1e6, h=(place % 3).map(names).astype("category"))


def schools() -> pd.DataFrame:
    data = frame("Hsb82")
    return data.assign(cses=data["ses"] - data.groupby("school", observed=True)["ses"].transform("mean"))


FITS: dict[str, Callable[[], pylmer.LmerFit]] = {
    "Hsb82": lambda: pylmer.lmer("mAch ~ meanses*cses + sector*cses + (cses | school)", schools()),
    "cross_level": lambda: pylmer.lmer(
        "log_radon ~ floor * log_uranium + (1 + floor | county)", pylmer.datasets.load("radon")
    ),
    "bad_scale": lambda: pylmer.lmer("Reaction ~ big + (1 | Subject)", sleep()),
    "small_groups": lambda: pylmer.lmer("y ~ x + (1 | g)", pd.DataFrame(R["small"])),
    "poly_in_bar": lambda: pylmer.lmer("Reaction ~ Days + (poly(Days, 2) | Subject)", sleep()),
    "weighted": lambda: pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep(), weights="w"),
    "weighted_ml": lambda: pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep(), REML=False, weights="w"),
    "interaction": lambda: pylmer.lmer("Reaction ~ h + h:Days + (1 | Subject)", sleep()),
}


@pytest.mark.parametrize("name", FITS)
def test_as_lmer(name: str) -> None:
    """Criterion to 1e-8, estimates to 1e-5 of a standard error, degrees of freedom as far as R is at its optimum."""
    fit, theirs = FITS[name](), R[name]
    assert list(pylmer.fixef(fit).index) == theirs["names"]
    assert fit.optimum.value == pytest.approx(theirs["criterion"], rel=1e-8)
    np.testing.assert_allclose((fit.beta - theirs["beta"]) / np.array(theirs["se"]), 0.0, atol=1e-5)
    np.testing.assert_allclose(pylmer.se_fixef(fit), theirs["se"], rtol=1e-5)
    np.testing.assert_allclose(fit.sigma, theirs["sigma"], rtol=1e-5)
    np.testing.assert_allclose(pylmer.summary(fit).coefficients["df"], theirs["df"], rtol=1e-3)


def test_kenward_and_roger_of_radon_by_county() -> None:
    fit = pylmer.lmer("log_radon ~ floor + (1 + floor | county)", pylmer.datasets.load("radon"))
    found = pylmer.summary(fit, ddf="Kenward-Roger").coefficients["df"]
    np.testing.assert_allclose(found, R["kenward_roger"], rtol=1e-4)
    assert found.round(2).tolist() == [70.66, 48.55]


def test_marginal_means_of_machines() -> None:
    means = pylmer.emmeans(
        pylmer.lmer("score ~ Machine + (Machine | Worker)", pylmer.datasets.load("Machines")), "Machine"
    )
    table = means.as_frame()
    np.testing.assert_allclose(table["df"], R["emmeans"]["df"], rtol=1e-6)
    np.testing.assert_allclose(table["SE"], R["emmeans"]["se"], rtol=1e-5)
    np.testing.assert_allclose(pylmer.pairs(means).as_frame()["df"], R["emmeans"]["pairs"], rtol=1e-6)
