"""The tests of a power study: prepared once for a model, then applied to many responses together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from ..design import InMemory, ModelData
from ..engine.criterion.profiled import At
from ..errors import ArgumentError, PylmerError
from ..fit.devfun import Devfun, make_devfun
from ..fit.fitted_model import FittedModel
from ..fit.fitting import design_of
from ..fit.generalized import GeneralizedFittedModel
from ..fit.generalized_batch import GeneralizedBatch
from ..fit.given_parameters import par_of_theta
from ..fit.many_fits import BatchFits, refit_all
from ..fit.optimum import optimum_at
from ..inference.analysis_of_variance.likelihood_ratio import changed_request
from ..inference.contrasts.contrasts import all_tested, each_tested
from ..inference.degrees_of_freedom.choice import Method
from ..inference.degrees_of_freedom.kenward_roger import kenward_roger
from ..inference.degrees_of_freedom.satterthwaite import satterthwaite
from ..language import deparse, explicit_formula, known_as, update_formula
from ..language.suggest import did_you_mean
from ..language.syntax import MixedFormula
from ..numerics.distributions import chisquare_upper
from ..numerics.linalg import Array

DDF: Mapping[str, Callable[[At], Method]] = {"sa": satterthwaite, "t": satterthwaite, "kr": kenward_roger}
Mixed = FittedModel | GeneralizedFittedModel
METHODS = ("sa", "t", "kr", "z", "lr")
NAMES = {"Satterthwaite": "sa", "Kenward-Roger": "kr"}


@dataclass(frozen=True, eq=False)
class Outcome:
    """p-values (r,) of r responses, NaN for those in `errors`; `warnings` counts singular and unconverged fits."""

    p_values: Array
    warnings: int
    errors: Mapping[int, str]


class EffectTest(Protocol):
    """A test prepared for a model."""

    @property
    def effect(self) -> str:
        """What is tested, in words."""

    @property
    def title(self) -> str:
        """The test, in words."""

    @property
    def coefficients(self) -> tuple[int, ...]:
        """Places in beta of what is tested; () where it is no matter of coefficients."""

    def apply(self, Y: Array) -> Outcome:
        """Test every column of Y (n, r)."""


def make_test(fit: FittedModel, test: Any, method: str) -> EffectTest:
    """The test that `power` was asked for; ArgumentError for effects that the model has not."""
    if callable(test):
        return UserTest(fit, test)
    if isinstance(test, MixedFormula) or (isinstance(test, str) and "~" in test):
        return _comparison(fit, str(test))
    name = first_effect(fit) if test is None else test
    columns = columns_of(fit, name)
    kind = NAMES.get(method, method)
    if kind not in METHODS:
        raise ArgumentError(f"method={method!r}: wanted one of {', '.join(map(repr, METHODS))}")
    if kind == "kr" and not fit.REML:
        raise ArgumentError("Kenward-Roger needs a REML fit: refit with update(fit, REML=True), or use method='sa'")
    effect = f"predictor '{name}'"
    if kind == "lr":
        smaller = make_devfun(without_columns(fit, columns), False, fit.control)
        return LikelihoodRatio(by_ml(fit), _begin(fit, smaller, fit), len(columns), effect, columns)
    return WaldTest(fit, columns, effect, kind)


def first_effect(fit: Mixed) -> str:
    """simr's default: the first term of the fixed part."""
    tested = [term for term in fit.design.assign if term]
    if not tested:
        raise ArgumentError('the model has no fixed effect but the intercept: name a test, such as "(Intercept)"')
    return fit.design.fixed_terms.labels[min(tested) - 1]


def columns_of(fit: Mixed, name: Any) -> tuple[int, ...]:
    """Places of a coefficient, or of all coefficients of a term."""
    design = fit.design
    if not isinstance(name, str):
        raise ArgumentError(f"test: wanted the name of an effect, a formula or a function, found {name!r}")
    labels = design.fixed_terms.labels
    known = list(dict.fromkeys([*labels, *design.X_names]))
    meant = known_as(name, known)
    if design.X_names.count(meant) == 1:
        return (design.X_names.index(meant),)
    found = tuple(j for j, term in enumerate(design.assign) if term and labels[term - 1] == meant)
    if not found:
        hint = did_you_mean(str(name), known)
        raise ArgumentError(f"the model has no effect {name!r} to test{hint}; it has {', '.join(known)}")
    return found


def z_title(coefficients: tuple[int, ...]) -> str:
    """simr's words for Wald's test."""
    return "z-test" if len(coefficients) == 1 else "Chi-square test"


@dataclass(frozen=True, eq=False)
class WaldTest:
    """t, F or z test of coefficients."""

    fit: FittedModel
    coefficients: tuple[int, ...]
    effect: str
    method: str

    @property
    def title(self) -> str:
        """simr's words."""
        if self.method == "kr":
            return "Kenward Roger"
        if self.method == "z":
            return z_title(self.coefficients)
        return f"{'t' if len(self.coefficients) == 1 else 'F'}-test with Satterthwaite degrees of freedom"

    def apply(self, Y: Array) -> Outcome:
        """Refit, then test one by one."""
        batch = refit_all(self.fit, Y)
        L = np.eye(len(self.fit.beta))[list(self.coefficients)]
        return outcome(batch, lambda r: self._p_value(at_optimum(batch, r), L, L @ batch.beta[r]))

    def _p_value(self, at: At, L: Array, estimate: Array) -> float:
        if self.method == "z":
            half = L @ at.gram.scaling.inverse
            covariance = at.s2 * (half @ at.Phi @ half.T)
            return chisquare_upper(float(estimate @ np.linalg.solve(covariance, estimate)), len(L))
        method = DDF[self.method](at)
        if len(L) == 1:
            return float(each_tested(method, L, estimate).p[0])
        return all_tested(method, L, estimate, float(np.sqrt(at.s2))).p


def at_optimum(batch: BatchFits[Any], r: int) -> At:
    """The criterion of one response at its optimum: all that tests of beta need."""
    points = batch.optima.points[r]
    assert points is not None
    return batch.problem.criterion(r).at(points)


@dataclass(frozen=True, eq=False)
class LikelihoodRatio:
    """-2 log of the likelihood ratio of two models by maximum likelihood, against chi-square with df."""

    full: Any  # mixed models of one kind, by maximum likelihood
    null: Any
    df: int
    effect: str
    coefficients: tuple[int, ...] = ()
    title: str = "Likelihood ratio"

    def apply(self, Y: Array) -> Outcome:
        """Refit both models."""
        full, null = refit_all(self.full, Y), refit_all(self.null, Y)
        gain = np.maximum(null.objective - full.objective, 0.0)
        errors = {**full.failures, **null.failures}
        p = np.array([np.nan if r in errors else chisquare_upper(x, self.df) for r, x in enumerate(gain)])
        return Outcome(p, int(np.sum(full.singular | ~full.converged)), errors)


@dataclass(frozen=True, eq=False)
class UserTest:
    """A function of a fit that returns a p-value."""

    fit: Any  # any mixed model
    function: Callable[[Any], float]
    effect: str = "user's test"
    coefficients: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """The function's name."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def apply(self, Y: Array) -> Outcome:
        """Refit, then call the function for each."""
        batch = refit_all(self.fit, Y)
        return outcome(batch, lambda r: self._p_value(batch.model(r)))

    def _p_value(self, fit: Any) -> float:
        try:
            p = float(self.function(fit))
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"the test must return a p-value: {error}") from error
        if not (0 <= p <= 1 or np.isnan(p)):
            raise ArgumentError(f"the test must return a p-value between 0 and 1, found {p}")
        return p


def outcome(batch: BatchFits[Any] | GeneralizedBatch, p_value: Callable[[int], float]) -> Outcome:
    """A p-value for every response; what cannot be fitted or tested is an error."""
    p, errors = np.full(len(batch), np.nan), dict(batch.failures)
    for r in range(len(batch)):
        if r in errors:
            continue
        try:
            p[r] = p_value(r)
        except ArgumentError:
            raise
        except PylmerError as error:
            errors[r] = str(error)
    return Outcome(p, int(np.sum(batch.singular | ~batch.converged)), errors)


def by_ml(fit: FittedModel) -> FittedModel:
    """The same record by maximum likelihood, not optimized: `refit_all` needs the design and a place to begin."""
    devfun = replace(fit.devfun, criterion=replace(fit.criterion, REML=False))
    return type(fit)(replace(fit.request, REML=False), devfun, fit.optimum, ())


def without_columns(fit: Mixed, columns: tuple[int, ...]) -> ModelData:
    """The design and rows without some columns of X."""
    design, rows = fit.design, fit.rows
    kept = [j for j in range(len(design.X_names)) if j not in columns]
    names, assign = tuple(design.X_names[j] for j in kept), tuple(design.assign[j] for j in kept)
    return ModelData(replace(design, X_names=names, assign=assign), InMemory(replace(rows, X=rows.X[:, kept])))


def _begin(fit: FittedModel, devfun: Devfun, like: FittedModel | None) -> FittedModel:
    """A record to refit from: at the theta of `like`, or at relative standard deviations of 1."""
    points = devfun.covariances.multiple(1.0)
    if like is not None:
        points = devfun.points(par_of_theta(devfun.design.random, like.theta))
    return type(fit)(replace(fit.request, REML=False), devfun, optimum_at(devfun, points), ())


def _comparison(fit: FittedModel, null: str) -> LikelihoodRatio:
    """Against a smaller model: its formula, in which `.` is the side of the model's own."""
    formula = update_formula(explicit_formula(fit.formula, fit.design.fixed_terms), null)
    if not formula.random:
        raise ArgumentError(
            f"{deparse(formula.node)} has no random term; for a test of the only one give a function, such as "
            "lambda fit: exactRLRT(fit, nsim=1000, seed=1).p_value"
        )
    data = design_of(changed_request(fit, formula))
    if data.n != fit.design.n:
        raise ArgumentError(f"the smaller model uses {data.n} rows, the model {fit.design.n}")
    smaller = _begin(fit, make_devfun(data, False, fit.control), None)
    sizes = [len(each.design.X_names) + len(each.devfun.names) for each in (fit, smaller)]
    if sizes[1] >= sizes[0]:
        raise ArgumentError(
            f"{deparse(formula.node)} has {sizes[1]} parameters, the model {sizes[0]}: the comparison wants fewer"
        )
    return LikelihoodRatio(by_ml(fit), smaller, sizes[0] - sizes[1], "model comparison")
