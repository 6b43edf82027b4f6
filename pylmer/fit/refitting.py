"""The same model again: by the other criterion, or for another response."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import ArgumentError, DataError
from ..functions import vector_among
from ..language.nodes import Argument, Call, Constant
from ..numerics.linalg import Array
from .fitted_model import FittedModel
from .fitting import Fit, fit_design
from .optimum import held_optimum, optimize_devfun, optimizer_notes


def refit_ml(model: Fit) -> Fit:
    """The same model by maximum likelihood (itself, if it was); without notes, since they have been said.

    Where theta is held it stays so.
    """
    if not isinstance(model, FittedModel):
        raise ArgumentError(f"refitML() wants a fit of lmer(), found {type(model).__name__}")
    return _by_criterion(model, REML=False)


def refit_reml(model: Fit) -> Fit:
    """The same model by REML (itself, if it was); without notes. Where theta is held it stays so."""
    return _by_criterion(model, REML=True)


def _by_criterion(model: Fit, REML: bool) -> Fit:
    if model.REML == REML:
        return model
    devfun = replace(model.devfun, criterion=replace(model.devfun.criterion, REML=REML))
    call = replace(model.call, arguments=tuple(each for each in model.call.arguments if each.name != "REML"))
    request = replace(model.request, REML=REML, call=call if REML else _by_ml(call))
    optimum = held_optimum(devfun, model.par) if model.optimum.held else optimize_devfun(devfun)
    return type(model)(request, devfun, optimum, ())


def _by_ml(call: Call) -> Call:
    """The call with `REML = FALSE`."""
    return replace(call, arguments=(*call.arguments, Argument(Constant("FALSE"), "REML")))


def refit(model: Fit, response: Any) -> Fit:
    """The same design and criterion for another response: (n,) for the rows used, or one value per row of the data.

    A Series is put in order by its labels, which are those of the rows. The request of the fit knows the response, so
    that whoever goes back to it, such as `update` and `drop1`, fits this one.
    """
    if not isinstance(model, FittedModel):
        raise ArgumentError(f"refit() wants a fit of lmer(), found {type(model).__name__}")
    design = model.design
    y = _response(vector_among(response, design.labels, "the new response"))
    whole = y
    if y.shape == (design.n_total,):
        y = y[design.kept]
    if y.shape != design.y.shape:
        raise DataError(f"the new response has {y.size} values; wanted {len(design.y)}, one for each row used")
    if not np.isfinite(y).all():
        raise DataError("the new response has missing or infinite values; refit needs a number for each row used")
    whole = whole if whole.shape == (design.n_total,) else design.rows.placed(y)
    said = (*design.notes, *optimizer_notes(model.control))  # of the rows and the request, which are those of `model`
    return fit_design(type(model), model.request.with_response(whole), design.with_response(y), said)


def _response(given: Any) -> Array:
    """The new response as numbers; one column is a vector."""
    try:
        y = np.array(given, float)
    except (TypeError, ValueError):
        raise DataError(f"the new response must be an array of numbers, found {type(given).__name__}") from None
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
