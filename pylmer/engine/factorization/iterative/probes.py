"""Random signs that traces are estimated with: drawn once, shared by all templates.

Because they are shared, an estimated score is a smooth function of theta whose root can be found to rounding. Each
factor has probes of its own, zero elsewhere: what one vanishing variance leaves is then not blurred by the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....numerics.linalg import Array


@dataclass(frozen=True, eq=False)
class Probes:
    """signs (q, F k): k probes for each of F factors, side by side."""

    signs: Array
    k: int

    @classmethod
    def drawn(cls, factors: Array, k: int, seed: int) -> Probes:
        """k probes for each factor; `factors` (q,) says which effect is whose."""
        count = int(factors[-1]) + 1
        signs = random_signs(np.random.default_rng(seed), (len(factors), count * k))
        if count > 1:
            signs *= np.repeat(np.arange(count), k) == factors[:, None]
        return cls(signs, k)

    def columns(self, f: int) -> slice:
        """Where the probes of one factor stand."""
        return slice(f * self.k, (f + 1) * self.k)

    def mean(self, values: Array) -> Array:
        """Of values (m, F k) at each probe, the sum over factors of their means: (m,)."""
        return np.asarray(values.sum(axis=1) / self.k)

    def samples(self, values: Array) -> Array:
        """Of values (..., F k), what each draw gives, the factors summed: (..., k)."""
        return np.asarray(values.reshape(*values.shape[:-1], -1, self.k).sum(axis=-2))


def random_signs(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """+1 or -1, alike often."""
    return np.asarray(2.0 * rng.integers(0, 2, shape, dtype=np.int8) - 1.0)


def covariance_of_mean(samples: Array) -> Array:
    """Covariance (m, m) of the means of samples (m, k)."""
    centred = samples - samples.mean(axis=1, keepdims=True)
    k = samples.shape[1]
    return np.asarray(centred @ centred.T / (k * max(k - 1, 1)))
