"""The rows of a model: matrices, codes and variables, a value for each row that is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..functions import Matrix, Value
from ..functions.arrays import Array
from ..language import column_name
from ..numerics.linalg import seal
from .record import RandomDesign
from .responses import Response, prior_weights
from .rows_used import RowsUsed


@dataclass(frozen=True, eq=False, repr=False)
class RandomRows(RandomDesign):
    """One random term on the rows.

    codes  level of each row (n,), 0..J-1, int64
    Z      (n, l), or None for one column of ones
    """

    codes: Array
    Z: Array | None

    def __post_init__(self) -> None:
        seal(self, "codes", "Z")

    @property
    def design(self) -> RandomDesign:
        """The term without its rows."""
        return RandomDesign(self.label, self.group, self.columns, self.levels, self.structure, self.hom)

    @property
    def Zt(self) -> sparse.csc_array:
        """Z' of all random effects of this term (J l, n): level-major rows, effects within a level (lme4's order)."""
        n, width = self.codes.shape[0], len(self.columns)
        rows = (self.codes[:, None] * width + np.arange(width)).ravel()
        values = np.ones(n) if self.Z is None else np.asarray(self.Z, dtype=float).ravel()
        shape = (len(self.levels) * width, n)
        return sparse.csc_array((values, rows, np.arange(0, n * width + 1, width)), shape=shape)


@dataclass(frozen=True, eq=False, repr=False)
class DesignRows:
    """The rows that a fit uses.

    X          (n, p) float64, dense, or csr where wide
    y          (n,);  offset (n,) or None;  weights (n,) or None, as given
    response   y as it was read, with trials and categories where a family has them
    random     in fitting order
    variables  the model frame by column, the response first
    used       which rows of the data these are; `data_index` the index of all of them
    data       what was read; pandas copies its columns, which `y` and `variables` may be, on write as long as it is
               kept

    Arrays are read-only.
    """

    X: Any
    y: Array
    response: Response
    offset: Array | None
    weights: Array | None
    random: tuple[RandomRows, ...]
    variables: Mapping[str, Value]
    used: RowsUsed
    data_index: pd.Index
    data: Any = None

    def __post_init__(self) -> None:
        seal(self, "X", "y", "offset", "weights", "variables", "data")

    def with_response(self, y: Array | Response) -> DesignRows:
        """The same rows with another response (n,)."""
        name = next(iter(self.variables))
        response = y if isinstance(y, Response) else Response(y, y)
        return replace(self, y=response.y, response=response, variables={**self.variables, name: response.value})

    @property
    def trials(self) -> Array | None:
        """Trials (n,) of a response cbind(successes, failures), else None."""
        return self.response.trials

    @property
    def prior_weights(self) -> Array | None:
        """The weights of a generalized model: those given, times the trials; None where all are 1."""
        return prior_weights(self.weights, self.response)

    @property
    def n(self) -> int:
        """Rows used."""
        return int(self.y.shape[0])

    @property
    def kept(self) -> Array:
        """Mask (n_total,) of the rows used."""
        return self.used.kept

    @property
    def index(self) -> pd.Index:
        """Index of the rows used; a view, since a Series that has it may be given another name for it."""
        return self._index.view()

    @cached_property
    def _index(self) -> pd.Index:
        return self.used.index_of(self.data_index, complete=True)

    @property
    def labels(self) -> dict[str, pd.Index]:
        """The labels of a vector that has a value for each row of the data, or for each row used."""
        return {"the data": self.data_index, "the rows used": self.index}

    @property
    def padded_index(self) -> pd.Index:
        """Index of the rows of the subset, those with missing values too."""
        return self.used.index_of(self.data_index, complete=False).view()

    def padded(self, values: Array) -> Array:
        """Values of the rows used on `padded_index`, NaN where a row was left out."""
        return self.used.padded(values)

    def model_frame(self) -> pd.DataFrame:
        """The variables of the model on the rows used: DataFrame (n, variables)."""
        extra = {"(weights)": self.weights, "(offset)": self.offset}
        every = {**self.variables, **{name: value for name, value in extra.items() if value is not None}}
        shown: dict[str, Any] = {}
        for name, value in every.items():
            shown |= _shown(column_name(name), value)
        return pd.DataFrame(shown, index=self.index)

    def __repr__(self) -> str:
        return f"<DesignRows: {self.n} rows, {self.X.shape[1]} columns of X, {list(self.random)}>"


def _shown(name: str, value: Value) -> dict[str, Any]:
    """A variable as columns of a data frame; a matrix gives several."""
    from ..functions.python import as_array  # of a model frame that somebody asks for

    if isinstance(value, Matrix):
        return {f"{name}{column or i + 1}": value.numbers[:, i] for i, column in enumerate(value.names)}
    return {name: as_array(value)}
