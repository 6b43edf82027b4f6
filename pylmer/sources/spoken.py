"""A formula in the words of the engine that holds the rows: its numbers, its keys, which rows are used.

Numbers are said as expressions. What is categorical is a key: a column as it is, of which `factor(x)`, `paste(a, b)`
and all else that depends on such columns alone is made later, on the cells, by today's code; or an expression, `x > 3`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import narwhals as nw

from ..design.spec import argument_node
from ..functions import Scope
from ..language import deparse
from ..language.nodes import Call, Name, Node
from ..language.walk import nodes, variables
from .bases import Base, columns_said, interval_said
from .learning import OF_DISTINCT
from .recipe import Recipe
from .sayable import Said, Speaker, Unsayable, known

COLUMN = "\x00"  # stands before the number of a column
KEYS = (nw.String, nw.Categorical, nw.Enum, nw.Boolean, nw.Date, nw.Datetime)


@dataclass(frozen=True, eq=False)
class Spoken:
    """What is asked of the engine.

    columns           variables that are said, by their deparse: the names of their columns
    numbers           those columns
    keys              columns that are keys as they are; said_keys: variables that are keys, by their deparse
    response          without offset;  offset, weights: None without
    subset            TRUE for rows that are chosen, None for all
    """

    recipe: Recipe
    numbers: Mapping[str, nw.Expr]
    keys: Mapping[str, nw.Expr]
    said_keys: Mapping[str, Said]
    response: nw.Expr
    offset: nw.Expr | None
    weights: nw.Expr | None
    subset: nw.Expr | None
    complete_keys: tuple[str, ...]
    made: Mapping[str, nw.Expr]
    columns: Mapping[str, tuple[str, ...]]
    bases: Mapping[str, Base]

    @cached_property
    def predictor_keys(self) -> tuple[str, ...]:
        """Keys, as they are or said, of which variables are made, and not only grouping factors."""
        own = {
            name.name
            for node in self.recipe.variables
            if deparse(node) not in self.columns and deparse(node) not in self.said_keys
            for name in variables(node)
        }
        return (*(key for key in self.keys if key in own), *self.said_keys)

    def group_keys(self, nodes_: tuple[Node, ...]) -> tuple[str, ...]:
        """Keys of which some grouping variables are made."""
        every = dict.fromkeys(name.name for node in nodes_ for name in variables(node))
        return tuple(key for key in self.keys if key in every)

    @property
    def plain_groups(self) -> bool:
        """Whether every grouping variable is a column as it is."""
        return all(isinstance(node, Name) for node in self.recipe.groups)


def spoken(recipe: Recipe, types: Mapping[str, Any], bases: Mapping[str, Base]) -> Spoken:
    """The formula in words; Unsayable, with the term, where there are none."""
    speaker = Speaker(types, Scope({}, recipe.arguments.env or {}, recipe.text))
    columns: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, nw.Expr] = {}
    said: dict[str, Said] = {}
    keys: dict[str, None] = {}
    for node in recipe.variables:
        name = deparse(node)
        if _of_keys(node, types):
            keys |= dict.fromkeys(_columns(node, types))
            continue
        if name in bases and bases[name].call.function != "cut":
            several = columns_said(bases[name], speaker)
            columns[name] = tuple(f"{name}{COLUMN}{place}" for place in range(len(several)))
            numbers |= zip(columns[name], several, strict=True)
            continue
        found = interval_said(bases[name], speaker) if name in bases else speaker.say(node)
        if found.kind == "numeric":
            numbers[name] = speaker.number(node)
            columns[name] = (name,)
        else:
            said[name] = found
    for node in recipe.groups:
        if not (isinstance(node, Name) or _of_keys(node, types)):
            raise Unsayable(f"the grouping factor {deparse(node)} is made of numbers")
        keys |= dict.fromkeys(_columns(node, types))
    for key in keys:
        if key not in types or not (types[key].is_numeric() or isinstance(types[key], KEYS)):
            raise Unsayable(f"{key!r} is of type {types.get(key)}")
    plain = {node.name for node in (*recipe.variables, *recipe.groups) if isinstance(node, Name)}
    return Spoken(
        recipe,
        numbers,
        {key: _key(key, types[key]) for key in keys},
        said,
        speaker.number(recipe.response),
        _offset(recipe, speaker),
        _argument(recipe, speaker, "weights"),
        _subset(recipe, speaker),
        tuple(key for key in keys if key in plain),
        dict(_made(recipe, _first_columns(recipe, speaker, columns, numbers), types)),
        columns,
        bases,
    )


def _first_columns(
    recipe: Recipe, speaker: Speaker, columns: Mapping[str, tuple[str, ...]], numbers: Mapping[str, nw.Expr]
) -> dict[str, nw.Expr]:
    """The response and one column of each variable that is said."""
    own = {deparse(recipe.response): speaker.number(recipe.response)}
    return own | {name: numbers[first] for name, (first, *_) in columns.items()}


def _columns(node: Node, types: Mapping[str, Any]) -> list[str]:
    """The columns that an expression names, each once."""
    return list(dict.fromkeys(each.name for each in variables(node) if each.name in types))


def _of_keys(node: Node, types: Mapping[str, Any]) -> bool:
    """Whether a variable is made of columns that are no numbers, or that functions make factors of."""
    used = _columns(node, types)
    if not used:
        return False
    if all(isinstance(types[name], KEYS) for name in used):
        return True
    return isinstance(node, Call) and node.function in OF_DISTINCT and _only_distinct(node)


def _only_distinct(node: Call) -> bool:
    inner = {each.function for each in nodes(node) if isinstance(each, Call)}
    return inner <= OF_DISTINCT | {"c", "contr.sum", "contr.helmert", "contr.treatment", "contr.poly", "contr.SAS"}


def _key(name: str, sort: Any) -> nw.Expr:
    column = nw.col(name)
    if sort == nw.Decimal:
        return column.cast(nw.Float64)
    return known(column) if sort.is_float() else column


def _offset(recipe: Recipe, speaker: Speaker) -> nw.Expr | None:
    found = [speaker.number(node) for node in recipe.parts.fixed.offsets]
    given = _argument(recipe, speaker, "offset")
    found += [] if given is None else [given]
    return sum(found[1:], found[0]) if found else None


def _argument(recipe: Recipe, speaker: Speaker, word: str) -> nw.Expr | None:
    given = getattr(recipe.arguments, word)
    if given is None:
        return None
    if not isinstance(given, str):
        return nw.lit(float(given), nw.Float64)
    return speaker.number(argument_node(given, speaker.types))


def _subset(recipe: Recipe, speaker: Speaker) -> nw.Expr | None:
    given = recipe.arguments.subset
    if given is None:
        return None
    if not isinstance(given, str):
        raise Unsayable(f"subset={given!r} is no condition")
    said = speaker.say(argument_node(given, speaker.types))
    if said.kind != "logical":
        raise Unsayable(f"subset={given!r} is no condition")
    return nw.when(said.expression).then(nw.lit(True)).otherwise(nw.lit(False))


def _made(recipe: Recipe, said: Mapping[str, nw.Expr], types: Mapping[str, Any]) -> Any:
    """Where an expression is missing and its columns are not."""
    for node in (recipe.response, *recipe.variables):
        name = deparse(node)
        if isinstance(node, Name) or name not in said:
            continue
        missing = said[name].is_null()
        for column in _columns(node, types):
            sort, raw = types[column], nw.col(column)
            missing = missing & ~(known(raw) if sort.is_float() else raw).is_null()
        yield name, missing
