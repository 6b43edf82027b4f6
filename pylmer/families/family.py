"""What a family is: a law of y given its mean, and the link of the mean, as functions of y, weights w and eta.

y_i has mean mu_i = h(eta_i) and variance phi V(mu_i) / w_i. D = sum of the deviance residuals, w included; r = h'/V:

    g = (dD/deta)/2 = -w (y - mu) r      W = w h' r  (Fisher)             W' = dW/deta
    O = dg/deta = w (h' r - (y - mu) r')  (observed; canonical link: W)   O' = dO/deta

Rows are arrays (n,); w may be 1.0 where all weights are. Source: McCullagh & Nelder (1989), chapters 2 and 9.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ..errors import ArgumentError, DataError
from ..numerics.linalg import Array
from .links import Link, MeanLink

WHOLE = 1e-3  # how far from a whole number a count may be before it is said (R's limit)
Triple = tuple[Array, Array, Array]


@dataclass(frozen=True, repr=False)
class Family:
    """A family with its link; made by `binomial`, `poisson`, `Gamma`, `inverse_gaussian`, `gaussian`, ...

    name       as R writes it
    has_scale  whether phi is a parameter, else it is 1
    discrete   whether y is a count
    canonical  whether r is constant, so that O = W
    theta      the shape of a negative binomial family, else None
    """

    link: Any
    word: ClassVar[str]
    has_scale: ClassVar[bool] = False
    discrete: ClassVar[bool] = False
    canonical_link: ClassVar[str | None] = None

    @property
    def name(self) -> str:
        return self.word

    @property
    def canonical(self) -> bool:
        return bool(self.link.name == self.canonical_link)

    @property
    def theta(self) -> float | None:
        return None

    def with_theta(self, theta: float) -> Family:
        """The family with another shape; ArgumentError for one without."""
        raise ArgumentError(f"{self.name} has no shape theta; negative_binomial has")

    def with_link(self, link: Link) -> Family:
        """The family with another link, which must be one of its own."""
        return replace(self, link=link)

    @property
    def spelled(self) -> str:
        """The family as R's code spells it."""
        return f'{self.word}(link = "{self.link.name}")'

    def __repr__(self) -> str:
        return f'{self.word.replace(".", "_")}("{self.link.name}")'

    def __str__(self) -> str:
        return f"\nFamily: {self.name} \nLink function: {self.link.name} \n"

    # --- the mean ---

    def mu(self, eta: Array) -> Array:
        """h(eta)."""
        mean: Array = self.link.inverse(eta)
        return mean

    def variance(self, mu: Array) -> Array:
        """V(mu)."""
        raise NotImplementedError

    def valid(self, eta: Array) -> bool:
        """Whether every eta gives a mean of this family."""
        raise NotImplementedError

    def start_mu(self, y: Array, w: Array | float) -> Array:
        """Means near y at which a fit may start, inside the domain."""
        raise NotImplementedError

    # --- rows ---

    def rows(self, y: Array, w: Array | float, eta: Array) -> Triple:
        """(D, g, W), each (n,)."""
        raise NotImplementedError

    def derivatives(self, y: Array, w: Array | float, eta: Array) -> Triple:
        """(W', O, O'), each (n,)."""
        raise NotImplementedError

    # --- likelihood ---

    def saturated(self, y: Array, w: Array | float, phi: float = 1.0) -> float:
        """-2 log f of the model with mu = y, which makes -2 log f = D/phi + saturated."""
        raise NotImplementedError

    def minus2loglik(self, y: Array, w: Array | float, eta: Array, phi: float = 1.0) -> float:
        """-2 log f(y | mu, phi) with all constants."""
        return float(np.sum(self.rows(y, w, eta)[0])) / phi + self.saturated(y, w, phi)

    def aic_r(self, y: Array, w: Array | float, eta: Array, D: float) -> float:
        """What R's family()$aic gives, without the 2 p: -2 log f; with a scale at phi = D / sum w, and 2 for phi."""
        return D + self.saturated(y, w)

    def aic_r_slope(self, y: Array, w: Array | float, D: float) -> float:
        """d aic_r / d D, along which alone it changes with eta."""
        return 1.0

    def dispersion(self, y: Array, w: Array | float, eta: Array, D: float, penalty: float, n: int) -> float:
        """phi that minimizes -2 log f + penalty / phi; 1 for a family without scale."""
        return 1.0

    # --- the law ---

    def cdf(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        """P(Y <= y)."""
        raise NotImplementedError

    def cdf_below(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        """P(Y < y): the cdf itself where y is continuous."""
        return self.cdf(y, mu, w, phi)

    def simulate(self, rng: np.random.Generator, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        """One draw of y for each mean."""
        raise NotImplementedError

    def check_response(self, y: Array, w: Array | float = 1.0) -> tuple[str, ...]:
        """DataError for what is no response of this family; what should be said of one that is."""
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class MeanFamily(Family):
    """A family whose link is a `MeanLink`; subclasses give `_ratios` and the deviance of a row of weight 1."""

    link: MeanLink
    positive: ClassVar[bool] = True

    def valid(self, eta: Array) -> bool:
        return self.link.valid(eta, self.positive)

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        """The deviance (n,) of rows of weight 1."""
        raise NotImplementedError

    def _ratios(self, eta: Array, order: int) -> Triple:
        """The derivatives of this order of r = h'/V, mu r and h' r."""
        raise NotImplementedError

    def rows(self, y: Array, w: Array | float, eta: Array) -> Triple:
        r, mu_r, h_r = self._ratios(eta, 0)
        return w * self.unit_deviance(y, eta), w * (mu_r - y * r), w * h_r

    def derivatives(self, y: Array, w: Array | float, eta: Array) -> Triple:
        r1, mu_r1, h_r1 = self._ratios(eta, 1)
        r2, mu_r2, _ = self._ratios(eta, 2)
        return w * h_r1, w * (mu_r1 - y * r1), w * (mu_r2 - y * r2)


@dataclass(frozen=True, repr=False)
class PowerFamily(MeanFamily):
    """V(mu) = mu^k."""

    k: ClassVar[int]

    def variance(self, mu: Array) -> Array:
        return np.asarray(mu, float) ** self.k

    def _ratios(self, eta: Array, order: int) -> Triple:
        product = self.link.product
        return product(eta, 1, -self.k, order), product(eta, 1, 1 - self.k, order), product(eta, 2, -self.k, order)

    def derivatives(self, y: Array, w: Array | float, eta: Array) -> Triple:
        if not self.canonical:
            return super().derivatives(y, w, eta)
        W, W1 = (w * self.link.product(eta, 2, -self.k, order) for order in (0, 1))
        return W1, W, W1


def total(values: Array, w: Array | float) -> float:
    """The sum of values over rows, weighted."""
    return float(np.add.reduce(np.asarray(w * values), axis=None))


def in_every_row(w: Array | float, y: Array) -> Array:
    """w as an array like y."""
    weights = np.asarray(w, float)
    return weights if weights.shape == y.shape else np.broadcast_to(weights, y.shape)


def total_weight(y: Array, w: Array | float) -> float:
    """The sum of the weights of all rows."""
    return float(np.sum(np.broadcast_to(w, y.shape)))


def weighted(y: Array, w: Array | float) -> tuple[Array, Array]:
    """y and w of the rows that weigh anything."""
    weights = np.broadcast_to(np.asarray(w, float), y.shape)
    used = weights > 0
    return y[used], weights[used]


def refuse_rows(bad: Array, y: Array, message: str) -> None:
    """DataError that shows the first of the bad values and says how many there are."""
    count = int(np.count_nonzero(bad))
    if count:
        found = ", ".join(f"{value:.6g}" for value in y[bad][:3])
        raise DataError(f"{message}; found {found}{', ...' if count > 3 else ''} in {in_rows(count)}")


def in_rows(count: int) -> str:
    """How many rows, in words."""
    return "1 row" if count == 1 else f"{count} rows"


def not_whole(counts: Array) -> list[float]:
    """The counts that are no whole numbers."""
    return [float(value) for value in counts[np.abs(counts - np.rint(counts)) > WHOLE]]
