"""How well a model foretells rows that it has not seen: folds are left out in turn, and predicted from the rest.

In: a fit, and which rows are left out together.
Out: a record of predictions and losses.
Must not know: printing.
"""

from __future__ import annotations

from . import generalized, generalized_linear, linear, mixed
from .word import CrossValidation, cross_validate

__all__ = ["CrossValidation", "cross_validate", "generalized", "generalized_linear", "linear", "mixed"]
