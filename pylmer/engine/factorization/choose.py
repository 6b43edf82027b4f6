"""Sums -> factorization: which engine, in one table."""

from __future__ import annotations

import numpy as np

from ..sums.gram import Gram, Incidence
from ..sums.rows import Rows
from .blocked import EliminationEngine, Plan
from .chain import ChainPlan
from .contract import Engine, SumsEngine
from .crossed import CrossedPlan
from .dense import DenseEngine
from .scalars import ScalarsPlan
from .schur_complement import RemainderSizeError, exceeds
from .sparse_schur_complement import too_full
from .whole import WholePlan

PLANS: tuple[type[Plan], ...] = (ChainPlan, WholePlan, ScalarsPlan, CrossedPlan)  # the first that fits


def choose_engine(gram: Gram, rows: Rows | None, wanted: str = "auto") -> Engine:
    """The engine for these sums; "dense" is the oracle, for small n only, and needs the rows."""
    if wanted == "dense" and rows is not None:
        return DenseEngine(gram, rows)
    if wanted == "iterative" and not gram.incidence.nested:
        return _iterative_engine(gram)
    if wanted == "auto" and _beyond_elimination(gram.incidence):
        return _iterative_engine(gram)
    try:
        return elimination_engine(gram)
    except RemainderSizeError:
        if wanted == "blocked" or any(L > 1 for _, L in gram.incidence.shapes):
            raise
        return _iterative_engine(gram)


def _beyond_elimination(incidence: Incidence) -> bool:
    """Whether crossed scalar factors are seen at once to leave a remainder that is too large and not sparse."""
    J, q = incidence.shapes[0][0], incidence.q - incidence.shapes[0][0]
    if not exceeds(q) or any(L > 1 for _, L in incidence.shapes):
        return False
    met = [np.bincount(pairs.first, minlength=J) for (f, _), pairs in incidence.pairs.items() if f == 0]
    return too_full(np.sum(met, axis=0), q)


def _iterative_engine(gram: Gram) -> Engine:
    """For crossed factors; nested ones, and one alone, leave no remainder to iterate on."""
    from .iterative.engine import IterativePlan  # late: a room that few fits need

    return IterativePlan.of(gram.incidence).fill(gram)


def elimination_engine(gram: Gram) -> EliminationEngine:
    """The engine that eliminates these sums with the least work."""
    return elimination_plan(gram.incidence).fill(gram)


def elimination_plan(incidence: Incidence) -> Plan:
    """What such an engine knows whatever the values of its sums."""
    return next(plan for plan in PLANS if plan.fits(incidence)).of(incidence)


def engine_to_share(engine: Engine) -> SumsEngine:
    """The engine itself, or one on its sums where it holds rows."""
    return engine.shared or elimination_engine(engine.gram)
