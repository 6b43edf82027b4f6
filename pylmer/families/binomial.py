"""The binomial family: y is the proportion of successes in w trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from ..numerics.linalg import Array
from .family import Family, Triple, in_every_row, in_rows, not_whole, refuse_rows, total
from .probability_links import ProbabilityLink


@dataclass(frozen=True, repr=False)
class Binomial(Family):
    """w y ~ Binomial(w, mu). With a = (log mu)' and b = -(log(1 - mu))': g = -w [y a - (1 - y) b] and W = w a b."""

    link: ProbabilityLink
    word: ClassVar[str] = "binomial"
    discrete: ClassVar[bool] = True
    canonical_link: ClassVar[str | None] = "logit"

    def variance(self, mu: Array) -> Array:
        return np.asarray(mu * (1 - mu))

    def valid(self, eta: Array) -> bool:
        return self.link.is_probability(eta)

    def start_mu(self, y: Array, w: Array | float) -> Array:
        return (w * y + 0.5) / (w + 1.0)

    def rows(self, y: Array, w: Array | float, eta: Array) -> Triple:
        log_mu, a, log_other, b = self.link.sides(eta)
        deviance = 2 * (log_saturated(y) - y * log_mu - (1 - y) * log_other)
        return w * deviance, w * ((1 - y) * b - y * a), w * a * b

    def derivatives(self, y: Array, w: Array | float, eta: Array) -> Triple:
        if self.canonical:
            W1 = w * self.link.inverse(eta, 2)
            return W1, w * self.link.inverse(eta, 1), W1
        (a, a1, a2), (b, b1, b2) = self.link.success_slopes(eta), self.link.failure_slopes(eta)
        return w * (a1 * b + a * b1), w * ((1 - y) * b1 - y * a1), w * ((1 - y) * b2 - y * a2)

    def saturated(self, y: Array, w: Array | float, phi: float = 1.0) -> float:
        return self.saturated_of_trials(y, in_every_row(w, y), 1.0)

    def saturated_of_trials(self, y: Array, trials: Array, times: Array | float) -> float:
        """The same of proportions of `trials`, each row's log density counted so many times: w = trials times."""
        ways = special.gammaln(trials + 1) - special.gammaln(trials * y + 1) - special.gammaln(trials * (1 - y) + 1)
        return -2 * total(ways + trials * log_saturated(y), times)

    def cdf(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return _at_most(np.round(w * y), np.broadcast_to(w, np.shape(y)), mu)

    def cdf_below(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return _at_most(np.round(w * y) - 1, np.broadcast_to(w, np.shape(y)), mu)

    def simulate(self, rng: np.random.Generator, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        trials = np.broadcast_to(np.round(w), np.shape(mu)).astype(np.int64)
        return np.asarray(rng.binomial(trials, mu) / np.maximum(trials, 1))

    def check_response(self, y: Array, w: Array | float = 1.0) -> tuple[str, ...]:
        outside = ~((y >= 0) & (y <= 1))
        refuse_rows(outside, y, "a binomial response must lie between 0 and 1 (counts: cbind(successes, failures))")
        parts = not_whole(w * y)
        where = in_rows(len(parts))
        return (f"binomial: the number of successes (weights times y) is not whole in {where}",) if parts else ()


def log_saturated(y: Array) -> Array:
    """log f, but for the number of ways, of a row of weight 1 at mu = y."""
    return np.asarray(special.xlogy(y, y) + special.xlogy(1 - y, 1 - y))


def _at_most(k: Array, n: Array, mu: Array) -> Array:
    """P(K <= k) for K ~ Binomial(n, mu)."""
    inside = special.betaincc(np.maximum(k, 0) + 1, np.maximum(n - k, 1), mu)
    return np.where(k < 0, 0.0, np.where(k >= n, 1.0, inside))
