"""Which rows, and the values of all variables on them: R's model frame."""

from __future__ import annotations

from .build import Extras, Frame, Parts, build_frame, group_factors, grouping_variables, model_variables, row_numbers
from .known import Known, group_key
from .rows import NA_ACTIONS, Rows, na_action_name

__all__ = [
    "NA_ACTIONS",
    "Extras",
    "Frame",
    "Known",
    "Parts",
    "Rows",
    "build_frame",
    "group_factors",
    "group_key",
    "grouping_variables",
    "model_variables",
    "na_action_name",
    "row_numbers",
]
