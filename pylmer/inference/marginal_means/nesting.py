"""Nested variables: levels that have a meaning only within the levels of other variables, teachers in their schools.

A variable is taken as nested in another if each of its levels occurs with one level of the other alone; and in the
other variables of a term without which the term would not be marginal: t in s if the model has s and s:t, but not t.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...language import variables
from ...language.nodes import Binary
from ...language.parse import read
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array, Codes
from .cells import agreeing, product

AUTO = "auto"
Nesting = Mapping[str, tuple[str, ...]]  # a nested variable -> those it is nested in

DETECTED = "NOTE: A nesting structure was detected in the fitted model:\n    "


def nesting_text(nesting: Nesting) -> str:
    """As R writes it.

    >>> nesting_text({"s": ("dis",), "t": ("dis", "s")})
    's %in% dis, t %in% (dis*s)'
    """
    return ", ".join(
        f"{name} %in% {groups[0] if len(groups) == 1 else '(' + '*'.join(groups) + ')'}"
        for name, groups in nesting.items()
    )


def detected(
    names: Sequence[str], observed: Mapping[str, Codes], terms: Collection[frozenset[str]]
) -> dict[str, tuple[str, ...]]:
    """The nesting among some variables of several levels each.

    observed   places (u,) of the combinations that occur, of those variables that are told apart in the data
    terms      the predictors of each term of the model
    """
    within: dict[str, set[str]] = {name: set() for name in names}
    for inner in observed:
        for outer in observed:
            if inner != outer and inner not in within[outer] and _determines(observed[inner], observed[outer]):
                within[inner].add(outer)
    known = set(terms)
    for term in known:
        for name in term & set(names):
            groups = term - {name}
            if groups and groups <= set(names) and groups in known and frozenset([name]) not in known:
                within[name] |= groups
    return {name: tuple(each for each in names if each in within[name]) for name in names if within[name]}


def _determines(inner: Codes, outer: Codes) -> bool:
    """Whether each level of one occurs with a single level of the other."""
    pairs, _ = agreeing(np.stack([inner, outer], axis=1))
    return len(pairs) == len(np.unique(inner)) and len(np.unique(outer)) > 1


def check_nesting(given: Any, known: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The nesting that was given: "t %in% s", several such texts, or {"t": "s"}; nothing for None.

    >>> check_nesting("t %in% (dis*s)", ["dis", "s", "t"])
    {'t': ('dis', 's')}
    """
    if given is None:
        return {}
    pairs = _pairs(given)
    for name in (each for inner, outer in pairs for each in (inner, *outer)):
        if name not in known:
            raise ArgumentError(
                f"nesting: no variable {name!r} in the reference grid{did_you_mean(name, known)}; "
                f"it has {', '.join(known) or 'none'}"
            )
    return _ordered(pairs, known)


def _ordered(pairs: Sequence[tuple[str, Sequence[str]]], known: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found = {name: {each for inner, outer in pairs if inner == name for each in outer} for name, _ in pairs}
    for name in found:
        if name in above(name, found):
            raise ArgumentError(f"nesting: {name!r} would be nested in itself")
    return {name: tuple(each for each in known if each in found[name]) for name in known if name in found}


def above(name: str, nesting: Mapping[str, Collection[str]]) -> set[str]:
    """All variables that one is nested in, those that these are nested in included."""
    out: set[str] = set()
    left = list(nesting.get(name, ()))
    while left:
        each = left.pop()
        if each not in out:
            out.add(each)
            left += nesting.get(each, ())
    return out


def _pairs(given: Any) -> list[tuple[str, list[str]]]:
    if isinstance(given, Mapping) and all(isinstance(outer, str | Sequence) for outer in given.values()):
        return [
            (str(name), [outer] if isinstance(outer, str) else list(map(str, outer))) for name, outer in given.items()
        ]
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise ArgumentError(
            f'nesting={given!r}: wanted a text such as "t %in% s", several, a dict {{"t": "s"}}, or None'
        )
    return [_pair(piece) for text in texts for piece in text.split(",")]


def _pair(text: str) -> tuple[str, list[str]]:
    node = read(text)
    if not (isinstance(node, Binary) and node.operator == "%in%" and len(variables(node.left)) == 1):
        raise ArgumentError(f'nesting: found {text.strip()!r}, wanted "t %in% s" or "t %in% (s*r)"')
    return variables(node.left)[0].name, [each.name for each in variables(node.right)]


def expanded(names: Sequence[str], by: Sequence[str], nesting: Nesting) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of means and of groups, with the variables that nested ones among them are nested in."""
    groups = dict.fromkeys(each for name in by for each in (*nesting.get(name, ()), name))
    nested = [name for name in names if name in nesting]
    within = [each for name in nested for each in nesting[name]]
    return tuple(name for name in dict.fromkeys([*nested, *within, *names]) if name not in groups), tuple(groups)


def innermost(names: Sequence[str], nesting: Nesting) -> list[str]:
    """Nested variables in the order in which they are averaged over, those that others are nested in last."""
    left, out = [name for name in names if name in nesting], []
    while left:
        out.append(next(name for name in reversed(left) if not any(name in nesting[each] for each in left)))
        left.remove(out[-1])
    return out


def restricted(nesting: Nesting, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What is left of the nesting among some variables."""
    inside = {
        name: tuple(each for each in groups if each in names) for name, groups in nesting.items() if name in names
    }
    return {name: groups for name, groups in inside.items() if groups}


def occurring(
    sizes: Mapping[str, int], nesting: Nesting, observed: Mapping[str, Codes], most: int
) -> tuple[Codes | None, int]:
    """Places (k, variables) of the cells in which nested levels meet those that they occur with; None for all cells.

    Returns their number too; beyond `most` the places are not made.
    """
    names, cells, taken = list(sizes), np.zeros((1, 0), int), []
    for name in sorted(names, key=lambda each: each not in nesting and not any(each in g for g in nesting.values())):
        if len(cells) * sizes[name] > most * max(1, *sizes.values()):
            return None, len(cells) * sizes[name]
        pairs = product([len(cells), sizes[name]])
        cells = np.column_stack([cells[pairs[:, 0]], pairs[:, 1]])
        taken.append(name)
        for inner, groups in nesting.items():
            whole = (inner, *groups)
            if name in whole and set(whole) <= set(taken):
                cells = cells[_found(cells, taken, [each for each in whole if each in observed], observed)]
    order = [taken.index(name) for name in names]
    return agreeing(cells[:, order])[0], len(cells)


def _found(cells: Codes, taken: Sequence[str], names: Sequence[str], observed: Mapping[str, Codes]) -> Array:
    """Mask (k,) of the cells whose levels of some variables occur together."""
    if not names:
        return np.ones(len(cells), bool)
    data = np.stack([observed[name] for name in names], axis=1)
    _, which = agreeing(np.vstack([data, cells[:, [taken.index(name) for name in names]]]))
    return np.isin(which[len(data) :], which[: len(data)])
