"""The engine of crossed scalar factors without a dense remainder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ....errors import ArgumentError
from ....numerics.linalg import Array
from ...sums.gram import Gram, Incidence
from ..contract import Covariances, Engine, Fixed
from ..patterns import CsrPattern, coupling_pattern, remainder_pattern
from ..scalars import CrossedScalars, ScalarsEngine, ScalarsFactorization, ScalarsPlan
from .operator import Coupling
from .probes import Probes
from .remainder import IterativeSchurComplement, IterativeSums

PROBES = 5  # for each factor but the largest, where little is left to chance


@dataclass(frozen=True, eq=False)
class IterativeRemainderPlan:
    """What all values share: the patterns, and the probes, whose signs do not depend on values."""

    C: CsrPattern
    A: CsrPattern
    factors: Array
    probes: Probes
    seed: int

    def fill(self, C: Array, A: Array) -> IterativeSums:
        coupling = Coupling.of(self.C.by_entry.filled(C), self.A.by_entry.filled(A), self.factors)
        return IterativeSums(coupling, self.probes, self.seed)


@dataclass(frozen=True, eq=False)
class IterativePlan(ScalarsPlan):
    """As the plan of the exact elimination, but for the remainder."""

    @classmethod
    def of(cls, incidence: Incidence, seed: int = 0, k: int = PROBES) -> IterativePlan:
        """The plan for crossed factors; ArgumentError unless they have one scalar term each."""
        check_iterative(incidence)
        return cls.seeded(incidence, coupling_pattern(incidence), remainder_pattern(incidence), seed, k)

    @classmethod
    def seeded(
        cls, incidence: Incidence, C: CsrPattern, A: CsrPattern, seed: int = 0, k: int = PROBES
    ) -> IterativePlan:
        """The plan for patterns that have been made."""
        sizes = [J for J, _ in incidence.shapes[1:]]
        factors = np.repeat(np.arange(len(sizes)), sizes)
        return cls(incidence, C, A, IterativeRemainderPlan(C, A, factors, Probes.drawn(factors, k, seed), seed))

    def fill(self, gram: Gram) -> IterativeEngine:
        exact = super().fill(gram)
        return IterativeEngine(gram, self, exact.C, exact.A, exact.remainder)


@dataclass(frozen=True, eq=False)
class IterativeEngine(ScalarsEngine):
    """Crossed factors with one scalar term each: estimates to rounding, traces and log|V| with a Monte-Carlo error."""

    name: ClassVar[str] = "iterative"
    latest: dict[bytes, IterativeFactorization] = field(init=False, default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"latest": {}}

    @property
    def costly(self) -> bool:
        return True

    @property
    def route(self) -> str:
        return (
            "crossed grouping factors (one scalar term each): the largest is eliminated level by level, "
            f"{self.A.shape[0]} effects of the others are solved for by conjugate gradients, and traces estimated with "
            f"{self._sums.probes.k} probes"
        )

    def seeded(self, seed: int, k: int = PROBES) -> IterativeEngine:
        """The engine with k probes of this seed."""
        sums = self._sums
        return replace(self, remainder=replace(sums, probes=Probes.drawn(sums.coupling.factors, k, seed), seed=seed))

    def deflating(self, at: IterativeFactorization, width: int) -> IterativeEngine:
        """The engine that deflates `width` directions besides, which stand out of the spectrum at a place."""
        return replace(self, remainder=replace(self._sums, directions=at.remainder.outlying(width)))

    @property
    def deflates(self) -> bool:
        """Whether more than the intercepts is deflated."""
        return self._sums.directions is not None

    @property
    def _sums(self) -> IterativeSums:
        assert isinstance(self.remainder, IterativeSums)  # no other plan fills the engine
        return self.remainder

    def factorize(self, T: Sequence[Array]) -> IterativeFactorization:
        """V at the templates; the last one is kept, which is small and will be asked for again."""
        key = np.concatenate([t.ravel() for t in T]).tobytes()
        if key not in self.latest:
            self.latest.clear()
            self.latest[key] = IterativeFactorization(self, self.eliminated(self.gram.factor_templates(T)), T)
        return self.latest[key]


class IterativeFactorization(ScalarsFactorization):
    """V at given templates; log|V|, which no score needs, is estimated when first asked for."""

    def __init__(self, engine: IterativeEngine, elimination: CrossedScalars, T: Sequence[Array]) -> None:
        super().__init__(engine, elimination)
        self.T = T

    @cached_property
    def fixed(self) -> Fixed:
        eliminated = self.elimination.inner(self.half_solves, self.half_solves)
        return EstimatedFixed(Fixed.solved(self.engine.gram.XytXy - eliminated, np.nan), self)

    @property
    def remainder(self) -> IterativeSchurComplement:
        """The remainder at these templates."""
        assert isinstance(self.elimination.rest, IterativeSchurComplement)  # no other plan fills the engine
        return self.elimination.rest

    def covariances(self) -> Covariances:
        """Exact, by one factorization; NumericalError if the remainder is too large for it."""
        return exact_factorization(self.engine, self.T).covariances()

    def spread(self) -> Array:
        """Monte-Carlo covariance of `selected_sums`, the first factor first: (1 + F, 1 + F)."""
        return self.remainder.spread(1.0 / self.elimination.m**2)


class EstimatedFixed(Fixed):
    """The fixed part beside a log|V| that is estimated when first asked for."""

    def __init__(self, known: Fixed, factorization: IterativeFactorization) -> None:
        own = {name: getattr(known, name) for name in ("beta", "L_X", "r2", "logdet_XtVX")}
        self.__dict__.update(own, factorization=factorization)

    @cached_property
    def logdet_V(self) -> float:
        factorization: IterativeFactorization = self.__dict__["factorization"]
        return factorization.logdet_V


def check_iterative(incidence: Incidence) -> None:
    """ArgumentError if these factors are none for the iterative engine."""
    wide = [L for _, L in incidence.shapes if L > 1]
    if wide:
        raise ArgumentError(
            "engine='iterative' is for crossed factors with one scalar term each, such as (1 | g); here a factor has "
            f"{max(wide)} columns: leave engine= out, or give each factor one variance"
        )


def exact_factorization(engine: Engine, T: Sequence[Array]) -> ScalarsFactorization:
    """V at templates T with the remainder factorized; RemainderSizeError if it is too large."""
    return ScalarsPlan.of(engine.gram.incidence).fill(engine.gram).factorize(T)
