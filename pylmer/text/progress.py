"""A progress bar on long work: tqdm, where it is installed (the extra "progress")."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from ..errors import ArgumentError, MissingExtraError


@contextmanager
def progress_bar(total: int, shown: bool | None, what: str) -> Iterator[Callable[[int], object]]:
    """A function that counts steps of `total` done.

    shown  True: a bar, MissingExtraError without tqdm; False: none; None: a bar if there is tqdm and somebody to see it

    >>> with progress_bar(2, False, "fits") as advance:
    ...     advance(1)
    """
    if not _wanted(shown):
        yield lambda _: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=what, leave=False) as bar:
        yield bar.update


@contextmanager
def percent_bar(what: str, shown: bool | None = None) -> Iterator[Callable[[float], object]]:
    """A function that is told how much is done, in per cent (negative: not known); `shown` as in `progress_bar`."""
    if not _wanted(shown):
        yield lambda _: None
        return
    from tqdm.auto import tqdm

    unwatched = type("Unwatched", (tqdm,), {"monitor_interval": 0})  # no thread of tqdm's own is left behind
    with unwatched(total=100, desc=what, leave=False, unit="%") as bar:
        yield lambda done: bar.update(max(min(done, 100.0) - bar.n, 0.0))


def _wanted(shown: bool | None) -> bool:
    if shown is not None and not isinstance(shown, bool):
        raise ArgumentError(f"progress must be True, False or None, found {shown!r}")
    installed = find_spec("tqdm") is not None
    if shown and not installed:
        raise MissingExtraError('a progress bar needs tqdm: pip install "pylmer[progress]", or leave progress out')
    return installed and sys.stderr.isatty() if shown is None else shown
