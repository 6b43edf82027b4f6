"""Criteria against the plain oracle, and every exact score against fourth-order differences of its own criterion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pylmer.engine.generalized.generalized import make_generalized_devfun

from .problems import FAMILIES, SCALED, SHAPE, STRUCTURES, Problem

VALUE = 1e-9  # relative to the criterion
PHI = 0.06  # the scale, where it is a coordinate
SCORE = 5e-9  # relative to the largest component of the score, at least 1


def devfun_of(problem, nAGQ=1, laplace=None, free_shape=False):
    devfun = make_generalized_devfun(
        problem.rows, problem.family, problem.covariances, nAGQ=nAGQ, laplace=laplace, free_shape=free_shape
    )
    tight = replace(devfun.laplace, tolerance=1e-14)
    criterion = replace(devfun.criterion, laplace=tight) if nAGQ > 1 else tight
    return replace(devfun, criterion=criterion)


def place_of(problem, devfun):
    """(par, beta, log theta or log phi), as far as the criterion has them."""
    shape = SHAPE if devfun.free_shape else PHI
    parts = [problem.par, problem.beta[: devfun.p], [np.log(shape)] * devfun.shapes]
    return np.concatenate(parts)


def kinds(name):
    return ("lme4", "exact") if name in SCALED else ("fisher", "observed")


def laplace_of(kind):
    return {"fisher": "lme4", "exact": "observed"}.get(kind, kind)


def assert_score(devfun, x):
    """Fourth-order differences in the user's coordinates, steps in units of each."""
    at = devfun.at(x)
    score = devfun.gradient(at)
    unit = max(1.0, float(np.max(np.abs(score))))
    for k, size in enumerate(np.maximum(np.abs(x), 0.05)):
        h = 2e-3 * size
        steps = [x + m * h * np.eye(len(x))[k] for m in (-2, -1, 1, 2)]
        values = [devfun.at(each, near=at).value for each in steps]
        h2 = h / 2
        half_solves = [x + m * h2 * np.eye(len(x))[k] for m in (-2, -1, 1, 2)]
        finer = [devfun.at(each, near=at).value for each in half_solves]
        coarse, fine = _slope(values, h), _slope(finer, h2)
        difference = fine + (fine - coarse) / 15  # Richardson: what is left is of sixth order, and rounding
        noise = 40 * np.finfo(float).eps * abs(at.value) / h2
        assert abs(difference - score[k]) <= SCORE * unit + noise, (k, difference, score[k])


def _slope(values, h):
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)


@pytest.mark.parametrize(("name", "link"), FAMILIES)
@pytest.mark.parametrize("which", [0, 1])
def test_every_family_and_link(name, link, which):
    kind = kinds(name)[which]
    problem = Problem(name, link)
    devfun = devfun_of(problem, laplace=laplace_of(kind))
    x = place_of(problem, devfun)
    oracle = problem.plain.laplace(problem.T, problem.beta, kind, SHAPE)
    assert devfun(x) == pytest.approx(oracle, rel=VALUE)
    assert_score(devfun, x)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize(("name", "link", "kind"), [
    ("binomial", "logit", "fisher"),
    ("binomial", "cloglog", "observed"),
    ("binomial", "probit", "fisher"),
    ("poisson", "log", "fisher"),
    ("Gamma", "log", "exact"),
    ("negative.binomial", "log", "observed"),
    ("inverse.gaussian", "log", "lme4"),
])  # fmt: skip
def test_every_structure(structure, name, link, kind):
    problem = Problem(name, link, structure)
    devfun = devfun_of(problem, laplace=laplace_of(kind))
    x = place_of(problem, devfun)
    oracle = problem.plain.laplace(problem.T, problem.beta, kind, SHAPE)
    assert devfun(x) == pytest.approx(oracle, rel=VALUE)
    assert_score(devfun, x)


@pytest.mark.parametrize(("structure", "few"), [("crossed", 0), ("crossed slopes", 0)])
def test_large_crossed_designs_are_eliminated_alike(structure, few, monkeypatch):
    monkeypatch.setattr("pylmer.engine.factorization.whole.FEW", few)
    problem = Problem("binomial", "probit", structure)
    devfun = devfun_of(problem, laplace="lme4")
    x = place_of(problem, devfun)
    assert devfun(x) == pytest.approx(problem.plain.laplace(problem.T, problem.beta, "fisher"), rel=VALUE)
    assert_score(devfun, x)


@pytest.mark.parametrize(("name", "link", "structure"), [
    ("binomial", "logit", "scalar"),
    ("binomial", "probit", "slope"),
    ("binomial", "cloglog", "nested"),
    ("poisson", "log", "crossed"),
    ("poisson", "sqrt", "scalar"),
    ("Gamma", "log", "scalar"),
    ("negative.binomial", "log", "slope"),
])  # fmt: skip
def test_beta_profiled(name, link, structure):
    problem = Problem(name, link, structure)
    devfun = devfun_of(problem, nAGQ=0)
    x = place_of(problem, devfun)
    assert devfun(x) == pytest.approx(problem.plain.fast(problem.T, kinds(name)[name in SCALED], SHAPE), rel=VALUE)
    assert_score(devfun, x)


@pytest.mark.parametrize("count", [2, 5, 9])
@pytest.mark.parametrize(("name", "link", "structure"), [
    ("binomial", "logit", "scalar"),
    ("binomial", "probit", "scalar"),
    ("binomial", "cloglog", "diag"),
    ("binomial", "logit", "slope"),
    ("poisson", "log", "slope"),
    ("poisson", "log", "scalar"),
    ("poisson", "identity", "scalar"),
    ("negative.binomial", "log", "scalar"),
    ("Gamma", "log", "scalar"),
    ("Gamma", "log", "slope"),
    ("inverse.gaussian", "inverse", "scalar"),
    ("gaussian", "log", "diag"),
])  # fmt: skip
def test_quadrature(name, link, structure, count):
    problem = Problem(name, link, structure)
    devfun = devfun_of(problem, nAGQ=count)
    x = place_of(problem, devfun)
    oracle = problem.plain.quadrature(problem.T, problem.beta, count, SHAPE, PHI if name in SCALED else 1.0)
    assert devfun(x) == pytest.approx(oracle, rel=VALUE)
    assert_score(devfun, x)


@pytest.mark.parametrize("laplace", ["lme4", "observed"])
@pytest.mark.parametrize("link", ["log", "sqrt"])
def test_shape_of_the_negative_binomial(link, laplace):
    problem = Problem("negative.binomial", link, "slope")
    devfun = devfun_of(problem, laplace=laplace, free_shape=True)
    assert_score(devfun, place_of(problem, devfun))
