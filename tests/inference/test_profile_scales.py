"""Profiles of variances, covariances and theta, against minima of R's own deviance function with one of them held.

profile_scales.json holds the limits (profile_scales.R, lme4 1.1-31); tolerance 1e-3 of a limit, as the issue says.
"""

from __future__ import annotations

import functools
import json
import pathlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.engine.covariance.diagonal import Diagonal
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.covariance.unstructured import Unstructured
from pylmer.fit.refitting import refitML
from pylmer.inference.profiles.constrained import ConstrainedDeviance, ProfileParameter
from pylmer.inference.profiles.held_coordinates import rooted
from pylmer.inference.profiles.leading_block import CovaryingBlock, Polar, TriangularBlock
from pylmer.inference.profiles.parameters import arguments
from pylmer.inference.profiles.relative import Relative
from pylmer.inference.profiles.term_parameters import SCALES
from tests.inference.test_profile import agree
from tests.reference.cases import fit as reference_fit
from tests.reference.cases import frame

R = json.loads((pathlib.Path(__file__).parents[1] / "data" / "inference" / "profile_scales.json").read_text())
SLEEP = "Reaction ~ Days + (Days | Subject)"


@functools.cache
def fit(formula: str, data: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula, frame(data))


def made(case: dict[str, Any]) -> Any:
    return fit(case["formula"], case["data"])


def label(case: dict[str, Any]) -> str:
    return f"{case['data']}: {case['formula']}"


@pytest.mark.parametrize("case", R["us"], ids=label)
def test_theta(case: dict[str, Any]) -> None:
    """Names are those of getME(fit, "theta"); R writes || in its own way."""
    limits = pylmer.confint(made(case), "theta_", prof_scale="theta")
    assert list(limits.index) == [*pylmer.getME(made(case), "theta").index, ".sigma"]
    assert list(limits.index[:-1]) == case["names"]
    agree(limits.iloc[:-1], np.array(case["theta"]))
    sdcor = pylmer.confint(made(case), ".sigma")
    np.testing.assert_allclose(limits.iloc[-1:], sdcor, rtol=1e-6)


@pytest.mark.parametrize("case", [case for case in R["us"] if case["covariance"]], ids=label)
def test_covariances(case: dict[str, Any]) -> None:
    names = [name for name in _names(made(case)) if name.startswith("cov_")]
    agree(pylmer.confint(made(case), names, signames=False, prof_scale="varcov"), np.array(case["covariance"]))


def _names(model: Any) -> list[str]:
    return list(pylmer.profile(model, [], signames=False, prof_scale="varcov").names)


@pytest.mark.parametrize("case", R["cs"], ids=label)
def test_par_of_structured_terms(case: dict[str, Any]) -> None:
    limits = pylmer.confint(made(case), "theta_", prof_scale="theta")
    assert list(limits.index) == [*pylmer.getME(made(case), "par").index, ".sigma"]
    agree(limits.iloc[:-1], np.array(case["par"]))


@pytest.mark.parametrize("case", [*R["us"][1:3], *R["cs"]], ids=label)
def test_variances_are_squares(case: dict[str, Any]) -> None:
    model = made(case)
    names = [name for name in _names(model) if name.startswith("var_")] + ["sigma"]
    variances = pylmer.confint(model, names, signames=False, prof_scale="varcov")
    deviations = pylmer.confint(model, [name.replace("var_", "sd_") for name in names], signames=False)
    np.testing.assert_allclose(variances, deviations**2, rtol=1e-10)


def test_order_and_names() -> None:
    """All variances, then all covariances, sigma^2, beta; lme4 has them column by column."""
    model = fit(SLEEP, "sleepstudy")
    profile = pylmer.profile(model, signames=False, prof_scale="varcov")
    beta = ("(Intercept)", "Days")
    deviations = ("var_(Intercept)|Subject", "var_Days|Subject")
    assert profile.names == (*deviations, "cov_Days.(Intercept)|Subject", "sigma", *beta)
    abbreviated = pylmer.profile(model, [], prof_scale="varcov")
    assert abbreviated.names == (".sig01", ".sig02", ".sig03", ".sigma", *beta)
    thetas = ("Subject.(Intercept)", "Subject.Days.(Intercept)", "Subject.Days")
    assert pylmer.profile(model, [], signames=False, prof_scale="theta").names == (*thetas, "sigma", *beta)


def test_lme4s_varcov() -> None:
    """confint(profile(fm, prof.scale = "varcov")) in R 4.2.2 with lme4 1.1-31, where it works."""
    model = fit("diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin")
    theirs = [[0.4014063, 1.3973675], [1.2003130, 12.6471094], [0.2360459, 0.3962118], [21.2666274, 24.6778176]]
    agree(pylmer.confint(model, prof_scale="varcov"), np.array(theirs))
    sleep = fit(SLEEP, "sleepstudy")
    agree(pylmer.confint(sleep, 2, prof_scale="varcov"), np.array([[-105.353766, 107.03370]]))


@pytest.mark.parametrize("prof_scale", ["varcov", "theta"])
@pytest.mark.parametrize("name", ["dev-sleep-rs", "Arabidopsis", "dev-badscale-slope"])
def test_the_table(name: str, prof_scale: str) -> None:
    """Rows increase through the estimates; limits read off the curves are those sought one by one, within 1e-3 of the
    interval's width. The fit of Arabidopsis is singular; zeta of badscale's theta_21 has a kink where theta_11 is zero.
    """
    model = made(R["us"][5]) if name == "Arabidopsis" else reference_fit(name)
    profile = pylmer.profile(model, "theta_", prof_scale=prof_scale)
    for name, rows in profile.frame.groupby(".par", observed=True):
        assert (np.diff(rows[name]) > 0).all()
        assert rows[".zeta"].is_monotonic_increasing
        centre = rows[rows[".zeta"] == 0].iloc[0]
        np.testing.assert_allclose(list(centre[1:4]), _estimates(model, prof_scale), rtol=1e-3, atol=1e-6)
    sought = pylmer.confint(model, "theta_", prof_scale=prof_scale).to_numpy()
    assert (np.abs(pylmer.confint(profile) - sought) < 1e-3 * np.diff(sought)).all(axis=None)


def _estimates(model: Any, prof_scale: str) -> list[float]:
    ml = refitML(model)
    if prof_scale == "theta":
        return list(ml.theta)
    L = np.zeros((2, 2))
    L[[0, 1, 1], [0, 0, 1]] = ml.theta
    S = ml.sigma**2 * L @ L.T
    return [S[0, 0], S[1, 1], S[1, 0]]


def _difference(held: ConstrainedDeviance, step: np.ndarray, dw: float, h: float) -> float:
    up, down = (held.argument.at(held.moved(side * step, side * dw)).place.value for side in (h, -h))
    return (up - down) / (2 * h)


@pytest.mark.parametrize("prof_scale", ["varcov", "theta"])
@pytest.mark.parametrize("name", ["dev-sleep-rs", "dev-machines-0slope-ml", "dev-cov-cs"])
def test_score_by_differences(name: str, prof_scale: str) -> None:
    """In all free coordinates and in the held one, away from the minimum."""
    for held in _away(name, prof_scale):
        g, h = held._system[0], 1e-5
        numeric = [_difference(held, unit, 0.0, h) for unit in np.eye(len(g))]
        np.testing.assert_allclose(g, numeric, rtol=1e-5, atol=1e-5 * np.abs(g).max())
        along = _difference(held, 0 * g, max(abs(held.w), 1.0), h) / max(abs(held.w), 1.0)
        assert held._derivatives[0][held.argument.index] == pytest.approx(along, rel=1e-5, abs=1e-5)


def _away(name: str, prof_scale: str) -> list[ConstrainedDeviance]:
    out = []
    for make in arguments(refitML(reference_fit(name)), prof_scale).makers:
        argument = make()
        assert isinstance(argument, ProfileParameter)
        start = argument.at(argument.start)
        wave = 0.05 * np.cos(1.0 + np.arange(start.free.sum()))
        out.append(argument.at(start.moved(wave, 0.02 * max(abs(start.w), 1.0))))
    return out


def _hessian(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """By differences of a gradient."""
    return np.array([(f(x + h * unit) - f(x - h * unit)) / (2 * h) for unit in np.eye(len(x))])


@pytest.mark.parametrize("relative", [Relative(1), Relative(2, 1, u=0)], ids=["deviation", "covariance"])
def test_what_is_held_in_place_of_a_coordinate(relative: Relative) -> None:
    """Score and Hessian of a quadratic in z = (u, x, t) with w in place of x, x = w exp(-m t - k u)."""
    g, root = np.array([0.3, -1.2, 0.7]), np.array([[1.0, 0.2, 0.4], [0.0, 0.8, -0.3], [0.5, 0.1, 1.1]])
    H = root @ root.T

    def chained(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        unit = relative.unit(v[2], v[0])
        z = np.array([v[0], v[1] * unit, v[2]])
        return relative.chained(g + H @ z, H, 1, 2, v[1], unit)

    def value(v: np.ndarray) -> np.ndarray:
        z = np.array([v[0], v[1] * relative.unit(v[2], v[0]), v[2]])
        return np.array([g @ z + z @ H @ z / 2])

    v = np.array([-0.4, 0.9, 0.3])
    np.testing.assert_allclose(chained(v)[0], _hessian(value, v)[:, 0], rtol=1e-8)
    np.testing.assert_allclose(chained(v)[1], _hessian(lambda v: chained(v)[0], v), rtol=1e-7, atol=1e-9)


LEADS = {
    "deviation": ((1,), TriangularBlock.of),
    "correlation": ((2, 0), Polar.of),
    "covariance": ((2, 0), CovaryingBlock.of),
    "theta": ((0, 1, 2), lambda P: TriangularBlock.of(P, 3)),
}


@pytest.mark.parametrize("lead", LEADS)
def test_curvature_by_differences(lead: str) -> None:
    """Tangents and tr(G d2Sigma) of a covariance of three columns, away from its chart's centre."""
    leading, of = LEADS[lead]
    R = np.array([[2.0, 0.3, -0.1], [0.0, 1.5, 0.4], [0.0, 0.0, 0.7]])
    T = np.array([[1.0, 0.0, 0.0], [0.4, 0.8, 0.0], [-0.3, 0.2, 0.5]])
    G = np.array([[1.0, 0.3, -0.2], [0.3, 0.6, 0.5], [-0.2, 0.5, -0.4]])
    point = rooted(Unstructured(R @ T, np.eye(3)), R, leading, of)
    np.testing.assert_allclose(point.template() @ point.template().T, R @ T @ T.T @ R.T, atol=1e-14)
    x = 0.1 * np.sin(1.0 + np.arange(point.size))

    def at(x: np.ndarray) -> np.ndarray:
        return np.tensordot(point.shifted(x).tangents(), G, axes=2)

    def value(x: np.ndarray) -> np.ndarray:
        S = point.shifted(x).template()
        return np.array([np.sum(G * (S @ S.T))])

    np.testing.assert_allclose(at(x), _hessian(value, x)[:, 0], atol=1e-8)
    np.testing.assert_allclose(point.shifted(x).curvature(G), _hessian(at, x), atol=1e-8)


def test_vanished_effects() -> None:
    """Both standard deviations are estimated as zero; their covariance, too, has limits."""
    known = R["vanished"]
    x, g = np.tile(np.linspace(-1, 1, 6), 12), np.repeat([f"g{k:02d}" for k in range(1, 13)], 6)
    with pytest.warns(pylmer.FitNote):
        model = pylmer.lmer("y ~ x + (x | g)", pd.DataFrame({"y": known["y"], "x": x, "g": g}), REML=False)
    assert not model.theta.any()
    agree(pylmer.confint(model, [0, 2], prof_scale="theta"), np.array(known["theta"]))
    agree(pylmer.confint(model, 2, prof_scale="varcov"), np.array([known["covariance"]]))


def test_theta_of_a_rotated_root() -> None:
    """What rounding leaves of a zero is shown as zero."""
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    T = np.array([[0.0, 0.0], [0.3, 0.4]]) @ turn
    found = covariance_family("us", 2).profiled_par(Unstructured(T, np.eye(2)), np.eye(2))
    assert found[0] == 0
    assert np.hypot(*found[1:]) == pytest.approx(0.5)
    diagonal = covariance_family("diag", 2)
    np.testing.assert_allclose(diagonal.profiled_par(Diagonal(np.array([-2.0, 3.0]), 2), np.eye(2)), [2, 3])


def test_refusals() -> None:
    model = fit(SLEEP, "sleepstudy")
    with pytest.raises(pylmer.ArgumentError, match=r"prof_scale='Theta'; did you mean 'theta'\?; it is one of 'sdcor'"):
        pylmer.profile(model, prof_scale="Theta")
    with pytest.raises(pylmer.ArgumentError, match="prof_scale=None: profile_limits"):
        pylmer.confint(model, prof_scale=None)
    with pytest.raises(pylmer.ArgumentError, match="prof_scale"):
        pylmer.confint(model, method="Wald", prof_scale="theta")
    for prof_scale in set(SCALES) - {"sdcor"}:
        other = pylmer.profile(model, ".sigma", prof_scale=prof_scale)
        for word in (pylmer.varianceProf, pylmer.logProf):
            with pytest.raises(
                pylmer.ArgumentError, match=f"standard deviations; this one is of the scale '{prof_scale}'"
            ):
                word(other)
    squared = pylmer.varianceProf(pylmer.profile(model, ".sigma"))
    with pytest.raises(pylmer.ArgumentError, match="of the scale 'varianceProf'"):
        pylmer.varianceProf(squared)
    with pytest.raises(pylmer.ArgumentError, match="no such parameter"):
        pylmer.profile(model, "cov_Days.(Intercept)|Subject", signames=False)
