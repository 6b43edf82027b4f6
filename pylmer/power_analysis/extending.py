"""extend: the design of a fit with more groups, more values of a predictor, or more rows in each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from ..design import DesignRows, ModelData
from ..design.nesting import isNested
from ..design.rows_used import RowsUsed
from ..errors import ArgumentError, DataError
from ..extract import word
from ..fit.devfun import make_devfun
from ..fit.fitted_model import FittedModel, Model
from ..fit.generalized import GeneralizedFittedModel
from ..fit.given_parameters import fitted_parameters, model_of, read_parameters
from ..fit.request import Request
from ..functions import Columns, Factor, as_factor, drop_unused, read_columns, taken_values
from ..functions.python import as_array
from ..functions.series import value_of
from ..functions.values import take
from ..language import known_as, variables
from ..language.suggest import did_you_mean
from ..numerics.linalg import Array, Codes
from ..numerics.rank import independent_columns
from ..simulation.drawing import check_room, replicates
from ..sources.tables import RowTable

Mixed = FittedModel | GeneralizedFittedModel
NUMBERS = 40  # that a row needs on the way, in the data and in the design


@word
def extend(
    fit: Model,
    along: str | None = None,
    *,
    within: str | Sequence[str] | None = None,
    n: int | None = None,
    values: Sequence[Any] | None = None,
    newparams: Any = None,
) -> Model:
    """The model of `fit` on a larger (or smaller) design, with its parameters, as simr's `extend`: for `power`.

    fit        a fit of `lmer` or `glmer`, or what `makeLmer` and `makeGlmer` returned
    along      a column, which gets n values: the rows of each value are a slice, slices are repeated in turn if n is
               larger, and the first n are taken if it is smaller; None where `within` is given
    within     columns (a list, or "a + b") instead: each combination of their values gets n rows, repeated in turn;
               None, the default: `along` is given
    n          the number of values in all, or of rows of each combination; None where `values` are given
    values     of `along`: the values themselves; None, the default: as many as `n` says
    newparams  parameters in place of those fitted (see `simulate`), such as the effect that is hoped for; None: those

    A grouping factor keeps its labels and new ones are added; a predictor with even steps goes on with them (simr
    numbers both anew). Grouping factors that lie inside the levels of `along` get new levels in repeated slices, so
    that new schools have classes of their own. Predictors keep the coding of the fit: `poly(x, 2)` has its basis,
    `scale(x)` its centre. The response is repeated with its rows, and so are weights and offsets that were given as
    arrays; expressions are evaluated.

    The standard errors of the record are those that the larger design would give: `vcov(extend(fit, "g", n=50))`.

    Raises ArgumentError for unknown columns, an `n` below 1, predictors without even steps (give `values`), and levels
    whose effects the fit does not know.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> larger = extend(fit, along="Subject", n=40)
    >>> pylmer.nobs(larger), pylmer.ngrps(larger).to_dict()
    (400, {'Subject': 40})
    >>> [round(float(pylmer.se_fixef(each)["Days"]), 3) for each in (fit, larger)]
    [1.546, 1.037]
    """
    request, whole = larger_design(fit, along, within, n, values)
    devfun = make_devfun(whole, fit.REML, fit.control)
    parameters = read_parameters(whole.design, newparams, fitted_parameters(fit))
    return model_of(type(fit), request, devfun, fit.optimum, parameters)


def larger_design(
    fit: Mixed, along: str | None, within: str | Sequence[str] | None, n: int | None, values: Sequence[Any] | None
) -> tuple[Request, ModelData]:
    """What would have to be asked to fit the larger design, and its data."""
    data = used_rows(fit)
    columns = columns_named(data, along, within)
    if within is None:
        larger = _along(fit, data, columns[0], n, values)
    else:
        if values is not None:
            raise ArgumentError("values= belongs to along=; within= takes n, the number of rows of each combination")
        larger = _within(data, columns, replicates(n, "n"))
    whole = _larger(fit.data, data, larger)
    return _request(fit, larger, whole), whole


def _request(fit: Mixed, larger: Larger, whole: ModelData) -> Request:
    """What would have to be asked to fit the larger design: weights and offsets given as arrays go with their rows."""
    rows = np.flatnonzero(fit.rows.kept)[larger.positions]
    env = None if fit.request.env is None else taken_values(fit.request.env, fit.design.n_total, rows)
    request = replace(fit.request, data=larger.data, env=env, subset=None, known=whole.known)
    if request.weights is not None and not isinstance(request.weights, str):
        request = replace(request, weights=whole.weights)
    if request.offset is not None and not isinstance(request.offset, str) and whole.offset is not None:
        request = replace(request, offset=whole.offset - whole.spec.offset(larger.data))
    return request


@dataclass(frozen=True, eq=False)
class Larger:
    """The data of the larger design, and for each of its rows the row of the fit that it repeats: positions (m,)."""

    data: pd.DataFrame
    positions: Codes


def used_rows(fit: Mixed) -> pd.DataFrame:
    """The data of a fit on the rows it used."""
    data = fit.request.data
    if data is None:
        raise ArgumentError("the fit has no data frame to extend: its variables came in env=; fit it with data=")
    if isinstance(data, Columns | RowTable):
        data = read_columns(data)
        data = pd.DataFrame({name: as_array(value) for name, value in data.items()})
    if not isinstance(data, pd.DataFrame):
        narwhal = None if isinstance(data, dict) else nw.from_native(data, eager_only=True)
        data = pd.DataFrame(data) if narwhal is None else narwhal.to_pandas()
    frame: pd.DataFrame = data
    return frame.iloc[np.flatnonzero(fit.rows.kept)].reset_index(drop=True)


def columns_named(data: pd.DataFrame, along: str | None, within: str | Sequence[str] | None) -> list[str]:
    """The columns that `along` or `within` names."""
    if (along is None) == (within is None):
        raise ArgumentError('give along="g", whose values grow in number, or within="g", whose rows do: one of the two')
    if isinstance(within, str):
        within = [within] if within in data.columns else [part.strip() for part in within.replace(",", "+").split("+")]
    known = [str(column) for column in data.columns]
    names = [known_as(name, known) or name for name in ([along] if within is None else within)]
    for name in names:
        if name not in data.columns:
            hint = did_you_mean(str(name), known)
            raise ArgumentError(f"the data have no column {name!r} to extend{hint}; they have {', '.join(known)}")
    if not names:
        raise ArgumentError("within= is empty; wanted the columns whose combinations get n rows")
    return [str(name) for name in names]


def levels_of(data: pd.DataFrame, column: str) -> Factor:
    """A column as a factor: numbers sorted, levels in their order."""
    return drop_unused(as_factor(value_of(data[column], f"column {column!r}")))


def _along(fit: Mixed, data: pd.DataFrame, column: str, n: Any, values: Sequence[Any] | None) -> Larger:
    if (n is None) == (values is None):
        raise ArgumentError(f"give n, the number of values of {column!r}, or values, the values themselves")
    factor = levels_of(data, column)
    if factor.codes.min() < 0:
        raise DataError(f"{column!r} has missing values: leave these rows out")
    known = len(factor.levels)
    size = replicates(n, "n") if values is None else len(values)
    if size < 1:
        raise ArgumentError(f"values= is empty; wanted the values of {column!r}")
    check_room(size, NUMBERS * len(data) // known, "n")
    slices = [np.flatnonzero(factor.codes == code) for code in range(known)]
    positions = np.concatenate([slices[s % known] for s in range(size)])
    which = np.concatenate([np.full(len(slices[s % known]), s) for s in range(size)])
    labels = _labels(fit, data[column], column, factor, size) if values is None else pd.Series(list(values))
    larger = data.iloc[positions].reset_index(drop=True)
    copies = which // known
    if copies.any():
        for group in _inside(fit, data, column):
            old = larger[group].astype(str)
            larger[group] = np.where(copies == 0, old, old + "." + (copies + 1).astype(str))
    larger[column] = labels.iloc[which].reset_index(drop=True)
    return Larger(larger, positions)


def _within(data: pd.DataFrame, columns: list[str], n: int) -> Larger:
    code = data.groupby(columns, sort=False, observed=True, dropna=False).ngroup().to_numpy()
    check_room(n, NUMBERS * (int(code.max()) + 1), "n")
    rows = [np.flatnonzero(code == k) for k in range(code.max() + 1)]
    positions = np.concatenate([found[np.arange(n) % len(found)] for found in rows])
    return Larger(data.iloc[positions].reset_index(drop=True), positions)


def grouping_columns(fit: Mixed) -> list[str]:
    """The names that occur right of a bar."""
    nodes = [node for term in fit.design.spec.random_terms for node in term.factors]
    return list(dict.fromkeys(name.name for node in nodes for name in variables(node)))


def _inside(fit: Mixed, data: pd.DataFrame, column: str) -> list[str]:
    """The grouping columns each of whose levels occurs with one value of `column`."""
    others = [group for group in grouping_columns(fit) if group != column and group in data.columns]
    return [group for group in others if isNested(data[group], data[column])]


def predictors(fit: Mixed) -> set[str]:
    """The names that occur in the fixed part or left of a bar."""
    spec = fit.design.spec
    nodes = [*spec.fixed_variables, *spec.offsets, *(node for term in spec.random_terms for node in term.variables)]
    return {name.name for node in nodes for name in variables(node)}


def _labels(fit: Mixed, column: pd.Series[Any], name: str, factor: Factor, size: int) -> pd.Series[Any]:
    """The first `size` values of a column, and new ones if it has fewer."""
    known = len(factor.levels)
    first = pd.Series([column.iloc[int(np.flatnonzero(factor.codes == code)[0])] for code in range(min(known, size))])
    if isinstance(column.dtype, pd.CategoricalDtype):
        ordered = pd.CategoricalDtype(column.cat.categories, column.cat.ordered)
        first = first.astype(ordered) if size <= known else first.astype(column.cat.categories.dtype)
    if size <= known:
        return first
    numeric = pd.api.types.is_numeric_dtype(first.dtype)
    if name not in predictors(fit):
        return pd.concat([first, _new_labels(first, name, size - known, numeric)], ignore_index=True)
    if not numeric:
        raise ArgumentError(f"the fit does not know the effects of more than {known} levels of {name!r}")
    steps = np.diff(first.to_numpy(float))
    if not len(steps) or not np.allclose(steps, steps[0], rtol=1e-8):
        raise ArgumentError(f"the values of {name!r} have no even steps to go on with; give values=")
    more = first.iloc[-1] + (first.iloc[1] - first.iloc[0]) * np.arange(1, size - known + 1)
    return pd.concat([first, pd.Series(more)], ignore_index=True)


def _new_labels(first: pd.Series[Any], name: str, count: int, numeric: bool) -> pd.Series[Any]:
    if numeric:
        return pd.Series(np.floor(first.max()).astype(first.dtype) + np.arange(1, count + 1))
    known = set(map(str, first))
    out: list[str] = []
    number = len(first)
    while len(out) < count:
        number += 1
        if f"{name}{number}" not in known:
            out.append(f"{name}{number}")
    return pd.Series(out, dtype=object)


def _larger(old: ModelData, data: pd.DataFrame, larger: Larger) -> ModelData:
    """The data of the larger design, coded as the fit's."""
    spec, rows, at = old.spec, old.rows, larger.positions
    frame = spec.frame(larger.data)
    X = spec.fixed(frame)
    if len(independent_columns(X)) < X.shape[1]:
        raise ArgumentError("the design would not determine all coefficients of the fit: some columns depend on others")
    random = []
    for number, (Z, _) in spec.random(frame, allow_new_levels=True).items():
        term, found = rows.random[number], spec.levels_found(frame, number)
        if len(found.levels) >= len(at):
            raise DataError(f"grouping factor {term.group!r} would have {len(found.levels)} levels for {len(at)} rows")
        random.append(replace(term, codes=found.codes.astype(np.int64), levels=found.levels, Z=Z))
    response = old.design.response
    repeated = DesignRows(
        X=X,
        y=rows.y[at],
        response=rows.response.at(at),
        offset=_offset(old, data, larger),
        weights=_weights(old, larger),
        random=tuple(random),
        variables={response: take(rows.variables[response], at)} | spec.values(frame),
        used=RowsUsed(len(at)),
        data_index=larger.data.index,
        data=rows.data,
    )
    return old.on(repeated, notes=())


def _weights(old: ModelData, larger: Larger) -> Array | None:
    """An expression `weights=` at the new values; what was an array is repeated with its rows."""
    if old.spec.arguments.get("weights") is not None:
        return old.spec.argument("weights", larger.data)
    return None if old.weights is None else old.weights[larger.positions]


def _offset(old: ModelData, data: pd.DataFrame, larger: Larger) -> Array | None:
    """offset() terms and an expression `offset=` at the new values; what was an array is repeated with its rows."""
    if old.offset is None:
        return None
    if old.spec.arguments.get("offset") is not None:
        return np.asarray(old.spec.offset(larger.data) + old.spec.argument("offset", larger.data))
    argument = old.offset - old.spec.offset(data)
    return np.asarray(argument[larger.positions] + old.spec.offset(larger.data))
