"""Notes on what is R's meaning, though seldom the user's: intervals that are ordered, powers outside I()."""

from __future__ import annotations

from ..functions import Factor
from ..functions.codings import ORDERED
from ..functions.levels import IntervalLevels
from ..functions.variables import is_categorical
from .contrasts import Contrasts
from .model_frame import Frame
from .parts import Parts


def hints(parts: Parts, frame: Frame, contrasts: Contrasts) -> list[str]:
    """What may be another model than the one that was meant."""
    return [*_interval_notes(parts, frame, contrasts), *_power_notes(parts, frame)]


def _interval_notes(parts: Parts, frame: Frame, contrasts: Contrasts) -> list[str]:
    """`pd.cut` makes ordered factors, which R codes by polynomials."""
    if not (isinstance(contrasts.ordered, str) and contrasts.ordered == ORDERED):
        return []
    if not any(map(_by_polynomials, frame.variables.values())):
        return []
    fixed, random = parts.fixed.used_names, [name for effects in parts.effects for name in effects.used_names]
    own = contrasts.chosen(set(fixed))
    names = dict.fromkeys([name for name in fixed if name not in own] + random)
    return [_interval_note(name) for name in names if _by_polynomials(frame.variables.get(name))]


def _by_polynomials(value: object) -> bool:
    return (
        isinstance(value, Factor)
        and isinstance(value.levels, IntervalLevels)
        and value.ordered
        and value.contrasts is None
    )


def _interval_note(name: str) -> str:
    return (
        f"{name!r} holds intervals (pd.cut) and is ordered: polynomial contrasts {name}.L, {name}.Q, ..., not a "
        "coefficient for each interval; .cat.as_unordered() gives those, or "
        f"contrasts={{{name!r}: 'contr.treatment'}}"
    )


def _power_notes(parts: Parts, frame: Frame) -> list[str]:
    """`x^2` is x: a power of a sum crosses its terms, and a number has nothing to be crossed with."""
    return [_power_note(power, base) for power, base in parts.powers.items() if _is_number(base, frame)]


def _is_number(name: str, frame: Frame) -> bool:
    value = frame.variables.get(name)
    return value is not None and not is_categorical(value)


def _power_note(power: str, base: str) -> str:
    return f"{power} is {base} alone: outside I() a ^ crosses terms, as in (a + b)^2; for the power write I({power})"
