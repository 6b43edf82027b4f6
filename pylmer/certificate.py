"""What a fit has proved about its optimum, and that it is local (design.md section 5, engine.md section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .covariance import Point, Unstructured, lower_entries
from .criterion import At
from .linalg import Array, symmetric
from .optimize import Run, trust_step

TOLERANCE = 1e-6
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Certificate:
    """The conditions of a local minimum, measured.

    decrease    what the best step from here promises, in units of the criterion
    step        largest component of that step, the gradient scaled by the inverse information
    eigenvalue  smallest eigenvalue of the information on the free directions, relative to the largest
    kkt         per random term with vanished directions, the smallest eigenvalue there of dd/dSigma relative to
                the mean of Z'QZ: not negative means that growing the variance would not lower the criterion
    """

    decrease: float
    step: float
    eigenvalue: float
    kkt: dict[int, float]

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


def certify(run: Run) -> Certificate:
    """The certificate of a descent's last point."""
    at, free = run.at, free_coordinates(run.at.points)
    H, g = run.hessian[np.ix_(free, free)], at.gradient[free]
    if not len(g):
        return Certificate(0.0, 0.0, 1.0, kkt(at))
    step, decrease, _ = trust_step(g, H, 1e3)
    values = np.linalg.eigvalsh(H)
    return Certificate(
        max(decrease, 0.0),
        float(np.max(np.abs(step))),
        float(values[0] / max(np.max(np.abs(values)), 1e-300)),
        kkt(at),
    )


def free_coordinates(points: Sequence[Point]) -> Mask:
    """Mask over all local coordinates: False where they would only grow a vanished deviation."""
    return np.concatenate([np.zeros(0, bool), *(_free(point) for point in points)])


def _free(point: Point) -> Mask:
    size, alive = len(point.tangents()), point.deviations() > 0
    if isinstance(point, Unstructured):
        return alive[lower_entries(len(alive))[1]]
    return np.concatenate([alive, np.full(size - len(alive), bool(alive.any()))])


def kkt(at: At) -> dict[int, float]:
    """See `Certificate.kkt`."""
    out = {}
    for term, point in enumerate(at.points):
        null = null_space(point.template())
        if null.shape[1]:
            factor, here = at.criterion.engine.gram.place[term]
            G, base = at.G[term], at.ZtQZ[factor][here, here]
            scale = max(float(np.mean(np.diag(null.T @ base @ null))), 1e-300)
            out[term] = float(np.linalg.eigvalsh(symmetric(null.T @ G @ null))[0]) / scale
    return out


def null_space(T: Array) -> Array:
    """Orthonormal directions (l, k) in which Sigma = T T' vanishes exactly, up to rounding."""
    U, s, _ = np.linalg.svd(T)
    return np.asarray(U[:, s <= 1e-12 * max(1.0, float(s[0]))])
