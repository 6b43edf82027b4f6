"""A statement of R -> lines of Python: what is shown is printed, assignments name, blocks are indented."""

from __future__ import annotations

from dataclasses import dataclass

from ..language.nodes import Call, Index, Name, Paren, Text
from .context import Expressions
from .expressions import parameter_list
from .nodes import Assign, Block, Definition, Dollar, If, RNode, walk
from .operators import minus_one
from .showing import DRAWS, PASS, PASSED, STATEMENTS, WRAPPERS, attached, is_true
from .values import argument_text, whole_text
from .written import ATOM, NotPortedError, Py, quoted

QUIET = frozenset(["picture", "nothing"])


@dataclass(frozen=True)
class PortedStatement:
    """The lines of a statement; passed: there is nothing to do in Python."""

    lines: list[str]
    passed: bool = False


def statement_lines(at: Expressions, node: RNode) -> PortedStatement:
    """The statement as Python; raises NotPortedError."""
    lines = _lines(at, node)
    notes = [f"# note: {each}" for each in dict.fromkeys(at.scope.notes)]
    return PortedStatement([*notes, *at.scope.before, *lines], lines == PASS)


def parts_of(node: RNode) -> tuple[RNode, ...] | None:
    """The statements of a block, of `if (require(p))`, of system.time() and the like, which stand for themselves."""
    if isinstance(node, Block):
        return node.statements
    if isinstance(node, If) and node.otherwise is None and is_true(node.condition):
        return (node.then,)
    if isinstance(node, If) and is_true(node.condition):
        return (node.then,)
    if isinstance(node, Call) and node.function in WRAPPERS and node.arguments and node.arguments[0].value is not None:
        return (node.arguments[0].value,)
    return None


def defined(node: RNode) -> list[str]:
    """The variables that a statement would have defined or changed."""
    return [name for each in walk(node) if isinstance(each, Assign) and (name := _root(each.target)) is not None]


def _root(target: RNode) -> str | None:
    while isinstance(target, Dollar | Index):
        target = target.operand
    if isinstance(target, Call) and target.arguments and target.arguments[0].value is not None:
        return _root(target.arguments[0].value)
    if isinstance(target, Text):
        return target.value
    return target.name if isinstance(target, Name) else None


def _lines(at: Expressions, node: RNode) -> list[str]:
    if isinstance(node, Paren) and isinstance(node.inner, Assign):
        lines = _lines(at, node.inner)
        return [*lines, f"print({at.py(node.inner.target).code})"]
    if isinstance(node, Assign):
        return _assigned(at, node)
    if isinstance(node, If):
        return _if(at, node)
    if isinstance(node, Call) and node.function not in at.scope.variables:
        if node.function in PASSED:
            at.scope.attached |= attached(node)
            return PASS
        if node.function in STATEMENTS:
            return STATEMENTS[node.function](at, node)
        if node.function == "invisible" and node.arguments:
            return [at.py(node.arguments[0].value).code]  # type: ignore[arg-type]  # an empty argument is refused there
        if node.function in DRAWS and node.function not in at.table:
            raise NotPortedError(
                f"{node.function}() draws; matplotlib is yours to use, or plot(fit), qqmath(fit), emmip()"
            )
    value = at.py(node)
    return [value.code if value.kind in QUIET else f"print({value.code})"]


def _if(at: Expressions, node: If) -> list[str]:
    """`if` of single statements."""
    condition = at.py(node.condition)
    lines = [f"if {condition.code}:", *_indented(at, node.then)]
    return lines if node.otherwise is None else [*lines, "else:", *_indented(at, node.otherwise)]


def _indented(at: Expressions, node: RNode) -> list[str]:
    parts = node.statements if isinstance(node, Block) else (node,)
    outer, at.scope.before = at.scope.before, []
    lines: list[str] = []
    for part in parts:
        made = _lines(at, part)
        lines += [*at.scope.before, *made]
        at.scope.before = []
    at.scope.before = outer
    return [f"    {line}" for line in lines or ["pass"]]


def _assigned(at: Expressions, node: Assign) -> list[str]:
    target = Name(node.target.value) if isinstance(node.target, Text) else node.target
    if isinstance(target, Name):
        if isinstance(node.value, Definition):
            return _defined(at, target.name, node.value)
        value = _value(at, node.value)
        code = at.scope.define(target.name, value)
        return [f"{code} = {value.code}"]
    if isinstance(target, Dollar) and not target.slot:
        return _column(at, target.operand, quoted(target.name), node.value)
    if isinstance(target, Index):
        return _cells(at, target, node.value)
    if isinstance(target, Call):
        return _attribute(at, target, node.value)
    raise NotPortedError("an assignment to what is no variable and no column")


def _value(at: Expressions, node: RNode) -> Py:
    """The value of a variable; of random numbers and options too."""
    if isinstance(node, Call) and node.function in ("options", "par") and node.function not in at.scope.variables:
        raise NotPortedError(f"what {node.function}() was before")
    value = at.value(node)
    if value.kind == "missing":
        return Py("np.nan", "number")
    return value


def _defined(at: Expressions, name: str, function: Definition) -> list[str]:
    """A function with a name: def, its last expression returned."""
    body = function.body.statements if isinstance(function.body, Block) else (function.body,)
    if not body:
        raise NotPortedError("a function without a body")
    code = at.scope.define(name, Py("", "function"))
    outer = dict(at.scope.variables)
    names = [each for each, _ in function.parameters if each != "..."]
    codes = [at.scope.define(each, Py("", "object")) for each in names]
    defaults = [None if each is None else at.py(each).code for label, each in function.parameters if label != "..."]
    try:
        *first, last = body
        inner = [line for each in first for line in _inner(at, each)]
        inner += _returned(at, last)
    finally:
        at.scope.variables = outer
    parameters = parameter_list(codes, defaults)
    return [f"def {code}({parameters}):", *(f"    {line}" for line in inner), ""]


def _inner(at: Expressions, node: RNode) -> list[str]:
    """A statement inside a function: nothing is printed by itself."""
    outer, at.scope.before = at.scope.before, []
    if isinstance(node, Assign) or (isinstance(node, Call) and node.function in STATEMENTS):
        made = _lines(at, node)
    else:
        raise NotPortedError("a function with more than assignments and a value")
    lines, at.scope.before = [*at.scope.before, *made], outer
    return lines


def _returned(at: Expressions, node: RNode) -> list[str]:
    outer, at.scope.before = at.scope.before, []
    if isinstance(node, Call) and node.function == "return" and node.arguments and node.arguments[0].value is not None:
        node = node.arguments[0].value
    value = argument_text(whole_text(at.py(node)))
    lines, at.scope.before = [*at.scope.before, f"return {value}"], outer
    return lines


def _column(at: Expressions, operand: RNode, name: str, value_node: RNode) -> list[str]:
    """`d$x <- value`; NULL takes the column out."""
    frame = at.py(operand)
    if frame.kind not in ("frame", "table") or not isinstance(operand, Name):
        raise NotPortedError(f"an assignment into a {frame.kind}")
    value = at.py(value_node)
    if value.kind == "nothing":
        return [f"del {frame.code}[{name}]"]
    if frame.columns is not None:
        at.scope.define(operand.name, Py("", "frame", columns=frame.columns | {name[1:-1]}))
    code = "np.nan" if value.kind == "missing" else argument_text(value)
    apart = value.kind == "series" and frame.code not in code
    return [f"{frame.code}[{name}] = {f'({code}).array' if apart else code}"]


def _cells(at: Expressions, target: Index, value_node: RNode) -> list[str]:
    """`d[rows, "x"] <- value`, `d$x[rows] <- value`, `d[["x"]] <- value`, `x[i] <- value`."""
    value = at.py(value_node)
    code = "np.nan" if value.kind == "missing" else argument_text(value)
    arguments = [each.value for each in target.arguments if each.name is None]
    inner = target.operand
    if (
        isinstance(inner, Dollar)
        and isinstance(inner.operand, Name)
        and len(arguments) == 1
        and arguments[0] is not None
    ):
        frame = at.py(inner.operand)
        return [f"{frame.code}.loc[{_rows(at, frame, arguments[0])}, {quoted(inner.name)}] = {code}"]
    frame = at.py(inner)
    if len(arguments) == 1 and isinstance(arguments[0], Text) and frame.kind in ("frame", "dict"):
        return _column(at, inner, quoted(arguments[0].value), value_node) if frame.kind == "frame" else [
            f"{frame.code}[{quoted(arguments[0].value)}] = {code}"
        ]  # fmt: skip
    if len(arguments) == 2 and frame.kind == "frame" and isinstance(arguments[1], Text) and arguments[0] is not None:
        return [f"{frame.code}.loc[{_rows(at, frame, arguments[0])}, {quoted(arguments[1].value)}] = {code}"]
    if len(arguments) == 1 and frame.kind == "vector" and arguments[0] is not None:
        place = at.py(arguments[0])
        return [f"{frame.code}[{minus_one(place) if place.kind == 'number' else place.code}] = {code}"]
    raise NotPortedError(f"an assignment into cells of a {frame.kind}")


def _rows(at: Expressions, frame: Py, node: RNode) -> str:
    place = at.py(node)
    if place.kind in ("mask", "flag"):
        return place.code
    if place.kind in ("number", "range", "list", "vector"):
        places = f"[{minus_one(place)}]" if place.kind == "number" else f"np.array({place.code}) - 1"
        return f"{frame.code}.index[{places}]"
    raise NotPortedError(f"rows by a {place.kind}")


def _attribute(at: Expressions, target: Call, value_node: RNode) -> list[str]:
    """`levels(d$f) <- ...`, `names(d) <- ...`."""
    inner = target.arguments[0].value if target.arguments else None
    if inner is None or target.function not in ("levels", "names", "colnames"):
        raise NotPortedError(f"{target.function}() <- has no counterpart")
    operand, value = at.py(inner), at.py(value_node)
    x = operand.at(ATOM)
    if target.function == "levels" and operand.kind == "series":
        return [f"{x} = {x}.cat.rename_categories({argument_text(value)})"]
    if target.function in ("names", "colnames") and operand.kind == "frame" and isinstance(inner, Name):
        at.scope.define(inner.name, Py("", "frame"))
        return [f"{x}.columns = {argument_text(value)}"]
    raise NotPortedError(f"{target.function}() <- of a {operand.kind}")
