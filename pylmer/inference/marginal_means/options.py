"""How a grid is summarized: arguments of `summary`, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ...errors import ArgumentError
from ...fit.words import several
from ...numerics.linalg import Array
from ...text.arguments import check_level, is_number
from .adjustments import check_adjust
from .grids import EmmGrid
from .specs import names_among
from .transformations import Transformation

AS_IS = "<as the grid has it>"
SIDES: dict[Any, int] = {
    0: 0, 2: 0, "!=": 0, "two-sided": 0, "both": 0, "equivalence": 0, "=": 0,
    -1: -1, "-": -1, "<": -1, "left": -1, "nonsuperiority": -1,
    1: 1, "+": 1, ">": 1, "right": 1, "noninferiority": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How a grid is summarized, all settled; tail is the side of the tests, that of equivalence tests being left.

    back   the way back to the response, without the bias adjustment;  bias  the standard deviation of that, or None
    df     degrees of freedom in place of those found, or None
    """

    intervals: bool
    tests: bool
    level: float
    adjust: str
    back: Transformation | None
    null: tuple[float, ...] | float
    side: int
    delta: float
    bias: tuple[float, ...] | float | None = None
    df: float | None = None

    @property
    def tail(self) -> int:
        return -1 if self.delta and not self.side else self.side


def settle(
    grid: EmmGrid,
    infer: Any,
    level: Any,
    adjust: Any,
    type: Any,
    null: Any,
    side: Any,
    delta: Any,
    bias_adjust: Any = None,
    sigma: Any = None,
    df: Any = None,
) -> Options:
    if not isinstance(side, str | int) or side not in SIDES:
        raise ArgumentError(f"side={side!r}: wanted '<', '>' or 'two-sided'")
    if not is_number(delta) or not 0 <= delta < np.inf:
        raise ArgumentError(f"delta={delta!r}: wanted a threshold, a number that is not negative")
    intervals, tests = grid.infer if infer is None else check_infer(infer)
    response = (grid.type if type is None else check_type(type)) == "response"
    back = grid.transformation if response else None
    bias = grid.bias if bias_adjust is None and sigma is None else check_bias(grid.sigma, bias_adjust, sigma)
    return Options(
        intervals=intervals,
        tests=tests,
        level=check_level(grid.level if level is None else level),
        adjust=check_adjust(grid.adjust if adjust is None else adjust),
        back=back,
        null=nulls(null),
        side=SIDES[side],
        delta=float(delta),
        bias=bias if back is not None and back.inverse is not None else None,
        df=grid.df if df is None else check_df(df),
    )


def groups_asked(grid: EmmGrid, by: Any) -> tuple[str, ...]:
    """The variables of the groups: those of the grid unless others are given."""
    if isinstance(by, str) and by == AS_IS:
        return grid.by
    return names_among(by, [axis.name for axis in grid.axes], "by")


def check_bias(known: float | None, bias_adjust: Any, sigma: Any) -> tuple[float, ...] | float | None:
    """The standard deviation of the bias adjustment, one or one for each row; None if none is wanted."""
    if not isinstance(bias_adjust, bool | np.bool_ | None):
        raise ArgumentError(f"bias_adjust={bias_adjust!r}: wanted True or False")
    wanted = sigma if sigma is not None else known
    if wanted is None:
        raise ArgumentError("bias_adjust=True wants sigma=, the standard deviation about the means")
    try:
        values = np.asarray(wanted, float)
    except (TypeError, ValueError):
        values = np.array(np.nan)
    if values.ndim > 1 or not values.size or not np.isfinite(values).all() or np.any(values < 0):
        raise ArgumentError(f"sigma={sigma!r}: wanted a standard deviation, or one for each row of a table")
    if not bias_adjust:
        return None
    return tuple(values.tolist()) if values.ndim else float(values)


def check_df(df: Any) -> float:
    """Degrees of freedom that were given."""
    if not is_number(df) or not df > 0:
        raise ArgumentError(f"df={df!r}: wanted degrees of freedom, a positive number")
    return float(df)


def check_infer(infer: Any) -> tuple[bool, bool]:
    """Whether to give intervals, and tests; one value stands for both."""
    if isinstance(infer, bool | np.bool_):
        return bool(infer), bool(infer)
    values = several(infer) if isinstance(infer, Sequence | np.ndarray) else []
    if len(values) != 2 or not all(isinstance(value, bool | np.bool_) for value in values):
        raise ArgumentError(f"infer={infer!r}: wanted True, False, or two of them, for intervals and for tests")
    return bool(values[0]), bool(values[1])


def nulls(null: Any) -> tuple[float, ...] | float:
    """One number for all rows, or one for each row of a table."""
    try:
        values = np.asarray(null, float)
    except (TypeError, ValueError):
        _refuse_null(null)
    if values.ndim > 1 or not np.isfinite(values).all():
        _refuse_null(null)
    return tuple(values.tolist()) if values.ndim else float(values)


def _refuse_null(null: Any) -> NoReturn:
    raise ArgumentError(f"null={null!r}: wanted a number, or one for each row of a table")


def per_row(values: tuple[float, ...] | float, sizes: Sequence[int], what: str = "null") -> Array:
    """The value of every row of tables with these numbers of rows."""
    if isinstance(values, float | int):
        return np.full(sum(sizes), float(values))
    if any(size != len(values) for size in sizes):
        wanted = " or ".join(dict.fromkeys(f"{size}, one for each row of a table" for size in dict.fromkeys(sizes)))
        raise ArgumentError(f"{what}: wanted one number, or {wanted}, found {len(values)}")
    return np.tile(np.asarray(values, float), len(sizes))


def check_type(type: Any) -> str | None:
    """ "response", or None for the scale of the model."""
    if type is None or (isinstance(type, str) and type in ("link", "lp", "linear.predictor")):
        return None
    if not isinstance(type, str) or type != "response":
        raise ArgumentError(f"type={type!r}: wanted 'response' or None")
    return "response"
