"""The columns of a fit's data on the rows that it used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..fitting import FittedModel
from ..functions import Columns, Value, read_columns
from ..functions.series import value_of
from ..linalg import Array
from ..regression import LinearFit


def used_values(fit: FittedModel | LinearFit, names: Sequence[str]) -> dict[str, Value]:
    """Values of the named columns, or of `env` where there is no such column, on the rows used (n,)."""
    kept, env = fit.design.kept, fit.request.env or {}
    read = Columns({}, 0, fit.design.data_index, frozenset())
    if fit.request.data is not None:
        read = read_columns(fit.request.data)
    return {name: on_rows(read[name] if name in read else value_of(env[name], name), kept) for name in names}


def on_rows(value: Value, kept: Array) -> Value:
    """Some elements of a vector."""
    if hasattr(value, "codes"):
        return replace(value, codes=value.codes[kept])
    return np.asarray(value)[kept]
