"""Covariances that the design does not determine are noted; columns and responses of any size are fitted or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pylmer

# R (lme4 1.1-31) fits these with made-up standard deviations and says "Hessian is numerically singular: parameters are
# not uniquely determined"; of (0 + Zero | Subject) it dies
FLAT = {
    "a column of zeros": ("(Zero | Subject)", ["(Zero | Subject)"]),
    "zeros alone": ("(0 + Zero | Subject)", ["(0 + Zero | Subject)"]),
    "zeros, uncorrelated": ("(Zero || Subject)", ["(0 + Zero | Subject)"]),
    "a column of ones": ("(One | Subject)", ["(One | Subject)"]),
    "twice the same": ("(1 | Subject) + (1 | Subject)", ["(1 | Subject)", "(1 | Subject)"]),
    "a multiple": ("(Days + Double | Subject)", ["(Days + Double | Subject)"]),
    "a multiple in another term": (
        "(1 + Days | Subject) + (0 + Double | Subject)",
        ["(1 + Days | Subject)", "(0 + Double | Subject)"],
    ),
}


def frame() -> pd.DataFrame:
    data = pylmer.datasets.load("sleepstudy")
    return data.assign(Zero=0.0, One=1.0, Double=2.0 * data["Days"])


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize(("random", "named"), FLAT.values(), ids=FLAT.keys())
def test_noted(random: str, named: list[str]) -> None:
    fit = pylmer.lmer(f"Reaction ~ Days + {random}", frame())
    flat = [str(note) for note in fit.notes if "not uniquely determined" in str(note)]
    assert flat == [
        f"the criterion is flat at the optimum: the parameters of {' and '.join(named)} are not uniquely determined"
    ]


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize("random", ["(Days | Subject)", "(Days || Subject)", "(k | Subject)", "(1 | Subject)"])
def test_not_noted_where_determined(random: str) -> None:
    data = frame()
    data["k"] = np.random.default_rng(1).normal(size=18)[data["Subject"].astype("category").cat.codes]
    fit = pylmer.lmer(f"Reaction ~ Days + {random}", data)
    assert not any("determined" in str(note) for note in fit.notes)


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize("power", [-100, -60, 60, 100, 150])
def test_a_response_of_any_size(power: int) -> None:
    """d(c y) = d(y) + 2 m log c: the density of c y is that of y over c^n; m = n - p by REML."""
    data = frame()
    plain = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data)
    scaled = pylmer.lmer("y ~ Days + (Days | Subject)", data.assign(y=data["Reaction"] * 10.0**power))
    moved = 2 * 178 * power * np.log(10)
    assert scaled.optimum.value == pytest.approx(plain.optimum.value + moved, rel=1e-9)
    np.testing.assert_allclose(scaled.theta, plain.theta, rtol=1e-4)
    np.testing.assert_allclose(scaled.beta / 10.0**power, plain.beta, rtol=1e-8)


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize("power", [-100, 100])
def test_a_predictor_of_any_size(power: int) -> None:
    data = frame()
    plain = pylmer.VarCorr(pylmer.lmer("Reaction ~ Days + (Days | Subject)", data))["Subject"].stddev.to_numpy()
    scaled = pylmer.lmer("Reaction ~ Days + (x | Subject)", data.assign(x=data["Days"] * 10.0**power))
    found = pylmer.VarCorr(scaled)["Subject"].stddev.to_numpy()
    np.testing.assert_allclose(found * [1.0, 10.0**power], plain, rtol=1e-4)


@pytest.mark.parametrize("formula", ["Reaction ~ Days + (x | Subject)", "Reaction ~ x + (1 | Subject)"])
@pytest.mark.parametrize("power", [-200, 200])
def test_a_predictor_whose_variance_is_no_number(formula: str, power: int) -> None:
    data = frame()
    with pytest.raises(pylmer.NumericalError, match=r"'x' is of size 5e[+-]200, so that the variance .* rescale it"):
        pylmer.lmer(
            formula,
            data.assign(x=data["Days"] * 10.0**power),
            control=pylmer.lmerControl(check_scaleX="ignore"),
        )
