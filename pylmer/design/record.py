"""The records of a design: the matrices of one model on the rows that are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..functions import Factor, Levels, Matrix, Value
from ..functions.arrays import Array
from ..functions.python import as_array
from ..language import MixedFormula, Terms, column_name
from ..numerics.linalg import seal
from .known import Known, group_key
from .rows_used import Rows
from .spec import Spec


@dataclass(frozen=True, eq=False, repr=False)
class RandomDesign:
    """One random term on the rows.

    label      "Days | Subject"
    group      "Subject", "cask:batch"
    columns    names (l,) of the columns of Z
    codes      level of each row (n,), 0..J-1, int64
    levels     J labels, made when read
    Z          (n, l), or None for one column of ones
    structure  "us", "diag", "cs", "ar1"; hom whether its variances are equal
    """

    label: str
    group: str
    columns: tuple[str, ...]
    codes: Array
    levels: Levels
    Z: Array | None
    structure: str = "us"
    hom: bool = False

    def __post_init__(self) -> None:
        seal(self)

    def labels(self) -> list[str]:
        """All level labels."""
        return self.levels.labels()

    @property
    def Zt(self) -> sparse.csc_array:
        """Z' of all random effects of this term (J l, n): level-major rows, effects within a level (lme4's order)."""
        n, width = self.codes.shape[0], len(self.columns)
        rows = (self.codes[:, None] * width + np.arange(width)).ravel()
        values = np.ones(n) if self.Z is None else np.asarray(self.Z, dtype=float).ravel()
        shape = (len(self.levels) * width, n)
        return sparse.csc_array((values, rows, np.arange(0, n * width + 1, width)), shape=shape)

    def __repr__(self) -> str:
        return f"({self.label}): {len(self.levels)} levels, {', '.join(self.columns)}"


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """All that a fit needs of formula and data.

    X             (n, p) float64, dense, or csr where wide; X_names (p,), assign (p,) the term of each, 0 the intercept
    X_full_names  before linearly dependent columns were dropped; `dropped` those
    y             (n,);  offset (n,) or None;  weights (n,) or None
    random        in fitting order
    fixed_terms   R's terms() of the fixed part
    variables     the model frame by column
    rows          which rows of the data were used; `data_index` the index of all of them
    spec          codes new data the same way
    notes         what must be said
    data          what was read; pandas copies its columns, which `y` and `variables` may be, on write as long as it is
                  kept

    Arrays are read-only.
    """

    formula: MixedFormula
    X: Any
    X_names: tuple[str, ...]
    assign: tuple[int, ...]
    X_full_names: tuple[str, ...]
    dropped: tuple[str, ...]
    y: Array
    offset: Array | None
    weights: Array | None
    random: tuple[RandomDesign, ...]
    fixed_terms: Terms
    variables: Mapping[str, Value]
    rows: Rows
    data_index: pd.Index
    na_action: str
    spec: Spec
    notes: tuple[str, ...] = ()
    data: Any = None

    def __post_init__(self) -> None:
        seal(self)

    def with_response(self, y: Array) -> Design:
        """The same rows with another response (n,)."""
        name = next(iter(self.variables))
        return replace(self, y=y, variables={**self.variables, name: y})

    @property
    def known(self) -> Known:
        """All variables as they are here, for another model of these rows where no row of the data was left out."""
        variables = {name: self.variables[name] for name in self.spec.variables}
        terms = zip(self.spec.random_terms, self.random, strict=True)
        factors = {group_key(spec.factors): Factor(term.codes, term.levels) for spec, term in terms}
        return Known(self.y, variables, factors, self.spec.state)

    @property
    def n(self) -> int:
        """Rows used."""
        return int(self.y.shape[0])

    @property
    def n_total(self) -> int:
        """Rows of the data."""
        return self.rows.n_total

    @property
    def n_missing(self) -> int:
        """Rows left out for missing values."""
        return self.rows.n_chosen - self.rows.n

    @property
    def kept(self) -> Array:
        """Mask (n_total,) of the rows used."""
        return self.rows.kept

    @property
    def index(self) -> pd.Index:
        """Index of the rows used; a view, since a Series that has it may be given another name for it."""
        return self._index.view()

    @cached_property
    def _index(self) -> pd.Index:
        return self.rows.index_of(self.data_index, complete=True)

    @property
    def labels(self) -> dict[str, pd.Index]:
        """The labels of a vector that has a value for each row of the data, or for each row used."""
        return {"the data": self.data_index, "the rows used": self.index}

    @property
    def padded_index(self) -> pd.Index:
        """Index of the rows of the subset, those with missing values too."""
        return self.rows.index_of(self.data_index, complete=False).view()

    def padded(self, values: Array) -> Array:
        """Values of the rows used on `padded_index`, NaN where a row was left out."""
        return self.rows.padded(values)

    def model_frame(self) -> pd.DataFrame:
        """The variables of the model on the rows used: DataFrame (n, variables)."""
        extra = {"(weights)": self.weights, "(offset)": self.offset}
        every = {**self.variables, **{name: value for name, value in extra.items() if value is not None}}
        shown: dict[str, Any] = {}
        for name, value in every.items():
            shown |= _shown(column_name(name), value)
        return pd.DataFrame(shown, index=self.index)

    def __repr__(self) -> str:
        return f"<Design of {self.formula}: {self.n} rows, {len(self.X_names)} columns of X, {list(self.random)}>"


def _shown(name: str, value: Value) -> dict[str, Any]:
    """A variable as columns of a data frame; a matrix gives several."""
    if isinstance(value, Matrix):
        return {f"{name}{column or i + 1}": value.numbers[:, i] for i, column in enumerate(value.names)}
    return {name: as_array(value)}
