"""Elimination of levels in b-space, from sums only (design.md section 4, engine.md section 1): what all ways share.

Nested factors form a chain (`chain`); as soon as two factors are crossed, the largest is eliminated level by level and
all others form one remainder (`crossed`, `scalars`). A few crossed effects are taken all at once (`whole`). Each of
these engines is a plan, found once from which levels meet, and values, which other row weights fill in again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Protocol, TypeVar

from ...errors import NumericalError
from ...numerics.linalg import Array
from ...numerics.stacks import inner_products, product
from ..sums.gram import Gram, Incidence
from .contract import Covariances, Fixed, IncidentRows, SummedBlocks

Same = TypeVar("Same", bound="EliminationEngine")


class Elimination(Protocol):
    """Chain, Whole, CrossedScalars or Crossed: all factors at given templates."""

    @property
    def logdet_V(self) -> float: ...

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]: ...

    def inner(self, one: list[Array], two: list[Array]) -> Array: ...

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]: ...

    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]: ...

    def covariances(self) -> Covariances: ...


class EliminationFactorization(SummedBlocks):
    """V at given templates, through an elimination; see `pls.Factorization`."""

    def __init__(self, engine: EliminationEngine, elimination: Elimination) -> None:
        self.engine, self.elimination = engine, elimination

    @property
    def logdet_V(self) -> float:
        return self.elimination.logdet_V

    @cached_property
    def _forward(self) -> tuple[list[Array], list[Array]]:
        """Z'[X y] as the elimination leaves it, and its half solves."""
        return self.elimination.forward([f.ZtXy for f in self.engine.gram.factors])

    @property
    def half_solves(self) -> list[Array]:
        """Half solves of Z'[X y]."""
        return self._forward[1]

    @cached_property
    def reduced_Xy(self) -> Array:
        """[X y]'V^-1[X y] (p + 1, p + 1)."""
        return self.engine.gram.XytXy - self.elimination.inner(self.half_solves, self.half_solves)

    @cached_property
    def fixed(self) -> Fixed:
        return Fixed.solved(self.reduced_Xy, self.logdet_V)

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        return self.elimination.backward([product(c, v) for c in self._forward[0]])

    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        return self.elimination.selected_inverse(self._forward[0], S)

    def solve(self, c: Sequence[Array]) -> list[Array]:
        return self.elimination.backward(self.elimination.forward(c)[0])[1]

    def effects(self, c: Sequence[Array]) -> list[Array]:
        """u = (I + T'AT)^-1 T'c for c per factor (J, L, k)."""
        return self.elimination.backward(self.elimination.forward(c)[0])[0]

    def answered(self, c: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """K c and c - Z'Z K c = Z'V^-1 of what c are the sums of, for c per factor (J, L)."""
        s = self.solve([each[:, :, None] for each in c])
        left = [one - two[:, :, 0] for one, two in zip(c, self.engine.ZtZ_times(s), strict=True)]
        return [each[:, :, 0] for each in s], left

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        gram, inner = self.engine.gram, self.elimination.inner
        ZtW = self.engine.ZtZ_times(s)
        _, half_solves = self.elimination.forward(ZtW)
        X_halves = [h[:, :, : gram.p] for h in self.half_solves]
        XtW = inner_products([f.ZtXy[:, :, : gram.p] for f in gram.factors], s)
        return inner_products(s, ZtW) - inner(half_solves, half_solves), XtW - inner(X_halves, half_solves)

    def covariances(self) -> Covariances:
        return self.elimination.covariances()

    def leverages(self, rows: IncidentRows) -> Array:
        return rows.quadratic(*self.covariances())


@dataclass(frozen=True, eq=False)
class Plan(ABC):
    """What an engine knows of its sums whatever their values: `of` finds it once, `fill` makes engines of it."""

    incidence: Incidence

    @classmethod
    @abstractmethod
    def fits(cls, incidence: Incidence) -> bool:
        """Whether sums with these levels can be eliminated in this way."""

    @classmethod
    @abstractmethod
    def of(cls, incidence: Incidence) -> Plan:
        """The plan for sums with these levels."""

    @abstractmethod
    def fill(self, gram: Gram) -> EliminationEngine:
        """The engine of sums with the levels of the plan."""


@dataclass(frozen=True, eq=False)
class EliminationEngine(ABC):
    """Sums -> factorization by elimination of levels; see `pls.SumsEngine`."""

    gram: Gram
    plan: Plan

    name: ClassVar[str] = "blocked"
    nested: ClassVar[bool] = False
    far: ClassVar[bool] = False
    stackable: ClassVar[bool] = False

    @abstractmethod
    def eliminated(self, T: list[Array]) -> Elimination:
        """All factors at templates T, one (L, L) per factor."""

    @abstractmethod
    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        """Z'Z s for s per factor (J, L, k)."""

    @property
    @abstractmethod
    def route(self) -> str:
        """How the factors are eliminated, in words."""

    @property
    def costly(self) -> bool:
        """Whether one value takes seconds."""
        return False

    @property
    def estimable(self) -> bool:
        """Whether the iterative engine finds its theta sooner than one value of this one is computed."""
        return False

    @property
    def shared(self: Same) -> Same:
        """The engine itself: it holds sums alone."""
        return self

    def rounding(self, r2: float) -> float:
        """Relative rounding error of r2, in units of the machine's precision: sums lose what they subtract."""
        return float(self.gram.XytXy[-1, -1]) / r2

    def reduced_at(self, T: Sequence[Array]) -> tuple[Array, Array] | None:
        """[X y]'V^-1[X y] and log|V| at several templates at once, where that is less work; see `contract`."""
        return None

    def factorize(self, T: Sequence[Array]) -> EliminationFactorization:
        return EliminationFactorization(self, self.eliminated(self.gram.factor_templates(T)))

    def combined(self: Same, M: Array) -> Same:
        return self.sharing(self.gram.combined(M))

    def sharing(self: Same, gram: Gram) -> Same:
        """The engine of sums that differ in [X y] alone: what belongs to Z is shared."""
        return replace(self, gram=gram)

    def refilled(self, gram: Gram) -> EliminationEngine:
        """The engine of sums with other row weights; NumericalError if they have other levels, or other pairs."""
        if not self.plan.incidence.same(gram.incidence):
            raise NumericalError("these sums have other levels, or pairs of levels, than those the engine was made for")
        return self.plan.fill(gram)
