"""The rows of many responses at once: D of each run, and what depends on eta at every row, (n, r).

As `families.row_pass`, with a trailing axis of runs; poisson(log) and binomial(logit) have their own arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ....families import Family
from ....families.binomial import Binomial, log_saturated
from ....families.counts import Poisson
from ....numerics.linalg import Array, Mask
from .arrays import runs_of

Triple = tuple[Array, Array, Array]


@dataclass(frozen=True, eq=False)
class ManyRows:
    """Responses y (n, r) of one family with prior weights w (n, 1); `wy` and the part of D in y alone (r,)."""

    family: Family
    y: Array
    w: Array
    wy: Array
    constant: Array

    @classmethod
    def of(cls, family: Family, y: Array, w: Array) -> Self:
        """y (n, r), w (n,)."""
        return cls(family, y, w[:, None], w[:, None] * y, cls._constant(y, w))

    @staticmethod
    def _constant(y: Array, w: Array) -> Array:
        return np.zeros(y.shape[1])

    def __getitem__(self, runs: Array) -> Self:
        y, wy = runs_of(self.y, runs), runs_of(self.wy, runs)
        return replace(self, y=y, wy=wy, constant=runs_of(self.constant, runs))

    def at(self, eta: Array) -> Triple:
        """D (r,), infinite outside of the domain, g and W (n, r)."""
        D, g, W = self._at(eta)
        return np.where(self._inside(eta) & np.isfinite(D), D, np.inf), g, W

    def _at(self, eta: Array) -> Triple:
        D, g, W = self.family.rows(self.y, self.w, eta)
        return D.sum(axis=0), g, W

    def _inside(self, eta: Array) -> Mask:
        """The runs whose every eta has a mean (every domain is the line, or one of its halves)."""
        if all(self.family.valid(np.full(1, sign)) for sign in (-1.0, 1.0)):
            return np.ones(eta.shape[1], bool)
        return np.array([self.family.valid(each) for each in eta.T], bool)

    def observed(self, eta: Array, W: Array) -> Array:
        """O (n, r)."""
        return W if self.family.canonical else self.family.derivatives(self.y, self.w, eta)[1]

    def derivatives(self, eta: Array, g: Array, W: Array) -> Triple:
        """W', O, O' (n, r)."""
        return self.family.derivatives(self.y, self.w, eta)


class PoissonLogRows(ManyRows):
    """W = w mu, g = W - w y."""

    @staticmethod
    def _constant(y: Array, w: Array) -> Array:
        return 2 * np.asarray(w @ (y * np.log(np.where(y > 0, y, 1.0)) - y))

    def _at(self, eta: Array) -> Triple:
        W = np.exp(eta)
        W *= self.w
        D = 2 * (W.sum(axis=0) - np.einsum("ir,ir->r", self.wy, eta)) + self.constant
        return D, W - self.wy, W

    def derivatives(self, eta: Array, g: Array, W: Array) -> Triple:
        return W, W, W


class BinomialLogitRows(ManyRows):
    """With e = exp(-|eta|): D/2 = sum w max(eta, 0) - sum w y eta + sum w log(1 + e) + constant."""

    @staticmethod
    def _constant(y: Array, w: Array) -> Array:
        return 2 * np.asarray(w @ log_saturated(y))

    def _at(self, eta: Array) -> Triple:
        w = self.w[:, 0]
        e = np.exp(-np.abs(eta))
        larger = 1 / (1 + e)
        smaller = e * larger
        D = w @ np.maximum(eta, 0) - np.einsum("ir,ir->r", self.wy, eta) - w @ np.log(larger)
        p = np.where(eta > 0, larger, smaller)
        p *= self.w
        p -= self.wy
        smaller *= larger
        smaller *= self.w
        return 2 * D + self.constant, p, smaller

    def derivatives(self, eta: Array, g: Array, W: Array) -> Triple:
        """w p = g + w y, W' = W (1 - 2 p)."""
        slope = W * (1 - 2 * (g + self.wy) / np.where(self.w > 0, self.w, 1.0))
        return slope, W, slope


KINDS: dict[tuple[type[Family], str], type[ManyRows]] = {
    (Poisson, "log"): PoissonLogRows,
    (Binomial, "logit"): BinomialLogitRows,
}


def many_rows(family: Family, y: Array, w: Array) -> ManyRows:
    """The fastest passes over these responses (n, r)."""
    return KINDS.get((type(family), family.link.name), ManyRows).of(family, np.ascontiguousarray(y), w)
