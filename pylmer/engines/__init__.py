"""Sums -> factorization: the plain dense oracle, the blocked engine, and one for variances of any size."""

from __future__ import annotations

from ..gram import Gram, Rows
from ..pls import Engine
from .between import BetweenEngine
from .blocked import BlockedEngine
from .dense import DenseEngine
from .orthogonal import OrthogonalEngine

__all__ = ["BetweenEngine", "BlockedEngine", "DenseEngine", "OrthogonalEngine", "choose_engine"]


def choose_engine(gram: Gram, rows: Rows, wanted: str = "auto") -> Engine:
    """The engine for these sums; "dense" is the oracle, for small n only."""
    return DenseEngine(gram, rows) if wanted == "dense" else BlockedEngine(gram)
