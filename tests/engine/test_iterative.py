"""The iterative engine against the exact elimination of the same sums, and its parts against their definitions."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.covariance.points import Points
from pylmer.engine.criterion.profiled import Criterion
from pylmer.engine.factorization.choose import choose_engine
from pylmer.engine.factorization.contract import RemainderSizeError
from pylmer.engine.factorization.iterative.conjugate_gradients import Deflation, solve
from pylmer.engine.factorization.iterative.engine import IterativePlan, exact_factorization
from pylmer.engine.factorization.iterative.log_determinant import intercepts, log_determinant, outlying
from pylmer.engine.factorization.iterative.operator import Coupling, ScaledOperator
from pylmer.engine.factorization.iterative.probes import Probes, covariance_of_mean
from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.rows import Rows, TermRows
from pylmer.engine.sums.scaling import find_scaling
from pylmer.errors import ArgumentError, NumericalError

SIZES = (90, 50, 6)
FAMILY = covariance_family("us", 1, False)


def made(sizes=SIZES, n=2000, seed=1, *, weights=False, rare=False) -> Rows:
    """Crossed scalar factors; with `rare` the last level of the second is rated once."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, J, n) for J in sizes]
    for code, J in zip(codes, sizes, strict=True):
        code[:J] = np.arange(J)
    if rare:
        codes[1][codes[1] == sizes[1] - 1] = 0
        codes[1][-1] = sizes[1] - 1
    x = rng.normal(size=n)
    y = 3 + x + sum(0.5 * rng.normal(size=J)[code] for code, J in zip(codes, sizes, strict=True)) + rng.normal(size=n)
    terms = tuple(TermRows(code, J, None, f, "us", False) for f, (code, J) in enumerate(zip(codes, sizes, strict=True)))
    return Rows(np.column_stack([np.ones(n), x]), y, rng.uniform(0.5, 2, n) if weights else None, terms)


def both(rows: Rows, REML: bool = True, seed: int = 0, k: int = 400) -> tuple[Criterion, Criterion]:
    """The exact criterion and the estimated one, of k probes."""
    gram = form_gram(rows, find_scaling(rows))
    engine = IterativePlan.of(gram.incidence, seed, k).fill(gram)
    return Criterion(choose_engine(gram, rows), REML), Criterion(engine, REML)


def points(*theta: float) -> Points:
    return Points([FAMILY.multiple(t) for t in theta])


@pytest.fixture(scope="module")
def operator() -> tuple[ScaledOperator, np.ndarray]:
    """A scaled remainder of two factors, and the same formed from its definition."""
    rng = np.random.default_rng(3)
    C = sparse.csr_array(rng.poisson(0.6, (70, 46)).astype(float))
    factors = np.repeat([0, 1], [40, 6])
    beside = np.where(factors[:, None] != factors, rng.poisson(0.4, (46, 46)), 0.0)
    whole = beside + beside.T + np.diag(C.T @ np.ones(70))
    k, d = 0.25 / (1 + 0.25 * C.sum(axis=1)), np.where(factors == 0, 0.7, 0.3)
    S = whole - (C.T @ (k[:, None] * C.toarray()))
    A = ScaledOperator(Coupling.of(C, sparse.csr_array(whole), factors), k, d, np.diag(S))
    M = np.eye(46) + d[:, None] * S * d
    return A, M / np.sqrt(np.outer(np.diag(M), np.diag(M)))


def test_operator_is_that_of_the_definition(operator) -> None:
    A, plain = operator
    np.testing.assert_allclose(A.times(np.eye(46)), plain, atol=1e-13)
    np.testing.assert_allclose(np.diag(plain), 1.0)
    coupling = A.coupling
    np.testing.assert_allclose(coupling.squares_times(A.k[:, None])[:, 0], (coupling.C.toarray() ** 2).T @ A.k)
    ones = sparse.csr_array(2.0 * (coupling.C.toarray() > 0))
    uniform = replace(coupling, C=ones)
    assert uniform.uniform == 2.0
    np.testing.assert_allclose(uniform.squares_times(A.k[:, None])[:, 0], (ones.toarray() ** 2).T @ A.k)


@pytest.mark.parametrize("width", [1, 4])
def test_deflated_conjugate_gradients_solve(operator, width) -> None:
    A, plain = operator
    rng = np.random.default_rng(4)
    space, B = Deflation.by(A, rng.normal(size=(46, width))), rng.normal(size=(46, 5))
    begun = rng.normal(size=B.shape)
    found = solve(A, space, begun, B - A.times(begun), np.full(5, 1e-11))
    np.testing.assert_allclose(found.X, np.linalg.solve(plain, B), rtol=1e-9, atol=1e-10)
    assert found.steps <= 46
    exact = solve(
        A, space, np.zeros((46, width)), space.V, np.full(width, 1e-8)
    )  # what lies in the space may take steps
    np.testing.assert_allclose(exact.X, np.linalg.solve(plain, space.V), atol=1e-7)
    with pytest.raises(NumericalError, match="did not converge in 2 steps"):
        solve(A, space, np.zeros_like(B), B, np.full(5, 1e-11), most=2)


def test_intercepts_hold_what_stands_out(operator) -> None:
    A, plain = operator
    V = np.linalg.qr(intercepts(A))[0]
    values, vectors = np.linalg.eigh(plain)
    assert values[0] < 0.3  # what the factors' intercepts share
    assert np.linalg.norm(V.T @ vectors[:, 0]) > 0.99
    space = outlying(A, 10, np.random.default_rng(0))
    assert np.linalg.norm(space.V.T @ vectors[:, 1]) > 0.99


def test_log_determinant_is_unbiased_and_knows_its_error(operator) -> None:
    A, plain = operator
    wanted = np.linalg.slogdet(plain)[1]
    found = [log_determinant(A, 12, (0,), 0.0, seed) for seed in range(20)]
    errors = np.array([each.value - wanted for each in found])
    assert abs(errors.mean()) < 3 * errors.std(ddof=1) / np.sqrt(20)
    assert np.sqrt(np.mean([each.se**2 for each in found])) == pytest.approx(errors.std(ddof=1), rel=0.6)
    wide = log_determinant(A, 12, (0, 20), 0.0, 1)
    assert abs(wide.value - wanted) < 4 * wide.se


def test_probes_of_one_factor_are_zero_elsewhere() -> None:
    factors = np.repeat([0, 1], [3, 2])
    probes = Probes.drawn(factors, 4, 1)
    assert np.abs(probes.signs).tolist() == [[1.0] * 4 + [0.0] * 4] * 3 + [[0.0] * 4 + [1.0] * 4] * 2
    assert np.array_equal(Probes.drawn(factors, 4, 1).signs, probes.signs)
    assert not np.array_equal(Probes.drawn(factors, 4, 2).signs, probes.signs)
    np.testing.assert_allclose(probes.mean(np.ones((1, 8))), [2.0])
    assert probes.samples(np.arange(8.0)).tolist() == [4.0, 6.0, 8.0, 10.0]
    np.testing.assert_allclose(covariance_of_mean(np.array([[1.0, 3.0], [0.0, 4.0]])), [[1.0, 2.0], [2.0, 4.0]])


@pytest.mark.parametrize("REML", [True, False])
@pytest.mark.parametrize("theta", [(0.5, 0.6, 0.3), (0.5, 0.0, 0.3), (0.0, 0.4, 1e-3), (1.5, 2.0, 0.02)])
def test_all_but_traces_is_exact(REML, theta) -> None:
    one, two = (criterion.at(points(*theta)) for criterion in both(made(weights=True), REML, k=5))
    exact, ours = one.factorization, two.factorization
    np.testing.assert_allclose(ours.fixed.beta, exact.fixed.beta, rtol=1e-8)
    assert ours.fixed.r2 == pytest.approx(exact.fixed.r2, rel=1e-9)
    np.testing.assert_allclose(two.Phi, one.Phi, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(two.r2_slopes, one.r2_slopes, rtol=1e-6, atol=1e-9)
    for a, b in zip(exact.modes(one.v[:, None]), ours.modes(two.v[:, None]), strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(y, x, rtol=1e-6, atol=1e-8 * np.abs(x).max(initial=1e-300))
    s = one.directions()
    for x, y in zip(exact.solve(s), ours.solve(s), strict=True):
        np.testing.assert_allclose(y, x, rtol=1e-6, atol=1e-9)
    for x, y in zip(exact.products(s), ours.products(s), strict=True):
        np.testing.assert_allclose(y, x, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("theta", [(0.5, 0.6, 0.3), (0.5, 0.0, 0.3), (0.3, 0.02, 0.0), (1.5, 2.0, 0.02)])
def test_traces_are_within_their_error(theta) -> None:
    one, two = (criterion.at(points(*theta)) for criterion in both(made()))
    spread = two.factorization.spread()
    errors = np.array([float((b - a)[0, 0]) for a, b in zip(one.ZtQZ, two.ZtQZ, strict=True)])
    size = np.array([float(a[0, 0]) for a in one.ZtQZ])
    assert np.all(np.abs(errors) <= 4 * np.sqrt(np.diag(spread)) + 1e-6 * size)
    assert np.all(np.abs(errors) <= 0.01 * size)
    S = np.zeros((3, 3))
    for part in (0, 1):
        for a, b in zip(
            one.factorization.selected_inverse(S)[part], two.factorization.selected_inverse(S)[part], strict=True
        ):
            assert np.max(np.abs(b - a)) <= 0.05 * np.max(np.abs(a)) + 1e-8


def test_scores_are_unbiased() -> None:
    rows = made((90, 50))
    wanted = both(rows)[0].at(points(0.5, 0.6)).gradient
    found = np.array([both(rows, seed=seed, k=5)[1].at(points(0.5, 0.6)).gradient for seed in range(20)])
    assert np.all(np.abs(found.mean(axis=0) - wanted) <= 3.5 * found.std(axis=0, ddof=1) / np.sqrt(20) + 1e-6)


def test_few_levels_are_left_nothing_to_chance() -> None:
    one, two = (criterion.at(points(0.5, 0.6)) for criterion in both(made((90, 12)), k=2))
    assert float(two.ZtQZ[1][0, 0]) == pytest.approx(float(one.ZtQZ[1][0, 0]), rel=1e-7)
    assert two.value == pytest.approx(one.value, rel=1e-9)


def test_a_level_met_once() -> None:
    rows = made((90, 50), rare=True)
    one, two = (criterion.at(points(0.5, 0.6)) for criterion in both(rows))
    np.testing.assert_allclose(two.gradient, one.gradient, atol=0.05)
    assert two.value == pytest.approx(one.value, abs=0.01)


def test_log_determinant_by_one_factorization() -> None:
    exact, ours = both(made())
    T = [point.template() for point in points(0.5, 0.6, 0.3)]
    assert exact_factorization(ours.engine, T).logdet_V == pytest.approx(exact.engine.factorize(T).logdet_V, rel=1e-13)


def test_the_last_factorization_is_kept_but_not_pickled() -> None:
    _, ours = both(made(), k=5)
    T = [point.template() for point in points(0.5, 0.6, 0.3)]
    assert ours.engine.factorize(T) is ours.engine.factorize([t.copy() for t in T])
    again = pickle.loads(pickle.dumps(ours.engine))
    assert not again.latest
    assert again.factorize(T).fixed.r2 == pytest.approx(ours.engine.factorize(T).fixed.r2, rel=1e-14)


def test_covariances_of_pairs_are_those_of_one_factorization() -> None:
    one, two = (criterion.at(points(0.5, 0.6, 0.3)).factorization.covariances() for criterion in both(made(), k=5))
    for a, b in zip([*one[0], *one[1].values()], [*two[0], *two[1].values()], strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12)
    with pytest.raises(NumericalError, match="knows no entries"):
        both(made(), k=5)[1].at(points(0.5, 0.6, 0.3)).factorization.remainder.covariances()


def test_vector_terms_are_refused() -> None:
    rows = made()
    rows = replace(rows, terms=(rows.terms[0], replace(rows.terms[1], Z=np.ones((2000, 2)))))
    with pytest.raises(ArgumentError, match=r"one scalar term each, such as \(1 \| g\); here a factor has 2 columns"):
        choose_engine(form_gram(rows, find_scaling(rows)), rows, "iterative")


def test_without_a_remainder_there_is_nothing_to_iterate_on() -> None:
    rows = made()
    one = replace(rows, terms=rows.terms[:1])
    above = replace(rows.terms[0], codes=rows.terms[0].codes // 3, n_levels=30, factor=1)
    for each in (one, replace(rows, terms=(rows.terms[0], above))):
        engine = choose_engine(form_gram(each, find_scaling(each)), each, "iterative")
        assert engine.name == "blocked"
        assert engine.nested


def test_a_remainder_beyond_the_limit_is_estimated(monkeypatch) -> None:
    monkeypatch.setattr("pylmer.engine.factorization.schur_complement.REMAINDER_LIMIT", 40)
    rows = made()
    gram = form_gram(rows, find_scaling(rows))
    assert choose_engine(gram, rows).name == "iterative"
    with pytest.raises(RemainderSizeError, match="56 random effects beside the largest factor, and 40 can be"):
        choose_engine(gram, rows, "blocked")
    rng = np.random.default_rng(1)
    wide = tuple(replace(term, Z=np.column_stack([np.ones(2000), rng.normal(size=2000)])) for term in rows.terms)
    rows = replace(rows, terms=wide)
    with pytest.raises(RemainderSizeError, match="one scalar term such as"):
        choose_engine(form_gram(rows, find_scaling(rows)), rows)
