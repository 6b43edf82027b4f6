"""R expressions -> narwhals expressions, which a database or another engine computes where the rows are.

Every number is a Float64 before it is computed with, and what is missing is NULL, never NaN: of NULL a sum knows
nothing, while NaN would spoil it and, for a database, is larger than any number. What would raise in one engine and be
infinite in another (1/0, log(0)) is said case by case. What has no words raises `Unsayable`, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import narwhals as nw
import numpy as np

from ..errors import PylmerError
from ..functions import Logical, Scope, Strings, Value, evaluate
from ..functions.values import kind, length, missing, texts_of
from ..language import deparse
from ..language.nodes import Binary, Call, Name, Node, Paren, Unary
from ..language.walk import variables

MOST_FACTORS = 16  # a whole power up to this is written as a product
TEXTS = (nw.String, nw.Categorical, nw.Enum)


class Unsayable(Exception):  # noqa: N818  # no error: the rows are read in batches instead
    """What cannot be said, and why."""


@dataclass(frozen=True, eq=False)
class Said:
    """An expression: "numeric" (Float64), "logical" or "text"; `clean` if no NaN can be in it."""

    expression: nw.Expr
    kind: str
    clean: bool = True


def known(number: nw.Expr) -> nw.Expr:
    """The number, NULL where it is NaN."""
    return nw.when(~number.is_nan()).then(number)


def number(value: float) -> nw.Expr:
    """A number for all rows."""
    return nw.lit(value, nw.Float64)


def chosen(test: nw.Expr, yes: nw.Expr, no: nw.Expr) -> nw.Expr:
    """`yes` where the test holds, `no` where it fails, NULL where it is NULL."""
    return nw.when(test).then(yes).otherwise(nw.when(~test).then(no))


@dataclass(frozen=True, eq=False)
class Speaker:
    """Says expressions of a table whose columns have these types; other names are looked up in `scope`.

    >>> from pylmer.language import parse_expression
    >>> speaker = Speaker({"x": nw.Int32()}, Scope({}, {"k": 2.0}))
    >>> frame = nw.from_dict({"x": [-1, 0, 3]}, backend="pandas")
    >>> frame.select(y=speaker.number(parse_expression("ifelse(x > 0, x^k / 2, x - 1)")))["y"].to_list()
    [-2.0, -1.0, 4.5]
    """

    types: Mapping[str, Any]
    scope: Scope

    def number(self, node: Node) -> nw.Expr:
        """The expression as numbers, NULL where they are missing; Unsayable for what is none."""
        return self._clean(node)

    def say(self, node: Node) -> Said:
        """The expression; Unsayable with the reason."""
        if not any(each.name in self.types for each in variables(node)):
            return self._constant(node)
        for sort, say in _NODES.items():
            if isinstance(node, sort):
                return say(self, node)
        return _refuse(node, "has no words for it")

    def _name(self, node: Name) -> Said:
        sort, column = self.types[node.name], nw.col(node.name)
        if sort.is_numeric():
            whole = column.cast(nw.Float64)
            return Said(known(whole) if sort.is_float() or sort == nw.Decimal else whole, "numeric")
        if sort == nw.Boolean:
            return Said(column, "logical")
        if isinstance(sort, TEXTS):
            return Said(column.cast(nw.String), "text")
        return _refuse(node, f"is of type {sort}")

    def _constant(self, node: Node) -> Said:
        value = self.constant(node)
        if length(value) != 1 or missing(value) is not None:
            _refuse(node, "is not one value that is known")
        if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
            return Said(number(float(value[0])), "numeric")
        if isinstance(value, Logical):
            return Said(nw.lit(bool(value.codes[0])), "logical")
        if isinstance(value, Strings):
            return Said(nw.lit(value.values[int(value.codes[0])]), "text")
        return _refuse(node, f"is {kind(value)}")

    def constant(self, node: Node) -> Value:
        """The value of an expression without columns; Unsayable for one that has them or cannot be had."""
        if any(each.name in self.types for each in variables(node)):
            _refuse(node, "is not the same in all rows")
        try:
            return evaluate(node, self.scope)
        except PylmerError as error:
            raise Unsayable(str(error)) from None

    def _scalar(self, node: Node) -> float:
        value = self.constant(node)
        if not isinstance(value, np.ndarray) or value.shape != (1,) or not np.isfinite(value[0]):
            _refuse(node, "is not a number that the formula says")
        return float(value[0])

    def _numbers(self, node: Node) -> Said:
        said = self.say(node)
        if said.kind == "logical":
            return Said(said.expression.cast(nw.Float64), "numeric")
        return said if said.kind == "numeric" else _refuse(node, f"is {said.kind} where numbers are wanted")

    def _value(self, node: Node) -> nw.Expr:
        """Numbers in which NaN may be, for what makes NaN of it: an expression that is not written twice."""
        return self._numbers(node).expression

    def _clean(self, node: Node) -> nw.Expr:
        said = self._numbers(node)
        return said.expression if said.clean else known(said.expression)

    def truth(self, node: Node) -> nw.Expr:
        """The expression as TRUE, FALSE or NULL."""
        said = self.say(node)
        return said.expression if said.kind == "logical" else self._clean(node) != number(0.0)

    def _paren(self, node: Paren) -> Said:
        return self.say(node.inner)

    def _unary(self, node: Unary) -> Said:
        if node.operator == "!":
            return Said(~self.truth(node.operand), "logical")
        if node.operator not in ("-", "+"):
            _refuse(node, "has no words for it")
        said = self._numbers(node.operand)
        return Said(number(0.0) - said.expression, "numeric", said.clean) if node.operator == "-" else said

    def _binary(self, node: Binary) -> Said:
        say = _OPERATORS.get(node.operator)
        if say is None:
            _refuse(node, f"there are no words for '{node.operator}'")
        return say(self, node)

    def _arithmetic(self, node: Binary) -> Said:
        left, right = self._value(node.left), self._value(node.right)
        return Said({"+": left + right, "-": left - right, "*": left * right}[node.operator], "numeric", False)

    def _quotient(self, node: Binary) -> Said:
        left, right = self._value(node.left), self._value(node.right)
        if not variables(node.right) and self._scalar(node.right):
            return Said(left / right, "numeric", False)
        return Said(nw.when(right == 0).then(left * number(np.inf)).otherwise(left / right), "numeric", False)

    def _power(self, node: Binary) -> Said:
        base, exponent = self._value(node.left), self._scalar(node.right)
        if exponent == int(exponent) and 1 <= exponent <= MOST_FACTORS:
            product = base
            for _ in range(int(exponent) - 1):
                product = product * base
            return Said(product, "numeric", False)
        if exponent == 0.5:
            return Said(nw.when(base >= 0).then(base.sqrt()), "numeric", False)
        if exponent <= 0 or exponent == int(exponent):
            _refuse(node, "is a power that is neither positive nor small")
        return Said(nw.when(base >= 0).then(base**exponent), "numeric", False)

    def _whole(self, node: Binary) -> Said:
        divisor = self._scalar(node.right)
        if divisor != int(divisor) or divisor < 1:
            _refuse(node, "has a divisor that is no positive whole number")
        left, by = self._value(node.left), number(divisor)
        part = (left / by).floor()
        return Said(part if node.operator == "%/%" else left - part * by, "numeric", False)

    def _comparison(self, node: Binary) -> Said:
        sides = self.say(node.left), self.say(node.right)
        texts = [side.kind == "text" for side in sides]
        if any(texts) and not (all(texts) and node.operator in ("==", "!=")):
            _refuse(node, "compares texts by R's order")
        left, right = [side.expression for side in sides] if all(texts) else map(self._clean, (node.left, node.right))
        return Said(_COMPARED[node.operator](left, right), "logical")

    def _both(self, node: Binary) -> Said:
        left, right = self.truth(node.left), self.truth(node.right)
        return Said(left & right if node.operator == "&" else left | right, "logical")

    def _among(self, node: Binary) -> Said:
        wanted = self.constant(node.right)
        left = self.say(node.left)
        if missing(wanted) is not None or left.kind == "logical":
            _refuse(node, "looks for what is missing, or among TRUE and FALSE")
        if isinstance(wanted, np.ndarray) and left.kind == "numeric" and wanted.dtype.kind in "iuf":
            found = self._clean(node.left).is_in([float(each) for each in wanted.tolist()])
        elif isinstance(wanted, Strings) and left.kind == "text":
            found = left.expression.is_in(texts_of(wanted))
        else:
            _refuse(node, f"looks for {left.kind} among {kind(wanted)}")
        return Said(nw.when(found).then(nw.lit(True)).otherwise(nw.lit(False)), "logical")

    def _call(self, node: Call) -> Said:
        say = _FUNCTIONS.get(node.function)
        if say is None or node.function in self.scope.env:
            _refuse(node, f"there are no words for {node.function}()")
        return say(self, node)

    def arguments(self, node: Call, *names: str) -> list[Node | None]:
        """The arguments of a call by R's names, None for those that are left out."""
        found: dict[str, Node | None] = {a.name: a.value for a in node.arguments if a.name is not None}
        if not found.keys() <= set(names):
            _refuse(node, f"has an argument {next(name for name in found if name not in names)!r}")
        free = iter([name for name in names if name not in found])
        for argument in node.arguments:
            if argument.name is None:
                name = next(free, None)
                if name is None:
                    _refuse(node, "has more arguments than there are words for")
                found[name] = argument.value
        return [found.get(name) for name in names]

    def _first(self, node: Call, read: Callable[[Node], nw.Expr] | None = None) -> nw.Expr:
        (x,) = self.arguments(node, "x")
        return (read or self._value)(x) if x is not None else _refuse(node, "has no argument")

    def _itself(self, node: Call) -> Said:
        (x,) = self.arguments(node, "x")
        return self.say(x) if x is not None else _refuse(node, "has no argument")

    def _numeric(self, node: Call) -> Said:
        return Said(self._first(node), "numeric", False)

    def _log(self, node: Call) -> Said:
        x, base = self.arguments(node, "x", "base")
        by = np.e if base is None else self._scalar(base)
        if x is None or by <= 0 or by == 1:
            _refuse(node, "has no base that is positive and not 1")
        return Said(_logarithm(self._value(x), by), "numeric", False)

    def _ifelse(self, node: Call) -> Said:
        test, yes, no = self.arguments(node, "test", "yes", "no")
        if test is None or yes is None or no is None:
            _refuse(node, "has less than three arguments")
        sides = self.say(yes), self.say(no)
        if {side.kind for side in sides} == {"text"} or {side.kind for side in sides} == {"logical"}:
            return Said(chosen(self.truth(test), *(side.expression for side in sides)), sides[0].kind)
        return Said(chosen(self.truth(test), self._clean(yes), self._clean(no)), "numeric")

    def _missing(self, node: Call) -> Said:
        (x,) = self.arguments(node, "x")
        said = self.say(x) if x is not None else _refuse(node, "has no argument")
        return Said((said.expression if said.clean else known(said.expression)).is_null(), "logical")

    def _extreme(self, node: Call) -> Said:
        if len(node.arguments) < 1 or any(a.name is not None or a.value is None for a in node.arguments):
            _refuse(node, "has arguments by name")
        first, *others = (self._clean(a.value) for a in node.arguments if a.value is not None)
        for other in others:
            keeps, gives = (
                (first <= other, first > other) if node.function == "pmin" else (first >= other, first < other)
            )
            first = nw.when(keeps).then(first).otherwise(nw.when(gives).then(other))
        return Said(first, "numeric")


def _refuse(node: Node, why: str) -> NoReturn:
    raise Unsayable(f"{deparse(node)} {why}" if not why.startswith("there") else f"{why}, in {deparse(node)}")


def _logarithm(x: nw.Expr, base: float) -> nw.Expr:
    """NULL of what is negative; some engines raise for it, and for 0."""
    low = nw.when(x == 0).then(number(-np.inf if base > 1 else np.inf))
    return nw.when(x > 0).then(x.log(base) if base != np.e else x.log()).otherwise(low)


def _mapped(action: Callable[[nw.Expr], nw.Expr]) -> Callable[[Speaker, Call], Said]:
    return lambda speaker, node: Said(action(speaker._first(node)), "numeric", False)


def _sign(x: nw.Expr) -> nw.Expr:
    not_above = nw.when(x < 0).then(number(-1.0)).otherwise(nw.when(x == 0).then(number(0.0)))
    return nw.when(x > 0).then(number(1.0)).otherwise(not_above)


_COMPARED: dict[str, Callable[[Any, Any], nw.Expr]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_OPERATORS: dict[str, Callable[[Speaker, Binary], Said]] = {
    **dict.fromkeys("+-*", Speaker._arithmetic),
    "/": Speaker._quotient,
    "^": Speaker._power,
    "%%": Speaker._whole,
    "%/%": Speaker._whole,
    **dict.fromkeys(_COMPARED, Speaker._comparison),
    "&": Speaker._both,
    "|": Speaker._both,
    "%in%": Speaker._among,
}
_FUNCTIONS: dict[str, Callable[[Speaker, Call], Said]] = {
    **dict.fromkeys(["I", "identity", "{"], Speaker._itself),
    **dict.fromkeys(["as.numeric", "as.double", "offset"], Speaker._numeric),
    "log": Speaker._log,
    "log2": _mapped(lambda x: _logarithm(x, 2.0)),
    "log10": _mapped(lambda x: _logarithm(x, 10.0)),
    "sqrt": _mapped(lambda x: nw.when(x >= 0).then(x.sqrt())),
    "exp": _mapped(lambda x: x.exp()),
    "abs": _mapped(lambda x: x.abs()),
    "floor": _mapped(lambda x: x.floor()),
    "ceiling": _mapped(lambda x: x.ceil()),
    "sin": _mapped(lambda x: x.sin()),
    "cos": _mapped(lambda x: x.cos()),
    "sign": lambda speaker, node: Said(_sign(speaker._first(node, speaker._clean)), "numeric"),
    "ifelse": Speaker._ifelse,
    "is.na": Speaker._missing,
    "pmin": Speaker._extreme,
    "pmax": Speaker._extreme,
}
_NODES: dict[type, Callable[[Speaker, Any], Said]] = {
    Name: Speaker._name,
    Paren: Speaker._paren,
    Unary: Speaker._unary,
    Binary: Speaker._binary,
    Call: Speaker._call,
}
