"""makeLmer: a model with parameters that nobody estimated, for simulations and power studies without a pilot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..design import Design, RandomDesign
from ..errors import ArgumentError, FitNote, FormulaError
from ..extract.variances import term_names
from ..fit.devfun import covariances_of, make_devfun
from ..fit.fitting import design_of
from ..fit.given_parameters import model_of, read_parameters
from ..fit.notes import announce
from ..fit.optimum import optimum_at
from ..fit.request import make_request
from ..functions import read_columns
from ..functions.columns import check_single
from ..language import parse_formula
from ..language.nodes import Name
from ..language.syntax import MixedFormula
from ..numerics.linalg import Array, lower_factor
from ..simulation.drawing import Seed, draw_on_rows, generator
from ..simulation.formulas import UNCHECKED
from ..text.arguments import plain
from .models import LmerFit

ROUNDING = 1e-10  # relative: an eigenvalue of a covariance that is negative by no more is zero


@plain
def makeLmer(
    formula: str | MixedFormula,
    data: Any,
    *,
    fixef: Any,
    VarCorr: Any,
    sigma: float,
    seed: Seed = None,
    REML: bool = True,
    weights: Any = None,
    contrasts: Any = None,
    env: Mapping[str, Any] | None = None,
) -> LmerFit:
    """A model made of a formula, a design and parameters, as simr's `makeLmer`: nothing is estimated.

    formula    with a response, a name that `data` need not have: it is drawn, with `seed`
    data       the design: a data frame of the predictors and grouping factors, row by row
    fixef      fixed effects (p,) in the order of X, or {name: value}
    VarCorr    covariances of the random effects: a variance or a matrix (l, l); for several terms a list in the order
               of the formula's terms as fitted, or {name: ...} with the names that `VarCorr(fit)` has
    sigma      residual standard deviation, positive
    seed       of the response: a whole number or a numpy Generator; None, the default: another response every time
    REML       whether the model counts as one by REML (True, the default) or by maximum likelihood: refits are by it
    weights    prior weights, as in `lmer`; None: 1 for each row
    contrasts  of factors, as in `lmer`; None: those that rule, see `set_contrasts`
    env        names that are not columns of `data`, as in `lmer`; None: there are none

    Raises FormulaError, DataError, and ArgumentError for parameters of other lengths or names, and for matrices that
    are no covariances.

    >>> import pandas as pd
    >>> plan = pd.DataFrame([(x, g) for g in "abcdef" for x in range(1, 11)], columns=["x", "g"])
    >>> model = makeLmer("y ~ x + (1 | g)", plan, fixef=[2, -0.1], VarCorr=0.5, sigma=1, seed=1)
    >>> model.beta.tolist(), model.theta.round(4).tolist(), model.sigma
    ([2.0, -0.1], [0.7071], 1.0)
    """
    parsed = parse_formula(formula)
    if not isinstance(parsed.response, Name):
        raise FormulaError("makeLmer() draws the response: its left side must be a name, y ~ ...", parsed.text or None)
    name = parsed.response.name
    frame = _plan(data, name).assign(**{name: 0.0})
    given = {"weights": weights, "contrasts": contrasts, "env": env}
    request = make_request("lmer", parsed, data=frame, REML=REML, control=UNCHECKED, **given)
    read = design_of(request)
    theta = theta_of(read.design, VarCorr, _positive(sigma))
    parameters = read_parameters(read.design, {"beta": fixef, "theta": theta, "sigma": sigma})
    y = draw_on_rows(read.rows, parameters, 1, generator(seed))[:, 0]
    frame[name] = read.rows.padded(y)
    request = replace(request, data=frame)  # as it was asked, but for the response
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        devfun = make_devfun(read.with_response(y), REML, request.control)
        optimum = optimum_at(devfun, devfun.covariances.multiple(1.0))
    announce([FitNote(text) for text in read.notes])
    return model_of(LmerFit, request, devfun, optimum, parameters)


def _plan(data: Any, name: str) -> pd.DataFrame:
    """The columns of the design as a data frame, without the response."""
    columns = read_columns(data)
    if isinstance(data, pd.DataFrame):
        return data.loc[:, [str(column) != name for column in data.columns]]
    check_single(columns)
    return pd.DataFrame({column: data[column] for column in columns if column != name})


def _positive(sigma: Any) -> float:
    if isinstance(sigma, bool) or not isinstance(sigma, int | float | np.number) or not 0 < sigma < np.inf:
        raise ArgumentError(f"sigma must be a positive number, found {sigma!r}")
    return float(sigma)


def theta_of(design: Design, given: Any, sigma: float) -> Array:
    """Covariances -> theta, all terms."""
    names = term_names([term.group for term in design.random])
    if isinstance(given, Mapping):
        for name in given:
            if name not in names:
                raise ArgumentError(f"VarCorr has {name!r}; the model has {', '.join(names)}")
        lacking = [name for name in names if name not in given]
        if lacking:
            raise ArgumentError(f"VarCorr lacks {', '.join(lacking)}")
        parts = [given[name] for name in names]
    elif len(names) == 1 and not (isinstance(given, list | tuple) and len(given) == 1):
        parts = [given]
    else:
        parts = list(given) if isinstance(given, Sequence) else [given]
        if len(parts) != len(names):
            raise ArgumentError(f"VarCorr has {len(parts)} covariances; the model has {len(names)}: {', '.join(names)}")
    terms = zip(design.random, parts, names, strict=True)
    return covariances_of(design.random).theta([_own_template(*each, sigma) for each in terms])


def _own_template(term: RandomDesign, given: Any, name: str, sigma: float) -> Array:
    """One covariance matrix -> the template of its term: (l, l), lower triangular."""
    width = len(term.columns)
    try:
        V = np.atleast_2d(np.asarray(given, float))
    except (TypeError, ValueError):
        raise ArgumentError(f"VarCorr of {name} must be numbers, found {given!r}") from None
    if V.shape != (width, width):
        found, columns = " x ".join(map(str, V.shape)), ", ".join(term.columns)
        raise ArgumentError(f"VarCorr of {name} is {found}; wanted {width} x {width}: {columns}")
    values, axes = np.linalg.eigh(V) if np.isfinite(V).all() else (np.array([-1.0]), V)
    if not np.allclose(V, V.T) or values.min() < -ROUNDING * max(1.0, abs(values).max()):
        raise ArgumentError(f"VarCorr of {name} is no covariance matrix: symmetric, with no negative variance")
    return lower_factor(axes * np.sqrt(np.maximum(values, 0.0)))[0] / sigma
