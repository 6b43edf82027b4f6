"""The remainder of crossed scalar factors at given templates: S (q, q), d (q,) on the diagonal of Lambda.

    M = I + d S d,   K_R = d M^-1 d

By dense arithmetic (`dense_schur_complement`) or by sparse (`sparse_schur_complement`). Both give the same things, and
the parts of the adjoint that the largest factor needs. A plan is what does not depend on the values of the sums, which
fill it in.
"""

from __future__ import annotations

from typing import Protocol

from ...numerics.linalg import Array
from .contract import RemainderSizeError

WELL_CONDITIONED = 1e-3  # templates above this may be divided by
COLUMNS_AT_ONCE = 128
COSTLY_REMAINDER = 1_000  # columns of a dense remainder from which a value takes seconds
ESTIMABLE_REMAINDER = 2_500  # ... from which the iterative engine finds theta sooner than a value takes
REMAINDER_LIMIT = 40_000  # columns of the dense remainder: beyond this it needs more than 12 GB


def exceeds(q: int) -> bool:
    """Whether a dense remainder of q effects is too large."""
    return q > REMAINDER_LIMIT


def check_remainder(q: int) -> None:
    """RemainderSizeError if a dense remainder of q effects is too large."""
    if exceeds(q):
        raise RemainderSizeError(
            f"crossed factors leave {q} random effects beside the largest factor, and {REMAINDER_LIMIT} can be "
            "factorized; lmer's iterative engine goes beyond that, with one scalar term such as (1 | g) for each factor"
        )


class RemainderPlan(Protocol):
    """What a remainder has whatever the values of C and A, which fill it in."""

    def fill(self, C: Array, A: Array) -> RemainderSums:
        """From the values at the patterns of C and A."""


class RemainderSums(Protocol):
    """Values of a remainder before the elimination."""

    @property
    def kind(self) -> str:
        """Of arithmetic, in words."""

    @property
    def dense(self) -> bool:
        """Whether the arithmetic is dense."""

    def at(self, k: Array, d: Array) -> SchurComplement:
        """The remainder at given templates."""


class SchurComplement(Protocol):
    """S and d at given templates."""

    @property
    def logdet_M(self) -> float:
        """log|M|."""

    def half_solves(self, c: Array) -> list[Array]:
        """Stacks (q, 1, k) of which `inner` makes c_1'd M^-1 d c_2."""

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        """c_1'd M^-1 d c_2 (k_1, k_2) from the halves of c_1 and c_2."""

    def solve(self, c: Array) -> Array:
        """M^-1 d c for c (q, k)."""

    def S_times(self, B: Array) -> Array:
        """S B for B (q, k)."""

    @property
    def selected(self) -> tuple[Array, Array, Array]:
        """c_j'K_R c_j of the first factor's rows c_j (J,), the diagonal of K_R (q,), and that of S - S K_R S (q,)."""

    def selected_sums(self, weights: Array) -> tuple[float, Array]:
        """sum over j of weights_j c_j'K_R c_j, and the diagonal of S - S K_R S (q,), if need be without `selected`."""

    def covariances(self) -> tuple[Array, Array]:
        """C K_R at the non-zeros of C, and K_R at those of A."""
