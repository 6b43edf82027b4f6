"""Many responses of one design solved at once, on shared sums: only y is new (see `solve`).

In: one design's sums and responses (n, runs).
Out: estimates and optima, a run each.
Must not know: labels, formulas, printing.
"""

from __future__ import annotations

from .few_effects import stackable
from .one_response import widened_search
from .responses import blurred_responses, response_sums, weighted_columns
from .sensitivities import Sensitivities, sensitivities
from .solve import Optima, Problem, modes, solve_all

__all__ = [
    "Optima",
    "Problem",
    "Sensitivities",
    "blurred_responses",
    "modes",
    "response_sums",
    "sensitivities",
    "solve_all",
    "stackable",
    "weighted_columns",
    "widened_search",
]
