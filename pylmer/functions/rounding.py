"""round and signif, with R's ways at ties."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .elementwise import mapped
from .table import r_function
from .values import Value, scalar

MOST_PLACES = 323  # the last decimal place that a double can have
MOST_FIGURES = 22


@r_function("round")
def rounded(x: Value, digits: Value = None) -> Value:
    """Rounds to the nearer of the two candidates, as R 4 does, so that 0.15 gives 0.1; ties go to the even digit."""
    places = _digits(digits, 0)
    return mapped(lambda numbers: _round(numbers, places), x, "round()")


@r_function("signif")
def significant(x: Value, digits: Value = None) -> Value:
    """Rounds to significant digits: the number times a power of ten goes to the nearest whole one, ties to the even."""
    figures = _digits(digits, 6)
    return mapped(lambda numbers: _signif(numbers, figures), x, "signif()")


def _digits(digits: Value, default: int) -> float:
    """A whole number, an infinity, or NaN."""
    return float(default) if digits is None else float(np.floor(scalar(digits, "digits") + 0.5))


def _round(numbers: Array, digits: float) -> Array:
    if np.isnan(digits):
        return np.full(numbers.shape, np.nan)
    if digits > MOST_PLACES or (numbers.dtype.kind in "iu" and digits >= 0):
        return numbers
    if digits < -MOST_PLACES:
        return np.where(np.isfinite(numbers), 0.0, numbers)
    return _to_places(numbers.astype(float), int(digits))


def _to_places(numbers: Array, places: int) -> Array:
    if places == 0:
        return np.asarray(np.rint(numbers))
    lower, upper = (_shifted(step(_shifted(numbers, places)), -places) for step in (np.floor, np.ceil))
    below, above = numbers - lower, upper - numbers
    even = np.mod(np.floor(_shifted(numbers, places)), 2) == 0
    nearer = np.where((below < above) | ((below == above) & even), lower, upper)
    return np.where(np.isfinite(nearer), nearer, numbers)


def _signif(numbers: Array, digits: float) -> Array:
    if np.isnan(digits):
        return np.full(numbers.shape, np.nan)
    if digits > MOST_FIGURES:
        return numbers
    places = max(digits, 1.0) - 1 - np.floor(np.log10(np.abs(numbers.astype(float))))
    kept = (numbers == 0) | ~np.isfinite(numbers)
    places = np.where(kept, 0, places).astype(np.int64)
    rounded = _scaled(np.rint(_scaled(numbers.astype(float), places)), -places)
    return np.where(kept | ~np.isfinite(rounded), numbers, rounded)


def _scaled(numbers: Array, places: Array) -> Array:
    """numbers * 10^places with a place for each; beyond 10^300 in two steps."""
    first = np.clip(places, -300, 300)
    return _powered(_powered(numbers, first), places - first)


def _powered(numbers: Array, places: Array) -> Array:
    return np.where(places >= 0, numbers * 10.0 ** np.maximum(places, 0), numbers / 10.0 ** np.maximum(-places, 0))


def _shifted(numbers: Array, places: int) -> Array:
    """numbers * 10^places, dividing for negative places because 10^-k is not exact."""
    return _scaled(numbers, np.full((), places))
