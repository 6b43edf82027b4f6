"""The arguments of the deviance that a profile holds: standard deviations, correlations, sigma, fixed effects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..covariance import Correlation, Family
from ..criterion import Criterion, Points
from ..engines.dense import factor_templates
from ..errors import NumericalError
from ..fitting import FittedModel
from ..linalg import Array
from ..optimize import moved, trust_step
from .rooted import Rooted, rooted
from .unprofiled import Unprofiled, unprofiled

STOP = 1e-5  # promised decrease of the deviance at which a point of a profile is good enough: one more step is taken
STEPS = 60
NEAR = 1e-6  # how near rho of cs or ar1 comes to its limits

_ = factor_templates


@dataclass(frozen=True)
class Scale:
    """The argument psi as a monotone function of the coordinate w that is held.

    >>> Scale("sine").psi(np.pi / 2).item()
    1.0
    """

    kind: str = "linear"
    unit: float = 1.0
    origin: float = 0.0
    family: Correlation | None = None
    outer: str = ""

    def psi(self, w: Array | float) -> Array:
        """w -> psi."""
        w = np.asarray(w, float)
        if self.family is not None:
            psi = np.vectorize(lambda eta: self.family.rho(eta)[0], otypes=[float])(w)
        else:
            psi = {"linear": self.origin + self.unit * w, "sine": np.sin(w), "exp": np.exp(w)}[self.kind]
        with np.errstate(divide="ignore"):
            return np.asarray({"": psi, "square": psi**2, "log": np.log(np.maximum(psi, 0.0))}[self.outer])

    def w(self, psi: Array | float) -> Array:
        """psi -> w."""
        psi = np.asarray(psi, float)
        psi = {"": psi, "square": np.sqrt(np.maximum(psi, 0.0)), "log": np.exp(psi)}[self.outer]
        if self.family is not None:
            return np.vectorize(self.family.eta, otypes=[float])(psi)
        with np.errstate(divide="ignore"):
            known = {
                "linear": (psi - self.origin) / self.unit,
                "sine": np.arcsin(np.clip(psi, -1, 1)),
                "exp": np.log(np.maximum(psi, 0.0)),
            }
        return np.asarray(known[self.kind])
