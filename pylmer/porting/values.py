"""R's literals, its constants and formulas as Python values; lists that must count as arrays."""

from __future__ import annotations

from ..language.deparse import deparse
from ..language.nodes import Binary, Call, Name, Paren, Unary
from ..language.walk import nodes
from .nodes import RNode
from .written import ATOM, SIGN, NotPortedError, Py

CONSTANTS = {
    "TRUE": Py("True", "flag"),
    "FALSE": Py("False", "flag"),
    "NULL": Py("None", "nothing"),
    "Inf": Py("np.inf", "number"),
    "NaN": Py("np.nan", "number"),
} | dict.fromkeys(["NA", "NA_integer_", "NA_real_", "NA_character_"], Py("np.nan", "missing"))
VARIABLES = {
    "T": CONSTANTS["TRUE"],
    "F": CONSTANTS["FALSE"],
    "pi": Py("np.pi", "number"),
    "letters": Py('list("abcdefghijklmnopqrstuvwxyz")', "texts"),
    "LETTERS": Py('list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")', "texts"),
} | {f"na.{how}": Py(f'"{how}"', "text") for how in ("omit", "exclude", "fail", "pass")}
VARIABLES |= {
    name: Py(f'"{name}"', "family") for name in ("binomial", "poisson", "gaussian", "Gamma", "inverse.gaussian")
}
FUNCTION_VALUES = {
    "mean": "np.mean",
    "median": "np.median",
    "sum": "np.sum",
    "min": "np.min",
    "max": "np.max",
    "length": "len",
    "range": "lambda x: (min(x), max(x))",
    "sd": "lambda x: np.std(x, ddof=1)",
    "var": "lambda x: np.var(x, ddof=1)",
    "exp": "np.exp",
    "log": "np.log",
    "sqrt": "np.sqrt",
}
ARRAYS = frozenset(["list", "range"])


def formula_value(node: RNode) -> Py:
    """A formula as pylmer takes it: R's text; `names` are its variables."""
    return Py(_quoted(text_of(node)), "formula", ATOM, variable_names(node))


def text_of(node: RNode) -> str:
    """The node as R writes it on one line; raises NotPortedError for what no formula has."""
    try:
        return deparse(node)  # type: ignore[arg-type]  # what deparse does not know is refused here
    except KeyError:
        raise NotPortedError(
            "the formula, or an argument evaluated among the data, has $, @, a function or a block"
        ) from None


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text and "\\" not in text else repr(text)


def quoted_expression(node: RNode) -> Py:
    """An argument that R evaluates among the data, as text."""
    return Py(_quoted(text_of(node)), "text", ATOM, variable_names(node))


def variable_names(node: RNode) -> tuple[str, ...]:
    """The names in a formula that stand for values, each once."""
    found = (each.name for each in nodes(node) if isinstance(each, Name))  # type: ignore[arg-type]
    return tuple(dict.fromkeys(name for name in found if name != "."))


def called_names(node: RNode) -> tuple[str, ...]:
    """The functions that a formula calls."""
    return tuple(each.function for each in nodes(node) if isinstance(each, Call))  # type: ignore[arg-type]


def is_formula(node: RNode | None) -> bool:
    """Whether the node's outermost operator is ~."""
    return isinstance(node, Unary | Binary) and node.operator == "~"


def parenthesized(node: RNode) -> RNode:
    """lme4's `y ~ 1 | g`, whose right side is a bar alone, as pylmer wants it: y ~ (1 | g)."""
    if not (isinstance(node, Binary) and node.operator == "~"):
        return node
    alone = isinstance(node.right, Binary) and node.right.operator in ("|", "||")
    return Binary("~", node.left, Paren(node.right), node.span) if alone else node


def array_text(value: Py) -> Py:
    """The value where it is computed with: lists and ranges as arrays."""
    if value.kind == "range":
        return Py(value.code.replace("range(", "np.arange(", 1), "vector")
    if value.kind in ("list", "texts") and value.code.startswith("["):
        return Py(f"np.array({value.code})", "vector")
    if value.kind == "named":
        return Py(f"pd.Series({value.code})", "series")
    return value


def whole_text(value: Py) -> Py:
    """The value as a variable holds it; lists of texts stay lists."""
    if value.kind in ("list", "range", "named"):
        return array_text(value)
    if value.kind == "frame" and (value.code.isidentifier() or value.code.endswith("]")):
        return Py(f"{value.code}.copy()", "frame", columns=value.columns)  # R copies; Python would share
    if value.kind == "missing":
        return Py("np.nan", "number")
    return value


def argument_text(value: Py) -> str:
    """The value as an argument of a function of pylmer."""
    if value.kind == "range":
        return array_text(value).code
    return '"NA"' if value.kind == "missing" else value.code


def negative(value: Py) -> Py:
    """-value."""
    return Py(f"-{value.at(SIGN)}", value.kind, SIGN)
