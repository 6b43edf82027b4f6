"""simulate for generalized linear mixed models: effects are drawn, then responses from the family given their means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..design import Designed, sort_of_response
from ..design.responses import Response
from ..errors import ArgumentError
from ..families import Family
from ..fit.fitted_model import random_effect
from ..fit.generalized import GeneralizedFittedModel
from ..fit.given_parameters import Parameters
from ..numerics.linalg import Array
from ..prediction import predict
from ..prediction.choosing import ReForm
from ..prediction.generalized import given, parameters_of
from ..prediction.labels import check_na_action, new_noise, refuse_without_newdata, rows_kept
from .drawing import Effects, Seed, drawn, generator, replicates
from .simulate import conditioned, simulate


@simulate.register(GeneralizedFittedModel)
def simulate_generalized(
    fit: GeneralizedFittedModel,
    nsim: int = 1,
    seed: Seed = None,
    *,
    use_u: bool = False,
    re_form: ReForm = "NA",
    newdata: Any = None,
    newparams: Mapping[str, Any] | None = None,
    allow_new_levels: bool = False,
    weights: Any = None,
    offset: Any = None,
    na_action: str = "pass",
    cond_sim: bool = True,
) -> pd.DataFrame:
    """Draw new responses from a fit of `glmer`: a frame with nsim columns sim_1, sim_2, ...

    Responses of a binomial family have the shape of the fit's: proportions, logicals, the categories of a factor; of
    cbind(successes, failures) two columns each, so that `simulate(fit)["sim_1"]` can be given to `refit`. weights of
    `newdata` are the trials of a binomial family. cond_sim=False gives the means given the effects.

    The other arguments are those of `simulate` for `lmer`.
    """
    count, rng = replicates(nsim), generator(seed)
    check_na_action(na_action)
    kept = conditioned(fit, use_u, re_form)
    parameters = parameters_of(fit, newparams)
    if newdata is None:
        refuse_without_newdata(offset)
        if weights is not None:
            raise ArgumentError("weights= belongs to newdata; the rows of the fit have the weights of the fit")
        eta = draw_predictors(fit, parameters, count, rng, kept)
        values = responses(fit.family, parameters, eta, fit.prior_weights, rng, cond_sim)
        return labelled_responses(fit, values, cond_sim)
    frame = fit.design.spec.frame(newdata)
    terms = None if use_u else re_form
    options: dict[str, Any] = {"re_form": terms, "allow_new_levels": allow_new_levels, "offset": offset}
    mean = predict(fit, frame, newparams=newparams, **options).to_numpy()
    eta = drawn(mean, _new_effects(fit, parameters, frame, kept, allow_new_levels), 0.0, None, count, rng)
    w = 1.0 / new_noise(fit.design.spec, frame, weights)
    shown = rows_kept(~np.isnan(eta[:, 0]) & ~np.isnan(w), frame.index, na_action)
    known = ~np.isnan(eta[:, 0]) & ~np.isnan(w)
    values = np.full(eta.shape, np.nan)
    values[known] = responses(fit.family, parameters, eta[known], w[known], rng, cond_sim)
    response = sort_of_response(fit)
    shape = replace(response, trials=None if response.trials is None else w[shown])
    return _shaped(shape, values[shown], frame.index[shown], cond_sim)


def draw_predictors(
    fit: GeneralizedFittedModel,
    parameters: Parameters,
    count: int,
    rng: np.random.Generator,
    kept: tuple[int, ...] = (),
) -> Array:
    """Linear predictors (n, count) of the rows of a fit: the terms numbered in `kept` have their modes."""
    rows, modes = fit.rows, given(fit, parameters).b_terms
    mean = np.asarray(rows.X @ parameters.beta, float)
    if rows.offset is not None:
        mean = mean + rows.offset
    for number in kept:
        term = rows.random[number]
        mean = mean + random_effect(term.Z, modes[number][term.codes])
    effects = [
        Effects(term.Z, term.codes, len(term.levels), parameters.sigma * parameters.T[number])
        for number, term in enumerate(rows.random)
        if number not in kept
    ]
    return drawn(mean, effects, 0.0, None, count, rng)


def draw_generalized(
    fit: GeneralizedFittedModel,
    count: int,
    rng: np.random.Generator,
    kept: tuple[int, ...] = (),
    parameters: Parameters | None = None,
) -> Array:
    """New responses y (n, count) of the rows of a fit, of a binomial family proportions; None: its own parameters."""
    parameters = parameters_of(fit) if parameters is None else parameters
    eta = draw_predictors(fit, parameters, count, rng, kept)
    return responses(fit.family, parameters, eta, fit.prior_weights, rng, True)


def _new_effects(
    fit: GeneralizedFittedModel, parameters: Parameters, frame: Any, kept: tuple[int, ...], allow_new_levels: bool
) -> list[Effects]:
    """The terms that are drawn, on new rows."""
    spec = fit.design.spec
    others = [number for number in range(len(fit.design.random)) if number not in kept]
    effects = []
    for number, (Z, _) in spec.random(frame, others, allow_new_levels=allow_new_levels).items():
        found = spec.levels_found(frame, number)
        effects.append(Effects(Z, found.codes, len(found.levels), parameters.sigma * parameters.T[number]))
    return effects


def responses(
    family: Family, parameters: Parameters, eta: Array, w: Array, rng: np.random.Generator, draw: bool
) -> Array:
    """Means (n, nsim) of linear predictors, or responses drawn about them."""
    if not family.valid(eta):
        raise ArgumentError(
            f"the {family.link.name} link has no mean for some of the linear predictors drawn: the random effects "
            "are too variable for it; simulate with use_u=True, or with another link"
        )
    mu = family.mu(eta)
    return family.simulate(rng, mu, w[:, None], parameters.sigma**2) if draw else mu


def labelled_responses(fit: Designed, values: Array, draws: bool) -> pd.DataFrame:
    """On the rows of the fit; missing in rows left out with na_action="exclude"."""
    made = _shaped(fit.rows.response, values, fit.rows.index, draws)
    if fit.design.na_action != "exclude" or fit.design.n_missing == 0:
        return made
    place = fit.rows.padded(np.arange(fit.rows.n, dtype=float))
    padded = made.reset_index(drop=True).reindex(np.where(np.isnan(place), -1, place).astype(int))
    return padded.set_axis(fit.rows.padded_index)


def _shaped(response: Response, values: Array, index: pd.Index[Any], draws: bool) -> pd.DataFrame:
    """Columns sim_1, sim_2, ...: numbers, or draws in the shape of the response."""
    names = [f"sim_{k}" for k in range(1, values.shape[1] + 1)]
    if not draws:
        return pd.DataFrame(values, index=index, columns=names)
    columns = [response.shaped(y, index) for y in values.T]
    return pd.concat(columns, axis=1, keys=names)
