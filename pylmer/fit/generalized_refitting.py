"""Fits of `glmer` for other responses: `refit`, and many at once from warm starts, `refit_all`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from ..design.responses import Response, reader_of
from ..engine.generalized.generalized import optimize_generalized
from ..engine.generalized.solution import GeneralizedOptimum
from ..engine.generalized.user import GeneralizedDevfun
from ..errors import DataError, NumericalError
from ..functions import vector_among
from ..functions.series import value_of
from ..functions.values import Matrix, RefusedError, missing
from ..functions.variables import as_variable
from ..language import deparse
from ..numerics.linalg import Array
from . import generalized_all_fit  # noqa: F401  # teaches allFit
from .generalized import GeneralizedFittedModel, generalized_model, steps_of
from .many_fits import refit_all, responses_of, solved_together
from .notes import announce
from .refitting import refit

NEW = "the new response"


@refit.register(GeneralizedFittedModel)
def refit_generalized(model: GeneralizedFittedModel, response: Any) -> GeneralizedFittedModel:
    """The same model for another response in the shape of its own, prior weights kept; counts bring new totals.

    The search begins at the optimum of `model`. The arguments are those of `refit`.
    """
    new, whole = read_response(model, response)
    request, data = model.request.with_response(whole), model.data.with_response(new)
    weights = data.rows.prior_weights
    devfun = model.devfun.with_responses(new.y, np.ones(len(new.y)) if weights is None else weights)
    optimum = optimize_near(devfun, model.optimum, steps_of(model.control))
    again = generalized_model(type(model), request, data, devfun, optimum)
    said = {str(each) for each in model.notes}
    announce(each for each in again.notes if str(each) not in said)
    return again


def optimize_near(devfun: GeneralizedDevfun, near: GeneralizedOptimum, steps: int) -> GeneralizedOptimum:
    """From the optimum of another response; from the model's own start where the criterion has no value there."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        try:
            return optimize_generalized(devfun, near, steps)
        except NumericalError:
            return optimize_generalized(devfun, steps=steps)


def read_response(model: GeneralizedFittedModel, given: Any) -> tuple[Response, Array]:
    """The response on the rows used, and numbers for all rows of the data, NaN where none is known."""
    design, rows = model.design, model.rows
    node = design.formula.response
    try:
        value = as_variable(value_of(_in_order(model, given), NEW))
        read = reader_of(model.family)(value, "" if node is None else deparse(node))
    except RefusedError as refused:
        raise DataError(f"{NEW}: {refused}") from None
    counts = read.trials is not None
    if counts != (rows.response.trials is not None):
        wanted = "one value for each row" if counts else "two columns, successes and failures"
        raise DataError(f"{NEW} is of another shape than that of the fit: wanted {wanted}")
    if len(read.y) not in (design.n, design.n_total):
        raise DataError(f"{NEW} has {len(read.y)} values; wanted {design.n}, one for each row used")
    here = read.at(np.flatnonzero(rows.kept)) if len(read.y) == design.n_total else read
    absent = missing(here.value)
    if not np.isfinite(here.y).all() or (absent is not None and absent.any()):
        raise DataError(f"{NEW} has missing or infinite values; refit needs one for each row used")
    weights = rows.weights if here.trials is None else here.trials
    model.family.check_response(here.y, 1.0 if weights is None else weights)
    return here, _placed(model, here.numbers if len(read.y) != design.n_total else read.numbers, len(read.y))


def _in_order(model: GeneralizedFittedModel, given: Any) -> Any:
    """What was given in the order of the rows; two columns of numbers as a matrix."""
    ordered = vector_among(given, model.rows.labels, NEW)
    native = nw.to_native(ordered, pass_through=True)
    if isinstance(native, pd.DataFrame) or (isinstance(native, np.ndarray) and native.ndim == 2):
        try:
            numbers = np.asarray(native, float)
        except (TypeError, ValueError):
            raise DataError(f"{NEW} has columns that are no numbers; wanted counts") from None
        names = tuple(map(str, native.columns)) if isinstance(native, pd.DataFrame) else ("",) * numbers.shape[1]
        return Matrix(numbers, names)
    return ordered


def _placed(model: GeneralizedFittedModel, numbers: Array, length: int) -> Array:
    """Numbers (n,) or (n, 2) among all rows of the data."""
    if length == model.design.n_total:
        return numbers
    placed = model.rows.used.placed
    return placed(numbers) if numbers.ndim == 1 else np.column_stack([placed(column) for column in numbers.T])


# --- many responses --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class GeneralizedBatch:
    """R fits of one model, one for each response, as `BatchFits` of lmer has them.

    theta (R, k), beta (R, p), sigma (R,), objective (R,), per random term T (R, l, l); NaN where nothing was found
    """

    fit: GeneralizedFittedModel
    optima: tuple[GeneralizedOptimum | None, ...]
    failures: Mapping[int, str]
    Y: Array = field(repr=False)

    def __len__(self) -> int:
        return len(self.optima)

    def _gathered(self, of_fit: Any, attribute: str) -> Array:
        """One attribute of every optimum (R, ...), shaped as that of the fit."""
        shape = np.shape(of_fit)
        rows = [np.full(shape, np.nan) if each is None else getattr(each, attribute) for each in self.optima]
        return np.array(rows, float).reshape(len(self), *shape)

    @cached_property
    def theta(self) -> Array:
        return self._gathered(self.fit.theta, "theta")

    @cached_property
    def beta(self) -> Array:
        return self._gathered(self.fit.beta, "beta")

    @cached_property
    def sigma(self) -> Array:
        return self._gathered(0.0, "sigma")

    @cached_property
    def objective(self) -> Array:
        """-2 log L, or lme4's criterion (R,)."""
        return self._gathered(0.0, "value")

    @cached_property
    def T(self) -> tuple[Array, ...]:
        kept = [None if each is None else each.T for each in self.optima]
        return tuple(
            np.array([np.full(T.shape, np.nan) if each is None else each[term] for each in kept]).reshape(-1, *T.shape)
            for term, T in enumerate(self.fit.T)
        )

    @property
    def singular(self) -> Array:
        """(R,) whether a covariance has lost a direction."""
        return np.array([each is not None and each.singular for each in self.optima], bool)

    @property
    def converged(self) -> Array:
        """(R,)."""
        return np.array([each is not None and each.converged for each in self.optima], bool)

    def model(self, r: int) -> GeneralizedFittedModel:
        """The fit of response r; NumericalError if there is none."""
        optimum, fit = self.optima[r], self.fit
        if optimum is None:
            raise NumericalError(f"response {r} could not be fitted: {self.failures[r]}")
        old = fit.rows.response
        if old.trials is None:
            new = Response(self.Y[:, r], self.Y[:, r])
        else:
            successes = np.round(self.Y[:, r] * old.trials)
            counts = np.column_stack([successes, old.trials - successes])
            new = replace(old, y=self.Y[:, r], value=replace(old.value, numbers=counts))
        request = fit.request.with_response(_placed(fit, new.numbers, fit.design.n))
        return type(fit)(request, fit.data.with_response(new), optimum.devfun, optimum)


@refit_all.register(GeneralizedFittedModel)
def refit_all_generalized(fit: GeneralizedFittedModel, Y: Array) -> GeneralizedBatch:
    """Fit the model of `fit` to every column of Y (n, R), of a binomial family proportions of the fit's own trials.

    Each search begins at the optimum of `fit`, on its own sums and scales. A response that cannot be fitted is no
    error: `failures` says why.
    """
    Y = responses_of(fit, Y)
    optima: list[GeneralizedOptimum | None] = []
    failures: dict[int, str] = {}
    for r, y in enumerate(Y.T):
        try:
            optima.append(optimize_near(fit.devfun.with_responses(y), fit.optimum, steps_of(fit.control)))
        except NumericalError as error:
            optima.append(None)
            failures[r] = str(error)
    return GeneralizedBatch(fit, tuple(optima), failures, Y)


@solved_together.register(GeneralizedFittedModel)
def never_together(fit: GeneralizedFittedModel) -> bool:
    """One after the other: the weights of every response are its own."""
    return False
