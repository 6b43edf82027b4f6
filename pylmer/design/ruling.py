"""The contrasts that rule where none are asked for: R's `options(contrasts=)`, kept apart for every thread and task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import ArgumentError
from ..functions import RefusedError
from ..functions.codings import ORDERED, RULING, UNORDERED, named_coding
from ..functions.levels import TextLevels
from .contrasts import Contrasts, read_contrasts

TWO = TextLevels(("1", "2"))  # any levels: only the name is looked up


class set_contrasts:  # noqa: N801  # used as a function, like decimal.localcontext
    """Set the contrasts of factors in all fits to come, as R's `options(contrasts = c(unordered, ordered))`.

    unordered  for factors: "contr.treatment" (the default, as in R), "contr.sum", "contr.helmert", "contr.poly",
               "contr.SAS", a matrix with a row for each level, or a function of the number of levels
    ordered    for ordered factors, likewise; default "contr.poly"

    A call rules at once, until the next; as a context manager (`with set_contrasts(...):`) until the end of the block.
    `set_contrasts()` goes back to R's defaults. `contrasts=` of a fit wins: a pair replaces both, a dict those of the
    factors it names. What ruled is in the fit's call (`fit.call`, the page of an `lm`) and stays with it: `update`,
    `refit`, `drop1` and predictions code factors as the fit did, whatever rules by then (R's `update` takes the
    options of its own time). Each thread and each asyncio task has contrasts of its own, and a new thread begins with
    R's defaults; `contextvars.copy_context().run(...)` hands a thread those of its maker.

    Raises ArgumentError for unknown contrasts. Source: Chambers & Hastie (1992), Statistical Models in S, ch. 2.

    >>> import pylmer
    >>> cake = pylmer.datasets.load("cake")
    >>> with pylmer.set_contrasts("contr.sum", "contr.poly"):
    ...     fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", cake)
    >>> pylmer.fixef(fit).round(3).to_dict()
    {'(Intercept)': 0.516, 'recipe1': 1.0, 'recipe2': -0.478, 'temp': 0.158}
    """

    def __init__(self, unordered: Any = UNORDERED, ordered: Any = ORDERED) -> None:
        _check("unordered", unordered)
        _check("ordered", ordered)
        self._before = RULING.get()
        self._pair = (unordered, ordered)
        RULING.set(self._pair)

    def __enter__(self) -> set_contrasts:
        RULING.set(self._pair)
        return self

    def __exit__(self, *floored: object) -> None:
        RULING.set(self._before)

    def __repr__(self) -> str:
        unordered, ordered = self._pair
        return f"set_contrasts({unordered!r}, {ordered!r})"


def _check(argument: str, given: Any) -> None:
    """Names are known; what else contrasts are is checked where there are levels."""
    if isinstance(given, str):
        try:
            named_coding(given, TWO)
        except RefusedError as refused:
            raise ArgumentError(f"set_contrasts({argument}={given!r}): {refused}") from None
    elif given is None or isinstance(given, bool | Mapping | int | float):
        raise ArgumentError(
            f"set_contrasts({argument}={given!r}): wanted a name such as 'contr.sum', a matrix or a function of the "
            "number of levels; contrasts of one factor are given to the fit: contrasts={'a': 'contr.sum'}"
        )


def ruled(given: Any) -> Contrasts:
    """The `contrasts=` of a fit, completed by what rules now; what has been completed stays."""
    chosen = read_contrasts(given)
    if isinstance(given, Contrasts) or not (given is None or isinstance(given, Mapping)):
        return chosen
    return Contrasts(*RULING.get(), chosen.own)


def changed(before: Any, given: Any) -> Any:
    """`contrasts=` given to `update`: a dict leaves what ruled for the other factors."""
    if isinstance(before, Contrasts) and isinstance(given, Mapping):
        return Contrasts(before.unordered, before.ordered, given)
    return given


@contextmanager
def ruling(contrasts: Contrasts) -> Iterator[None]:
    """While a formula is evaluated `C(a)` without contrasts takes those of the fit."""
    token = RULING.set((contrasts.unordered, contrasts.ordered))
    try:
        yield
    finally:
        RULING.reset(token)
