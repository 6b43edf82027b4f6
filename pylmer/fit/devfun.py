"""Data -> the criterion as a function of lme4's `par`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..design import Design, DesignRows, InMemory, ModelData, RandomDesign, SummedRows
from ..engine.covariance.covariances import Covariances, Label
from ..engine.covariance.family import CovarianceFamily, covariance_family
from ..engine.covariance.points import Points
from ..engine.criterion.profiled import At, Criterion
from ..engine.criterion.trusted import trusted_criterion
from ..engine.factorization.choose import choose_engine
from ..engine.sums.arrange import check_response, form_gram
from ..engine.sums.gram import Gram
from ..engine.sums.rows import Rows, TermRows
from ..engine.sums.scaling import column_lengths, find_scaling
from ..errors import ArgumentError, NumericalError
from ..numerics.linalg import Array
from ..options import Control
from .solution import Solution, solve

if TYPE_CHECKING:
    from ..engine.sums.bordered import Bordered

WIDE = 1_000  # fixed effects, of one factor nearly all, from which it is absorbed
ITERATIVE = "iterative"  # the engine whose score and criterion are estimated
SMALLEST_SIZE, LARGEST_SIZE = 1e-140, 1e140  # of a column, beyond which its coefficient's variance is lost


@dataclass(frozen=True, eq=False)
class Devfun:
    """The criterion as a function of `par`, with all that is needed to optimize it.

    lower, upper (k,) are lme4's bounds, names (k,) lme4's names of `par`. The criterion is of sums; of the data
    it needs the meaning, `design`, alone.

    absorbed  the same function with a wide factor of the fixed effects absorbed, where it has one (see `wide`)
    """

    data: ModelData
    criterion: Criterion
    covariances: Covariances
    control: Control
    absorbed: Devfun | None = None

    def __call__(self, par: Sequence[float] | Array) -> float:
        """The ML deviance or REML criterion at `par`."""
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite ends in a NumericalError
            return self.searched.at(par).value

    def at(self, par: Sequence[float] | Array) -> At:
        """Criterion, score and information at `par`."""
        return self.criterion.at(self.points(par))

    def points(self, par: Sequence[float] | Array) -> Points:
        """`par` -> one point per random term; ArgumentError if the length is wrong or a number is not finite."""
        values = np.atleast_1d(_numbers(par))
        wanted = self.covariances.size
        if values.shape != (wanted,):
            found = values.size if values.ndim == 1 else f"{values.ndim} dimensions of"
            raise ArgumentError(f"par has {found} numbers; this model has {wanted}: {', '.join(self.names)}")
        if not np.isfinite(values).all():
            raise ArgumentError(f"par must be finite, found {values}")
        return self.covariances.points(values)

    def gradient(self, par: Array) -> Array:
        """dd/dpar (k,)."""
        return self.covariances.par_gradient(self.at(par), np.asarray(par, float))

    @property
    def searched(self) -> Devfun:
        """What an optimizer descends: this criterion, or one of the same value that costs less."""
        return self if self.absorbed is None else self.absorbed

    def solution(self, at: At, numbers: Sequence[int]) -> Solution:
        """The estimates at a place of `searched`; `numbers` gives the grouping factor of each term."""
        if self.absorbed is None:
            return solve(at, self.covariances, numbers)
        from .wide import absorbed_solution  # late: a room that few fits need

        return absorbed_solution(at, self.covariances, numbers)

    @property
    def gram(self) -> Gram:
        """The sums."""
        return self.criterion.gram

    @property
    def families(self) -> tuple[CovarianceFamily, ...]:
        """What the covariance of each random term may be."""
        return self.covariances.families

    @property
    def design(self) -> Design:
        """What the columns and terms mean."""
        return self.data.design

    @property
    def rows(self) -> DesignRows:
        """The rows behind the sums; DataError where they cannot be had."""
        return self.data.rows

    @property
    def REML(self) -> bool:
        """Whether this is the REML criterion."""
        return self.criterion.REML

    @property
    def lower(self) -> Array:
        """Lower bounds (k,)."""
        return self.covariances.bounds[0]

    @property
    def upper(self) -> Array:
        """Upper bounds (k,)."""
        return self.covariances.bounds[1]

    @property
    def names(self) -> tuple[str, ...]:
        """lme4's names of `par`."""
        return self.covariances.names


def _numbers(par: Any) -> Array:
    try:
        return np.array(par, float)
    except (TypeError, ValueError):
        raise ArgumentError(f"par must be numbers, found {par!r}") from None


def covariances_of(random: Sequence[RandomDesign]) -> Covariances:
    """What the covariances of random terms may be, in the user's coordinates."""
    families = [covariance_family(term.structure, len(term.columns), term.hom) for term in random]
    return Covariances.unscaled(families, [Label(term.group, tuple(term.columns)) for term in random])


def group_numbers(design: Design | DesignRows) -> list[int]:
    """Per random term, the number of its grouping factor, in order of first appearance."""
    names = list(dict.fromkeys(term.group for term in design.random))
    return [names.index(term.group) for term in design.random]


def rows_of(rows: DesignRows) -> Rows:
    """What the engines see of the rows."""
    terms = tuple(
        TermRows(term.codes, len(term.levels), term.Z, number, term.structure, term.hom)
        for term, number in zip(rows.random, group_numbers(rows), strict=True)
    )
    y = rows.y if rows.offset is None else rows.y - rows.offset
    return Rows(rows.X, y, rows.weights, terms)


def _check_sizes(design: Design, of_X: Array, R_terms: Sequence[Array], unit: float) -> None:
    """Raise NumericalError for a column whose coefficient's variance is no floating-point number.

    of_X (p,) lengths of the columns of X, R_terms the scales of the random terms, `unit` that of the weights.
    """
    blocks = [
        (design.X_names, of_X),
        *((t.columns, column_lengths(R)) for t, R in zip(design.random, R_terms, strict=True)),
    ]
    for names, lengths in blocks:
        for name, length in zip(names, lengths, strict=True):
            size = length / unit if unit > 0 else 0.0
            if not (size == 0 or SMALLEST_SIZE < size < LARGEST_SIZE):
                raise NumericalError(
                    f"{name!r} is of size {size:.0e}, so that the variance of its coefficient is beyond floating-point "
                    f"numbers: rescale it (sizes from {SMALLEST_SIZE:.0e} to {LARGEST_SIZE:.0e} can be fitted)"
                )


def make_devfun(data: ModelData, REML: bool, control: Control) -> Devfun:
    """Rows -> sums -> criterion."""
    design = data.design
    if REML and len(design.X_names) >= design.n:
        raise NumericalError(f"{len(design.X_names)} fixed effects for {design.n} observations: REML needs fewer")
    if isinstance(data.source, SummedRows):
        gram = data.source.gram
        _check_sizes(
            design, column_lengths(gram.scaling.R), gram.scaling.R_terms, np.sqrt(data.source.largest_weight) or 1.0
        )
        return devfun_of_sums(data, gram, REML, control)
    rows = rows_of(data.rows)
    if rows.p >= WIDE and control.engine == "auto" and rows.bordered is not None:
        return _wide_devfun(data, rows, rows.bordered, REML, control)
    scaling = find_scaling(rows)
    unit = 1.0 if rows.weights is None else float(np.sqrt(np.max(rows.weights, initial=0.0)))
    _check_sizes(design, column_lengths(scaling.R), scaling.R_terms, unit)
    return devfun_of_sums(data, form_gram(rows, scaling), REML, control, rows)


def _wide_devfun(data: ModelData, rows: Rows, bordered: Bordered, REML: bool, control: Control) -> Devfun:
    from .wide import wide_criteria  # late: a room that few fits need

    absorbed, whole = wide_criteria(rows, bordered, REML, control.engine)
    covariances = covariances_of(data.design.random).on(absorbed.gram.scaling.R_terms)
    return Devfun(data, whole, covariances, control, Devfun(data, absorbed, covariances, control))


def devfun_of_sums(data: ModelData, gram: Gram, REML: bool, control: Control, rows: Rows | None = None) -> Devfun:
    """Sums and what they mean -> criterion.

    `rows` are for what sums cannot do: the dense oracle (ArgumentError without them), and responses so far from zero
    that sums would lose them.
    """
    if rows is None and control.engine == "dense":
        raise ArgumentError("engine='dense' forms V (n, n), which sums alone do not give: leave engine= out")
    covariances = covariances_of(data.design.random).on(gram.scaling.R_terms)
    criterion = Criterion(choose_engine(gram, rows, control.engine), REML)
    if criterion.engine.name == ITERATIVE:
        from ..engine.optimize.iterative_search import prepared  # late: a room that few fits need

        return Devfun(data, prepared(criterion, covariances, control.seed), covariances, control)
    if rows is not None and control.engine == "auto":
        criterion = trusted_criterion(criterion, covariances.families, rows)
    return Devfun(data, criterion, covariances, control)


def with_response(devfun: Devfun, data: ModelData) -> Devfun | None:
    """The function for another response of the same rows, `data`, on shared sums; None where it must be made anew."""
    criterion = devfun.criterion
    engine = criterion.engine.shared
    if (
        engine is None
        or devfun.absorbed is not None
        or engine.name == ITERATIVE
        or not isinstance(data.source, InMemory)
    ):
        return None
    from ..engine.many_responses import response_sums  # late: of rows that are fitted again

    rows = rows_of(data.rows)
    gram = response_sums(rows, engine.gram, rows.y[:, None]).gram_of(0)
    check_response(gram, rows)
    criterion = replace(criterion, engine=engine.sharing(gram))
    if devfun.control.engine == "auto":
        criterion = trusted_criterion(criterion, devfun.families, rows)
    return replace(devfun, data=data, criterion=criterion)
