"""What Newton's method asks of a criterion: places to move between, and what it is like there.

A *place* is a point of the parameters' space with k local coordinates, such as the covariances of all random terms
(`Points`), alone or beside coefficients. An *objective* leads from a place to a `Trial`, of which the value is asked
first, and the `Evaluation` only where the value is low enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from ...numerics.linalg import Array, Mask


class AnyPlace(Protocol):
    """Where a criterion is looked at, in coordinates of its own; a step s is (k,)."""

    @property
    def size(self) -> int:
        """k, the number of coordinates."""

    @property
    def extent(self) -> float:
        """How large the parameters are, in the coordinates' units: about half of it is the first step's limit."""

    def moved(self, step: Array) -> Self:
        """The place after `step`, in coordinates of its own and inside the domain."""

    def shifted(self, step: Array) -> Self:
        """The place after `step`, still in these coordinates: scores there may be compared with the scores here."""

    def same_chart(self, other: Self) -> bool:
        """Whether second-order information at `other` speaks of the same coordinates."""


class SearchedPlace(AnyPlace, Protocol):
    """A place among which a search looks for the lowest minimum: some parameters may vanish."""

    def singular(self) -> bool:
        """Whether a covariance has lost a direction, or a correlation is at its limit."""

    def floored(self, floor: float) -> Self:
        """The place with every standard deviation at least `floor`."""

    def zeroed(self) -> Self:
        """The place with what has nearly vanished set to zero."""

    @property
    def kinks(self) -> Mask:
        """Coordinates (k,) that must be held, for the criterion has a kink where they are; nearly always none."""


P = TypeVar("P", bound=AnyPlace)
P_co = TypeVar("P_co", bound=AnyPlace, covariant=True)
E_co = TypeVar("E_co", covariant=True)


class Placed(Protocol[P_co]):
    """A trial or an evaluation, as far as it says where it is."""

    @property
    def place(self) -> P_co: ...


@dataclass(frozen=True, eq=False)
class Evaluation(Generic[P]):
    """A criterion at one place, in the place's coordinates: all that a descent keeps of it.

    gradient (k,) the score;  information (k, k) a Hessian, exact or averaged
    noise  how far rounding may move the value
    """

    place: P
    value: float
    gradient: Array
    information: Array
    noise: float


class Trial(Protocol[E_co]):
    """A criterion at one place, computed as far as it is asked for: it may hold large arrays."""

    @property
    def value(self) -> float:
        """The criterion; NumericalError where it is not finite."""

    @property
    def gradient(self) -> Array:
        """The score (k,) in the coordinates of the place."""

    def evaluation(self) -> E_co:
        """Value, score and information, without what is large."""
