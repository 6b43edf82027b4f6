"""simulate: new responses from a fit, or from a formula with parameters.

    y = X beta + offset + sum over terms of Z_i b_i + e,   b_i = sigma T_i z by level,  e = sigma w^(-1/2) z,  z ~ N(0, I)

The effects of a term are drawn for all its levels and all replicates at once and added through the codes of the rows;
Z is never formed (Bates, Maechler, Bolker & Walker 2015, section 2, for the model).
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from .design import Design, build_design
from .errors import ArgumentError, DataError, FitNote
from .extract import word
from .fitting import FittedModel, announce
from .functions import read_columns
from .language import parse_formula, require_random
from .language.syntax import MixedFormula, Name
from .linalg import Array, Codes, chunks
from .options import lmerControl
from .parameters import Parameters, fitted_parameters, read_parameters, with_parameters
from .prediction import predict, selected_terms
from .regression import LinearFit

Seed: TypeAlias = "int | np.random.Generator | None"
CELLS = 2_000_000  # numbers gathered at once
PLACEHOLDER = "(simulated)"  # stands for the response of a formula without data; no column has this name
UNCHECKED = lmerControl(
    check_response_not_const="ignore",
    check_nobs_vs_nlev="ignore",
    check_nlev_gtr_1="ignore",
    check_nobs_vs_nRE="ignore",
    check_scaleX="ignore",
)


@word
def simulate(
    fit: FittedModel,
    nsim: int = 1,
    seed: Seed = None,
    *,
    use_u: bool = False,
    re_form: str | MixedFormula | float | None = "NA",
    newdata: Any = None,
    newparams: Mapping[str, Any] | None = None,
    allow_new_levels: bool = False,
    weights: Any = None,
    cond_sim: bool = True,
) -> pd.DataFrame:
    """Draw new responses from a fit, as lme4's `simulate`: DataFrame (n, nsim) with columns sim_1, sim_2, ...

    nsim              number of responses
    seed              an integer or a numpy Generator
    use_u             True: given the conditional modes of all random effects; False: with new effects
    re_form           the same for single terms: None is `use_u=True`, "NA" and "~0" new effects for all terms; of a
                      formula such as "~ (1 | g)" the terms are conditioned on, all others are drawn
    newdata           a data frame with the columns of the formula, without the response; None: the rows of the fit
    newparams         parameters in place of those fitted: dict(theta=, beta=, sigma=); theta in lme4's order, beta
                      likewise or by name; what is left out stays as fitted. Spherical modes u are held
    allow_new_levels  rows of `newdata` may have unknown levels: drawn anew, or zero where the term is conditioned on;
                      rows without a level get no effect of the term
    weights           prior weights of `newdata`: an array or the name of a column; 1 if left out
    cond_sim          False: the mean given the effects, without residuals

    The rows of the fit are those used, with its weights; after na_action="exclude" the others are NaN. Rows of `newdata`
    with missing predictors give NaN.

    A formula draws without a fit: `simulate("~ x + (1 | g)", newdata=, newparams=)`; then theta, beta and sigma are
    all needed, and a response on the left is not looked at. A fit of lm() is simulated too.

    Residuals have variance sigma^2 / w, as the model says; lme4 1.1 leaves the weights out of it.

    Raises ArgumentError for `nsim` below 1, unknown terms in `re_form`, and parameters of other names or lengths;
    DataError for missing columns and unknown levels.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> simulate(fit, nsim=2, seed=1).shape
    (180, 2)
    >>> import pandas as pd
    >>> plan = pd.DataFrame({"x": [0, 1] * 3, "g": list("aabbcc")})
    >>> simulate("~ x + (1 | g)", newdata=plan, newparams=dict(beta=[1, 2], theta=[0.5], sigma=0)).sim_1.tolist()
    [1.0, 3.0, 1.0, 3.0, 1.0, 3.0]
    """
    count, rng = replicates(nsim), generator(seed)
    kept = _conditioned(fit, use_u, re_form)
    model = fit if newparams is None else with_parameters(fit, newparams)
    if newdata is None:
        if weights is not None:
            raise ArgumentError("weights= belongs to newdata; the rows of the fit have the weights of the fit")
        return _labelled(fit.design, draw_responses(model, count, rng, kept, cond_sim))
    return _new_rows(model, count, rng, kept, newdata, allow_new_levels, weights, cond_sim)


@simulate.register(str)
@simulate.register(MixedFormula)
def simulate_formula(
    formula: str | MixedFormula,
    nsim: int = 1,
    seed: Seed = None,
    *,
    newdata: Any = None,
    newparams: Mapping[str, Any] | None = None,
    weights: Any = None,
    cond_sim: bool = True,
    contrasts: Any = None,
    env: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """`simulate` without a fit; `contrasts` and `env` as in `lmer`."""
    count, rng = replicates(nsim), generator(seed)
    design = design_without_response(formula, newdata, weights=weights, contrasts=contrasts, env=env)
    parameters = read_parameters(design, newparams)
    announce([FitNote(text) for text in design.notes], stacklevel=4)
    return _labelled(design, _draw(design, parameters, range(len(design.random)), count, rng, cond_sim))


@simulate.register(LinearFit)
def simulate_linear(fit: LinearFit, nsim: int = 1, seed: Seed = None) -> pd.DataFrame:
    """`simulate` for least squares: fitted values plus residuals of variance sigma^2 / w."""
    count, rng = replicates(nsim), generator(seed)
    X, offset = fit.design.X, 0.0 if fit.design.offset is None else fit.design.offset
    mean = X @ fit.beta[fit.solution.kept] + offset
    return _labelled(fit.design, drawn(mean, (), fit.sigma, fit.design.weights, count, rng))


@dataclass(frozen=True, eq=False)
class Effects:
    """A random term whose effects are drawn: Z (n, l) or None for ones, codes (n,) in 0..J-1 or -1 for no effect,
    square root S (l, l) of the covariance of the effects."""

    Z: Array | None
    codes: Codes
    J: int
    S: Array


def draw_responses(
    fit: FittedModel, nsim: int, rng: np.random.Generator, kept: Iterable[int] = (), residuals: bool = True
) -> Array:
    """New responses of the rows of a fit: (n, nsim). The terms numbered in `kept` have their conditional modes."""
    kept = set(kept)
    design, known = fit.design, fit.solution.b_terms
    terms = range(len(design.random))
    b_terms = {number: known[number] for number in terms if number in kept}
    others = [number for number in terms if number not in kept]
    return _draw(design, fitted_parameters(fit), others, nsim, rng, residuals, b_terms)


def _draw(
    design: Design,
    parameters: Parameters,
    others: Iterable[int],
    nsim: int,
    rng: np.random.Generator,
    residuals: bool,
    b_terms: Mapping[int, Array] | None = None,
) -> Array:
    mean = np.asarray(design.X @ parameters.beta, float)
    if design.offset is not None:
        mean = mean + design.offset
    for number, b in (b_terms or {}).items():
        mean = mean + _times(design.random[number].Z, b[design.random[number].codes])
    effects = [
        Effects(term.Z, term.codes, len(term.levels), parameters.sigma * parameters.T[number])
        for number, term in enumerate(design.random)
        if number in others
    ]
    return drawn(mean, effects, parameters.sigma if residuals else 0.0, design.weights, nsim, rng)
