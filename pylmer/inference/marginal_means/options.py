"""How a grid is summarized: arguments of `summary`, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ...arguments import is_number
from ...errors import ArgumentError
from ...linalg import Array
from ..contrasts import check_level
from .adjustments import check_adjust
from .transformations import Transformation

if TYPE_CHECKING:
    from .grids import EmmGrid

AS_IS = "<as the grid has it>"
SIDES: dict[Any, int] = {
    0: 0, 2: 0, "!=": 0, "two-sided": 0, "both": 0, "equivalence": 0, "=": 0,
    -1: -1, "-": -1, "<": -1, "left": -1, "nonsuperiority": -1,
    1: 1, "+": 1, ">": 1, "right": 1, "noninferiority": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How a grid is summarized, all settled; tail is the side of the tests, that of equivalence tests being left."""

    intervals: bool
    tests: bool
    level: float
    adjust: str
    back: Transformation | None
    null: tuple[float, ...] | float
    side: int
    delta: float

    @property
    def tail(self) -> int:
        return -1 if self.delta and not self.side else self.side


def settle(grid: EmmGrid, infer: Any, level: Any, adjust: Any, type: Any, null: Any, side: Any, delta: Any) -> Options:
    if not isinstance(side, str | int) or side not in SIDES:
        raise ArgumentError(f"side={side!r}: wanted '<', '>' or 'two-sided'")
    if not is_number(delta) or not 0 <= delta < np.inf:
        raise ArgumentError(f"delta={delta!r}: wanted a threshold, a number that is not negative")
    intervals, tests = grid.infer if infer is None else check_infer(infer)
    response = (grid.type if type is None else check_type(type)) == "response"
    return Options(
        intervals=intervals,
        tests=tests,
        level=check_level(grid.level if level is None else level),
        adjust=check_adjust(grid.adjust if adjust is None else adjust),
        back=grid.transformation if response else None,
        null=nulls(null),
        side=SIDES[side],
        delta=float(delta),
    )


def check_infer(infer: Any) -> tuple[bool, bool]:
    """Whether to give intervals, and tests; one value stands for both."""
    if isinstance(infer, bool | np.bool_):
        return bool(infer), bool(infer)
    values = list(infer) if isinstance(infer, Sequence | np.ndarray) and not isinstance(infer, str) else []
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


def per_row(null: tuple[float, ...] | float, size: int, total: int) -> Array:
    """The null value of every row (total,)."""
    if isinstance(null, float):
        return np.full(total, null)
    if len(null) != size:
        raise ArgumentError(f"null: wanted one number, or {size}, one for each row of a table, found {len(null)}")
    return np.tile(null, total // size)


def check_type(type: Any) -> str | None:
    """ "response", or None for the scale of the model."""
    if type in (None, "link", "lp", "linear.predictor"):
        return None
    if type != "response":
        raise ArgumentError(f"type={type!r}: wanted 'response' or None")
    return "response"
