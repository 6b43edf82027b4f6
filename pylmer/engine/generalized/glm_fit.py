"""Maximum likelihood of a generalized linear model: y_i ~ family(h(x_i'beta + offset_i), phi / w_i), X (n, p).

Fisher scoring as iteratively reweighted least squares (McCullagh & Nelder 1989, 2.5): with g the slopes of D/2 and W
the Fisher weights of the rows, a step solves min |W^1/2 X d + W^-1/2 g| by QR; no working residual g/W is formed. Steps
are counted until the deviance rests as R's glm wants it; from there on Newton steps with the observed weights go on
until a step is a negligible part of a standard error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from ...errors import NumericalError
from ...families import Family
from ...numerics.linalg import Array, chunks, inverse_upper, rows_for_factor, triangular_factor
from ...numerics.unlocked import cached_property
from .separation import Separation, find_separation

EPSILON = 1e-8  # relative change of the deviance that R's glm takes for rest
MAXIT = 25  # steps of R's glm; more are made, but not silently
STEPS = 200
HALVINGS = 40
EXACT = 1e-10  # length of a step, in standard errors, below which the optimum is reached
ROUNDED = 1e-5  # the same, where rounding of the deviance stops the steps
RISEN = 1e-12  # relative rise of the deviance that is none
SHARES = (1.0, 0.5, 2.0, 0.1)  # of the mean response, tried where the first step leaves the domain
FAR = 15.0  # |eta| beyond which separation is looked for


@dataclass(frozen=True, eq=False)
class GlmData:
    """X (n, p) of full rank, y (n,), prior weights w (n,) or 1.0, offset (n,) or 0.0."""

    family: Family
    X: Array
    y: Array
    w: Array | float = 1.0
    offset: Array | float = 0.0

    def at(self, beta: Array) -> GlmPoint | None:
        """The rows at beta; None outside the domain."""
        return self.at_eta(beta, self.X @ beta + self.offset)

    def at_eta(self, beta: Array, eta: Array) -> GlmPoint | None:
        """The rows at eta = X beta + offset."""
        if not self.family.valid(eta):
            return None
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            D, g, W = self.family.rows(self.y, self.w, eta)
        at = GlmPoint(self, beta, eta, D, g, W)
        return at if np.isfinite(at.deviance) else None


@dataclass(frozen=True, eq=False)
class GlmPoint:
    """A place beta (p,): eta, deviance residuals D, g and Fisher weights W, each (n,)."""

    data: GlmData
    beta: Array
    eta: Array
    D: Array
    g: Array
    W: Array

    @cached_property
    def deviance(self) -> float:
        return float(self.D.sum())

    @cached_property
    def factor(self) -> tuple[Array, Array]:
        """R (p, p) of W^1/2 X = Q R, and Q'(-W^-1/2 g)."""
        X, p = self.data.X, self.data.X.shape[1]
        root = np.sqrt(self.W)
        right = np.divide(-self.g, root, out=np.zeros_like(root), where=root > 0)
        pieces = chunks(len(root), rows_for_factor(p + 1))
        R = triangular_factor((np.column_stack([root[at, None] * X[at], right[at]]) for at in pieces), p + 1)
        return R[:p, :p], R[:p, p]

    @property
    def R(self) -> Array:
        """The triangular factor (p, p) of W^1/2 X."""
        return self.factor[0]

    @cached_property
    def scoring_step(self) -> Array:
        """(X'WX)^-1 (-X'g)."""
        return _solved(*self.factor)

    @cached_property
    def step(self) -> Array:
        """Newton's step with the observed weights, or the scoring step where they are not positive definite."""
        family = self.data.family
        if family.canonical:
            return self.scoring_step
        observed = family.derivatives(self.data.y, self.data.w, self.eta)[1]
        inverse = inverse_upper(self.R)
        H = inverse.T @ (self.data.X.T @ (observed[:, None] * self.data.X)) @ inverse
        try:
            factor = linalg.cho_factor(0.5 * (H + H.T))
        except linalg.LinAlgError:
            return self.scoring_step
        return np.asarray(inverse @ linalg.cho_solve(factor, inverse.T @ -(self.data.X.T @ self.g)))

    def length(self, step: Array) -> float:
        """A step's length in standard errors; of a family with scale its phi is of the size of D/n."""
        unit = self.deviance / len(self.eta) if self.data.family.has_scale else 1.0
        return float(np.linalg.norm(self.R @ step)) / float(np.sqrt(max(unit, np.finfo(float).tiny)))


@dataclass(frozen=True, eq=False)
class GlmOptimum:
    """Where the iterations ended.

    at          beta, eta, deviance, weights
    unscaled    (X'WX)^-1 (p, p), W the Fisher weights
    iterations  as R's glm counts them;  converged: the deviance rests
    separation  a direction in which the likelihood rises for ever, None if none was found
    """

    at: GlmPoint
    iterations: int
    converged: bool
    separation: Separation | None = None

    @cached_property
    def unscaled(self) -> Array:
        inverse = _solved(self.at.R, np.eye(len(self.at.R)))
        return np.asarray(inverse @ inverse.T)

    @property
    def beta(self) -> Array:
        return self.at.beta


def fit_glm(data: GlmData, start: Array | None = None) -> GlmOptimum:
    """The maximum-likelihood estimate; raises NumericalError where no start lies in the domain of the family.

    start  beta (p,) at which to begin, such as that of a similar model
    """
    if not data.X.shape[1]:
        return GlmOptimum(_alone(data), 0, True)
    at, count, rests = _scored(data, start)
    separation = separation_at(at)
    if separation is None:
        at, rests = _polished(at)
    return GlmOptimum(at, count, rests, separation)


def _alone(data: GlmData) -> GlmPoint:
    """Without columns: the offset."""
    at = data.at_eta(np.zeros(0), np.broadcast_to(np.asarray(data.offset, float), data.y.shape))
    if at is None:
        raise NumericalError("without coefficients the means lie outside the domain of the family")
    return at


def separation_at(at: GlmPoint) -> Separation | None:
    """The direction of a separation, looked for where fitted means lie at the end of their range."""
    word, link = at.data.family.word, at.data.family.link.name
    binomial = word == "binomial" and link != "log"
    counts = word in ("poisson", "negative.binomial") and link == "log"
    if not (binomial or counts) or np.max(np.abs(at.eta - at.data.offset), initial=0.0) < FAR:
        return None
    return find_separation(at.data.X, at.data.y, at.data.w, counts=counts)


def _scored(data: GlmData, start: Array | None) -> tuple[GlmPoint, int, bool]:
    """Fisher scoring until the deviance rests: the place, the steps, whether it rests."""
    at, before = _first(data) if start is None else _from(data, start)
    for count in range(1, MAXIT + 1):
        if abs(at.deviance - before) < EPSILON * (abs(at.deviance) + 0.1):
            return at, count, True
        if count < MAXIT:
            lower = _lowered(at, at.scoring_step)
            if lower is None:
                return at, count, True
            at, before = lower, at.deviance
    return at, MAXIT, False


def _from(data: GlmData, start: Array) -> tuple[GlmPoint, float]:
    """The first scoring step from a beta, and the deviance there."""
    at = data.at(start)
    if at is None:
        raise NumericalError("start= lies outside the domain of the family")
    return _lowered(at, at.scoring_step) or at, at.deviance


def _first(data: GlmData) -> tuple[GlmPoint, float]:
    """The first scoring step, from means close to y, and the deviance there.

    Where it leaves the domain, the beta that is nearest to one mean for all, the link's or one halfway to an end of it.
    """
    near = data.family.start_mu(data.y, data.w)
    weights = np.broadcast_to(np.asarray(data.w, float), near.shape)
    rows = data.at_eta(np.zeros(data.X.shape[1]), np.asarray(data.family.link(near), float))
    if rows is not None:
        beta = _solved(*rows.factor) + _regressed(data, rows.W, rows.eta - data.offset)
        at = data.at(beta)
        if at is not None:
            return at, rows.deviance
    for share in SHARES:
        mean = np.full(len(near), share * np.average(near, weights=weights))
        at = data.at(_regressed(data, weights, data.family.link(mean) - data.offset))
        if at is not None:
            return at, np.inf
    raise NumericalError(
        "no start was found at which every mean is in the domain of the family: try another link, or start="
    )


def _regressed(data: GlmData, W: Array, z: Array) -> Array:
    """(X'WX)^-1 X'Wz."""
    root = np.sqrt(W)
    p = data.X.shape[1]
    pieces = chunks(len(root), rows_for_factor(p + 1))
    R = triangular_factor((root[at, None] * np.column_stack([data.X[at], z[at]]) for at in pieces), p + 1)
    return _solved(R[:p, :p], R[:p, p])


def _polished(at: GlmPoint) -> tuple[GlmPoint, bool]:
    """Newton steps to the end of the digits; whether it was reached."""
    for _ in range(STEPS):
        step = at.step
        if at.length(step) < EXACT:
            return at.data.at(at.beta + step) or at, True
        lower = _lowered(at, step)
        if lower is None or not np.any(lower.beta != at.beta):
            return at, at.length(step) < ROUNDED
        at = lower
    return at, False


def _lowered(at: GlmPoint, step: Array) -> GlmPoint | None:
    """The place a step leads to, shortened until it lies in the domain and the deviance does not rise."""
    allowed = at.deviance + RISEN * (abs(at.deviance) + 0.1)
    for halving in range(HALVINGS):
        found = at.data.at(at.beta + 0.5**halving * step)
        if found is not None and found.deviance <= allowed:
            return found
    return None


def _solved(R: Array, right: Array) -> Array:
    """R^-1 right."""
    if not len(R):
        return np.zeros(right.shape)
    if not np.all(np.abs(np.diag(R)) > 0):
        raise NumericalError("the weights of the rows vanish: the estimates run away (is the response separated?)")
    return np.asarray(linalg.solve_triangular(R, right))
