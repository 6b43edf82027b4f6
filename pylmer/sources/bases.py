"""scale, poly, ns, bs and cut in words, given what they have learnt of the whole table.

What they learn follows from a few facts (count, mean, standard deviation, range), so today's code learns it from a few
numbers with these facts; or from the whole column, where it does not (quantiles) and the engine is on this machine.
Of a number x, poly, ns and bs are a fixed matrix times powers of z = (x - m) / s and of z - k where that is positive
(de Boor 1978, ch. 9): the matrix is found by least squares on a grid, and is refused where it is not exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import narwhals as nw
import numpy as np

from ..errors import PylmerError
from ..functions import Matrix, Scope, Value, evaluate
from ..functions.arrays import Array
from ..functions.values import numeric
from ..language import deparse
from ..language.nodes import Argument, Call, Name, Node
from ..language.walk import nodes
from .lazy import RowEngine
from .learning import OF_NUMBERS, same_state
from .recipe import Recipe
from .sayable import Said, Speaker, Unsayable, number

X = "the number"  # stands for what a call is a function of
TRIAL = np.array([0.3, 1.0, 1.1, 2.4, 3.0, 4.2, 5.5, 6.0, 7.7, 8.1, 9.9, 12.0])
EXACT = 1e-10  # of the largest entry, by which the matrix may miss
LOCAL = ("duckdb", "polars")
NODES = 24  # of a piece of the grid


@dataclass(frozen=True)
class Range:
    """Facts of a number: mean, standard deviation, least and largest."""

    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Base:
    """A call of a number: the call on X, of what number, and what it has learnt."""

    call: Call
    of: Node
    facts: Range
    state: Mapping[str, Any]
    env: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, where there are several."""
        return tuple(getattr(self.on(TRIAL), "names", ()))

    def on(self, values: Array) -> Value:
        """The value of the call on these numbers."""
        scope = Scope({X: values}, self.env, "", {deparse(self.call): dict(self.state)})
        return evaluate(self.call, scope)


def bases_of(recipe: Recipe, engine: RowEngine) -> dict[str, Base]:
    """All calls that learn from numbers, by their deparse, with what they learn from the table."""
    speaker = Speaker(engine.types, Scope({}, recipe.arguments.env or {}, recipe.text))
    every = {deparse(call): call for node in recipe.expressions(tuple(speaker.types)) for call in calls(node, speaker)}
    if not every:
        return {}
    numbers = {name: _number_of(call) for name, call in every.items()}
    facts = _facts(engine, {name: speaker.number(node) for name, node in numbers.items()})
    return {
        name: _learnt(Base(_on_x(call, speaker), numbers[name], facts[name], {}, speaker.scope.env), speaker, engine)
        for name, call in every.items()
    }


def calls(node: Node, speaker: Speaker) -> Iterator[Call]:
    """The calls within an expression that learn from numbers, in the table."""
    for each in nodes(node):
        if isinstance(each, Call) and each.function in OF_NUMBERS and each.function not in speaker.scope.env:
            yield each


def _place_of_x(call: Call) -> int:
    named = [i for i, argument in enumerate(call.arguments) if argument.name == "x"]
    free = [i for i, argument in enumerate(call.arguments) if argument.name is None]
    if not named and not free:
        raise Unsayable(f"{deparse(call)} has no argument")
    return (named or free)[0]


def _number_of(call: Call) -> Node:
    value = call.arguments[_place_of_x(call)].value
    if value is None:
        raise Unsayable(f"{deparse(call)} has no argument")
    return value


def _on_x(call: Call, speaker: Speaker) -> Call:
    """The call on X; Unsayable if other arguments are not the same in all rows."""
    place, arguments = _place_of_x(call), list(call.arguments)
    for i, argument in enumerate(arguments):
        if i != place and argument.value is not None:
            speaker.constant(argument.value)
    arguments[place] = Argument(Name(X), arguments[place].name)
    return replace(call, arguments=tuple(arguments))


def _facts(engine: RowEngine, numbers: Mapping[str, nw.Expr]) -> dict[str, Range]:
    names = {name: f"v{i}" for i, name in enumerate(numbers)}
    asked = [
        getattr(nw.col(alias), how)().alias(f"{alias}_{how}")
        for alias in names.values()
        for how in ("mean", "std", "min", "max")
    ]
    rows = engine.frame.select(*(numbers[name].alias(alias) for name, alias in names.items()))
    found = engine.collected(rows.select(*asked))
    return {
        name: Range(*(float(np.asarray(found[f"{alias}_{how}"], float)[0]) for how in ("mean", "std", "min", "max")))
        for name, alias in names.items()
    }


def _learnt(base: Base, speaker: Speaker, engine: RowEngine) -> Base:
    facts, function = base.facts, base.call.function
    told = _tried(base, TRIAL), _tried(base, 1.5 * TRIAL + 1)
    if told[0] is not None and told[1] is not None and same_state(*told):
        return replace(base, state=told[0])
    given = {argument.name for argument in base.call.arguments}
    if not all(np.isfinite([facts.mean, facts.low, facts.high])):
        raise Unsayable(f"{deparse(base.of)} is missing or infinite")
    if function == "scale" and len(base.call.arguments) == 1:
        return replace(base, state=_state(base, facts.mean + np.array([-1.0, 1.0]) * facts.sd / np.sqrt(2)))
    if function == "cut" or (function in ("ns", "bs") and "knots" in given):
        return replace(base, state=_state(base, np.array([facts.low, facts.high])))
    if engine.frame.implementation.name.lower() not in LOCAL:
        raise Unsayable(f"{function}() learns from all rows of {deparse(base.of)}")
    column = engine.collected(engine.frame.select(speaker.number(base.of).alias("v")))["v"]
    return replace(base, state=_state(base, np.asarray(column, float)))


def _state(base: Base, values: Array) -> dict[str, Any]:
    scope = Scope({X: values}, base.env)
    evaluate(base.call, scope)
    return scope.state.get(deparse(base.call), {})


def _tried(base: Base, values: Array) -> dict[str, Any] | None:
    try:
        return _state(base, values)
    except PylmerError:  # these numbers are beyond what the function takes
        return None


def columns_said(base: Base, speaker: Speaker) -> tuple[nw.Expr, ...]:
    """The columns of scale, poly, ns and bs."""
    pieces = _PIECES[base.call.function](base, speaker)
    facts = base.facts
    middle, width = facts.mean, (facts.sd if facts.sd > 0 else 1.0)
    ends = sorted({facts.low, facts.high, *(k for k in pieces.knots if facts.low < k < facts.high)})
    grid = np.concatenate([_chebyshev(a, b) for a, b in pairwise(ends)] or [np.array(ends)])
    wanted = _columns(base.on(grid))
    z, knots = (grid - middle) / width, [(k - middle) / width for k in pieces.knots]
    terms = [z**k for k in range(pieces.powers + 1)] + [np.maximum(z - k, 0.0) ** pieces.degree for k in knots]
    basis = np.column_stack(terms)
    size = np.maximum(np.abs(basis).max(axis=0), 1e-300)
    coefficients = np.linalg.lstsq(basis / size, wanted, rcond=None)[0] / size[:, None]
    if np.abs(basis @ coefficients - wanted).max(initial=0.0) > EXACT * np.abs(wanted).max(initial=1e-300):
        raise Unsayable(f"{deparse(base.call)} is no sum of powers")
    x = (speaker.number(base.of) - number(middle)) / number(width)
    return tuple(_sum(x, column, pieces.powers, knots, pieces.degree) for column in coefficients.T)


def _columns(value: Value) -> Array:
    numbers = value.numbers if isinstance(value, Matrix) else numeric(value)
    return numbers if numbers.ndim == 2 else numbers[:, None]


def _chebyshev(low: float, high: float) -> Array:
    return (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)


def _power(x: nw.Expr, k: int) -> nw.Expr:
    out = x
    for _ in range(k - 1):
        out = out * x
    return out


def _sum(z: nw.Expr, coefficients: Array, powers: int, knots: Sequence[float], degree: int) -> nw.Expr:
    total = number(float(coefficients[0])) + z * number(float(coefficients[1]))
    for k in range(2, powers + 1):
        total = total + _power(z, k) * number(float(coefficients[k]))
    for knot, coefficient in zip(knots, coefficients[powers + 1 :], strict=True):
        above = nw.when(z > knot).then(_power(z - number(float(knot)), degree)).otherwise(number(0.0))
        total = total + above * number(float(coefficient))
    return total


@dataclass(frozen=True)
class Pieces:
    """Powers of z up to `powers`, and `degree`-th powers of z - k where that is positive."""

    powers: int
    knots: tuple[float, ...] = ()
    degree: int = 1


def _poly(base: Base, speaker: Speaker) -> Pieces:
    return Pieces(_columns(base.on(TRIAL)).shape[1])


def _spline(base: Base, speaker: Speaker) -> Pieces:
    knots = tuple(np.unique(base.state["knots"]).tolist())
    degree = _columns(base.on(TRIAL)).shape[1] - len(np.atleast_1d(base.state["knots"]))
    own = next((a for a in base.call.arguments if a.name == "degree"), None)
    order = degree if own is None or own.value is None else int(speaker.constant(own.value)[0])
    return Pieces(max(order, 1), knots, max(order, 1))


def _natural(base: Base, speaker: Speaker) -> Pieces:
    low, high = base.state["boundary"]
    return Pieces(1, (low, *np.unique(base.state["knots"]).tolist(), high), 3)


_PIECES: dict[str, Callable[[Base, Speaker], Pieces]] = {
    "scale": lambda base, speaker: Pieces(1),
    "poly": _poly,
    "bs": _spline,
    "ns": _natural,
}


def interval_said(base: Base, speaker: Speaker) -> Said:
    """Of cut: twice the number of breaks below, and 1 more at a break."""
    x, place = speaker.number(base.of), number(0.0)
    for edge in np.asarray(base.state["edges"]).tolist():
        here = nw.when(x == edge).then(number(1.0)).otherwise(number(0.0))
        place = place + nw.when(x > edge).then(number(2.0)).otherwise(here)
    return Said(nw.when(~x.is_null()).then(place), "interval")


def representatives(base: Base, places: Array) -> Array:
    """A number in each of these intervals."""
    edges = np.asarray(base.state["edges"], float)
    outer = np.concatenate([[edges[0] - 1.0], edges, [edges[-1] + 1.0]])
    j, at_edge = np.divmod(places.astype(np.int64), 2)
    between = (outer[j] + outer[np.minimum(j + 1, len(outer) - 1)]) / 2
    return np.asarray(np.where(at_edge == 1, edges[np.minimum(j, len(edges) - 1)], between))
