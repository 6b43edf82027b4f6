"""Criterion -> optimum: the optimizer that the control names, and what must be said about its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.covariance.points import Points
from ..engine.criterion.profiled import At, ProfiledEvaluation
from ..engine.optimize.certificate import Certificate, certify, past_saddles
from ..engine.optimize.newton import Run, standing
from ..engine.optimize.search import COARSE_SCAN, SCAN, Search, search
from ..errors import ArgumentError, NumericalError
from ..numerics.linalg import Array, seal
from ..options import Control
from .convergence import convergence_notes
from .devfun import Devfun

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

    def __post_init__(self) -> None:
        seal(self)

    @property
    def held(self) -> bool:
        """Whether this is no optimum, theta being held at given values."""
        return self.optimizer == HELD


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
    if len(found.best.at.gradient) < 2:
        return found
    from ..engine.many_responses import widened_search  # late: a room that one parameter never needs

    return widened_search(devfun.criterion, devfun.families, found)


def optimize_devfun(devfun: Devfun, start: Any = None) -> Optimum:
    """Minimize with the optimizer of the control; the certificate is part of the answer."""
    points = start_points(devfun, start)
    if devfun.control.optimizer != "newton":
        return _by_other_optimizer(devfun, points)
    return _optimum(devfun, _searched_far(devfun, points) if devfun.criterion.engine.far else _searched(devfun, points))


def _searched(devfun: Devfun, start: Points | None) -> Search[ProfiledEvaluation]:
    multiple, multiples = where_to_look(devfun)
    options = _newton_options(devfun.control.optCtrl)
    found = search(devfun.criterion.at, multiple, start, multiples=multiples, **options)
    found = _widened(devfun, found) if start is None else found
    return past_saddles(found, devfun.criterion.at, **options)


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


def _optimum(devfun: Devfun, found: Search[ProfiledEvaluation]) -> Optimum:
    return _described(
        devfun,
        found.best,
        optimizer="newton",
        evaluations=found.evaluations,
        values=len(found.scan) + found.looked,
        trace=tuple(run.trace for run in found.runs),
    )


def _foreign_optimum(devfun: Devfun, found: OptimizerResult, name: str, notes: tuple[str, ...]) -> Optimum:
    at = devfun.at(found.par).evaluation()
    run = standing(at, converged=found.converged, message=found.message, evaluations=found.evaluations)
    optimum = _described(devfun, run, optimizer=name, evaluations=0, values=found.evaluations, trace=(run.trace,))
    return replace(optimum, notes=(*notes, *optimum.notes))


def _described(devfun: Devfun, run: Run[ProfiledEvaluation], **counts: Any) -> Optimum:
    at, par = run.at, devfun.covariances.par(run.at.place)
    optimum = Optimum(
        value=at.value,
        par=par,
        gradient=devfun.covariances.par_gradient(at, par),
        converged=run.converged,
        message=run.message,
        certificate=certify(run, devfun.criterion.at),
        points=at.place,
        **counts,
    )
    if optimum.held:
        return optimum
    said = convergence_notes(devfun.control, devfun.design.random, devfun.covariances, optimum)
    return replace(optimum, notes=tuple(said))
