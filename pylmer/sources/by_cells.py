"""A formula on a lazy table -> its plan and sums, by cells; or `Unsayable`, with the reason, where that cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import narwhals as nw
import numpy as np

from ..design.parts import group_factors, group_name
from ..errors import DataError
from ..functions import Columns, as_factor, evaluate
from ..functions.arrays import Array
from ..functions.values import numeric
from ..language import deparse
from ..language.nodes import Name
from .atoms import Atoms, atoms_of, atoms_on, better
from .bases import bases_of, representatives
from .cell_sums import CellSums, Gathered
from .cells import EngineCells, Question
from .coded_cells import said_value
from .coordinates import LOSS, better_coordinates, loss
from .head import FIRST
from .joining import columns_of
from .lazy import RowEngine
from .learning import learnt_of
from .model_plan import ModelPlan
from .numbering import distinct
from .parts import TablePart
from .plan_sums import PlanSums
from .recipe import Recipe
from .sayable import Unsayable
from .spoken import Spoken, spoken
from .tables import RowTable

SAMPLE = 100_000  # rows, of which it is seen how many cells there are
FEW = 0.5  # cells of a sample that are more than so many of its rows compress nothing
CHEAP = 24  # sums of a cell that are formed without second thoughts
Planning = Callable[[Recipe, RowTable], ModelPlan]


def planned_by_cells(recipe: Recipe, engine: RowEngine, planning: Planning) -> tuple[ModelPlan, PlanSums, str]:
    """The plan, the sums, and the route in words."""
    bases = bases_of(recipe, engine)
    recipe = replace(recipe, state={name: dict(base.state) for name, base in bases.items()})
    words = spoken(recipe, engine.types, bases)
    question = Question(engine, words)
    head = _Head.of(question)
    atoms = atoms_on(_products(recipe, words), head.values, head.y)
    found, route = _gathered(question, head, atoms)
    recipe = learnt_of(recipe, head.part, partial(_distinct, found.whole))
    plan = planning(recipe, _Telling(head, found.whole, words))
    _check_levels(plan, words, found.whole, engine)
    sums = CellSums(plan, words, found, engine.description).sums()
    if loss(sums.sums) > LOSS:
        plan = plan.at(better_coordinates(sums.sums))
        sums = CellSums(plan, words, found, engine.description).sums()
    if sums.facts.n < sums.facts.n_chosen and recipe.arguments.na_action in ("fail", "pass"):
        raise Unsayable(f"values are missing, and na_action={recipe.arguments.na_action!r}")
    return plan, sums, f"{engine.name}: {route}"


@dataclass(frozen=True, eq=False)
class _Head:
    """Some rows that are used, and what the engine says of them: numbers, the response, and y, it without offset."""

    part: TablePart
    values: Mapping[str, Array]
    response: Array
    y: Array

    @classmethod
    def of(cls, question: Question) -> _Head:
        """DataError if no row is used; Unsayable if the engine computes something otherwise than today's code."""
        recipe, engine = question.spoken.recipe, question.engine
        columns, values, response, y = question.head(recipe.wanted(tuple(engine.types)), FIRST)
        if not columns.n:
            raise DataError(_none_used(engine))
        head = cls(TablePart(columns, engine.description), values, response, y)
        head._check(question.spoken, engine)
        return head

    def _check(self, words: Spoken, engine: RowEngine) -> None:
        recipe = words.recipe
        scope = recipe.scope(self.part)
        said = {deparse(recipe.response): self.response[:, None]}
        said |= {name: np.column_stack([self.values[each] for each in own]) for name, own in words.columns.items()}
        for node in (recipe.response, *recipe.variables):
            name = deparse(node)
            if name not in said:
                continue
            ours = np.asarray(numeric(evaluate(node, scope)), float).reshape(self.part.columns.n, -1)
            small = 1e-10 * np.abs(ours).max(initial=0.0) if name in words.bases else 0.0
            if ours.shape != said[name].shape or not np.allclose(said[name], ours, 1e-11, small, equal_nan=True):
                raise Unsayable(f"{engine.name} computes {name} otherwise than R")


def _none_used(engine: RowEngine) -> str:
    total = int(np.asarray(engine.collected(engine.frame.select(nw.len().alias("n")))["n"])[0])
    if not total:
        return f"{engine.description} has no rows"
    return f"0 of the {total} rows of {engine.description} can be used: missing values, or subset="


def _products(recipe: Recipe, words: Spoken) -> list[tuple[str, ...]]:
    every = (recipe.parts.fixed, *recipe.parts.effects)
    return list(dict.fromkeys(atom for terms in every for atom in atoms_of(terms, words.columns)))


def _gathered(question: Question, head: _Head, atoms: Atoms) -> tuple[Gathered, str]:
    """All cells, and how they were asked for; twice if the head's rows are far from the rest."""
    ways = _One(question, head) if _together(question, atoms) else _Several(question, head)
    found = ways.ask(atoms)
    A = _total(question, found.whole, atoms)
    spread = np.diag(A)[1:-1] - A[0, 1:-1] ** 2 / A[0, 0]
    far = np.any(np.diag(A)[1:-1] > LOSS * np.maximum(spread, 0.0))
    left = A[-1, -1] - A[:-1, -1] @ np.linalg.lstsq(A[:-1, :-1], A[:-1, -1], rcond=1e-12)[0]
    if far or A[-1, -1] > LOSS * max(left, 0.0):
        found = ways.ask(better(atoms, A))
        _total(question, found.whole, found.atoms)
    return found, ways.words(found)


def _total(question: Question, whole: EngineCells, atoms: Atoms) -> Array:
    if not len(whole.n):
        raise DataError(_none_used(question.engine))
    A = whole.total(len(atoms) + 1)
    if not np.all(np.isfinite(A)):
        question.infinite()
        raise DataError(f"the sums of {question.engine.description} are infinite: its numbers are too large")
    return A


def _together(question: Question, atoms: Atoms) -> bool:
    """Whether one GROUP BY does: of the cells of all grouping factors there are not nearly as many as rows."""
    words = question.spoken
    groups = words.recipe.groups
    every = _keys(words, groups)
    own = [_keys(words, (node,)) for node in groups]
    rows, count = question.sizes(every, SAMPLE)
    crowded = rows >= SAMPLE and count > FEW * rows
    alone = max((question.sizes(keys, SAMPLE)[1] for keys in own), default=1) if crowded and len(own) > 1 else count
    if crowded and alone < FEW * count and words.plain_groups:
        return False
    wide = len(atoms.pairs) > CHEAP + max(len(_factor_pairs(words, atoms, f)) for f in range(len(_factors(words))))
    return not (wide and words.plain_groups and rows >= SAMPLE)


def _keys(words: Spoken, nodes: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*words.predictor_keys, *words.group_keys(tuple(nodes)))))


def _factors(words: Spoken) -> list[tuple[Any, ...]]:
    """The grouping variables of each grouping factor, in the order of the formula."""
    return list({group_name(term.group): group_factors(term.group) for term in words.recipe.parts.random}.values())


def _own_atoms(words: Spoken, atoms: Atoms, f: int) -> tuple[int, ...]:
    names = list(dict.fromkeys(group_name(term.group) for term in words.recipe.parts.random))
    terms = zip(words.recipe.parts.random, words.recipe.parts.effects, strict=True)
    own = [atoms.places(effects, words.columns) for term, effects in terms if group_name(term.group) == names[f]]
    return tuple(sorted({0, *(place for places in own for place in places)}))


def _factor_pairs(words: Spoken, atoms: Atoms, f: int) -> tuple[tuple[int, int], ...]:
    return atoms.pairs_of(_own_atoms(words, atoms, f))


class _One:
    """One GROUP BY of all keys."""

    def __init__(self, question: Question, head: _Head) -> None:
        self.question, self.head = question, head
        self.keys = _keys(question.spoken, question.spoken.recipe.groups)

    def ask(self, atoms: Atoms) -> Gathered:
        whole = self.question.cells_and_facts(self.keys, atoms, zero_one(atoms, self.head.values))
        F = range(len(_factors(self.question.spoken)))
        return Gathered(atoms, whole, tuple(whole for _ in F), {(f, g): whole for g in F for f in range(g)})

    def words(self, found: Gathered) -> str:
        return f"one GROUP BY {', '.join(self.keys)}: {len(found.whole.n):,} cells"


class _Several:
    """A GROUP BY of the predictors, one for each grouping factor, and one for each pair of them."""

    def __init__(self, question: Question, head: _Head) -> None:
        self.question, self.head = question, head

    def ask(self, atoms: Atoms) -> Gathered:
        words = self.question.spoken
        factors = _factors(words)
        whole = self.question.cells_and_facts(words.predictor_keys, atoms, zero_one(atoms, self.head.values))
        own = tuple(
            self.question.cells(_keys(words, nodes), atoms, _factor_pairs(words, atoms, f))
            for f, nodes in enumerate(factors)
        )
        links = {
            (f, g): self.question.cells(_keys(words, (*factors[f], *factors[g])), atoms, _between(words, atoms, f, g))
            for g in range(len(factors))
            for f in range(g)
        }
        for cells in (*own, *links.values()):
            if int(cells.n.sum()) != int(whole.n.sum()):
                raise DataError(f"{self.question.engine.description} has changed while it was read")
        return Gathered(atoms, whole, own, links)

    def words(self, found: Gathered) -> str:
        factors = ", ".join(f"{len(cells.n):,}" for cells in found.factors)
        links = ", ".join(f"{len(cells.n):,}" for cells in found.links.values())
        return f"a GROUP BY for each grouping factor ({factors} cells)" + (
            f" and pair of them ({links})" if links else ""
        )


def _between(words: Spoken, atoms: Atoms, f: int, g: int) -> tuple[tuple[int, int], ...]:
    first, second = _own_atoms(words, atoms, f), _own_atoms(words, atoms, g)
    return tuple(sorted({(min(a, b), max(a, b)) for a in first for b in second} | {(0, 0)}))


def zero_one(atoms: Atoms, head: Mapping[str, Array]) -> list[int]:
    """Atoms whose numbers are zeros and ones in the head: of these it must be asked whether they are everywhere."""
    flags = {name for name, values in head.items() if np.all((values == 0) | (values == 1))}
    return [a for a, atom in enumerate(atoms.products) if a and set(atom) <= flags]


def _distinct(whole: EngineCells, names: Sequence[str], distinct_only: bool) -> Columns:
    """The columns of which functions such as factor() learn."""
    if not set(names) <= set(whole.columns):
        raise Unsayable(f"a function learns from all rows of {', '.join(names)}")
    return whole.columns


class _Telling(RowTable):
    """The head, and a row for every level of the keys that predictors are made of."""

    def __init__(self, head: _Head, whole: EngineCells, words: Spoken) -> None:
        self.head, self.cells, self.words = head, whole, words
        self.names = tuple(head.part.columns)
        self.description = head.part.where

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        yield self.head.part
        keys = [key for key in self.words.predictor_keys if key in self.cells.columns and key in self.names]
        own = {deparse(node) for node in self.words.recipe.groups} & {deparse(n) for n in self.words.recipe.variables}
        rows = [_firsts(self.cells.columns[key]) for key in dict.fromkeys([*keys, *(own & set(self.cells.columns))])]
        if rows:
            at = np.unique(np.concatenate(rows))
            columns, held = self.cells.columns.taken(at), self.head.part.columns
            from_head = held.taken(np.arange(len(at)) % held.n)
            values = {name: (columns if name in columns else from_head)[name] for name in self.names}
            yield TablePart(columns_of(values, len(at)), self.description)
        yield from self._intervals()

    def _intervals(self) -> Iterator[TablePart]:
        """A row in every interval of cut()."""
        held = self.head.part.columns
        for name in self.words.said_keys:
            base = self.words.bases.get(name)
            if base is not None and isinstance(base.of, Name):
                found = np.unique(np.asarray(self.cells.columns[name], float))
                rows = held.taken(np.arange(len(found)) % held.n)
                values = {column: rows[column] for column in self.names}
                values[base.of.name] = representatives(base, found)
                yield TablePart(columns_of(values, len(found)), self.description)


def _check_levels(plan: ModelPlan, words: Spoken, whole: EngineCells, engine: RowEngine) -> None:
    """Unsayable for a level of a factor that the engine makes which no row of the head has."""
    for name in words.said_keys:
        levels = plan.spec.variables[name].levels
        found = as_factor(said_value(whole, words, name))
        occur = {found.levels[code] for code in np.unique(found.codes).tolist() if code >= 0}
        if levels is not None and not occur <= set(levels.labels()):
            raise Unsayable(f"{name} has a level that does not occur in the first rows of {engine.description}")


def _firsts(value: Any) -> Array:
    """Places of the first of each label that is known."""
    codes = distinct(value)[1]
    labels, first = np.unique(codes, return_index=True)
    return first[labels >= 0]
