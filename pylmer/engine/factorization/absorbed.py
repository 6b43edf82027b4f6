"""A wide factor D among the fixed effects, eliminated like a grouping factor: a random effect of infinite variance.

Of V + t^2 D D' with t beyond all that matters nothing but P_D = V^-1 - V^-1 D (D'V^-1D)^-1 D'V^-1 is left, and
log|V + t^2 D D'| is log|V| + log|D'V^-1D| + 2 d log t to the last digit: REML's criterion with D among the fixed
effects (Harville 1976). What ML asks of V itself is asked of the same sums without D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from ...numerics.linalg import Array, chunks
from ..sums.absorbed import AbsorbedColumns, AbsorbedSums
from ..sums.gram import Gram
from .blocked import EliminationEngine
from .choose import elimination_engine
from .contract import Covariances, Factorization, Fixed, IncidentRows, SummedBlocks

INFINITE = 1e10  # the template of D, whose columns are of length one by the row
COLUMNS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class AbsorbedEngine:
    """extended: the sums with D as their last random term; plain: without it. `gram` has the columns beside D alone.

    For REML V^-1 means P_D and log|V| has log|D'V^-1D| with it wherever the contract speaks of them, and the number of
    rows of `gram` is n - d, so that n - p is what it is for all columns.
    """

    extended: EliminationEngine
    plain: EliminationEngine
    gram: Gram
    columns: AbsorbedColumns
    REML: bool
    estimates: bool = False

    name: ClassVar[str] = "absorbed"
    costly: ClassVar[bool] = True
    nested: ClassVar[bool] = False
    far: ClassVar[bool] = False
    shared: ClassVar[None] = None

    @classmethod
    def of(cls, sums: AbsorbedSums, REML: bool) -> AbsorbedEngine:
        """The engine for sums with an absorbed factor."""
        d = len(sums.columns.disjoint) if REML else 0
        gram = replace(sums.gram, n=sums.gram.n - d)
        return cls(elimination_engine(sums.extended), elimination_engine(gram), gram, sums.columns, REML)

    @property
    def route(self) -> str:
        """How the engine goes about it and why, in words."""
        d = len(self.columns.disjoint)
        return f"a wide factor ({d} columns) among the fixed effects is absorbed: {self.extended.route}"

    @property
    def estimable(self) -> bool:
        """Whether the iterative engine finds theta sooner than one value of this one is computed."""
        return self.extended.costly and all(sums.L == 1 for sums in self.gram.factors)

    def estimating(self, extended: EliminationEngine) -> AbsorbedEngine:
        """The same by an engine of the extended sums that estimates scores, and no criterion."""
        return replace(self, extended=extended, estimates=True)

    def rounding(self, r2: float) -> float:
        """Relative rounding error of r2, in units of the machine's precision."""
        return self.plain.rounding(r2)

    def factorize(self, T: Sequence[Array]) -> AbsorbedFactorization:
        return AbsorbedFactorization(self, list(T))

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        return self.plain.ZtZ_times(s)

    def combined(self, M: Array) -> AbsorbedEngine:
        extended, plain = self.extended.combined(M), self.plain.combined(M)
        return replace(self, extended=extended, plain=plain, gram=plain.gram)

    @cached_property
    def places(self) -> list[int]:
        """Where each factor of `gram` stands among those of the extended sums."""
        terms = [sums.terms for sums in self.extended.gram.factors]
        return [terms.index(sums.terms) for sums in self.gram.factors]

    @cached_property
    def place(self) -> int:
        """Where D stands among the factors of the extended sums."""
        return next(f for f in range(len(self.extended.gram.factors)) if f not in self.places)

    def own(self, parts: Sequence[Array]) -> list[Array]:
        """Of something per factor of the extended sums what belongs to those of `gram`."""
        return [parts[f] for f in self.places]

    def extend(self, parts: Sequence[Array], of_D: Array) -> list[Array]:
        """Something per factor of `gram`, and of D, as the extended sums have it."""
        out = [of_D] * (len(parts) + 1)
        for f, part in zip(self.places, parts, strict=True):
            out[f] = part
        return out


class AbsorbedFactorization(SummedBlocks):
    """V at given templates, D absorbed; see `AbsorbedEngine` and `contract.Factorization`."""

    def __init__(self, engine: AbsorbedEngine, T: list[Array]) -> None:
        self.engine, self.T = engine, T
        self.extended: Factorization = engine.extended.factorize([*T, np.full((1, 1), INFINITE)])

    @cached_property
    def plain(self) -> Factorization:
        """V without D."""
        return self.engine.plain.factorize(self.T)

    @cached_property
    def logdet_V(self) -> float:
        """log|V|, for REML with log|D'V^-1D| of D as X has it, and what turns X'V^-1X into the columns of `gram`."""
        if not self.engine.REML:
            return self.plain.logdet_V
        return self.plain.logdet_V + self.logdet_D

    @property
    def logdet_D(self) -> float:
        """log|D'V^-1D|, so that with log|X2'P_D X2| and log|R2|^2 it makes log|X'V^-1X|."""
        columns = self.engine.columns
        infinite = 2 * len(columns.disjoint) * float(np.log(INFINITE))
        own = 2 * float(np.log(np.diag(columns.R2)).sum())
        return self.extended.logdet_V - self.plain.logdet_V - infinite + columns.logdet - own

    @cached_property
    def fixed(self) -> Fixed:
        own = self.extended.fixed
        logdet_V = np.nan if self.engine.estimates else self.logdet_V
        return Fixed(own.beta, own.L_X, own.r2, logdet_V, own.logdet_XtVX)

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        u, b, g = (self.engine.own(part) for part in self.extended.modes(v))
        return u, b, g

    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        if not S.any():
            return self.plain.selected_inverse(S)
        D, E = (self.engine.own(part) for part in self.extended.selected_inverse(S))
        return D, E

    def selected_sums(self, S: Array) -> list[Array]:
        if not S.any():
            return self.plain.selected_sums(S)
        return self.engine.own(self.extended.selected_sums(S))

    def solve(self, c: Sequence[Array]) -> list[Array]:
        return self.plain.solve(c)

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        return self.extended.products(self.engine.extend(s, self._zeros(s[0].shape[2])))

    def covariances(self) -> Covariances:
        return self.plain.covariances()

    def leverages(self, rows: IncidentRows) -> Array:
        return rows.quadratic(*self.covariances())

    def _zeros(self, k: int) -> Array:
        return np.zeros((len(self.engine.columns.disjoint), 1, k))

    def beta(self) -> Array:
        """Coefficients of all columns of X (p,), in the user's units."""
        of_X = self.extended.fixed.beta
        of_D = self.extended.modes(np.append(-of_X, 1.0)[:, None])[1][self.engine.place]
        return self.engine.columns.coefficients(of_D[:, 0, 0], of_X)

    def Phi(self) -> Array:
        """(X'V^-1X)^-1 (p, p) of all columns of X, in the user's units.

        Of [D2 X2] it is [[W + G F G', -G F], [-F G', F]], W = (D2'V^-1D2)^-1, G = W D2'V^-1X2, F = (X2'P_D X2)^-1.
        """
        columns, engine = self.engine.columns, self.engine
        F, r = self.extended.fixed.Phi, len(columns.others)
        G = self.extended.modes(np.eye(r + 1)[:, :r])[1][engine.place][:, 0]
        half = np.linalg.cholesky(F)
        X2 = np.linalg.inv(columns.R2) @ half / columns.unit_B
        turned = columns.turned(-(G @ half) / columns.unit_D, X2)
        out = turned @ turned.T
        disjoint, scale = columns.disjoint, 1 / (columns.lengths * columns.unit_D)
        for at in chunks(len(disjoint), COLUMNS_AT_ONCE):
            W = self._columns_of_W(at) * scale[:, None] * scale[at]
            out[disjoint[:, None], disjoint[at]] += W
        return out

    def _columns_of_W(self, at: slice) -> Array:
        """Some columns of (D2'V^-1D2)^-1: (d, columns)."""
        width = at.stop - at.start
        c = self._zeros(width)
        c[np.arange(at.start, at.stop), 0, np.arange(width)] = 1.0
        others = [np.zeros((sums.J, sums.L, width)) for sums in self.engine.gram.factors]
        return self.extended.solve(self.engine.extend(others, c))[self.engine.place][:, 0]
