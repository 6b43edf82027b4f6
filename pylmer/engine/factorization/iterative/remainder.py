"""The remainder of crossed scalar factors by conjugate gradients and probes; see `schur_complement`.

What is linear in the response is solved to rounding. Diagonals of inverses are estimated: with the intercepts' space V
deflated and Pi = I - V V',

    A^-1 = G + (A^-1 - G),   G = V E^-1 V' + Pi - Pi (A - I) Pi

the diagonal of G is exact, since that of A is one, and probes are asked for the small rest only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from ....errors import NumericalError
from ....numerics.linalg import Array
from ....numerics.stacks import cross
from .conjugate_gradients import Deflation, solve
from .log_determinant import Estimate, intercepts, log_determinant, outlying
from .operator import Coupling, ScaledOperator
from .probes import Probes, covariance_of_mean

SOLVED = 1e-9  # relative residual of what estimates are made of; quadratic forms are as exact as its square
STEPPED = 1e-6  # of what only the information is made of
PROBED = 1e-4  # of what the probes are asked for
ROUNDED = 1e-12  # residual, beside probes of ones, that is rounding
LEAST = 2  # steps: after one, all probes err alike, and their spread says nothing of it
LITTLE = 0.1  # mean of d^2 S_ii of a factor below which d is not divided by
LOG_PROBES = 12
WIDTHS = (0, 32)  # eigenvectors besides the intercepts that the log determinant takes exactly
ENOUGH = 0.01  # standard error of the criterion from which more are taken


@dataclass(frozen=True, eq=False)
class IterativeSums:
    """The values of a remainder, and the probes that all templates share.

    directions  (q, r) combinations of the effects that are deflated besides the intercepts
    """

    coupling: Coupling
    probes: Probes
    seed: int
    directions: Array | None = None

    kind: ClassVar[str] = "iterative"
    dense: ClassVar[bool] = False

    def at(self, k: Array, d: Array) -> IterativeSchurComplement:
        return IterativeSchurComplement(self, k, d)


@dataclass(frozen=True, eq=False)
class Solutions:
    """A X = B up to `residual`: right-hand sides that have been solved for, of which others are combinations."""

    B: Array
    X: Array
    residual: Array

    def guess(self, B: Array) -> tuple[Array, Array]:
        """The best combination for B (q, m), and its residual."""
        weights = np.linalg.lstsq(self.B, B, rcond=None)[0]
        return self.X @ weights, B - (self.B - self.residual) @ weights


class IterativeSchurComplement:
    """S at given templates, of which only products are known."""

    def __init__(self, sums: IterativeSums, k: Array, d: Array) -> None:
        self.sums, self.k, self.d = sums, k, d
        coupling = sums.coupling
        diagonal = coupling.diagonal - coupling.squares_times(k[:, None])[:, 0]
        self.A = ScaledOperator(coupling, k, d, diagonal)
        self.space = Deflation.by(self.A, self._deflated())
        self._known: Solutions | None = None

    def _deflated(self) -> Array:
        if self.sums.directions is None:
            return intercepts(self.A)
        own = np.sqrt(self.A.P) / np.where(self._vanished, 1.0, self.d)
        return np.hstack([intercepts(self.A), own[:, None] * self.sums.directions])

    def outlying(self, width: int) -> Array:
        """Combinations of the effects (q, about width) that stand out of the spectrum besides the intercepts."""
        known = intercepts(self.A)
        space = outlying(self.A, width, np.random.default_rng(self.sums.seed))
        Q = np.linalg.qr(known)[0]
        left = np.linalg.svd(space.V - Q @ (Q.T @ space.V), full_matrices=False)[0][:, : space.V.shape[1] - Q.shape[1]]
        return np.asarray(left * (np.where(self._vanished, 1.0, self.d) / np.sqrt(self.A.P))[:, None])

    @cached_property
    def estimated_logdet(self) -> Estimate:
        """log|M| and its Monte-Carlo standard error."""
        found = log_determinant(self.A, LOG_PROBES, WIDTHS, ENOUGH, self.sums.seed)
        return replace(found, value=found.value + float(np.sum(np.log(self.A.P))))

    @property
    def logdet_M(self) -> float:
        return self.estimated_logdet.value

    def half_solves(self, c: Array) -> list[Array]:
        B = self.A.ends[:, None] * c
        X, residual = self._solved(B, SOLVED if self._known is None else STEPPED)
        if self._known is None:
            self._known = Solutions(B, X, residual)
        scale = self.A.scale[:, None]
        return [(c * self.d[:, None])[:, None], (scale * X)[:, None], (residual / scale)[:, None]]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        return cross(one[0], two[1]) + cross(one[1], two[2])  # to the product of what both solutions lack

    def solve(self, c: Array) -> Array:
        return np.asarray(self.A.scale[:, None] * self._solved(self.A.ends[:, None] * c, SOLVED)[0])

    def _solved(self, B: Array, accuracy: float) -> tuple[Array, Array]:
        """A^-1 B and what it leaves of B; a combination of what has been solved for where that is accurate enough."""
        wanted = accuracy * np.sqrt(np.sum(B**2, axis=0))
        X, residual = (np.zeros_like(B), B) if self._known is None else self._known.guess(B)
        if np.all(np.sqrt(np.sum(residual**2, axis=0)) <= wanted):
            return X, residual
        found = solve(self.A, self.space, X, residual, wanted)
        return found.X, found.residual

    def S_times(self, B: Array) -> Array:
        return self.sums.coupling.S_times(self.k, B)

    @cached_property
    def selected(self) -> tuple[Array, Array, Array]:
        across = self._known_across + self.sums.probes.mean(self._probed_across)
        return across, self.d**2 * self._M_inverse, self._complement

    def selected_sums(self, weights: Array) -> tuple[float, Array]:
        across, _, complement = self.selected
        return float(weights @ across), complement

    def covariances(self) -> tuple[Array, Array]:
        raise NumericalError("the iterative remainder knows no entries of K_R: the exact one does")

    def spread(self, weights: Array) -> Array:
        """Monte-Carlo covariance of the sum over j of weights_j c_j'K_R c_j, and of the sums of the diagonal of
        S - S K_R S over each of the other factors: (1 + F, 1 + F)."""
        probes, factors = self.sums.probes, self.sums.coupling.factors
        first = probes.samples(weights @ self._probed_across)
        others = [probes.samples(self._probed_complement[factors == f].sum(axis=0)) for f in range(factors[-1] + 1)]
        return covariance_of_mean(np.array([first, *others]))

    # --- probes -------------------------------------------------------------------------------------------------------

    @cached_property
    def _probed(self) -> tuple[Array, Array]:
        """Of the probes z: (A^-1 - V E^-1 V' - Pi) z, and (A^-1 - G) z (q, F k) each."""
        space, Z = self.space, self.sums.probes.signs
        part, rest = space.part(Z), space.projected(Z)
        turned = self.A.times(rest)
        begun = part + rest
        residual = Z - space.AV @ (space.E_inverse @ (space.V.T @ Z)) - turned
        wanted = np.maximum(PROBED * np.sqrt(np.sum(residual**2, axis=0)), ROUNDED * np.sqrt(len(Z)))
        X = solve(self.A, space, begun, residual, wanted, LEAST).X
        return X - begun, X - begun + space.projected(turned - rest)

    @cached_property
    def _G(self) -> Array:
        """The diagonal of G (q,)."""
        V, AV, E = self.space.V, self.space.AV, self.space.E
        exact = np.sum((V @ self.space.E_inverse) * V, axis=1)
        off = 1.0 - np.sum(V**2, axis=1)
        inside = 1.0 - 2 * np.sum(V * AV, axis=1) + np.sum((V @ E) * V, axis=1)
        return np.asarray(exact + 2 * off - inside)

    @cached_property
    def _M_inverse(self) -> Array:
        """The diagonal of M^-1 (q,)."""
        probes = self.sums.probes
        return np.asarray((self._G + probes.mean(probes.signs * self._probed[1])) / self.A.P)

    @cached_property
    def _known_across(self) -> Array:
        """c_j'K_R c_j of the first factor (J,), as far as V E^-1 V' + Pi goes."""
        coupling, V = self.sums.coupling, self.space.V
        BV = coupling.C @ (self.A.ends[:, None] * V)
        own = _row_squares(coupling, self.A.ends)
        return np.asarray(own + np.sum((BV @ (self.space.E_inverse - np.eye(V.shape[1]))) * BV, axis=1))

    @cached_property
    def _probed_across(self) -> Array:
        """What each probe says of the rest of it (J, F k)."""
        C, ends = self.sums.coupling.C, self.A.ends[:, None]
        return np.asarray((C @ (ends * self.sums.probes.signs)) * (C @ (ends * self._probed[0])))

    @cached_property
    def _vanished(self) -> Array:
        """Which effects (q,) are of a factor whose templates may not be divided by: its levels say little."""
        factors = self.sums.coupling.factors
        said = np.bincount(factors, self.A.P - 1.0) / np.bincount(factors)
        return np.asarray(said < LITTLE)[factors]

    @cached_property
    def _complement(self) -> Array:
        """The diagonal of S - S K_R S, as (1 - M^-1_ii) / d_i^2 where d may be divided by."""
        square = np.where(self._vanished, 1.0, self.d) ** 2
        known = np.where(self._vanished, self.A.diagonal, (1.0 - self._G / self.A.P) / square)
        return np.asarray(known + self.sums.probes.mean(self._probed_complement))

    @cached_property
    def _probed_complement(self) -> Array:
        """What each probe says of the rest of it (q, F k)."""
        Z = self.sums.probes.signs
        square = np.where(self._vanished, 1.0, self.d) ** 2
        values = -Z * self._probed[1] / (self.A.P * square)[:, None]
        for f in np.unique(self.sums.coupling.factors[self._vanished]):
            at = self.sums.probes.columns(f)
            SZ = self.S_times(Z[:, at])
            values[:, at] = -Z[:, at] * self.S_times(self.d[:, None] * self.solve(SZ))
        return np.asarray(values)


def _row_squares(coupling: Coupling, ends: Array) -> Array:
    """sum_i (C_ji ends_i)^2: (J,)."""
    C = coupling.C
    if coupling.uniform is not None:
        return np.asarray(coupling.uniform * (C @ ends**2))
    return np.asarray(C.power(2) @ ends**2)
