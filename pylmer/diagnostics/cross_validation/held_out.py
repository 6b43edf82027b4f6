"""What is foretold of rows that are left out: `held_out`, which each kind of fit registers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...numerics.linalg import Array, Codes
from .folds import Folds


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Of each row (n,), from a fit without its fold: the mean, and the log of the density at its response; NaN: none.

    failed  why there is no fit, by fold
    """

    mean: Array
    log_density: Array
    failed: dict[int, str] = field(default_factory=dict)

    @classmethod
    def nothing(cls, n: int) -> HeldOut:
        """No row foretold yet."""
        return cls(np.full(n, np.nan), np.full(n, np.nan))

    def write(self, rows: Codes, mean: Array, log_density: Array) -> None:
        """What is foretold of some rows."""
        self.mean[rows], self.log_density[rows] = mean, log_density


@singledispatch
def held_out(fit: Any, folds: Folds) -> HeldOut:
    """The predictions of all folds."""
    raise ArgumentError(f"cross_validate() wants a fit of lmer(), glmer(), lm() or glm(), found {type(fit).__name__}")


def without(columns: list[str]) -> str:
    """What to say of a fold without which columns of X depend on others."""
    return f"leaves nothing to estimate {', '.join(columns)} from"
