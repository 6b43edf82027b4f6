"""What the certificate says of an optimum, and what the search does about it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.covariance.points import Points
from pylmer.engine.criterion.profiled import Criterion, Objective, ProfiledEvaluation
from pylmer.engine.factorization.choose import elimination_engine
from pylmer.engine.optimize.certificate import certify, kkt, past_saddles
from pylmer.engine.optimize.information import observed_information
from pylmer.engine.optimize.newton import Run
from pylmer.engine.optimize.search import Search, search
from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.rows import Rows, TermRows

from .problems import KINDS, families, make_rows
from .test_optimize import bimodal_rows

FALSE_ALARM = Path(__file__).parents[1] / "data" / "numerics" / "false_alarm.csv"


def test_a_minimum_whose_gathered_information_bends_downwards() -> None:
    """60 generated rows: the secant corrections of the descent end with an eigenvalue of -1.7.

    R: m <- lmer(y ~ x + (x + z || g), d, REML = FALSE, control = lmerControl(optimizer = "bobyqa", optCtrl =
    list(rhoend = 1e-10))); deviance(m), getME(m, "theta"), and eigen(numDeriv::hessian(update(m, devFunOnly = TRUE),
    getME(m, "theta")))$values: 25.79, 5.58, 3.43.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = pylmer.lmer("y ~ x + (x + z || g)", pd.read_csv(FALSE_ALARM), REML=False)
    np.testing.assert_allclose(fit.optimum.value, 328.320326904, rtol=1e-11)
    np.testing.assert_allclose(fit.theta, [0.1077319523, 0.0944867677, 0.4551326442], rtol=1e-5)
    assert fit.optimum.certificate.holds
    assert 0.1 < fit.optimum.certificate.eigenvalue < 0.15  # 3.43 / 25.79, with z in its own units
    assert fit.optimum.certificate.step < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_corrections_say_is_not_believed(kind: str) -> None:
    """Corrections that turn the information round: the certificate is that of the observed information."""
    rows = make_rows(kind, weights=False)
    criterion = Criterion(elimination_engine(form_gram(rows)), True)
    run = search(criterion.at, lambda c: Points.multiple(families(rows), c)).best
    known = observed_information(criterion.at, run.at) - run.at.information
    proof = certify(replace(run, correction=known), criterion.at)
    for wrong in (-2 * run.at.information, -run.at.information):
        found = certify(replace(run, correction=wrong), criterion.at)
        assert found.holds
        np.testing.assert_allclose(found.eigenvalue, proof.eigenvalue, rtol=1e-6, atol=1e-9)


# --- saddles ---------------------------------------------------------------------------------------------------------


def highest_between_two_minima() -> tuple[Objective, Run[ProfiledEvaluation], float]:
    """The criterion of one variance, the end of a descent at its local maximum, and its value in the lower minimum."""
    criterion = Criterion(elimination_engine(form_gram(bimodal_rows())), False)
    family = covariance_family("us", 1)

    def value(theta: float) -> float:
        return float(criterion.at((family.multiple(theta),)).value)

    grid = np.concatenate([[0.0], np.geomspace(0.001, 100, 2000)])
    values = np.array([value(theta) for theta in grid])
    inner = 1 + int(np.flatnonzero((values[1:-1] > values[:-2]) & (values[1:-1] > values[2:]))[0])
    low, high = grid[inner - 1], grid[inner + 1]
    for _ in range(200):  # halving on the score
        middle = (low + high) / 2
        slope = criterion.at((family.multiple(middle),)).gradient[0]
        low, high = (middle, high) if slope > 0 else (low, middle)
    at = criterion.at((family.multiple(low),)).evaluation()
    run = Run(at, np.zeros((1, 1)), True, "", 1, 0, (at.value,))
    return criterion.at, run, float(values.min())


def test_the_search_goes_on_from_a_maximum() -> None:
    objective, run, lowest = highest_between_two_minima()
    run = replace(run, correction=observed_information(objective, run.at) - run.at.information)
    assert not certify(run, objective).curved_upwards
    found = past_saddles(Search(run, (), (run,)), objective)
    assert found.best.at.value <= lowest + 1e-6
    assert certify(found.best, objective).holds
    assert found.runs[0] is run
    assert found.evaluations > 2


@dataclass(frozen=True, eq=False)
class Saddle:
    """f = 20 (t_0 - 1)^2 - (t_1 - 1)^2 + (t_1 - 1)^4 of two standard deviations, with a wrong average information."""

    place: Points
    noise: float = 1e-12

    @property
    def away(self) -> np.ndarray:
        return np.diag(self.place[0].template()) - 1

    @property
    def value(self) -> float:
        a, b = self.away
        return float(20 * a**2 - b**2 + b**4)

    @property
    def gradient(self) -> np.ndarray:
        a, b = self.away
        return np.array([40 * a, -2 * b + 4 * b**3])

    @property
    def information(self) -> np.ndarray:
        return np.diag([-3.0, 5.0])

    def evaluation(self) -> Saddle:
        return self


def test_the_way_on_is_that_of_the_observed_information() -> None:
    """At (1, 1) the average information bends along t_0, where f rises; the saddle is left along t_1."""
    at: Any = Saddle(Points((covariance_family("diag", 2).multiple(1.0),)))
    run = Run(at, np.zeros((2, 2)), True, "", 1, 0, (at.value,))
    objective: Any = Saddle
    found = past_saddles(Search(run, (), (run,)), objective).best.at
    np.testing.assert_allclose(found.value, -0.25, atol=1e-9)  # at b^2 = 1 / 2
    np.testing.assert_allclose(found.gradient, 0, atol=1e-4)


def test_the_search_stays_in_a_minimum() -> None:
    """Whatever the corrections say."""
    rows = make_rows("one vector", weights=False)
    criterion = Criterion(elimination_engine(form_gram(rows)), True)
    found = search(criterion.at, lambda c: Points.multiple(families(rows), c))
    assert past_saddles(found, criterion.at) is found
    wrong = replace(found, best=replace(found.best, correction=-2 * found.best.at.information))
    assert past_saddles(wrong, criterion.at) is wrong


# --- vanished variances ----------------------------------------------------------------------------------------------


def slopes_of_one_predictor() -> Rows:
    """Slopes of x vary over the groups, intercepts too, those of z do not at all."""
    rng = np.random.default_rng(3)
    g, x, z = np.repeat(np.arange(40), 12), rng.normal(size=480), rng.normal(size=480)
    y = rng.normal(size=40)[g] + 2 * rng.normal(size=40)[g] * x + rng.normal(size=480)
    y -= z * (np.bincount(g, z * y) / np.bincount(g, z * z))[g]
    Z = np.column_stack([np.ones(480), x, z])
    return Rows(Z, y, None, (TermRows(g.astype(np.int64), 40, Z, 0),))


def test_one_growing_direction_among_two_vanished_ones_is_no_minimum() -> None:
    """Sigma = e1 e1': growing the variance of x lowers the criterion, growing that of z does not.

    The derivatives along v v' (with the vanished directions v) by forward differences of the criterion.
    """
    rows, family = slopes_of_one_predictor(), covariance_family("us", 3)
    criterion = Criterion(elimination_engine(form_gram(rows)), False)
    root = np.diag([1.0, 0.0, 0.0])
    at = criterion.at((family.point(np.array([1.0, 0, 0, 0, 0, 0]), np.eye(3)),))
    np.testing.assert_allclose(at.points[0].template() @ at.points[0].template().T, root)

    def slope(v: np.ndarray) -> float:
        T = root + np.sqrt(1e-7) * np.outer(v, [0, 1, 0])
        par = T[np.tril_indices(3)][[0, 1, 3, 2, 4, 5]]
        return float(criterion.at((family.point(par, np.eye(3)),)).value - at.value) / 1e-7

    along_x, along_z = slope(np.array([0.0, 1, 0])), slope(np.array([0.0, 0, 1]))
    assert along_x < 0 < along_z
    both = slope(np.array([0.0, 1, 1]) / np.sqrt(2))
    matrix = np.array([[along_x, both - (along_x + along_z) / 2], [0, along_z]])
    lowest, highest = np.linalg.eigvalsh(matrix, UPLO="U")
    assert lowest < 0 < highest
    gram = criterion.engine.gram
    factor, here = gram.place[0]
    scale = np.mean(np.diag(at.ZtQZ[factor][here, here])[1:])
    np.testing.assert_allclose(kkt(at.evaluation())[0], lowest / scale, rtol=1e-3)
    proof = certify(Run(at.evaluation(), np.zeros((6, 6)), True, "", 1, 0, (at.value,)), criterion.at)
    assert not proof.boundary_holds
    assert not proof.holds
