"""Columns of a sparse matrix that never meet in a row, such as the indicators of a factor's levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from .linalg import Codes


def disjoint_run(X: Any) -> tuple[int, int]:
    """The longest run of neighbouring columns that never meet in a row: its first column, and the one behind its last.

    >>> from scipy import sparse
    >>> disjoint_run(sparse.csr_array([[1.0, 0, 0, 3], [1, 1, 0, 4], [1, 0, 1, 5]]))
    (1, 3)
    """
    latest = _neighbour_before(X)
    best = (0, 0)
    first = 0
    for column, before in enumerate(latest.tolist()):
        first = max(first, before + 1)
        best = max(best, (first, column + 1), key=lambda run: run[1] - run[0])
    return best


def _neighbour_before(X: Any) -> Codes:
    """Per column, the last of those before it that it meets in a row, -1 for none: (p,)."""
    columns, row = X.indices.astype(np.int64), np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    if not X.has_sorted_indices:
        columns = columns[np.lexsort((columns, row))]
    before = np.full(len(columns), -1)
    same = row[1:] == row[:-1]
    before[1:][same] = columns[:-1][same]
    out = np.full(X.shape[1], -1)
    np.maximum.at(out, columns, before)
    return out
