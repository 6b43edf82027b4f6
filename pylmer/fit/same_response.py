"""Whether two models are of one response, so that they can be compared."""

from __future__ import annotations

import numpy as np

from ..design import NoRows
from .base import Fit
from .fitted_model import FittedModel
from .linear.regression import LinearFit


def same_response(one: Fit, two: Fit) -> bool:
    """Whether the responses are equal; of fits whose rows are not at hand, whether their sums of squares are."""
    if one.data.source.at_hand and two.data.source.at_hand:
        return bool(np.allclose(two.rows.y, one.rows.y, rtol=1e-12, atol=0.0))
    return bool(np.isclose(response_squares(one), response_squares(two), rtol=1e-10, atol=0.0))


def response_squares(fit: Fit) -> float:
    """The sum of squares of a response; of linear models weighted, and without the offset."""
    if isinstance(fit, FittedModel):
        return fit.gram.y_square
    source = fit.data.source
    if isinstance(source, NoRows) and source.squares is not None:
        return source.squares
    rows = fit.rows
    if not isinstance(fit, LinearFit):
        return float(np.sum(rows.y**2))
    y = rows.y if rows.offset is None else rows.y - rows.offset
    return float(np.sum(y**2 if rows.weights is None else rows.weights * y**2))
