"""An engine that is made when something first asks for its numbers: the sums are large, and many fits never do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from ...numerics.linalg import Array
from ..sums.gram import Gram
from .contract import Engine, Factorization, SumsEngine


class DeferredEngine:
    """The engine that `make` gives for `arguments`; a pickle holds these, and not what was made."""

    name = "blocked"
    costly = True
    estimable = False
    nested = False
    far = False

    def __init__(self, make: Callable[..., Engine], *arguments: Any) -> None:
        self.make, self.arguments = make, arguments

    def __getstate__(self) -> dict[str, Any]:
        return {"make": self.make, "arguments": self.arguments}

    @cached_property
    def made(self) -> Engine:
        """The engine itself."""
        return self.make(*self.arguments)

    @property
    def gram(self) -> Gram:
        """The sums that the engine works on."""
        return self.made.gram

    @property
    def shared(self) -> SumsEngine | None:
        """See `contract.Engine`."""
        return self.made.shared

    @property
    def route(self) -> str:
        """How the engine goes about it and why, in words."""
        return self.made.route

    def rounding(self, r2: float) -> float:
        """Relative rounding error of r2, in units of the machine's precision."""
        return self.made.rounding(r2)

    def factorize(self, T: Sequence[Array]) -> Factorization:
        return self.made.factorize(T)

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        return self.made.ZtZ_times(s)

    def combined(self, M: Array) -> Engine:
        return self.made.combined(M)
