"""How many threads a factorization wakes.

OpenBLAS wakes all its threads for matrices of a hundred columns, and they look for more work for some 20 ms after each
call: below WORTH columns that costs more than it gives, and on a machine that is busy with other work, where the
threads wait for each other, many times the call itself. Where `threadpoolctl` is installed (`pip install
pylmer[threads]`) such calls keep to one thread; without it BLAS does as it likes.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from threading import Lock
from typing import Any

ALONE = 30  # columns up to which BLAS keeps to one thread by itself, on rows taken some at a time
WORTH = 2_500  # columns from which a second thread gives more than it costs


def threads_for(columns: int, rows: int = 0) -> AbstractContextManager[None]:
    """Where factorizations and products of matrices with so many columns are done: square ones, or with more rows.

    >>> import numpy as np
    >>> with threads_for(1_000):
    ...     float(np.linalg.cholesky(np.eye(1_000)).trace())
    1000.0
    """
    small = columns > ALONE and max(rows, columns) * columns**2 < WORTH**3
    return _one_thread if small else nullcontext()


class OneThread(AbstractContextManager[None]):
    """BLAS with one thread, for as long as somebody is inside: fits in several Python threads share it."""

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0
        self.before: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                known = ((library, library.num_threads) for library in libraries())
                self.before = [(library, threads) for library, threads in known if threads > 1]
                for library, _ in self.before:
                    library.set_num_threads(1)
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                for library, threads in self.before:
                    library.set_num_threads(threads)


@cache
def libraries() -> tuple[Any, ...]:
    """What sets the threads of each BLAS that is loaded; none without threadpoolctl."""
    try:
        from threadpoolctl import ThreadpoolController  # an extra, and few fits need it
    except ImportError:
        return ()
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


_one_thread = OneThread()
