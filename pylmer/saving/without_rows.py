"""A fit without the rows of its data: what they have been summed to, and what words have computed of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np

from ..design import Design, DesignRows, ModelData, NoRows
from ..design.known import Known
from ..design.predictors import Predictors, predictors_of
from ..design.source import SAVED_ALONE, SavedSums, SummedRows
from ..design.spec import Spec
from ..design.summed import SummedColumns, by_kept
from ..fit.base import Fit
from ..fit.call import VECTORS
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.grouped import LinearFits
from ..fit.linear.regression import LinearFit
from ..fit.request import Request
from ..fit.same_response import response_squares
from ..functions import Matrix, Value, read_columns
from ..functions.series import value_of
from ..functions.values import length, take
from ..language.walk import variables
from ..numerics.linalg import Array, dense, triangular_factor
from ..sources.facts import ColumnFacts
from .generalized_records import saved_optimum
from .linear_records import saved_glm, saved_groups, saved_least_squares
from .specials import plain_solution
from .withheld import Withheld

WIDE = 1_000  # fixed effects from which what X'X says of them is not kept


def without_rows(fit: Any) -> Any:
    """The fit that is saved in its place; itself if it was saved so before."""
    return fit if isinstance(fit.data.source, NoRows) else _without_rows(fit)


@singledispatch
def _without_rows(fit: Any) -> Any:
    raise TypeError(type(fit).__name__)


@_without_rows.register
def _(fit: FittedModel) -> FittedModel:
    source = fit.data.source
    if isinstance(source, SummedRows):
        largest, columns = source.largest_weight, source.columns
    else:
        weights = fit.rows.weights
        largest = 0.0 if weights is None else float(np.max(weights, initial=0.0))
        columns = columns_of_rows(fit)
    design = design_alone(fit.design)
    data = ModelData(design, SavedSums(fit.gram, largest, columns))
    devfun = replace(fit.devfun, data=data, absorbed=None)
    solution = plain_solution(fit.solution)
    saved = replace(fit, request=request_alone(fit, design), devfun=devfun, factorized=None)
    saved.__dict__["solution"] = solution
    return saved


@_without_rows.register
def _(fit: GeneralizedFittedModel) -> GeneralizedFittedModel:
    data, computed = data_alone(fit), {"approximation": fit.approximation, "effect_spread": fit.effect_spread}
    optimum: Any = saved_optimum(fit.optimum)
    request = request_alone(fit, data.design)
    saved = replace(fit, request=request, data=data, devfun=optimum.devfun, optimum=optimum)
    saved.__dict__.update(computed)
    return saved


@_without_rows.register
def _(fit: LinearFit) -> LinearFit:
    computed = {name: getattr(fit, name) for name in ("weighted", "sum_explained", "log_likelihood", "effects")}
    data, solution = data_alone(fit), saved_least_squares(fit.solution)
    saved: Any = replace(fit, request=request_alone(fit, data.design), data=data, solution=solution)  # type: ignore[arg-type]
    saved.__dict__.update(computed)
    return saved  # type: ignore[no-any-return]


@_without_rows.register
def _(fit: GeneralizedFit) -> GeneralizedFit:
    names = ("n_weighted", "null_deviance", "minus_2_log_likelihood", "dispersion", "unscaled")
    computed = {name: getattr(fit, name) for name in names}
    data, optimum = data_alone(fit), saved_glm(fit.optimum)
    saved: Any = replace(fit, request=request_alone(fit, data.design), data=data, optimum=optimum)  # type: ignore[arg-type]
    saved.__dict__.update(computed)
    return saved  # type: ignore[no-any-return]


@_without_rows.register
def _(fits: LinearFits) -> LinearFits:
    design = design_alone(fits.design)
    specs = tuple(None if each is None else spec_alone(each, design.n_total) for each in fits.specs)
    return replace(
        fits,
        request=request_alone(fits, design),
        data=ModelData(design, NoRows(SAVED_ALONE)),
        solutions=saved_groups(fits.solutions),
        specs=specs,
    )


# --- request and meaning ----------------------------------------------------------------------------------------------


def data_alone(fit: Any) -> ModelData:
    """The meaning of the columns, and what is known of the fixed effects."""
    none = fit.rows.response.at(np.zeros(0, dtype=np.int64))
    source = NoRows(SAVED_ALONE, columns_of_rows(fit), response_squares(fit), none)
    return ModelData(design_alone(fit.design), source)


def request_alone(fit: Fit, design: Design) -> Request:
    """What was asked, without whatever has a value for each row; texts of the arguments stay on the page."""
    request = fit.request
    by_row: dict[str, Any] = {
        word: None for word in VECTORS if not isinstance(getattr(request, word), str | int | float | None)
    }
    env = None if request.env is None else dict(design.spec.env)
    return replace(request, data=Withheld(tuple(design.spec.columns)), env=env, known=Known(), **by_row)


def design_alone(design: Design) -> Design:
    """The meaning of the columns, without what has a value for each row."""
    return replace(design, spec=spec_alone(design.spec, design.n_total))


def spec_alone(spec: Spec, n_total: int) -> Spec:
    """What codes new data."""
    return replace(spec, env={name: value for name, value in spec.env.items() if not _by_row(value, n_total)})


def _by_row(value: Any, n_total: int) -> bool:
    """Whether something of `env` has a value for each row of the data."""
    if callable(value) or isinstance(value, str) or not np.ndim(value):
        return False
    return n_total > 1 and length(value_of(value, "env")) == n_total


# --- what is known of the fixed effects -------------------------------------------------------------------------------


def columns_of_rows(fit: Any) -> SummedColumns | None:
    """What sums of the rows would say of the fixed effects; None where there are too many to say it."""
    design, rows = fit.design, fit.rows
    P = len(design.X_full_names)
    if P > WIDE:
        return None
    X = np.asarray(dense(design.spec.fixed_coder.matrix(rows.variables, rows.n)), float)
    R, kept = triangular_factor([X], P), design.spec.fixed_columns.tolist()
    facts = ColumnFacts.none(P).with_rows(X)
    return SummedColumns(
        rows.n,
        triangular_factor([R[:, kept]], len(kept)),
        by_kept(R, kept),
        facts.mean,
        facts.largest(),
        {name: _names(each) for name, each in rows.variables.items() if isinstance(each, Matrix)},
        _predictors(fit, design, rows),
    )


def _names(matrix: Matrix) -> tuple[str, ...]:
    return matrix.names or ("",) * matrix.numbers.shape[1]


def _predictors(fit: Any, design: Design, rows: DesignRows) -> Predictors | None:
    """How often each combination of predictors with few values occurs; None where they are no columns of the data."""
    data, used = fit.request.data, (*design.fixed_terms.used, *design.fixed_terms.offsets)
    names = dict.fromkeys(name.name for node in used for name in variables(node))
    if data is None or fit.request.known.variables:
        return None
    columns = read_columns(data)
    values = {name: _taken(columns, name, rows.used.positions) for name in names if name in columns}
    found = predictors_of(values, rows.n, set()) if values else None
    return found if found is not None and found.kinds else None


def _taken(columns: Mapping[str, Value], name: str, positions: Array | None) -> Value:
    return columns[name] if positions is None else take(columns[name], positions)
