"""One model, many responses: `refit_all`, the batch behind bootstraps, simulations and power studies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic

import numpy as np

from ..design import Designed
from ..engine.criterion.trusted import FAR, LOST, is_small
from ..engine.factorization.choose import engine_to_share
from ..engine.many_responses import (
    Optima,
    Problem,
    blurred_responses,
    modes,
    response_sums,
    solve_all,
    stackable,
    widened_search,
)
from ..engine.optimize.distant_response import search_far
from ..errors import DataError, FitNote, NumericalError
from ..functions import aligned
from ..numerics.linalg import Array, lower_factor
from .devfun import make_devfun, rows_of
from .fitted_model import FittedModel, Model
from .optimum import optimum_of, where_to_look
from .words import word


@dataclass(frozen=True, eq=False)
class BatchFits(Generic[Model]):
    """R fits of one model, one for each response.

    theta (R, k), beta (R, p), sigma (R,), objective (R,) the ML deviance or REML criterion
    T          per random term (R, l, l): templates, Sigma_i = sigma^2 T T'
    singular   (R,) whether a covariance has lost a direction;  converged (R,)
    failures   response -> what went wrong; where nothing could be computed the numbers are NaN
    """

    fit: Model
    theta: Array
    beta: Array
    sigma: Array
    objective: Array
    T: tuple[Array, ...]
    singular: Array
    converged: Array
    failures: Mapping[int, str]
    Y: Array = field(repr=False)
    problem: Problem = field(repr=False)
    optima: Optima = field(repr=False)

    def __len__(self) -> int:
        return len(self.sigma)

    @cached_property
    def _modes(self) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        u, b = modes(self.problem, self.optima)
        gram = self.problem.responses.gram
        where = [gram.place[term] for term in range(len(self.T))]
        turns = [lower_factor(scaled)[1] for scaled in _templates(self.problem, self.optima)]
        backs = gram.scaling.inverse_terms
        return (
            tuple(u[f][:, :, here] @ Q for (f, here), Q in zip(where, turns, strict=True)),
            tuple(b[f][:, :, here] @ back.T for (f, here), back in zip(where, backs, strict=True)),
        )

    @property
    def u(self) -> tuple[Array, ...]:
        """Spherical conditional modes per random term (R, J, l); computed when first asked for."""
        return self._modes[0]

    @property
    def b(self) -> tuple[Array, ...]:
        """Conditional modes per random term (R, J, l); computed when first asked for."""
        return self._modes[1]

    def model(self, r: int) -> Model:
        """The fit of response r, as `refit` gives it; NumericalError if there is none."""
        points = self.optima.points[r]
        if points is None:
            raise NumericalError(f"response {r} could not be fitted: {self.failures[r]}")
        fit = self.fit
        y = self.Y[:, r]
        request = fit.request.with_response(fit.rows.used.placed(y))
        devfun = replace(fit.devfun, data=fit.data.with_response(y), criterion=self.problem.criterion(r))
        at = devfun.criterion.at(points)
        optimum = optimum_of(devfun, at)
        notes = tuple(FitNote(text) for text in (*fit.design.notes, *optimum.notes))
        return type(fit)(request, devfun, optimum, notes, factorized=at)


@word
def refit_all(fit: FittedModel, Y: Array) -> BatchFits[Any]:
    """Fit the model of `fit` to every column of Y (n, R), one response each for the rows used.

    Each reaches the optimum that `refit` reaches. Only the sums with y are formed anew: Z'Z, Z'X and X'X are the fit's,
    and the responses are further columns of one pass over the rows. With one grouping factor, nested ones, or crossed
    ones with few effects, all responses descend together (Newton's method on stacks over (response, level), those that
    have converged dropping out); in larger crossed designs, with cs or ar1, one after the other on the shared sums.
    See `pylmer.engine.many_responses.solve`.

    Always by Newton's method from the default scan, whatever optimizer or start the fit was given. A response that
    cannot be fitted (a constant one) is no error: its numbers are NaN, and `failures` says why. Raises DataError for
    the wrong number of rows or missing values.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> y = fit.rows.y
    >>> batch = refit_all(fit, np.column_stack([y, 2 * y + 1]))
    >>> batch.beta.round(3).tolist()
    [[251.405, 10.467], [503.81, 20.935]]
    >>> batch.theta.round(3).tolist()
    [[0.967, 0.015, 0.231], [0.967, 0.015, 0.231]]
    """
    Y = responses_of(fit, Y)
    problem = make_problem(fit, Y)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite is a failure
        optima = solve_all(problem)
        _solve_far(fit, Y, problem, optima)
    scaled = _templates(problem, optima)
    T = tuple(lower_factor(each)[0] for each in scaled)
    gram = problem.responses.gram
    m = gram.n - gram.p if fit.REML else gram.n
    return BatchFits(
        fit,
        theta=fit.covariances.theta(T),
        beta=optima.beta @ gram.scaling.inverse.T + problem.responses.shift,
        sigma=np.sqrt(optima.r2 / m),
        objective=optima.value,
        T=T,
        singular=optima.singular,
        converged=optima.converged,
        failures=optima.failures,
        Y=Y,
        problem=problem,
        optima=optima,
    )


def responses_of(fit: Designed, Y: Any) -> Array:
    """Responses (n, R) as numbers, a row for each row used; DataError for another shape and missing values."""
    n = fit.design.n
    Y = np.asarray(np.array(aligned(Y, fit.rows.index, "Y", "the rows used"), float))
    if Y.ndim != 2 or Y.shape[0] != n:
        raise DataError(f"the responses have the shape {Y.shape}; wanted ({n}, R), a row for each row used")
    if not np.isfinite(Y).all():
        raise DataError("the responses have missing or infinite values; refitting needs a number for each row used")
    return np.asarray(Y)


def _solve_far(fit: FittedModel, Y: Array, problem: Problem, optima: Optima) -> None:
    """Responses that only the random effects can take up, and that sums would lose, each with an engine of its own."""
    devfun, gram = fit.devfun, problem.responses.gram
    if devfun.control.engine != "auto" or not is_small(gram):
        return
    far = devfun.covariances.multiple(FAR)
    if devfun.criterion.engine.far:
        suspects = np.arange(len(Y.T))
    else:
        try:
            suspects = np.flatnonzero(blurred_responses(problem.engine, fit.REML, far, problem.responses, LOST))
        except NumericalError:
            suspects = np.arange(len(Y.T))
    for r in suspects.tolist():
        try:
            own = make_devfun(fit.data.with_response(Y[:, r]), fit.REML, devfun.control)
            if not own.criterion.engine.far:
                continue
            found = search_far(own.criterion, own.families)
            best = widened_search(own.criterion, own.families, found).best
        except NumericalError as error:
            optima.failures[r] = str(error)
            continue
        optima.failures.pop(r, None)
        problem.own[r] = own.criterion
        fixed, scaling = best.at.fixed, own.gram.scaling
        beta = scaling.inverse @ fixed.beta + scaling.shift
        optima.points[r], optima.value[r], optima.r2[r] = best.at.place, best.at.value, fixed.r2
        optima.beta[r] = gram.scaling.R @ (beta - problem.responses.shift[r])
        optima.converged[r], optima.singular[r] = best.converged, best.at.place.singular()


@word
def solved_together(fit: FittedModel) -> bool:
    """Whether `refit_all` solves all responses at once, or one after the other."""
    return stackable(engine_to_share(fit.criterion.engine), fit.covariances.families)


def make_problem(fit: Model, Y: Array) -> Problem:
    """The criterion of every response, and where to look for the optima."""
    devfun = fit.devfun
    engine = engine_to_share(devfun.criterion.engine)
    multiple, multiples = where_to_look(devfun)
    offset = fit.rows.offset
    shifted = Y if offset is None else Y - offset[:, None]
    responses = response_sums(rows_of(fit.rows), engine.gram, shifted)
    return Problem(engine, fit.REML, fit.covariances.families, responses, multiple, multiples, fit.optimum.points)


def _templates(problem: Problem, optima: Optima) -> list[Array]:
    """R^-1 T~ per random term (R, l, l): square roots of Sigma in the user's coordinates; NaN where there is none."""
    out = []
    for term, back in enumerate(problem.responses.gram.scaling.inverse_terms):
        unknown = np.full(back.shape, np.nan)
        known = [unknown if points is None else points[term].template() for points in optima.points]
        out.append(back @ np.array(known).reshape(-1, *back.shape))
    return out
