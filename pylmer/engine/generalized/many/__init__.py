"""Many responses of one generalized design solved at once: one grouping factor, Laplace's criterion.

In: a criterion, the optimum of its own response, responses (n, R).
Out: where each is smallest; those that must be solved one by one are named.
Must not know: labels, formulas, printing.
"""

from __future__ import annotations

from .criteria import solvable
from .hessian import beta_covariances, hessian_at
from .solve import Solved, solve_together

__all__ = ["Solved", "beta_covariances", "hessian_at", "solvable", "solve_together"]
