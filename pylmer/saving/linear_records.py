"""What is left of least squares and of a generalized linear model without their rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ..engine.generalized.glm_fit import GlmData, GlmOptimum, GlmPoint
from ..families import Family
from ..fit.linear.least_squares import LeastSquares
from ..fit.linear.members import RowsByLevel
from ..fit.linear.stacked_groups import GroupSolutions
from ..numerics.linalg import Array, Codes
from .withheld import Lacking


@dataclass(frozen=True, eq=False)
class SavedLeastSquares(Lacking):
    """Least squares without fitted values and residuals: see `LeastSquares`."""

    whole: ClassVar[type[Any]] = LeastSquares
    beta: Array
    kept: Codes
    unscaled: Array
    rss: float
    n_obs: int

    rank = LeastSquares.rank
    df_residual = LeastSquares.df_residual
    sigma = LeastSquares.sigma


@dataclass(frozen=True, eq=False)
class SavedGlmData(Lacking):
    """The family: see `GlmData`."""

    whole: ClassVar[type[Any]] = GlmData
    family: Family


@dataclass(frozen=True, eq=False)
class SavedGlmPoint(Lacking):
    """Estimates and deviance: see `GlmPoint`."""

    whole: ClassVar[type[Any]] = GlmPoint
    data: SavedGlmData
    beta: Array
    deviance: float


@dataclass(frozen=True, eq=False)
class SavedGlmOptimum(Lacking):
    """Where the iterations ended: see `GlmOptimum`."""

    whole: ClassVar[type[Any]] = GlmOptimum
    at: SavedGlmPoint
    unscaled: Array
    iterations: int
    converged: bool

    beta = GlmOptimum.beta


def saved_least_squares(found: LeastSquares) -> SavedLeastSquares:
    """What of it has no rows."""
    return SavedLeastSquares(found.beta, found.kept, found.unscaled, found.rss, found.n_obs)


def saved_groups(found: GroupSolutions) -> GroupSolutions:
    """What of the fits of groups has no rows: no group has any."""
    alone: Any = {group: saved_least_squares(each) for group, each in found.alone.items()}
    none, starts = np.zeros(0), np.zeros(len(found) + 1, dtype=np.int64)
    members = RowsByLevel(np.zeros(0, dtype=np.int64), starts)
    return replace(found, members=members, alone=alone, fitted=none, residuals=none)


def saved_glm(found: GlmOptimum) -> SavedGlmOptimum:
    """What of it has no rows."""
    at = SavedGlmPoint(SavedGlmData(found.at.data.family), found.at.beta, found.at.deviance)
    return SavedGlmOptimum(at, found.unscaled, found.iterations, found.converged)
