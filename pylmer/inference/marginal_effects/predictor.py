"""The linear predictor of rows as a matrix: columns of X, and one for what is known, offset and random effects.

M = [X | o] (n, P + 1), eta = M (beta, 1). Its derivative along a variable is that of eta, and of eta's gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, dense
from ...prediction.choosing import Chosen
from ...prediction.labels import new_offset
from ...prediction.rows import new_rows
from ..marginal_means.basis import Basis
from ..marginal_means.transformations import Transformation
from .rows import AveragedRows, Fit


@dataclass(frozen=True, eq=False)
class Predictor:
    """A fit's linear predictor and the way from it to what is averaged.

    chosen  random effects that take part, at their modes, and whether they may be unknown;  back  None for eta itself
    """

    fit: Fit
    basis: Basis
    chosen: Chosen
    allow_new_levels: bool
    back: Transformation | None

    def matrix(self, rows: AveragedRows) -> Array:
        """M (n, P + 1); NaN where values are missing."""
        spec = self.fit.design.spec
        frame = spec.frame(rows.frame)
        known = rows.added + (new_offset(spec, frame, None) if rows.evaluates else spec.offset(frame))
        if self.chosen:
            new = new_rows(self.fit, frame, np.zeros(rows.n), self.chosen, self.allow_new_levels)  # type: ignore[arg-type]
            known = known + new.random()
        return np.column_stack([np.asarray(dense(spec.all_fixed(frame)), float), known])

    def value(self, M: Array) -> Array:
        """M (beta, 1)."""
        return np.asarray(M[:, self.basis.kept] @ self.basis.beta + M[:, -1])

    def estimable(self, M: Array) -> Array:
        """Mask (n,) of the rows that the data determine."""
        return self.basis.estimable(M[:, :-1]) if self._deficient else np.ones(len(M), bool)

    @cached_property
    def _deficient(self) -> bool:
        return bool(self.basis.null.vectors.shape[1] > 0)

    def scale(self, eta: Array, order: int) -> Array:
        """h and its first two derivatives at eta (n,)."""
        if self.back is None:
            return (eta, np.ones_like(eta), np.zeros_like(eta))[order]
        function = (self.back.inverse, self.back.slope, self.back.bend)[order]
        assert function is not None
        with np.errstate(all="ignore"):
            return np.asarray(function(eta), float)
