"""Generated generalized models: layouts of the groups crossed with laws of the response, 144 kinds in turn.

Layouts: small groups, one observation in most groups, imbalance, variances of zero, slopes (mild, of strongly clustered
data, near-singular), crossed, nested, an effect for every row. Laws: rare events, groups that separate, other links,
binomial, large and dispersed counts, positive and normal responses about exp(eta).
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pylmer import families
from pylmer.families import Family

Layout = tuple[str, pd.DataFrame, np.ndarray]  # random terms, columns, random part of eta


def grouped(
    rng: np.random.Generator, sizes: np.ndarray, sd: tuple[float, float], correlation: float = 0.0
) -> tuple[pd.DataFrame, np.ndarray]:
    """x, g and a_g + b_g x with sd(a, b) as given."""
    g = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=len(g))
    z = rng.normal(size=(len(sizes), 2))
    z[:, 1] = correlation * z[:, 0] + np.sqrt(1 - correlation**2) * z[:, 1]
    a, b = sd[0] * z[:, 0], sd[1] * z[:, 1]
    return pd.DataFrame({"x": x, "g": [f"g{k:03d}" for k in g]}), a[g] + b[g] * x


def small_groups(rng: np.random.Generator) -> Layout:
    return "(1 | g)", *grouped(rng, rng.integers(1, 5, 20), (0.8, 0.0))


def usual_groups(rng: np.random.Generator) -> Layout:
    return "(1 | g)", *grouped(rng, rng.integers(5, 15, 20), (0.7, 0.0))


def singletons(rng: np.random.Generator) -> Layout:
    return "(1 | g)", *grouped(rng, np.append(np.ones(40, int), [8, 9, 10]), (0.8, 0.0))


def imbalance(rng: np.random.Generator) -> Layout:
    return "(1 | g)", *grouped(rng, np.array([1, 1, 1, 2, 2, 3, 20, 80]), (rng.choice([0.4, 1.5]), 0.0))


def zero_variance(rng: np.random.Generator) -> Layout:
    return "(x | g)", *grouped(rng, np.full(15, 8), (0.0, 0.0))


def slopes(rng: np.random.Generator) -> Layout:
    return "(x | g)", *grouped(rng, rng.integers(6, 14, 25), (0.7, 0.4))


def strong_slopes(rng: np.random.Generator) -> Layout:
    return "(x | g)", *grouped(rng, np.full(30, 6), (2.0, 1.2), 0.4)


def near_singular(rng: np.random.Generator) -> Layout:
    return "(x | g)", *grouped(rng, np.full(20, 10), (0.8, 0.5), rng.choice([-0.999, 0.999]))


def independent_slopes(rng: np.random.Generator) -> Layout:
    return "(x || g)", *grouped(rng, np.full(20, 10), (0.8, 0.0))


def crossed(rng: np.random.Generator) -> Layout:
    data, eta = grouped(rng, np.full(20, 12), (0.8, 0.0))
    h = rng.integers(0, 9, len(data))
    return "(1 | g) + (1 | h)", data.assign(h=[f"h{k}" for k in h]), eta + 0.5 * rng.normal(size=9)[h]


def nested(rng: np.random.Generator) -> Layout:
    data, eta = grouped(rng, np.full(24, 8), (0.6, 0.0))
    h = data["g"].str[1:].astype(int) // 4
    return "(1 | h / g)", data.assign(h=[f"h{k}" for k in h]), eta + 0.6 * rng.normal(size=6)[h]


def row_effects(rng: np.random.Generator) -> Layout:
    data, eta = grouped(rng, np.full(12, 8), (0.5, 0.0))
    data["o"] = [f"o{k:03d}" for k in range(len(data))]
    return "(1 | o) + (1 | g)", data, eta + 0.5 * rng.normal(size=len(data))


LAYOUTS: tuple[Callable[[np.random.Generator], Layout], ...] = (
    small_groups, usual_groups, singletons, imbalance, zero_variance, slopes, strong_slopes, near_singular,
    independent_slopes, crossed, nested, row_effects,
)  # fmt: skip


def bernoulli(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (rng.random(len(mu)) < mu).astype(float), np.ones(len(mu))


def trials(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    w = rng.integers(1, 12, len(mu))
    return rng.binomial(w, mu) / w, w.astype(float)


def counts(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rng.poisson(mu).astype(float), np.ones(len(mu))


def dispersed(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rng.poisson(rng.gamma(2.0, mu / 2.0)).astype(float), np.ones(len(mu))


def positive(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rng.gamma(10.0, mu / 10.0), np.ones(len(mu))


def normal(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(mu, 0.5) + 0.0, np.ones(len(mu))


@dataclass(frozen=True)
class Law:
    """A family, here and in R, the intercept and the size of eta, and the draw of y and its weights given mu."""

    family: Family
    R: str
    intercept: float
    size: float
    draw: Callable[[np.random.Generator, np.ndarray], tuple[np.ndarray, np.ndarray]]
    shared: bool = True  # whether glmmTMB has it


LAWS = (
    Law(families.binomial(), "binomial", -0.5, 1.0, bernoulli),
    Law(families.binomial(), "binomial", -3.0, 1.0, bernoulli),  # rare events, groups without any
    Law(families.binomial(), "binomial", -0.5, 1.0, trials),
    Law(families.binomial("probit"), 'binomial("probit")', -0.3, 0.6, bernoulli),
    Law(families.binomial("cloglog"), 'binomial("cloglog")', -0.7, 0.7, trials),
    Law(families.binomial("cauchit"), 'binomial("cauchit")', -0.4, 0.8, trials, shared=False),
    Law(families.poisson(), "poisson", 0.3, 0.7, counts),
    Law(families.poisson(), "poisson", 5.0, 0.7, counts),
    Law(families.poisson("sqrt"), 'poisson("sqrt")', 2.5, 0.3, counts, shared=False),
    Law(families.negative_binomial(2.0), "MASS::negative.binomial(2)", 1.0, 0.6, dispersed, shared=False),
    Law(families.Gamma("log"), 'Gamma("log")', 1.0, 0.4, positive),
    Law(families.gaussian("log"), 'gaussian("log")', 1.5, 0.2, normal),
)


@dataclass(frozen=True)
class Case:
    """One problem; its data are of the seed and the number alone."""

    number: int
    seed: int

    @property
    def layout(self) -> Callable[[np.random.Generator], Layout]:
        return LAYOUTS[self.number % len(LAYOUTS)]

    @property
    def law(self) -> Law:
        return LAWS[(self.number + self.number // len(LAYOUTS)) % len(LAWS)]

    def made(self) -> tuple[str, pd.DataFrame]:
        """The formula and the data, response y and weights w among them."""
        rng = np.random.default_rng([self.seed, self.number])
        terms, data, random = self.layout(rng)
        eta = self.law.intercept + self.law.size * (0.5 * data["x"].to_numpy() + random)
        y, w = self.law.draw(rng, np.asarray(self.law.family.mu(eta)))
        return f"y ~ x + {terms}", data.assign(y=y, w=w)

    def record(self, folder: pathlib.Path) -> dict[str, object]:
        """Write the data; what R is told."""
        formula, data = self.made()
        data.to_csv(folder / f"{self.number}.csv", index=False, float_format="%.17g")
        about = {"number": self.number, "kind": self.layout.__name__, "formula": formula}
        return about | {"family": self.law.R, "shared": self.law.shared}
