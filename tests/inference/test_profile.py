"""Likelihood profiles against lme4: limits of the reference, figures of profile() run in R 4.2.2 with lme4 1.1-31."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.fit.refitting import refitML
from pylmer.inference.profiles.constrained import ConstrainedDeviance, ProfileParameter
from pylmer.inference.profiles.curves import Curve, Linear, Sine
from pylmer.inference.profiles.parameters import arguments
from tests.printing.test_transcripts import fit as sleep_fit
from tests.printing.test_transcripts import transcript
from tests.reference.cases import case, fit, frame, names, numbers

SLOPE = "Reaction ~ Days + (Days | Subject)"
CASES = [name for name in names("lmer") if isinstance(case(name).get("confint_profile"), dict)]


def agree(ours: pd.DataFrame, theirs: np.ndarray, tolerance: float = 1e-3) -> None:
    np.testing.assert_allclose(ours.to_numpy(), theirs, rtol=tolerance, atol=1e-3 * tolerance * np.abs(theirs).max())


@pytest.mark.parametrize("name", CASES)
def test_limits_of_the_reference(name: str) -> None:
    R = case(name)["confint_profile"]
    ours = pylmer.confint(fit(name), signames=False)
    assert list(ours.index) == R["rows"]
    assert list(ours.columns) == R["cols"]
    agree(ours, numbers(R["values"]))
    agree(pylmer.confint(pylmer.profile(fit(name))), numbers(R["values"]))


@pytest.mark.parametrize("words", ["confint(fm1)", "confint(fm1, signames=FALSE)"])
def test_pages(words: str) -> None:
    """The page of the transcript, whose own limits are interpolated and good to four or five digits."""
    ours = pylmer.confint(sleep_fit(SLOPE), signames="FALSE" not in words)
    ours_lines, R = str(ours).split("\n"), transcript("3d", words)[1:]
    assert [line[:-24] for line in ours_lines[1:]] == [line[:-24] for line in R[1:]]
    assert [len(line) for line in ours_lines] == [len(line) for line in R]
    agree(ours, np.array([[float(x) for x in line.split()[-2:]] for line in R[1:]]), 1e-4)


R_LEVELS = {  # confint(profile(fm1), level=); R lists the correlation second
    0.9: [[15.7573073, 34.9601588], [4.0658993, 8.1453301], [-0.4050841, 0.5954941], [23.2983269, 28.2878322],
          [240.0729486, 262.7373463], [7.9005080, 13.0340638]],
    0.999: [[8.3109279, 52.88810], [2.7757770, 12.13009], [-0.7303731, 1.0], [21.3304325, 31.48645],
            [225.8472592, 276.96294], [4.6783334, 16.25624]],
}  # fmt: skip


@pytest.mark.parametrize("level", R_LEVELS)
def test_levels(level: float) -> None:
    agree(pylmer.confint(pylmer.profile(sleep_fit(SLOPE)), level=level), np.array(R_LEVELS[level]))
    agree(pylmer.confint(sleep_fit(SLOPE), level=level), np.array(R_LEVELS[level]))


def test_zeta_of_sleepstudy() -> None:
    """profile(fm1) in R: zeta at some values of each parameter."""
    curves = pylmer.profile(sleep_fit(SLOPE)).curves
    R = {
        ".sig01": [(4.2389686, -3.9633365), (13.8182608, -2.0898646), (40.69228, 2.2699643), (64.97167, 4.0333194)],
        ".sig03": [(-0.8032037, -3.8632397), (-0.3318961, -1.3649072), (0.6610380, 1.8747606), (1.0, 2.9775835)],
    }
    for name, pairs in R.items():
        psi, zeta = np.array(pairs).T
        np.testing.assert_allclose(curves[name].forward(psi), zeta, atol=5e-3)
        np.testing.assert_allclose(curves[name].backward(zeta[:-1]), psi[:-1], rtol=1e-2)


def test_singular_fit() -> None:
    """Dyestuff2: the standard deviation is estimated as zero (R: 0, 2.084043; 2.892831, 4.815833; 4.3121, 7.019092)."""
    profile = pylmer.profile(fit("dev-dyestuff2-reml"))
    R = np.array([[0.0, 2.084043], [2.892831, 4.815833], [4.312100, 7.019092]])
    agree(pylmer.confint(profile), R)
    agree(pylmer.confint(fit("dev-dyestuff2-reml")), R)
    rows = profile.frame[profile.frame[".par"] == ".sig01"]
    assert rows[".sig01"].iloc[0] == 0
    assert rows[".zeta"].iloc[0] == 0
    zeta = profile.curves[".sig01"].forward(np.array([0.5165054, 1.3337669, 2.8325992]))
    np.testing.assert_allclose(zeta, [0.536455635, 1.346241092, 2.436807044], atol=1e-3)


def test_correlation_estimated_as_one() -> None:
    """R's profile fails here; limits by optim() of R's own deviance function with one parameter held."""
    formula = "sqrt(total.fruits + 1) ~ nutrient + (nutrient | popu)"
    with pytest.warns(pylmer.FitNote, match="the correlation of"):
        model = pylmer.lmer(formula, frame("Arabidopsis"))
    R = np.array([[0.1979989, 1.045999], [0.06414256, 0.2354882], [0.2274146, 1.0]])
    agree(pylmer.confint(model, [0, 1, 2]), R, 1e-4)
    profile = pylmer.profile(model, "theta_")
    agree(pylmer.confint(profile, [0, 1, 2]), R, 1e-3)
    end = profile.frame.iloc[0]
    assert end[".sig01"] == 0
    assert end[".zeta"] == pytest.approx(-np.sqrt(11.30835), abs=1e-4)


@pytest.mark.parametrize(
    "name", ["dev-cov-cs", "dev-cov-cs-hom-ml", "dev-cov-ar1-hom", "dev-cov-diag", "dev-cov-diag-hom"]
)
def test_other_structures(name: str) -> None:
    """Limits are where a refit with the argument held has the deviance that they say (checked by moving all else)."""
    model = refitML(fit(name))
    known, limits = arguments(model), pylmer.confint(model).to_numpy()
    for make, (low, high) in zip(known.makers, limits, strict=True):
        argument = make()
        assert isinstance(argument, ProfileParameter)
        ends = argument.scale.psi(np.array([argument.lowest, argument.highest]))
        for psi in (low, high):
            if not np.isclose(psi, ends).any():
                start = argument.at(argument.start)
                held, _ = argument.minimized(start.predicted(float(argument.scale.w(np.array(psi)))))
                assert held.value - model.optimum.value == pytest.approx(1.959964**2, rel=2e-3)


def _numerical(held: ConstrainedDeviance, k: int, h: float = 1e-5) -> float:
    step = np.zeros(held.free.sum())
    step[k] = h
    up, down = (held.argument.at(held.moved(s)).place.value for s in (step, -step))
    return float((up - down) / (2 * h))


@pytest.mark.parametrize("name", ["dev-sleep-rs", "dev-machines-slope", "dev-machines-nested", "dev-cov-cs-het"])
def test_derivatives_by_differences(name: str) -> None:
    """Score in all free coordinates and in the held one, away from the minimum."""
    for make in arguments(refitML(fit(name))).makers:
        argument = make()
        assert isinstance(argument, ProfileParameter)
        start = argument.at(argument.start)
        wave = 0.05 * np.cos(1.0 + np.arange(start.free.sum()))
        held = argument.at(start.moved(wave, 0.02 * max(abs(start.w), 1.0)))
        g = held._system[0]
        numeric = [_numerical(held, k) for k in range(len(g))]
        np.testing.assert_allclose(g, numeric, rtol=1e-5, atol=1e-5 * np.abs(g).max())
        h = 1e-5 * max(abs(held.w), 1.0)
        sides = [argument.at(held.moved(0 * g, s)).place.value for s in (h, -h)]
        assert held._derivatives[0][argument.index] == pytest.approx(
            (sides[0] - sides[1]) / (2 * h), rel=1e-5, abs=1e-5
        )


def test_variances_and_logarithms() -> None:
    """varianceProf and logProf of Penicillin: names and limits of R."""
    profile = pylmer.profile(fit("dev-penicillin-reml"))
    variances, logs = pylmer.varianceProf(profile), pylmer.logProf(profile)
    ours = pylmer.confint(variances)
    assert list(ours.index) == [".sigsq01", ".sigsq02", ".sigmasq", "(Intercept)"]
    agree(ours.iloc[:3], np.array([[0.4014073, 1.3973650], [1.2006086, 12.6465333], [0.2360456, 0.3962117]]))
    ours = pylmer.confint(logs)
    assert list(ours.index) == [".lsig01", ".lsig02", ".lsigma", "(Intercept)"]
    R = [[-0.45639199, 0.1672959], [0.09150357, 1.2687265], [-0.72186460, -0.4629034]]
    np.testing.assert_allclose(ours.to_numpy()[:3], R, atol=1e-3)
    np.testing.assert_allclose(variances.frame[".sigmasq"], profile.frame[".sigma"] ** 2)
    zero = pylmer.profile(fit("dev-dyestuff2-reml"))
    assert (pylmer.logProf(zero).frame[".lsig01"] > -np.inf).all()
    assert len(pylmer.logProf(zero).frame) < len(zero.frame)


FLAT = ["dev-radon-slope", "dev-small-groups-slope-ml", "dev-badscale-slope", "dev-oats-slope"]


@pytest.mark.parametrize("name", FLAT)
def test_a_standard_deviation_that_vanishes_while_its_correlation_is_held(name: str) -> None:
    """Beyond some correlation the best slope variance is zero, and zeta stays flat: the interval is open there."""
    limits = pylmer.confint(fit(name)).to_numpy()
    assert np.isfinite(limits).all()
    assert (limits[:, 0] < limits[:, 1]).all()
    assert limits[0, 0] >= 0
    assert (np.abs(limits[2]) <= 1).all()


def test_choice_of_parameters() -> None:
    model = sleep_fit(SLOPE)
    assert list(pylmer.profile(model, "beta_").curves) == ["(Intercept)", "Days"]
    assert list(pylmer.profile(model, [0, "Days"]).curves) == [".sig01", "Days"]
    assert list(pylmer.confint(model, "Days", 0.9).index) == ["Days"]
    named = pylmer.profile(model, "cor_Days.(Intercept)|Subject", signames=False)
    assert list(named.frame.columns)[:3] == [".zeta", "sd_(Intercept)|Subject", "sd_Days|Subject"]
    assert list(pylmer.profile(model, np.int64(5)).curves) == ["Days"]
    with pytest.raises(pylmer.ArgumentError, match="which='days': no such parameter; did you mean 'Days'"):
        pylmer.profile(model, "days")
    with pytest.raises(pylmer.ArgumentError, match=r"which=2\.5: no such parameter"):
        pylmer.profile(model, 2.5)
    with pytest.raises(pylmer.ArgumentError, match="alpha_max=1: a level lies between 0 and 1"):
        pylmer.profile(model, "Days", alpha_max=1)
    with pytest.raises(pylmer.ArgumentError, match="Days was not profiled; there is"):
        pylmer.confint(pylmer.profile(model, ".sigma"), "Days")
    with pytest.raises(pylmer.ArgumentError, match="wants a profile"):
        pylmer.varianceProf(model)  # type: ignore[arg-type]
    with pytest.raises(pylmer.ArgumentError, match="a level lies between 0 and 1"):
        pylmer.confint(pylmer.profile(model, ".sigma"), level=95)


def test_the_table() -> None:
    """A row per minimum: the held parameter grows with zeta, which is zero at the estimates."""
    profile = pylmer.profile(sleep_fit(SLOPE))
    frame = profile.as_frame()
    for name, rows in frame.groupby(".par", observed=True):
        assert (np.diff(rows[".zeta"]) > 0).all()
        assert (np.diff(rows[name]) > 0).all()
        centre = rows[rows[".zeta"] == 0].drop(columns=[".zeta", ".par"]).to_numpy()[0]
        R = [23.78056, 5.7168, 0.0813196, 25.592, 251.4051, 10.46729]
        np.testing.assert_allclose(centre, R, rtol=1e-4)
    page = str(profile).split("\n")
    assert page[0].split() == [".zeta", ".sig01", ".sig02", ".sig03", ".sigma", "(Intercept)", "Days", ".par"]
    assert page[1].endswith(".sig01")
    assert len(page) == len(frame) + 1


def test_scales_invert() -> None:
    from pylmer.engine.covariance.autoregression import Autoregression
    from pylmer.engine.covariance.compound_symmetry import CompoundSymmetry
    from pylmer.engine.covariance.correlated import Rho

    w = np.array([-1.0, -0.2, 0.0, 0.7])
    for scale in (Linear(2.0, 1.0), Sine(), Rho(CompoundSymmetry("cs", 3)), Rho(Autoregression("ar1", 4))):
        np.testing.assert_allclose(scale.w(scale.psi(w)), w, atol=1e-12)


def test_nothing_is_said_where_nothing_is_to_say() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pylmer.confint(sleep_fit(SLOPE))


def test_limits_next_to_where_zeta_is_flat() -> None:
    """A correlation whose standard deviation has vanished: 1 / slope is 1e23, and the limit is found all the same."""
    knots, zeta = np.array([-0.44, -0.30, 0.29, 1.0]), np.array([-2.046, -1.903, 0.0, 1.5])
    curve = Curve(Linear(1.0), knots, zeta, np.array([4.6e-24, 2.95, 3.35, 1.0]), -np.inf, np.inf)
    assert -0.35 < float(curve.backward(-1.96)) < -0.30
    assert float(curve.forward(curve.backward(-1.96))) == pytest.approx(-1.96, abs=1e-9)
