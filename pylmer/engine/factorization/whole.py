"""Few random effects at given templates: no elimination at all, one dense matrix of all of them.

With A = Z'Z (q, q) and Lambda the templates on its diagonal,

    M = I + Lambda'A Lambda = L L',   B = L^-1 Lambda',   K = B'B = Lambda M^-1 Lambda',   N = I - A K

so Z'V^-1 r = N Z'r and Z'V^-1 Z = N A. For small crossed designs this is less work than to administer an elimination.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...numerics.linalg import Array, Codes, cholesky_of_one, inverse_of_lower, log_diagonal
from ...numerics.stacks import inner_products
from ..sums.gram import Gram, Incidence
from .blocked import EliminationEngine, Plan
from .contract import Covariances
from .layout import Layout, joined

FEW = 60  # random effects up to which one dense matrix of all is less work than an elimination


@dataclass(frozen=True, eq=False)
class WholePlan(Plan):
    """numbers (q, q): where in the row of values each entry of Z'Z stands, behind its end where there is none."""

    layout: Layout
    numbers: Codes

    @classmethod
    def fits(cls, incidence: Incidence) -> bool:
        return incidence.q <= FEW

    @classmethod
    def of(cls, incidence: Incidence) -> WholePlan:
        layout = Layout(incidence.shapes)
        own, between = incidence.places
        numbers = np.full((layout.q, layout.q), incidence.count)
        for f, places in enumerate(own):
            rows, columns = layout.within(f)
            numbers[rows, columns] = places
        for (f, g), places in between.items():
            rows, columns = layout.between(f, g, incidence.pairs[f, g])
            numbers[rows, columns] = numbers[columns, rows] = places
        return cls(incidence, layout, numbers)

    def fill(self, gram: Gram) -> WholeEngine:
        return WholeEngine(gram, self, np.append(gram.values, 0.0)[self.numbers])


@dataclass(frozen=True, eq=False)
class WholeEngine(EliminationEngine):
    """Crossed factors with few effects. A (q, q) is Z'Z."""

    plan: WholePlan
    A: Array

    stackable: ClassVar[bool] = True

    @property
    def layout(self) -> Layout:
        """Where the effects of each factor stand."""
        return self.plan.layout

    @property
    def route(self) -> str:
        return f"crossed grouping factors with few effects: all {len(self.A)} in one dense matrix"

    def eliminated(self, T: list[Array]) -> Whole:
        return Whole(self.plan, self.A, T)

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        return self.layout.split(self.A @ joined(s))


class Whole:
    """A (q, q), effects in the order of the factors; T per factor (L, L)."""

    def __init__(self, plan: WholePlan, A: Array, T: list[Array]) -> None:
        self.plan, self.layout = plan, plan.layout
        self.A, self.Lambda = A, self.layout.block_diagonal(T)
        chol = cholesky_of_one(np.eye(len(A)) + self.Lambda.T @ A @ self.Lambda)
        self.inverse = inverse_of_lower(chol)
        self.B = self.inverse @ self.Lambda.T
        self.logdet_V = 2 * log_diagonal(chol)

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Z'c per factor (J, L, k) -> the same, and their half solves B c."""
        return list(columns), [(self.B @ joined(columns))[:, None]]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        """c_1'Z Sigma (I + Z'Z Sigma)^-1 Z'c_2 from the half solves of `forward`."""
        return inner_products(one, two)

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        """u, b and Z'V^-1 r of right-hand sides Z'r."""
        c = joined(reduced)
        u = self.inverse.T @ (self.B @ c)
        b = self.Lambda @ u
        return self.layout.split(u), self.layout.split(b), self.layout.split(c - self.A @ b)

    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]:
        """See `pls.Factorization.selected_inverse`."""
        K = self.B.T @ self.B
        AB, c = self.A @ self.B.T, joined(reduced)
        Kc, N_c = K @ c, c - AB @ (self.B @ c)
        D, E = self.A - AB @ AB.T - (N_c @ S) @ N_c.T, K + (Kc @ S) @ Kc.T
        return self.layout.blocks(D), self.layout.blocks(E)

    def covariances(self) -> Covariances:
        """See `pls.Factorization.covariances`."""
        return self.layout.picked(self.B.T @ self.B, self.plan.incidence.pairs)
