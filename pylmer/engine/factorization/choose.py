"""Sums -> factorization: the plain dense oracle, the blocked engine, and one for variances of any size."""

from __future__ import annotations

from ..sums.gram import Gram
from ..sums.rows import Rows
from .blocked import BlockedEngine
from .contract import Engine
from .dense import DenseEngine


def choose_engine(gram: Gram, rows: Rows, wanted: str = "auto") -> Engine:
    """The engine for these sums; "dense" is the oracle, for small n only."""
    return DenseEngine(gram, rows) if wanted == "dense" else BlockedEngine(gram)
