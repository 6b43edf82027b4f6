"""formula + table -> plan -> sums -> the meaning of the model and its Gram: the path of rows that are not in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..design import ModelData, build_design
from ..design.known import Known
from ..design.model_frame import DesignArguments
from ..design.parts import group_name
from ..design.random import fitting_order
from ..design.ruling import ruled
from ..design.source import SUMS_ALONE, SummedRows
from ..engine.sums.scaling import Scaling
from ..errors import ArgumentError, DataError, word_asked
from ..functions import Matrix, read_columns
from ..language import MixedFormula
from ..options import Control
from .coordinates import LOSS, better_coordinates, coordinates_of, loss
from .engines import engine_of
from .given import opened
from .head import first_rows, remembered_kinds, telling_rows
from .joining import columns_of
from .lazy import LazyTable
from .learning import check_alone, check_bare, learnt, learnt_from_head
from .meaning import columns_known, model_of
from .model_plan import ModelPlan
from .parts import TablePart
from .plan import CodedRows
from .plan_sums import PlanSums, check_same_meaning
from .recipe import VECTORS, Recipe
from .streamed import Streamed
from .tables import RowTable
from .tally import RunningSums

QUIET: dict[str, Any] = {
    "check_nobs_vs_rankZ": "ignore",
    "check_nobs_vs_nlev": "ignore",
    "check_nlev_gtr_1": "ignore",
    "check_nobs_vs_nRE": "ignore",
    "check_rankX": "ignore",
    "check_scaleX": "ignore",
    "check_response_not_const": "ignore",
}


def plan_of(formula: MixedFormula, data: Any, arguments: DesignArguments, control: Control) -> ModelPlan:
    """A plan from a whole table, or from some of its rows in a data frame."""
    given = opened(data)
    arguments = replace(arguments, contrasts=ruled(arguments.contrasts))
    if isinstance(given, LazyTable) and given.rows is None:
        return planned_sums(formula, given, arguments, control)[0]
    if isinstance(given, RowTable):
        return _plan_of_table(formula, given, arguments, control)
    columns = read_columns(given)
    recipe = Recipe.of(formula, tuple(columns), arguments, control)
    recipe.check_names(tuple(columns))
    wanted = recipe.wanted(tuple(columns))
    head = TablePart(columns_of({name: columns[name] for name in wanted}, columns.n), "the rows given to plan()")
    check_bare(recipe, head)
    recipe = learnt_from_head(recipe, head)
    held = _Held(head, tuple(columns))
    return _plan(replace(recipe, columns=remembered_kinds(recipe, head.columns)), held, control)


def _plan_of_table(formula: MixedFormula, table: RowTable, arguments: DesignArguments, control: Control) -> ModelPlan:
    recipe = _recipe(formula, table.names, arguments, control)
    return _plan(learnt(recipe, table, first_rows(table, recipe.wanted(table.names))), table, control)


def _plan(recipe: Recipe, table: RowTable, control: Control) -> ModelPlan:
    """The plan by rows in which every level of every factor occurs."""
    wanted = recipe.wanted(table.names)
    head = telling_rows(recipe, table, wanted)
    recipe = replace(recipe, columns=remembered_kinds(recipe, head.columns))
    check_alone(recipe, TablePart(head.columns, head.where))
    data = _design(recipe, head, control)
    design, (terms, spec) = data.design, _as_written(recipe, data.design)
    matrices = {name: _names(each) for name, each in data.rows.variables.items() if isinstance(each, Matrix)}
    plan = ModelPlan(recipe, design, terms, spec, _unit(terms, len(design.X_full_names)), table.names, matrices)
    return plan.at(coordinates_of(_rows(plan, head)))


def _names(matrix: Matrix) -> tuple[str, ...]:
    return matrix.names or ("",) * matrix.numbers.shape[1]


def _design(recipe: Recipe, head: TablePart, control: Control) -> ModelData:
    """The columns, as today's code has them on the rows that tell them."""
    quiet = replace(control, **QUIET)
    arguments = replace(recipe.arguments, subset=None)  # they are chosen
    known = Known(state=recipe.state)
    return build_design(recipe.parts.formula, head.columns, arguments, control=quiet, known=known)


def _as_written(recipe: Recipe, design: Any) -> tuple[Any, Any]:
    """The random terms and their specs in the order of the formula."""
    sizes = {term.group: len(term.levels) for term in design.random}
    order = fitting_order([sizes[group_name(term.group)] for term in recipe.parts.random])
    place = {written: fitted for fitted, written in enumerate(order)}
    count = range(len(order))
    terms = tuple(design.random[place[i]] for i in count)
    return terms, replace(design.spec, random_terms=tuple(design.spec.random_terms[place[i]] for i in count))


def _unit(terms: Any, p: int) -> Any:
    return Scaling(np.eye(p), tuple(np.eye(len(term.columns)) for term in terms), np.zeros(p))


def _rows(plan: ModelPlan, head: TablePart) -> Any:
    """The rows by which it was planned, as engines see them; the groups do not matter."""
    found = plan.recipe.evaluate(TablePart(head.columns, head.where))
    coded: CodedRows = plan.coded(found)
    count = len(plan.groups)
    return coded.rows([np.zeros(found.n, dtype=np.int64)] * count, [1] * count, plan)


class _Held(RowTable):
    """Some rows, as a table."""

    def __init__(self, part: TablePart, names: tuple[str, ...]) -> None:
        self.part, self.names, self.description = part, names, part.where

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        yield self.part


def sums_of_table(plan: ModelPlan, table: RowTable) -> tuple[ModelPlan, PlanSums]:
    """The sums of all rows of a table; where much was lost by the coordinates, once more in better ones."""
    total = _pass(plan, table)
    if total.n and loss(total.sums) > LOSS:
        plan = plan.at(better_coordinates(total.sums))
        total = _pass(plan, table)
    return plan, total


def _pass(plan: ModelPlan, table: RowTable) -> PlanSums:
    tally = RunningSums(plan)
    for part in table.passed(plan.wanted, "sums"):
        tally.add(part)
    return tally.sums()


def model_of_table(formula: MixedFormula, table: RowTable, arguments: DesignArguments, control: Control) -> ModelData:
    """What `build_design` makes of a data frame, of a table that is read in parts."""
    if isinstance(table, PlannedSums):
        return table.model(formula, arguments, control)
    plan, total, route = planned_sums(formula, table, arguments, control)
    design, gram = model_of(plan, total, control)
    columns = columns_known(plan, total, design, gram)
    return ModelData(design, Streamed(gram, total.facts.weight, columns, table, plan, control, route))


def planned_sums(
    formula: MixedFormula, table: RowTable, arguments: DesignArguments, control: Control
) -> tuple[ModelPlan, PlanSums, str]:
    """The plan, the sums of all rows, and how these were had: by cells where the rows are, or in parts."""
    engine, why = engine_of(table), ""
    if engine is not None:
        from .by_cells import planned_by_cells  # late: files without DuckDB do without
        from .sayable import Unsayable

        recipe = _recipe(formula, table.names, replace(arguments, contrasts=ruled(arguments.contrasts)), control)
        try:
            return planned_by_cells(recipe, engine, lambda own, rows: _plan(own, rows, control))
        except (Unsayable, NotImplementedError) as unsaid:  # narwhals has not all of its words for every engine
            why = str(unsaid)
            if isinstance(table, LazyTable) and table.rows is None:
                raise DataError(table.no_rows(why)) from None
    plan = plan_of(formula, table, arguments, control)
    return *sums_of_table(plan, table), f"{table.description} read in parts" + (f": {why}" if why else "")


def _recipe(formula: MixedFormula, names: tuple[str, ...], arguments: DesignArguments, control: Control) -> Recipe:
    recipe = Recipe.of(formula, names, arguments, control)
    recipe.check_names(names)
    return recipe


class PlannedSums(RowTable):
    """The sums of a plan in place of a table: what was summed has no rows here.

    ArgumentError for anything but sums, DataError for sums of another plan.
    """

    def __init__(self, plan: ModelPlan, total: Any) -> None:
        if not isinstance(total, PlanSums):
            raise ArgumentError(
                f"data= of a plan must be the sums that plan.sums() makes, found {type(total).__name__}"
            )
        check_same_meaning(plan.fingerprint, total.fingerprint)
        self.plan, self.total, self.names, self.description = plan, total, plan.wanted, "the sums of a plan"

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        raise DataError(f"{word_asked()} needs the rows of the data, which this fit has not: {SUMS_ALONE}")

    def model(self, formula: MixedFormula, arguments: DesignArguments, control: Control) -> ModelData:
        """The model of the plan; DataError for another formula, which other sums belong to."""
        self._check(formula, arguments)
        design, gram = model_of(self.plan, self.total, control)
        columns = columns_known(self.plan, self.total, design, gram)
        return ModelData(design, SummedRows(gram, self.total.facts.weight, columns))

    def _check(self, formula: MixedFormula, arguments: DesignArguments) -> None:
        planned = self.plan.recipe.arguments
        asked = {"formula": (str(self.plan.formula), str(formula))}
        asked |= {word: (getattr(planned, word), getattr(arguments, word)) for word in VECTORS}
        for word, (had, wanted) in asked.items():
            if had != wanted:
                raise DataError(
                    f"the fit is of the sums of a plan with {word} {had!r}; for {wanted!r} make another plan, and its "
                    "sums where the rows are"
                )


def check_planned(given: Mapping[str, Any]) -> None:
    """ArgumentError for an argument that the plan has taken."""
    for word, value in given.items():
        if value is not None:
            raise ArgumentError(f"{word}= is given to plan(), whose sums are made with it, and not to lmer(plan)")
