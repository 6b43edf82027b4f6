"""The same model again: by the other criterion, or for another response."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np

from ..errors import ArgumentError, DataError
from ..functions import vector_among
from ..language.nodes import Argument, Call, Constant
from ..numerics.linalg import Array
from ..text.arguments import plain
from .base import Fit
from .fitted_model import FittedModel, Model
from .fitting import fit
from .optimum import held_optimum, optimize_devfun, optimizer_notes
from .words import word

Same = TypeVar("Same", bound=Fit)


@plain
def refitML(model: Same) -> Same:
    """The same model by maximum likelihood; without notes, since they have been said.

    model  a fit of `lmer` or `glmer`; one by maximum likelihood, as all of `glmer` are, is returned as it is. Where
           theta is held it stays so

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> round(refitML(fit).optimum.value, 4)
    327.3271
    """
    if isinstance(model, FittedModel):
        return cast("Same", _by_criterion(model, REML=False))
    if getattr(model, "REML", True):
        raise ArgumentError(f"refitML() wants a fit of lmer() or glmer(), found {type(model).__name__}")
    return model


def refit_reml(model: Model) -> Model:
    """The same model by REML (itself, if it was); without notes. Where theta is held it stays so."""
    return _by_criterion(model, REML=True)


def _by_criterion(model: Model, REML: bool) -> Model:
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


@word
def refit(model: FittedModel, response: Any) -> Any:
    """The same model for another response.

    model     a fit of `lmer` or `glmer`
    response  the new response: an array (n,) for the rows used, or one value for each row of the data. A Series goes by
              its labels, which are those of the rows in any order. Of a binomial `glmer` it has the response's own
              shape, as `simulate` gives it: proportions, logicals, categories, or two columns of counts

    The fit keeps the response: update, drop1, ranova, step, model_frame and all others go on from it, as if it were a
    column of the data. Rows that the fit left out have the values given, one for each row of the data, or none.
    R's lme4 has them for model.frame, but `update` and what refits through it go back to the column of the formula.

    Raises DataError if the length does not fit or a value is not finite.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> round(refit(fit, 2 * fit.rows.y + 1).beta[0])
    3056
    """
    design, rows = model.design, model.rows
    y = _response(vector_among(response, rows.labels, "the new response"))
    whole = y
    if y.shape == (design.n_total,):
        y = y[rows.kept]
    if y.shape != (design.n,):
        raise DataError(f"the new response has {y.size} values; wanted {design.n}, one for each row used")
    if not np.isfinite(y).all():
        raise DataError("the new response has missing or infinite values; refit needs a number for each row used")
    whole = whole if whole.shape == (design.n_total,) else rows.used.placed(y)
    said = (*design.notes, *optimizer_notes(model.control))  # of the rows and the request, which are those of `model`
    return fit(type(model), model.request.with_response(whole), model.data.with_response(y), said, sibling=model)


def _response(given: Any) -> Array:
    """The new response as numbers; one column is a vector."""
    try:
        if np.iscomplexobj(given):
            raise TypeError("imaginary parts would be lost")
        y = np.array(given, float)
    except (TypeError, ValueError):
        raise DataError(f"the new response must be an array of numbers, found {type(given).__name__}") from None
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
