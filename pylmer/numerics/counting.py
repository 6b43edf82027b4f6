"""Sorting by small whole numbers: counting, in time proportional to their number."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .linalg import Codes


def sorted_by(codes: Codes, J: int, order: Codes | None = None) -> Codes:
    """Places in `order` (None: as they stand) sorted by codes in 0..J-1, ties as they were.

    A sparse matrix turned round is a counting sort.

    >>> sorted_by(np.array([2, 0, 2, 1]), 3)
    array([1, 3, 0, 2])
    """
    n = len(codes)
    taken = codes if order is None else codes[order]
    levels = sparse.csc_array((np.ones(n, dtype=bool), taken, np.arange(n + 1)), shape=(J, n))
    places = levels.tocsr().indices
    return np.asarray(places.astype(np.int64) if order is None else order[places])
