"""Responses drawn from a model, on arrays.

    y = X beta + offset + sum over terms of Z_i b_i + e,   b_ij = sigma T_i z,   e = sigma w^(-1/2) z,   z ~ N(0, I)

(Bates, Maechler, Bolker & Walker 2015, section 2). The effects of a term are drawn for all its levels j and all
replicates at once and reach the rows through their codes; Z is never formed.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ..design import DesignRows
from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel, random_effect
from ..fit.given_parameters import Parameters, fitted_parameters
from ..numerics.linalg import Array, Codes, chunks
from ..text.arguments import written

Seed: TypeAlias = int | np.random.Generator | None
CELLS = 1_000_000  # numbers gathered from the levels at once
MOST = 10_000_000  # draws, and other numbers that say how often something is done
ROOM = 1 << 31  # numbers that can be kept: 16 GiB


@dataclass(frozen=True, eq=False)
class Effects:
    """A random term whose effects are drawn.

    Z      (n, l), or None for one column of ones
    codes  level of each row (n,), 0..J-1, or -1 for no effect
    S      (l, l), a square root of the covariance of the effects
    """

    Z: Array | None
    codes: Codes
    J: int
    S: Array


def draw_responses(
    fit: FittedModel, nsim: int, rng: np.random.Generator, kept: Iterable[int] = (), residuals: bool = True
) -> Array:
    """New responses for the rows of a fit: (n, nsim), C-ordered.

    The random terms numbered in `kept` (fitting order) have their conditional modes, the effects of all others are
    drawn. `residuals=False` gives the means given the effects.
    """
    chosen = {number: fit.solution.b_terms[number] for number in kept}
    return draw_on_rows(fit.rows, fitted_parameters(fit), nsim, rng, chosen, residuals)


def draw_on_rows(
    rows: DesignRows,
    parameters: Parameters,
    nsim: int,
    rng: np.random.Generator,
    b_terms: dict[int, Array] | None = None,
    residuals: bool = True,
) -> Array:
    """`draw_responses` of any rows; `b_terms` are the effects (J, l) of the terms that are not drawn."""
    kept = b_terms or {}
    mean = np.asarray(rows.X @ parameters.beta, float)
    if rows.offset is not None:
        mean = mean + rows.offset
    for number, b in kept.items():
        term = rows.random[number]
        mean = mean + random_effect(term.Z, b[term.codes])
    effects = [
        Effects(term.Z, term.codes, len(term.levels), parameters.sigma * parameters.T[number])
        for number, term in enumerate(rows.random)
        if number not in kept
    ]
    return drawn(mean, effects, parameters.sigma if residuals else 0.0, rows.weights, nsim, rng)


def drawn(
    mean: Array, effects: Sequence[Effects], sigma: float, weights: Array | None, nsim: int, rng: np.random.Generator
) -> Array:
    """mean (n,) + effects + residuals of standard deviation sigma / sqrt(w): (n, nsim)."""
    check_room(nsim, len(mean), "nsim")
    b = [draw_effects(term, nsim, rng) for term in effects]
    out = draw_residuals(len(mean), sigma, weights, nsim, rng)
    for rows in chunks(len(mean), max(1, CELLS // nsim)):
        out[rows] += mean[rows, None]
        for term, drawn_b in zip(effects, b, strict=True):
            add_effects(out[rows], term, drawn_b, rows)
    return out


def draw_effects(term: Effects, nsim: int, rng: np.random.Generator) -> Array:
    """b_j = S z for every level: (J, l, nsim)."""
    return np.asarray(term.S @ rng.standard_normal((term.J, len(term.S), nsim)))


def draw_residuals(n: int, sigma: float, weights: Array | None, nsim: int, rng: np.random.Generator) -> Array:
    """e = sigma w^(-1/2) z: (n, nsim)."""
    if not sigma:
        return np.zeros((n, nsim))
    out = rng.standard_normal((n, nsim))
    out *= sigma if weights is None else (sigma / np.sqrt(weights))[:, None]
    return out


def add_effects(out: Array, term: Effects, b: Array, rows: slice) -> None:
    """Add Z b on some rows, for b (J, l, nsim)."""
    codes = term.codes[rows]
    absent = codes < 0
    for k in range(b.shape[1]):
        part = b[codes, k]
        if term.Z is not None:
            part *= term.Z[rows, k, None]
        if absent.any():
            part[absent] = 0.0
        out += part


def replicates(nsim: Any, name: str = "nsim") -> int:
    """A number of draws as a whole number from 1; ArgumentError for anything else."""
    try:
        count = operator.index(nsim)
    except TypeError:
        count = 0
    if isinstance(nsim, bool) or count < 1:
        raise ArgumentError(f"{name} must be a whole number from 1, found {written(nsim)}")
    if count > MOST:
        raise ArgumentError(f"{name}={count}: more than {MOST:,} are refused; do them in parts, with other seeds")
    return count


def check_room(count: int, each: int, name: str) -> None:
    """ArgumentError where `count` times `each` numbers are more than can be kept at once."""
    if count * each > ROOM:
        raise ArgumentError(
            f"{name}={count}: {count} times {each} numbers are {count * each / 2**27:.0f} GiB; do them in parts"
        )


def generator(seed: Any) -> np.random.Generator:
    """numpy's Generator of a seed: None, a whole number, or a Generator, which goes on where it is."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ArgumentError(f"seed must be a whole number from 0, a numpy Generator or None, found {seed!r}") from None
