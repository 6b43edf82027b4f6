"""What is left of least squares and of a generalized linear model without their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..engine.generalized.glm_fit import GlmData, GlmOptimum, GlmPoint
from ..families import Family
from ..fit.linear.least_squares import LeastSquares
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


def saved_glm(found: GlmOptimum) -> SavedGlmOptimum:
    """What of it has no rows."""
    at = SavedGlmPoint(SavedGlmData(found.at.data.family), found.at.beta, found.at.deviance)
    return SavedGlmOptimum(at, found.unscaled, found.iterations, found.converged)
