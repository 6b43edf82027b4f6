"""Where numeric variables stand on a reference grid: at their mean, other values, or where a formula puts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit, fit_linear
from ...fit.request import make_request
from ...language import parse_formula, variables
from ...language.nodes import Name
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array, Codes, dense
from .records import Level
from .used_data import used_values

Reduce = Callable[[Array], Any] | bool | str | Mapping[str, Any] | Sequence[Any]
WANTED = "wanted a function such as np.mean, True, False, {'x': function}, a formula 'x ~ z', or several of these"


def about_the_mean(x: Array) -> Array:
    """One below and one above the mean."""
    return np.asarray(np.mean(x) + np.array([-1.0, 1.0]))


OF_THE_MEAN: tuple[Any, ...] = (np.mean, about_the_mean)  # functions that want no more of a column than its mean


@dataclass(frozen=True)
class Reduction:
    """How numeric variables are reduced: the default, the exceptions, and formulas by the variable on their left."""

    default: Callable[[Array], Any] | None = np.mean
    own: Mapping[str, Callable[[Array], Any] | None] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> Callable[[Array], Any] | None:
        """The function of a variable, None for all its values."""
        return self.own.get(name, self.default)


def reduction(given: Reduce, numeric: Sequence[str], default: Callable[[Array], Any] = np.mean) -> Reduction:
    """What `cov_reduce` asks for; ArgumentError for what is no function, and for a variable that is no number."""
    own: dict[str, Callable[[Array], Any] | None] = {}
    formulas: dict[str, str] = {}
    chosen: Callable[[Array], Any] | None = default
    for each in [given] if isinstance(given, str | Mapping) or not isinstance(given, Sequence) else given:
        if isinstance(each, str) and "~" in each:
            name, text = _formula(each)
            formulas[name] = text
        elif isinstance(each, Mapping):
            own |= {str(name): _function(value) for name, value in each.items()}
        else:
            chosen = _function(each, default)
    for name in (*own, *formulas):
        if name not in numeric:
            raise ArgumentError(
                f"cov_reduce: {name!r} is no numeric variable of the model{did_you_mean(name, numeric)}; "
                f"there is {', '.join(numeric) or 'none'}"
            )
    return Reduction(chosen, own, formulas)


def _function(given: Any, default: Callable[[Array], Any] = np.mean) -> Callable[[Array], Any] | None:
    if isinstance(given, bool | np.bool_):
        return default if given else None
    if not callable(given):
        raise ArgumentError(f"cov_reduce: {WANTED}, found {given!r}")
    return given  # type: ignore[no-any-return]


def _formula(text: str) -> tuple[str, str]:
    """The variable on the left of a formula, and the formula."""
    parsed = parse_formula(text)
    if not isinstance(parsed.response, Name):
        raise ArgumentError(f"cov_reduce: {text!r} wants a numeric variable of the model on the left of '~'")
    return parsed.response.name, text


def values_at(
    formula: str, fit: FittedModel | GeneralizedFittedModel | LinearFit, columns: Mapping[str, Sequence[Level]]
) -> Array:
    """The least-squares predictions of a formula, fitted to the rows of a fit, in the cells (k,)."""
    parsed = parse_formula(formula)
    names = dict.fromkeys(
        each.name for side in (parsed.response, parsed.node) if side is not None for each in variables(side)
    )
    known = set(fit.design.spec.columns)
    data = used_values(fit, [name for name in names if name in known])
    for name in names:
        if name not in known:
            raise ArgumentError(f"cov_reduce: the model has no variable {name!r}{did_you_mean(name, sorted(known))}")
    request = make_request("lm", formula, data=None, control=None, env=data)
    line = fit_linear(LinearFit, request)
    X = np.asarray(dense(line.design.spec.all_fixed(columns)), float)
    return np.asarray(X[:, line.solution.kept] @ line.beta[line.solution.kept])


def distinct(values: Array) -> tuple[tuple[Level, ...], Codes]:
    """The values that occur (m,), ascending, and which of them each cell has (k,)."""
    found, which = np.unique(values, return_inverse=True)
    return tuple(found.tolist()), which.ravel()
