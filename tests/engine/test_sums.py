"""Sums add, in any order and cut in any way, to what the rows give when they are in memory together."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pylmer.engine.criterion.profiled import Criterion
from pylmer.engine.factorization.choose import elimination_engine
from pylmer.engine.sums.arrange import arrange, form_gram, ordered
from pylmer.engine.sums.gram import Gram
from pylmer.engine.sums.rows import Rows, TermRows
from pylmer.engine.sums.scaling import Scaling, find_scaling
from pylmer.engine.sums.sums import Labels, Sums, TermNames, sums_of
from pylmer.errors import DataError, NumericalError

from .problems import KINDS, make_rows, random_points


def labels_of(rows: Rows) -> Labels:
    numbered = Labels.numbered(rows)
    names = [
        np.array([f"{group}-{level}" for level in levels])
        for group, levels in zip("abcde", numbered.levels, strict=False)
    ]
    return replace(numbered, levels=tuple(names))


def cut(rows: Rows, labels: Labels, which: np.ndarray, coordinates: Scaling, rng: np.random.Generator) -> Sums:
    """The sums of some rows alone, which have their own levels in an order of their own."""
    terms, levels = list(rows.terms), list(labels.levels)
    for number, f in enumerate(dict.fromkeys(t.factor for t in rows.terms)):
        codes = next(t for t in terms if t.factor == f).codes[which]
        kept = rng.permutation(np.unique(codes))
        place = np.zeros(len(levels[number]), dtype=np.int64)
        place[kept] = np.arange(len(kept))
        for t, term in enumerate(terms):
            if term.factor == f:
                Z = None if term.Z is None else term.Z[which]
                terms[t] = replace(term, codes=place[codes], n_levels=max(1, len(kept)), Z=Z)
        levels[number] = levels[number][kept] if len(kept) else levels[number][:1]
    w = None if rows.weights is None else rows.weights[which]
    some = Rows(rows.X[which], rows.y[which], w, tuple(terms))
    return sums_of(some, coordinates, replace(labels, levels=tuple(levels)))


def assert_close(ours: np.ndarray, expected: np.ndarray, tolerance: float = 1e-12) -> None:
    assert ours.shape == expected.shape
    size = max(1.0, float(np.max(np.abs(expected), initial=0)))
    assert np.max(np.abs(ours - expected), initial=0) <= tolerance * size


def assert_same(ours: Gram, expected: Gram, tolerance: float = 1e-12) -> None:
    assert ours.n == expected.n
    for one, two in zip(ours.factors, expected.factors, strict=True):
        assert one.terms == two.terms
        assert_close(one.ZtZ, two.ZtZ, tolerance)
        assert_close(one.ZtXy, two.ZtXy, tolerance)
    assert ours.links.keys() == expected.links.keys()
    for key, link in ours.links.items():
        assert np.array_equal(link.first, expected.links[key].first)
        assert np.array_equal(link.second, expected.links[key].second)
        assert_close(link.blocks, expected.links[key].blocks, tolerance)
    assert_close(ours.XytXy, expected.XytXy, tolerance)
    assert ours.sum_log_weights == pytest.approx(expected.sum_log_weights, rel=1e-12, abs=1e-12)
    assert ours.y_square == pytest.approx(expected.y_square, rel=1e-12)


def chunked(rows: Rows, seed: int, coordinates: Scaling, own: bool = False) -> Sums:
    """Sums of random chunks, some of them empty, added in random order; with `own` each in coordinates of its own."""
    rng, labels = np.random.default_rng(seed), labels_of(rows)
    part = rng.integers(0, 5, rows.n)
    part[rng.uniform(size=rows.n) < 0.02] = 7  # and 5, 6 are empty
    chunks = []
    for k in rng.permutation(8):
        scaling = coordinates
        if own and k < 5:
            twist = np.triu(rng.normal(size=scaling.R.shape)) + 3 * np.eye(rows.p)
            R_terms = tuple(R * rng.uniform(0.5, 2) for R in scaling.R_terms)
            scaling = Scaling(twist @ scaling.R, R_terms, scaling.shift + rng.normal(size=rows.p))
        chunks.append(cut(rows, labels, np.flatnonzero(part == k), scaling, rng))
    return sum(chunks).with_levels(labels.levels)  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_chunks_add_to_the_whole(kind: str, own: bool, seed: int) -> None:
    rows = make_rows(kind, weights=seed > 0, seed=seed)
    whole = form_gram(rows)
    total = chunked(rows, seed, whole.scaling, own).in_coordinates(whole.scaling)
    assert_same(ordered(total), whole, 1e-11 if own else 1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_arranged_sums_have_the_coordinates_of_the_rows(kind: str, seed: int) -> None:
    """Whitening and least squares from sums, formed in the coordinates of a few rows, equal those of all rows."""
    rows = make_rows(kind, weights=seed > 0, seed=seed)
    head = chunked(rows, seed, find_scaling(head_of(rows)))
    ours, whole = arrange(head), form_gram(rows)
    assert_same(ours, whole, 1e-11)
    assert_close(ours.scaling.R, whole.scaling.R, 1e-11)
    assert_close(ours.scaling.shift, whole.scaling.shift, 1e-10)
    for one, two in zip(ours.scaling.R_terms, whole.scaling.R_terms, strict=True):
        assert_close(one, two, 1e-11)


def head_of(rows: Rows, n: int = 30) -> Rows:
    terms = tuple(replace(t, codes=t.codes[:n], Z=None if t.Z is None else t.Z[:n]) for t in rows.terms)
    return Rows(rows.X[:n], rows.y[:n], None if rows.weights is None else rows.weights[:n], terms)


@pytest.mark.parametrize("far", ["y + 1e7", "x + 1e5", "x / 1e6"])
@pytest.mark.parametrize("kind", ["one vector", "nested", "crossed"])
def test_far_columns_and_responses_are_not_lost(kind: str, far: str) -> None:
    rows = make_rows(kind, weights=True)

    def moved(x: np.ndarray) -> np.ndarray:
        return {"y + 1e7": x, "x + 1e5": x + 1e5, "x / 1e6": x / 1e6}[far]

    X = rows.X.copy()
    X[:, 1] = moved(X[:, 1])
    terms = []
    for term in rows.terms:
        Z = term.Z
        if Z is not None and Z.shape[1] > 1:
            Z = Z.copy()
            Z[:, 1] = moved(Z[:, 1])
        terms.append(replace(term, Z=Z))
    rows = Rows(X, rows.y + (1e7 if far == "y + 1e7" else 0.0), rows.weights, tuple(terms))
    points = random_points(rows, singular=False)

    def value(gram: Gram) -> float:
        return Criterion(elimination_engine(gram), True).at(points).value

    ours = arrange(chunked(rows, 1, find_scaling(head_of(rows))))
    assert value(ours) == pytest.approx(value(form_gram(rows)), abs=1e-8)


def test_levels_may_turn_up_late_and_change_the_order_of_factors() -> None:
    """The first rows are nested, all of them are crossed: two factors, of which the second has more effects."""
    rng, n = np.random.default_rng(3), 60
    g, h = np.arange(n) % 6, np.arange(n) % 2
    h[40:] = rng.integers(0, 2, 20)
    Z = np.column_stack([np.ones(n), rng.normal(size=n), rng.normal(size=n), rng.normal(size=n)])
    terms = (TermRows(g, 6, None, 0), TermRows(h, 2, Z, 1))
    rows, labels = Rows(np.ones((n, 1)), rng.normal(size=n), None, terms), labels_of
    whole, found = form_gram(rows), find_scaling(rows)
    assert [f.terms for f in whole.factors] == [(1,), (0,)]
    parts = [cut(rows, labels(rows), some, found, rng) for some in (np.arange(40), np.arange(40, n))]
    assert [f.terms for f in ordered(parts[0]).factors] == [(0,), (1,)]
    assert_same(ordered((parts[1] + parts[0]).with_levels(labels(rows).levels)), whole)


def test_saved_sums_are_the_same(tmp_path: Path) -> None:
    rows = make_rows("crossed three, one term hom", weights=True)
    sums = sums_of(rows, find_scaling(rows), labels_of(rows))
    sums.save(tmp_path / "sums")
    again = Sums.load(tmp_path / "sums")
    assert_same(ordered(again), ordered(sums), 0.0)
    assert again.labels.terms == sums.labels.terms
    assert again.labels.X_names == sums.labels.X_names
    assert_same(ordered(again + sums), ordered(sums + again), 0.0)
    for one, two in zip(again.labels.levels, sums.labels.levels, strict=True):
        assert one.tolist() == two.tolist()


@pytest.mark.parametrize("content", [b"", b"no sums", b"PK\x03\x04"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(str(path))):
        Sums.load(path)


def test_other_archives_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", x=np.zeros(2))
    with pytest.raises(DataError, match="holds no sums"):
        Sums.load(tmp_path / "other.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X_names": ("a", "b")}, "columns of X"),
        ({"terms": (TermNames("0", ("0", "2")),)}, "random terms"),
        ({"terms": (TermNames("g", ("0", "1")),)}, "grouping factors"),
        ({"levels": (np.arange(12),)}, "text in one of the sums and numbers in the other"),
    ],
)
def test_sums_of_other_things_are_not_added(change: dict[str, object], message: str) -> None:
    rows = make_rows("one vector", weights=False)
    one = sums_of(rows, find_scaling(rows), labels_of(rows))
    with pytest.raises(DataError, match=message):
        one + replace(one, labels=replace(one.labels, **change))


def test_levels_that_are_needed_are_not_left_out() -> None:
    rows = make_rows("one vector", weights=False)
    sums = sums_of(rows, find_scaling(rows), labels_of(rows))
    with pytest.raises(DataError, match=r"missing among those wanted: \['a-3'\]"):
        sums.with_levels([np.delete(sums.labels.levels[0], 3)])


def test_dependent_columns_of_sums_are_an_error() -> None:
    rows = make_rows("one vector", weights=False)
    twice = replace(rows, X=np.column_stack([rows.X, rows.X[:, 1] * 2]))
    plain = Scaling(np.eye(3), (np.eye(2),), np.zeros(3))
    with pytest.raises(NumericalError, match="linearly dependent"):
        arrange(sums_of(twice, plain))
    with pytest.raises(NumericalError, match="no rows"):
        arrange(cut(rows, labels_of(rows), np.arange(0), find_scaling(rows), np.random.default_rng(1)))
