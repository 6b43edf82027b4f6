"""What every structure of covariances must give, by laws that any of them obeys."""

from itertools import product

import numpy as np
import pytest

import pylmer
from pylmer.engine.covariance.family import CovarianceFamily, covariance_family
from pylmer.engine.covariance.point import Point
from pylmer.structures import DEFAULT, STRUCTURES

STEP = 1e-5
FAMILIES = [
    covariance_family(name, width, hom)
    for name, width, hom in product(STRUCTURES, (1, 2, 3, 4), (False, True))
    if not (hom and STRUCTURES[name].hom is None)
]
ALL = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: f"{family.structure}{family.width}{family.hom}")


def par_of(family: CovarianceFamily, seed: int = 1) -> np.ndarray:
    """Some parameters within their bounds."""
    share = np.random.default_rng(seed).uniform(0.2, 0.8, family.size)
    low, high = (np.clip(bound, -2.0, 2.0) for bound in family.bounds)
    return low + share * (high - low)


def point_of(family: CovarianceFamily, seed: int = 1) -> Point:
    return family.point(par_of(family, seed), np.eye(family.width))


def covariance(point: Point) -> np.ndarray:
    return point.template() @ point.template().T


@ALL
def test_parameters_names_and_bounds_have_one_length(family: CovarianceFamily) -> None:
    columns = [f"x{k}" for k in range(family.width)]
    assert len(family.par_names("g", columns)) == len(family.bounds[0]) == len(family.bounds[1]) == family.size
    assert len(family.pair_names("g", columns, "cor")) == len(family.pairs)
    assert len(family.theta_names("g", columns)) == family.theta_places.max() + 1
    assert point_of(family).size == family.multiple(1.0).size == family.size
    assert len(set(family.theta_names("g", columns))) == len(family.theta_names("g", columns))


@ALL
def test_theta_says_the_template(family: CovarianceFamily) -> None:
    """Each entry of T is the number of theta that `theta_places` says, or zero; and theta gives `par` back."""
    par = par_of(family)
    T = family.factor(family.point(par, np.eye(family.width)), np.eye(family.width))[0]
    theta = family.theta(T)
    np.testing.assert_allclose(np.where(family.theta_places >= 0, theta[family.theta_places], 0.0), T, atol=1e-14)
    np.testing.assert_allclose(family.par_of_theta(theta), par, rtol=1e-9, atol=1e-12)


@ALL
def test_par_comes_back(family: CovarianceFamily) -> None:
    R = np.triu(np.random.default_rng(2).uniform(0.5, 2, (family.width,) * 2))
    if not STRUCTURES[family.structure].linear:
        R = np.eye(family.width) * (1.5 if family.hom else np.diag(R))
    np.testing.assert_allclose(family.par(family.point(par_of(family), R), R), par_of(family), rtol=1e-9, atol=1e-12)


@ALL
def test_tangents_are_derivatives(family: CovarianceFamily) -> None:
    point, G = point_of(family), np.random.default_rng(3).normal(size=(family.width,) * 2)
    G = G + G.T
    for k, step in enumerate(STEP * np.eye(family.size)):
        up, down = point.shifted(step), point.shifted(-step)
        slope = (covariance(up) - covariance(down)) / (2 * STEP)
        np.testing.assert_allclose(point.tangents()[k], slope, atol=1e-8)
        bend = np.tensordot(up.tangents() - down.tangents(), G, axes=2) / (2 * STEP)
        np.testing.assert_allclose(point.curvature(G)[k], bend, atol=1e-7)
        roots = point.root_directions()
        if roots is not None:
            np.testing.assert_allclose(roots[k], (up.template() - down.template()) / (2 * STEP), atol=1e-9)


@ALL
def test_slopes_of_par_are_derivatives(family: CovarianceFamily) -> None:
    par, R = par_of(family), np.eye(family.width)
    for k, step in enumerate(STEP * np.eye(family.size)):
        up, down = (covariance(family.point(par + sign * step, R)) for sign in (1, -1))
        np.testing.assert_allclose(family.par_tangents(par)[k], (up - down) / (2 * STEP), atol=1e-8)


@ALL
def test_values_are_those_of_the_matrix(family: CovarianceFamily) -> None:
    R, sigma, point = np.eye(family.width), 2.0, point_of(family)
    V = sigma**2 * covariance(point)
    sd = np.sqrt(np.diag(V))
    sds, cors = family.sdcor(point, R, sigma)
    np.testing.assert_allclose(sds, sd[: family.n_sd])
    np.testing.assert_allclose(cors, [V[i, j] / (sd[i] * sd[j]) for i, j in family.pairs], atol=1e-12)
    np.testing.assert_allclose(family.varcov(point, R, sigma)[0], np.diag(V)[: family.n_sd])
    for i in range(family.width):
        for j in range(i):
            number = family.pair_number(i, j)
            if number is not None:
                assert cors[number] == pytest.approx(V[i, j] / (sd[i] * sd[j]), abs=1e-12)


@ALL
def test_a_span_holds_the_covariances_and_nothing_else(family: CovarianceFamily) -> None:
    """Or there are derivatives in variances and correlations, which move along the structure."""
    point = point_of(family)
    span = point.span(0.1)
    if span is None:
        first, second = point.by_variances()
        assert len(first) == len(second) == family.size
        other = family.point(par_of(family) * (1 + 1e-5), np.eye(family.width))
        change = (covariance(other) - covariance(point)).ravel()
        left = (
            change
            - first.reshape(len(first), -1).T @ np.linalg.lstsq(first.reshape(len(first), -1).T, change, rcond=None)[0]
        )
        assert np.linalg.norm(left) < 1e-4 * np.linalg.norm(change)
        return
    assert len(span) == family.size
    assert min(np.linalg.eigvalsh(matrix)[0] for matrix in span) > -1e-12
    for seed in (1, 2, 3):
        Sigma = covariance(point_of(family, seed)).ravel()
        flat = span.reshape(len(span), -1).T
        np.testing.assert_allclose(flat @ np.linalg.lstsq(flat, Sigma, rcond=None)[0], Sigma, atol=1e-12)


@ALL
def test_other_starts_are_of_the_structure(family: CovarianceFamily) -> None:
    """Going to `par` and back leaves them as they are."""
    R, mean = np.eye(family.width), np.arange(1.0, family.width + 1)
    starts = [family.outward(mean, 0.1), *(family.along(v, 2.0) for v in family.directions)]
    for start in [*starts, point_of(family).anew(0.5), point_of(family).floored(0.4), point_of(family).zeroed(0.4)]:
        again = family.point(family.par(start, R), R)
        np.testing.assert_allclose(covariance(again), covariance(start), atol=1e-9)


@ALL
def test_many_move_as_one(family: CovarianceFamily) -> None:
    units = family.template_units()
    if units is None:
        return
    point, step = point_of(family), np.random.default_rng(4).normal(size=family.size)
    axes = np.eye(family.width) if point.axes is None else point.axes
    moved = point.template() + axes @ np.tensordot(step, units, axes=1)
    np.testing.assert_allclose(point.shifted(step).template(), moved)
    assert covariance(family.at_template(moved, axes)) == pytest.approx(moved @ moved.T)


@pytest.mark.filterwarnings("ignore:boundary")
@pytest.mark.parametrize("name", STRUCTURES)
def test_a_fit_stores_what_theta_says(name: str) -> None:
    """lme4: the entries of Lambda' are theta[Lind]."""
    data = pylmer.datasets.load("sleepstudy")
    data = data.assign(late=data.Days > 4)
    for hom in ["", ", hom = TRUE", ", hom = FALSE"] if STRUCTURES[name].hom is not None else [""]:
        fit = pylmer.lmer(f"Reaction ~ 1 + {name}(Days + late | Subject{hom})", data, REML=False)
        stored = pylmer.getME(fit, "Lambdat").T.tocsr().data
        np.testing.assert_allclose(fit.theta[pylmer.getME(fit, "Lind")], stored, atol=1e-12)


def test_the_table_is_what_formulas_know() -> None:
    assert DEFAULT in STRUCTURES
    data = pylmer.datasets.load("sleepstudy")
    with pytest.raises(pylmer.FormulaError, match=f"known: {', '.join(STRUCTURES)}"):
        pylmer.lmer("Reaction ~ Days + toeplitz(Days | Subject)", data)
    for name, row in STRUCTURES.items():
        if row.hom is None:
            with pytest.raises(pylmer.FormulaError, match="takes no other argument"):
                pylmer.lmer(f"Reaction ~ Days + {name}(Days | Subject, hom = TRUE)", data)
    with pytest.raises(pylmer.ArgumentError, match="unknown covariance structure 'toeplitz'; known: ar1"):
        covariance_family("toeplitz", 2)


@pytest.mark.filterwarnings("ignore:boundary")
@pytest.mark.parametrize("name", STRUCTURES)
def test_glmer_takes_and_prints_every_structure(name: str) -> None:
    data = pylmer.datasets.load("cbpp")
    data = data.assign(late=data.period.isin(["3", "4"]))
    fit = pylmer.glmer(f"incidence/size ~ period + {name}(late | herd)", data, family="binomial", weights="size")
    page = str(pylmer.summary(fit))
    assert "herd" in page
    assert covariance_family(name, 2).suffix in page
