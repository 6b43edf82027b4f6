"""simulate of a formula: responses drawn from a design and parameters, without a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..design import ModelData, build_design
from ..design.model_frame import DesignArguments
from ..errors import ArgumentError, FitNote
from ..families import Family, read_family
from ..fit.given_parameters import Parameters, read_parameters
from ..fit.notes import announce
from ..fit.request import check_env
from ..functions import read_columns, recycled
from ..language import parse_formula, require_random
from ..language.nodes import Name, Node
from ..language.syntax import MixedFormula
from ..language.walk import variables
from ..numerics.linalg import Array
from ..options import glmerControl, lmerControl
from .drawing import Seed, draw_on_rows, generator, replicates
from .generalized import labelled_responses, responses
from .simulate import labelled, simulate

PLACEHOLDER = "(simulated)"  # stands for the response of a formula without data; no column has this name
OFF: Any = dict.fromkeys(
    (
        "check_response_not_const",
        "check_nobs_vs_nlev",
        "check_nlev_gtr_1",
        "check_nobs_vs_nRE",
        "check_scaleX",
    ),
    "ignore",
)
UNCHECKED = lmerControl(**OFF)
GENERALIZED_UNCHECKED = glmerControl(**OFF)


@simulate.register(str)
@simulate.register(MixedFormula)
def simulate_formula(
    formula: str | MixedFormula,
    nsim: int = 1,
    seed: Seed = None,
    *,
    newdata: Any = None,
    newparams: Mapping[str, Any] | None = None,
    family: Any = None,
    weights: Any = None,
    cond_sim: bool = True,
    contrasts: Any = None,
    env: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """`simulate` without a fit; `contrasts` and `env` as in `lmer`, `family` as in `glmer`."""
    count, rng = replicates(nsim), generator(seed)
    law = _generalized(family)
    data = data_without_response(formula, newdata, law, weights=weights, contrasts=contrasts, env=env)
    parameters = parameters_without_fit(data, newparams, law)
    announce([FitNote(text) for text in data.notes])
    if law is None:
        return labelled(data, draw_on_rows(data.rows, parameters, count, rng, residuals=cond_sim))
    return labelled_responses(data, drawn_from(law, data, parameters, count, rng, cond_sim), cond_sim)


def _generalized(family: Any) -> Family | None:
    """The family, None where the model is linear."""
    law = None if family is None else read_family(family)
    return None if law is None or (law.name == "gaussian" and law.link.name == "identity") else law


def parameters_without_fit(data: ModelData, newparams: Any, family: Family | None) -> Parameters:
    """theta, beta and sigma as given; a family without a scale has a sigma of 1."""
    given = newparams
    if family is not None and not family.has_scale and isinstance(newparams, Mapping):
        given = {"sigma": 1.0, **newparams}
        sigma = given["sigma"]
        if sigma is None or np.any(np.asarray(sigma) != 1):
            raise ArgumentError(f"newparams: a {family.name} family has no sigma; leave it out, found {sigma!r}")
    return read_parameters(data.design, given)


def drawn_from(
    family: Family, data: ModelData, parameters: Parameters, count: int, rng: np.random.Generator, draw: bool = True
) -> Array:
    """Responses (n, count) of a family, of a binomial one proportions; or their means given the effects."""
    eta = draw_on_rows(data.rows, parameters, count, rng, residuals=False)
    w = data.rows.prior_weights
    return responses(family, parameters, eta, np.ones(len(eta)) if w is None else w, rng, draw)


def data_without_response(
    formula: str | MixedFormula,
    newdata: Any,
    family: Family | None = None,
    *,
    env: Mapping[str, Any] | None = None,
    **given: Any,
) -> ModelData:
    """The data of a formula whose response is not known; of a family that of the data gives the shape, if it is there.

    Else y is zero, of a family with a scale one.
    """
    if newdata is None:
        raise ArgumentError("simulate() of a formula needs newdata=, a data frame with its variables")
    newdata = recycled(newdata)
    check_env(env)
    columns, parsed = read_columns(newdata), parse_formula(formula)
    if family is None or not _is_there(parsed.response, {*map(str, columns), *(env or {})}):
        value = 0.0 if family is None or not family.has_scale else 1.0
        env = {**(env or {}), PLACEHOLDER: np.full(columns.n, value)}
        parsed = replace(parsed, response=Name(PLACEHOLDER))
    require_random(parsed)
    arguments = DesignArguments(env=env, na_action="exclude", **given)
    control = UNCHECKED if family is None else GENERALIZED_UNCHECKED
    return build_design(parsed, newdata, arguments, control=control, family=family)


def _is_there(response: Node | None, names: set[str]) -> bool:
    """Whether the data have what the left side of a formula is made of."""
    found = [] if response is None else [name.name for name in variables(response)]
    return bool(found) and names.issuperset(found)
