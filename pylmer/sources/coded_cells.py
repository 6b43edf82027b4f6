"""Cells coded: what every atom is multiplied by in the columns of X and Z, by today's design code.

With every number set to 1, a row of X is the codings of its cell, D; with one number set to 2, the columns that have it
as a factor are twice as large. So X = D * (atom of the column), whatever contrasts and interactions there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from ..design.checks import check_finite
from ..design.model_frame import variable_of
from ..design.rows_used import RowsUsed
from ..functions import Matrix, Value
from ..functions.arrays import Array, either
from ..functions.values import missing, take
from ..functions.variables import as_variable
from ..language import deparse
from .atoms import Atoms
from .bases import representatives
from .cells import EngineCells
from .numbering import distinct
from .parts import TablePart
from .plan import CodedRows, PartPlan
from .recipe import Evaluated, group_value
from .spoken import Spoken


@dataclass(frozen=True, eq=False)
class KnownCells:
    """Cells in which nothing is missing, with their variables and groups.

    variables  that keys say, by their deparse;  groups by theirs
    combination  which row of the loads belongs to each cell (C,);  first: a cell of each combination
    """

    cells: EngineCells
    variables: Mapping[str, Value]
    groups: Mapping[str, Value]
    combination: Array
    first: Array


def known_cells(plan: PartPlan, spoken: Spoken, cells: EngineCells, groups: Sequence[str], where: str) -> KnownCells:
    """The cells in which all that is made of keys is known; `groups` are the grouping variables that they have."""
    scope = plan.recipe.scope(TablePart(cells.columns, where))
    n, nodes = len(cells.n), {deparse(node): node for node in plan.recipe.variables}
    variables = {
        name: said_value(cells, spoken, name) if name in spoken.said_keys else variable_of(node, scope, n)
        for name, node in nodes.items()
        if name not in spoken.columns
    }
    made = {deparse(node): group_value(node, scope) for node in plan.recipe.groups if deparse(node) in groups}
    absent = reduce(either, map(missing, (*variables.values(), *made.values())), None)
    if absent is not None and absent.any():
        keep = np.flatnonzero(~absent)
        cells = cells.take(keep)
        variables, made = ({name: take(value, keep) for name, value in each.items()} for each in (variables, made))
    check_finite(variables)
    own = [made[name] for name in made if name in nodes]
    combination, first = _combinations([*variables.values(), *own], len(cells.n))
    return KnownCells(cells, variables, made, combination, first)


def said_value(cells: EngineCells, spoken: Spoken, name: str) -> Value:
    """A variable that is a key, in each cell."""
    base = spoken.bases.get(name)
    if base is None:
        return as_variable(cells.columns[name])
    return as_variable(base.on(representatives(base, np.asarray(cells.columns[name], float))))


def _combinations(values: Sequence[Value], n: int) -> tuple[Array, Array]:
    """The number of each cell's combination of values (n,), and a cell of each."""
    if not values:
        return np.zeros(n, dtype=np.int64), np.arange(min(n, 1))
    codes = distinct(values[0])[1]
    for value in values[1:]:
        more = distinct(value)[1]
        codes = pd.factorize(codes * (int(more.max(initial=0)) + 1) + more)[0]
    _, first, combination = np.unique(codes, return_index=True, return_inverse=True)
    return combination, first


@dataclass(frozen=True, eq=False)
class Loads:
    """What atoms and response are multiplied by, by combination of keys.

    fixed   [X~ y~], (F, m + 1, P + 1);  random: of each term Z~ (F, m + 1, l)
    coding  D (F, P) and the atom of each column (P,)
    """

    fixed: Array
    random: tuple[Array, ...]
    coding: Array
    atom: Array


def loads_of(plan: PartPlan, known: KnownCells, atoms: Atoms, spoken: Spoken, where: str) -> Loads:
    """The loads of all combinations of keys in some cells."""
    variables = {name: take(value, known.first) for name, value in known.variables.items()}
    groups = {name: take(value, known.first) for name, value in known.groups.items()}
    F = len(known.first)

    def coded(doubled: str | None) -> CodedRows:
        values = {name: _ones(spoken, name, F, doubled) for name in spoken.columns}
        return plan.coded(Evaluated(variables | values, groups, np.zeros(F), None, None, RowsUsed(F), {}, where))

    plain, doubled = coded(None), {name: coded(name) for name in spoken.numbers}
    D, atom = _dense(plain.X), _atoms(atoms, plain.X, {name: each.X for name, each in doubled.items()})
    raw = _raw(atoms, D, atom)
    fixed = np.zeros((F, len(atoms) + 1, D.shape[1] + 1))
    fixed[:, :, :-1] = raw @ plan.coordinates.inverse
    fixed[:, :-1, -1] = atoms.target - raw[:, :-1] @ plan.coordinates.shift
    fixed[:, -1, -1] = 1.0
    random = []
    for t, Z in enumerate(plain.Z):
        if Z is None:
            own = _raw(atoms, np.ones((F, 1)), np.zeros(1, dtype=np.int64))
        else:
            own = _raw(atoms, Z, _atoms(atoms, Z, {name: each.Z[t] for name, each in doubled.items()}))
        random.append(own @ plan.coordinates.inverse_terms[t])
    return Loads(fixed, tuple(random), D, atom)


def _ones(spoken: Spoken, name: str, F: int, doubled: str | None) -> Value:
    """A variable that is 1 everywhere, or 2 in one of its columns."""
    columns = spoken.columns[name]
    numbers = np.ones((F, len(columns)))
    numbers[:, [column == doubled for column in columns]] = 2.0
    return as_variable(Matrix(numbers, spoken.bases[name].names)) if name in spoken.bases else numbers[:, 0]


def _dense(X: Any) -> Array:
    return np.asarray(X.toarray()) if hasattr(X, "toarray") else np.asarray(X)


def _atoms(atoms: Atoms, X: object, doubled: Mapping[str, object]) -> Array:
    """The place of the atom of each column; 1 for a column that is nowhere but 0."""
    plain = _dense(X)
    has = {name: np.any(_dense(other) != plain, axis=0) for name, other in doubled.items()}
    found = [tuple(name for name in doubled if has[name][j]) for j in range(plain.shape[1])]
    return np.array([atoms.products.index(each) for each in found], dtype=np.int64)


def _raw(atoms: Atoms, D: Array, atom: Array) -> Array:
    """Of columns D * atom, by centred atom: (F, m + 1, columns)."""
    out = np.zeros((D.shape[0], len(atoms) + 1, D.shape[1]))
    for j, a in enumerate(atom.tolist()):
        out[:, a, j] += atoms.scale[a] * D[:, j]
        out[:, 0, j] += atoms.centre[a] * D[:, j]
    return out
