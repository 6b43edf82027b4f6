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
from .language import deparse
from .language.parse import mixed_formula, read
from .language.syntax import Binary, Call, MixedFormula, Node, Number, Paren
from .language.walk import nodes
from .least_squares import LeastSquares, least_squares
from .linalg import Array, Codes
from .regression import LENIENT, full_matrix
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
    """`model | group` taken apart: as written, the model without bars, and with the group as a random intercept."""

    node: Node
    model: MixedFormula
    joint: MixedFormula
    group: Node


def read_grouped(text: str) -> Grouped:
    """Read "y ~ x | g"; raises FormulaError for anything else."""
    node = read(text)
    bar = node.right if isinstance(node, Binary) and node.operator == "~" else None
    if not (isinstance(node, Binary) and isinstance(bar, Binary) and _is_bar(bar)):
        raise FormulaError("lmList() wants y ~ x | g: a model, a bar, and one grouping factor", text, *node.span)
    if any(_is_bar(inner) for inner in nodes(bar.left)):
        raise FormulaError("lmList() wants y ~ x | g: one bar, and no random effects before it", text, *bar.left.span)
    term = Paren(Binary("|", Number(1), bar.right, span=bar.span), span=bar.span)
    rhs = Binary("+", bar.left, term, span=bar.span)
    model, joint = (mixed_formula(replace(node, right=side), text) for side in (bar.left, rhs))
    return Grouped(node, model, joint, bar.right)


def _is_bar(node: Node) -> bool:
    return isinstance(node, Binary) and node.operator in ("|", "||")


def fit_groups(kind: type[Fits], request: Request, grouped: Grouped, pool: bool) -> Fits:
    """The fits of all groups; groups that allow none, or no residual degrees of freedom, are named in one note."""
    design = design_of(replace(request, formula=grouped.joint, control=GROUPED))
    if len(design.random) != 1:
        message = f"lmList() wants one simple grouping factor, found {deparse(grouped.group)}"
        raise FormulaError(message, grouped.joint.text, *grouped.group.span)
    codes, levels = design.random[0].codes, tuple(design.random[0].labels())
    order = np.argsort(codes, kind="stable")
    rows = tuple(np.split(order, np.cumsum(np.bincount(codes, minlength=len(levels)))[:-1]))
    parts = _parts(design, replace(request, formula=grouped.model), rows)
    names = tuple(dict.fromkeys(name for part in parts if part is not None for name in part.names))
    position = {name: i for i, name in enumerate(names)}
    columns = tuple(np.array([position[name] for name in part.names] if part else [], dtype=np.int64) for part in parts)
    solutions = tuple(_solve(design, part, chosen) for part, chosen in zip(parts, rows, strict=True))
    notes = (*(FitNote(text) for text in design.notes), *_notes(levels, solutions))
    return kind(request, design, levels, names, columns, rows, solutions, pool, notes)


@dataclass(frozen=True, eq=False)
class Part:
    """The model matrix of one group, and its columns' names."""

    X: Array
    names: tuple[str, ...]


def _parts(design: Design, request: Request, rows: tuple[Codes, ...]) -> list[Part | None]:
    if _row_by_row(design, request.formula):
        X = full_matrix(design)
        return [Part(X[chosen], design.X_full_names) for chosen in rows]
    return [_own_part(design, request, chosen) for chosen in rows]


def _row_by_row(design: Design, model: MixedFormula) -> bool:
    """Whether X depends on each row alone: numeric columns, and functions that work element by element."""
    calls = {node.function for node in nodes(model.fixed) if isinstance(node, Call)}
    return calls <= ELEMENTWISE and set(design.fixed_terms.labels) <= set(design.X_full_names)


def _own_part(design: Design, request: Request, rows: Codes) -> Part | None:
    """X made from the group's rows alone; None where that cannot be, as for a factor with one level."""
    positions = np.flatnonzero(design.kept)[rows]
    own = replace(
        request, data=_take(request.data, positions), env=_take_env(request, positions), control=LENIENT,
        weights=None, offset=None, subset=None,
    )  # fmt: skip
    try:
        own_design = design_of(own)
    except PylmerError:
        return None
    return Part(full_matrix(own_design), own_design.X_full_names)


def _take(data: Any, positions: Codes) -> Any:
    if data is None:
        return None
    if isinstance(data, Mapping):
        return {name: pd.Series(column).iloc[positions] for name, column in data.items()}
    return nw.from_native(data, eager_only=True)[positions.tolist()].to_native()


def _take_env(request: Request, positions: Codes) -> Mapping[str, Any] | None:
    """Variables of `env` stand for columns where there is no data."""
    if request.data is not None or request.env is None:
        return request.env
    return {
        name: _take({name: value}, positions)[name] if np.ndim(value) else value for name, value in request.env.items()
    }


def _solve(design: Design, part: Part | None, rows: Codes) -> LeastSquares | None:
    if part is None:
        return None
    weights, offset = (None if column is None else column[rows] for column in (design.weights, design.offset))
    return least_squares(part.X, design.y[rows], independent_columns(part.X), weights, offset)


def _notes(levels: tuple[str, ...], solutions: tuple[LeastSquares | None, ...]) -> tuple[FitNote, ...]:
    failed = [level for level, fit in zip(levels, solutions, strict=True) if fit is None]
    exact = [level for level, fit in zip(levels, solutions, strict=True) if fit is not None and not fit.df_residual]
    said = [f"could not be fitted by itself (a factor with one level?): {', '.join(failed)}"] if failed else []
    if exact:
        said.append(f"no residual degrees of freedom, hence no interval of its own: {', '.join(exact)}")
    return (FitNote(f"of {len(levels)} groups, " + "; ".join(said)),) if said else ()
