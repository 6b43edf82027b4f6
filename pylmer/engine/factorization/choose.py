"""Sums -> factorization: which engine, in one table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

import numpy as np

from ..sums.gram import Gram, Incidence
from ..sums.rows import Rows
from .contract import Engine, RemainderSizeError, SumsEngine

if TYPE_CHECKING:
    from .blocked import EliminationEngine, Plan

# Module of this package and its plan: the first that fits; one is imported when its turn comes
PLANS = (
    ("chain", "ChainPlan"),
    ("whole", "WholePlan"),
    ("chain_crossed", "ChainCrossedPlan"),
    ("scalars", "ScalarsPlan"),
    ("crossed", "CrossedPlan"),
)


def choose_engine(gram: Gram, rows: Rows | None, wanted: str = "auto") -> Engine:
    """The engine for these sums; "dense" is the oracle, for small n only, and needs the rows."""
    if wanted == "dense" and rows is not None:
        from .dense import DenseEngine  # the oracle is for comparisons

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
    if incidence.nested or any(L > 1 for _, L in incidence.shapes):
        return False
    from .chain_crossed import ChainCrossedPlan  # crossed scalar factors need these rooms
    from .schur_complement import exceeds
    from .sparse_schur_complement import too_full

    q = incidence.q - incidence.shapes[0][0]
    if not exceeds(q) or ChainCrossedPlan.fits(incidence):
        return False
    met = [np.bincount(pairs.first) for (f, _), pairs in incidence.pairs.items() if f == 0]
    return too_full(np.sum(met, axis=0), q)


def _iterative_engine(gram: Gram) -> Engine:
    """For crossed factors; nested ones, and one alone, leave no remainder to iterate on."""
    from .iterative.engine import IterativePlan  # few fits need this room

    return IterativePlan.of(gram.incidence).fill(gram)


def elimination_engine(gram: Gram) -> EliminationEngine:
    """The engine that eliminates these sums with the least work."""
    return elimination_plan(gram.incidence).fill(gram)


def elimination_plan(incidence: Incidence) -> Plan:
    """What such an engine knows whatever the values of its sums."""
    plans = (plan_class(*names) for names in PLANS)
    return next(plan for plan in plans if plan.fits(incidence)).of(incidence)


def plan_class(module: str, name: str) -> type[Plan]:
    """A plan of the table."""
    return cast("type[Plan]", getattr(import_module(f"{__package__}.{module}"), name))


def engine_to_share(engine: Engine) -> SumsEngine:
    """The engine itself, or one on its sums where it holds rows."""
    return engine.shared or elimination_engine(engine.gram)
