"""Design -> the criterion as a function of lme4's `par`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..design import Design
from ..engine.covariance.family import Family
from ..engine.covariance.names import par_names
from ..engine.covariance.points import Points
from ..engine.criterion.profiled import At, Criterion
from ..engine.factorization.choose import choose_engine
from ..engine.optimize.distant_response import trusted_criterion
from ..engine.sums.gram import form_gram
from ..engine.sums.rows import Rows, TermRows
from ..engine.sums.scaling import Scaling, column_lengths, find_scaling
from ..errors import ArgumentError, NumericalError
from ..numerics.linalg import Array
from ..options import lmerControl
from .solution import par_gradient

SMALLEST_SIZE, LARGEST_SIZE = 1e-140, 1e140  # of a column, beyond which its coefficient's variance is lost


@dataclass(frozen=True, eq=False)
class Devfun:
    """The criterion as a function of `par`, with all that is needed to optimize it.

    lower, upper (k,) are lme4's bounds, names (k,) lme4's names of `par`.
    """

    design: Design
    criterion: Criterion
    families: tuple[Family, ...]
    control: lmerControl

    def __call__(self, par: Sequence[float] | Array) -> float:
        """The ML deviance or REML criterion at `par`."""
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite ends in a NumericalError
            return self.at(par).value

    def at(self, par: Sequence[float] | Array) -> At:
        """Criterion, score and information at `par`."""
        return self.criterion.at(self.points(par))

    def points(self, par: Sequence[float] | Array) -> Points:
        """`par` -> one point per random term; ArgumentError if the length is wrong or a number is not finite."""
        values = np.atleast_1d(_numbers(par))
        wanted = sum(family.size for family in self.families)
        if values.shape != (wanted,):
            found = values.size if values.ndim == 1 else f"{values.ndim} dimensions of"
            raise ArgumentError(f"par has {found} numbers; this model has {wanted}: {', '.join(self.names)}")
        if not np.isfinite(values).all():
            raise ArgumentError(f"par must be finite, found {values}")
        pieces = np.split(values, np.cumsum([family.size for family in self.families])[:-1])
        R_terms = self.criterion.engine.gram.scaling.R_terms
        return tuple(f.point(piece, R) for f, piece, R in zip(self.families, pieces, R_terms, strict=True))

    def multiple(self, c: float) -> Points:
        """Every relative covariance c^2 I, in scaled coordinates."""
        return tuple(family.multiple(c) for family in self.families)

    def gradient(self, par: Array) -> Array:
        """dd/dpar (k,)."""
        return par_gradient(self.at(par), self.families, np.asarray(par, float))

    @property
    def REML(self) -> bool:
        """Whether this is the REML criterion."""
        return self.criterion.REML

    @property
    def lower(self) -> Array:
        """Lower bounds (k,)."""
        return np.concatenate([family.bounds[0] for family in self.families])

    @property
    def upper(self) -> Array:
        """Upper bounds (k,)."""
        return np.concatenate([family.bounds[1] for family in self.families])

    @property
    def names(self) -> tuple[str, ...]:
        """lme4's names of `par`."""
        terms = zip(self.families, self.design.random, strict=True)
        return tuple(name for family, term in terms for name in par_names(family, term.group, term.columns))


def _numbers(par: Any) -> Array:
    try:
        return np.array(par, float)
    except (TypeError, ValueError):
        raise ArgumentError(f"par must be numbers, found {par!r}") from None


def group_numbers(design: Design) -> list[int]:
    """Per random term, the number of its grouping factor, in order of first appearance."""
    names = list(dict.fromkeys(term.group for term in design.random))
    return [names.index(term.group) for term in design.random]


def rows_of(design: Design) -> Rows:
    """What the engines see of a design."""
    terms = tuple(
        TermRows(term.codes, len(term.levels), term.Z, number, term.structure, term.hom)
        for term, number in zip(design.random, group_numbers(design), strict=True)
    )
    y = design.y if design.offset is None else design.y - design.offset
    return Rows(design.X, y, design.weights, terms)


def _check_sizes(design: Design, scaling: Scaling) -> None:
    """Raise NumericalError for a column whose coefficient's variance is no floating-point number."""
    blocks = [
        (design.X_names, scaling.R),
        *((t.columns, R) for t, R in zip(design.random, scaling.R_terms, strict=True)),
    ]
    unit = 1.0 if design.weights is None else float(np.sqrt(np.max(design.weights, initial=0.0)))
    for names, R in blocks:
        for name, length in zip(names, column_lengths(R), strict=True):
            size = length / unit if unit > 0 else 0.0
            if not (size == 0 or SMALLEST_SIZE < size < LARGEST_SIZE):
                raise NumericalError(
                    f"{name!r} is of size {size:.0e}, so that the variance of its coefficient is beyond floating-point "
                    f"numbers: rescale it (sizes from {SMALLEST_SIZE:.0e} to {LARGEST_SIZE:.0e} can be fitted)"
                )


def make_devfun(design: Design, REML: bool, control: lmerControl) -> Devfun:
    """Rows -> sums -> criterion."""
    if REML and design.X.shape[1] >= len(design.y):
        raise NumericalError(f"{design.X.shape[1]} fixed effects for {len(design.y)} observations: REML needs fewer")
    rows = rows_of(design)
    scaling = find_scaling(rows)
    _check_sizes(design, scaling)
    gram = form_gram(rows, scaling)
    families = tuple(Family(term.structure, term.width, term.hom) for term in rows.terms)
    criterion = Criterion(choose_engine(gram, rows, control.engine), REML)
    if control.engine == "auto":
        criterion = trusted_criterion(criterion, families, rows)
    return Devfun(design, criterion, families, control)
