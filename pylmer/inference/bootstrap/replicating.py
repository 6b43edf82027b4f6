"""Responses in, replicates out: in batches, with a progress bar, in parallel if wanted, and stopped without loss."""

from __future__ import annotations

import multiprocessing
import operator
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ...errors import ArgumentError, Interrupted, note
from ...extract import NamedVector
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.many_fits import refit_all, solved_together
from ...numerics.linalg import Array
from ...simulation.drawing import check_room
from ...text.progress import progress_bar
from .record import BootMer
from .statistics import Piece, Statistic

TOGETHER = 1_000  # replicates in one batch at most ...
CELLS = 4_000_000  # ... and numbers in their responses
ALONE = 20  # replicates in one batch where they are solved one after the other
Result = TypeVar("Result")
PARALLEL = ("no", "multicore", "snow")


@dataclass(eq=False)
class Replicates:
    """What has been gathered so far: t (nsim, k), the first `done` rows filled."""

    t: Array
    done: int = 0
    n_singular: int = 0
    failures: dict[int, str] = field(default_factory=dict)

    def take(self, piece: Piece, n_singular: int) -> None:
        """Add the numbers of the next replicates."""
        self.n_singular += n_singular
        self.failures |= {self.done + r - piece.start: why for r, why in piece.failures.items()}
        self.t[self.done : self.done + len(piece.values)] = piece.values
        self.done += len(piece.values)


@dataclass(frozen=True)
class Execution:
    """How the work is done: `parallel` on `ncpus` processes, whether a bar is shown, and words for it."""

    progress: bool | None = None
    parallel: str = "no"
    ncpus: int = 1
    what: str = "bootstrap"

    @property
    def serial(self) -> bool:
        """In this process alone."""
        return self.parallel == "no" or self.ncpus == 1

    def __post_init__(self) -> None:
        if self.parallel not in PARALLEL:
            raise ArgumentError(f"parallel={self.parallel!r}: wanted one of {', '.join(map(repr, PARALLEL))}")
        if self.parallel == "multicore" and "fork" not in multiprocessing.get_all_start_methods():
            raise ArgumentError('parallel="multicore" needs processes that fork; use parallel="snow" on this system')
        try:
            if operator.index(self.ncpus) < 1:
                raise TypeError
        except TypeError:
            raise ArgumentError(f"ncpus must be a whole number from 1, found {self.ncpus!r}") from None


def replicate(
    fit: FittedModel | GeneralizedFittedModel, draw: Callable[[int], Array], read: Statistic, nsim: int, how: Execution
) -> Iterator[tuple[Piece, int]]:
    """Pieces of numbers, and the count of singular fits among them; `draw(m)` gives m responses (n, m)."""
    draws = (draw(size) for size in batch_sizes(fit, nsim))
    if how.serial:
        for Y in draws:  # piece by piece, so that nothing is lost when a slow FUN is interrupted
            yield from _pieces((fit, read), Y)
        return
    for found in mapped(_listed, draws, how, (fit, read)):
        yield from found


def _pieces(shared: tuple[FittedModel | GeneralizedFittedModel, Statistic], Y: Array) -> Iterator[tuple[Piece, int]]:
    """The numbers of a batch, the count of singular fits with the first of them."""
    fit, read = shared
    batch = refit_all(fit, Y)
    n_singular = int(batch.singular.sum())
    for piece in read.pieces(batch):
        yield piece, n_singular
        n_singular = 0


def _listed(shared: tuple[FittedModel, Statistic], Y: Array) -> list[tuple[Piece, int]]:
    return list(_pieces(shared, Y))


def batch_sizes(fit: FittedModel | GeneralizedFittedModel, nsim: int) -> list[int]:
    """How many replicates are drawn and solved at a time."""
    most = max(1, min(TOGETHER if solved_together(fit) else ALONE, CELLS // fit.design.n))
    return [min(most, nsim - start) for start in range(0, nsim, most)]


def mapped(
    function: Callable[[Any, Array], Result], draws: Iterable[Array], how: Execution, shared: Any
) -> Iterator[Result]:
    """`function(shared, Y)` in order; on several processes each Y (n, m) is shared out: the draws are the same."""
    if how.serial:
        yield from (function(shared, Y) for Y in draws)
        return
    if how.parallel == "snow":
        _check_sent(shared)
    shares = (part for Y in draws for part in np.array_split(Y, min(Y.shape[1], 4 * how.ncpus), axis=1))
    context = multiprocessing.get_context("fork" if how.parallel == "multicore" else "spawn")
    with context.Pool(how.ncpus, _prepare, (function, shared)) as pool:
        yield from pool.imap(_work, shares)


def _check_sent(shared: Any) -> None:
    """ArgumentError if what the processes work on cannot be sent to them."""
    try:
        pickle.dumps(shared)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ArgumentError(
            f'parallel="snow" sends the fit and FUN to fresh processes, and this cannot be sent: {error}; '
            'use a function defined in a module, or parallel="multicore"'
        ) from None


_shared: dict[str, Any] = {}  # what a worker process does and works on: set once, when it starts


def _prepare(function: Callable[[Any, Array], Any], shared: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is answered by the parent
    _shared["function"], _shared["shared"] = function, shared


def _work(Y: Array) -> Any:
    return _shared["function"](_shared["shared"], Y)


@contextmanager
def interruptible(partial: Callable[[], object], progress: Callable[[], str]) -> Iterator[None]:
    """Turn Ctrl-C into `Interrupted`, with what is done."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"stopped after {progress()}; .partial holds them", partial()) from None


def bootstrap(
    fit: FittedModel | GeneralizedFittedModel,
    found: Iterator[tuple[Piece, int]],
    read: Statistic,
    nsim: int,
    how: Execution,
    *,
    seed: Any,
    sim: str,
    call: str,
) -> BootMer:
    """Gather the replicates into a record; a FitNote if some failed, `Interrupted` on Ctrl-C."""
    names = list(read.names)
    check_room(nsim, len(names), "nsim")
    so_far = Replicates(np.full((nsim, len(names)), np.nan))

    def record() -> BootMer:
        t = pd.DataFrame(so_far.t[: so_far.done], columns=names)
        t0 = NamedVector(read.t0, index=names, dtype=float)
        return BootMer(t0, t, seed, sim, call, so_far.n_singular, dict(so_far.failures))

    with (
        progress_bar(nsim, how.progress, how.what) as advance,
        interruptible(record, lambda: f"{so_far.done} of {nsim} replicates"),
    ):
        for piece, n_singular in found:
            so_far.take(piece, n_singular)
            advance(len(piece.values))
    if so_far.failures:
        note(f"some bootstrap runs failed ({len(so_far.failures)}/{nsim})")
    return record()
