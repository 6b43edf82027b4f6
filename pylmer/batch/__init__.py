"""Many responses of one design solved at once, on shared sums: only y is new (see `solve`)."""

from __future__ import annotations

from .responses import response_sums, weighted_columns
from .solve import STACKED, Optima, Problem, modes, solve_all

__all__ = ["STACKED", "Optima", "Problem", "modes", "response_sums", "solve_all", "weighted_columns"]
