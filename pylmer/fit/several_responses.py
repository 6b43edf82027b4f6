"""One right side, many responses: they are read, and those with the same rows are fitted together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
import pandas as pd

from ..design import ModelData
from ..errors import ArgumentError, DataError, FormulaError, NumericalError
from ..functions import Columns, aligned, read_columns
from ..functions.values import RefusedError, numeric
from ..language import deparse, parse_formula
from ..language.nodes import Unary
from ..language.strings import write_name
from ..language.syntax import MixedFormula
from ..numerics.linalg import Array, Codes
from .devfun import make_devfun
from .fitted_model import Model
from .fitting import design_of, fitted
from .many_fits import BatchFits, refit_all
from .optimum import optimize_devfun
from .request import Request

PLACEHOLDER = "response"
SHOWN = 8  # columns named in a message
TRIED = 3  # responses that a design may find impossible before noise takes their place


@dataclass(frozen=True, eq=False)
class GivenResponses:
    """Responses (n_total, R), NaN where missing, by name."""

    names: tuple[str, ...]
    Y: Array

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class SameRows(Generic[Model]):
    """Responses `who` (m,), which have a value in the same rows, and their fits."""

    who: Codes
    batch: BatchFits[Model]


def right_side(formula: str | MixedFormula) -> MixedFormula:
    """The formula without a left side; FormulaError where it has one."""
    parsed = parse_formula(formula)
    if parsed.response is not None:
        raise FormulaError(
            "the responses are given by responses=: leave the left side of the formula out, ~ x + (1 | g)",
            parsed.text or None,
            *parsed.response.span,
        )
    return parsed


def named(formula: MixedFormula, name: str) -> str:
    """The formula with a response of this name."""
    return f"{write_name(name)} {deparse(Unary('~', formula.rhs))}"


def read_responses(given: Any, data: Columns) -> GivenResponses:
    """Columns of the data by name, a data frame, a mapping, or an array (n_total, R)."""
    if isinstance(given, str):
        given = [given]
    if isinstance(given, list | tuple | pd.Index) and all(isinstance(name, str) for name in given):
        return _joined({name: _column(data, name) for name in given}, data.n)
    if isinstance(given, np.ndarray):
        if given.ndim != 2:
            raise DataError(f"responses= has the shape {given.shape}; wanted a column for each response, ({data.n}, R)")
        return _joined({f"y{k}": column for k, column in enumerate(given.T, start=1)}, data.n)
    if given is None or isinstance(given, list | tuple):
        raise ArgumentError("responses= wants names of columns of the data, a data frame, or an array (n, R)")
    read = read_columns(aligned(given, data.index, "responses="))
    return _joined({str(name): read[name] for name in read}, data.n)


def _column(data: Columns, name: str) -> Any:
    if name not in data:
        listed = ", ".join(map(repr, list(data)[:SHOWN]))
        raise DataError(f"responses=: the data have no column {name!r}; they have {listed}")
    return data[name]


def _joined(columns: Mapping[str, Any], n: int) -> GivenResponses:
    """The columns as numbers; DataError for another number of rows, for texts, and for infinite values."""
    if not columns:
        raise DataError("responses= is empty: wanted one response or more")
    Y = np.empty((n, len(columns)), order="F")
    for place, (name, column) in enumerate(columns.items()):
        Y[:, place] = _numbers(name, column, n)
    return GivenResponses(tuple(columns), Y)


def _numbers(name: str, column: Any, n: int) -> Array:
    try:
        numbers = np.asarray(numeric(column, f"the response {name!r}"), float)
    except (RefusedError, TypeError, ValueError) as refused:
        raise DataError(f"responses=: {refused}") from None
    if numbers.shape != (n,):
        raise DataError(f"responses=: {name!r} has the shape {numbers.shape}, the data have {n} rows")
    if np.isinf(numbers).any():
        raise DataError(f"responses=: {name!r} is infinite in row {int(np.flatnonzero(np.isinf(numbers))[0]) + 1}")
    return numbers


def by_rows(Y: Array) -> list[Codes]:
    """Numbers of the responses that are missing in the same rows."""
    absent = np.isnan(Y)
    groups: dict[bytes, list[int]] = {}
    for place in range(Y.shape[1]):
        groups.setdefault(np.packbits(absent[:, place]).tobytes() if absent[:, place].any() else b"", []).append(place)
    return [np.array(places) for places in groups.values()]


def fit_together(kind: type[Model], request: Request, responses: GivenResponses) -> Iterator[SameRows[Model]]:
    """The fits of all responses, by the rows in which they have a value; `request` has a placeholder for them.

    Raises what a fit of one response of those rows would: what is wrong with formula and data is wrong for all.
    """
    for who in by_rows(responses.Y):
        Y = responses.Y[:, who]
        model = _any_fit(kind, request, Y)
        yield SameRows(who, refit_all(model, Y[model.rows.kept]))


def _any_fit(kind: type[Model], request: Request, Y: Array) -> Model:
    """A fit of one of the responses, from whose optimum all others start; of noise where none of the first can be."""
    noise = np.where(np.isnan(Y[:, 0]), np.nan, np.random.default_rng(0).normal(size=len(Y)))
    data = design_of(request.with_response(noise))
    for y in Y.T[:TRIED]:
        try:
            return _fit(kind, request, data, y)
        except NumericalError:
            continue
    return _fit(kind, request, data, noise)


def _fit(kind: type[Model], request: Request, data: ModelData, y: Array) -> Model:
    own = request.with_response(y)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        devfun = make_devfun(data.with_response(y[data.rows.kept]), own.REML, own.control)
        return fitted(kind, own, devfun, optimize_devfun(devfun))
