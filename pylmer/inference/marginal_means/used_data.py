"""The columns of a fit's data on the rows that it used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...errors import DataError
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit
from ...functions import Columns, Value, aligned, read_columns
from ...functions.series import value_of
from ...language import deparse
from ...language.nodes import Name
from ...numerics.linalg import Array

Fit = FittedModel | GeneralizedFittedModel | LinearFit


def used_values(fit: Fit, names: Sequence[str]) -> dict[str, Value]:
    """Values of the named columns, or of `env` where there is no such column, on the rows used (n,).

    A fit of `mkMerMod` has neither: its variables are those of the formula. DataError for a name inside a function.
    """
    read = Columns({}, 0, fit.rows.data_index, frozenset())
    if fit.request.data is not None:
        read = read_columns(fit.request.data)
    return {name: _used(fit, read, name) for name in names}


def _used(fit: Fit, read: Columns, name: str) -> Value:
    rows, env = fit.rows, fit.request.env or {}
    if name in read:
        return on_rows(read[name], rows.kept)
    if name in env:
        return on_rows(value_of(aligned(env[name], rows.data_index, f"env[{name!r}]"), name), rows.kept)
    label = deparse(Name(name))
    if label not in rows.variables:
        raise DataError(f"the fit has kept no column {name!r}: fit with lmer(..., data=), which keeps the data")
    return rows.variables[label]


def on_rows(value: Value, kept: Array) -> Value:
    """Some elements of a vector."""
    if hasattr(value, "codes"):
        return replace(value, codes=value.codes[kept])
    return np.asarray(value)[kept]
