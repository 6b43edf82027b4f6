"""Rows -> Gram."""

from __future__ import annotations

import numpy as np

from ...errors import NumericalError
from .gram import Gram
from .rows import Rows
from .scaling import Scaling, find_scaling
from .structure import Structure

SMALLEST = 1e-250  # sum of squares of a response below which products underflow


def form_gram(rows: Rows, scaling: Scaling | None = None) -> Gram:
    """The sums of `rows`; O(n) time, and memory of a few thousand rows beyond the sums themselves."""
    scaling = find_scaling(rows) if scaling is None else scaling
    gram = Structure.of(rows, scaling, keep=False).filled(rows.weights)
    if not np.isfinite(gram.XytXy).all():
        raise NumericalError("the sums of squares overflow: rescale the response or the predictors")
    if gram.y_square < SMALLEST and np.any(rows.y):
        raise NumericalError("the sums of squares vanish: rescale the response or the weights to larger numbers")
    return gram
