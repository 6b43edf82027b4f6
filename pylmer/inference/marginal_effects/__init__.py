"""Averages over rows of what a fit predicts: predictions, slopes and comparisons, with delta-method standard errors.

In: a fit, and the rows to average over: its own, the cells of a reference grid, new data.
Out: grids of `marginal_means`, whose coefficients are gradients.
Must not know: printing.

With eta = x'beta + o, h the inverse link and w the weights of rows, sum 1,

    prediction  sum w h(eta)         gradient  sum w h'(eta) x
    comparison  of two predictions, of rows in which a variable was set to one value and to another
    slope       sum w h'(eta) eta'   gradient  sum w [h''(eta) eta' x + h'(eta) x'],   ' of x, eta along a variable

and their variance is g'Vg, V the covariance of beta (Rao 1973, Linear Statistical Inference, 6a.2).
"""

from __future__ import annotations

from . import generalized_linear
from .words import avg_comparisons, avg_predictions, avg_slopes

__all__ = ["avg_comparisons", "avg_predictions", "avg_slopes", "generalized_linear"]
