"""Notes on what is R's meaning, though seldom the user's: intervals that are ordered, powers outside I()."""

from __future__ import annotations

from collections.abc import Iterator

from ..functions import Factor
from ..functions.codings import ORDERED
from ..functions.levels import IntervalLevels
from ..functions.variables import is_categorical
from ..language import deparse, terms
from ..language.bars import at_term_level
from ..language.nodes import Binary, Node, Paren
from .contrasts import Contrasts
from .model_frame import Frame, Parts


def hints(parts: Parts, frame: Frame, contrasts: Contrasts) -> list[str]:
    """What may be another model than the one that was meant."""
    return [*_interval_notes(parts, frame, contrasts), *_power_notes(parts, frame)]


def _interval_notes(parts: Parts, frame: Frame, contrasts: Contrasts) -> list[str]:
    """`pd.cut` makes ordered factors, which R codes by polynomials."""
    if not (isinstance(contrasts.ordered, str) and contrasts.ordered == ORDERED):
        return []
    if not any(map(_by_polynomials, frame.variables.values())):
        return []
    fixed, random = parts.fixed.used, (node for effects in parts.effects for node in effects.used)
    own = contrasts.chosen({deparse(node) for node in fixed})
    names = dict.fromkeys([deparse(node) for node in fixed if deparse(node) not in own] + [*map(deparse, random)])
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
    roots = [parts.formula.fixed, *(term.effects for term in parts.formula.random)]
    inner = (node for root in roots for node in at_term_level(root))
    powers = [node for node in inner if isinstance(node, Binary) and node.operator == "^"]
    found = {deparse(node): base for node in powers for base in _single(node.left)}
    return [_power_note(power, deparse(base)) for power, base in found.items() if _is_number(base, frame)]


def _single(node: Node) -> Iterator[Node]:
    """The variable that is all there is below a power."""
    inside = node.inner if isinstance(node, Paren) else node
    if isinstance(inside, Binary) and inside.operator == "^":
        return
    used = terms(inside).used
    if len(used) == 1:
        yield used[0]


def _is_number(node: Node, frame: Frame) -> bool:
    value = frame.variables.get(deparse(node))
    return value is not None and not is_categorical(value)


def _power_note(power: str, base: str) -> str:
    return f"{power} is {base} alone: outside I() a ^ crosses terms, as in (a + b)^2; for the power write I({power})"
