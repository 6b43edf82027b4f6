"""Which variables are compared or differentiated, and at which values."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...fit.words import several
from ...functions.values import kind
from ...language import format_number, known_as, variables
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array
from ...prediction.choosing import Chosen
from ...text import signif
from ...text.arguments import is_number, written
from ..marginal_means.axes import is_numeric, listed, made_factors
from ..marginal_means.records import Level, level_text
from ..marginal_means.reference_grid import predictors
from ..marginal_means.seen import Seen
from ..marginal_means.used_data import used_values
from .averaging import Raised, Setting, SetTo, unchanged
from .rows import Fit, grouped

PAIRS = ("reference", "sequential", "pairwise", "revpairwise")
SPANS: dict[str, Callable[[Array], tuple[float, float]]] = {
    "sd": lambda x: _about(float(np.mean(x)), float(np.std(x, ddof=1)) / 2),
    "2sd": lambda x: _about(float(np.mean(x)), float(np.std(x, ddof=1))),
    "iqr": lambda x: (float(np.quantile(x, 0.25)), float(np.quantile(x, 0.75))),
    "minmax": lambda x: (float(np.min(x)), float(np.max(x))),
}


def _about(centre: float, half: float) -> tuple[float, float]:
    return centre - half, centre + half


@dataclass(frozen=True)
class Change:
    """A variable, and predictions under one setting against those under another."""

    name: str
    label: str
    high: Setting
    low: Setting


@dataclass(frozen=True, eq=False)
class VariedColumn:
    """A predictor of a fit; levels () of a number that is one in the formula too."""

    fit: Fit
    name: str
    levels: tuple[Level, ...]
    seen: Seen

    @property
    def numbers(self) -> Array:
        """Its values on the rows of the fit."""
        return np.asarray(used_values(self.fit, [self.name])[self.name], float)  # type: ignore[arg-type]

    @property
    def range(self) -> float:
        """Its largest value less its smallest, 1 if these are one."""
        return self.seen.range(self.name) or 1.0


def known_variables(fit: Fit, chosen: Chosen) -> list[str]:
    """The columns of the data that predictions depend on, but for grouping factors."""
    spec = fit.design.spec
    nodes = [node for number in chosen for node in spec.random_terms[number].variables]
    random = [each.name for node in nodes for each in variables(node) if each.name in spec.columns]
    return list(dict.fromkeys([*predictors(fit.design), *random]))


def grouping_columns(fit: Fit, chosen: Chosen) -> list[str]:
    """The columns of the data that the chosen random effects are grouped by."""
    spec = fit.design.spec
    nodes = [node for number in chosen for node in spec.random_terms[number].factors]
    return list(dict.fromkeys(each.name for node in nodes for each in variables(node) if each.name in spec.columns))


def default_variables(fit: Fit) -> list[str]:
    """The predictors of the fixed part, without what stands in an offset alone; ArgumentError if there is none."""
    names = [each.name for node in fit.design.fixed_terms.used for each in variables(node)]
    found = [name for name in dict.fromkeys(names) if name in fit.design.spec.columns]
    if not found:
        raise ArgumentError("the model has no predictors that could change")
    return found


def asked_variables(given: Any, known: Sequence[str]) -> dict[str, Any]:
    """Names, and what is asked of each, None if nothing is; ArgumentError for unknown ones."""
    if isinstance(given, Mapping):
        asked = dict(given)
    elif isinstance(given, str) or (isinstance(given, Sequence) and all(isinstance(name, str) for name in given)):
        asked = dict.fromkeys(several(given))
    else:
        raise ArgumentError(
            f"variables={written(given)}: wanted a name, a list of names, or what is asked of each, {{'x': 1}}"
        )
    if not asked:
        raise ArgumentError("variables: none is named; None stands for all predictors")
    return {_known(name, known): value for name, value in asked.items()}


def _known(name: Any, known: Sequence[str]) -> str:
    meant = known_as(name, known)
    if meant not in known:
        raise ArgumentError(
            f"variables: the model has no variable {written(name)}{did_you_mean(str(name), known)}; it has "
            f"{', '.join(known) or 'none'}"
        )
    return str(meant)


def variable_of(fit: Fit, name: str) -> VariedColumn:
    """A variable, as the rows of the fit or their sums tell of it."""
    seen = Seen.of(fit, [name])  # type: ignore[arg-type]
    if is_numeric(name, seen) and name not in made_factors(fit.design):
        return VariedColumn(fit, name, (), seen)
    value = seen.value(name)
    if kind(value) not in ("numeric", "logical", "text", "factor"):
        raise ArgumentError(f"variables: {name!r} is a {kind(value)}; wanted numbers, factors, texts or logicals")
    return VariedColumn(fit, name, tuple(grouped(value)[0]), seen)


# --- comparisons -----------------------------------------------------------------------------------------------------


def changes(variable: VariedColumn, asked: Any) -> list[Change]:
    """The comparisons of one variable: see `avg_comparisons`."""
    return _between(variable, asked) if variable.levels else _of_number(variable, asked)


def _between(variable: VariedColumn, asked: Any) -> list[Change]:
    """Comparisons of levels."""
    levels = list(variable.levels)
    if asked is None or (isinstance(asked, str) and asked in PAIRS):
        pairs = _pairs(asked or "reference", levels)
    else:
        pairs = [_two(variable.name, _chosen(variable, asked))]
    if not pairs:
        raise ArgumentError(f"variables: {variable.name!r} has one level alone, {level_text(levels[0])}")
    return [
        Change(variable.name, f"{level_text(high)} - {level_text(low)}", SetTo(variable.name, high),
               SetTo(variable.name, low))
        for low, high in pairs
    ]  # fmt: skip


def _pairs(how: str, levels: list[Level]) -> list[tuple[Level, Level]]:
    if how == "reference":
        return [(levels[0], level) for level in levels[1:]]
    if how == "sequential":
        return list(itertools.pairwise(levels))
    pairs = [(levels[i], levels[j]) for j in range(len(levels)) for i in range(j)]
    return pairs if how == "pairwise" else [(high, low) for low, high in pairs]


def _chosen(variable: VariedColumn, asked: Any) -> list[Level]:
    """The levels asked for."""
    by_text = {level_text(level): level for level in variable.levels}
    wanted = [level_text(each) if is_number(each) or isinstance(each, str | bool) else written(each) for each in
              listed(asked)]  # fmt: skip
    for text in wanted:
        if text not in by_text:
            raise ArgumentError(
                f"variables: {variable.name!r} has no level {text!r}{did_you_mean(text, list(by_text))}; it has "
                f"{', '.join(by_text)}. Or one of {', '.join(map(repr, PAIRS))}"
            )
    return [by_text[text] for text in wanted]


def _two(name: str, values: Sequence[Any]) -> tuple[Any, Any]:
    if len(values) != 2 or values[0] == values[1]:
        raise ArgumentError(f"variables: {name!r} wants two different values to compare, found {list(values)!r}")
    return values[0], values[1]


def _of_number(variable: VariedColumn, asked: Any) -> list[Change]:
    name = variable.name
    step = 1.0 if asked is None else asked
    if is_number(step) and np.isfinite(step) and step != 0:
        return [Change(name, f"{float(step):+.15g}", Raised(name, float(step)), unchanged)]
    if isinstance(step, str) and step in SPANS:
        low, high = SPANS[step](variable.numbers)
    else:
        low, high = _two(name, _numbers(name, step))
    label = f"{format_number(signif(high, 4))} - {format_number(signif(low, 4))}"
    return [Change(name, label, SetTo(name, high), SetTo(name, low))]


def _numbers(name: str, asked: Any) -> list[float]:
    values = [asked] if isinstance(asked, str) or not np.iterable(asked) else list(asked)
    if not values or not all(is_number(each) and np.isfinite(each) for each in values):
        raise ArgumentError(
            f"variables: {name!r} is a number: wanted a step, two values, or one of {', '.join(map(repr, SPANS))}, "
            f"found {written(asked)}"
        )
    return [float(each) for each in values]


# --- predictions -----------------------------------------------------------------------------------------------------


def values_of(variable: VariedColumn, asked: Any) -> tuple[Level, ...]:
    """The values at which predictions are wanted: all levels, the five numbers of a variable, or those given."""
    if variable.levels:
        return variable.levels if asked is None else tuple(dict.fromkeys(_chosen(variable, asked)))
    if asked is None:
        return tuple(dict.fromkeys(np.quantile(variable.numbers, [0, 0.25, 0.5, 0.75, 1]).tolist()))
    return tuple(dict.fromkeys(_numbers(variable.name, asked)))
