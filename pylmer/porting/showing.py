"""Calls that stand as statements: print(), cat(), library(), data(), set.seed(), stopifnot(); a row each."""

from __future__ import annotations

from collections.abc import Callable

from ..language.nodes import Binary, Call, Constant, Text
from .building import items
from .context import Expressions
from .nodes import RNode
from .written import AND, NotPortedError

FREE = frozenset(
    ["digits", "correlation", "corr", "signif.stars", "ranef.comp", "comp", "quiet", "quietly", "max.level"]
)
WRAPPERS = frozenset(["system.time", "suppressWarnings", "suppressMessages", "withAutoprint", "try", "local"])
SHOWS_ONLY = frozenset(["digits", "scipen", "width", "show.signif.stars", "warn", "max.print"])
TRUE_HERE = frozenset(["require", "requireNamespace", "interactive"])
VERSIONS = frozenset(["getRversion", "packageVersion"])
PASSED = frozenset(
    ["library", "require", "requireNamespace", "loadNamespace", "attachNamespace", "par", "dev.off", "pdf", "png",
     "graphics.off", "install.packages", "rm", "gc", "setwd", "detach", "showClass", "methods", "sessionInfo"]
)  # fmt: skip
DRAWS = frozenset(
    ["xyplot", "dotplot", "qqmath", "densityplot", "splom", "ggplot", "abline", "lines", "points", "legend", "hist",
     "boxplot", "barplot", "axis", "curve", "text", "plot", "image", "pwpp"]
)  # fmt: skip


def first(call: Call, function: str) -> RNode:
    """The first argument."""
    value = next((each.value for each in call.arguments if each.name in (None, "x", "object")), None)
    if value is None:
        raise NotPortedError(f"{function}() of nothing")
    return value


def printed(at: Expressions, call: Call) -> list[str]:
    """print(x): Python shows the page; what only changes digits is left out with a note."""
    at.scope.notes.extend(
        f"{each.name}= is left out: it changes no number" for each in call.arguments if each.name in FREE
    )
    others = [each.name for each in call.arguments if each.name is not None and each.name not in FREE | {"x"}]
    if others:
        raise NotPortedError(f"{call.function}(): argument {others[0]}= has no counterpart")
    value = at.py(first(call, call.function))
    return [value.code if value.kind == "picture" else f"print({value.code})"]


def structure(at: Expressions, call: Call) -> list[str]:
    """str(x): the columns of a frame, else the beginning."""
    value = at.py(first(call, "str"))
    if value.kind in ("frame", "table"):
        return [f"{value.at(12)}.info()"]
    return [f"print({value.code})"]


def cat(at: Expressions, call: Call) -> list[str]:
    """cat(...): print with R's separator and without an end of line, but for one that stands in the text."""
    parts = [value.code for name, value in items(at, call) if name is None]
    options = {name: value.code for name, value in items(at, call) if name is not None}
    if set(options) - {"sep", "fill"}:
        raise NotPortedError("cat() to a file")
    end = ', end=""'
    if parts and parts[-1] == '"\\n"':
        parts, end = parts[:-1], ""
    separator = f", sep={options['sep']}" if "sep" in options else ""
    return [f"print({', '.join(parts)}{separator}{end})"]


def data(at: Expressions, call: Call) -> list[str]:
    """data(name, package = ): a data set of pylmer, or of the folder --data."""
    for each in call.arguments:
        if each.name is not None:
            continue
        name = each.value.value if isinstance(each.value, Text) else getattr(each.value, "name", None)
        if name is None or at.scope.load(name) is None:
            raise NotPortedError(missing_data(str(name)))
    return []


def missing_data(name: str) -> str:
    """What to do about a data set that is not here."""
    return (
        f'pylmer has no data set {name}; in R: write.csv({name}, "{name}.csv", row.names = FALSE), '
        "then pylmer port --data FOLDER"
    )


def seed(at: Expressions, call: Call) -> list[str]:
    """set.seed(n): a generator of numpy's; its numbers are not R's."""
    at.scope.notes.append("numpy's random numbers are not R's: what is drawn differs, what it stands for does not")
    at.scope.seeded = True
    return [f"rng = np.random.default_rng({at.py(first_any(call)).code})"]


def first_any(call: Call) -> RNode:
    """The first argument, whatever its name."""
    if not call.arguments or call.arguments[0].value is None:
        raise NotPortedError(f"{call.function}() of nothing")
    return call.arguments[0].value


def stop_if_not(at: Expressions, call: Call) -> list[str]:
    """stopifnot(conditions)."""
    values = [(value, value.kind in ("mask", "vector", "series", "object")) for name, value in items(at, call)]
    return [f"assert np.all({value.code})" if many else f"assert {value.at(AND)}" for value, many in values]


def options(at: Expressions, call: Call) -> list[str]:
    """options(contrasts = ): set_contrasts(); what only changes pages is passed over."""
    lines = []
    for each in call.arguments:
        if each.name == "contrasts" and isinstance(each.value, Call) and each.value.function == "c":
            inside = ", ".join(value.code for _, value in items(at, each.value))
            lines.append(f"set_contrasts({inside})")
        elif each.name not in SHOWS_ONLY:
            raise NotPortedError(f"options({each.name or 'of before'}) has no counterpart")
    return lines or PASS


PASS = ["# nothing to do in Python"]
STATEMENTS: dict[str, Callable[[Expressions, Call], list[str]]] = {
    "print": printed,
    "str": structure,
    "cat": cat,
    "data": data,
    "set.seed": seed,
    "stopifnot": stop_if_not,
    "options": options,
    "message": cat,
}


def attached(call: Call) -> set[str]:
    """The package that library() or require() attaches."""
    if call.function not in ("library", "require") or not call.arguments:
        return set()
    value = call.arguments[0].value
    name = value.value if isinstance(value, Text) else getattr(value, "name", "")
    return {str(name)}


def is_true(node: RNode) -> bool:
    """Whether a condition holds here without a question: require(package), interactive()."""
    if isinstance(node, Binary) and node.operator in ("||", "&&"):
        sides = is_true(node.left), is_true(node.right)
        return any(sides) if node.operator == "||" else all(sides)
    if isinstance(node, Binary) and node.operator in (">=", ">") and isinstance(node.left, Call):
        return node.left.function in VERSIONS  # of R or a package: new enough
    return (isinstance(node, Call) and node.function in TRUE_HERE) or node == Constant("TRUE")
