"""The record of a fit of `glmer`, and how it comes about: rows -> criterion -> optimum -> what must be said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import numpy as np

from ..design import ModelData
from ..engine.covariance.covariances import Covariances
from ..engine.generalized.approximation import Approximation, approximation
from ..engine.generalized.generalized import make_generalized_devfun, optimize_generalized
from ..engine.generalized.joint_newton import ITERATIONS
from ..engine.generalized.solution import GeneralizedOptimum
from ..engine.generalized.user import GeneralizedDevfun
from ..engine.generalized.weighted import GlmRows
from ..engine.sums.gram import Gram
from ..errors import ArgumentError, DataError, FitNote, NumericalError
from ..families import Family
from ..language import fitted_formula
from ..language.nodes import Argument
from ..language.syntax import MixedFormula
from ..numerics.linalg import Array, dense, read_only
from ..options import Control
from .base import Fit
from .call import family_node
from .devfun import covariances_of, rows_of
from .fitting import design_of
from .generalized_notes import notes_of
from .notes import announce
from .request import Request
from .separated import separation_after, separation_before

GeneralizedModel = TypeVar("GeneralizedModel", bound="GeneralizedFittedModel")
STARTS = {"theta": "par", "par": "par", "fixef": "beta", "beta": "beta"}  # names in `start`, and what they are


@dataclass(frozen=True, eq=False)
class GeneralizedFittedModel(Fit):
    """The record of a fit of `glmer`. Symbols are attributes; words (`fixef`, `ranef`, ...) are functions.

    data     formula and data, read
    devfun   the criterion in (par, beta, log theta), user's units
    optimum  where it is smallest, with all estimates, and lazily what is uncertain
    """

    linear_kind: ClassVar[type[Any] | None] = None  # what `glm` makes beside it, for words that end without groups
    data: ModelData
    devfun: GeneralizedDevfun = field(repr=False)
    optimum: GeneralizedOptimum = field(repr=False)
    notes: tuple[FitNote, ...] = ()

    @cached_property
    def formula(self) -> MixedFormula:
        """The formula as it was fitted: every `(x || g)` written out; `design.formula` is the one given."""
        return fitted_formula(self.design.formula, "diag" if self.control.doublevert == "diag" else "split")

    @property
    def control(self) -> Control:
        """The options of the fit."""
        return self.request.control

    @property
    def REML(self) -> bool:
        """Never."""
        return False

    @property
    def nAGQ(self) -> int:
        """0: beta with the modes; 1: Laplace; more: nodes of the quadrature."""
        return self.request.nAGQ

    @property
    def family(self) -> Family:
        """The family with its link, a negative binomial with its theta."""
        return self.optimum.family

    @property
    def free_shape(self) -> bool:
        """Whether theta of the negative binomial was estimated."""
        return self.devfun.free_shape

    @property
    def solution(self) -> GeneralizedOptimum:
        """Estimates in the user's coordinates: T, u_terms, b_terms, theta, par, beta, sigma, cond_var, logdet_V."""
        return self.optimum

    @cached_property
    def covariances(self) -> Covariances:
        """What the covariances of the random terms may be, and the scales of their columns."""
        return covariances_of(self.design.random).on(self.devfun.structure.scaling.R_terms)

    @property
    def scaled(self) -> bool:
        """Whether sigma is a parameter."""
        return bool(self.family.has_scale)

    @property
    def gram(self) -> Gram:
        """The sums under the working weights at the optimum (expected information)."""
        return self.optimum.expected_factorization.engine.gram

    @cached_property
    def par(self) -> Array:
        """Free parameters of the covariances (k,)."""
        return _sealed(self.optimum.par)

    @cached_property
    def theta(self) -> Array:
        """Entries of the relative covariance templates (of the family's theta: `family.theta`)."""
        return _sealed(self.optimum.theta)

    @cached_property
    def beta(self) -> Array:
        """Fixed effects (p,)."""
        return _sealed(self.optimum.beta)

    @cached_property
    def sigma(self) -> float:
        """sqrt(phi); 1 for a family without a scale."""
        return self.optimum.sigma

    @cached_property
    def T(self) -> tuple[Array, ...]:
        """Per term, the lower-triangular template (l, l): Sigma = sigma^2 T T'."""
        return self.optimum.T

    @cached_property
    def u(self) -> Array:
        """Spherical conditional modes (q,), terms in fitting order, effects inside a level."""
        return _sealed(np.concatenate([u.ravel() for u in self.optimum.u_terms]))

    @cached_property
    def b(self) -> Array:
        """Conditional modes (q,), ordered as `u`."""
        return _sealed(np.concatenate([b.ravel() for b in self.optimum.b_terms]))

    @cached_property
    def eta(self) -> Array:
        """Linear predictor X beta + Z b + offset (n,) of the rows used."""
        return _sealed(self.optimum.eta)

    @cached_property
    def mu(self) -> Array:
        """Fitted means (n,) of the rows used."""
        return _sealed(self.optimum.mu)

    @cached_property
    def approximation(self) -> Approximation:
        """How far Laplace's approximation is from the integral, in standard errors: one quadrature at the optimum."""
        if not self.optimum.estimated:
            return Approximation(False, "the parameters are given")
        try:
            return approximation(self.optimum)
        except NumericalError as error:
            return Approximation(False, str(error))

    @cached_property
    def effect_deviations(self) -> Array:
        """The standard deviation of Z b in every row: (n,)."""
        total = np.zeros(self.rows.n)
        for term, T in zip(self.rows.random, self.T, strict=True):
            root = self.sigma * T
            total += np.sum(root**2) if term.Z is None else np.sum((term.Z @ root) ** 2, axis=1)
        return np.sqrt(total)

    @cached_property
    def effect_spread(self) -> float:
        """Its root mean square over the rows."""
        return float(np.sqrt(np.mean(self.effect_deviations**2)))

    @property
    def prior_weights(self) -> Array:
        """Prior weights (n,) of the rows used, of a binomial family times the trials."""
        return self.devfun.responses.weights


def _sealed(values: Array) -> Array:
    sealed: Array = read_only(np.asarray(values, float))
    return sealed


def generalized_rows(data: ModelData) -> GlmRows:
    """What the engine sees of the rows."""
    rows = data.rows
    return GlmRows(dense(rows.X), rows.y, rows.prior_weights, rows.offset, rows_of(rows).terms)


def generalized_devfun(request: Request, data: ModelData) -> GeneralizedDevfun:
    """Rows -> the criterion in the user's coordinates; ArgumentError for options that do not go together."""
    return make_generalized_devfun(
        generalized_rows(data),
        family_of(request),
        covariances_of(data.design.random).families,
        nAGQ=request.nAGQ,
        laplace=getattr(request.control, "laplace", None),
        free_shape=request.free_shape,
    )


def family_of(request: Request) -> Family:
    """The family that was asked for."""
    if request.family is None:
        raise ArgumentError("a generalized model needs a family")
    return request.family


def fit_generalized_model(kind: type[GeneralizedModel], request: Request) -> GeneralizedModel:
    """The whole path: formula and data -> fitted model of class `kind`."""
    return fit_generalized_design(kind, request, design_of(request))


def fit_generalized_design(
    kind: type[GeneralizedModel],
    request: Request,
    data: ModelData,
    said: Collection[str] = (),
    near: GeneralizedOptimum | None = None,
) -> GeneralizedModel:
    """The fit of rows already coded; issues each note once as a warning, but those that were `said`.

    near  the optimum of another response of the same rows, from which the search begins
    """
    check_trials(data, family_of(request))
    separated = separation_before(request, data, family_of(request))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        devfun = generalized_devfun(request, data)
        steps = steps_of(request.control)
        optimum = optimize_generalized(devfun, near, steps, **read_start(request.start, devfun))
    if request.verbose:
        print(course(data, optimum))  # noqa: T201  # asked for
    separated += separation_after(request, data, devfun.responses.family, optimum.fixed_predictor)
    model = generalized_model(kind, request, data, devfun, optimum, separated)
    announce(each for each in model.notes if str(each) not in said)
    return model


def generalized_model(
    kind: type[GeneralizedModel],
    request: Request,
    data: ModelData,
    devfun: GeneralizedDevfun,
    optimum: GeneralizedOptimum,
    separated: Sequence[str] = (),
) -> GeneralizedModel:
    """The record, with all notes; `separated` are those on separation."""
    if devfun.free_shape:
        request = replace(request, call=_with_family(request, optimum.family))
    model = kind(request, data, devfun, optimum)
    said = notes_of(request, data.design, model.covariances, optimum)
    return replace(model, notes=tuple(FitNote(text) for text in (*data.design.notes, *separated, *said)))


def _with_family(request: Request, family: Family) -> Any:
    """The call of glmer() that gives the same estimates, theta of the family held, as R's glmer.nb shows it."""
    argument = Argument(family_node(family), "family")
    others = [each for each in request.call.arguments if each.name not in ("family", "link")]
    place = 1 + any(each.name == "data" for each in others)
    return replace(request.call, function="glmer", arguments=(*others[:place], argument, *others[place:]))


def check_trials(data: ModelData, family: Family) -> None:
    """DataError for proportions without the numbers of trials that they are of."""
    rows = data.rows
    if family.word != "binomial" or rows.prior_weights is not None:
        return
    broken = np.flatnonzero((rows.y > 0) & (rows.y < 1))
    if len(broken):
        raise DataError(
            f"the response {data.design.response!r} holds proportions ({rows.y[broken[0]]:.6g} in row {broken[0] + 1} "
            "of those used): give the numbers of trials as weights=, or write cbind(successes, failures)"
        )


def steps_of(control: Control) -> int:
    """`optCtrl` of Newton's method: its largest number of steps; those of other optimizers mean nothing here."""
    if control.optimizer != "newton":
        return ITERATIONS
    unknown = set(control.optCtrl) - {"maxit"}
    if unknown:
        raise ArgumentError(f"optCtrl={{{min(unknown)!r}: ...}}: newton knows 'maxit', its largest number of steps")
    steps = control.optCtrl.get("maxit", ITERATIONS)
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise ArgumentError(f"optCtrl={{'maxit': {steps!r}}}: wanted a whole number from 1")
    return int(steps)


def read_start(start: Any, devfun: GeneralizedDevfun) -> dict[str, Array]:
    """`start=`: numbers in the order of `par`, or a mapping with "theta" (or "par") and "fixef" (or "beta")."""
    if start is None:
        return {}
    given = start if isinstance(start, Mapping) else {"theta": start}
    unknown = [name for name in given if name not in STARTS]
    if unknown or len({STARTS[name] for name in given}) != len(given):
        raise ArgumentError(
            f"start has the names {sorted(map(str, start))}; wanted 'theta' and 'fixef', or one of them"
        )
    sizes = {"par": devfun.k, "beta": devfun.p}
    return {STARTS[name]: _numbers(name, values, sizes[STARTS[name]]) for name, values in given.items()}


def _numbers(name: str, given: Any, wanted: int) -> Array:
    if not wanted:
        raise ArgumentError("start: with nAGQ=0 the fixed effects are found with the modes; give 'theta' alone")
    try:
        values = np.atleast_1d(np.asarray(given, float))
    except (TypeError, ValueError):
        raise ArgumentError(f"start: {name!r} must be numbers, found {given!r}") from None
    if values.shape != (wanted,) or not np.isfinite(values).all():
        raise ArgumentError(f"start: {name!r} must be {wanted} finite numbers, found {given!r}")
    return values


def course(data: ModelData, optimum: GeneralizedOptimum) -> str:
    """Sizes and the values met on the way, for `verbose=1`."""
    design = data.design
    terms = "; ".join(f"({t.label}): {len(t.levels)} levels x {len(t.columns)} ({t.structure})" for t in design.random)
    head = f"{design.n} rows, {len(design.X_names)} fixed effects; {terms}"
    values = f"newton: {' '.join(f'{value:.6f}' for value in optimum.trace)}"
    return "\n".join([head, values, f"{optimum.evaluations} full evaluations, {optimum.passes} passes over the rows"])
