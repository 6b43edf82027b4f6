"""How every part of a table is read: the columns of all, and the coordinates in which their sums are formed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..design.parts import own_groups
from ..design.record import Design, RandomDesign
from ..design.spec import Spec
from ..engine.sums.labels import Labels, TermNames
from ..engine.sums.rows import Rows, TermRows
from ..engine.sums.scaling import Scaling
from ..errors import DataError
from ..functions import Factor, Matrix, Value, as_factor, recode
from ..functions.arrays import Array
from ..functions.values import kind
from ..language import MixedFormula, Terms, deparse
from ..numerics.linalg import Codes
from .learning import written_states
from .recipe import Evaluated, Recipe
from .tables import Planned


@dataclass(frozen=True, eq=False)
class CodedRows:
    """A part of a table as matrices: X (n, P) with all columns, y (n,) without offset, Z of every term as written."""

    X: Any
    y: Array
    weights: Array | None
    Z: tuple[Array | None, ...]

    def rows(self, codes: Sequence[Codes], sizes: Sequence[int], plan: PartPlan) -> Rows:
        """What the engines see, with the codes and numbers of levels of each grouping factor."""
        terms = tuple(
            TermRows(codes[f], sizes[f], Z, f, term.structure, term.hom)
            for term, f, Z in zip(plan.terms, plan.factor_of_term, self.Z, strict=True)
        )
        return Rows(self.X, self.y, self.weights, terms)


@dataclass(frozen=True, eq=False, repr=False)
class PartPlan(Planned):
    """How every part of a table is read.

    recipe       what is evaluated on every part, and what functions have learnt
    design       the meaning of the columns, with those that may be dropped, on the rows by which it was planned
    terms        the random terms as they are written, which no number of levels changes
    spec         codes the columns of every part, terms as they are written
    coordinates  scales and shift, in which the sums lose little
    names        columns of the table
    matrices     names of the columns of variables that have several, such as poly(x, 2)
    """

    recipe: Recipe
    design: Design
    terms: tuple[RandomDesign, ...]
    spec: Spec
    coordinates: Scaling
    names: tuple[str, ...]
    matrices: Mapping[str, tuple[str, ...]]

    @property
    def formula(self) -> MixedFormula:
        """The formula."""
        return self.recipe.parts.formula

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The grouping factors, in the order in which they are written."""
        return tuple(dict.fromkeys(term.group for term in self.terms))

    @cached_property
    def factor_of_term(self) -> tuple[int, ...]:
        """The number of the grouping factor of each term."""
        return tuple(self.groups.index(term.group) for term in self.terms)

    @cached_property
    def group_variables(self) -> tuple[tuple[str, ...], ...]:
        """What stands between the `:` of each grouping factor, deparsed."""
        first = {
            term.group: spec for spec, term in reversed(list(zip(self.spec.random_terms, self.terms, strict=True)))
        }
        return tuple(tuple(map(deparse, first[group].factors)) for group in self.groups)

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """The columns that are read."""
        return self.recipe.wanted(self.names)

    def labels(self, levels: Sequence[Array]) -> Labels:
        """What the sums mean, with these levels of the grouping factors."""
        terms = tuple(TermNames(term.group, term.columns, term.structure, term.hom) for term in self.terms)
        return Labels(self.design.X_full_names, terms, tuple(levels))

    @cached_property
    def fingerprint(self) -> dict[str, str]:
        """What the columns mean, by its parts, as texts that are equal where it is."""
        factors = {name: known.levels for name, known in self.spec.variables.items() if known.levels is not None}
        arguments = self.recipe.arguments
        coders = [self.spec.fixed_coder, *(term.coder for term in self.spec.random_terms if term.coder is not None)]
        codings = {name: each for coder in coders for name, each in getattr(coder, "codings", {}).items()}
        return {
            "formulas": str(self.formula),
            "columns of X": str(list(self.design.X_full_names)),
            "random terms": str([(t.label, t.columns, t.structure, t.hom) for t in self.terms]),
            "levels of factors": str({name: levels.labels() for name, levels in sorted(factors.items())}),
            "contrasts": str({name: np.asarray(each.matrix).tolist() for name, each in sorted(codings.items())}),
            "what functions learnt": str(list(written_states(self.recipe.state))),
            "arguments": str({w: getattr(arguments, w) for w in ("weights", "offset", "subset", "na_action")}),
        }

    def coded(self, found: Evaluated) -> CodedRows:
        """The matrices of a part."""
        if not found.n:
            return self._nothing()
        values = {name: self._on_levels(value, name, found.where) for name, value in found.variables.items()}
        chosen = {deparse(node): values[deparse(node)] for node in self.spec.fixed_variables}
        X = of_numbers(self.recipe.parts.fixed, chosen, found.n)
        if X is None:
            X = self.spec.fixed_coder.matrix(chosen, found.n)
        effects = self.recipe.parts.effects
        Z = tuple(
            self._columns(term, own, values, found) for term, own in zip(self.spec.random_terms, effects, strict=True)
        )
        y = found.response if found.offset is None else found.response - found.offset
        return CodedRows(X, y, found.weights, Z)

    def _nothing(self) -> CodedRows:
        Z = tuple(None if len(t.columns) == 1 and s.coder is None else np.zeros((0, len(t.columns)))
                  for t, s in zip(self.terms, self.spec.random_terms, strict=True))  # fmt: skip
        weights = None if self.recipe.arguments.weights is None else np.zeros(0)
        return CodedRows(np.zeros((0, len(self.design.X_full_names))), np.zeros(0), weights, Z)

    def _columns(self, term: Any, effects: Terms, values: Mapping[str, Value], found: Evaluated) -> Array | None:
        if term.coder is None:
            return None
        own = own_groups(term.variables, term.factors)
        chosen = {deparse(node): values[deparse(node)] for node in term.variables if deparse(node) not in own}
        chosen |= {name: self._group_on_levels(found.groups[name], name, found.where) for name in own}
        Z = of_numbers(effects, chosen, found.n)
        return np.asarray(term.coder.matrix(chosen, found.n), float) if Z is None else Z

    def _on_levels(self, value: Value, name: str, where: str) -> Value:
        """A variable as the plan has it: of its kind, a factor on its levels."""
        known = self.spec.variables[name]
        if known.levels is not None and isinstance(value, Factor):
            return _recoded(value, known.levels, name, where)
        if kind(value) != known.kind or isinstance(value, Matrix) != (known.kind == "numeric matrix"):
            raise DataError(
                f"{name!r} is {kind(value)} in {where}, but {known.kind} in the rows by which it was planned"
            )
        return value

    def _group_on_levels(self, value: Value, name: str, where: str) -> Factor:
        known = self.spec.groups[name].levels
        return as_factor(value) if known is None else _recoded(as_factor(value), known, name, where)

    def at(self, coordinates: Scaling) -> Self:
        """The same plan in other coordinates."""
        return replace(self, coordinates=coordinates)

    def __repr__(self) -> str:
        return f"<PartPlan of {self.formula}: columns {', '.join(self.wanted)}>"


def of_numbers(terms: Terms, values: Mapping[str, Value], n: int) -> Array | None:
    """The columns (n, p) of terms that are products of plain numbers, each in one piece; None for other terms."""
    used = {deparse(node): values[deparse(node)] for node in terms.used}
    if not all(isinstance(value, np.ndarray) for value in used.values()):
        return None
    out = np.empty((terms.intercept + len(terms.factors), n))
    out[: terms.intercept] = 1.0
    for row, factors in zip(out[terms.intercept :], terms.factors, strict=True):
        first, *others = (used[deparse(terms.variables[i])] for i in factors)
        row[:] = first
        for other in others:
            row *= other
    return out.T


def _recoded(factor: Factor, levels: Any, name: str, where: str) -> Factor:
    recoded, lost = recode(factor, levels)
    if lost:
        known = ", ".join(levels.labels()[:10]) + (", ..." if len(levels) > 10 else "")
        raise DataError(
            f"factor {name!r} has {'levels' if len(lost) > 1 else 'the level'} {', '.join(map(repr, lost[:10]))} in "
            f"{where}, but the plan has {known}: plan with rows that have all levels, or from the whole table"
        )
    return recoded
