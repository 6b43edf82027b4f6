"""lmList without its printing: one least-squares fit in each group.

Rows are chosen, and missing values left out, once for all groups. Where a column of X could differ when it is made from
the group's rows alone (factors with levels that a group lacks, `poly`, `scale`), it is, as R's lmList does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
import pandas as pd

from .design import Design
from .design.rank import independent_columns
from .errors import FitNote, FormulaError, PylmerError
from .fitting import Request, design_of
from .functions import aligned
from .language import deparse, parse_grouped
from .language.syntax import Binary, Call, MixedFormula, Node, Number, RandomTerm, Unary
from .language.walk import nodes
from .least_squares import LeastSquares, least_squares
from .linalg import Array, Codes
from .regression import LENIENT, full_matrix, solve_design
from .tables import Shown

GROUPED = replace(LENIENT, check_nobs_vs_nlev="ignore", check_nlev_gtr_1="ignore", check_nobs_vs_nRE="ignore")
ELEMENTWISE = frozenset(
    ["I", "abs", "exp", "log", "log10", "log2", "log1p", "expm1", "sqrt", "round", "sin", "cos", "tan"]
)
Fits = TypeVar("Fits", bound="LinearFits")


@dataclass(frozen=True, eq=False, repr=False)
class LinearFits(Shown):
    """A linear model fitted in each of J groups.

    solutions  per group, in the order of `levels`: the fit, or None where the group's rows allow none
    names      the p coefficients that occur, in order of appearance; columns[j] says which of them group j has
    rows[j]    positions of the group's rows among the n rows used
    """

    request: Request
    design: Design
    levels: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[Codes, ...]
    rows: tuple[Codes, ...]
    solutions: tuple[LeastSquares | None, ...]
    pool: bool
    notes: tuple[FitNote, ...]

    @property
    def call(self) -> Call:
        return self.request.call

    @property
    def formula(self) -> MixedFormula:
        return self.request.formula

    @cached_property
    def fits(self) -> tuple[LeastSquares, ...]:
        """The groups that could be fitted."""
        return tuple(solution for solution in self.solutions if solution is not None)

    @property
    def df_residual(self) -> int:
        return sum(fit.df_residual for fit in self.fits)

    @property
    def n_obs(self) -> int:
        return sum(fit.n_obs for fit in self.fits)

    @property
    def sigma(self) -> float:
        """The residual standard deviation pooled over groups: that of one lm with all groups' coefficients."""
        rss = sum(fit.rss for fit in self.fits)
        return float(np.sqrt(rss / self.df_residual)) if self.df_residual > 0 else float("nan")

    def each(self, read: Callable[[LeastSquares], Array]) -> tuple[Array | None, ...]:
        """What `read` finds in each group's fit, None where there is none."""
        return tuple(None if solution is None else read(solution) for solution in self.solutions)

    def table(self, values: tuple[Array | None, ...]) -> Array:
        """One row per group (J, p) from each group's values; NaN where it has none."""
        table = np.full((len(self.levels), len(self.names)), np.nan)
        for row, columns, found in zip(table, self.columns, values, strict=True):
            if found is not None:
                row[columns] = found
        return table


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
    design = design_of(replace(request, formula=grouped.joint, control=GROUPED))
    if len(design.random) != 1:
        message = f"lmList() wants one simple grouping factor, found {deparse(grouped.group)}"
        raise FormulaError(message, grouped.joint.text, *grouped.group.span)
    levels = tuple(design.random[0].labels())
    rows = _split(design.random[0].codes, len(levels))
    parts = _parts(design, replace(request, formula=grouped.model), rows)
    found = tuple(dict.fromkeys(column for part in parts if part is not None for column in part.columns))
    position, names = {column: i for i, column in enumerate(found)}, tuple(name for name, _ in found)
    columns = tuple(np.array([position[c] for c in part.columns] if part else [], dtype=np.int64) for part in parts)
    solutions = tuple(None if part is None else part.solution for part in parts)
    notes = (*(FitNote(text) for text in design.notes), *_notes(levels, solutions))
    return kind(request, design, levels, names, columns, rows, solutions, pool, notes)


def _split(codes: Codes, count: int) -> tuple[Codes, ...]:
    """Positions of the rows of each level; rows with code -1 belong to none."""
    order = np.argsort(codes, kind="stable")[np.count_nonzero(codes < 0) :]
    sizes = np.bincount(codes[order], minlength=count)
    return tuple(np.split(order, np.cumsum(sizes)[:-1]))


@dataclass(frozen=True, eq=False)
class Part:
    """The fit of one group, and its columns: their names, and what tells apart those that are called the same."""

    solution: LeastSquares
    columns: tuple[tuple[str, str], ...]


def _parts(design: Design, request: Request, rows: tuple[Codes, ...]) -> list[Part | None]:
    if _row_by_row(design, request.formula):
        X = full_matrix(design)
        return [_shared_part(design, X, chosen) for chosen in rows]
    return [_own_part(request, positions, design.data_index) for positions in _all_rows(design, request, len(rows))]


def _row_by_row(design: Design, model: MixedFormula) -> bool:
    """Whether X depends on each row alone: numeric columns, and functions that work element by element."""
    calls = {node.function for node in nodes(model.fixed) if isinstance(node, Call)}
    numbers = all(isinstance(design.variables[deparse(node)], np.ndarray) for node in design.fixed_terms.used)
    return numbers and calls <= ELEMENTWISE


def _columns(design: Design) -> tuple[tuple[str, str], ...]:
    return tuple(zip(design.X_full_names, design.spec.fixed_coder.marks, strict=True))


def _shared_part(design: Design, X: Array, rows: Codes) -> Part:
    """A group's fit on its rows of the matrix that was made for all."""
    weights, offset = (None if column is None else column[rows] for column in (design.weights, design.offset))
    solution = least_squares(X[rows], design.y[rows], independent_columns(X[rows]), weights, offset)
    return Part(solution, _columns(design))


def _all_rows(design: Design, request: Request, count: int) -> tuple[Codes, ...]:
    """Positions in the data of each group's rows after `subset`, those with missing values too, which `scale` sees."""
    whole = request.data
    if whole is None:
        index, env = design.data_index, request.env or {}
        vectors = [name for name, value in env.items() if np.ndim(value) and len(value) == len(index)]
        whole = {name: aligned(env[name], index, f"env[{name!r}]") for name in vectors}
    codes = design.spec.random(whole, allow_new_levels=True)[0][1]
    if design.rows.chosen is not None:
        codes = np.where(np.isin(np.arange(len(codes)), design.rows.chosen), codes, -1)
    return _split(codes, count)


def _own_part(request: Request, rows: Codes, index: pd.Index[Any]) -> Part | None:
    """A group's fit from its rows of the data alone; None where that cannot be, as for a factor with one level."""
    columns = {name: _take(getattr(request, name), rows, index, name) for name in ("data", "weights", "offset", "env")}
    try:
        design = design_of(replace(request, **columns, control=LENIENT, subset=None))
    except PylmerError:
        return None
    return Part(solve_design(design), _columns(design))


def _take(given: Any, rows: Codes, index: pd.Index[Any], what: str) -> Any:
    """The rows of a data frame, of a vector, or of all in a mapping, without labels; whatever else is given stays."""
    if isinstance(given, Mapping):
        return {name: _take(value, rows, index, str(name)) for name, value in given.items()}
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


def _notes(levels: tuple[str, ...], solutions: tuple[LeastSquares | None, ...]) -> tuple[FitNote, ...]:
    failed = [level for level, fit in zip(levels, solutions, strict=True) if fit is None]
    exact = [level for level, fit in zip(levels, solutions, strict=True) if fit is not None and not fit.df_residual]
    said = [f"could not be fitted by itself (a factor with one level?): {', '.join(failed)}"] if failed else []
    if exact:
        said.append(f"no residual degrees of freedom, hence no interval of its own: {', '.join(exact)}")
    return (FitNote(f"of {len(levels)} groups, " + "; ".join(said)),) if said else ()
