"""What all average words are asked, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...prediction.choosing import ReForm, chosen_effects
from ...text.arguments import check_level, written
from ..marginal_means.basis import basis_of
from ..marginal_means.options import check_type
from ..marginal_means.records import Axis
from ..marginal_means.transformations import Transformation, response_scale
from .averaging import Groups, complete
from .changes import grouping_columns, known_variables
from .predictor import Predictor
from .rows import AveragedRows, Fit, grouped, rows_to_average

LARGEST = 10_000  # groups


@dataclass(frozen=True, eq=False)
class Averaging:
    """How averages are made.

    known  variables that the predictions depend on;  scale  the transformation of the response, None for none
    by     names whose values make groups;  axes, places (g, by) of the groups that occur
    """

    predictor: Predictor
    rows: AveragedRows
    groups: Groups
    known: list[str]
    by: tuple[str, ...]
    axes: tuple[Axis, ...]
    places: np.ndarray[Any, Any]
    scale: Transformation | None
    level: float

    @classmethod
    def of(
        cls,
        fit: Fit,
        by: Any,
        newdata: Any,
        type: Any,
        re_form: ReForm,
        allow_new_levels: bool,
        weights: Any,
        lmer_df: str | None,
        level: Any,
    ) -> Averaging:
        """ArgumentError for what cannot be asked."""
        if not len(fit.design.X_names):
            raise ArgumentError("the model has no fixed effects to average; ranef(fit) has its effects")
        level, scale, response = check_level(level), response_scale(fit).transformation, _is_response(fit, type)
        if response and scale is not None and (scale.inverse is None or scale.slope is None):
            raise ArgumentError(f"type='response': the way back from {scale.label!r} is not known; ask for 'link'")
        chosen = chosen_effects(fit, re_form) if isinstance(fit, FittedModel | GeneralizedFittedModel) else {}
        names = _names(by)
        known = known_variables(fit, chosen)
        wanted = list(dict.fromkeys([*known, *grouping_columns(fit, chosen), *names]))
        rows = rows_to_average(fit, newdata, wanted, weights)
        predictor = Predictor(fit, basis_of(fit, lmer_df), chosen, allow_new_levels, scale if response else None)
        axes, places, groups = _groups(rows, names)
        rows, groups = complete(predictor, rows, groups)
        return cls(predictor, rows, groups, known, names, axes, places, scale, level)

    @property
    def remark(self) -> str:
        """What is averaged over, and on which scale."""
        fit, text = self.predictor.fit, f"Averages over {self.rows.what}"
        if isinstance(fit, GeneralizedFittedModel | FittedModel):
            text += ", random effects at their modes" if self.predictor.chosen else ", random effects at zero"
        return text


def _is_response(fit: Fit, type: Any) -> bool:
    if type is None:
        return isinstance(fit, GeneralizedFittedModel | GeneralizedFit)
    return check_type(type) == "response"


def _names(by: Any) -> tuple[str, ...]:
    names = [by] if isinstance(by, str) else [] if by is None else by
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"by={written(by)}: wanted the name of a column, or several in a list")
    return tuple(dict.fromkeys(names))


def _groups(rows: AveragedRows, names: Sequence[str]) -> tuple[tuple[Axis, ...], np.ndarray[Any, Any], Groups]:
    """The variables of the groups, the groups that occur, and the group of each row."""
    axes, codes = [], []
    for name in names:
        values, kind, which = grouped(rows.columns[name])
        axes.append(Axis(name, tuple(values), kind))
        codes.append(which)
    if not names:
        return (), np.zeros((1, 0), np.int64), Groups(np.zeros(rows.n, np.int64), 1)
    table = np.stack(codes, axis=1)
    inside = np.flatnonzero(np.all(table >= 0, axis=1))
    places, which = np.unique(table[inside], axis=0, return_inverse=True)
    if len(places) > LARGEST:
        raise ArgumentError(f"by: {len(places):,} groups of rows, more than {LARGEST:,}")
    found = np.full(rows.n, -1)
    found[inside] = which.reshape(-1)
    return tuple(axes), places, Groups(found, len(places))
