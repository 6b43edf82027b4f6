"""R's operators in Python's: a row each, with how tightly it binds there."""

from __future__ import annotations

from .values import array_text
from .written import (
    AND,
    ATOM,
    BITS_AND,
    BITS_OR,
    COMPARE,
    NOT,
    OR,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    NotPortedError,
    Py,
)

# R's operator -> (Python's, how it binds, kind of what it gives: "" that of its operands)
OPERATORS = {
    "^": ("**", POWER, ""),
    "*": ("*", PRODUCT, ""),
    "/": ("/", PRODUCT, ""),
    "%%": ("%", PRODUCT, ""),
    "%/%": ("//", PRODUCT, ""),
    "%*%": ("@", PRODUCT, "vector"),
    "+": ("+", SUM, ""),
    "-": ("-", SUM, ""),
    "==": ("==", COMPARE, "flag"),
    "!=": ("!=", COMPARE, "flag"),
    "<": ("<", COMPARE, "flag"),
    ">": (">", COMPARE, "flag"),
    "<=": ("<=", COMPARE, "flag"),
    ">=": (">=", COMPARE, "flag"),
    "&": ("&", BITS_AND, "flag"),
    "|": ("|", BITS_OR, "flag"),
    "&&": ("and", AND, "flag"),
    "||": ("or", OR, "flag"),
}
SINGLE = frozenset(["number", "text", "flag"])
LABELLED = ("table", "series", "named_vector", "frame")
NO_ARITHMETIC = frozenset(
    [
        "fit",
        "grid",
        "formula",
        "function",
        "family",
        "dict",
        "summary",
        "profile",
        "boot",
        "byfactor",
        "varcorr",
        "picture",
    ]
)


def binary_text(operator: str, left: Py, right: Py) -> Py:
    """`left operator right`."""
    if operator == ":":
        return _range(left, right)
    if operator == "%in%":
        return _member(left, right)
    if operator == "+" and "picture" in (left.kind, right.kind):
        raise NotPortedError("layers of a ggplot")
    if operator == "+" and left.kind == right.kind == "grid":
        return Py(f"{left.at(SUM)} + {right.at(SUM + 1)}", "grid", SUM)
    if operator not in OPERATORS:
        raise NotPortedError(f"the operator {operator} has no counterpart")
    for side in (left, right):
        if side.kind in NO_ARITHMETIC:
            raise NotPortedError(f"{operator} with a {side.kind}")
    python, binding, gives = OPERATORS[operator]
    first, second = array_text(left), array_text(right)
    kind = _kind(gives, first, second)
    if python == "**":
        return Py(f"{first.at(ATOM)}**{second.at(SIGN)}", kind, POWER)
    lower = binding + 1 if binding == COMPARE else binding
    return Py(f"{first.at(lower)} {python} {second.at(binding + 1)}", kind, binding)


def _kind(gives: str, left: Py, right: Py) -> str:
    if left.kind in SINGLE and right.kind in SINGLE:
        return gives or "number"
    labelled = next((kind for kind in LABELLED if kind in (left.kind, right.kind)), None)
    if "object" in (left.kind, right.kind) and labelled is None:
        return "object"
    mask = {"flag": "mask", "vector": "vector"}.get(gives)
    return mask or labelled or "vector"


def unary_text(operator: str, operand: Py) -> Py:
    """`-x`, `+x`, `!x`."""
    value = array_text(operand)
    if operator == "!":
        single = value.kind in ("flag", "object")
        return Py(f"not {value.at(NOT)}", "flag", NOT) if single else Py(f"~{value.at(SIGN)}", "mask", SIGN)
    return Py(f"{operator}{value.at(SIGN)}", value.kind, SIGN)


def _range(left: Py, right: Py) -> Py:
    """a:b with ends included; upwards, as far as can be seen."""
    start, stop = _whole(left), _whole(right)
    if start is not None and stop is not None and stop < start:
        return Py(f"range({start}, {stop - 1}, -1)", "range")
    end = str(stop + 1) if stop is not None else f"{right.at(SUM)} + 1"
    return Py(f"range({left.code}, {end})", "range")


def _whole(value: Py) -> int | None:
    try:
        return int(value.code)
    except ValueError:
        return None


def _member(left: Py, right: Py) -> Py:
    if left.kind in ("series", "named_vector"):
        return Py(f"{left.at(ATOM)}.isin({right.code})", "mask")
    if left.kind in SINGLE:
        return Py(f"{left.at(COMPARE + 1)} in {right.at(COMPARE + 1)}", "flag", COMPARE)
    return Py(f"np.isin({left.code}, {right.code})", "mask")


def minus_one(value: Py) -> str:
    """R's place as Python's."""
    place = _whole(value)
    return str(place - 1) if place is not None else f"{value.at(SUM)} - 1"
