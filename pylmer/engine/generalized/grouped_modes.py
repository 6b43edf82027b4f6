"""Conditional modes of one grouping factor: `modes` in arrays of all levels, levels last, in few calls."""

from __future__ import annotations

from dataclasses import dataclass

from ...numerics.linalg import Array, inner
from .grouped import GroupedStructure
from .modes import Modes, ModeSearch, hushed_state


@dataclass(frozen=True, eq=False)
class GroupedSearch(ModeSearch):
    """D + |u|^2 of the rows of a `GroupedStructure`."""

    structure: GroupedStructure

    def at(self, u: list[Array], passes: int) -> Modes | None:
        T, (own,) = self.T[0], u
        b = own * T[0, 0] if len(T) == 1 else (T @ own.T).T
        eta = self.structure.of_levels(b.T)
        eta += self.fixed
        rows = hushed_state(self.responses, eta)
        return None if rows is None else Modes(u, [b], self.fixed, rows, inner(own, own), passes)
