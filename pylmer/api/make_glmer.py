"""makeGlmer: a generalized model with parameters that nobody estimated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError, FitNote, FormulaError
from ..families import Family, read_family
from ..fit.fitting import design_of
from ..fit.given_generalized import given_generalized_model
from ..fit.notes import announce
from ..fit.request import make_request
from ..functions import read_columns
from ..functions.columns import check_single
from ..language import parse_formula
from ..language.nodes import Call, Name, Node
from ..language.syntax import MixedFormula
from ..language.walk import variables
from ..numerics.linalg import Array
from ..simulation.drawing import Seed, generator
from ..simulation.formulas import GENERALIZED_UNCHECKED, drawn_from, parameters_without_fit
from ..text.arguments import is_number, plain
from .generalized_models import GlmerFit
from .make_lmer import theta_of

WANTED = "makeGlmer() draws the response: its left side must be a name, y ~ ..., or cbind(y, n - y), n a column"


@plain
def makeGlmer(
    formula: str | MixedFormula,
    data: Any,
    *,
    family: Any,
    fixef: Any,
    VarCorr: Any,
    sigma: float | None = None,
    seed: Seed = None,
    weights: Any = None,
    offset: Any = None,
    contrasts: Any = None,
    env: Mapping[str, Any] | None = None,
) -> GlmerFit:
    """A generalized model made of a formula, a design and parameters, as simr's `makeGlmer`: nothing is estimated.

    formula    with a response that `data` need not have, since it is drawn, with `seed`: a name, of a binomial family 0
               or 1, or proportions of `weights` trials; or cbind(y, n - y): successes y of the n trials that `data` has
    data       the design: a data frame of the predictors and grouping factors, row by row
    family     as in `glmer`: "binomial", "poisson", 'Gamma("log")', "negative.binomial(2)"
    fixef      fixed effects (p,) in the order of X, or {name: value}, on the scale of the link
    VarCorr    covariances of the random effects: a variance or a matrix (l, l); for several terms a list in the order
               of the formula's terms as fitted, or {name: ...} with the names that `VarCorr(fit)` has
    sigma      of a family with a scale, sqrt(phi), positive; None, the default, for the others
    seed       of the response: a whole number or a numpy Generator; None, the default: another response every time
    weights    prior weights, of proportions their trials, as in `glmer`; None: 1 for each row
    offset     a known part of the linear predictor, as in `glmer`; None: zero
    contrasts  of factors, as in `lmer`; None: those that rule, see `set_contrasts`
    env        names that are not columns of `data`, as in `lmer`; None: there are none

    Every word that reads a fit reads this one; `refit` and `update` estimate. Raises FormulaError, DataError, and
    ArgumentError for parameters of other lengths or names, and for matrices that are no covariances.

    >>> import pandas as pd
    >>> plan = pd.DataFrame([(x, g) for g in "abcdef" for x in range(1, 11)], columns=["x", "g"])
    >>> model = makeGlmer("y ~ x + (1 | g)", plan, family="poisson", fixef=[1, -0.1], VarCorr=0.25, seed=1)
    >>> model.beta.tolist(), model.theta.tolist(), model.sigma
    ([1.0, -0.1], [0.5], 1.0)
    """
    parsed, law = parse_formula(formula), read_family(family)
    if law.name == "gaussian" and law.link.name == "identity":
        raise ArgumentError("makeGlmer() of a gaussian family with the identity link is makeLmer()")
    name = _drawn_name(parsed)
    frame = _plan(data, name)
    frame[name] = 1.0 if law.has_scale else 0.0
    given = {"weights": weights, "offset": offset, "contrasts": contrasts, "env": env}
    request = make_request("glmer", parsed, data=frame, family=family, nAGQ=1, control=GENERALIZED_UNCHECKED, **given)
    read = design_of(request)
    theta = theta_of(read.design, VarCorr, _scale(law, sigma))
    params = {"beta": fixef, "theta": theta} | ({"sigma": sigma} if law.has_scale else {})
    parameters = parameters_without_fit(read, params, law)
    y = drawn_from(law, read, parameters, 1, generator(seed))[:, 0]
    frame[name] = _column(read.rows.trials, y, read.rows.padded)
    request = replace(request, data=frame)  # as it was asked, but for the response
    announce([FitNote(text) for text in read.notes])
    return given_generalized_model(GlmerFit, request, design_of(request), parameters)


def _drawn_name(formula: MixedFormula) -> str:
    """The column that is drawn."""
    node = formula.response
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Call) and node.function == "cbind" and len(node.arguments) == 2:
        successes, failures = (argument.value for argument in node.arguments)
        if isinstance(successes, Name) and _has(failures, successes.name):
            return successes.name
    raise FormulaError(WANTED, formula.text or None)


def _has(node: Node | None, name: str) -> bool:
    return node is not None and not isinstance(node, Name) and name in [each.name for each in variables(node)]


def _plan(data: Any, name: str) -> pd.DataFrame:
    """The columns of the design as a data frame, without the response."""
    columns = read_columns(data)
    if isinstance(data, pd.DataFrame):
        return data.loc[:, [str(column) != name for column in data.columns]].copy()
    check_single(columns)
    return pd.DataFrame({column: data[column] for column in columns if column != name})


def _scale(family: Family, sigma: Any) -> float:
    """sigma; 1 for a family without a scale, which takes none."""
    if not family.has_scale:
        if sigma is not None and not (is_number(sigma) and sigma == 1):
            raise ArgumentError(f"sigma={sigma!r}: a {family.name} family has no scale; leave it out")
        return 1.0
    if not is_number(sigma) or not 0 < sigma < np.inf:
        raise ArgumentError(f"sigma must be a positive number for a {family.name} family, found {sigma!r}")
    return float(sigma)


def _column(trials: Array | None, y: Array, padded: Any) -> Array:
    """What stands in the data: the response, or its successes."""
    return np.asarray(padded(y if trials is None else np.round(y * trials)))
