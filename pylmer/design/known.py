"""What is known of a model's variables beside what its data give: a new response, the rows of a bootstrap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..functions import Factor, Matrix, Value
from ..functions.arrays import Array
from ..functions.values import missing
from ..language import deparse
from ..language.nodes import Node


@dataclass(frozen=True, eq=False)
class Known:
    """Values on all rows of the data (n_total,), each in place of what evaluating the formula on them gives.

    response   of the left side, (n_total,), of pairs of counts (n_total, 2), NaN where it is not known; None: what the
               data give
    variables  by their deparse
    groups     grouping factors by `group_key`, `a:b` as a whole
    state      what functions such as poly and scale have learnt from other data, and keep

    So that a refit, whose response is in no data, and a bootstrap of cases, whose groups have new names and whose
    columns are those of the fit, can be asked again: by update, drop1, ranova, step.
    """

    response: Array | None = None
    variables: Mapping[str, Value] = field(default_factory=dict)
    groups: Mapping[str, Factor] = field(default_factory=dict)
    state: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def response_for(self, found: Value) -> Value:
        """The response, given what the data give; rows where that is missing have never been used, and stay out."""
        if self.response is None:
            return found
        absent = missing(found)
        known = self.response
        if absent is not None:
            known = np.where(absent if known.ndim == 1 else absent[:, None], np.nan, known)
        return known if known.ndim == 1 else Matrix(known, found.names if isinstance(found, Matrix) else ("", ""))

    def variables_for(self, found: Mapping[str, Value]) -> dict[str, Value]:
        """The variables, given what the data give."""
        return {**found, **{name: value for name, value in self.variables.items() if name in found}}

    def groups_among(self, keys: Iterable[str]) -> dict[str, Factor]:
        """Those of some grouping factors that are known."""
        return {key: self.groups[key] for key in keys if key in self.groups}


def group_key(factors: Iterable[Node]) -> str:
    """The name of a grouping factor, given the factors between its `:`."""
    return ":".join(map(deparse, factors))
