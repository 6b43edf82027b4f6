"""Many fits of one model of `glmer`, a response each: `refit_all`, behind bootstraps and power studies.

What `engine.generalized.many` can solve descends together; the others, and what is left of these, follow one by one
from the optimum of the fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..design.responses import Response
from ..engine.generalized.generalized import optimize_from
from ..engine.generalized.many import Solved, beta_covariances, solvable, solve_together
from ..engine.generalized.solution import GeneralizedOptimum
from ..errors import NumericalError
from ..numerics.linalg import Array, lower_factor
from .generalized import GeneralizedFittedModel, steps_of
from .generalized_refitting import optimize_near, placed_among_all
from .many_fits import refit_all, responses_of, solved_together


@dataclass(frozen=True, eq=False)
class GeneralizedBatch:
    """R fits of one model, one for each response, as `BatchFits` of lmer has them.

    theta (R, k), beta (R, p), sigma (R,), objective (R,) -2 log L or lme4's criterion, per random term T (R, l, l)
    singular   (R,) whether a covariance has lost a direction;  converged (R,)
    failures   response -> what went wrong; where nothing was found the numbers are NaN
    alone      response -> its optimum, of those that were solved by themselves
    """

    fit: GeneralizedFittedModel
    theta: Array
    beta: Array
    sigma: Array
    objective: Array
    T: tuple[Array, ...]
    singular: Array
    converged: Array
    failures: Mapping[int, str]
    Y: Array = field(repr=False)
    alone: Mapping[int, GeneralizedOptimum] = field(repr=False)
    together: Solved | None = field(repr=False)

    def __len__(self) -> int:
        return len(self.sigma)

    @cached_property
    def vcov(self) -> Array:
        """Covariances of beta from the Hessians (R, p, p), as `optimum.vcov`; NaN where there is none."""
        p = self.beta.shape[1]
        out = np.full((len(self), p, p), np.nan)
        if self.together is not None:
            done = np.flatnonzero(self.together.done)
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                out[done] = beta_covariances(self.fit.devfun, self.Y[:, done], self.together.places[done])
        for r, optimum in self.alone.items():
            with suppress(NumericalError):
                out[r] = optimum.vcov
        return out

    def optimum(self, r: int) -> GeneralizedOptimum:
        """The optimum of response r; NumericalError if there is none."""
        if r in self.alone:
            return self.alone[r]
        if r in self.failures or self.together is None:
            raise NumericalError(f"response {r} could not be fitted: {self.failures[r]}")
        devfun = self.fit.devfun.with_responses(self.Y[:, r])
        return optimize_from(devfun, self.together.places.place(r), steps_of(self.fit.control))

    def model(self, r: int) -> GeneralizedFittedModel:
        """The fit of response r; NumericalError if there is none."""
        optimum, fit = self.optimum(r), self.fit
        old = fit.rows.response
        if old.trials is None:
            new = Response(self.Y[:, r], self.Y[:, r])
        else:
            successes = np.round(self.Y[:, r] * old.trials)
            counts = np.column_stack([successes, old.trials - successes])
            new = replace(old, y=self.Y[:, r], value=replace(old.value, numbers=counts))
        request = fit.request.with_response(placed_among_all(fit, new.numbers, fit.design.n))
        return type(fit)(request, fit.data.with_response(new), optimum.devfun, optimum)


@refit_all.register(GeneralizedFittedModel)
def refit_all_generalized(fit: GeneralizedFittedModel, Y: Array) -> GeneralizedBatch:
    """Fit the model of `fit` to every column of Y (n, R), of a binomial family proportions of the fit's own trials.

    Each search begins at the optimum of `fit`, on its own sums and scales, and ends where `refit` does. With Laplace's
    criterion, one grouping factor and unstructured or diagonal terms all responses descend together (Newton's method on
    arrays of rows times responses, those that have converged dropping out); others are fitted one after the other. A
    response that cannot be fitted is no error: `failures` says why.
    """
    Y = responses_of(fit, Y)
    batch = _blank(fit, Y)
    left = np.arange(Y.shape[1])
    if solvable(fit.devfun) and Y.shape[1]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite is solved alone
            together = solve_together(fit.devfun, Y, fit.optimum.at.place)
        batch, left = _filled(batch, together), np.flatnonzero(~together.done)
    failures: dict[int, str] = {}
    alone: dict[int, GeneralizedOptimum] = {}
    for r in left.tolist():
        try:
            alone[r] = optimize_near(fit.devfun.with_responses(Y[:, r]), fit.optimum, steps_of(fit.control))
        except NumericalError as error:
            failures[r] = str(error)
        else:
            _put(batch, r, alone[r])
    return replace(batch, alone=alone, failures=failures)


@solved_together.register(GeneralizedFittedModel)
def generalized_together(fit: GeneralizedFittedModel) -> bool:
    """Whether all responses are solved at once."""
    return solvable(fit.devfun)


def _blank(fit: GeneralizedFittedModel, Y: Array) -> GeneralizedBatch:
    """Nothing known yet."""
    R = Y.shape[1]

    def unknown(*shape: int) -> Array:
        return np.full((R, *shape), np.nan)

    no = np.zeros(R, bool)
    T = tuple(unknown(*T.shape) for T in fit.T)
    numbers = unknown(len(fit.theta)), unknown(len(fit.beta)), unknown(), unknown()
    return GeneralizedBatch(fit, *numbers, T, no, no.copy(), {}, Y, {}, None)


def _filled(batch: GeneralizedBatch, solved: Solved) -> GeneralizedBatch:
    """With what was solved together."""
    scaling, done = batch.fit.devfun.structure.scaling, solved.done
    scaled = zip(scaling.inverse_terms, solved.places.points.T, strict=True)
    T = tuple(np.where(done[:, None, None], lower_factor(back @ each)[0], np.nan) for back, each in scaled)
    return replace(
        batch,
        theta=batch.fit.covariances.theta(T),
        beta=np.where(done[:, None], solved.places.beta @ scaling.inverse.T, np.nan),
        sigma=np.where(done, np.sqrt(solved.phi), np.nan),
        objective=np.where(done, solved.value, np.nan),
        T=T,
        singular=solved.singular & done,
        converged=done.copy(),
        together=solved,
    )


def _put(batch: GeneralizedBatch, r: int, optimum: GeneralizedOptimum) -> None:
    """Write one response's optimum into the arrays."""
    batch.theta[r], batch.beta[r], batch.sigma[r] = optimum.theta, optimum.beta, optimum.sigma
    batch.objective[r] = optimum.value
    batch.singular[r], batch.converged[r] = optimum.singular, optimum.converged
    for T, each in zip(batch.T, optimum.T, strict=True):
        T[r] = each
