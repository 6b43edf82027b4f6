"""formula, data, options -> fitted model: the whole path below `model`.

`lmer()` and every word that refits call `fit` (rows again) or `fit_design` (the same rows, another response or
criterion).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import numpy as np

from .criterion import At
from .design import Design, build_design
from .devfun import Devfun, group_numbers, make_devfun
from .endless import BLURRED, RUNAWAY, falls_without_end
from .errors import ArgumentError, DataError, FitNote, NumericalError, note
from .frame import Known
from .functions import vector_among
from .language import fitted_formula
from .language.syntax import Argument, Call, Constant, MixedFormula
from .linalg import Array, read_only
from .optimize import size_of
from .optimum import Optimum, held_optimum, optimize_devfun, optimizer_notes
from .options import lmerControl
from .solution import Solution, solve

Fit = TypeVar("Fit", bound="FittedModel")
EXACT = 1e-8  # share of the residuals in the penalized residual sum of squares that is rounding
ROUNDED = 1e-10  # residuals, relative to the response, that may be rounding


@dataclass(frozen=True, eq=False)
class Request:
    """What `lmer` was asked; `call` and the texts are for printing.

    What it holds is its own: nothing that the caller does to his data or arrays changes it (see `functions.owned`).
    `known` is what the data do not say, such as the response of a refit: whoever asks again hands it on.
    """

    formula: MixedFormula
    data: Any = None
    REML: bool = True
    control: lmerControl = field(default_factory=lmerControl)
    start: Any = None
    weights: Any = None
    offset: Any = None
    subset: Any = None
    na_action: str = "omit"
    contrasts: Any = None
    env: Mapping[str, Any] | None = None
    verbose: int = 0
    call: Call = field(default_factory=lambda: Call("lmer"))
    data_name: str | None = None
    weights_text: str | None = None
    offset_text: str | None = None
    subset_text: str | None = None
    known: Known = field(default_factory=Known)

    def with_response(self, y: Array) -> Request:
        """The same with another response, a value for each row of the data, NaN where none is known."""
        return replace(self, known=replace(self.known, response=read_only(y)))


@dataclass(frozen=True, eq=False)
class FittedModel:
    """The record of a fit. Symbols are attributes; words (`fixef`, `ranef`, ...) are functions."""

    linear_kind: ClassVar[type[Any] | None] = None  # what `lm` makes beside it, for words that end without groups
    request: Request
    devfun: Devfun
    optimum: Optimum
    notes: tuple[FitNote, ...] = ()

    @cached_property
    def at(self) -> At:
        """Criterion, score and information at the optimum."""
        return self.devfun.criterion.at(self.optimum.points)

    @cached_property
    def solution(self) -> Solution:
        """Estimates in the user's coordinates."""
        return solve(self.at, self.devfun.families, group_numbers(self.design))

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "at"}

    @property
    def design(self) -> Design:
        """Rows and matrices."""
        return self.devfun.design

    @cached_property
    def formula(self) -> MixedFormula:
        """The formula as it was fitted: every `(x || g)` written out; `design.formula` is the one given."""
        return fitted_formula(self.design.formula, "diag" if self.control.doublevert == "diag" else "split")

    @property
    def REML(self) -> bool:
        """Fitted by REML (else by maximum likelihood)."""
        return self.devfun.REML

    @property
    def control(self) -> lmerControl:
        """The options of the fit."""
        return self.devfun.control

    @property
    def call(self) -> Call:
        """The call, arguments under R's names."""
        return self.request.call

    @property
    def data_name(self) -> str | None:
        """The data's name, if it has one."""
        return self.request.data_name

    @property
    def engine(self) -> str:
        """Name of the engine."""
        return self.devfun.criterion.engine.name

    @property
    def par(self) -> Array:
        """Free parameters (k,)."""
        return self.solution.par

    @property
    def theta(self) -> Array:
        """Entries of the relative covariance templates."""
        return self.solution.theta

    @property
    def beta(self) -> Array:
        """Fixed effects (p,)."""
        return self.solution.beta

    @property
    def sigma(self) -> float:
        """Residual standard deviation."""
        return self.solution.sigma

    @property
    def u(self) -> Array:
        """Spherical conditional modes (q,), terms in fitting order, effects inside a level."""
        return np.concatenate([u.ravel() for u in self.solution.u_terms])

    @property
    def b(self) -> Array:
        """Conditional modes (q,), ordered as `u`."""
        return np.concatenate([b.ravel() for b in self.solution.b_terms])

    @cached_property
    def mu(self) -> Array:
        """Fitted values (n,) of the rows used: X beta + Z b + offset."""
        mu: Array = read_only(linear_predictor(self.design, self.beta, self.solution.b_terms))
        return mu


def linear_predictor(design: Design, beta: Array, b_terms: Sequence[Array]) -> Array:
    """X beta + Z b + offset: (n,)."""
    mu = np.asarray(design.X @ beta, float)
    for term, b in zip(design.random, b_terms, strict=True):
        mu = mu + random_effect(term.Z, b[term.codes])
    return mu if design.offset is None else mu + design.offset


def random_effect(Z: Array | None, b: Array) -> Array:
    """One term's Z b (n,), of Z (n, l), or None for ones, and the modes b (n, l) of each row's level."""
    return b[:, 0] if Z is None else np.einsum("nl,nl->n", Z, b)


def fit_design(kind: type[Fit], request: Request, design: Design, said: Collection[str] = ()) -> Fit:
    """The fit of rows already coded; issues each note once as a warning, but those that were `said`."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        devfun = make_devfun(design, request.REML, request.control)
        optimum = optimize_devfun(devfun, request.start)
    if request.verbose:
        print(course(devfun, optimum))  # noqa: T201  # asked for
    model = fitted(kind, request, devfun, optimum)
    announce(each for each in model.notes if str(each) not in said)
    return model


def course(devfun: Devfun, optimum: Optimum) -> str:
    """Sizes, engine and the values met on the way, for `verbose=1`."""
    design, engine = devfun.design, devfun.criterion.engine
    terms = "; ".join(f"({t.label}): {len(t.levels)} levels x {len(t.columns)} ({t.structure})" for t in design.random)
    runs = [
        f"{optimum.optimizer} {number}: {' '.join(f'{value:.6f}' for value in values)}"
        for number, values in enumerate(optimum.trace, start=1)
    ]
    head = f"{design.n} rows, {len(design.X_names)} fixed effects; {terms}\nengine {engine.name}: {engine.route}"
    return "\n".join([head, *runs, f"{optimum.evaluations} full evaluations, {optimum.values} values alone"])


def fitted(kind: type[Fit], request: Request, devfun: Devfun, optimum: Optimum) -> Fit:
    """The record, with all notes; raises NumericalError if nothing is left to estimate sigma from."""
    notes = tuple(FitNote(text) for text in (*devfun.design.notes, *optimum.notes))
    model = kind(request, devfun, optimum, notes)
    left = check_residuals(model)
    return replace(model, notes=(*notes, FitNote(left))) if left else model


def announce(notes: Iterable[FitNote]) -> None:
    """Issue each note as a warning that points at the user's line."""
    for each in notes:
        note(each)


def check_residuals(model: FittedModel) -> str:
    """What must be said where the groups leave nothing, "" where they leave something.

    As the variances run away either the criterion falls without end, sigma is not to be estimated, and NumericalError
    is raised; or it tends to a limit.
    """
    if size_of(model.optimum.points) < RUNAWAY:
        return ""
    design, at = model.design, model.at
    weights = 1.0 if design.weights is None else design.weights
    left = np.sum(weights * (design.y - model.mu) ** 2)
    exact = left < EXACT * at.s2 * at.criterion.m
    if not (exact or left < ROUNDED**2 * at.criterion.engine.gram.y_square or at.noise > BLURRED):
        return ""
    groups = " and ".join(dict.fromkeys(repr(term.group) for term in design.random))
    correlated = any(family.structure in ("cs", "ar1") for family in model.devfun.families)
    if falls_without_end(at) or (exact and correlated):
        raise NumericalError(
            f"the fixed effects and {groups} reproduce the response exactly, so sigma cannot be estimated: "
            "is the response constant within groups?"
        )
    if not exact:
        return ""
    return (
        f"the fixed effects and {groups} reproduce the response nearly exactly: the criterion tends to a limit "
        "as sigma tends to zero, and only the ratios of the random effects' variances are determined"
    )


def design_of(request: Request) -> Design:
    """formula and data -> rows and matrices."""
    return build_design(
        request.formula,
        request.data,
        control=request.control,
        weights=request.weights,
        offset=request.offset,
        subset=request.subset,
        na_action=request.na_action,
        contrasts=request.contrasts,
        env=request.env,
        known=request.known,
    )


def fit(kind: type[Fit], request: Request) -> Fit:
    """The whole path: formula and data -> fitted model of class `kind`."""
    return fit_design(kind, request, design_of(request))


def refit_ml(model: Fit) -> Fit:
    """The same model by maximum likelihood (itself, if it was); without notes, since they have been said.

    Where theta is held it stays so.
    """
    if not isinstance(model, FittedModel):
        raise ArgumentError(f"refitML() wants a fit of lmer(), found {type(model).__name__}")
    return _by_criterion(model, REML=False)


def refit_reml(model: Fit) -> Fit:
    """The same model by REML (itself, if it was); without notes. Where theta is held it stays so."""
    return _by_criterion(model, REML=True)


def _by_criterion(model: Fit, REML: bool) -> Fit:
    if model.REML == REML:
        return model
    devfun = replace(model.devfun, criterion=replace(model.devfun.criterion, REML=REML))
    call = replace(model.call, arguments=tuple(each for each in model.call.arguments if each.name != "REML"))
    request = replace(model.request, REML=REML, call=call if REML else _by_ml(call))
    optimum = held_optimum(devfun, model.par) if model.optimum.held else optimize_devfun(devfun)
    return type(model)(request, devfun, optimum, ())


def _by_ml(call: Call) -> Call:
    """The call with `REML = FALSE`."""
    return replace(call, arguments=(*call.arguments, Argument(Constant("FALSE"), "REML")))


def refit(model: Fit, response: Any) -> Fit:
    """The same design and criterion for another response: (n,) for the rows used, or one value per row of the data.

    A Series is put in order by its labels, which are those of the rows. The request of the fit knows the response, so
    that whoever goes back to it, such as `update` and `drop1`, fits this one.
    """
    if not isinstance(model, FittedModel):
        raise ArgumentError(f"refit() wants a fit of lmer(), found {type(model).__name__}")
    design = model.design
    y = _response(vector_among(response, design.labels, "the new response"))
    whole = y
    if y.shape == (design.n_total,):
        y = y[design.kept]
    if y.shape != design.y.shape:
        raise DataError(f"the new response has {y.size} values; wanted {len(design.y)}, one for each row used")
    if not np.isfinite(y).all():
        raise DataError("the new response has missing or infinite values; refit needs a number for each row used")
    whole = whole if whole.shape == (design.n_total,) else design.rows.placed(y)
    said = (*design.notes, *optimizer_notes(model.control))  # of the rows and the request, which are those of `model`
    return fit_design(type(model), model.request.with_response(whole), design.with_response(y), said)


def _response(given: Any) -> Array:
    """The new response as numbers; one column is a vector."""
    try:
        y = np.array(given, float)
    except (TypeError, ValueError):
        raise DataError(f"the new response must be an array of numbers, found {type(given).__name__}") from None
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
