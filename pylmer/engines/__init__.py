"""Sums -> factorization: the plain dense oracle and the blocked engine."""

from __future__ import annotations

from ..gram import Gram, Rows
from ..pls import Engine
from .blocked import BlockedEngine
from .dense import DenseEngine

__all__ = ["BlockedEngine", "DenseEngine", "choose_engine"]


def choose_engine(gram: Gram, rows: Rows, wanted: str = "auto") -> Engine:
    """The engine for these sums; "dense" is the oracle, for small n only."""
    return DenseEngine(gram, rows) if wanted == "dense" else BlockedEngine(gram)
