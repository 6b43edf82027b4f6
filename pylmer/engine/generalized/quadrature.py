"""Adaptive Gauss-Hermite quadrature for the terms of one grouping factor: value and exact gradient.

Per level, with u^ its mode, M = I + T'Z'AZT = C C' and nodes u_k = u^ + sqrt(2) C^-T x_k, x_k a tensor grid,

    d = sum_j [log|M_j| - 2 log sum_k (w_k / pi^(L/2)) e^(x_k'x_k) e^(-h_j(u_k) / 2)] + constant,  h = D + |u|^2

(Pinheiro & Bates 1995; glmm.md section 3). pi_k are the weights of the nodes a posteriori. A tensor grid turns with its
axes, so the templates of vector terms are those of lme4, lower triangular in the user's coordinates: `Triangular`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product as combinations

import numpy as np

from ...errors import ArgumentError, NumericalError
from ...families import Family
from ...numerics.linalg import Array, transposed
from ...numerics.stacks import cholesky, inverse_lower, product
from ...numerics.unlocked import cached_property
from ..covariance.point import Point
from ..covariance.points import Points
from ..criterion.deviance import noise
from .laplace import Laplace, LaplaceAt, saturated_slope
from .place import Place, in_chart
from .triangular import Triangular
from .weighted import WeightedStructure

CELLS = 50_000  # rows times nodes evaluated at once: their columns stay in the processor's cache


def root_directions(point: Point) -> Array:
    """dT/da (k, l, l) of a point whose template is a function of its coordinates alone."""
    found = point.root_directions()
    if found is not None:
        return found
    raise ArgumentError("quadrature with nAGQ > 1 knows us and diag covariances; others need nAGQ = 1")


def gauss_hermite(count: int, width: int) -> tuple[Array, Array]:
    """Nodes (K, L) of the tensor grid and log(w / pi^(L/2)) + x'x (K,), for `count` nodes in each dimension."""
    x, w = np.polynomial.hermite.hermgauss(count)
    one = np.log(w) - 0.5 * np.log(np.pi) + x**2
    grid = list(combinations(range(count), repeat=width))
    return np.array([x[list(k)] for k in grid]), np.array([one[list(k)].sum() for k in grid])


@dataclass(frozen=True, eq=False)
class Quadrature:
    """The criterion as a function of the place; `count` nodes in each dimension, `laplace` gives the modes."""

    laplace: Laplace
    count: int

    def __post_init__(self) -> None:
        if len(self.laplace.structure.factors) > 1:
            raise ArgumentError(
                f"nAGQ={self.count} needs random effects of one grouping factor; "
                f"these have {len(self.laplace.structure.factors)}: use nAGQ=1"
            )

    @property
    def structure(self) -> WeightedStructure:
        """See `Laplace`."""
        return self.laplace.structure

    @cached_property
    def nodes(self) -> tuple[Array, Array]:
        """See `gauss_hermite`."""
        return gauss_hermite(self.count, self.structure.factors[0].L)

    def at(self, place: Place, b: Sequence[Array] | None = None) -> QuadratureAt:
        """The criterion at `place`, its modes sought from the effects b (J, L), or from 0."""
        return QuadratureAt(self, self.laplace.at(place, b))

    def own(self, place: Place) -> Place:
        """The place with vector terms in the coordinates in which quadrature is a function of Sigma."""
        R_terms = self.structure.scaling.R_terms
        points = [
            Triangular.of(point, R) if point.axes is not None and len(R) > 1 else point
            for point, R in zip(place.points, R_terms, strict=True)
        ]
        return replace(place, points=Points(points))

    @property
    def scaled(self) -> bool:
        """Whether log phi is a coordinate, the shape of a place."""
        return self.laplace.scale != "none"


@dataclass(frozen=True, eq=False)
class QuadratureAt:
    """The criterion at one place; `laplace` has its modes, and the information to step by."""

    criterion: Quadrature
    laplace: LaplaceAt

    def to(self, place: Place) -> QuadratureAt:
        """The same criterion elsewhere, begun at the modes that are to be expected there."""
        return QuadratureAt(self.criterion, self.laplace.to(place))

    @property
    def place(self) -> Place:
        return self.laplace.place

    @property
    def passes(self) -> int:
        """Passes over the rows, one a node."""
        return self.laplace.passes + len(self.criterion.nodes[0])

    @property
    def _T(self) -> Array:
        return self.laplace.T[0]

    @cached_property
    def _A(self) -> Array:
        """Z'AZ (J, L, L)."""
        return self.laplace.engine.gram.factors[0].ZtZ

    @cached_property
    def _C(self) -> tuple[Array, Array]:
        """C and its inverse (J, L, L)."""
        M = np.eye(len(self._T)) + product(product(self._T.T, self._A), self._T)
        C = cholesky(M)
        return C, inverse_lower(C)

    @property
    def phi(self) -> float:
        """The scale: a coordinate, since no closed form profiles it."""
        return float(np.exp(self.place.shapes[0])) if self.criterion.scaled else 1.0

    @cached_property
    def _integral(self) -> Integral:
        return integrate(self)

    @cached_property
    def value(self) -> float:
        """d; NumericalError if it is not finite."""
        at = self.laplace
        constant = at.responses.family.saturated(at.responses.y, at.responses.weights, self.phi)
        logdet = 2 * float(np.sum(np.log(np.diagonal(self._C[0], axis1=1, axis2=2))))
        d = constant + at.modes.value / self.phi + logdet - 2 * float(np.sum(np.log(self._integral.total)))
        if not np.isfinite(d):
            raise NumericalError(f"the criterion is {d}")
        return d

    @property
    def noise(self) -> float:
        """How far rounding may move the value."""
        return self.laplace.noise + float(noise(0.0, len(self._A), 1.0))

    @cached_property
    def _slopes(self) -> tuple[Array, Array]:
        """dd/dbeta (p,) and dd/dT (L, L)."""
        at, one, T = self.laplace, self._integral, self._T
        structure, rows = self.criterion.structure, at.modes.rows
        inverse = self._C[1]
        B = product(inverse, one.vx)
        Q = 0.5 * (np.triu(B) + transposed(np.triu(B, 1)))  # half of what C^-T answers to a change of M
        kappa = product(product(transposed(inverse), np.eye(len(T)) - np.sqrt(2) * Q), inverse)
        c = structure.quadratic([product(product(T, kappa), T.T)], {}) * at.weight_slopes
        zc = structure.cross(c)[0]
        A_O = at.observed_engine.gram.factors[0].ZtZ
        M_O = np.eye(len(T)) + product(product(T.T, A_O), T)
        half = inverse_lower(cholesky(M_O))
        a = product(transposed(half), product(half, (one.v + zc @ T)[:, :, None]))[:, :, 0]
        beta = structure.fixed_cross(2 * one.g + c - rows.O * structure.random([a @ T.T]))
        u, zg = at.modes.u[0], at.Ztg[0]
        A_OTa = product(A_O, (a @ T.T)[:, :, None])[:, :, 0]
        dT = 2 * one.zgu + 2 * np.sum(product(product(self._A, T), kappa), axis=0) + zc.T @ u - zg.T @ a - A_OTa.T @ u
        return beta, dT

    @cached_property
    def gradient(self) -> Array:
        """In the local coordinates of the place."""
        beta, dT = self._slopes
        parts = []
        for term, point in enumerate(self.place.points):
            _, at = self.criterion.structure.place[term]
            parts.append(np.tensordot(root_directions(point), dT[at, at], axes=2))
        return np.concatenate([*parts, beta, [self._phi_slope] if self.criterion.scaled else []])

    @property
    def _phi_slope(self) -> float:
        """dd/dlog phi."""
        return saturated_slope(self.laplace.responses, self.phi) + self._integral.by_phi

    def slopes_along(self, tangents: Sequence[Array]) -> list[Array]:
        """Slopes of d along changes of Sigma (k_i, l, l) per random term."""
        ends = np.cumsum([point.size for point in self.place.points])
        pieces = np.split(self.gradient[: ends[-1]], ends[:-1])
        return [
            piece @ in_chart(point, each)
            for piece, point, each in zip(pieces, self.place.points, tangents, strict=True)
        ]

    @cached_property
    def information(self) -> Array:
        """Laplace's: for stepping. With a scale phi is a coordinate here, and not profiled as there."""
        H = self.laplace.information
        if not self.criterion.scaled:
            return H
        m, n = self.place.size - 1, len(self.laplace.responses.y)
        slopes = self.laplace.scale_slopes
        full = np.zeros((m + 1, m + 1))
        full[:m, :m] = H[:m, :m] + np.outer(slopes, slopes) / n
        full[m, :m] = full[:m, m] = -slopes
        full[m, m] = n
        return full


@dataclass(frozen=True, eq=False)
class Integral:
    """Sums over the nodes: total (J,) of e^(...) relative to the mode; with the weights pi_k of the nodes, g (n,) =
    sum pi g_k, v (J, L) = sum pi hu_k, vx (J, L, L) = sum pi hu_k x_k', zgu (L, L) = sum pi zg_k u_k'; h over phi and
    x_k times its root throughout. by_phi is the slope in log phi of what is no constant."""

    total: Array
    g: Array
    v: Array
    vx: Array
    zgu: Array
    by_phi: float


def integrate(at: QuadratureAt) -> Integral:
    """One pass over the rows for each node, some nodes at a time."""
    nodes, log_weights = at.criterion.nodes
    size = max(1, CELLS // at.criterion.structure.n)
    parts = [slice(k, k + size) for k in range(0, len(nodes), size)]
    h0 = _deviances(at, at.laplace.modes.u[0][:, :, None], at.laplace.modes.rows.eta[:, None])[0][:, 0]
    sums = [_over_nodes(at, np.sqrt(at.phi) * nodes[part], log_weights[part], h0) for part in parts]
    total, g, v, vx, zgu, by_phi = (sum(each[1:], start=each[0]) for each in zip(*sums, strict=True))
    scale = 1 / (at.phi * total)
    of_row = scale[at.criterion.structure.factors[0].codes]
    by_level = scale[:, None, None]
    zgu = np.sum(zgu * by_level, axis=0)
    return Integral(total, g * of_row, v * scale[:, None], vx * by_level, zgu, float(by_phi @ scale))


def _deviances(at: QuadratureAt, u: Array, eta: Array) -> tuple[Array, Array]:
    """D + |u|^2 of every level at m nodes (J, m), and g (n, m), for u (J, L, m), eta (n, m)."""
    r, sums = at.laplace.responses, at.criterion.structure.sums
    with np.errstate(all="ignore"):
        deviances, g, _ = r.family.rows(r.y[:, None], r.weights[:, None], eta)
    return sums.factors[0].indicator @ deviances + np.sum(u**2, axis=1), g


def _over_nodes(at: QuadratureAt, x: Array, log_weights: Array, h0: Array) -> tuple[Array, ...]:
    """What `Integral` sums, of the nodes x (m, L), before it is divided by phi and the total."""
    T, phi, modes, structure = at._T, at.phi, at.laplace.modes, at.criterion.structure
    from_mode = np.sqrt(2) * (transposed(at._C[1]) @ x.T)
    u = modes.u[0][:, :, None] + from_mode
    eta = modes.fixed[:, None] + structure.random([T @ u])
    h, g = _deviances(at, u, eta)
    with np.errstate(all="ignore"):
        share = np.exp(log_weights - 0.5 * (h - h0[:, None]) / phi)
    outside = structure.sums.factors[0].indicator @ ~in_domain(at.laplace.responses.family, eta) > 0
    share = np.where(np.isfinite(share) & ~outside, share, 0.0)
    of_row = share[structure.factors[0].codes]
    weighted = np.where(of_row > 0, of_row * g, 0.0)
    zg = structure.cross(weighted)[0]
    hu = 2 * (T.T @ zg + share[:, None] * u)
    by_phi = 0.5 * np.sum(hu * from_mode, axis=(1, 2)) - np.sum(np.where(share > 0, share * h, 0.0), axis=1)
    sums = share.sum(axis=1), weighted.sum(axis=1), hu.sum(axis=2)
    return *sums, hu @ x, zg @ transposed(u), by_phi


def in_domain(family: Family, eta: Array) -> Array:
    """Mask, as eta: every domain is the line, or one or both of its halves."""
    positive, negative = family.valid(np.ones(1)), family.valid(-np.ones(1))
    if positive and negative:
        return np.ones(eta.shape, bool)
    return np.asarray(eta > 0 if positive else eta < 0)
