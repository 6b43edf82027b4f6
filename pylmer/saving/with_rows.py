"""A fit as it is saved with its rows: in memory, with data that files can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from ..design import InMemory, ModelData
from ..fit.fitted_model import FittedModel
from ..functions import Columns, read_columns
from ..sources.streamed import Streamed
from ..sources.tables import RowTable


def with_rows(fit: Any) -> Any:
    """The fit as it is saved with its rows: in memory, and data that are no frame of pandas' as columns."""
    source = fit.data.source
    if isinstance(fit, FittedModel) and not isinstance(source, InMemory):
        data = ModelData(fit.design, InMemory(fit.rows))
        solution = fit.solution
        fit = replace(fit, devfun=replace(fit.devfun, data=data))
        fit.__dict__["solution"] = solution
    kept = _kept(fit.request.data, source)
    return fit if kept is fit.request.data else _with_data(fit, kept)


def _kept(data: Any, source: Any) -> Any:
    if data is None or isinstance(data, pd.DataFrame | Columns):
        return data
    if isinstance(source, Streamed):
        return source.table.whole(source.plan.wanted)
    if isinstance(data, Mapping) and not isinstance(data, RowTable):
        return data
    return read_columns(data)


def _with_data(fit: Any, data: Any) -> Any:
    computed = {name: value for name, value in fit.__dict__.items() if name == "solution"}
    other = replace(fit, request=replace(fit.request, data=data))
    other.__dict__.update(computed)
    return other
