"""What a fit has proved about its optimum, and that it is local (design.md section 5, engine.md section 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Mask, eigen, symmetric
from ..covariance.points import Points
from ..criterion.profiled import Objective, ProfiledEvaluation
from .newton import ITERATIONS, LARGE, Run
from .search import Search, lowest
from .trust_region import step_along

TOLERANCE = 1e-6
SUSPECT = 1e-4  # curvature, for a step of half the parameters' size, that may be rounding
NEGLIGIBLE = 1e-2  # curvature, for a step of the parameters' size (at least SMALL), that is too small to be a scale
SMALL = 1e-2
UNCURVED = 1e-4  # least curvature of the criterion, relative to the largest, from which the design is looked at
SADDLES = 5  # descents from saddles before the last place is left as it is


@dataclass(frozen=True)
class Certificate:
    """The conditions of a local minimum, measured.

    decrease    what the best step from here promises, in units of the criterion
    step        largest component of that step, the gradient scaled by the inverse information
    eigenvalue  smallest eigenvalue of the information on the free directions, relative to the largest
    kkt         per random term with vanished directions, the smallest eigenvalue there of dd/dSigma relative to
                the mean of Z'QZ: not negative means that growing the variance would not lower the criterion
    flat        random terms with a direction in which the criterion does not change at all
    """

    decrease: float
    step: float
    eigenvalue: float
    kkt: dict[int, float]
    flat: tuple[int, ...] = ()

    @property
    def gradient_vanishes(self) -> bool:
        """No step promises a decrease worth taking."""
        return self.decrease <= TOLERANCE

    @property
    def curved_upwards(self) -> bool:
        """The information has no negative direction."""
        return self.eigenvalue >= -TOLERANCE

    @property
    def boundary_holds(self) -> bool:
        """Growing a vanished variance would not lower the criterion."""
        return all(value >= -TOLERANCE for value in self.kkt.values())

    @property
    def holds(self) -> bool:
        """All conditions are met."""
        return self.gradient_vanishes and self.curved_upwards and self.boundary_holds


def certify(run: Run[ProfiledEvaluation], objective: Objective) -> Certificate:
    """The certificate of a descent's last point; `objective` tests what a nearly singular information promises.

    The information gathered on the way is an average with secant corrections. What it says against the point is
    believed only of the observed information, that costs as many evaluations as two per parameter.
    """
    gathered = _measured(run, objective)
    if not _doubtful(gathered):
        return gathered
    observed = _measured(with_observed(run, objective), objective)
    return replace(observed, flat=tuple(sorted({*gathered.flat, *observed.flat})))


def _doubtful(proof: Certificate) -> bool:
    return bool(proof.flat) or proof.eigenvalue <= TOLERANCE or not proof.gradient_vanishes


def with_observed(run: Run[ProfiledEvaluation], objective: Objective) -> Run[ProfiledEvaluation]:
    """The run with the Hessian by differences of the score, or as it is where the arithmetic fails beside its end.

    Far from zero one step does not suit all coordinates, and the run has taken differences of its own (`distant`).
    """
    if run.at.place.extent > LARGE:
        return run
    from .information import observed_information  # of ends that are in doubt

    try:
        return replace(run, correction=observed_information(objective, run.at) - run.at.information)
    except NumericalError:
        return run


def _measured(run: Run[ProfiledEvaluation], objective: Objective) -> Certificate:
    at, free = run.at, run.free
    unknown = _undetermined(at)
    if not free.any():
        return Certificate(0.0, 0.0, 1.0, kkt(at), unknown)
    values, vectors = run.axes
    step, promised, _ = step_along(at.gradient[free], values, vectors, 1e3)
    decrease = promised if promised <= TOLERANCE else _kept(objective, run, free, promised)
    flat = _flat_directions(objective, at, free, values, vectors)
    return Certificate(
        max(decrease, 0.0),
        float(np.abs(step).max()),
        _relative(values, NEGLIGIBLE / max(at.place.extent, SMALL) ** 2),
        kkt(at),
        tuple(sorted({*_terms_of(at.place, free, flat), *unknown})),
    )


def _undetermined(at: ProfiledEvaluation) -> tuple[int, ...]:
    """The random terms that the design does not determine; where the criterion is curved it need not be asked."""
    curvatures = list(map(abs, eigen(at.information)[0].tolist())) if len(at.information) else [1.0]
    if min(curvatures) > UNCURVED * max(curvatures):
        return ()
    from .unidentified import undetermined

    return undetermined(at)


def _relative(values: Array, least: float = 1e-300) -> float:
    """The smallest eigenvalue relative to the largest, or to the `least` that is no rounding."""
    return float(values[0] / max(-values[0], values[-1], least))


def past_saddles(
    found: Search[ProfiledEvaluation], objective: Objective, steps: int = ITERATIONS
) -> Search[ProfiledEvaluation]:
    """The search gone on from below its best point, as long as that is a saddle: a descent stops where no slope is."""
    for _ in range(SADDLES):
        below = _below(found.best, objective) if found.best.converged else None
        if below is None:
            return found
        more = lowest(objective, [below], steps)
        runs, settling = (*found.runs, *more.runs), found.settling + more.settling
        found = replace(found, best=more.best, runs=runs, settling=settling)
    return found


def _below(run: Run[ProfiledEvaluation], objective: Objective) -> Points | None:
    """A lower place along the observed information's negative direction, None where there is none."""
    at, free = run.at, run.free
    if not _bends(run):
        return None
    run = with_observed(run, objective)
    if not _bends(run):
        return None
    direction = run.axes[1][:, 0]
    steps = [length * at.place.extent * direction for size in (1.0, 0.3, 0.1, 0.03, 0.01) for length in (size, -size)]
    step = min(steps, key=lambda each: _value(objective, at.place, free, each))
    if _value(objective, at.place, free, step) > at.value - TOLERANCE:
        return None
    full = np.zeros(len(free))
    full[free] = step
    return at.place.moved(full)


def _bends(run: Run[ProfiledEvaluation]) -> bool:
    """Whether the criterion bends downwards, as far as the run's Hessian knows."""
    return bool(run.free.any()) and _relative(run.axes[0]) < -TOLERANCE


def _kept(objective: Objective, run: Run[ProfiledEvaluation], free: Mask, promised: float) -> float:
    """What is left of a promised decrease when steps are tried: a flat direction promises in vain."""
    at = run.at
    steps = (step_along(at.gradient[free], *run.axes, radius)[0] for radius in (1e3, 10.0, 1.0, 0.1, 0.01))
    gained = max(at.value - _value(objective, at.place, free, step) for step in steps)
    return promised if gained > TOLERANCE else gained


def _flat_directions(objective: Objective, at: ProfiledEvaluation, free: Mask, values: Array, vectors: Array) -> Array:
    """The eigenvectors (k, f) along which half the size of the parameters changes nothing."""
    length = 0.5 * at.place.extent
    suspects = [k for k, value in enumerate(values) if abs(value) * length**2 <= SUSPECT]
    allowed = TOLERANCE + 10 * at.noise
    flat = [
        k
        for k in suspects
        if length > 0
        and all(
            abs(_value(objective, at.place, free, sign * length * vectors[:, k]) - at.value) <= allowed
            for sign in (1, -1)
        )
    ]
    return np.asarray(vectors[:, flat])


def _value(objective: Objective, points: Points, free: Mask, step: Array) -> float:
    full = np.zeros(len(free))
    full[free] = step
    try:
        return float(objective(points.moved(full)).value)
    except NumericalError:
        return np.inf


def _terms_of(points: Points, free: Mask, directions: Array) -> tuple[int, ...]:
    """The random terms that have a part in some directions (k, f) of the free coordinates."""
    full = np.zeros((len(free), directions.shape[1]))
    full[free] = directions
    large = [piece.size > 0 and float(np.max(np.abs(piece))) > 0.1 for piece in points.pieces(full)]
    return tuple(term for term, point in enumerate(points) if large[term] and not point.at_limit())


def kkt(at: ProfiledEvaluation) -> dict[int, float]:
    """See `Certificate.kkt`."""
    out = {}
    for term, point in enumerate(at.place):
        if point.at_limit():  # the lost direction is not the family's to grow; the score of rho speaks for it
            continue
        null = point.vanished()
        if null.shape[1]:
            scale = max(float(np.mean(np.diag(null.T @ at.ZtQZ[term] @ null))), 1e-300)
            out[term] = float(np.linalg.eigvalsh(symmetric(null.T @ at.G[term] @ null))[0]) / scale
    return out
