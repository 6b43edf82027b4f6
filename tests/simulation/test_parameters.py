"""Parameters in place of those fitted: theta to free parameters and back, and what a record with them says."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.engine.covariance.family import CovarianceFamily, covariance_family
from pylmer.fit.given_parameters import fitted_parameters, read_parameters, with_parameters

from .test_simulate import fit

FAMILIES = [
    covariance_family(structure, width, hom)
    for structure in ("us", "diag", "cs", "ar1")
    for hom in (False, True)
    for width in (1, 2, 4)
    if not (structure == "us" and hom)
]


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("rho", [-0.2, 0.0, 0.7])
def test_theta_gives_the_free_parameters_back(family: CovarianceFamily, rho: float) -> None:
    par = np.random.default_rng(1).uniform(0.5, 2, family.size)
    if family.structure in ("cs", "ar1") and family.width > 1:
        par[-1] = rho
    T = family.factor(family.point(par, np.eye(family.width)), np.eye(family.width))[0]
    np.testing.assert_allclose(family.par_of_theta(family.theta(T)), par, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["slopes", "crossed", "nested", "weighted", "cs", "ar1"])
def test_the_fits_own_parameters_change_nothing(name: str) -> None:
    of = fit(name)
    same = with_parameters(of, {"theta": of.theta, "beta": pylmer.fixef(of), "sigma": of.sigma})
    np.testing.assert_allclose(same.mu, of.mu, rtol=1e-9)
    np.testing.assert_allclose(pylmer.vcov(same), pylmer.vcov(of), rtol=1e-6)
    for factor, values in of.solution.cond_var.items():
        np.testing.assert_allclose(same.solution.cond_var[factor], values, rtol=1e-6, atol=1e-8 * values.max())


def test_covariances_are_those_at_the_new_parameters() -> None:
    of = fit("slopes")
    changed = with_parameters(of, {"theta": [1.2, 0.1, 0.3], "sigma": 3.0})
    T, X, codes = np.array([[1.2, 0.0], [0.1, 0.3]]), of.rows.X, of.rows.random[0].codes
    V = np.eye(180) + (X @ T @ T.T @ X.T) * (codes[:, None] == codes)
    np.testing.assert_allclose(pylmer.vcov(changed), 9 * np.linalg.inv(X.T @ np.linalg.solve(V, X)), rtol=1e-9)
    rows = codes == 0
    inner = np.linalg.inv(np.linalg.inv(T @ T.T) + X[rows].T @ X[rows])
    np.testing.assert_allclose(pylmer.ranef(changed).cond_var["Subject"][0], 9 * inner, rtol=1e-9)
    np.testing.assert_allclose(changed.b, (of.solution.u_terms[0] @ T.T).ravel(), rtol=1e-12)
    assert changed.beta.tolist() == of.beta.tolist()


def test_a_record_with_given_parameters_keeps_them_when_pickled() -> None:
    changed = pickle.loads(pickle.dumps(with_parameters(fit("slopes"), {"beta": [1.0, 2.0]})))
    assert changed.beta.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "beta",
    [{"Days": 5}, pd.Series({"Days": 5}), [251.40510485, 5], np.array([251.40510485, 5])],
    ids=["dict", "Series", "list", "array"],
)
def test_by_name_or_in_order(beta: Any) -> None:
    of = fit("slopes")
    given = read_parameters(of.design, {"beta": beta}, fitted_parameters(of))
    np.testing.assert_allclose(given.beta, [of.beta[0], 5], rtol=1e-9)
    named = read_parameters(of.design, {"theta": {"Subject.Days": 2}}, fitted_parameters(of))
    np.testing.assert_allclose(named.theta, [*of.theta[:2], 2], rtol=1e-12)
    words = read_parameters(of.design, {"theta": pylmer.getME(of, "theta")}, fitted_parameters(of))
    np.testing.assert_array_equal(words.theta, of.theta)
