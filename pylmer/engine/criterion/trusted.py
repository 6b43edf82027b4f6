"""Whether sums can be trusted: a response far from zero that only the random effects can take up is lost in them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Mask, read_only
from ..covariance.family import CovarianceFamily
from ..covariance.points import Points, stacked_templates
from ..factorization.contract import Engine, FixedNumbers
from ..sums.gram import FactorSums, Gram
from ..sums.rows import Rows
from .profiled import Criterion

SCAN = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # multiples of I at which a criterion is looked at first
FAR = 1e4  # multiple of I at which the random effects have taken up all they can
CANCELLING = 1 - 1e-7  # collinearity of columns that are not whitened from which sums lose what is left of them
FEW_LEVELS = 16  # of some factor: below this any optimum is doubtful ...
SOME_LEVELS = 50  # ... and below this a singular one is, ...
SOME_ROWS = 1000  # ... of no more rows than these
COLLINEAR = 0.95  # correlation, about zero, of two columns of one factor from which any optimum is doubtful
FEW_COLUMNS = 20  # of X, and ...
CELLS = 1_000_000  # ... so many products of columns of [X y], of all levels, with which all covariances are looked at
LOST = 1e-7  # rounding of the criterion there from which sums are left
LARGEST = 1_000  # random effects up to which the factor of all columns is formed
OPERATIONS = 2e10  # of its formation, n q^2, up to which it is


def trusted_criterion(criterion: Criterion, families: Sequence[CovarianceFamily], rows: Rows) -> Criterion:
    """The criterion itself, or by orthogonal factors where sums would lose a response that is far from zero.

    Looking far is one of several values at once: those of a scan come with it.
    """
    gram = criterion.gram
    if criterion.engine.shared is None or not is_small(gram):
        return criterion
    if collinearity(gram) > CANCELLING:
        return _by_rows(criterion, rows)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        looked = criterion.together(_multiples(tuple(families)))
        if looked is not None:
            criterion = Criterion(criterion.engine, criterion.REML, tuple(looked[0][:-1]))
        try:
            if _noise(criterion, families, looked) < LOST:
                return criterion
        except NumericalError:
            pass
        orthogonal = _by_rows(criterion, rows)
        try:
            far, near = (orthogonal.at(Points.multiple(families, c)).value for c in (FAR, 1.0))
            return criterion if far >= near else orthogonal
        except NumericalError:
            return criterion


@lru_cache(maxsize=64)
def _multiples(families: tuple[CovarianceFamily, ...]) -> list[Array]:
    """The templates (7, l, l) of every family at the multiples of a scan, then far away."""
    return [read_only(T) for T in stacked_templates(Points.multiple(families, c) for c in (*SCAN, FAR))]


def _noise(
    criterion: Criterion, families: Sequence[CovarianceFamily], looked: tuple[list[float], FixedNumbers] | None
) -> float:
    """How far rounding may move the criterion far away, the last place looked at; see `At.noise`."""
    if looked is None:
        return criterion.at(Points.multiple(families, FAR)).noise
    (*_, value), fixed = looked
    return criterion.noise(value, float(fixed.r2[-1]))


def _by_rows(criterion: Criterion, rows: Rows) -> Criterion:
    from ..factorization.orthogonal import OrthogonalEngine  # of few responses

    return Criterion(OrthogonalEngine(criterion.gram, rows), criterion.REML)


def collinearity(gram: Gram) -> float:
    """The largest correlation, about zero, of two columns of one factor that are not whitened."""
    return max((_collinearity(sums) for sums in gram.factors if _has_own_scales(gram, sums)), default=0.0)


def _has_own_scales(gram: Gram, sums: FactorSums) -> bool:
    if sums.L == 1 or len(sums.terms) > 1:
        return sums.L > 1
    R = gram.scaling.R_terms[sums.terms[0]]
    return int(np.count_nonzero(R)) == int(np.count_nonzero(R.diagonal()))


def _collinearity(sums: FactorSums) -> float:
    A = sums.total
    size = np.sqrt(np.maximum(np.diag(A), np.finfo(float).tiny))
    return float(np.max(np.abs(np.triu(A, 1)) / np.outer(size, size)))


def is_small(gram: Gram) -> bool:
    """Whether the factor of all columns of [Z X y] is small enough to be formed."""
    q = sum(sums.q for sums in gram.factors)
    return q <= LARGEST and gram.n * q**2 <= OPERATIONS


def doubtful(gram: Gram, parameters: int, singular: Array) -> Mask:
    """Which optima (m,) may not be the lowest; along a single parameter the scan has seen all."""
    if parameters < 2:
        return np.zeros(len(singular), bool)
    levels = min(sums.J for sums in gram.factors)
    few = levels < FEW_LEVELS or collinearity(gram) > COLLINEAR
    return np.asarray(singular & (levels < SOME_LEVELS) & (gram.n <= SOME_ROWS)) | few


def in_doubt(engine: Engine, parameters: int, singular: bool) -> bool:
    """Whether an optimum is compared with others, that may be lower: where it is `doubtful`, and values cost little."""
    return not engine.costly and bool(doubtful(engine.gram, parameters, np.array([singular]))[0])


def is_pair(engine: Engine, families: Sequence[CovarianceFamily]) -> bool:
    """Whether there are two effects of one factor, of which all covariances can be looked at at once (`pair_map`)."""
    if sum(family.width for family in families) != 2 or engine.shared is None or len(engine.gram.factors) > 1:
        return False
    (sums,), p = engine.gram.factors, engine.gram.p
    few = p <= FEW_COLUMNS and 2 * sums.J * (p + 1) * (p + 2) <= CELLS
    return few and all(family.template_units() is not None for family in families)
