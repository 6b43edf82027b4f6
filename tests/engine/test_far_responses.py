"""Responses far from zero that X does not take up: the criterion to full accuracy, and the words after it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.engine.criterion.profiled import Criterion
from pylmer.engine.factorization.choose import elimination_engine
from pylmer.engine.factorization.dense import DenseEngine
from pylmer.engine.factorization.orthogonal import OrthogonalEngine
from pylmer.engine.optimize.distant_response import differenced_hessian
from pylmer.engine.optimize.information import observed_information
from pylmer.engine.sums.arrange import form_gram
from pylmer.fit.many_fits import refit_all

from .problems import KINDS, make_rows, random_points

DATA = Path(__file__).resolve().parents[1] / "data" / "two_minima" / "two_minima_c.csv"
FORMULA = "y ~ 0 + x + (x | g) + (1 | h)"


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("REML", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_orthogonal_factors_equal_dense_matrices(kind: str, REML: bool, singular: bool) -> None:
    rows = make_rows(kind, weights=not REML)
    gram, points = form_gram(rows), random_points(rows, singular=singular)
    ours, oracle = (
        Criterion(engine, REML).at(points) for engine in (OrthogonalEngine(gram, rows), DenseEngine(gram, rows))
    )
    pairs = [(ours.value, oracle.value), (ours.gradient, oracle.gradient), (ours.information, oracle.information)]
    v, S = (
        np.column_stack([ours.v, np.ones_like(ours.v)]),
        np.cov(np.random.default_rng(3).normal(size=(len(ours.v), 20))),
    )
    for one, two in ((ours.factorization, oracle.factorization),):
        for part in range(3):
            pairs += zip(one.modes(v)[part], two.modes(v)[part], strict=True)
        for part in range(2):
            pairs += zip(
                one.selected_inverse(np.atleast_2d(S))[part], two.selected_inverse(np.atleast_2d(S))[part], strict=True
            )
        c = [np.ones((f.J, f.L, 2)) for f in gram.factors]
        pairs += zip(one.solve(c), two.solve(c), strict=True)
        pairs += zip(one.products(c), two.products(c), strict=True)
    for a, b in pairs:
        assert np.max(np.abs(np.asarray(a) - b), initial=0) <= 1e-9 * max(1.0, np.max(np.abs(b), initial=0))


# The criterion at theta = (0.75; 1e6, -7000, 0.5) from its definition, in 60 digits (mpmath 1.3)
EXACT = {False: 799.198555542771, True: 800.663305289341}


@pytest.mark.parametrize("REML", [False, True])
def test_the_criterion_in_long_arithmetic(REML: bool) -> None:
    frame, theta = pd.read_csv(DATA), [0.75, 1e6, -7000.0, 0.5]
    devfun = pylmer.lmer(FORMULA, frame, REML, devFunOnly=True)
    assert isinstance(devfun.criterion.engine, OrthogonalEngine)
    assert devfun(theta) == pytest.approx(EXACT[REML], abs=1e-6)
    sums = pylmer.lmer(FORMULA, frame, REML, devFunOnly=True, control=pylmer.lmerControl(engine="blocked"))
    assert sums.criterion.engine.name == "blocked"
    assert abs(sums(theta) - EXACT[REML]) > 0.01  # what is lost without


def test_a_shift_that_the_fixed_part_takes_up_changes_no_engine() -> None:
    frame = pd.read_csv(DATA)
    near = pylmer.lmer("y ~ x + (x | g) + (1 | h)", frame, devFunOnly=True)
    assert near.criterion.engine.name == "blocked"


@pytest.mark.parametrize("kind", ["one vector", "crossed", "cs and ar1"])
def test_hessians_in_units_of_each_coordinate(kind: str) -> None:
    rows = make_rows(kind, weights=False)
    at = Criterion(elimination_engine(form_gram(rows)), True).at(random_points(rows, singular=False))
    plain = observed_information(at.criterion.at, at)
    np.testing.assert_allclose(differenced_hessian(at.criterion.at, at), plain, atol=1e-5 * np.max(np.abs(plain)))


def test_words_after_a_far_fit() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = pylmer.lmer(FORMULA, pd.read_csv(DATA))
    residuals = fit.rows.y - fit.mu
    # the mean square of the residuals is below sigma^2, and the response is a million times larger
    assert 0.8 * fit.sigma**2 < np.mean(residuals**2) < fit.sigma**2
    assert np.isfinite(pylmer.summary(fit).coefficients.to_numpy()).all()
    assert pylmer.refitML(fit).optimum.value == pytest.approx(787.737208117, rel=1e-7)  # R: deviance of the ML fit


def test_a_batch_of_far_responses_has_the_coefficients_of_refits() -> None:
    """Coefficients are shifted by least squares (here by -371,020), and turned back."""
    random = np.random.default_rng(5)
    g, x = np.repeat(np.arange(8), 6), random.normal(size=48)
    y = 1e6 + 3 * x + random.normal(size=8)[g] + random.normal(size=48)
    data = pd.DataFrame({"y": y, "x": x, "g": g, "h": np.tile(np.arange(6), 8)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        model = pylmer.lmer("y ~ 0 + x + (x | g) + (1 | h)", data, REML=False)
        other = y + np.sin(np.arange(48))
        again = pylmer.refit(model, other)
    assert model.devfun.criterion.engine.name == "orthogonal"
    batch = refit_all(model, np.column_stack([y, other]))
    np.testing.assert_allclose(batch.beta[:, 0], [model.beta[0], again.beta[0]], rtol=1e-5)
