"""The blocked engine against the plain dense oracle, quantity by quantity, at fixed templates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from pylmer.engine.criterion.profiled import At, Criterion
from pylmer.engine.factorization.chain_crossed import ChainCrossedPlan
from pylmer.engine.factorization.choose import elimination_engine, elimination_plan
from pylmer.engine.factorization.dense import DenseEngine
from pylmer.engine.factorization.patterns import CsrPattern
from pylmer.engine.factorization.schur_update import UpdatePlan
from pylmer.engine.factorization.selected import factor, pattern_of, selected_inverse
from pylmer.engine.optimize.information import observed_information
from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.structure import Structure
from pylmer.errors import NumericalError

from .problems import KINDS, make_rows, random_points

TOLERANCE = 1e-10  # relative to the largest entry: the figure


@pytest.fixture(autouse=True)
def chains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chains beside crossed factors are eliminated as large ones are."""
    monkeypatch.setattr("pylmer.engine.factorization.chain_crossed.VECTORS_FROM", 0)
    monkeypatch.setattr("pylmer.engine.factorization.chain_crossed.SCALARS_FROM", 0)


def both(kind: str, REML: bool, singular: bool) -> tuple[At, At]:
    rows = make_rows(kind, weights=not REML)
    gram, points = form_gram(rows), random_points(rows, singular=singular)
    return Criterion(elimination_engine(gram), REML).at(points), Criterion(DenseEngine(gram, rows), REML).at(points)


def assert_equal(ours: object, oracle: object) -> None:
    ours, oracle = np.asarray(ours), np.asarray(oracle)
    assert ours.shape == oracle.shape
    assert np.max(np.abs(ours - oracle), initial=0) <= TOLERANCE * max(1.0, np.max(np.abs(oracle), initial=0))


def assert_solves(ours: At, oracle: At) -> None:
    """K c of both, and K Z'Z s = Sigma Z'V^-1Z s, of which s'Z'V^-1Z s is known otherwise."""
    rng = np.random.default_rng(4)
    c = [rng.normal(size=(f.J, f.L, 3)) for f in ours.criterion.engine.gram.factors]
    for one, two in zip(ours.factorization.solve(c), oracle.factorization.solve(c), strict=True):
        assert_equal(one, two)
    ZtZs = [at.criterion.engine.ZtZ_times(c) for at in (ours, oracle)]
    for one, two in zip(*ZtZs, strict=True):
        assert_equal(one, two)
    left_over = [
        a - b for a, b in zip(ZtZs[0], ours.criterion.engine.ZtZ_times(ours.factorization.solve(ZtZs[0])), strict=True)
    ]
    quadratic = sum(np.einsum("jlk,jlm->km", a, b) for a, b in zip(c, left_over, strict=True))
    assert_equal(quadratic, ours.factorization.products(c)[0])


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_solving_with_the_conditional_covariance(kind: str, singular: bool) -> None:
    assert_solves(*both(kind, True, singular))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small crossed designs are eliminated as large ones are."""
    monkeypatch.setattr("pylmer.engine.factorization.whole.FEW", 0)


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("REML", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_blocked_equals_dense(kind: str, REML: bool, singular: bool, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pylmer.engine.factorization.whole.FEW", few)
    ours, oracle = both(kind, REML, singular)
    assert_equal(ours.value, oracle.value)
    assert_equal(ours.factorization.fixed.beta, oracle.factorization.fixed.beta)
    assert_equal(ours.gradient, oracle.gradient)
    assert_equal(ours.information, oracle.information)
    for one, two in zip(ours.G, oracle.G, strict=True):
        assert_equal(one, two)
    v = np.column_stack([ours.v, np.ones_like(ours.v)])
    for part in range(3):
        for one, two in zip(ours.factorization.modes(v)[part], oracle.factorization.modes(v)[part], strict=True):
            assert_equal(one, two)
    S = np.cov(np.random.default_rng(3).normal(size=(len(ours.v), 20)))
    for part in range(2):
        spreads = zip(
            ours.factorization.selected_inverse(np.atleast_2d(S))[part],
            oracle.factorization.selected_inverse(np.atleast_2d(S))[part],
            strict=True,
        )
        for one, two in spreads:
            assert_equal(one, two)


@pytest.mark.parametrize("REML", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_score_is_the_derivative_of_the_value(kind: str, REML: bool) -> None:
    at, _ = both(kind, REML, singular=False)
    h = 1e-4
    for a, unit in enumerate(np.eye(len(at.gradient))):
        d = [at.criterion.at(at.points.shifted(c * h * unit)).value for c in (-2, -1, 1, 2)]
        slope = (d[0] - 8 * d[1] + 8 * d[2] - d[3]) / (12 * h)
        assert slope == pytest.approx(at.gradient[a], abs=2e-7 * max(1, np.max(np.abs(at.gradient))))


@pytest.mark.parametrize("REML", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_average_information_is_its_definition(kind: str, REML: bool) -> None:
    """y'P V_a P V_b P y / s2 - m r2_a r2_b / r2^2 + tr(G d2Sigma), from n x n matrices."""
    _, at = both(kind, REML, singular=False)
    dense = at.factorization
    Vi, X, y = dense.inverse, dense.Xy[:, :-1], dense.Xy[:, -1]
    P = Vi - Vi @ X @ np.linalg.solve(X.T @ Vi @ X, X.T @ Vi) if X.shape[1] else Vi
    gram = at.criterion.engine.gram
    derivatives = []
    for term, point in enumerate(at.points):
        factor, here = gram.place[term]
        z = dense.Z[factor][:, :, here]
        derivatives += [np.einsum("nja,ab,mjb->nm", z, E, z) for E in point.tangents()]
    Py = P @ y
    r2, m = y @ Py, at.criterion.m
    r2_a = np.array([-Py @ D @ Py for D in derivatives])
    AI = np.array([[Py @ D @ P @ F @ Py for F in derivatives] for D in derivatives])
    expected = AI / (r2 / m) - m * np.outer(r2_a, r2_a) / r2**2 + at.curvature
    assert_equal(at.information, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_curvature_is_the_second_derivative_of_sigma(kind: str) -> None:
    rows = make_rows(kind, weights=False)
    h = 1e-4
    for point in random_points(rows, singular=False):
        width = len(point.template())
        G = np.cov(np.random.default_rng(5).normal(size=(width, 30))).reshape(width, width)
        units = np.eye(len(point.tangents()))

        def weighted(step: np.ndarray, point=point, G=G) -> float:  # type: ignore[no-untyped-def]
            T = point.shifted(step).template()
            return float(np.sum(G * (T @ T.T)))

        second = [
            [
                (weighted(h * (a + b)) - weighted(h * (a - b)) - weighted(h * (b - a)) + weighted(-h * (a + b)))
                / (4 * h * h)
                for b in units
            ]
            for a in units
        ]
        assert np.allclose(point.curvature(G), second, atol=1e-5 * max(1, np.max(np.abs(second))))


@pytest.mark.parametrize("kind", ["crossed", "crossed three, one term hom", "cs and ar1"])
@pytest.mark.usefixtures("many")
def test_sparse_coupling_equals_dense(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pylmer.engine.factorization.crossed.DENSE_SHARE", 2.0)
    ours, oracle = both(kind, REML=True, singular=False)
    assert sparse.issparse(ours.criterion.engine.C)
    assert_equal(ours.value, oracle.value)
    assert_equal(ours.gradient, oracle.gradient)
    assert_equal(ours.information, oracle.information)


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("REML", [False, True])
@pytest.mark.usefixtures("many")
def test_sparse_remainder_equals_dense(REML: bool, singular: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pylmer.engine.factorization.sparse_schur_complement.SPARSE_FROM", 0)
    monkeypatch.setattr("pylmer.engine.factorization.sparse_schur_complement.SPARSE_FILL", 2.0)
    ours, oracle = both("crossed scalars", REML, singular)
    assert "sparse" in ours.criterion.engine.route
    assert_equal(ours.value, oracle.value)
    assert_equal(ours.gradient, oracle.gradient)
    assert_equal(ours.information, oracle.information)
    for one, two in zip(ours.G, oracle.G, strict=True):
        assert_equal(one, two)
    assert_solves(ours, oracle)
    S = np.eye(len(ours.v))
    for part in range(2):
        spreads = zip(
            ours.factorization.selected_inverse(S)[part], oracle.factorization.selected_inverse(S)[part], strict=True
        )
        for one, two in spreads:
            assert_equal(one, two)


@pytest.mark.parametrize("limit", [20, 10**6])
def test_update_and_adjoint(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pylmer.engine.factorization.schur_update.MAP_LIMIT", limit
    )  # some rows in the map, the longer ones as slabs
    monkeypatch.setattr("pylmer.engine.factorization.schur_update.SLAB_CELLS", 60)
    monkeypatch.setattr("pylmer.engine.factorization.schur_update.PAIRS_AT_ONCE", 7)
    rng = np.random.default_rng(1)
    C = sparse.csr_array(np.where(rng.uniform(size=(40, 15)) < 0.3, rng.uniform(size=(40, 15)), 0.0))
    k, S = rng.uniform(size=40), rng.normal(size=(15, 15))
    S = np.asfortranarray(S + S.T)
    update = UpdatePlan.of(CsrPattern(C.indptr, C.indices, np.arange(C.nnz), C.shape)).fill(C.data)
    assert len(update.short) > 0
    assert (len(update.long) > 0) == (limit == 20)
    dense = C.toarray()
    assert_equal(update.square(k), np.tril(dense.T @ (k[:, None] * dense)))
    assert_equal(update.adjoint(S), np.einsum("jq,qr,jr->j", dense, S, dense))
    assert_equal(update.applied(S), (dense @ S)[C.nonzero()])


def test_selected_inverse_is_the_inverse_at_the_pattern() -> None:
    rng = np.random.default_rng(2)
    B = sparse.csr_array(np.where(rng.uniform(size=(60, 60)) < 0.05, rng.uniform(size=(60, 60)), 0.0))
    M = sparse.csc_array(B @ B.T + 2 * sparse.eye_array(60))
    order = np.argsort(factor(M, "MMD_AT_PLUS_A").perm_c)
    ordered = sparse.csc_array(M[order][:, order])
    lu = factor(ordered, "NATURAL")
    pattern, values = pattern_of(lu)
    inverse = np.linalg.inv(ordered.toarray())
    Z = selected_inverse(lu, pattern, values)
    column = np.repeat(np.arange(60), np.diff(pattern.indptr))
    assert_equal(Z[: len(values)], inverse[pattern.rows, column])
    assert_equal(Z[len(values) :], np.diag(inverse))


def test_a_sparse_indefinite_matrix_is_an_error() -> None:
    with pytest.raises(NumericalError, match="not positive definite"):
        factor(sparse.csc_array(np.diag([1.0, -1.0, 2.0])), "NATURAL")


def test_sums_of_chunks_are_the_sums_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = make_rows("crossed", weights=True)
    whole = form_gram(rows)
    monkeypatch.setattr(
        "pylmer.engine.sums.structure.chunks", lambda n, size=0: (slice(k, min(k + 37, n)) for k in range(0, n, 37))
    )
    parts = form_gram(rows, whole.scaling)
    assert_equal(parts.XytXy, whole.XytXy)
    for one, two in zip(parts.factors, whole.factors, strict=True):
        assert_equal(one.ZtZ, two.ZtZ)
        assert_equal(one.ZtXy, two.ZtXy)
    for key, link in whole.links.items():
        assert_equal(parts.links[key].blocks, link.blocks)


@pytest.mark.parametrize("REML", [False, True])
@pytest.mark.parametrize("kind", ["one vector", "nested", "crossed", "cs and ar1"])
def test_observed_information_is_the_second_derivative_of_the_value(kind: str, REML: bool) -> None:
    at, _ = both(kind, REML, singular=False)
    H, units = observed_information(at.criterion.at, at), np.eye(len(at.gradient))

    def value(step: np.ndarray) -> float:
        return at.criterion.at(at.points.shifted(step)).value

    def second(h: float) -> np.ndarray:
        corners = [[(a + b, a - b, b - a, -a - b) for b in units] for a in units]
        signs = (1, -1, -1, 1)
        return np.array(
            [[sum(s * value(h * c) for s, c in zip(signs, four, strict=True)) for four in row] for row in corners]
        ) / (4 * h * h)

    extrapolated = (4 * second(1e-3) - second(2e-3)) / 3  # the differences' own error falls from h^2 to h^4
    assert np.allclose(H, extrapolated, rtol=0, atol=1e-7 * np.max(np.abs(H)))


def test_chains_are_taken_where_they_leave_few() -> None:
    """By the table of plans: a chain that leaves more than half of the others is not worth its price."""
    incidence = form_gram(make_rows("chain beside crossed", weights=False)).incidence
    assert elimination_plan(incidence).fits(incidence)
    assert not isinstance(elimination_plan(incidence), ChainCrossedPlan)  # all effects in one small matrix
    assert ChainCrossedPlan.fits(incidence)
    plan = ChainCrossedPlan.of(incidence)
    assert [incidence.shapes[f] for f in plan.chain] == [(12, 2), (4, 3), (2, 1)]
    assert plan.layout.shapes == ((7, 1),)
    assert not ChainCrossedPlan.fits(form_gram(make_rows("crossed scalars", weights=False)).incidence)
    assert not ChainCrossedPlan.fits(form_gram(make_rows("crossed", weights=False)).incidence)


def test_chain_engine_of_other_weights(many: None) -> None:
    rows = make_rows("chain beside crossed", weights=False)
    engine, w = elimination_engine(form_gram(rows)), np.random.default_rng(5).uniform(0.5, 2, rows.n)
    assert "beside crossed ones: 3 are eliminated level by level" in engine.route
    scaling = engine.gram.scaling
    weighted = Structure.of(rows, scaling).filled(w)
    points = random_points(rows, singular=False)
    ours = Criterion(engine.refilled(weighted), True).at(points)
    oracle = Criterion(DenseEngine(weighted, replace(rows, weights=w)), True).at(points)
    assert_equal(ours.value, oracle.value)
    assert_equal(ours.gradient, oracle.gradient)


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if "beside" in kind])
def test_covariances_beside_a_chain(kind: str, singular: bool, many: None) -> None:
    ours, oracle = (at.factorization.covariances() for at in both(kind, True, singular))
    for one, two in zip(ours[0], oracle[0], strict=True):
        assert_equal(one, two)
    assert ours[1].keys() == oracle[1].keys()
    for key, link in ours[1].items():
        assert_equal(link, oracle[1][key])
