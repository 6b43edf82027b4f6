"""Predictions for the rows of the fit and for new data: means, standard errors, intervals."""

from .choosing import selected_terms
from .words import predict

__all__ = ["predict", "selected_terms"]
