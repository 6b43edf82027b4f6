"""Profiles of families with a scale: sigma and standard deviations that contain it, against glmmTMB."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pytest

import pylmer

from .fits import cbpp
from .golden import fit_of
from .references import frame

# 95 % limits of glmmTMB 1.1.5 on sleepstudy: where -2 log L of the fit with one parameter mapped is chi-square's
# quantile above the minimum (uniroot, tolerance 1e-8); of the fixed effects its profile, of Days the same by an offset
INTERCEPT_GAMMA = {
    ".sig01": (0.090478258, 0.182536353),
    ".sigma": (0.087016226, 0.108178811),
    "(Intercept)": (5.467980768, 5.600041797),
    "Days": (0.028905067, 0.038788600),
}
SLOPE_GAMMA = {
    ".sig02": (0.011544159, 0.026903444),
    ".sig03": (-0.533053463, 0.530023652),
    ".sigma": (0.072353191, 0.091154504),
}
GAUSSIAN = {".sig01": (0.093006312, 0.189493674), ".sigma": (26.403642196, 32.845430752)}


@functools.cache
def sleep(formula, family="Gamma('log')", **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.glmer(formula, pylmer.datasets.load("sleepstudy"), family, **options)


@pytest.mark.parametrize(
    ("formula", "family", "limits"),
    [
        ("Reaction ~ Days + (1 | Subject)", "Gamma('log')", INTERCEPT_GAMMA),
        ("Reaction ~ Days + (Days | Subject)", "Gamma('log')", SLOPE_GAMMA),
        ("Reaction ~ Days + (1 | Subject)", "gaussian('log')", GAUSSIAN),
    ],
)
def test_limits_are_glmmTMB_s(formula, family, limits):
    found = pylmer.confint(sleep(formula, family), list(limits))
    expected = np.array(list(limits.values()))
    width = expected[:, 1] - expected[:, 0]
    assert list(found.index) == list(limits)
    assert np.max(np.abs(found.to_numpy() - expected) / width[:, None]) < 1e-5  # CLOSE of zeta, 1e-4


def test_a_frame_of_nodes_has_sigma_and_its_limits():
    found = pylmer.profile(sleep("Reaction ~ Days + (1 | Subject)"), [".sig01", ".sigma"])
    assert list(found.frame.columns) == [".zeta", ".sig01", ".sigma", "(Intercept)", "Days", ".par"]
    limits = pylmer.confint(found)
    assert limits.to_numpy() == pytest.approx(np.array([INTERCEPT_GAMMA[name] for name in limits.index]), abs=2e-6)
    nodes = found.frame[found.frame[".par"] == ".sigma"]
    k = int(np.argmin(np.abs(nodes[".zeta"] - 2)))
    with_sigma = nodes.iloc[k]
    phi, tau = with_sigma[".sigma"] ** 2, with_sigma[".sig01"] / with_sigma[".sigma"]
    fit = sleep("Reaction ~ Days + (1 | Subject)")
    at = fit.devfun.at([tau, with_sigma["(Intercept)"], with_sigma["Days"]])
    r = fit.devfun.responses
    value = (
        r.family.minus2loglik(r.y, r.weights, at.modes.rows.eta, phi)
        + at.modes.penalty / phi
        + at.factorization.logdet_V
    )
    assert value - fit.optimum.value == pytest.approx(with_sigma[".zeta"] ** 2, abs=1e-5)


def test_a_standard_deviation_is_profiled_to_zero():
    """At zero the model is R's glm, here by glmmTMB: -943.9339281 against -883.5783367."""
    found = pylmer.profile(sleep("Reaction ~ Days + (1 | Subject)"), ".sig01", alpha_max=1e-28)
    first = found.frame.iloc[0]
    assert first[".sig01"] == 0
    assert first[".zeta"] == pytest.approx(-np.sqrt(2 * (943.9339281 - 883.5783367)), abs=1e-5)


def test_quadrature_has_a_profile_of_sigma_too():
    """The integral is all but normal here: limits of nine nodes are Laplace's to 1e-4 of the width."""
    fit = sleep("Reaction ~ Days + (1 | Subject)", nAGQ=9)
    found, expected = pylmer.confint(fit).to_numpy(), np.array(list(INTERCEPT_GAMMA.values()))
    assert np.max(np.abs(found - expected) / (expected[:, 1:] - expected[:, :1])) < 1e-4


def test_lme4_s_criterion_has_none():
    with pytest.raises(pylmer.ArgumentError, match=r"no likelihood.*laplace='lme4'.*'Wald' or 'boot'"):
        pylmer.profile(fit_of("sleep-gamma-log"))


def test_a_correlation_is_no_deviation():
    """Without a scale the last variance parameter is not sigma: a correlation is not squared."""
    fit = pylmer.glmer("use ~ age + urban + (1 + urban | district)", frame("Contraception"), "binomial")
    plain = pylmer.profile(fit, [".sig03"])
    for transformed in (pylmer.varianceProf(plain), pylmer.logProf(plain)):
        assert ".sig03" in transformed.curves
        assert np.isin(transformed.frame[".sig03"], plain.frame[".sig03"]).all()
    squared = pylmer.varianceProf(pylmer.profile(cbpp(), [".sig01"]))
    low, high = pylmer.confint(pylmer.profile(cbpp(), [".sig01"])).to_numpy()[0]
    assert pylmer.confint(squared).to_numpy()[0] == pytest.approx([low**2, high**2], rel=1e-6)
