"""Many responses of one generalized design end, one by one, where the search of each alone ends."""

from __future__ import annotations

import numpy as np
import pytest

from pylmer.engine.generalized.generalized import make_generalized_devfun, optimize_generalized
from pylmer.engine.generalized.many import solvable, solve_together

from .problems import FAMILIES, SCALED, Problem

VALUE, BETA = 1e-7, 1e-5  # of the criterion; of beta in standard errors


def drawn(problem, devfun, x, R, seed):
    """Responses (n, R) at the modes of a place."""
    at = devfun.at(x)
    rng = np.random.default_rng(seed)
    eta = np.tile(at.modes.rows.eta[:, None], R)
    return devfun.responses.family.simulate(rng, devfun.responses.family.mu(eta), problem.weights[:, None], 0.05)


def compare(devfun, Y, least=0.9):
    """Value, beta and whether singular of those that were solved together."""
    near = optimize_generalized(devfun)
    assert solvable(devfun)
    with np.errstate(all="ignore"):
        found = solve_together(devfun, Y, near)
    assert found.done.mean() >= least
    for r in np.flatnonzero(found.done):
        alone = optimize_generalized(devfun.with_responses(Y[:, r]), near)
        assert found.value[r] == pytest.approx(alone.value, abs=VALUE)
        assert found.singular[r] == alone.singular
        assert found.phi[r] == pytest.approx(alone.phi, rel=1e-5)
        beta = devfun.structure.scaling.inverse @ found.places.beta[r]
        assert np.max(np.abs(beta - alone.beta) / np.sqrt(np.diag(alone.vcov_rx))) < BETA


@pytest.mark.parametrize(("name", "link"), FAMILIES)
def test_every_family(name, link):
    problem = Problem(name, link, "scalar", seed=2)
    devfun = make_generalized_devfun(problem.rows, problem.family, problem.covariances)
    x = np.concatenate([problem.par, problem.beta])
    compare(devfun, drawn(problem, devfun, x, 6, 1))


@pytest.mark.parametrize("laplace", ["lme4", "observed"])
@pytest.mark.parametrize("structure", ["slope", "diag"])
@pytest.mark.parametrize(("name", "link"), [("binomial", "logit"), ("binomial", "cloglog"), ("poisson", "log")])
def test_vector_terms(name, link, structure, laplace):
    problem = Problem(name, link, structure, seed=3)
    devfun = make_generalized_devfun(problem.rows, problem.family, problem.covariances, laplace=laplace)
    x = np.concatenate([problem.par, problem.beta])
    compare(devfun, drawn(problem, devfun, x, 6, 2))


def test_what_is_left_to_one_by_one():
    crossed = Problem("poisson", "log", "crossed", seed=3)
    assert not solvable(make_generalized_devfun(crossed.rows, crossed.family, crossed.covariances))
    one = Problem("Gamma", "log", "scalar", seed=3)
    assert "Gamma" in SCALED
    assert not solvable(make_generalized_devfun(one.rows, one.family, one.covariances, laplace="lme4"))
    one = Problem("poisson", "log", "scalar", seed=3)
    for nAGQ in (0, 5):
        assert not solvable(make_generalized_devfun(one.rows, one.family, one.covariances, nAGQ=nAGQ))
