"""Arrays of many runs: rows are (n, r), what levels have (a, b, J, r), runs last, so that all arithmetic is along runs.

The levels of all runs are also one stack (Jr, a, b) of `numerics.stacks`, in the order of (J, r): the same numbers.
"""

from __future__ import annotations

import numpy as np

from ....numerics.linalg import Array


def stack(A: Array) -> Array:
    """(a, b, J, r) -> (Jr, a, b), levels last in memory."""
    return np.moveaxis(A.reshape(*A.shape[:2], A.shape[2] * A.shape[3]), -1, 0)


def unstack(A: Array, J: int) -> Array:
    """(Jr, a, b) -> (a, b, J, r)."""
    return np.moveaxis(A, 0, -1).reshape(*A.shape[1:], J, len(A) // J)


def column(A: Array) -> Array:
    """(a, J, r) -> (Jr, a, 1)."""
    return stack(A[:, None])


def effects(A: Array, J: int) -> Array:
    """(Jr, a, 1) -> (a, J, r)."""
    return unstack(A, J)[:, 0]


def at_levels(A: Array, J: int) -> Array:
    """A of each run (r, a, b) at all its levels: (Jr, a, b)."""
    last = np.moveaxis(A, 0, -1)
    return stack(np.repeat(last[:, :, None], J, axis=2))


def over_levels(A: Array, J: int) -> Array:
    """Sums over the levels of each run: (Jr, a, b) -> (r, a, b)."""
    return np.moveaxis(unstack(A, J).sum(axis=2), -1, 0)


def inner(A: Array, B: Array, J: int) -> Array:
    """sum over the levels of each run of A_j'B_j, for (Jr, l, a), (Jr, l, b): (r, a, b)."""
    return np.asarray(np.einsum("lajr,lbjr->rab", unstack(A, J), unstack(B, J)))


def runs_of(A: Array, runs: Array) -> Array:
    """Some of the runs of A (..., r), by their numbers in order: A itself if these are all."""
    return A if len(runs) == A.shape[-1] else A[..., runs]
