"""The criteria of many responses of one design: which can be solved together, and how many at once."""

from __future__ import annotations

import numpy as np

from ....numerics.linalg import Array, Codes
from ...many_responses.stacked_points import stackable_families
from ..laplace import Laplace
from ..profiled_beta import Profiled
from ..user import GeneralizedDevfun
from .design import OneFactor
from .rows import many_rows
from .values import ManyLaplace

MAPS = 4_000_000  # numbers in the maps from row weights to their sums, up to which they are formed
ROWS = 20_000  # rows from which one response alone keeps the processor's cache busy
HELD = 4_000_000  # numbers held for all runs of a chunk


def solvable(devfun: GeneralizedDevfun) -> bool:
    """Whether `solve_together` knows the criterion: a likelihood by Laplace, one factor, terms that stack."""
    criterion, structure = devfun.criterion, devfun.structure
    if not isinstance(criterion, Laplace) or isinstance(criterion, Profiled) or devfun.free_shape:
        return False
    if criterion.scale == "lme4" or len(structure.factors) != 1 or structure.n > ROWS:
        return False
    L, p = structure.factors[0].L, structure.p
    return stackable_families(devfun.covariances) and structure.n * (L * (L + p) + p * p) <= MAPS


def chunks_of(design: OneFactor, R: int) -> list[Codes]:
    """The responses in chunks of which not too much is held at once."""
    size = max(1, HELD // (design.n + design.J * design.L * (3 + design.L + design.p)))
    return [np.arange(at, min(at + size, R)) for at in range(0, R, size)]


def many_laplace(devfun: GeneralizedDevfun, design: OneFactor, Y: Array) -> ManyLaplace:
    """The criterion of every column of Y (n, R)."""
    criterion, given = devfun.laplace, devfun.responses
    scaled = given.family.has_scale  # then it is no constant
    constant = np.array([0.0 if scaled else given.family.saturated(y, given.weights, 1.0) for y in Y.T])
    rows = many_rows(given.family, Y, given.weights)
    return ManyLaplace(design, criterion.structure, rows, given.offset, constant, criterion.observed)
