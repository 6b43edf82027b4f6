"""The rows of a prediction: X, offset, and Z with the level of every random term, as coded in the fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..design.estimable import not_estimable
from ..design.spec import NewFrame
from ..engine.criterion.row_variances import JointRows, RowsOfFactor
from ..engine.sums.gram import Gram
from ..fit.fitted_model import random_effect
from ..numerics.linalg import Array, Codes, dense
from .choosing import Chosen, Mixed, columns_taken


class TermModes(Protocol):
    """Conditional modes per random term (J, l)."""

    @property
    def b_terms(self) -> tuple[Array, ...]: ...


class RowEstimates(Protocol):
    """What predictions read of a fit: fixed effects (p,), and the modes in its solution."""

    @property
    def beta(self) -> Array: ...

    @property
    def solution(self) -> TermModes: ...


@dataclass(frozen=True, eq=False)
class PredictedRows:
    """m rows to predict, in the user's coordinates.

    fit      whose estimates these are;  gram  the sums, in whose coordinates variances are
    X        (m, p);  offset (m,)
    effects  number of a chosen random term -> Z (m, l), None for ones, and codes (m,), -1 for an unknown level
    columns  gives Z of a random term by number, for terms that were not chosen
    """

    fit: RowEstimates
    gram: Callable[[], Gram]
    X: Array
    offset: Array
    effects: Mapping[int, tuple[Array | None, Codes]]
    columns: Callable[[int], Array | None]
    index: pd.Index[Any]

    @cached_property
    def complete(self) -> Array:
        """Mask (m,) of the rows without missing values."""
        parts = [self.X, self.offset[:, None], *(Z for Z, _ in self.effects.values() if Z is not None)]
        return np.asarray(np.all([np.isfinite(part).all(axis=1) for part in parts], axis=0))

    def some(self, mask: Array) -> PredictedRows:
        """The rows where `mask` holds."""
        effects = {k: (None if Z is None else Z[mask], codes[mask]) for k, (Z, codes) in self.effects.items()}

        def columns(number: int) -> Array | None:
            Z = self.columns(number)
            return None if Z is None else Z[mask]

        X, offset, index = self.X[mask], self.offset[mask], self.index[mask]
        return replace(self, X=X, offset=offset, effects=effects, columns=columns, index=index)

    def by(self, estimates: RowEstimates) -> PredictedRows:
        """The same rows by other estimates."""
        return replace(self, fit=estimates)

    def fixed(self) -> Array:
        """X beta + offset: (m,)."""
        return np.asarray(self.X @ self.fit.beta + self.offset)

    def random(self) -> Array:
        """Z b of the chosen terms (m,); an unknown level has no effect."""
        total = np.zeros(len(self.X))
        for number, (Z, codes) in self.effects.items():
            b = self.fit.solution.b_terms[number]
            total = total + random_effect(Z, np.where((codes < 0)[:, None], 0.0, b[codes]))
        return total

    def joint(self, *, fixed: bool, unknown: bool) -> JointRows:
        """The rows in scaled coordinates; `unknown`: with the effects of unknown groups and of terms not chosen."""
        gram = self.gram()
        m, scaling = len(self.X), gram.scaling
        factors = [[np.full(m, -1), np.zeros((m, sums.L))] for sums in gram.factors]
        for number, (Z, codes) in self.effects.items():
            factor, here = gram.place[number]
            known = codes >= 0
            factors[factor][0] = np.maximum(factors[factor][0], codes)
            factors[factor][1][known, here] = (_dense(Z, m) @ scaling.inverse_terms[number])[known]
        X = self.X @ scaling.inverse if fixed else np.zeros((m, gram.p))
        left_out = tuple(self._unknown(number) if unknown else None for number in gram.place)
        return JointRows(X, tuple(RowsOfFactor(codes, Z) for codes, Z in factors), left_out)

    def _unknown(self, number: int) -> Array | None:
        """Scaled Z (m, l) of one term in rows where its effect is unknown, zero elsewhere; None where it is known."""
        m, back = len(self.X), self.gram().scaling.inverse_terms[number]
        if number not in self.effects:
            return np.asarray(_dense(self.columns(number), m) @ back)
        Z, codes = self.effects[number]
        if np.all(codes >= 0):
            return None
        return np.where((codes < 0)[:, None], _dense(Z, m) @ back, 0.0)


def _dense(Z: Array | None, m: int) -> Array:
    return np.ones((m, 1)) if Z is None else Z


def new_rows(fit: Mixed, frame: NewFrame, offset: Array, chosen: Chosen, allow_new_levels: bool) -> PredictedRows:
    """New data as the fit codes them; DataError for missing columns, other types and unknown levels."""
    spec = fit.design.spec
    coded = spec.random(frame, tuple(chosen), allow_new_levels=allow_new_levels)
    effects = {number: (columns_taken(Z, chosen[number]), codes) for number, (Z, codes) in coded.items()}
    X = dense(spec.fixed(frame))
    return PredictedRows(
        fit, lambda: fit.gram, X, offset, effects, lambda number: spec.random_columns(frame, number), frame.index
    )


def rows_not_estimable(fit: Mixed, newdata: Any) -> str | None:
    """What to say of new rows whose fixed part the data do not determine."""
    if not fit.design.dropped:
        return None
    spec = fit.design.spec
    frame = spec.frame(newdata)
    return not_estimable(fit, spec.fixed_columns, np.asarray(dense(spec.all_fixed(frame)), float), frame.index)


def fitted_rows(fit: Mixed, chosen: Chosen) -> PredictedRows:
    """The rows of the fit."""
    rows = fit.rows
    offset = np.zeros(rows.n) if rows.offset is None else rows.offset
    effects = {k: (columns_taken(rows.random[k].Z, mask), rows.random[k].codes) for k, mask in chosen.items()}
    return PredictedRows(fit, lambda: fit.gram, dense(rows.X), offset, effects, lambda k: rows.random[k].Z, rows.index)
