"""Profiles whose inner minima are singular, against the deviance by its definition, minimized here by brute force.

Orthodont is that of Potthoff & Roy (1964, Biometrika 51), as R's nlme::Orthodont has it.
"""

from __future__ import annotations

import functools
import pathlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

import pylmer
from pylmer.fit.refitting import refitML
from pylmer.inference.profiles import paths
from pylmer.inference.profiles.curves import Curve, Linear

DATA = pathlib.Path(__file__).parents[1] / "data" / "inference"
Q = 1.959963984540054  # qnorm(0.975)
FORMULA = "distance ~ age * Sex + (age | Subject)"
Root = Callable[[np.ndarray], np.ndarray]


@functools.cache
def orthodont() -> pd.DataFrame:
    return pd.read_csv(DATA / "orthodont.csv")


@functools.cache
def model(formula: str = FORMULA, REML: bool = True) -> Any:
    return pylmer.lmer(formula, orthodont(), REML=REML)


def deviance(root: np.ndarray, log_sigma: float) -> float:
    """log|V| + r'V^-1 r + n log 2 pi of age * Sex + (age | Subject), V_j = sigma^2 I + z L L' z' each of 27 times.

    z is (1, 8), (1, 10), (1, 12), (1, 14) for all of them.
    """
    z = np.column_stack([np.ones(4), [8.0, 10, 12, 14]])[:, : len(root)]
    V = np.exp(2 * log_sigma) * np.eye(4) + z @ root @ root.T @ z.T
    products = np.tensordot(columns(), np.linalg.inv(V), axes=([1, 2], [0, 1]))
    XVX, XVy, yVy = products[:4, :4], products[:4, 4], products[4, 4]
    fitted = float(yVy - XVy @ np.linalg.solve(XVX, XVy))
    return float(27 * np.linalg.slogdet(V)[1] + fitted + 108 * np.log(2 * np.pi))


@functools.cache
def columns() -> np.ndarray:
    """sum over children j of x_ja x_kb, of two columns of (1, age, male, age male, y) at two times: (5, 4, 4, 5)."""
    data = orthodont()
    male = (data["Sex"] == "Male").to_numpy(float)
    Xy = np.column_stack([np.ones(108), data["age"], male, data["age"] * male, data["distance"]]).reshape(27, 4, 5)
    return np.einsum("jsa,jtb->astb", Xy, Xy)


def lowest(root: Root, size: int) -> float:
    """The smallest deviance over `size` entries of L, the last row in units of 0.1, and log sigma; many starts."""
    rng = np.random.default_rng(1)

    def function(x: np.ndarray) -> float:
        return deviance(root(x[:-1]), float(np.clip(x[-1], -2, 2)))

    options = {"xatol": 1e-6, "fatol": 1e-9, "maxiter": 1500}
    starts = [np.append(rng.normal(size=size), rng.uniform(0, 0.5)) for _ in range(3)]
    return float(min(optimize.minimize(function, x, method="Nelder-Mead", options=options).fun for x in starts))


@functools.cache
def minimum() -> float:
    return lowest(lambda x: np.array([[x[0], 0], [0.1 * x[1], 0.1 * x[2]]]), 3)


@pytest.mark.parametrize("REML", [True, False])
@pytest.mark.parametrize("whole", [False, True])
def test_a_limit_where_the_correlation_is_one(REML: bool, whole: bool) -> None:
    """With the first deviation near zero the best correlation is 1: (a, 0; c, b) with b = 0. zeta(0) is 1.9615."""
    fit = model(REML=REML)
    limits = pylmer.confint(pylmer.profile(fit, ".sig01")) if whole else pylmer.confint(fit, ".sig01")
    limit = float(limits.iloc[0, 0])
    held = lowest(lambda x: np.array([[limit, 0], [0.1 * x[0], 0.1 * x[1]]]), 2)
    assert 0 < limit < 0.0025
    assert np.sqrt(held - minimum()) == pytest.approx(Q, abs=1e-3)
    assert not getattr(limits, "footing", ())


def test_theta_where_the_correlation_is_one() -> None:
    limit = float(pylmer.confint(model(), 0, prof_scale="theta").iloc[0, 0])
    free = optimize.minimize(
        lambda x: deviance(np.exp(x[2]) * np.array([[limit, 0], [0.1 * x[0], 0.1 * x[1]]]), x[2]),
        [1.0, 0.1, 0.3],
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000},
    )
    assert np.sqrt(free.fun - minimum()) == pytest.approx(Q, abs=1e-3)


def test_ends_of_a_range_are_said_to_be() -> None:
    """zeta is -0.913 where age has no variance, whatever the correlation; R prints 0, -1, 1 and no word."""
    limits = pylmer.confint(model(), "theta_")
    zeta = np.sqrt(lowest(lambda x: np.array([[x[0]]]), 1) - minimum())
    assert list(limits.footing[:2]) == [
        f".sig02 2.5 %: 0 is the end of its range, where zeta is {-zeta:.4f}",
        f".sig03 2.5 %: -1 is the end of its range, where zeta is {-zeta:.4f}",
    ]
    assert limits.footing[2].startswith(".sig03 97.5 %: 1 is the end of its range, where zeta is 0.7045")
    assert str(limits).split("\n")[-3:] == list(limits.footing)
    read = pylmer.confint(pylmer.profile(model(), "theta_"))
    assert [line[:30] for line in read.footing] == [line[:30] for line in limits.footing]
    assert not pylmer.confint(model(), "beta_").footing


def three_columns(seed: int = 1009, shift: float = 2.0) -> pd.DataFrame:
    """Up to 11 groups of 3 to 6, three random columns; the variance of the last is small."""
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(5, 12))
    g = np.repeat(np.arange(groups), rng.integers(3, 7, groups))
    x, z = rng.normal(size=(2, len(g)))
    x = x + shift
    h = rng.integers(0, 5, len(g))
    rho, sds = rng.choice([-0.95, 0.0, 0.5, 0.95]), rng.choice([0.0, 0.2, 0.6, 1.0], 2)
    b = rng.normal(size=(groups, 2))
    b[:, 1] = rho * b[:, 0] + np.sqrt(1 - rho**2) * b[:, 1]
    y = 1 + x + sds[0] * b[g, 0] + sds[1] * b[g, 1] * x + 0.5 * rng.normal(size=5)[h] + rng.normal(size=len(g))
    return pd.DataFrame({"y": y, "x": x, "z": z, "g": [f"g{k:02d}" for k in g]})


def test_a_correlation_beyond_which_a_deviation_is_zero() -> None:
    """cor(x, z) held near 1: the deviance is lowest without x, where zeta no longer depends on the correlation.

    pylmer had 0.75 for the limit, following a higher minimum. Without a random x the deviance is that of (z | g).
    """
    data = three_columns()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = pylmer.lmer("y ~ x + (x + z | g)", data)
        without = [pylmer.lmer(f"y ~ x + ({term} | g)", data, REML=False) for term in ("z", "x")]
    corner = np.sqrt(min(pylmer.deviance(each) for each in without) - pylmer.deviance(refitML(fit)))
    assert corner < Q
    limits = pylmer.confint(fit, ".sig06")
    assert list(limits.iloc[0]) == [-1, 1]
    assert limits.footing[-1] == f".sig06 97.5 %: 1 is the end of its range, where zeta is {corner:.4f}"


def test_limits_of_a_covariance_where_all_variances_are_zero() -> None:
    """Both limits are there, and with x -> -x they change sign and places. The lower one was NA.

    zeta is 1.9600 at both against the brute-force minimum (benchmarks/results/profile_trust.csv, seed 1027).
    """
    data, limits = three_columns(1027, shift=0.0), []
    for each in (data, data.assign(x=-data["x"])):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pylmer.FitNote)
            fit = pylmer.lmer("y ~ x + (x + z | g)", each, REML=False)
        assert not np.any(pylmer.getME(fit, "theta"))
        limits.append(pylmer.confint(fit, ".sig04", prof_scale="varcov").to_numpy()[0])
    assert np.isfinite(limits).all()
    np.testing.assert_allclose(limits[1], -limits[0][::-1], rtol=2e-4)
    np.testing.assert_allclose(limits[0], [-0.12753, 0.17154], rtol=2e-4)


@pytest.mark.parametrize(
    ("data", "formula"),
    [("sleepstudy", "Reaction ~ Days + (Days | Subject)"), ("Pastes", "strength ~ 1 + (1 | batch / cask)")],
)
def test_no_other_start_is_tried_away_from_corners(data: str, formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inner minima are many only where what is free is nearly singular; that the held variance is zero is no corner."""
    fit, tried = pylmer.lmer(formula, pylmer.datasets.load(data)), []
    monkeypatch.setattr(paths, "rivals", lambda held: tried.append(held) or [])
    limits = pylmer.confint(fit)
    assert len(limits.footing) == (data == "Pastes")
    assert not tried


@pytest.mark.parametrize("formula", [FORMULA, "distance ~ age + (age | Subject)"])
def test_compound_symmetry_of_two_columns_is_unstructured(formula: str) -> None:
    """cs(age | Subject) is another way to write (age | Subject); past zero a deviation would turn the sign of rho."""
    data = orthodont() if "Sex" in formula else orthodont().query("Sex == 'Female'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fits = [pylmer.lmer(formula.replace("(age |", f"{word}(age |"), data) for word in ("", "cs")]
        us, cs = (pylmer.confint(fit, "theta_") for fit in fits)
    np.testing.assert_allclose(cs, us, rtol=1e-4, atol=5e-4)
    assert len(us.footing) == len(cs.footing) == 3


def test_a_curve_of_one_node() -> None:
    """zeta is zero all the way: both limits are ends, if the walk came to them."""
    one = np.zeros(1)
    limits, ended = Curve(Linear(1.0), one, one, one, -1.0, 1.0, (True, True)).limits(-Q, Q)
    assert limits.tolist() == [-1, 1]
    assert ended.all()
    limits, ended = Curve(Linear(1.0), one, one, one, -1.0, 1.0).limits(-Q, Q)
    assert np.isnan(limits).all()
    assert not ended.any()
