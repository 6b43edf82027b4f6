"""Fits with thousands of fixed effects of one factor: theta and all estimates with the factor absorbed.

X'V^-1X (p, p) and Z'X R^-1 (J, p) are formed when a word asks for what only they can say (degrees of freedom, profiles,
posterior draws), and refused where they are too large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from ..engine.covariance.covariances import Covariances
from ..engine.criterion.profiled import At, Criterion
from ..engine.factorization.absorbed import AbsorbedEngine, AbsorbedFactorization
from ..engine.factorization.choose import choose_engine
from ..engine.factorization.contract import Engine
from ..engine.factorization.deferred import DeferredEngine
from ..engine.sums.absorbed import absorbed_sums
from ..engine.sums.arrange import form_gram
from ..engine.sums.bordered import Bordered
from ..engine.sums.gram import factor_terms
from ..engine.sums.rows import Rows
from ..engine.sums.scaling import find_scaling
from ..errors import NumericalError
from ..numerics.linalg import Array, read_only
from .solution import Solution, solve

LARGEST = 250_000_000  # cells of X'V^-1X and Z'X R^-1 together: 2 GB


@dataclass(frozen=True, eq=False)
class AbsorbedSolution(Solution):
    """Estimates whose Phi, which is large, is computed when it is asked for."""

    Phi: Array = field(init=False, repr=False)
    factorization: AbsorbedFactorization | None = field(repr=False)

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.name != "Phi":
                object.__setattr__(self, each.name, read_only(getattr(self, each.name)))

    def __getattr__(self, name: str) -> Array:
        if name != "Phi" or self.factorization is None:
            raise AttributeError(name)
        Phi: Array = read_only(self.factorization.Phi())
        object.__setattr__(self, name, Phi)
        return Phi

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "Phi": self.Phi, "factorization": None}


def absorbed_solution(at: At, covariances: Covariances, numbers: Sequence[int]) -> Solution:
    """The estimates of all columns of X, of the criterion in which a factor is absorbed."""
    found, own = at.factorization, solve(at, covariances, numbers)
    assert isinstance(found, AbsorbedFactorization)  # no other criterion is searched here
    known = {each.name: getattr(own, each.name) for each in fields(own) if each.name != "Phi"}
    known |= {
        "beta": found.beta(),
        "logdet_V": found.plain.logdet_V - at.gram.sum_log_weights,
        "logdet_XtVX": found.fixed.logdet_XtVX + 2 * at.gram.scaling.logdet_R + found.logdet_D,
    }
    return AbsorbedSolution(**known, factorization=found)


def wide_criteria(rows: Rows, bordered: Bordered, REML: bool, engine: str) -> tuple[Criterion, Criterion]:
    """The criterion with the wide factor absorbed, and that of all columns of X, formed when it is asked for."""
    absorbed = Criterion(AbsorbedEngine.of(absorbed_sums(rows, bordered), REML), REML)
    return absorbed, Criterion(DeferredEngine(_whole_engine, rows, engine), REML)


def _whole_engine(rows: Rows, wanted: str) -> Engine:
    """The engine of all columns of X; NumericalError where its sums are too large."""
    effects = sum(
        rows.terms[terms[0]].n_levels * sum(rows.terms[t].width for t in terms) for terms in factor_terms(rows.terms)
    )
    if rows.p * (rows.p + effects) > LARGEST:
        raise NumericalError(
            f"{rows.p} fixed effects beside {effects} random effects: estimates and vcov() can be had, but degrees of "
            'freedom, profiles and draws need sums of more than 2 GB; ask for ddf="asymptotic" where a word has ddf='
        )
    return choose_engine(form_gram(rows, find_scaling(rows)), rows, wanted)
