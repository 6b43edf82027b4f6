"""One pass over the rows of a fit: sum of D, and g and W, as fast as numpy has them.

A fit of n rows asks for (D, g, W) some twenty times at the same y and w. What depends on these alone is found once,
rows go by in pieces that stay in the cache, and the two families of nearly every fit, poisson(log) and binomial(logit),
have their own arithmetic: one exponential a row, and for 0/1 responses not one logarithm a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..numerics.linalg import Array, chunks
from ..numerics.unlocked import cached_property
from .binomial import Binomial, log_saturated
from .counts import Poisson
from .family import Family, in_every_row, total

PIECE = 8_192  # rows whose arrays stay in the second-level cache together
LOWEST = -700.0  # eta below which e^-eta is no number
FACTORS = 64  # probabilities >= 1/2 to a product: one logarithm for so many

Pass = tuple[float, Array, Array]


class RowPass(Protocol):
    """eta (n,) -> sum of the deviance residuals, g (n,), W (n,); the arrays are new ones.

    Overflow ends in an infinite D: whoever asks at such eta keeps numpy from saying so.
    """

    def __call__(self, eta: Array) -> Pass: ...


def row_pass(family: Family, y: Array, w: Array | float = 1.0) -> RowPass:
    """The fastest pass over these rows; with weights that are all 1 none is multiplied by.

    >>> from pylmer import families
    >>> D, g, W = row_pass(families.poisson(), np.array([0.0, 3.0]))(np.log([1.0, 3.0]))
    >>> round(D, 6), g.round(6).tolist(), W.round(6).tolist()
    (2.0, [1.0, 0.0], [1.0, 3.0])
    """
    y, given = np.ascontiguousarray(y, float), np.asarray(w, float)
    unweighted = np.logical_and.reduce(given == 1.0, axis=None)
    weights = None if unweighted else in_every_row(given, y)
    kind = FAST.get((type(family), family.link.name), AnyPass)
    return kind(family, y, weights)


@dataclass(frozen=True, eq=False)
class AnyPass:
    """By the family's own rows, in pieces."""

    family: Family
    y: Array  # (n,)
    w: Array | None  # (n,), None: all 1

    def __call__(self, eta: Array) -> Pass:
        D, g, W = 0.0, np.empty_like(self.y), np.empty_like(self.y)
        if len(self.y) <= PIECE:
            return self._piece(eta, slice(None), g, W), g, W
        for piece in chunks(len(self.y), PIECE):
            D += self._piece(eta[piece], piece, g[piece], W[piece])
        return D, g, W

    def _piece(self, eta: Array, piece: slice, g: Array, W: Array) -> float:
        """The deviance of some rows; fills their g and W."""
        w = 1.0 if self.w is None else self.w[piece]
        D, g[:], W[:] = self.family.rows(self.y[piece], w, eta)
        return float(D.sum())


@dataclass(frozen=True, eq=False)
class CanonicalPass(AnyPass):
    """g = w mu - w y."""

    @cached_property
    def wy(self) -> Array:
        return self.y if self.w is None else self.w * self.y


@dataclass(frozen=True, eq=False)
class PoissonLogPass(CanonicalPass):
    """D/2 = sum w (mu - y) - sum w y (eta - log y), W = w mu.

    Of large counts sum w mu and sum w y eta are so much larger than D that their difference would be rounding.
    """

    @cached_property
    def log_y(self) -> Array:
        """0 where y is 0."""
        return np.asarray(np.log(np.where(self.y > 0, self.y, 1.0)))

    def _piece(self, eta: Array, piece: slice, g: Array, W: Array) -> float:
        wy = self.wy[piece]
        np.exp(eta, out=W)
        if self.w is not None:
            W *= self.w[piece]
        np.subtract(W, wy, out=g)
        return 2 * (float(np.add.reduce(g)) - float(wy @ (eta - self.log_y[piece])))


@dataclass(frozen=True, eq=False)
class BinomialLogitPass(CanonicalPass):
    """With p = 1/(1 + e^-eta) and q = 1 - p, both exact at any eta: W = w p q, and

    D/2 = sum w max(eta, 0) - sum w y eta - sum w log max(p, q) + constant. Where all weights are 1 the sum of
    logarithms is the logarithm of products.
    """

    def __call__(self, eta: Array) -> Pass:
        D, g, W = super().__call__(eta)
        return D + self.constant, g, W

    @cached_property
    def constant(self) -> float:
        return 2 * total(log_saturated(self.y), 1.0 if self.w is None else self.w)

    def _piece(self, eta: Array, piece: slice, g: Array, W: Array) -> float:
        wy = self.wy[piece]
        q, p = np.empty_like(eta), g
        low = np.minimum.reduce(eta, initial=0.0) <= LOWEST
        np.exp(np.negative(np.maximum(eta, LOWEST) if low else eta, out=q), out=q)
        np.divide(1.0, np.add(q, 1.0, out=p), out=p)
        q *= p
        np.multiply(p, q, out=W)
        np.maximum(p, q, out=q)
        if self.w is None:
            logs, positive = _log_product(q), float(np.add.reduce(np.maximum(eta, 0.0, out=q)))
        else:
            w = self.w[piece]
            logs, positive = float(w @ np.log(q, out=q)), float(w @ np.maximum(eta, 0.0, out=q))
            W *= w
            p *= w
        g -= wy
        return 2 * (positive - float(wy @ eta) - logs)


def _log_product(values: Array) -> float:
    """The sum of the logarithms of values in [1/2, 1]."""
    whole = len(values) // FACTORS * FACTORS
    products = np.multiply.reduce(values[:whole].reshape(FACTORS, -1), axis=0)
    return float(np.log(products).sum()) + float(np.log(values[whole:]).sum())


FAST = {(Poisson, "log"): PoissonLogPass, (Binomial, "logit"): BinomialLogitPass}
