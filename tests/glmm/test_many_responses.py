"""Many responses of one generalized design end, one by one, where the search of each alone ends."""

from __future__ import annotations

import functools
import json
import pathlib
from dataclasses import replace

import numpy as np
import pytest

import pylmer
from pylmer.engine.generalized.generalized import make_generalized_devfun, optimize_generalized
from pylmer.engine.generalized.many import criteria, descent, solvable, solve, solve_together
from pylmer.fit import generalized_batch
from pylmer.fit.many_fits import refit_all
from pylmer.inference.bootstrap import replicating

from .fits import cbpp
from .problems import FAMILIES, SCALED, Problem
from .references import DATA

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
        found = solve_together(devfun, Y, near.at.place)
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


def test_no_fixed_effects():
    problem = Problem("poisson", "log", "scalar", seed=4)
    rows = replace(problem.rows, X=np.zeros((problem.rows.n, 0)))
    devfun = make_generalized_devfun(rows, problem.family, problem.covariances)
    Y = drawn(problem, devfun, problem.par, 3, 3)
    near = optimize_generalized(devfun)
    with np.errstate(all="ignore"):
        found = solve_together(devfun, Y, near.at.place)
    assert found.done.all()
    alone = [optimize_generalized(devfun.with_responses(y), near).value for y in Y.T]
    assert found.value == pytest.approx(alone, abs=VALUE)


def test_what_is_left_to_one_by_one():
    crossed = Problem("poisson", "log", "crossed", seed=3)
    assert not solvable(make_generalized_devfun(crossed.rows, crossed.family, crossed.covariances))
    one = Problem("Gamma", "log", "scalar", seed=3)
    assert "Gamma" in SCALED
    assert not solvable(make_generalized_devfun(one.rows, one.family, one.covariances, laplace="lme4"))
    one = Problem("poisson", "log", "scalar", seed=3)
    for nAGQ in (0, 5):
        assert not solvable(make_generalized_devfun(one.rows, one.family, one.covariances, nAGQ=nAGQ))


# --- the words -------------------------------------------------------------------------------------------------------


@functools.cache
def refits_of_r():
    """Counts drawn from the fit of cbpp, two of them with theta = 0, the last with no cases in period 4, and what R's
    refit makes of them (bobyqa, tolPwrss = 1e-12)."""
    return json.loads((pathlib.Path(DATA) / "glmm" / "cbpp_refits.json").read_text())


def proportions(fit, counts):
    return np.array(counts, float).T / fit.prior_weights[:, None]


def test_r_s_refits():
    fit = cbpp()
    wanted = refits_of_r()
    batch = refit_all(fit, proportions(fit, [each["incidence"] for each in wanted]))
    assert not batch.failures
    assert batch.converged.all()
    assert batch.singular.tolist() == [each["theta"] < 1e-6 for each in wanted]
    assert batch.objective[:5] == pytest.approx([each["minus2loglik"] for each in wanted[:5]], abs=2e-6)
    assert wanted[5]["minus2loglik"] - 1e-5 < batch.objective[5] < wanted[5]["minus2loglik"]  # R's beta stops at -16.7
    assert batch.theta[:, 0] == pytest.approx([each["theta"] for each in wanted], abs=2e-5)
    for r, each in enumerate(wanted[:5]):
        assert np.max(np.abs(batch.beta[r] - each["beta"]) / each["se"]) < 1e-4  # lme4's own precision


def test_responses_without_a_finite_optimum():
    """Nothing but zeros, and no cases in one period: beta runs off as far as it does alone."""
    fit = cbpp()
    nothing, separated = np.zeros(56), np.array(refits_of_r()[-1]["incidence"])
    ordinary = np.array(refits_of_r()[0]["incidence"])
    batch = refit_all(fit, proportions(fit, [nothing, separated, ordinary]))
    assert not batch.failures
    assert batch.objective[0] == pytest.approx(0, abs=1e-6)
    assert batch.beta[1, 3] < -10
    for r, counts in enumerate([nothing, separated, ordinary]):
        alone = pylmer.refit(fit, np.column_stack([counts, fit.prior_weights - counts]))
        assert batch.objective[r] == pytest.approx(alone.optimum.value, abs=1e-7)


def test_a_model_of_the_batch_is_the_refit():
    fit = cbpp()
    counts = np.array(refits_of_r()[1]["incidence"])
    batch = refit_all(fit, proportions(fit, [counts]))
    model, alone = batch.model(0), pylmer.refit(fit, np.column_stack([counts, fit.prior_weights - counts]))
    assert model.beta == pytest.approx(batch.beta[0], abs=1e-8)
    assert model.optimum.certificate.holds
    assert model.u == pytest.approx(alone.u, abs=1e-5)
    assert np.sqrt(np.diag(model.optimum.vcov)) == pytest.approx(np.sqrt(np.diag(alone.optimum.vcov)), rel=1e-4)
    assert (model.rows.response.numbers[:, 0] == counts).all()


def test_standard_errors_of_all():
    fit = cbpp()
    batch = refit_all(fit, proportions(fit, [each["incidence"] for each in refits_of_r()]))
    for r in range(5):  # one of them singular, with its vanished deviation held
        wanted = batch.optimum(r).vcov
        assert batch.vcov[r] == pytest.approx(wanted, abs=1e-5 * np.max(np.diag(wanted)))
    assert np.isnan(batch.vcov[5]).all() or np.sqrt(batch.vcov[5, 3, 3]) > 10  # beta without end


def test_a_singular_fit_is_no_bad_start():
    """The fit of a response with theta = 0 leads to the others all the same."""
    fit, wanted = cbpp(), refits_of_r()
    counts = np.array(wanted[3]["incidence"])
    with pytest.warns(pylmer.FitNote, match="singular"):
        singular = pylmer.refit(fit, np.column_stack([counts, fit.prior_weights - counts]))
    assert pylmer.isSingular(singular)
    batch = refit_all(singular, proportions(fit, [each["incidence"] for each in wanted[:5]]))
    assert batch.theta[:, 0] == pytest.approx([each["theta"] for each in wanted[:5]], abs=2e-5)


def test_responses_go_by_in_parts(monkeypatch):
    fit = cbpp()
    Y = proportions(fit, [each["incidence"] for each in refits_of_r()])
    whole = refit_all(fit, Y)
    monkeypatch.setattr(criteria, "HELD", 400)
    monkeypatch.setattr(descent, "CELLS", 120)
    parts = refit_all(fit, Y)
    assert parts.objective == pytest.approx(whole.objective, abs=1e-9)
    assert parts.beta[:5] == pytest.approx(whole.beta[:5], abs=1e-6)


def test_runs_that_do_not_arrive_are_finished_alone(monkeypatch):
    fit = cbpp()
    Y = proportions(fit, [each["incidence"] for each in refits_of_r()])
    whole = refit_all(fit, Y)
    monkeypatch.setattr(descent, "STEPS", 2)
    monkeypatch.setattr(solve, "descended", functools.partial(descent.descended, steps=2))
    alone = refit_all(fit, Y)
    assert len(alone.alone) == len(Y.T)
    assert alone.objective == pytest.approx(whole.objective, abs=1e-7)
    assert (alone.singular == whole.singular).all()


def test_a_bootstrap_that_is_stopped_keeps_what_is_done(monkeypatch):
    fit = cbpp()
    monkeypatch.setattr(replicating, "TOGETHER", 10)
    drawn = []

    def stopping(*given, **named):
        if len(drawn) == 2:
            raise KeyboardInterrupt
        drawn.append(1)
        return solve_together(*given, **named)

    monkeypatch.setattr(generalized_batch, "solve_together", stopping)
    with pytest.raises(pylmer.errors.Interrupted, match="20 of 40") as stopped:
        pylmer.bootMer(fit, pylmer.fixef, nsim=40, seed=1)
    assert len(stopped.value.partial.t) == 20
