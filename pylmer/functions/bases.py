"""poly, bs, ns, scale: bases of a column that new data must be given in the same coordinates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from formulaic.transforms import basis_spline
from formulaic.transforms import poly as orthogonal_polynomials
from scipy.interpolate import BSpline

from .arrays import Array, has_nan, nan_mask
from .matching import Promise
from .table import r_function
from .values import Logical, Matrix, RefusedError, Value, flag, length, numeric, scalar, vector, whole

State = dict[str, Any]


MOST_COLUMNS = 10_000
MOST_DEGREES = 100  # of the pieces of a spline


@r_function("poly", package="stats")
def poly(
    x: Value,
    *dots: Promise,
    degree: Value = None,
    coefs: Value = None,
    raw: Value = None,
    simple: Value = None,
    state: State,
) -> Matrix:
    """Orthogonal polynomials up to `degree` (powers with raw = TRUE); of several variables all products up to it."""
    if coefs is not None:
        raise RefusedError("poly(coefs =) is not needed: new data are coded as the fit was")
    others = [promise.value for promise in dots]
    if len(others) == 1 and degree is None and isinstance(others[0], np.ndarray | Logical) and length(others[0]) == 1:
        degree, others = others[0], []
    top = _degree(degree, 1, MOST_COLUMNS)
    columns = [column for value in (x, *others) for column in np.atleast_2d(numeric(value, "poly()").T)]
    if len({column.shape[0] for column in columns}) > 1:
        raise RefusedError("the variables of poly() have different lengths")
    _check_columns(math.comb(top + len(columns), top) - 1, "poly()")
    is_raw = flag(raw, "raw", False)
    bases = [_powers(c, top) if is_raw else _orthogonal(c, top, state, i) for i, c in enumerate(columns)]
    return _products(bases, top) if len(bases) > 1 else Matrix(bases[0], tuple(str(i + 1) for i in range(top)))


def _degree(degree: Value, default: int, most: int) -> int:
    top = whole(degree, "degree", default, most)
    if (degree is not None and scalar(degree, "degree") != top) or top < 1:
        raise RefusedError("degree must be at least 1, and whole")
    return top


def _check_columns(count: int, what: str) -> None:
    if count > MOST_COLUMNS:
        raise RefusedError(f"{what} would have {count:,} columns; at most {MOST_COLUMNS:,} can be had")


def _powers(numbers: Array, degree: int) -> Array:
    return np.asarray(numbers[:, None].astype(float) ** np.arange(1, degree + 1))


def _orthogonal(numbers: Array, degree: int, state: State, which: int) -> Array:
    numbers = numbers.astype(float)
    own = state.setdefault(f"column{which}", {})
    if not own:
        if has_nan(numbers):
            raise RefusedError("poly() does not take missing values; drop the rows, or use raw = TRUE")
        distinct = np.unique(numbers).shape[0]
        if degree >= distinct:
            raise RefusedError(f"degree {degree} must be less than the number of different values, {distinct}")
    return np.asarray(orthogonal_polynomials(numbers, degree, _state=own))


def _products(bases: list[Array], degree: int) -> Matrix:
    """All products of total degree 1..degree, the first variable's degree varying fastest: `1.0`, `2.0`, `0.1`, ..."""
    chosen = [power for power in _exponents(len(bases), degree) if any(power)]
    columns = []
    for power in chosen:
        factors = (basis[:, k - 1] for basis, k in zip(bases, power, strict=True) if k)
        columns.append(np.prod(np.stack(list(factors)), axis=0))
    return Matrix(np.stack(columns, axis=1), tuple(".".join(map(str, power)) for power in chosen))


def _exponents(variables: int, degree: int) -> list[tuple[int, ...]]:
    """All exponents with a sum up to `degree`, the first varying fastest."""
    if not variables:
        return [()]
    return [(first, *rest) for rest in _exponents(variables - 1, degree) for first in range(degree - sum(rest) + 1)]


@r_function("scale")
def scale(x: Value, center: Value = None, scale: Value = None, *, state: State) -> Matrix:
    """Columns minus their mean (or `center`), divided by their standard deviation (or `scale`); NA stays NA."""
    numbers = numeric(x, "scale()").astype(float)
    columns = numbers[:, None] if numbers.ndim == 1 else numbers
    names = x.names if isinstance(x, Matrix) else ("",)
    if "center" not in state:
        state["center"] = _location(columns, center)
        state["scale"] = _spread(columns - state["center"], scale)
    return Matrix((columns - state["center"]) / state["scale"], names)


def _location(columns: Array, center: Value) -> Array:
    if center is None or isinstance(center, Logical):
        return _column_means(columns) if flag(center, "center", True) else np.zeros(columns.shape[1])
    return _one_each(center, columns, "center")


def _spread(centred: Array, scale: Value) -> Array:
    if scale is None or isinstance(scale, Logical):
        return _root_mean_squares(centred) if flag(scale, "scale", True) else np.ones(centred.shape[1])
    return _one_each(scale, centred, "scale")


def _column_means(columns: Array) -> Array:
    return np.asarray(np.nansum(columns, axis=0) / _present(columns))


def _root_mean_squares(centred: Array) -> Array:
    """sqrt(sum(x^2) / (n - 1)) over the rows that have a value."""
    return np.asarray(np.sqrt(np.nansum(centred**2, axis=0) / np.maximum(_present(centred) - 1, 1)))


def _present(columns: Array) -> Array:
    """Number of rows with a value, by column."""
    absent = np.isnan(columns).sum(axis=0) if has_nan(columns) else 0
    return np.asarray(columns.shape[0] - absent)


def _one_each(value: Value, columns: Array, what: str) -> Array:
    numbers = vector(value, what).astype(float)
    if numbers.shape[0] != columns.shape[1]:
        raise RefusedError(f"{what} has {numbers.shape[0]} values for {columns.shape[1]} columns")
    return numbers


@r_function("bs", package="splines")
def bs(
    x: Value,
    df: Value = None,
    knots: Value = None,
    degree: Value = None,
    intercept: Value = None,
    Boundary_knots: Value = None,
    *,
    state: State,
) -> Matrix:
    """B-spline basis of a given degree; polynomials go on beyond the boundary knots."""
    numbers = vector(x, "bs()").astype(float)
    order = _degree(degree, 3, MOST_DEGREES)
    own = flag(intercept, "intercept", False)
    if "knots" not in state:
        wanted = _inner(df, order + own, "bs()")
        state["knots"], state["boundary"] = _knots(numbers, knots, wanted, Boundary_knots, "bs()")
    low, high = state["boundary"]
    basis = basis_spline(
        np.where(np.isnan(numbers), low, numbers),
        knots=state["knots"].tolist(),
        degree=order,
        include_intercept=own,
        lower_bound=low,
        upper_bound=high,
        extrapolation="extend",
        _state={},
    )
    return _spline(np.stack([np.asarray(basis[place]) for place in sorted(basis)], axis=1), numbers)


def _inner(df: Value, outer: int, what: str) -> int | None:
    """How many inner knots `df` columns need, beside `outer` columns without any."""
    if df is None:
        return None
    columns = whole(df, "df", None, MOST_COLUMNS)
    if columns != scalar(df, "df"):
        raise RefusedError("df must be a whole number")
    if columns < outer:
        raise RefusedError(f"df = {columns} is too small for {what}: at least {outer} is wanted")
    return columns - outer


@r_function("ns", package="splines")
def ns(
    x: Value,
    df: Value = None,
    knots: Value = None,
    intercept: Value = None,
    Boundary_knots: Value = None,
    *,
    state: State,
) -> Matrix:
    """Natural cubic spline basis: second derivatives vanish at the boundary knots, straight lines beyond them."""
    numbers = vector(x, "ns()").astype(float)
    own = flag(intercept, "intercept", False)
    if "knots" not in state:
        wanted = _inner(df, 1 + own, "ns()")
        state["knots"], state["boundary"] = _knots(numbers, knots, wanted, Boundary_knots, "ns()")
        _check_inside(state["knots"], state["boundary"])
    return _spline(_natural(numbers, state["knots"], state["boundary"], own), numbers)


def _knots(x: Array, knots: Value, wanted: int | None, boundary: Value, what: str) -> tuple[Array, tuple[float, float]]:
    """Inner knots as given, or `wanted` of them at quantiles of x inside the boundary."""
    present = x[~np.isnan(x)]
    if not present.size:
        raise RefusedError("all values are missing")
    if not np.all(np.isfinite(present)):
        raise RefusedError(f"{what} does not take infinite values")
    low, high = _boundary(present, boundary)
    if knots is not None:
        return _given_knots(knots, low, high, what), (low, high)
    inside = present[(present >= low) & (present <= high)]
    places = np.linspace(0, 1, (wanted or 0) + 2)[1:-1]
    if places.size and not inside.size:
        raise RefusedError("no value lies between the Boundary.knots")
    return np.quantile(inside, places) if places.size else np.empty(0), (low, high)


def _check_inside(knots: Array, boundary: tuple[float, float]) -> None:
    """Raise RefusedError where a quantile that serves as a knot is an end of the data: ties make it so."""
    if knots.size and (knots[0] <= boundary[0] or knots[-1] >= boundary[1]):
        raise RefusedError("too few different values for so many knots at their quantiles; take a smaller df")


def _boundary(present: Array, boundary: Value) -> tuple[float, float]:
    ends = present if boundary is None else vector(boundary, "Boundary.knots").astype(float)
    if boundary is not None and (ends.shape[0] != 2 or not np.all(np.isfinite(ends))):
        raise RefusedError("Boundary.knots must be two finite numbers")
    low, high = float(ends.min()), float(ends.max())
    if low == high:
        raise RefusedError("all values are equal: a spline needs different ones")
    return low, high


def _given_knots(knots: Value, low: float, high: float, what: str) -> Array:
    """Raise RefusedError for knots that are missing or do not lie inside the boundary."""
    places = np.sort(vector(knots, "knots").astype(float))
    _check_columns(places.shape[0], what)
    if not np.all((places >= low) & (places <= high)):
        raise RefusedError(f"the knots of {what} must be numbers between the boundary knots {low:.6g} and {high:.6g}")
    return places


def _natural(x: Array, knots: Array, boundary: tuple[float, float], intercept: bool) -> Array:
    """The cubic B-splines projected on those without curvature at the boundary (by a QR of the two constraints)."""
    low, high = boundary
    sequence = np.concatenate([[low] * 4, knots, [high] * 4])
    splines = BSpline(sequence, np.eye(sequence.shape[0] - 4), 3)
    basis = splines(np.clip(x, low, high))
    for edge, beyond in ((low, x < low), (high, x > high)):
        if np.any(beyond):
            basis[beyond] = splines(edge) + (x[beyond] - edge)[:, None] * splines(edge, nu=1)
    curvature = splines(np.array([low, high]), nu=2)
    first = 0 if intercept else 1
    Q = np.linalg.qr(curvature[:, first:].T, mode="complete")[0]
    return np.asarray((basis[:, first:] @ Q)[:, 2:])


def _spline(basis: Array, x: Array) -> Matrix:
    absent = nan_mask(x)
    if absent is not None:
        basis[absent] = np.nan
    return Matrix(basis, tuple(str(i + 1) for i in range(basis.shape[1])))
