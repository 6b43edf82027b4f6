"""theta, beta and sigma as the user gives them, in place of those that were fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ..design import Design, RandomDesign
from ..engine.covariance.family import CovarianceFamily
from ..errors import ArgumentError
from ..language import known_as
from ..language.suggest import did_you_mean
from ..numerics.linalg import Array
from .devfun import Devfun, covariances_of, group_numbers
from .fitted_model import FittedModel
from .optimum import Optimum
from .request import Request
from .solution import Solution, solve

Fit = TypeVar("Fit", bound=FittedModel)
WANTED = ("theta", "beta", "sigma")
GIVEN = "given"  # stands for the optimizer where parameters were not estimated


@dataclass(frozen=True, eq=False)
class Parameters:
    """What responses are drawn from.

    beta   (p,), without the coefficients dropped from a rank-deficient model
    theta  in lme4's order
    T      per random term its template (l, l), lower triangular: Sigma_i = sigma^2 T T'
    """

    beta: Array
    theta: Array
    sigma: float
    T: tuple[Array, ...]


def fitted_parameters(fit: FittedModel) -> Parameters:
    """Those of a fit."""
    return Parameters(fit.beta, fit.theta, fit.sigma, fit.solution.T)


def read_parameters(design: Design, newparams: Any, fitted: Parameters | None = None) -> Parameters:
    """lme4's `newparams`: a mapping with theta, beta and sigma; what it leaves out is as fitted.

    theta and beta are numbers in the model's order, or a dict or Series by name (`getME(fit, "theta")` and `fixef(fit)`
    show order and names), from which single names may be left out too. Without `fitted`, nothing may be left out.

    Raises ArgumentError for unknown or missing names, wrong lengths, numbers that are not finite, a negative sigma, and
    a theta that no covariance of the term's structure has.
    """
    given = _mapping(newparams)
    names: dict[str, Sequence[str]] = {"theta": names_of_theta(design), "beta": design.X_names, "sigma": ("sigma",)}
    if fitted is None and any(given.get(name) is None for name in WANTED):
        raise ArgumentError(_incomplete([name for name in WANTED if given.get(name) is None], names))
    known = dict.fromkeys(WANTED) if fitted is None else {name: getattr(fitted, name) for name in WANTED}
    theta, beta, sigma = (_vector(name, given.get(name), names[name], known[name]) for name in WANTED)
    if sigma[0] < 0:
        raise ArgumentError(f"newparams: sigma is a standard deviation, found {sigma[0]:g}")
    return Parameters(beta, theta, float(sigma[0]), templates(design.random, theta))


def with_parameters(fit: Fit, newparams: Any) -> Fit:
    """The fit with its parameters replaced by those of `newparams` (see `read_parameters`).

    The spherical modes u are held, as lme4 holds them: b = T u with the new T. Phi = (X'V^-1X)^-1, the determinants and
    the conditional variances are those at the new theta; nothing is estimated again, so the criterion and the optimum's
    certificate do not speak of the result.
    """
    new = read_parameters(fit.design, newparams, fitted_parameters(fit))
    return model_of(type(fit), fit.request, fit.devfun, fit.optimum, new, fit.solution.u_terms)


def model_of(
    kind: type[Fit],
    request: Request,
    devfun: Devfun,
    optimum: Optimum,
    parameters: Parameters,
    u_terms: tuple[Array, ...] | None = None,
) -> Fit:
    """A record of class `kind` with parameters that are given, not estimated; `optimum` lends the rest of its fields.

    The spherical modes are `u_terms`, or those at the given theta of the response that the sums are of.
    """
    par = par_of_theta(devfun.design.random, parameters.theta)
    place = replace(optimum, par=par, points=devfun.points(par), optimizer=GIVEN, notes=())
    model = kind(request, devfun, place, ())
    there = solve(model.at, devfun.covariances, group_numbers(devfun.design))
    u = there.u_terms if u_terms is None else u_terms
    return replace(model, given=_given(there, parameters, u), factorized=model.at)


def _given(there: Solution, new: Parameters, u_terms: tuple[Array, ...]) -> Solution:
    """The solution at the new theta with beta, sigma and u as given."""
    return replace(
        there,
        T=new.T,
        theta=new.theta,
        beta=new.beta,
        sigma=new.sigma,
        u_terms=u_terms,
        b_terms=tuple(u @ T.T for u, T in zip(u_terms, new.T, strict=True)),
        cond_var={factor: (new.sigma / there.sigma) ** 2 * V for factor, V in there.cond_var.items()},
    )


def names_of_theta(design: Design) -> tuple[str, ...]:
    """lme4's names of theta, all terms."""
    return covariances_of(design.random).theta_names


def templates(random: Sequence[RandomDesign], theta: Array) -> tuple[Array, ...]:
    """Per term the lower-triangular template T (l, l) with a diagonal >= 0."""
    covariances = covariances_of(random)
    return covariances.templates(covariances.points(par_of_theta(random, theta)))


def par_of_theta(random: Sequence[RandomDesign], theta: Array) -> Array:
    """theta -> `par`, the free parameters; ArgumentError if the structure of a term has no such theta."""
    covariances = covariances_of(random)
    pieces = np.split(theta, np.cumsum([len(names) for names in covariances.theta_names_by_term])[:-1])
    par = [family.par_of_theta(piece) for family, piece in zip(covariances.families, pieces, strict=True)]
    back = covariances.templates(covariances.points(np.concatenate(par)))
    for term, family, T, piece in zip(random, covariances.families, back, pieces, strict=True):
        _check_theta(term, family, family.theta(T), piece)
    return np.concatenate(par)


def _check_theta(term: RandomDesign, family: CovarianceFamily, back: Array, theta: Array) -> None:
    """Raise ArgumentError unless what the structure makes of theta is theta again."""
    if not family.any_theta and not np.allclose(back, theta, rtol=0, atol=1e-6 * np.abs(theta).max()):
        raise ArgumentError(
            f"theta of ({term.label}) is no {family.structure} covariance: {_numbers(theta)}; with its "
            f"first standard deviation{'' if family.hom else 's'} and correlation it would be {_numbers(back)}"
        )


def _mapping(newparams: Any) -> Mapping[str, Any]:
    if newparams is None:
        return {}
    if not isinstance(newparams, Mapping):
        raise ArgumentError(f"newparams must be a dict with theta, beta and sigma, found {type(newparams).__name__}")
    for name in newparams:
        if name not in WANTED:
            raise ArgumentError(f"newparams has {name!r}; it takes theta, beta and sigma")
    return newparams


def _incomplete(lacking: Sequence[str], names: Mapping[str, Sequence[str]]) -> str:
    wanted = [f"{name} (a number)" if name == "sigma" else f"{name} ({', '.join(names[name])})" for name in lacking]
    return f"newparams lacks {' and '.join(wanted)}: without a fit, all of theta, beta and sigma are needed"


def _vector(what: str, given: Any, names: Sequence[str], known: Any) -> Array:
    """One of the parameters as numbers in the model's order."""
    if given is None:
        return np.atleast_1d(np.asarray(known, float))
    if isinstance(given, pd.Series) and not given.index.is_unique:
        twice = given.index[given.index.duplicated()][0]
        raise ArgumentError(f"newparams: {what} has {twice!r} more than once; wanted one number for it")
    if isinstance(given, Mapping) or (isinstance(given, pd.Series) and given.index.inferred_type == "string"):
        return _named(what, {str(name): value for name, value in given.items()}, names, known)
    values = np.atleast_1d(_finite(what, given))
    if values.shape != (len(names),):
        found = f"{values.size} number{'' if values.size == 1 else 's'}"
        raise ArgumentError(f"newparams: {what} has {found}; the model has {len(names)}: {', '.join(names)}")
    return values


def _named(what: str, given: Mapping[str, Any], names: Sequence[str], known: Any) -> Array:
    given = {known_as(name, names) or name: value for name, value in given.items()}
    for name in given:
        if name not in names:
            hint = did_you_mean(name, names)
            raise ArgumentError(f"newparams: {what} has no {name!r}{hint}; the model has {', '.join(names)}")
        if names.count(name) > 1:
            raise ArgumentError(f"newparams: {what}: {names.count(name)} are called {name!r}: give all as numbers")
    absent = [name for name in names if name not in given]
    if absent and known is None:
        raise ArgumentError(f"newparams: {what} lacks {', '.join(absent)}; without a fit, all are needed")
    values = np.zeros(len(names)) if known is None else np.array(known, float)
    for name, value in given.items():
        values[names.index(name)] = _finite(what, value)
    return values


def _finite(what: str, given: Any) -> Array:
    try:
        values = np.array(given, float)
    except (TypeError, ValueError):
        raise ArgumentError(f"newparams: {what} must be numbers, found {given!r}") from None
    if not np.isfinite(values).all():
        raise ArgumentError(f"newparams: {what} must be finite, found {_numbers(np.atleast_1d(values))}")
    return values


def _numbers(values: Array) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
