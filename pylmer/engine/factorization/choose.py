"""Sums -> factorization: which engine, in one table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from ..sums.gram import Gram, Incidence
from ..sums.rows import Rows
from .contract import Engine, SumsEngine

if TYPE_CHECKING:
    from .blocked import EliminationEngine, Plan

# Module of this package and its plan: the first that fits; one is imported when its turn comes
PLANS = (
    ("chain", "ChainPlan"),
    ("whole", "WholePlan"),
    ("scalars", "ScalarsPlan"),
    ("crossed", "CrossedPlan"),
)


def choose_engine(gram: Gram, rows: Rows, wanted: str = "auto") -> Engine:
    """The engine for these sums; "dense" is the oracle, for small n only."""
    if wanted != "dense":
        return elimination_engine(gram)
    from .dense import DenseEngine  # the oracle is for comparisons

    return DenseEngine(gram, rows)


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
