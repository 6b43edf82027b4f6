"""Random terms on the rows: integer codes of the groups and the columns left of the bar, in the order of fitting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from ..functions import Factor, Value, cross
from ..language import Terms, deparse
from .contrasts import Contrasts
from .matrices import code, factors_in, single_column
from .model_frame import Frame
from .parts import TermParts
from .rows import RandomRows
from .spec import Matrices, RandomSpec

Key: TypeAlias = tuple[bool, tuple[str, ...], frozenset[str]]  # intercept, labels, factors of the own group


def grouping_factor(term: TermParts, frame: Frame, made: dict[str, Factor]) -> Factor:
    """The factor of `a:b:c` on the rows used; equal groups are one object."""
    if term.text not in made:
        known = frame.whole.get(term.key)
        found = reduce(cross, (frame.groups[deparse(node)] for node in term.factors)) if known is None else known
        made[term.text] = Factor(found.codes.astype(np.int64, copy=False), found.levels)
    return made[term.text]


def fitting_order(sizes: Sequence[int]) -> list[int]:
    """lme4's order of terms: as written if the numbers of levels never grow, else by size, ties reversed.

    >>> fitting_order([3, 5, 5]), fitting_order([5, 3, 3])
    ([2, 1, 0], [0, 1, 2])
    """
    places = range(len(sizes))
    if all(sizes[i] >= sizes[i + 1] for i in places[:-1]):
        return list(places)
    return sorted(places, key=sizes.__getitem__)[::-1]


class RandomCoder:
    """Codes the columns left of the bars; terms with the same columns share one array, with X too."""

    def __init__(self, frame: Frame, contrasts: Contrasts) -> None:
        self.frame = frame
        self.contrasts = contrasts
        self.made: dict[Key, tuple[Matrices, Any]] = {}

    def share(self, terms: Terms, coder: Matrices, X: Any) -> None:
        """Let random terms with the columns of X use X itself."""
        if isinstance(X, np.ndarray):
            self.made[terms.intercept, terms.labels, frozenset()] = (coder, X)

    def columns(self, term: TermParts) -> tuple[Matrices | None, Any, tuple[str, ...]]:
        """Coder, Z (n, l) and names; of an intercept alone None, None and its name.

        A number that is a factor of the group as well, as in `(x | x)`, is that factor here, as in R.
        """
        terms = term.effects
        if terms.intercept and not terms.factors:
            return None, None, ("(Intercept)",)
        key = (terms.intercept, terms.labels, term.own)
        if key not in self.made:
            self.made[key] = self._code(terms, term.own)
        coder, Z = self.made[key]
        return coder, Z, coder.names

    def _code(self, terms: Terms, own: frozenset[str]) -> tuple[Matrices, Any]:
        variables: Mapping[str, Value] = {**self.frame.variables, **{name: self.frame.groups[name] for name in own}}
        codings = self.contrasts.codings(factors_in([terms], variables), fixed=False)
        alone = single_column(terms, variables)
        n = self.frame.y.shape[0]
        if alone is None:
            return code(terms, variables, n, codings)
        coder, _ = code(
            terms, {name: value[:1] for name, value in variables.items() if name in terms.labels}, 1, codings
        )
        return coder, alone


def random_design(term: TermParts, factor: Factor, coder: RandomCoder) -> tuple[RandomRows, RandomSpec]:
    """One random term on the rows, and what codes it for new data."""
    made, Z, names = coder.columns(term)
    spec = RandomSpec(term.label, term.group, term.factors, factor.levels, term.effects.used, made)
    rows = RandomRows(term.label, term.group, names, factor.levels, term.structure, term.hom, factor.codes, Z)
    return rows, spec
