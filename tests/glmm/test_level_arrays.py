"""Arrays of levels in place of stacks: the same answers as the general structure, singular templates included."""

from __future__ import annotations

import numpy as np
import pytest

from pylmer.engine.generalized.grouped import GroupedStructure, suited_structure
from pylmer.engine.generalized.nested import NestedStructure
from pylmer.engine.generalized.weighted import GlmRows, WeightedStructure, form_structure, weighted_scaling
from pylmer.engine.sums.rows import TermRows
from pylmer.errors import NumericalError

N = 90


def term(factor, codes, Z=None):
    return TermRows(codes=codes, n_levels=int(codes.max()) + 1, Z=Z, factor=factor)


def rows_of(kind):
    """X of three columns; one factor of 1 to 4 effects, two terms on one, or four nested intercepts."""
    rng = np.random.default_rng(7)
    X = np.column_stack([np.ones(N), rng.normal(size=(N, 2))])
    Z = np.column_stack([np.ones(N), rng.normal(size=(N, 3))])
    g = rng.permutation(np.arange(N) % 12)
    terms = {
        "intercept": [term(0, g)],
        "one slope": [term(0, g, Z[:, 1:2])],
        "two": [term(0, g, Z[:, :2])],
        "three": [term(0, g, Z[:, :3])],
        "four": [term(0, g, Z)],
        "apart": [term(0, g), term(0, g, Z[:, 1:2])],
        # within 4, an effect for every row, within 2, within 12: not the order that the engine wants
        "nested": [term(f, codes) for f, codes in enumerate((g // 3, rng.permutation(N), g // 6, g))],
    }[kind]
    return GlmRows(X, np.zeros(N), None, None, tuple(terms))


GROUPED = ("intercept", "one slope", "two", "three", "apart")
KINDS = (*GROUPED, "nested")


def both(kind):
    rows = rows_of(kind)
    scaling = weighted_scaling(rows, np.full(N, 0.3))
    return suited_structure(rows, scaling), form_structure(rows, scaling)


def templates(structure, zero=False):
    rng = np.random.default_rng(3)
    out = []
    for R in structure.scaling.R_terms:
        T = np.tril(rng.normal(size=R.shape))
        if zero:
            T[:, -1] = 0.0
        out.append(T)
    return out


def close(one, two):
    for a, b in zip(one, two, strict=True):
        assert np.asarray(a).shape == np.asarray(b).shape
        assert a == pytest.approx(np.asarray(b), rel=1e-10, abs=1e-10)


def test_which_structure_suits():
    for kind in GROUPED:
        assert type(both(kind)[0]) is GroupedStructure
    assert type(both("nested")[0]) is NestedStructure
    assert type(both("four")[0]) is WeightedStructure


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_levels(kind):
    lean, plain = both(kind)
    rng = np.random.default_rng(1)
    c, b = rng.normal(size=N), [rng.normal(size=each.shape) for each in plain.zeros()]
    close(lean.cross(c), plain.cross(c))
    assert lean.random(b) == pytest.approx(plain.random(b), rel=1e-12, abs=1e-12)
    wide = rng.normal(size=(N, 2))
    close(lean.cross(wide), plain.cross(wide))
    many = [np.stack([each, 2 * each], axis=2) for each in b]
    assert lean.random(many) == pytest.approx(plain.random(many), rel=1e-12, abs=1e-12)
    for fixed in (True, False):
        one, two = (structure.filled(weights_of(), fixed).gram for structure in (lean, plain))
        close([one.XytXy], [two.XytXy])
        for a, other in zip(one.factors, two.factors, strict=True):
            close([a.ZtZ, a.ZtXy], [other.ZtZ, other.ZtXy])
        for key, link in two.links.items():
            close([one.links[key].blocks], [link.blocks])


def weights_of(negative=0):
    weights = np.random.default_rng(2).uniform(0.1, 1.0, N)
    weights[:negative] = -0.002
    return weights


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("negative", [0, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_factorizations(kind, negative, zero):
    lean, plain = both(kind)
    T = templates(plain, zero)
    engines = [structure.filled(weights_of(negative)) for structure in (lean, plain)]
    one, two = (engine.factorize(T) for engine in engines)
    rng = np.random.default_rng(4)
    c = [rng.normal(size=(*each.shape, 2)) for each in plain.zeros()]
    single = [each[:, :, 0] for each in c]
    assert one.logdet_V == pytest.approx(two.logdet_V, rel=1e-12)
    assert one.reduced_Xy == pytest.approx(two.reduced_Xy, rel=1e-10, abs=1e-10)
    close(one.half_solves, two.half_solves)
    close(engines[0].ZtZ_times(c), engines[1].ZtZ_times(c))
    close(one.solve(c), two.solve(c))
    close(one.effects(c), two.effects(c))
    for a, b in zip(one.answered(single), two.answered(single), strict=True):
        close(a, b)
    close(one.products(c), two.products(c))
    S = np.zeros((4, 4))
    close(one.selected_sums(S), two.selected_sums(S))
    close(one.selected_sums(S + np.eye(4)), two.selected_sums(S + np.eye(4)))
    v = np.array([[0.3], [-0.2], [0.1], [1.0]])
    for a, b in zip(one.modes(v), two.modes(v), strict=True):
        close(a, b)
    close(one.solved(v), two.solved(v))
    assert one.leverages(lean) == pytest.approx(two.leverages(plain), rel=1e-10, abs=1e-12)
    for a, b in zip(one.selected_inverse(S), two.selected_inverse(S), strict=True):
        close(a, b)


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_steps_of_the_modes(kind, zero):
    lean, plain = both(kind)
    by_term = templates(plain, zero)
    T = [np.zeros((factor.L, factor.L)) for factor in plain.factors]
    for term, (f, at) in plain.place.items():
        T[f][at, at] = by_term[term]
    rng = np.random.default_rng(5)
    g, u = rng.normal(size=N), [rng.normal(size=each.shape) for each in plain.zeros()]
    if zero:  # what a vanished direction has is 0
        u = [each * (np.abs(t).sum(axis=0) > 0) for each, t in zip(u, T, strict=True)]
    b = [each @ t.T for each, t in zip(u, T, strict=True)]
    (one, promised), (two, wanted) = (s.mode_step(weights_of(), g, T, u, b) for s in (lean, plain))
    close(one, two)
    assert promised == pytest.approx(wanted, rel=1e-9)
    assert promised >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_indefinite_is_said(kind):
    lean, plain = both(kind)
    weights = np.full(N, -5.0)
    with pytest.raises(NumericalError, match="positive definite"):
        lean.filled(weights).factorize(templates(plain)).logdet_V  # noqa: B018  # raises


@pytest.mark.parametrize("kind", KINDS)
def test_several_places_at_once(kind):
    lean, plain = both(kind)
    engine = lean.filled(weights_of())
    places = [[c * np.eye(len(R)) for R in plain.scaling.R_terms] for c in (0.1, 0.5, 2.0)]
    together = engine.reduced_at([np.array(T) for T in zip(*places, strict=True)])
    assert (together is None) == (kind == "nested")
    for T, rest, logdet_V in zip(places, *(together or ([], [])), strict=together is not None):
        alone = plain.filled(weights_of()).factorize(T)
        close([rest], [alone.reduced_Xy])
        assert logdet_V == pytest.approx(alone.logdet_V, rel=1e-10, abs=1e-10)
