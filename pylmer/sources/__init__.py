"""Rows from anywhere -> sums: files, tables of other libraries, batches that never were in memory together.

In: a formula, and a table that can be read again and again, or parts of one, here or on other machines.
Out: `Plan` (what every part is read by), `PlanSums` (sums that add, with their labels and facts), and of these the
     meaning of a model and its Gram.
Must not know: criteria, fits, printing.
"""

from __future__ import annotations

from .opened import opened
from .plan import Plan
from .plan_sums import PlanSums
from .planned import PlannedSums, check_planned, model_of_table, plan_of
from .streamed import Streamed, Summed
from .tables import Table

__all__ = [
    "Plan",
    "PlanSums",
    "PlannedSums",
    "Streamed",
    "Summed",
    "Table",
    "check_planned",
    "model_of_table",
    "opened",
    "plan_of",
]
