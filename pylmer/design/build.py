"""formula + data -> design and rows: the frame, X, the random terms, the checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..functions import Columns, Value, read_columns
from ..functions.variables import is_categorical
from ..language import MixedFormula, Terms, expand_random, fixed_terms, terms
from ..language.randoms import Doublevert
from ..numerics.linalg import read_only
from ..numerics.rank import independent_columns
from ..options import Control
from .checks import check_finite, check_groups, check_response, check_weights, settle
from .contrasts import Contrasts, unused
from .hints import hints
from .known import Known
from .matrices import code, factors_in
from .model_frame import DesignArguments, Frame, build_frame
from .parts import Parts
from .random import RandomCoder, fitting_order, grouping_factor, random_design
from .record import Design
from .remembered import remember, remembered_columns, remembered_env
from .responses import prior_weights, reader_of
from .rows import DesignRows, RandomRows
from .ruling import ruled, ruling
from .scales import check_scale
from .source import InMemory, ModelData
from .spec import Matrices, RandomSpec, Spec, argument_node, remembered_arguments

if TYPE_CHECKING:
    from ..families import Family

RANK_ACTIONS = {"message+drop.cols": "message", "warn+drop.cols": "warning", "silent.drop.cols": "ignore"}


def build_design(
    formula: MixedFormula,
    data: Any,
    arguments: DesignArguments,
    *,
    control: Control,
    known: Known | None = None,
    family: Family | None = None,
    columns: Columns | None = None,
) -> ModelData:
    """What a formula means on data, and its matrices; `known` is what takes the place of the data's own.

    `columns` are those of the data where they have been read.

    A model with a `family` reads its response as that family does (see `responses`).

    Raises FormulaError, with the place, for what the formula asks in vain; DataError for rows that cannot be used, and
    for checks whose action in `control` is "stop"; ArgumentError for `contrasts` and `na_action`.
    """
    columns = read_columns(data) if columns is None and data is not None else columns
    parts = take_apart(formula, columns, control)
    chosen = ruled(arguments.contrasts)
    with ruling(chosen):
        frame = build_frame(parts, columns, arguments, known or Known(), reader_of(family))
    notes = [*_dot_notes(parts), *frame.notes, *_double_bar_notes(parts, frame, control)]
    notes += _response_notes(parts) + _checked_rows(parts, frame, control, family)
    notes += hints(parts, frame, chosen)
    coder, X = _fixed(parts.fixed, frame, chosen)
    random_coder = RandomCoder(frame, chosen)
    if not chosen.own:
        random_coder.share(parts.fixed, coder, X)
    random, specs, rank_of = _random(parts, frame, random_coder)
    notes += unused(chosen, factors_in([parts.fixed], frame.variables))
    notes += check_groups(
        random,
        [parts.random[i] for i in rank_of],
        frame.y.shape[0],
        control,
        frame.scope,
        family is None or family.has_scale,
    )
    X, kept, said = full_rank(X, coder.names, control)
    notes += said + check_scale(X, [coder.names[i] for i in kept], control)
    design = Design(
        formula=formula,
        X_names=tuple(coder.names[i] for i in kept),
        assign=tuple(coder.assign[i] for i in kept),
        X_full_names=coder.names,
        dropped=_without(coder.names, kept),
        random=tuple(term.design for term in random),
        fixed_terms=parts.fixed,
        response=frame.y_name,
        n=frame.rows.n,
        n_total=frame.rows.n_total,
        n_missing=frame.rows.n_chosen - frame.rows.n,
        na_action=frame.na_action,
        spec=_spec(parts, frame, coder, kept, specs, arguments),
        notes=tuple(dict.fromkeys(notes)),
    )
    return ModelData(design, InMemory(_rows(frame, X, random, data)))


def _rows(frame: Frame, X: Any, random: tuple[RandomRows, ...], data: Any) -> DesignRows:
    return DesignRows(
        X=X,
        y=frame.y,
        response=frame.response,
        offset=frame.offset,
        weights=frame.weights,
        random=random,
        variables={frame.y_name: frame.response.value} | _framed(frame),
        used=frame.rows,
        data_index=frame.index,
        data=data,
    )


def take_apart(formula: MixedFormula, columns: Columns | None, control: Control) -> Parts:
    """Terms of the fixed part and of every bar; `.` stands for the columns of the data."""
    names = tuple(columns or ())
    double: Doublevert = "diag" if control.doublevert == "diag" else "split"
    return _taken_apart(_ThisFormula(formula), names, double)


class _ThisFormula:
    """A formula and no other: equal ones may be written otherwise, which messages show."""

    def __init__(self, formula: MixedFormula) -> None:
        self.formula = formula

    def __hash__(self) -> int:
        return id(self.formula)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ThisFormula) and self.formula is other.formula


@lru_cache(maxsize=256)  # as of parsing: the same few formulas again and again
def _taken_apart(same: _ThisFormula, names: tuple[str, ...], double: Doublevert) -> Parts:
    formula = same.formula
    random = expand_random(formula, names, double)
    effects = tuple(terms(term.effects, columns=names, text=formula.text) for term in random)
    fixed = fixed_terms(formula, names)
    kept = without_response(fixed)
    return Parts(formula, kept, random, effects, len(kept.labels) < len(fixed.labels))


def without_response(fixed: Terms) -> Terms:
    """`y ~ y + x` is `y ~ x`, as in R."""
    places = [i for i, node in enumerate(fixed.variables) if node == fixed.response]
    kept = [i for i, factor in enumerate(fixed.factors) if list(factor) != places]
    factors = tuple(fixed.factors[i] for i in kept)
    return replace(fixed, factors=factors, labels=tuple(fixed.labels[i] for i in kept))


def _framed(frame: Frame) -> dict[str, Value]:
    """Variables, then the groups that are none of them: a number that is a group too stays one in the fixed part."""
    return {**frame.variables, **{name: each for name, each in frame.groups.items() if name not in frame.variables}}


def _checked_rows(parts: Parts, frame: Frame, control: Control, family: Family | None) -> list[str]:
    used_values = {name: value for name, value in frame.variables.items() if name in parts.used}
    check_finite({frame.y_name: frame.y, **used_values, "offset": frame.offset})
    check_weights(frame.weights, family is not None)
    w = prior_weights(frame.weights, frame.response)
    notes = [] if family is None else family.check_response(frame.y, 1.0 if w is None else w)
    return [*frame.response.notes, *notes, *check_response(frame.y, frame.y_name, control)]


def _fixed(fixed: Terms, frame: Frame, contrasts: Contrasts) -> tuple[Matrices, Any]:
    codings = contrasts.codings(factors_in([fixed], frame.variables), fixed=True)
    coder, X = code(fixed, frame.variables, frame.y.shape[0], codings, keep_sparse=True)
    return coder, read_only(X)


def _random(
    parts: Parts, frame: Frame, coder: RandomCoder
) -> tuple[tuple[RandomRows, ...], tuple[RandomSpec, ...], list[int]]:
    """Random terms and their specs in fitting order, and their places as written."""
    made: dict[str, Any] = {}
    factors = [grouping_factor(term, frame, made) for term in parts.terms]
    order = fitting_order([len(factor.levels) for factor in factors])
    both = [random_design(parts.terms[i], factors[i], coder) for i in order]
    return tuple(term for term, _ in both), tuple(spec for _, spec in both), order


def full_rank(X: Any, names: Sequence[str], control: Control) -> tuple[Any, Any, list[str]]:
    """X without linearly dependent columns, the positions kept, and what to say; or any matrix with the same X'X."""
    everything = np.arange(X.shape[1])
    if control.check_rankX == "ignore":
        return X, everything, []
    kept = independent_columns(X)
    if kept.shape[0] == X.shape[1]:
        return X, kept, []
    lost = _without(names, kept)
    if control.check_rankX == "stop.deficient":
        raise DataError(
            f"the fixed-effects model matrix has rank {kept.shape[0]}, but {X.shape[1]} columns; "
            f"linear combinations of earlier columns: {', '.join(lost)}"
        )
    columns = "column / coefficient" if len(lost) == 1 else "columns / coefficients"
    text = f"fixed-effect model matrix is rank deficient so dropping {len(lost)} {columns}"
    return X[:, kept], kept, settle([(RANK_ACTIONS[control.check_rankX], text)])


def _without(names: Sequence[str], kept: Any) -> tuple[str, ...]:
    """The names at the positions that are not kept."""
    return () if len(kept) == len(names) else tuple(np.delete(np.array(names, dtype=object), kept))


def _spec(
    parts: Parts, frame: Frame, coder: Matrices, kept: Any, specs: tuple[RandomSpec, ...], arguments: DesignArguments
) -> Spec:
    columns = remembered_columns(frame, frame.rows.n_total)
    remembered = remembered_arguments(arguments)
    texts = [text for text in remembered.values() if isinstance(text, str)]
    used = [*parts.variables.values(), *parts.fixed.offsets, *(node for spec in specs for node in spec.factors)]
    used += [argument_node(text, frame.scope.columns) for text in texts]
    return Spec(
        text=parts.formula.text,
        fixed_variables=parts.fixed.used,
        fixed_coder=coder,
        fixed_columns=kept,
        offsets=parts.fixed.offsets,
        random_terms=specs,
        variables={name: remember(value) for name, value in frame.variables.items()},
        groups={name: remember(factor) for name, factor in frame.groups.items()},
        columns=columns,
        env=remembered_env(frame, used, columns),
        state=frame.scope.state,
        arguments=remembered,
    )


def _response_notes(parts: Parts) -> list[str]:
    """The response among its own predictors is a slip."""
    return ["the response appeared on the right-hand side and was dropped"] if parts.repeats_response else []


def _dot_notes(parts: Parts) -> list[str]:
    """`.` takes in the grouping columns as well, which is seldom meant."""
    put = "'.' puts the grouping factor {0!r} among the fixed effects too; write '. - {0}'"
    return [put.format(name) for name in parts.dotted_groups]


def _double_bar_notes(parts: Parts, frame: Frame, control: Control) -> list[str]:
    """`(a || g)` does not separate the levels of a factor when it is split as lme4 does."""
    if control.doublevert == "diag":
        return []
    return [_double_bar_note(name) for name in parts.doubled if is_categorical(frame.variables.get(name))]


def _double_bar_note(name: str) -> str:
    return (
        f"'||' does not separate the levels of the factor {name!r}: their random effects stay correlated; "
        'lmerControl(doublevert="diag") separates them'
    )
