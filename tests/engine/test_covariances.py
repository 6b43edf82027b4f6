"""The covariances of a fit side by side: `par`, points, templates, theta, bounds and names."""

from __future__ import annotations

import numpy as np
import pytest

import pylmer
from pylmer.engine.covariance.covariances import Covariances, Label
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.criterion.profiled import Criterion
from pylmer.engine.factorization.choose import elimination_engine
from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.scaling import find_scaling

from .problems import KINDS, families, make_rows

FAMILIES = (
    covariance_family("us", 2),
    covariance_family("cs", 3),
    covariance_family("ar1", 2, hom=True),
    covariance_family("diag", 2),
)
R_TERMS = (
    np.array([[2.0, 0.5], [0.0, 3.0]]),
    np.diag([1.0, 2.0, 4.0]),
    3.0 * np.eye(2),
    np.diag([0.5, 5.0]),
)
PAR = np.array([1.0, -0.4, 0.7, 0.5, 1.5, 2.5, 0.3, 0.8, -0.6, 0.25, 4.0])
LABELS = (
    Label("g", ("(Intercept)", "x")),
    Label("h", ("a", "b", "c")),
    Label("h", ("a", "b")),
    Label("k", ("a", "b")),
)
COVARIANCES = Covariances(FAMILIES, R_TERMS, LABELS)


def by_hand() -> list[np.ndarray]:
    """Sigma of each term from `par`, written out."""
    T = np.array([[1.0, 0.0], [-0.4, 0.7]])
    d = np.array([0.5, 1.5, 2.5])
    cs = np.outer(d, d) * (0.3 + 0.7 * np.eye(3))
    ar1 = 0.8**2 * np.array([[1.0, -0.6], [-0.6, 1.0]])
    return [T @ T.T, cs, ar1, np.diag([0.25, 4.0]) ** 2]


def test_templates_are_roots_of_what_par_says() -> None:
    for T, Sigma in zip(COVARIANCES.templates(COVARIANCES.points(PAR)), by_hand(), strict=True):
        np.testing.assert_allclose(T @ T.T, Sigma, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(T, np.tril(T))


def test_points_are_on_the_scales_of_the_sums() -> None:
    for point, R, Sigma in zip(COVARIANCES.points(PAR), R_TERMS, by_hand(), strict=True):
        T = point.template()
        np.testing.assert_allclose(T @ T.T, R @ Sigma @ R.T, rtol=1e-10, atol=1e-12)


def test_par_comes_back_from_other_scales() -> None:
    np.testing.assert_allclose(COVARIANCES.par(COVARIANCES.points(PAR)), PAR, rtol=1e-9)
    other = COVARIANCES.on([2 * R for R in R_TERMS])
    np.testing.assert_allclose(other.par(other.points(PAR)), PAR, rtol=1e-9)


def test_theta_is_the_distinct_entries_of_the_templates() -> None:
    """lme4: all of the lower triangle, but of a diagonal its entries and of hom = TRUE its first columns' once."""
    T = COVARIANCES.templates(COVARIANCES.points(PAR))
    wanted = [*T[0][np.tril_indices(2)], *T[1].T[np.triu_indices(3)], *T[2].T[np.triu_indices(2)], *np.diag(T[3])]
    np.testing.assert_allclose(COVARIANCES.theta(T), wanted)
    two = COVARIANCES.theta([np.array([each, 2 * each]) for each in T])
    np.testing.assert_allclose(two, [wanted, np.multiply(2, wanted)])
    assert [len(names) for names in COVARIANCES.theta_names_by_term] == [3, 6, 3, 2]


def test_bounds_and_names_stand_beside_par() -> None:
    lower, upper = COVARIANCES.bounds
    assert COVARIANCES.size == len(lower) == len(upper) == len(COVARIANCES.names) == len(PAR)
    assert lower.tolist() == [0, -np.inf, 0, 0, 0, 0, -0.5, 0, -1, 0, 0]
    assert [k for k, value in enumerate(upper) if value == 1] == [6, 8]
    assert COVARIANCES.names[:4] == ("g.(Intercept)", "g.x.(Intercept)", "g.x", "h.a")
    assert COVARIANCES.names[6:9] == ("h.rho", "h.*", "h.rho")


def test_a_multiple_of_its_own_for_each_term() -> None:
    for c, point in zip(range(1, 5), COVARIANCES.multiple(np.arange(1.0, 5.0)), strict=True):
        T = point.template()
        np.testing.assert_allclose(T @ T.T, c**2 * np.eye(len(T)), atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_the_criterion_in_par(kind: str) -> None:
    """Central differences of the criterion."""
    rows = make_rows(kind, weights=True)
    covariances = Covariances(families(rows), find_scaling(rows).R_terms)
    criterion = Criterion(elimination_engine(form_gram(rows)), True)
    par = covariances.par(covariances.multiple(0.8)) + np.linspace(0.0, 0.1, covariances.size)
    found = covariances.par_gradient(criterion.at(covariances.points(par)))
    for k, unit in enumerate(np.eye(len(par))):
        up, down = (criterion.at(covariances.points(par + h * unit)).value for h in (1e-5, -1e-5))
        np.testing.assert_allclose(found[k], (up - down) / 2e-5, rtol=2e-5, atol=2e-5)


def test_signs_of_par_that_is_given_count() -> None:
    """theta and -theta of one intercept are the same covariance; the gradient turns with the sign."""
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    gradient = fit.devfun.gradient(np.array([0.5]))
    np.testing.assert_allclose(fit.devfun.gradient(np.array([-0.5])), -gradient, rtol=1e-12)


def test_a_fit_carries_its_covariances() -> None:
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    assert fit.covariances is fit.devfun.covariances
    assert fit.criterion is fit.devfun.criterion
    assert fit.gram is fit.criterion.engine.gram
    assert fit.covariances.theta_names == ("Subject.(Intercept)", "Subject.Days.(Intercept)", "Subject.Days")
    np.testing.assert_allclose(fit.covariances.theta(fit.solution.T), fit.theta)
