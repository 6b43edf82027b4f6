"""Derivatives of the columns of X along a variable: central differences, extrapolated to a step of zero.

With D(h) the central difference, whose error is a series in h^2, Neville's scheme on D(h), D(h/2), D(h/4), ... has

    R[k, j] = R[k, j - 1] + (R[k, j - 1] - R[k - 1, j - 1]) / (4^j - 1),    R[k, 0] = D(h / 2^k)

and an entry's error is judged by how far its two parents are away. Each entry keeps the best that was found; rows in
which all entries are good to a tolerance are not evaluated again, so that a line takes two steps, a cubic three, and
a logarithm near the end of its domain as many as it needs.

Source: Ridders (1982), Advances in Engineering Software 4, 75-76.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, Codes

FIRST = 2.0**-6  # the first step, relative to the variable's range
STEPS = 26  # steps at most, each half the one before
ORDERS = 6  # columns of Neville's scheme
GOOD, OF_COLUMN = 1e-10, 1e-13  # errors at which a row is done: relative to the entry, to the largest of its column
POOR = 1e-6  # the same, beyond which an entry is worth a word
ROUNDING = 2 * np.finfo(float).eps

Function = Callable[[Codes, Array], Array]  # rows (m,) and values of the variable there (m,) -> (m, q)


@dataclass(frozen=True, eq=False)
class Derivatives:
    """The best that was found, values (n, q), and their errors (n, q), infinite where there is none."""

    values: Array
    errors: Array

    @property
    def poor(self) -> Array:
        """Rows (n,) with an entry that may be wrong in its sixth digit: at a jump, or where there is no value."""
        return np.asarray(np.any(self.errors > POOR * (np.abs(self.values) + self.largest), axis=1))

    @property
    def largest(self) -> Array:
        """The largest entry of each column (q,)."""
        known = np.where(np.isfinite(self.values), np.abs(self.values), 0.0)
        return np.asarray(np.max(known, axis=0, initial=0.0))

    def improved(self, rows: Codes, values: Array, errors: Array) -> Derivatives:
        """With what is better of some rows."""
        better = errors < self.errors[rows]
        kept, smallest = self.values.copy(), self.errors.copy()
        kept[rows] = np.where(better, values, kept[rows])
        smallest[rows] = np.where(better, errors, smallest[rows])
        return Derivatives(kept, smallest)

    def done(self, rows: Codes, rounding: Array) -> Array:
        """Which of some rows need no further step (m,)."""
        allowed = GOOD * np.abs(self.values[rows]) + OF_COLUMN * self.largest + rounding
        return np.asarray(np.all(self.errors[rows] <= allowed, axis=1))


def derivatives(function: Function, x: Array, size: float) -> Derivatives:
    """The derivative of each row of a function along the variable, at x (n,), whose range is `size`."""
    rows = np.arange(len(x))
    quotient, _ = _difference(function, rows, x, size * FIRST)
    found = Derivatives(np.full(quotient.shape, np.nan), np.full(quotient.shape, np.inf))
    scheme = quotient[None]
    for k in range(1, STEPS):
        quotient, rounding = _difference(function, rows, x[rows], size * FIRST / 2**k)
        scheme, errors = _extrapolated(scheme, quotient)
        found = found.improved(rows, *_best(scheme[1:], errors))
        left = ~found.done(rows, rounding)
        rows, scheme = rows[left], scheme[:, left]
        if not len(rows):
            break
    return found


def _difference(function: Function, rows: Codes, x: Array, step: float) -> tuple[Array, Array]:
    """The central difference (m, q), over the step that the numbers really have, and the size of its rounding."""
    high, low = x + step, x - step
    with np.errstate(all="ignore"):
        above, below = function(rows, high), function(rows, low)
        width = (high - low)[:, None]
        return (above - below) / width, ROUNDING * (np.abs(above) + np.abs(below)) / width


def _extrapolated(before: Array, quotient: Array) -> tuple[Array, Array]:
    """The next row of Neville's scheme (orders, m, q), and the errors of all its entries but the first."""
    made, errors = [quotient], []
    with np.errstate(invalid="ignore"):
        for j, older in enumerate(before[: ORDERS - 1], start=1):
            made.append(made[-1] + (made[-1] - older) / (4.0**j - 1))
            errors.append(np.maximum(np.abs(made[-1] - made[-2]), np.abs(made[-1] - older)))
    return np.array(made), np.array(errors)


def _best(values: Array, errors: Array) -> tuple[Array, Array]:
    """The values (m, q) of least error over the orders, and these errors."""
    known = np.where(np.isfinite(errors), errors, np.inf)
    which = np.argmin(known, axis=0)[None]
    return np.take_along_axis(values, which, 0)[0], np.take_along_axis(known, which, 0)[0]
