"""Rows as the numerics see them: X, y, weights, and per random term its codes and Z."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from ...numerics.linalg import Array, Codes

if TYPE_CHECKING:
    from .bordered import Bordered

Matrix: TypeAlias = "Array | sparse.csr_array"


@dataclass(frozen=True, eq=False)
class TermRows:
    """One random term on the rows: codes (n,) in 0..n_levels-1, Z (n, l) or None for one column of ones."""

    codes: Codes
    n_levels: int
    Z: Array | None
    factor: int
    structure: str = "us"
    hom: bool = False

    @property
    def width(self) -> int:
        """l, the number of columns."""
        return 1 if self.Z is None else int(self.Z.shape[1])

    def columns(self, rows: slice) -> Array:
        """The raw columns on some rows: (rows, l)."""
        if self.Z is None:
            return np.ones((rows.stop - rows.start, 1))
        return np.asarray(self.Z[rows], dtype=float)


@dataclass(frozen=True, eq=False)
class Rows:
    """What a linear mixed model sees of the data: X (n, p), y (n,) without offset, weights (n,) or None, random terms.

    `factor` of a term numbers its grouping factor; terms on one factor share `codes`.
    """

    X: Matrix
    y: Array
    weights: Array | None
    terms: tuple[TermRows, ...]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def p(self) -> int:
        """Number of columns of X."""
        return int(self.X.shape[1])

    @cached_property
    def bordered(self) -> Bordered | None:
        """X as a wide factor's columns and few others; None where it is not, and where it is dense."""
        if isinstance(self.X, np.ndarray):
            return None
        from .bordered import Bordered  # late: of wide factors

        return Bordered.of(self.X, self.y, self.weights)

    def root_weights(self, rows: slice) -> Array:
        """sqrt(w) on some rows, as a column."""
        if self.weights is None:
            return np.ones((rows.stop - rows.start, 1))
        return np.sqrt(self.weights[rows])[:, None]

    def fixed(self, rows: slice) -> Array:
        """Dense X on some rows."""
        block = self.X[rows]
        return np.asarray(block, dtype=float) if isinstance(block, np.ndarray) else block.toarray()
