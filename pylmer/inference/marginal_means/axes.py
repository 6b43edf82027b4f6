"""The variables of a reference grid: at which values each of them stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...design import Design
from ...errors import ArgumentError, DataError
from ...functions import Factor, Logical, Strings, as_factor
from ...functions.values import kind
from ...language import known_as
from ...language.nodes import Call, Name
from ...language.suggest import did_you_mean
from ...language.walk import nodes
from ...text.arguments import is_number
from .covariates import Reduction
from .records import Axis, Level, level_text
from .seen import Seen

LARGEST = 10_000  # cells of a grid
FEW = 2  # values up to which a number counts as a factor
MAKES_FACTORS = frozenset(["factor", "ordered", "as.factor", "as.ordered"])


def given_values(at: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, Any]:
    """The values asked for, of variables that the model has."""
    if at is not None and not isinstance(at, Mapping):
        raise ArgumentError(f'at: wanted values by variable, as {{"x": [0, 1]}}, found {at!r}')
    given = {known_as(name, names) or name: value for name, value in dict(at or {}).items()}
    for name in given:
        if name not in names:
            raise ArgumentError(
                f"at: the model has no variable {name!r}{did_you_mean(str(name), names)}; "
                f"it has {', '.join(names) or 'none'}"
            )
    return given


def kept_values(given: Any, names: Sequence[str]) -> tuple[str, ...] | int:
    """Numeric variables that keep their values, or up to how many values they do."""
    if is_number(given) and np.isfinite(given) and given == int(given) and given >= 0:
        return int(given)
    kept = [given] if isinstance(given, str) else given
    if not isinstance(kept, Sequence) or not all(isinstance(name, str) for name in kept):
        raise ArgumentError(f"cov_keep={given!r}: wanted names of numeric variables, or a number of values")
    kept = [known_as(name, names) or name for name in kept]
    for name in kept:
        if name not in names:
            raise ArgumentError(f"cov_keep: the model has no variable {name!r}{did_you_mean(name, names)}")
    return tuple(kept)


def made_factors(design: Design) -> set[str]:
    """Columns that the formula turns into factors, factor(x)."""
    calls = (inner for node in design.fixed_terms.used for inner in nodes(node) if isinstance(inner, Call))
    arguments = (call.arguments[0].value for call in calls if call.function in MAKES_FACTORS and call.arguments)
    return {node.name for node in arguments if isinstance(node, Name)}


def is_numeric(name: str, seen: Seen) -> bool:
    return name in seen.numbers or kind(seen.value(name)) == "numeric"


def axis_of(name: str, seen: Seen, is_factor: bool, at: Any, reduced: Reduction, keep: tuple[str, ...] | int) -> Axis:
    most = -1 if isinstance(keep, tuple) else keep
    if at is not None and name in seen.numbers:
        return Axis(name, _numbers(name, at), "numeric", covariate=not is_factor)
    reduce = reduced.of(name)
    kept = name in keep if isinstance(keep, tuple) else not seen.has_many(name, most)
    if name in seen.numbers and not is_factor and reduce is not None and not kept:
        return Axis(name, _numbers(name, seen.reduced(name, reduce)), "numeric", covariate=True)
    value = seen.value(name)
    if isinstance(value, Logical):
        found = [bool(code) for code in np.unique(value.codes)]
        return Axis(name, _chosen(name, found, at), "logical")
    if isinstance(value, Factor | Strings):
        factor = as_factor(value)
        labels = factor.levels.labels()
        return Axis(name, _chosen(name, [labels[code] for code in np.unique(factor.codes)], at))
    if kind(value) != "numeric":
        raise DataError(f"marginal means want factors, texts, logicals and numbers; {name!r} is a {kind(value)}")
    if at is not None:
        return Axis(name, _numbers(name, at), "numeric", covariate=not is_factor)
    values = np.unique(np.asarray(value, float))
    kept = name in keep if isinstance(keep, tuple) else len(values) <= most
    if is_factor or reduce is None or (kept and name not in reduced.own):
        return Axis(name, tuple(values.tolist()), "numeric")
    return Axis(name, _numbers(name, seen.reduced(name, reduce)), "numeric", covariate=True)


def _chosen(name: str, found: Sequence[Level], at: Any) -> tuple[Level, ...]:
    """The levels asked for."""
    if at is None:
        return tuple(found)
    by_text = {level_text(level): level for level in found}
    wanted = [level_text(value) for value in listed(at)]
    if not wanted:
        raise ArgumentError(f"at: {name!r} wants one or more of its levels {', '.join(by_text)}, found {at!r}")
    for text in wanted:
        if text not in by_text:
            raise ArgumentError(
                f"at: {name!r} has no level {text!r}{did_you_mean(text, list(by_text))}; it has {', '.join(by_text)}"
            )
    return tuple(by_text[text] for text in dict.fromkeys(wanted))


def _numbers(name: str, at: Any) -> tuple[Level, ...]:
    values = listed(at)
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        raise ArgumentError(f"at: {name!r} is a number, wanted one or more numbers, found {at!r}") from None
    if not numbers or not np.isfinite(numbers).all():
        raise ArgumentError(f"at: {name!r} wants one or more finite numbers, found {at!r}")
    return tuple(numbers)


def listed(given: Any) -> list[Any]:
    """One value, or several, as a list."""
    if isinstance(given, Sequence) and len(given) > LARGEST:
        raise ArgumentError(f"at: {len(given):,} values of one variable are more than a grid has, {LARGEST:,} cells")
    return [given] if isinstance(given, str | type) or not np.ndim(given) else list(given)
