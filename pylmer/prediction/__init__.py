"""Predictions for the rows of the fit and for new data: means, standard errors, intervals.

In: a fit and new rows.
Out: predictions.
Must not know: tests, printing.
"""

from . import generalized, generalized_linear, grouped, linear
from .choosing import selected_terms
from .words import predict

__all__ = ["generalized", "generalized_linear", "grouped", "linear", "predict", "selected_terms"]
