"""One grouping factor: what it leaves at hand, and values in one stack, against levels taken one by one."""

from __future__ import annotations

import numpy as np
import pytest

import pylmer
from pylmer.engine.criterion.profiled import OneFactorAt
from pylmer.engine.factorization.blocked import EliminationFactorization
from pylmer.engine.factorization.one_factor import OneFactorization
from pylmer.numerics import linalg

DATA = pylmer.datasets.load("sleepstudy")
FORMULAS = ["Reaction ~ Days + (Days | Subject)", "Reaction ~ 1 + (Days || Subject)", "Reaction ~ 0 + (1 | Subject)"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_special_case_is_a_case_of_the_general_one(formula: str) -> None:
    fit = pylmer.lmer(formula, DATA)
    own = fit.at.factorization
    assert isinstance(own, OneFactorization)
    general = EliminationFactorization(own.engine, own.elimination)
    rng, size = np.random.default_rng(3), fit.gram.p + 1
    v, S = rng.normal(size=(size, 2)), rng.normal(size=(size, size))
    S, s = S @ S.T, [rng.normal(size=(factor.J, factor.L, 3)) for factor in fit.gram.factors]
    for ours, theirs in zip(own.modes(v), general.modes(v), strict=True):
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(own.solved(v)[0], general.solved(v)[0], rtol=1e-9, atol=1e-9)
    for matrix in (S, 0 * S):
        ours, theirs = own.selected_sums(matrix)[0], general.selected_sums(matrix)[0]
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())
        for ours, theirs in zip(own.selected_inverse(matrix), general.selected_inverse(matrix), strict=True):
            np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-9, atol=1e-9 * np.abs(theirs[0]).max())
    for ours, theirs in zip(own.products(s), general.products(s), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max(initial=1.0))


@pytest.mark.parametrize("REML", [True, False])
@pytest.mark.parametrize("formula", FORMULAS)
def test_values_at_once_are_those_one_by_one(formula: str, REML: bool) -> None:
    fit = pylmer.lmer(formula, DATA, REML)
    places = [fit.covariances.multiple(c) for c in (0.0, 0.1, 1.0, 30.0)]
    together = fit.criterion.values(places)
    assert together is not None
    np.testing.assert_allclose(together, [fit.criterion.at(place).value for place in places], rtol=1e-13)


@pytest.mark.parametrize("REML", [True, False])
@pytest.mark.parametrize("formula", FORMULAS)
def test_an_evaluation_in_one_go_is_what_is_asked_for_in_pieces(formula: str, REML: bool) -> None:
    fit = pylmer.lmer(formula, DATA, REML)
    at = fit.criterion.at(fit.covariances.multiple(0.4))
    once, pieces = at.evaluation(), fit.criterion.at(at.points)
    assert isinstance(at, OneFactorAt)
    np.testing.assert_allclose(once.gradient, pieces.gradient, rtol=1e-12)
    np.testing.assert_allclose(once.information, pieces.information, rtol=1e-11, atol=1e-11)
    for one, two in zip(
        (*once.G, *once.ZtQZ), (*pieces.G, *(pieces.ZtQZ[0][here, here] for _, here in at._places)), strict=True
    ):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12)


def test_values_are_not_taken_at_once_of_crossed_factors() -> None:
    fit = pylmer.lmer("diameter ~ 1 + (1 | plate) + (1 | sample)", pylmer.datasets.load("Penicillin"))
    assert fit.criterion.values([fit.covariances.multiple(1.0)]) is None


@pytest.mark.parametrize("k", [0, 1, 2, 5])
def test_small_matrices_against_numpy(k: int) -> None:
    rng = np.random.default_rng(k)
    A, c = rng.normal(size=(k, k)), rng.normal(size=k)
    M = A @ A.T + np.eye(k)
    L = linalg.cholesky_of_one(M)
    np.testing.assert_allclose(L, np.linalg.cholesky(M), rtol=1e-12)
    np.testing.assert_allclose(L @ linalg.solve_lower(L, c), c, rtol=1e-12)
    np.testing.assert_allclose(L.T @ linalg.solve_lower(L, c, transposed=True), c, rtol=1e-12)
    np.testing.assert_allclose(L @ linalg.inverse_of_lower(L), np.eye(k), atol=1e-12)
    if k:
        values, vectors = linalg.eigen(M)
        np.testing.assert_allclose((vectors * values) @ vectors.T, M, rtol=1e-10, atol=1e-12)
        U, s = linalg.singular(A)
        np.testing.assert_allclose((U * s**2) @ U.T, A @ A.T, rtol=1e-10, atol=1e-12)


def test_what_has_no_factor_is_said() -> None:
    with pytest.raises(pylmer.errors.NumericalError):
        linalg.cholesky_of_one(-np.eye(2))
    with pytest.raises(pylmer.errors.NumericalError):
        linalg.singular(np.full((2, 2), np.nan))
