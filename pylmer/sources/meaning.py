"""A plan and the sums of all rows -> the design of a model, and its Gram: what could not be known of a part.

The levels of the grouping factors and their order, the order of the random terms, the columns of X that follow from
others, and lme4's checks of all these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..design.build import full_rank
from ..design.checks import check_groups, settle
from ..design.model_frame import made_missing_notes
from ..design.random import fitting_order
from ..design.record import Design, RandomDesign
from ..design.remembered import Remembered
from ..design.scales import scale_notes
from ..design.spec import Spec
from ..design.summed import SummedColumns, by_kept
from ..engine.sums.arrange import arrange, upper_factor
from ..engine.sums.gram import Gram
from ..engine.sums.sums import Sums
from ..errors import DataError
from ..functions import Levels, Scope
from ..functions.arrays import Array
from ..functions.levels import CrossedLevels
from ..language import deparse
from ..language.nodes import Name
from ..options import Control
from .coordinates import columns_kept, products, restricted
from .crossing import sorted_levels
from .facts import Facts
from .model_plan import ModelPlan
from .ordering import in_order
from .plan_sums import PlanSums


def model_of(plan: ModelPlan, total: PlanSums, control: Control) -> tuple[Design, Gram]:
    """The design on all rows and the Gram; DataError, and notes, as in memory."""
    facts = total.facts
    if not facts.n:
        raise DataError(_nothing(facts))
    labels, levels = _levels(plan, total)
    _, kept, said = full_rank(columns_kept(total.sums), plan.design.X_full_names, control)
    order = fitting_order([len(levels[f]) for f in plan.factor_of_term])
    design = _design(plan, facts, levels, order, kept)
    notes = [*plan.design.notes, *made_missing_notes(facts.nan_made), *_response(plan, facts, control)]
    notes += _groups(plan, design, order, total.sums, control) + said + _scale(design, facts, kept, control)
    sums = in_order(restricted(total.sums, kept.tolist()).with_levels(labels), order)
    named = replace(sums, labels=replace(sums.labels, X_names=design.X_names))
    return replace(design, notes=tuple(dict.fromkeys(notes))), arrange(named)


def columns_known(plan: ModelPlan, total: PlanSums, design: Design, gram: Gram) -> SummedColumns | None:
    """What is known of the fixed effects without their rows; None of weighted sums that were not told X'X without."""
    kept = design.spec.fixed_columns
    facts = total.facts.columns
    R = facts.factor(kept.tolist())
    if R is None and total.facts.weight:
        return None
    if R is None:
        R = upper_factor(gram.XytXy)[:-1, :-1] @ gram.scaling.R
    every = by_kept(columns_kept(total.sums), kept.tolist())
    known = total.facts.predictors
    return SummedColumns(facts.n, R, every, facts.mean, facts.largest(), plan.matrices, known if known.kinds else None)


def _nothing(facts: Facts) -> str:
    if not facts.n_total:
        return "the data have 0 rows"
    if not facts.n_chosen:
        return f"subset leaves 0 of {facts.n_total} rows"
    return f"0 of {facts.n_chosen} rows are complete"


def _levels(plan: ModelPlan, total: PlanSums) -> tuple[list[Array], list[Levels]]:
    """Labels of the levels of each grouping factor in R's order, and the levels of the design."""
    groups = total.facts.groups
    both = [
        sorted_levels(labels, [groups[name] for name in variables], group)
        for labels, variables, group in zip(total.sums.labels.levels, plan.group_variables, plan.groups, strict=True)
    ]
    return [labels for labels, _ in both], [levels for _, levels in both]


def _design(plan: ModelPlan, facts: Facts, levels: Sequence[Levels], order: Sequence[int], kept: Array) -> Design:
    names = plan.design.X_full_names
    random = tuple(_term(plan, levels, t) for t in order)
    return replace(
        plan.design,
        X_names=tuple(names[i] for i in kept),
        assign=tuple(plan.spec.fixed_coder.assign[i] for i in kept),
        dropped=tuple(np.delete(np.array(names, dtype=object), kept)),
        random=random,
        n=facts.n,
        n_total=facts.n_total,
        n_missing=facts.n_chosen - facts.n,
        spec=_spec(plan, facts, levels, order, kept),
    )


def _term(plan: ModelPlan, levels: Sequence[Levels], t: int) -> RandomDesign:
    return replace(plan.terms[t], levels=levels[plan.factor_of_term[t]])


def _spec(plan: ModelPlan, facts: Facts, levels: Sequence[Levels], order: Sequence[int], kept: Array) -> Spec:
    terms = [replace(plan.spec.random_terms[t], levels=levels[plan.factor_of_term[t]]) for t in order]
    own = {name: part for f, names in enumerate(plan.group_variables) for name, part in _parts(names, levels[f])}
    groups = {name: Remembered("factor", own[name], known.ordered) for name, known in plan.spec.groups.items()}
    columns = dict(plan.spec.columns)
    for node in (node for term in plan.spec.random_terms for node in term.factors if isinstance(node, Name)):
        if columns[node.name].kind == "factor" and node.name not in plan.recipe.coded:
            columns[node.name] = Remembered("factor", own[deparse(node)], columns[node.name].ordered)
    return replace(plan.spec, random_terms=tuple(terms), fixed_columns=kept, groups=groups, columns=columns)


def _parts(names: Sequence[str], levels: Levels) -> list[tuple[str, Levels]]:
    """The levels of a, b, c of a:b:c."""
    if len(names) > 1 and isinstance(levels, CrossedLevels):
        return [*_parts(names[:-1], levels.first), (names[-1], levels.second)]
    return [(names[0], levels)]


def _response(plan: ModelPlan, facts: Facts, control: Control) -> list[str]:
    action, name = control.check_response_not_const, plan.design.response
    if action == "ignore" or facts.low != facts.high:
        return []
    return settle(
        [(action, f"the response {name!r} is constant ({facts.low:g} in all {facts.n} rows): nothing to fit")]
    )


def _groups(plan: ModelPlan, design: Design, order: Sequence[int], sums: Sums, control: Control) -> list[str]:
    sources = [plan.recipe.parts.random[t] for t in order]
    scope = Scope({}, text=plan.recipe.text)
    return check_groups(design.random, sources, design.n, control, scope, ZtZ=lambda: products(sums))


def _scale(design: Design, facts: Facts, kept: Array, control: Control) -> list[str]:
    if control.check_scaleX == "ignore" or facts.n < 2:
        return []
    spreads = facts.columns.spreads()
    return scale_notes([spreads[i] for i in kept], design.X_names, control)
