"""Joint tests of several functions: L beta = null by an F test, and one such test for each term of a grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg

from ...errors import ArgumentError
from ...numerics.distributions import f_upper
from ...numerics.linalg import Array, Codes, symmetric
from ...numerics.rank import TOLERANCE, left_to_right
from ..contrasts.contrasts import note_undetermined
from .averaging import marginal
from .basis import Basis
from .cells import agreeing, together
from .grids import EmmGrid
from .nesting import Nesting
from .records import Axis, MeansTable, means_table

REDUCED = {" d": "d: df1 reduced due to linear dependence", " e": "e: df1 reduced due to non-estimability"}
CONFOUNDED = "(confounded)"
MOST_VARIABLES = 12  # of grids whose model's terms are not known: 4095 sets


@dataclass(frozen=True, eq=False)
class JointTest:
    """F on df1 and df2 degrees of freedom; whether rows were dependent, or could not be estimated."""

    df1: int
    df2: float
    F: float
    dependent: bool = False
    reduced: bool = False

    @property
    def p(self) -> float:
        return f_upper(self.F, self.df1, self.df2) if np.isfinite(self.F) else float("nan")

    @property
    def marks(self) -> str:
        return (" d" if self.dependent else "  ") + (" e" if self.reduced else "  ")


def joint_test(basis: Basis, L: Array, null: Array | float = 0.0) -> JointTest:
    """The F test of L beta = null (q,), for what of it can be estimated.

    The denominator degrees of freedom are the fewest that a row of an orthonormal basis has, made in order.
    Raises ArgumentError for dependent rows unless null is zero: they may contradict each other.
    """
    chosen = basis.independent(L)
    if len(chosen) < len(L) and np.any(null):
        raise ArgumentError("joint=True: the estimates are linearly dependent, so null must be zero")
    rows = L[chosen]
    C = estimable_combinations(basis, rows)
    if not len(C):
        return JointTest(0, float("nan"), float("nan"), len(chosen) < len(L), len(rows) > 0)
    distance, rows = C @ (rows[:, basis.kept] @ basis.beta - np.broadcast_to(null, len(L))[chosen]), C @ rows
    F = (quadratic(basis, rows, distance) if np.any(null) else sum_of_squares(basis, rows)) / len(rows)
    return JointTest(len(rows), fewest(basis, rows), F, len(chosen) < len(L), len(C) < len(chosen))


def estimable_combinations(basis: Basis, rows: Array) -> Array:
    """C (e, q) whose rows span the combinations of the rows (q, P) that can be estimated."""
    outside = basis.null.outside(rows)
    dependent = left_to_right(outside, TOLERANCE)
    if not dependent:
        return np.eye(len(rows))
    return np.asarray(linalg.qr(outside[:, dependent], mode="full")[0][:, len(dependent) :].T)


def quadratic(basis: Basis, rows: Array, distance: Array) -> float:
    """distance' (rows V rows')^-1 distance."""
    return float(distance @ np.linalg.solve(symmetric(basis.covariance(rows)), distance))


def sum_of_squares(basis: Basis, rows: Array) -> float:
    """The same of the estimates of independent rows, made of ones and zeros first, so that no unit drowns another."""
    rows = basis.aligned(rows)
    return quadratic(basis, rows, rows[:, basis.kept] @ basis.beta) if len(rows) else 0.0


def fewest(basis: Basis, rows: Array) -> float:
    """The fewest degrees of freedom among estimable rows, made orthonormal in their order."""
    df = basis.method.single(np.linalg.qr(rows.T)[0].T[:, basis.kept])
    note_undetermined(df)
    return float(np.min(df))


def estimable_rows(basis: Basis, L: Array) -> Array:
    """Independent rows that span what can be estimated of the rows of L."""
    rows = L[basis.independent(L)]
    return np.asarray(estimable_combinations(basis, rows) @ rows)


def joint_tests_table(grid: EmmGrid, by: tuple[str, ...], weights: Any) -> MeansTable:
    """Of each set of variables, the contrasts of their means that are no contrasts of fewer of them."""
    outer = tuple(grid.axis(name) for name in by)
    names = [axis.name for axis in grid.axes if len(axis.values) > 1 and axis.name not in by]
    first = grid.groups(by)
    rows: list[tuple[int, str, JointTest]] = []
    for number in range(len(first)):
        rows += [(number, term, test) for term, test in _tests_in_group(grid, names, by, number, weights)]
    heads = [first[number][0] for number, _, _ in rows]
    columns: dict[str, Any] = {name: list(grid.grid[name].iloc[heads]) for name in by}
    columns["model term"] = pd.Series([term for _, term, _ in rows], dtype=object)
    return tests_table(columns, [test for _, _, test in rows], by, outer)


def tests_table(
    columns: dict[str, Any], tests: Sequence[JointTest], by: tuple[str, ...], variables: tuple[Axis, ...]
) -> MeansTable:
    """A table of joint tests behind some columns."""
    numbers = {
        "df1": [test.df1 for test in tests],
        "df2": [test.df2 for test in tests],
        "F.ratio": [test.F for test in tests],
        "p.value": [test.p for test in tests],
    }
    marked = [test.marks for test in tests]
    notes = tuple(text for mark, text in REDUCED.items() if any(mark in each for each in marked))
    if notes:
        columns = {**columns, **numbers, "note": [each if each.strip() else "" for each in marked]}
    return means_table(columns if notes else {**columns, **numbers}, by, variables, "F.ratio", notes)


def _tests_in_group(
    grid: EmmGrid, names: Sequence[str], by: tuple[str, ...], group: int, weights: Any
) -> Iterator[tuple[str, JointTest]]:
    """Tests of the terms in one group, and of what is left beyond them where cells are empty."""
    spanned = [np.zeros((0, grid.L.shape[1]))]
    for term in _terms(grid, names, by):
        means = marginal(grid, term, by, weights)
        L, single = _interaction(means, means.groups(by)[group], term, grid.nesting)
        if np.isinf(grid.basis.units(L)).all():
            continue
        test = joint_test(grid.basis, L)
        if test.df1:
            spanned.append(estimable_rows(grid.basis, L))
            yield ":".join(term), JointTest(test.df1, test.df2, test.F, reduced=test.reduced or single)
    if names and grid.basis.null.vectors.shape[1]:
        means = marginal(grid, tuple(names), by, weights)
        yield from _confounded(grid, means.L[means.groups(by)[group]], spanned)


def _terms(grid: EmmGrid, names: Sequence[str], by: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The sets of variables that are tested, small ones first: nested variables with those they are nested in.

    Of a fit only those can differ from zero that some term of the model has, the groups' variables aside.
    """
    if grid.terms and not grid.nesting:
        inside = {frozenset(part) for term in grid.terms for part in _subsets(sorted(term & set(names)))}
        order = {name: i for i, name in enumerate(names)}
        sets = [tuple(sorted(part, key=order.__getitem__)) for part in inside]
        return sorted(sets, key=lambda part: (len(part), [order[name] for name in part]))
    if len(names) > MOST_VARIABLES:
        raise ArgumentError(f"joint_tests() of {len(names)} variables: average over some of them first, with emmeans()")
    return [part for part in _subsets(names) if all(set(grid.nesting.get(name, ())) <= {*part, *by} for name in part)]


def _subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """All sets of one or more of the names, small ones first."""
    return [part for size in range(1, len(names) + 1) for part in itertools.combinations(names, size)]


def _interaction(means: EmmGrid, rows: Codes, term: Sequence[str], nesting: Nesting) -> tuple[Array, bool]:
    """Differences of neighbours in each variable of a term, in one group: (q, P).

    Of nested variables within each cell of those that they are nested in; whether one has a single level somewhere.
    """
    outer = [name for name in term if any(name in nesting.get(inner, ()) for inner in term)]
    inner = [i for i, axis in enumerate(means.axes) if axis.name in term and axis.name not in outer]
    cells = means.cells[rows]
    tables = together(agreeing(cells[:, [means.position(name) for name in outer]])[1])
    found = [_differences(means.L[rows[table]], cells[table][:, inner]) for table in tables]
    return np.concatenate(found), any(not len(each) for each in found)


def _differences(L: Array, places: Codes) -> Array:
    """Differences of differences of one table (q, P); of its margins' complement where combinations are missing."""
    sizes = [len(np.unique(column)) for column in places.T]
    if math.prod(sizes) != len(places):
        return np.asarray(_complement(places) @ L)
    table = L[np.lexsort(places.T)].reshape((*sizes, -1), order="F")
    for axis in range(len(sizes)):
        table = np.diff(table, axis=axis)
    return np.asarray(table.reshape((-1, L.shape[1]), order="F"))


def _complement(places: Codes) -> Array:
    """Contrasts (q, cells) that sum to zero in every cell of each margin, one variable left out."""
    margins = [agreeing(np.delete(places, i, axis=1))[1] for i in range(places.shape[1])]
    sums = np.concatenate([np.eye(which.max() + 1)[which].T for which in margins])
    return np.asarray(linalg.null_space(sums).T)


def _confounded(grid: EmmGrid, cells: Array, spanned: Sequence[Array]) -> Iterator[tuple[str, JointTest]]:
    """What differences of cells tell beyond the terms: the F test of the gain in the joint test of all."""
    basis = grid.basis
    whole, terms = estimable_rows(basis, np.diff(cells, axis=0)), np.vstack(spanned)
    terms = terms[basis.independent(terms)]
    left = len(whole) - len(terms)
    if left > 0:
        gain = sum_of_squares(basis, whole) - sum_of_squares(basis, terms)
        yield CONFOUNDED, JointTest(left, fewest(basis, whole), gain / left)
