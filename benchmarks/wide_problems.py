"""A generator of small, awkward problems for `trust.py --wide`: what users bring, and what breaks optimizers.

2-40 groups, n from 8, unbalanced; random intercepts, slopes, factors, several terms, `||`, crossed and nested groups;
weights and offsets; relative standard deviations from 0 to 30, correlations near 1; scales 1e-6 to 1e6, shifts of
predictors and of the response, rounded values, collinear columns, predictors constant within groups, fixed parts
without an intercept that leave it to the groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

FIXED = (
    "1", "x", "x", "x", "t", "f", "x + f", "x * b", "x + x2", "x + k", "0 + x", "0 + x", "0 + f", "0 + f", "0 + t",
    "0 + f + x", "x + t + f", "I(x^2) + x",
)  # fmt: skip
RANDOM = (
    "(1 | g)", "(1 | g)", "(x | g)", "(x | g)", "(x | g)", "(t | g)", "(t | g)", "(0 + x | g)", "(x || g)", "(t || g)",
    "(b | g)", "(f | g)", "(0 + f | g)", "(x + t | g)", "(x + t || g)", "(x2 | g)", "(1 | g) + (0 + x | g)", "(k | g)",
    "(1 | g) + (1 | h)", "(x | g) + (1 | h)", "(1 | g) + (x | h)", "(x || g) + (1 | h)", "(x | g) + (x | h)",
    "(t | g) + (1 | h)", "(0 + x | g) + (1 | h)", "(1 | h / g)", "(x | h / g)", "(x | g) + (1 | h:g)",
)  # fmt: skip
DEVIATIONS = (0.0, 0.0, 0.1, 0.3, 0.7, 1.0, 1.0, 3.0, 30.0)


@dataclass(frozen=True, eq=False)
class Problem:
    """One fit to try: `data` has y, x, t, x2, k, f, b, g, h, w, off."""

    number: int
    formula: str
    data: pd.DataFrame
    REML: bool
    weights: str | None
    offset: str | None

    def case(self) -> dict[str, object]:
        """All but the data."""
        return {
            "number": self.number, "formula": self.formula, "REML": self.REML, "weights": self.weights,
            "offset": self.offset, "n": len(self.data), "groups": int(self.data["g"].nunique()),
        }  # fmt: skip


def wide_problem(number: int) -> Problem:
    """The problem of that number: the same each time."""
    rng = np.random.default_rng(70_000 + number)
    data = _response(rng, _groups(rng))
    formula = f"y ~ {rng.choice(FIXED)} + {rng.choice(RANDOM)}"
    data = _spoiled(rng, data)
    weights = "w" if rng.random() < 0.25 else None
    offset = "off" if rng.random() < 0.2 else None
    return Problem(number, formula, data, bool(rng.integers(2)), weights, offset)


def _groups(rng: np.random.Generator) -> pd.DataFrame:
    """Groups of equal or very unequal sizes, and the predictors."""
    J = int(rng.choice([2, 3, 4, 5, 6, 8, 12, 20, 40]))
    n = int(max(8, J * rng.choice([2, 3, 5, 9, 20]))) + int(rng.integers(3))
    n = min(n, 400)
    sizes = rng.dirichlet(np.full(J, rng.choice([0.5, 1.0, 5.0, 1000.0])))
    g = rng.choice(J, n, p=sizes)
    K = int(rng.choice([2, 3, 5, 8, 12]))
    h = g % K if rng.random() < 0.2 else rng.integers(K, size=n)
    x = rng.normal(size=n)
    return pd.DataFrame(
        {
            "x": x,
            "t": rng.integers(0, 5, n),
            "x2": 2 * x + rng.choice([0.0, 1e-7, 1e-3, 0.3, 3.0]) * rng.normal(size=n),
            "k": rng.normal(size=J)[g],
            "f": rng.integers(3, size=n),
            "b": rng.integers(2, size=n),
            "g": g,
            "h": h,
            "w": rng.choice([0.05, 1.0]) + rng.gamma(1.0, 2.0, n).round(2),
            "off": rng.normal(size=n).round(2),
        }
    )


def _response(rng: np.random.Generator, data: pd.DataFrame) -> pd.DataFrame:
    """y = 1 + x + a_g + b_g x + c_h + e, sd(e) = 1, the others as drawn, relative to it."""
    J, K = int(data["g"].max()) + 1, int(data["h"].max()) + 1
    sd, z = rng.choice(DEVIATIONS, 3), rng.normal(size=(J, 2))
    correlation = rng.choice([0.0, 0.5, -0.5, 0.999, -0.999])
    slopes = correlation * z[:, 0] + np.sqrt(1 - correlation**2) * z[:, 1]
    g, h, x = data["g"].to_numpy(), data["h"].to_numpy(), data["x"].to_numpy()
    slope_of = data["t"].to_numpy() - 2.0 if rng.random() < 0.3 else x
    noise = rng.normal(size=len(x)) if rng.random() < 0.85 else rng.standard_t(2, len(x))
    y = 1 + x + sd[0] * z[g, 0] + sd[1] * slopes[g] * slope_of + sd[2] * rng.normal(size=K)[h] + noise
    if rng.random() < 0.1:
        y = y + 30 * (g == g[0])
    return data.assign(y=y)


def _spoiled(rng: np.random.Generator, data: pd.DataFrame) -> pd.DataFrame:
    """Scales, shifts, ties, constants within groups; names in place of numbers."""
    if rng.random() < 0.15:
        data = data.assign(y=data["y"].round(0))
    if rng.random() < 0.15:
        data = data.assign(x=data["x"].round(0))
    if rng.random() < 0.1:
        data = data.assign(x=data.groupby("g")["x"].transform("mean"))
    if rng.random() < 0.2:
        data = data.assign(x=data["x"] * 10.0 ** rng.choice([-6, -3, 3, 6]))
    if rng.random() < 0.2:
        data = data.assign(x=data["x"] + rng.choice([3.0, 100.0, 1e4]))
    if rng.random() < 0.15:
        data = data.assign(y=data["y"] * 10.0 ** rng.choice([-6, -3, 3, 6]))
    if rng.random() < 0.15:
        data = data.assign(y=data["y"] + rng.choice([10.0, 1e3, 1e6]))
    names = {name: [f"{name}{code:02d}" for code in data[name]] for name in ("f", "b", "g", "h")}
    return data.assign(**names)
