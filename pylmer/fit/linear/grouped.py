"""lmList without its printing: one least-squares fit in each group.

Rows are chosen, and missing values left out, once for all groups. Where a column of X could differ when it is made from
the group's rows alone (factors with levels that a group lacks, `poly`, `scale`), it is, as R's lmList does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, NamedTuple, TypeVar

import narwhals as nw
import numpy as np
import pandas as pd

from ...design import Design, ModelData
from ...design.spec import Spec
from ...errors import FitNote, FormulaError, PylmerError
from ...functions import Scope, aligned, as_factor, cross, drop_unused, evaluate, read_columns
from ...functions.values import take
from ...language import deparse, parse_grouped
from ...language.nodes import Binary, Call, Node, Number, Unary
from ...language.syntax import MixedFormula, RandomTerm
from ...language.walk import nodes
from ...numerics.linalg import Array, Codes
from ...text import Shown
from ..base import Fit
from ..fitting import design_of
from ..request import Request
from .least_squares import LeastSquares
from .members import RowsByLevel, by_level
from .regression import LENIENT, full_matrix, solve_rows
from .stacked_groups import GroupSolutions, least_squares_in_groups, separate_solutions

GROUPED = replace(LENIENT, check_nobs_vs_nlev="ignore", check_nlev_gtr_1="ignore", check_nobs_vs_nRE="ignore")
ELEMENTWISE = frozenset(
    ["I", "abs", "exp", "log", "log10", "log2", "log1p", "expm1", "sqrt", "round", "sin", "cos", "tan"]
)
NONE: Codes = np.zeros(0, dtype=np.int64)
SHOWN = 10  # groups named in a note
Fits = TypeVar("Fits", bound="LinearFits")


@dataclass(frozen=True, eq=False, repr=False)
class LinearFits(Shown, Fit):
    """A linear model fitted in each of J groups.

    solutions  per group, in the order of `levels`: the fit, or None where the group's rows allow none; their numbers
               stand in arrays of all groups, and a group's own record is made when it is asked for
    names      the p coefficients that occur, in order of appearance; columns[j] says which of them group j has
    specs[j]   what codes new rows of the group, None where it has no fit
    """

    data: ModelData
    levels: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[Codes, ...]
    solutions: GroupSolutions
    specs: tuple[Spec | None, ...]
    pool: bool
    notes: tuple[FitNote, ...]

    @property
    def members(self) -> RowsByLevel:
        """Positions of each group's rows among the n rows used; none where all have missing values."""
        return self.solutions.members

    @property
    def df_residual(self) -> int:
        return int(self.solutions.df_residual.sum())

    @property
    def n_obs(self) -> int:
        return int(self.solutions.n_obs.sum())

    @property
    def sigma(self) -> float:
        """The residual standard deviation pooled over groups: that of one lm with all groups' coefficients."""
        df = self.df_residual
        return float(np.sqrt(sum(self.solutions.rss.tolist()) / df)) if df > 0 else float("nan")

    @property
    def sigmas(self) -> Array:
        """The residual standard deviation of each group (J,); NaN where there is none."""
        return self.solutions.sigma

    @property
    def coefficients(self) -> Array:
        """The estimates of each group (J, p), NaN where it has none."""
        return self._table(self.solutions.beta, lambda fit: fit.beta)

    def errors(self, sigma: Array) -> Array:
        """Their standard errors (J, p) with residual standard deviations (J,)."""
        unit = self._table(np.sqrt(np.diagonal(self.solutions.unscaled, axis1=1, axis2=2)), _unit_errors)
        return sigma[:, None] * unit

    def _table(self, together: Array, read: Callable[[LeastSquares], Array]) -> Array:
        table = np.full((len(self.levels), len(self.names)), np.nan)
        for groups, values in self.solutions.each(together, read):
            table[groups[:, None], self.columns[groups[0]]] = values
        return table


def _unit_errors(fit: LeastSquares) -> Array:
    errors = np.full(len(fit.beta), np.nan)
    errors[fit.kept] = np.sqrt(np.diag(fit.unscaled))
    return errors


@dataclass(frozen=True)
class Grouped:
    """`model | group` taken apart."""

    model: MixedFormula
    group: Node

    @property
    def node(self) -> Node:
        """The formula as it was written."""
        bar = Binary("|", self.model.rhs, self.group)
        return Unary("~", bar) if self.model.response is None else Binary("~", self.model.response, bar)

    @property
    def joint(self) -> MixedFormula:
        """The model with the group as a random intercept, which gives every row its group."""
        return replace(self.model, random=(RandomTerm(Number(1), self.group, span=self.group.span),))


def read_grouped(text: str) -> Grouped:
    """Read "y ~ x | g"; raises FormulaError for anything else."""
    model, group = parse_grouped(text)
    if model.random:
        message = "lmList() wants y ~ x | g: a model without random effects, a bar, and one grouping factor"
        raise FormulaError(message, text, *model.random[0].span)
    return Grouped(model, group)


def fit_groups(kind: type[Fits], request: Request, grouped: Grouped, pool: bool) -> Fits:
    """The fits of all groups; groups that allow none, or no residual degrees of freedom, are named in one note."""
    data = design_of(replace(request, formula=grouped.joint, control=GROUPED))
    if len(data.design.random) != 1:
        message = f"lmList() wants one simple grouping factor, found {deparse(grouped.group)}"
        raise FormulaError(message, grouped.joint.text, *grouped.group.span)
    levels, codes = _groups(data, request)
    complete = data.rows.used.complete
    rows = by_level(codes if complete is None else codes[complete], len(levels))
    parts = _parts(data, replace(request, formula=grouped.model), rows, codes)
    notes = (*(FitNote(text) for text in data.notes), *_notes(levels, parts.solutions))
    return kind(request, data, levels, *parts, pool, notes)


def _groups(data: ModelData, request: Request) -> tuple[tuple[str, ...], Codes]:
    """Labels of the groups, and codes (m,) of all rows after `subset`: groups of which no row is complete count too."""
    term, used = data.rows.random[0], data.rows.used
    if used.complete is None:
        return tuple(term.labels()), term.codes
    columns = None if request.data is None else read_columns(request.data)
    scope = Scope({} if columns is None else columns, request.env or {}, index=data.rows.data_index)
    factor = reduce(cross, (as_factor(evaluate(node, scope)) for node in data.spec.random_terms[0].factors))
    chosen = drop_unused(factor if used.chosen is None else take(factor, used.chosen))
    return tuple(chosen.levels.labels()), np.asarray(chosen.codes)


class GroupParts(NamedTuple):
    """What `LinearFits` says of the groups: see there."""

    names: tuple[str, ...]
    columns: tuple[Codes, ...]
    solutions: GroupSolutions
    specs: tuple[Spec | None, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """The fit of one group, and its columns: their names, and what tells apart those that are called the same."""

    solution: LeastSquares
    columns: tuple[tuple[str, str], ...]
    spec: Spec


def _parts(data: ModelData, request: Request, rows: RowsByLevel, codes: Codes) -> GroupParts:
    """The fit of each group that has `rows`; `codes` of all rows after `subset`: `scale` sees incomplete ones too."""
    if _row_by_row(data, request.formula):
        solutions = least_squares_in_groups(full_matrix(data), data.y, rows, data.weights, data.offset)
        shared, there = _columns(data.design), solutions.exist.tolist()
        names, (columns,) = _named([shared])
        return GroupParts(
            names,
            tuple(columns if fit else NONE for fit in there),
            solutions,
            tuple(data.spec if fit else None for fit in there),
        )
    return _own_parts(data, request, rows, codes)


def _own_parts(data: ModelData, request: Request, rows: RowsByLevel, codes: Codes) -> GroupParts:
    """The same where X is made from each group's rows alone."""
    chosen, index = data.rows.used.chosen, data.rows.data_index
    places = [at if chosen is None else chosen[at] for at in by_level(codes, len(rows))]
    parts = [_own_part(request, at, index) if len(used) else None for at, used in zip(places, rows, strict=True)]
    names, columns = _named([() if part is None else part.columns for part in parts])
    solutions = {group: part.solution for group, part in enumerate(parts) if part is not None}
    specs = tuple(None if part is None else part.spec for part in parts)
    return GroupParts(names, columns, separate_solutions(rows, data.design.n, solutions), specs)


def _named(of_groups: Sequence[tuple[tuple[str, str], ...]]) -> tuple[tuple[str, ...], tuple[Codes, ...]]:
    """The names of all columns in order of appearance, and the places of each group's own among them."""
    found = tuple(dict.fromkeys(column for columns in of_groups for column in columns))
    position = {column: i for i, column in enumerate(found)}
    places = tuple(np.array([position[column] for column in columns], dtype=np.int64) for columns in of_groups)
    return tuple(name for name, _ in found), places


def _row_by_row(data: ModelData, model: MixedFormula) -> bool:
    """Whether X depends on each row alone: numeric columns, and functions that work element by element."""
    calls = {node.function for node in nodes(model.fixed) if isinstance(node, Call)}
    numbers = all(isinstance(data.rows.variables[deparse(node)], np.ndarray) for node in data.design.fixed_terms.used)
    return numbers and calls <= ELEMENTWISE


def _columns(design: Design) -> tuple[tuple[str, str], ...]:
    return tuple(zip(design.X_full_names, design.spec.fixed_coder.marks, strict=True))


def _own_part(request: Request, rows: Codes, index: pd.Index[Any]) -> Part | None:
    """A group's fit from its rows of the data alone; None where that cannot be, as for a factor with one level."""
    columns = {
        name: take_rows(getattr(request, name), rows, index, name) for name in ("data", "weights", "offset", "env")
    }
    try:
        data = design_of(replace(request, **columns, control=LENIENT, subset=None))
    except PylmerError:
        return None
    return Part(solve_rows(data), _columns(data.design), data.spec)


def take_rows(given: Any, rows: Codes, index: pd.Index[Any], what: str) -> Any:
    """The rows of a data frame, of a vector, or of all in a mapping, without labels; whatever else is given stays."""
    if isinstance(given, Mapping):
        return {name: take_rows(value, rows, index, str(name)) for name, value in given.items()}
    is_frame = hasattr(given, "columns")
    if (not is_frame and np.ndim(given) == 0) or len(given) != len(index):
        return given
    ordered = aligned(given, index, what)
    if isinstance(ordered, np.ndarray):
        return ordered[rows]
    if not is_frame:
        return pd.Series(ordered).iloc[rows].reset_index(drop=True)
    taken = nw.from_native(ordered, eager_only=True)[rows.tolist()].to_native()
    return taken.reset_index(drop=True) if isinstance(taken, pd.DataFrame) else taken


def _notes(levels: tuple[str, ...], solutions: GroupSolutions) -> tuple[FitNote, ...]:
    """One note on the groups without data, without a fit, or without residual degrees of freedom."""
    there, used = solutions.exist, solutions.members.sizes > 0
    kinds = {
        "without data (missing values in every row)": ~used,
        "could not be fitted by itself (a factor with one level?)": used & ~there,
        "no residual degrees of freedom, hence no interval of its own": there & (solutions.df_residual == 0),
    }
    said = [
        f"{what}: {listed([levels[group] for group in np.flatnonzero(which).tolist()])}"
        for what, which in kinds.items()
        if which.any()
    ]
    return (FitNote(f"of {len(levels)} groups, " + "; ".join(said)),) if said else ()


def listed(levels: list[str]) -> str:
    """The first of the levels, and how many more there are."""
    rest = len(levels) - SHOWN
    return ", ".join(levels[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
