"""lme4's checks of data and design, each with the action that lmerControl asks for.

A finding is (action, text): "stop" raises, "warning" and "message" become notes, "ignore" is never looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from scipy import sparse

from ..errors import DataError, FormulaError
from ..functions import Matrix, Scope, Value
from ..functions.arrays import Array, all_finite
from ..language import RandomTerm
from ..options import Control
from .record import RandomDesign
from .rows import RandomRows

Finding: TypeAlias = tuple[str, str]
SMALL = 1_000_000  # entries of Z up to which "...Small" looks at its rank
FEW_LEVELS = 5


def settle(findings: Sequence[Finding]) -> list[str]:
    """The notes among some findings; raises DataError for the first that stops."""
    for action, text in findings:
        if action == "stop":
            raise DataError(text)
    return [text for action, text in findings if action != "ignore"]


def check_finite(values: Mapping[str, Value | None]) -> None:
    """Raise DataError naming the first variable with an infinite value."""
    for name, value in values.items():
        numbers = value.numbers if isinstance(value, Matrix) else value
        if isinstance(numbers, np.ndarray) and not all_finite(numbers):
            infinite = ~np.isfinite(numbers if numbers.ndim == 1 else numbers.sum(axis=1))
            row, count = int(np.flatnonzero(infinite)[0]), int(infinite.sum())
            raise DataError(
                f"{name!r} is infinite in {count} row{'s' if count > 1 else ''} (first in row {row + 1} of "
                "those used); leave such rows out, for example with subset="
            )


def check_weights(weights: Array | None, zero: bool = False) -> None:
    """Raise DataError unless all weights are positive numbers, or 0 where that may be."""
    if weights is None:
        return
    bad = ~(((weights > 0) | (zero & (weights == 0))) & np.isfinite(weights))
    if not bad.any():
        return
    row = int(np.flatnonzero(bad)[0])
    wanted, out = ("0 or more", "") if zero else ("positive", "; leave rows of weight 0 out")
    raise DataError(
        f"weights must be {wanted} and finite: {int(bad.sum())} of {weights.shape[0]} are not, the first is "
        f"{weights[row]:g} in row {row + 1} of those used{out}"
    )


def check_response(y: Array, name: str, control: Control) -> list[str]:
    """A response that is constant has no variance to explain."""
    action = control.check_response_not_const
    if action == "ignore" or np.minimum.reduce(y) != np.maximum.reduce(y):
        return []
    return settle([(action, f"the response {name!r} is constant ({y[0]:g} in all {y.shape[0]} rows): nothing to fit")])


def check_groups(
    random: Sequence[RandomDesign],
    sources: Sequence[RandomTerm],
    n: int,
    control: Control,
    scope: Scope,
    scaled: bool = True,
    ZtZ: Callable[[], Array] | None = None,
) -> list[str]:
    """Numbers of levels against rows: lme4's check.nlev.gtr.1, .nobs.vs.nlev, .nlev.gtreq.5, .nobs.vs.nRE

    Without a residual scale (binomial, counts) a group may be a single row: `scaled` is False, and as many levels or
    effects as rows are allowed. An error points at the grouping factor, or at the term, in the formula. `ZtZ` makes
    Z'Z (q, q), in any coordinates, for check.nobs.vs.rankZ; None: of the rows of the terms.
    """
    least = n if scaled else n + 1  # levels or effects that are too many
    structured = any(term.structure != "us" for term in random)
    findings: list[tuple[str, str]] = []
    for term, source in zip(random, sources, strict=True):
        found = [*_levels(term, n, least, control), *([] if structured else _effects(term, n, least, control))]
        for action, text in found:
            if action == "stop":
                raise _pointing(text, source, scope)
        findings += found
    return list(dict.fromkeys(settle([*findings, *_rank(random, n, control, ZtZ or (lambda: _products(random)))])))


def _pointing(text: str, source: RandomTerm, scope: Scope) -> FormulaError:
    return FormulaError(text, scope.text, *source.group.span) if scope.text else FormulaError(text)


def _levels(term: RandomDesign, n: int, least: int, control: Control) -> Iterator[Finding]:
    J = len(term.levels)
    if J < 2 and control.check_nlev_gtr_1 != "ignore":
        yield (
            control.check_nlev_gtr_1,
            f"grouping factor {term.group!r} has {J} level; a variance between groups needs at least 2",
        )
    if least <= J and control.check_nobs_vs_nlev != "ignore":
        yield (
            control.check_nobs_vs_nlev,
            f"grouping factor {term.group!r} has {J} levels for {n} observations; with one row in every group "
            "sigma_alpha and sigma_y cannot be told apart. Is it a continuous variable?",
        )
    if J < FEW_LEVELS and control.check_nlev_gtreq_5 != "ignore":
        yield (
            control.check_nlev_gtreq_5,
            f"grouping factor {term.group!r} has {J} levels; fewer than {FEW_LEVELS} may give unreliable estimates",
        )


def _effects(term: RandomDesign, n: int, least: int, control: Control) -> Iterator[Finding]:
    q = len(term.levels) * len(term.columns)
    if least <= q and control.check_nobs_vs_nRE != "ignore":
        yield (
            control.check_nobs_vs_nRE,
            f"the term ({term.label}) has {q} random effects for {n} observations; its variances and the "
            "residual variance cannot be told apart: leave effects out",
        )


def _products(random: Sequence[RandomDesign]) -> Array:
    Z = sparse.vstack([term.Zt for term in random if isinstance(term, RandomRows)])
    return np.asarray((Z @ Z.T).toarray())


def _rank(random: Sequence[RandomDesign], n: int, control: Control, ZtZ: Callable[[], Array]) -> Iterator[Finding]:
    wanted = control.check_nobs_vs_rankZ
    if wanted == "ignore" or not random:
        return
    action = wanted.removesuffix("Small")
    q = sum(len(term.levels) * len(term.columns) for term in random)
    if wanted.endswith("Small") and n * q > SMALL:
        return
    rank = int(np.linalg.matrix_rank(ZtZ(), hermitian=True))
    if n <= rank:
        yield (action, f"{n} observations for random effects of rank {rank}: variances cannot be told apart")
