"""A structure filled with row weights of any sign, against the products of the dense matrices themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import block_diag

from pylmer.engine.factorization.between import BetweenEngine
from pylmer.engine.factorization.choose import elimination_engine
from pylmer.engine.factorization.contract import Engine, SumsEngine
from pylmer.engine.factorization.dense import DenseEngine
from pylmer.engine.factorization.layout import Layout, joined
from pylmer.engine.factorization.orthogonal import OrthogonalEngine
from pylmer.engine.sums.gram import Gram
from pylmer.engine.sums.rows import Rows
from pylmer.engine.sums.scaling import find_scaling
from pylmer.engine.sums.structure import Structure
from pylmer.errors import NumericalError

from .problems import KINDS, make_rows, random_points

SIGNS = ("ones", "prior", "with zeros", "negative")


@pytest.fixture(autouse=True)
def chains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chains beside crossed factors are eliminated as large ones are."""
    monkeypatch.setattr("pylmer.engine.factorization.chain_crossed.VECTORS_FROM", 0)
    monkeypatch.setattr("pylmer.engine.factorization.chain_crossed.SCALARS_FROM", 0)


def weights_of(sign: str, n: int) -> np.ndarray | None:
    rng = np.random.default_rng(8)
    if sign == "ones":
        return None
    w = rng.uniform(0.5, 2, n)
    if sign == "with zeros":
        w[rng.uniform(size=n) < 0.4] = 0.0
    return rng.uniform(-0.3, 1, n) if sign == "negative" else w


def dense_columns(rows: Rows, structure: Structure) -> tuple[list[np.ndarray], np.ndarray]:
    """Z per factor (n, J, L) and [X y] (n, p + 1), scaled, from their definitions."""
    scaling, n = structure.scaling, rows.n
    Z = []
    for factor in structure.factors:
        terms = [rows.terms[t] for t in factor.terms]
        raw = [np.ones((n, 1)) if t.Z is None else t.Z for t in terms]
        columns = [z @ np.linalg.inv(scaling.R_terms[t]) for z, t in zip(raw, factor.terms, strict=True)]
        z = np.zeros((n, factor.J, factor.L))
        z[np.arange(n), terms[0].codes] = np.hstack(columns)
        Z.append(z)
    X = rows.X @ np.linalg.inv(scaling.R)
    return Z, np.column_stack([X, rows.y - rows.X @ scaling.shift])


def whole(gram: Gram) -> np.ndarray:
    """Z'WZ of all factors (q, q), as a Gram has it."""
    layout = Layout(gram.incidence.shapes)
    out = block_diag(*(block for f in gram.factors for block in f.ZtZ))
    for (f, g), link in gram.links.items():
        for j, k, block in zip(link.first, link.second, link.blocks, strict=True):
            (one, _, L), (two, _, K) = layout.places[f], layout.places[g]
            a, b = one.start + j * L, two.start + k * K
            out[a : a + L, b : b + K], out[b : b + K, a : a + L] = block, block.T
    return out


def assert_close(ours: object, expected: object, tolerance: float = 1e-12) -> None:
    ours, expected = np.asarray(ours), np.asarray(expected)
    assert ours.shape == expected.shape
    size = max(1.0, float(np.max(np.abs(expected), initial=0)))
    assert np.max(np.abs(ours - expected), initial=0) <= tolerance * size


def structure_of(rows: Rows, *, keep: bool = True) -> Structure:
    return Structure.of(rows, find_scaling(rows), keep=keep)


@pytest.mark.parametrize("which", ["Z", "ZX", "ZXy"])
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("kind", KINDS)
def test_filled_sums_are_the_products(kind: str, sign: str, which: str) -> None:
    rows = make_rows(kind, weights=True)
    structure, w = structure_of(rows, keep=which != "ZXy"), weights_of(sign, rows.n)
    if which == "ZXy" and sign in ("with zeros", "negative"):
        gram = Gram(rows.n, *structure.sums(w, which), 0.0, 0.0, structure.scaling)  # sum(log w) is not defined
    else:
        gram = structure.filled(w, which)
    Z, Xy = dense_columns(rows, structure)
    W = np.ones(rows.n) if w is None else w
    flat = np.hstack([z.reshape(rows.n, -1) for z in Z])
    columns = {"Z": np.zeros((rows.n, 1)), "ZX": np.column_stack([Xy[:, :-1], 0 * rows.y]), "ZXy": Xy}[which]
    assert_close(whole(gram), flat.T @ (W[:, None] * flat))
    assert_close(joined([f.ZtXy for f in gram.factors]), flat.T @ (W[:, None] * columns))
    assert_close(gram.XytXy, columns.T @ (W[:, None] * columns))
    assert gram.p == columns.shape[1] - 1


@pytest.mark.parametrize("kind", KINDS)
def test_products_with_rows(kind: str) -> None:
    rows = make_rows(kind, weights=True)
    structure = structure_of(rows)
    Z, Xy = dense_columns(rows, structure)
    rng = np.random.default_rng(3)
    c, s = rng.normal(size=(rows.n, 3)), [rng.normal(size=(f.J, f.L, 3)) for f in structure.factors]
    for one, two in zip(structure.Zt(c), Z, strict=True):
        assert_close(one, np.einsum("nja,nk->jak", two, c))
    for one, two in zip(structure.Zt(c[:, 0]), Z, strict=True):
        assert_close(one, np.einsum("nja,n->ja", two, c[:, 0]))
    expected = sum(np.einsum("nja,jak->nk", z, x) for z, x in zip(Z, s, strict=True))
    assert_close(structure.Z(s), expected)
    assert_close(structure.Z([x[:, :, 0] for x in s]), expected[:, 0])
    assert_close(structure.X, Xy[:, :-1])


def dense_K(gram: Gram, T: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """K = T (I + T'AT)^-1 T' and log|I + T'AT|, all factors together."""
    Lambda = block_diag(*(t for f, t in zip(gram.factors, T, strict=True) for _ in range(f.J)))
    M = np.eye(len(Lambda)) + Lambda.T @ whole(gram) @ Lambda
    return Lambda @ np.linalg.solve(M, Lambda.T), float(np.linalg.slogdet(M)[1])


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("sign", ["with zeros", "negative"])
@pytest.mark.parametrize("kind", KINDS)
def test_engines_on_weights_of_any_sign(kind: str, sign: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pylmer.engine.factorization.whole.FEW", few)
    rows = make_rows(kind, weights=False)
    gram = structure_of(rows).filled(weights_of(sign, rows.n), "ZX")
    T = [point.template() for point in random_points(rows, singular=True)]
    at = elimination_engine(gram).factorize(T)
    K, logdet = dense_K(gram, gram.factor_templates(T))
    c = [np.random.default_rng(1).normal(size=(f.J, f.L, 2)) for f in gram.factors]
    assert_close(joined(at.solve(c)), K @ joined(c), 1e-11)
    ZtX, p = joined([f.ZtXy for f in gram.factors])[:, :-1], gram.p
    assert at.fixed.logdet_V == pytest.approx(logdet, rel=1e-11, abs=1e-11)
    assert_close(at.fixed.L_X @ at.fixed.L_X.T, gram.XytXy[:p, :p] - ZtX.T @ K @ ZtX, 1e-11)


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_an_indefinite_matrix_is_an_error(kind: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pylmer.engine.factorization.whole.FEW", few)
    rows = make_rows(kind, weights=False)
    gram = structure_of(rows).filled(np.full(rows.n, -1.0), "Z")
    with pytest.raises(NumericalError, match="not positive definite"):
        _ = elimination_engine(gram).factorize([np.eye(t.width) for t in rows.terms]).logdet_V


@pytest.mark.parametrize("table", [0, 1000])
def test_pairs_are_found_in_either_way(table: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pylmer.engine.sums.incident.TABLE", table)
    rng = np.random.default_rng(5)
    rows = make_rows("crossed", weights=False)
    structure = structure_of(rows)
    for (f, g), pair in structure.pairs.items():
        one, two = structure.factors[f].codes, structure.factors[g].codes
        met = sorted(set(zip(one.tolist(), two.tolist(), strict=True)))
        assert list(zip(pair.pairs.first.tolist(), pair.pairs.second.tolist(), strict=True)) == met
        some = rng.integers(0, rows.n, 20)
        assert [met[k] for k in pair.numbers[some]] == list(zip(one[some].tolist(), two[some].tolist(), strict=True))
        turned = pair.turned()
        assert sorted((b, a) for a, b in met) == list(
            zip(turned.pairs.first.tolist(), turned.pairs.second.tolist(), strict=True)
        )
        assert np.array_equal(turned.pairs.first[turned.numbers], two)


WAYS = {  # of elimination, by what is changed to get there from small problems
    "as chosen": {},
    "eliminated": {"whole.FEW": 0},
    "sparse coupling": {"whole.FEW": 0, "crossed.DENSE_SHARE": 2.0},
    "sparse remainder": {
        "whole.FEW": 0,
        "sparse_schur_complement.SPARSE_FROM": 0,
        "sparse_schur_complement.SPARSE_FILL": 2.0,
    },
    "slabs": {
        "whole.FEW": 0,
        "schur_update.MAP_LIMIT": 8,
        "schur_update.SLAB_CELLS": 40,
        "schur_update.PAIRS_AT_ONCE": 5,
    },
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in WAYS[request.param].items():
        monkeypatch.setattr(f"pylmer.engine.factorization.{name}", value)
    return str(request.param)


def everything(engine: SumsEngine, T: list[np.ndarray]) -> list[np.ndarray]:
    """All that a factorization and its engine give, one after the other."""
    at, rng = engine.factorize(T), np.random.default_rng(4)
    c = [rng.normal(size=(f.J, f.L, 2)) for f in engine.gram.factors]
    v, S = rng.normal(size=(engine.gram.p + 1, 2)), np.eye(engine.gram.p + 1)
    own, between = at.covariances()
    parts = [*engine.ZtZ_times(c), *at.solve(c), *at.products(c), *own, *between.values(), np.array(at.logdet_V)]
    for several in (*at.modes(v), *at.selected_inverse(S)):
        parts += several
    return parts


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("way")
def test_a_refilled_engine_is_a_new_one(kind: str, sign: str) -> None:
    rows = make_rows(kind, weights=False)
    structure = structure_of(rows)
    T = [point.template() for point in random_points(rows, singular=False)]
    gram = structure.filled(weights_of(sign, rows.n), "ZX")
    zero = structure.filled(np.zeros(rows.n), "Z")  # from which no pattern can be read
    for first in (structure.filled(), zero):
        refilled = elimination_engine(first).refilled(gram)
        for ours, new in zip(everything(refilled, T), everything(elimination_engine(gram), T), strict=True):
            assert_close(ours, new)


@pytest.mark.parametrize("kind", ["one vector", "nested", "crossed", "crossed scalars"])
@pytest.mark.usefixtures("way")
def test_an_engine_of_other_levels_is_not_refilled(kind: str) -> None:
    engine = elimination_engine(structure_of(make_rows(kind, weights=False)).filled())
    with pytest.raises(NumericalError, match="other levels"):
        engine.refilled(structure_of(make_rows("crossed three, one term hom", weights=False)).filled())


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("sign", ["ones", "with zeros", "negative"])
@pytest.mark.parametrize("kind", KINDS)
def test_leverages(kind: str, sign: str, singular: bool, way: str) -> None:
    rows = make_rows(kind, weights=False)
    structure = structure_of(rows)
    gram = structure.filled(weights_of(sign, rows.n), "Z")
    T = [point.template() for point in random_points(rows, singular=singular)]
    engine = elimination_engine(gram)
    K, _ = dense_K(gram, gram.factor_templates(T))
    Z, _ = dense_columns(rows, structure)
    flat = np.hstack([z.reshape(rows.n, -1) for z in Z])
    expected = np.sum((flat @ K) * flat, axis=1)
    assert_close(engine.factorize(T).leverages(structure), expected, 1e-11)
    if way == "sparse remainder" and kind == "crossed scalars":
        assert "sparse" in engine.route


@pytest.mark.parametrize("kind", KINDS)
def test_leverages_of_engines_that_hold_rows(kind: str) -> None:
    rows = make_rows(kind, weights=True)
    structure = structure_of(rows)
    gram = structure.filled(rows.weights)
    T = [point.template() for point in random_points(rows, singular=False)]
    expected = elimination_engine(gram).factorize(T).leverages(structure)
    others: list[Engine] = [DenseEngine(gram, rows), OrthogonalEngine(gram, rows)]
    if len(gram.factors) == 1:
        others.append(BetweenEngine(gram))
    for engine in others:
        assert_close(engine.factorize(T).leverages(structure), expected, 1e-10)
