"""Criterion -> optimum: the optimizer that the control names, and what must be said about its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..engine.covariance.points import Points
from ..engine.criterion.profiled import At, ProfiledEvaluation
from ..engine.criterion.trusted import SCAN, in_doubt, is_pair
from ..engine.factorization.level_moments import moment_template
from ..engine.optimize.certificate import Certificate, certify, past_saddles
from ..engine.optimize.newton import Run, standing
from ..engine.optimize.search import COARSE_SCAN, Search, search
from ..errors import ArgumentError, NumericalError
from ..numerics.linalg import Array, seal
from ..options import Control
from ..text.arguments import written
from .convergence import convergence_notes
from .devfun import ITERATIVE, Devfun

if TYPE_CHECKING:
    from ..engine.optimize.other_optimizers import OptimizerResult

HELD = "none"  # the optimizer of a fit whose theta is held at given values


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the criterion is smallest, and what is known about it.

    value        the ML deviance or the REML criterion
    par          free parameters (k,), lme4's order and units;  gradient (k,) with respect to them
    converged    whether the optimizer says so;  message its words if not
    evaluations  full evaluations (value, score, information);  values  value-only evaluations
    certificate  the conditions of a local minimum, measured
    trace        values met by each descent, in order
    notes        what must be said about the optimum
    factorized   the criterion there, where the search has left it at hand; a pickle leaves it behind
    """

    value: float
    par: Array
    gradient: Array
    converged: bool
    message: str
    evaluations: int
    values: int
    certificate: Certificate
    optimizer: str
    trace: tuple[tuple[float, ...], ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()
    points: Points = field(default=Points(), repr=False)
    factorized: At | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"factorized": None}

    def __post_init__(self) -> None:
        seal(self)

    @property
    def held(self) -> bool:
        """Whether this is no optimum, theta being held at given values."""
        return self.optimizer == HELD


class Rest(NamedTuple):
    """Where an optimizer came to rest, before the record is made of it."""

    optimizer: str
    points: Points
    certificate: Certificate
    converged: bool
    message: str


def start_points(devfun: Devfun, start: Any) -> Points | None:
    """`start=`: numbers in the order of `par`, or a mapping with "par" or "theta"."""
    if start is None:
        return None
    if isinstance(start, Mapping):
        unknown = set(start) - {"par", "theta"}
        if unknown or len(start) != 1:
            raise ArgumentError(f"start has the names {sorted(start)}; wanted one of 'par', 'theta'")
        start = next(iter(start.values()))
    points = devfun.points(start)
    try:
        _ = devfun.criterion.at(points).value
    except NumericalError as error:
        raise ArgumentError(f"start={start!r} cannot be reached: {error}; leave it out, or stay near 1") from None
    return points


def _widened(devfun: Devfun, found: Search[ProfiledEvaluation]) -> Search[ProfiledEvaluation]:
    """`found`, or a lower minimum; along a single parameter the scan has seen all."""
    if not in_doubt(devfun.criterion.engine, len(found.best.at.gradient), found.best.at.place.singular()):
        return found
    from ..engine.many_responses import widened_search  # late: a room that one parameter never needs

    return widened_search(devfun.criterion, devfun.families, found)


def _seen_whole(devfun: Devfun) -> bool:
    """Whether a singular optimum will be compared with all covariances, and need not be tried again from inside."""
    engine, families = devfun.criterion.engine, devfun.families
    return in_doubt(engine, sum(family.size for family in families), True) and is_pair(engine, families)


def optimize_devfun(devfun: Devfun, start: Any = None, near: Points | None = None) -> Optimum:
    """Minimize with the optimizer of the control; the certificate is part of the answer.

    near  a place that may be lower than all that the scan looks at, such as the optimum of another response; where
          there are moments they are nearer
    """
    devfun = devfun.searched
    points = start_points(devfun, start)
    iterative = devfun.criterion.engine.name == ITERATIVE
    if devfun.control.optimizer != "newton":
        if iterative:
            raise ArgumentError(
                f"optimizer={written(devfun.control.optimizer)}: the iterative engine knows the score better than the "
                "criterion, which other optimizers than 'newton' descend by: leave optimizer= out, or take "
                "engine='blocked'"
            )
        return _by_other_optimizer(devfun, points)
    if iterative:
        return _estimated_optimum(devfun, points, **_newton_options(devfun.control.optCtrl))
    if devfun.criterion.engine.far:
        return _optimum(devfun, _searched_far(devfun, points))
    return _searched(devfun, points, near)


def _searched(devfun: Devfun, start: Points | None, near: Points | None) -> Optimum:
    begin = _estimated_start(devfun) if start is None else start
    latest = Latest(devfun.criterion.at if begin is start else devfun.criterion.with_blocks_at)
    multiple, multiples = where_to_look(devfun)
    options = _newton_options(devfun.control.optCtrl)
    scan = devfun.criterion.scanned if multiples is SCAN else None
    if begin is None:
        near = _by_moments(devfun) or near

    def again() -> bool:
        return start is not None or not _seen_whole(devfun)

    found = search(latest, multiple, begin, multiples=multiples, scan=scan, near=near, again=again, **options)
    found = _widened(devfun, found) if start is None else found
    found = past_saddles(found, devfun.criterion.at, **options)
    return _optimum(devfun, found, factorized=latest.standing_at(found.best.at.place))


def _by_moments(devfun: Devfun) -> Points | None:
    """Where the moments of each level's own effects place a single unstructured covariance, else None."""
    (family, *more), engine = devfun.families, devfun.criterion.engine
    if more or not family.charted or engine.shared is None:
        return None
    template = moment_template(devfun.gram, devfun.criterion.REML)
    return None if template is None else Points([family.at_template(template, np.eye(family.width))])


def _searched_far(devfun: Devfun, start: Points | None) -> Search[ProfiledEvaluation]:
    from ..engine.optimize.distant_response import search_far

    found = search_far(devfun.criterion, devfun.families, start)
    return _widened(devfun, found) if start is None else found


def _by_other_optimizer(devfun: Devfun, start: Points | None) -> Optimum:
    """scipy's, or the user's own."""
    from ..engine.optimize.other_optimizers import run_callable, run_named

    control = devfun.control
    par = devfun.covariances.par(devfun.covariances.multiple(1.0) if start is None else start)
    bounds = (devfun.lower, devfun.upper)
    if callable(control.optimizer):
        result = run_callable(control.optimizer, devfun, par, bounds, control.optCtrl)
        return _foreign_optimum(devfun, result, getattr(control.optimizer, "__name__", "custom"), ())
    result = run_named(control.optimizer, devfun, devfun.gradient, par, bounds, control.optCtrl)
    return _foreign_optimum(devfun, result, control.optimizer, optimizer_notes(control))


def optimizer_notes(control: Control) -> tuple[str, ...]:
    """What stands behind the name of an optimizer of lme4's."""
    name = control.optimizer
    if name == "newton" or not isinstance(name, str):
        return ()
    from ..engine.optimize.other_optimizers import NEAREST

    return (f"optimizer {name!r} is scipy's {NEAREST[name]} here",) if name in NEAREST else ()


def where_to_look(devfun: Devfun) -> tuple[Callable[[float], Points], Sequence[float]]:
    """The scan before the descent: c I or, where a value costs seconds, fewer multiples of the moments' estimate."""
    multiple = devfun.covariances.multiple
    if not devfun.criterion.engine.costly:
        return multiple, SCAN
    from ..engine.sums.moments import moment_ratios

    ratios = moment_ratios(devfun.gram)
    return (multiple, SCAN) if ratios is None else (lambda c: multiple(c * ratios), COARSE_SCAN)


def held_optimum(devfun: Devfun, par: Array) -> Optimum:
    """No optimum: the criterion at `par`, with what the certificate finds there and a note that theta is held."""
    at = devfun.at(par).evaluation()
    held = _described(devfun, standing(at, evaluations=1), optimizer=HELD, evaluations=1, values=0)
    theta = devfun.covariances.theta(devfun.covariances.templates(at.place))
    text = ", ".join(f"{value:.6g}" for value in theta)
    return replace(held, notes=(f"theta is held at {text}: it is not estimated",))


class Latest:
    """An objective that keeps its last place, and no more than one: a factorization may be large."""

    def __init__(self, objective: Callable[[Points], At]) -> None:
        self.objective = objective
        self.at: At | None = None

    def __call__(self, points: Points) -> At:
        self.at = None
        self.at = self.objective(points)
        return self.at

    def standing_at(self, place: Points) -> At | None:
        """The criterion at a place, if that was the last."""
        return self.at if self.at is not None and self.at.points is place else None


def _estimated_start(devfun: Devfun) -> Points | None:
    """Where the descent begins if a factorization takes seconds: theta by the iterative engine; else None."""
    engine = devfun.criterion.engine
    if not engine.estimable:
        return None
    from ..engine.optimize.iterative_search import estimated_start  # late: a room that few fits need

    try:
        return estimated_start(devfun.criterion, devfun.covariances)
    except NumericalError:  # it has its own limits; the exact engine looks for a start of its own
        return None


def _estimated_optimum(devfun: Devfun, start: Points | None, **options: int) -> Optimum:
    """The optimum by the iterative engine, which says how exact it is."""
    from ..engine.optimize import iterative_search, score_search

    begin = iterative_search.beginning(devfun.criterion, devfun.covariances) if start is None else start
    found = score_search.score_search(devfun.criterion.at, begin, **options)
    optimum = _optimum(devfun, found)
    at = devfun.criterion.at(optimum.points)
    error, criterion = iterative_search.relative_error(at), iterative_search.criterion_estimate(at)
    said = (
        f"theta is estimated by the iterative engine with a Monte-Carlo error of {error:.1g} of its standard error "
        f"(seed {devfun.control.seed}), the criterion with one of {criterion.se:.1g}: see fit.monte_carlo"
    )
    return replace(optimum, notes=(said, *optimum.notes), factorized=at)


def _newton_options(optCtrl: Mapping[str, Any]) -> dict[str, int]:
    unknown = set(optCtrl) - {"maxit"}
    if unknown:
        raise ArgumentError(f"optCtrl={{{min(unknown)!r}: ...}}: newton knows 'maxit', its largest number of steps")
    if "maxit" not in optCtrl:
        return {}
    if not isinstance(optCtrl["maxit"], int | np.integer) or optCtrl["maxit"] < 1:
        raise ArgumentError(f"optCtrl={{'maxit': {optCtrl['maxit']!r}}}: wanted a whole number from 1")
    return {"steps": int(optCtrl["maxit"])}


def optimum_at(devfun: Devfun, points: Points) -> Optimum:
    """The record of an optimum that was found elsewhere, with its certificate."""
    return optimum_of(devfun, devfun.criterion.at(points))


def optimum_of(devfun: Devfun, at: At) -> Optimum:
    """`optimum_at` for a place that has been factorized."""
    run = standing(at.evaluation())
    return _described(devfun, run, optimizer="newton", evaluations=0, values=0, trace=(run.trace,))


def _optimum(devfun: Devfun, found: Search[ProfiledEvaluation], factorized: At | None = None) -> Optimum:
    return _described(
        devfun,
        found.best,
        optimizer="newton",
        evaluations=found.evaluations,
        values=len(found.scan) + found.looked,
        trace=tuple(run.trace for run in found.runs),
        factorized=factorized,
    )


def _foreign_optimum(devfun: Devfun, found: OptimizerResult, name: str, notes: tuple[str, ...]) -> Optimum:
    at = devfun.at(found.par).evaluation()
    run = standing(at, converged=found.converged, message=found.message, evaluations=found.evaluations)
    optimum = _described(devfun, run, optimizer=name, evaluations=0, values=found.evaluations, trace=(run.trace,))
    return replace(optimum, notes=(*notes, *optimum.notes))


def _described(devfun: Devfun, run: Run[ProfiledEvaluation], **counts: Any) -> Optimum:
    at, par = run.at, devfun.covariances.par(run.at.place)
    certificate = certify(run, devfun.criterion.at)
    reached = Rest(counts["optimizer"], at.place, certificate, run.converged, run.message)
    held = reached.optimizer == HELD
    said = [] if held else convergence_notes(devfun.control, devfun.design.random, devfun.covariances, reached)
    return Optimum(
        value=at.value,
        par=par,
        gradient=devfun.covariances.par_gradient(at, par),
        converged=run.converged,
        message=run.message,
        certificate=certificate,
        points=at.place,
        notes=tuple(said),
        **counts,
    )
