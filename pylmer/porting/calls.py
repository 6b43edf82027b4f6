"""A call of R by its row: arguments to their formals, then a function of pylmer, a template, or what `by` does."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..functions.table import TABLE
from ..language.nodes import Argument, Call, Name, Text
from ..structures import STRUCTURES
from .context import Expressions
from .nodes import RNode
from .rows import DOTS, Formal, Matched, Row, match
from .values import argument_text, array_text, called_names, is_formula, parenthesized, quoted_expression
from .written import ATOM, LAMBDA, NotPortedError, Py, quoted

IN_FORMULAS = frozenset(["offset", *STRUCTURES])
VARIABLES = frozenset(["vector", "factor", "strings", "series", "number", "list", "object", "texts", "mask", "flag"])
CONSTANTS_OF_R = frozenset(["pi", "T", "F", "letters", "LETTERS"])
WHOLE = {("test", '"Chi"'): '"Chisq"', ("ddf", '"Ken"'): '"Kenward-Roger"'}  # what R takes for the whole
MIXED = frozenset(["lmer", "glmer", "glmer_nb"])
FITTERS = frozenset(["lmer", "glmer", "glmer_nb", "lm", "glm"])
_PLACE = re.compile(r"(?P<before>[(\[,] ?|^)?\{(?P<name>[\w.]+)\}(?P<after>[)\],]|$)?")


def call_text(at: Expressions, node: Call) -> Py:
    """The call as Python; raises NotPortedError."""
    own = at.scope.variables.get(node.function)
    if own is not None and own.kind == "function" and not node.prefix:
        return _own_call(at, own, node)
    if node.function in at.scope.lost and node.function not in at.table:
        raise NotPortedError(f"it needs {node.function} of line {at.scope.lost[node.function]}, which is not ported")
    rows = at.table.get(node.function, ())
    if not rows:
        raise NotPortedError(f"{node.function}() has no counterpart")
    row = rows[0] if len(rows) == 1 and not rows[0].on else _row_for(at, rows, node)
    matched = match(row, node.function, node.arguments)
    if row.by is not None:
        return row.by(at, node, matched)  # type: ignore[no-any-return]
    return _word(at, row, node, matched) if row.word else _template(at, row, node, matched)


def _own_call(at: Expressions, own: Py, node: Call) -> Py:
    """A function that the script defines."""
    parts = [
        at.py(_present(node, each)).code if each.name is None else f"{each.name}={at.py(_present(node, each)).code}"
        for each in node.arguments
    ]
    return Py(f"{own.at(ATOM)}({', '.join(parts)})", "object")


def _present(node: Call, argument: Argument) -> RNode:
    if argument.value is None:
        raise NotPortedError(f"{node.function}() with an empty argument")
    return argument.value


def _row_for(at: Expressions, rows: tuple[Row, ...], node: Call) -> Row:
    """The row that is for the kind of the first argument."""
    names = {row.arguments[0].name for row in rows}
    first = next((each for each in node.arguments if each.name in names), None)
    first = first or next((each for each in node.arguments if each.name is None), None)
    if first is None or first.value is None:
        open_rows = [row for row in rows if not row.on]
        if not open_rows:
            raise NotPortedError(f"{node.function}() without its first argument")
        return open_rows[0]
    kind = at.py(first.value).kind
    for row in rows:
        if not row.on or kind in row.kinds or (kind == "object" and "fit" in row.kinds):
            return row
    raise NotPortedError(f"{node.function}() of a {kind}")


def _word(at: Expressions, row: Row, node: Call, matched: Matched) -> Py:
    """A function of pylmer: the first arguments by position, the others by keyword; `...` by position."""
    parts: list[str] = []
    named: list[str] = []
    values: list[Py] = []
    by_position = True
    for place, formal in enumerate(row.arguments):
        if formal.name == DOTS:
            parts += [_dot(at, node, argument, values) for argument in matched.dots]
            continue
        argument = matched.given.get(formal.name)
        if argument is None or argument.value is None:
            by_position = by_position and place >= row.positional
            continue
        given = parenthesized(argument.value) if row.code in MIXED else argument.value
        value = _value(at, node.function, formal, given)
        if value is None:
            continue
        values.append(value)
        if by_position and place < row.positional:
            parts.append(argument_text(value))
        else:
            named.append(f"{formal.keyword}={argument_text(value)}")
    if row.env:
        named += _environment(at, values)
    if row.random and at.scope.seeded and not any(part.startswith("seed=") for part in named):
        named.append("seed=rng")
    first = values[0] if values else Py("")
    if row.degrees and first.word == "lmer" and _lme4_alone(at) and "ddf" not in matched.given:
        named.append('ddf="lme4"')
    kind = first.kind if row.gives == "same" else row.gives
    word = str(row.code) if row.code in FITTERS else first.word if kind == "fit" else ""
    return Py(f"{row.code}({', '.join(parts + named)})", kind, word=word)


def _lme4_alone(at: Expressions) -> bool:
    return "lme4" in at.scope.attached and "lmerTest" not in at.scope.attached


def _dot(at: Expressions, node: Call, argument: Argument, values: list[Py]) -> str:
    if argument.name is not None:
        raise NotPortedError(f"{node.function}(): argument {argument.name}= has no counterpart")
    value = at.py(_present(node, argument))
    values.append(value)
    return argument_text(value)


def _value(at: Expressions, function: str, formal: Formal, node: RNode) -> Py | None:
    """The argument as its formal wants it; None where it is passed over."""
    if formal.mark == "!":
        raise NotPortedError(f"{function}(): argument {formal.name}= has no counterpart")
    if formal.mark == "-":
        at.scope.notes.append(f"{formal.name}= is left out: it changes no number")
        return None
    if formal.mark == "~":
        return _among_data(at, node)
    value = at.py(node)
    if is_formula(node):
        _check_formula(at, node)
    if (formal.name, value.code) in WHOLE:
        return Py(WHOLE[formal.name, value.code], value.kind)
    if (
        value.kind in ("nothing", "missing", *VARIABLES, "range", "dict", "named", "formula", "text")
        or value.binding >= LAMBDA
    ):
        return value
    raise NotPortedError(f"{function}(): argument {formal.name}=")


def _among_data(at: Expressions, node: RNode) -> Py:
    """An expression that R evaluates among the data; a plain variable of the script goes as it is."""
    if isinstance(node, Name) and node.name in at.scope.variables:
        found = at.scope.variables[node.name]
        return Py(quoted(node.name), "text", names=(node.name,)) if found.kind in VARIABLES else found
    return quoted_expression(node)


def _check_formula(at: Expressions, node: RNode) -> None:
    for name in called_names(node):
        if name not in TABLE and name not in IN_FORMULAS and name not in ("(", "pairwise"):
            raise NotPortedError(f"the formula calls {name}(), which pylmer's formulas do not know")


def _environment(at: Expressions, values: list[Py]) -> list[str]:
    """env= for variables of the script in formulas and in what is evaluated among the data."""
    frames = [value for value in values if value.kind == "frame"]
    columns: frozenset[str] = frames[0].columns or frozenset() if frames else frozenset()
    wanted = [name for value in values for name in value.names if name not in columns]
    known = {name: at.scope.variables[name] for name in dict.fromkeys(wanted) if name in at.scope.variables}
    used = {name: value for name, value in known.items() if value.kind in VARIABLES}
    if (not frames or frames[0].columns is not None) and not any(value.kind == "fit" for value in values):
        _require(at, [name for name in wanted if name not in used and name not in CONSTANTS_OF_R])
    return [f"env={{{', '.join(f'{quoted(name)}: {value.code}' for name, value in used.items())}}}"] if used else []


def _require(at: Expressions, names: list[str]) -> None:
    for name in names:
        if name in at.scope.lost:
            raise NotPortedError(f"it needs {name} of line {at.scope.lost[name]}, which is not ported")
        raise NotPortedError(f"the formula needs {name}, which the script does not define")


def _template(at: Expressions, row: Row, node: Call, matched: Matched) -> Py:
    """The row's text with the arguments in their places."""
    values = {formal.name: _filled(at, node, formal, matched) for formal in row.arguments if formal.name != DOTS}
    first = values[row.arguments[0].name] if row.arguments and row.arguments[0].name != DOTS else None
    kind = first.kind if first is not None else "object"
    template = _template_for(row, node.function, kind)
    if "rng." in template:
        at.scope.random()
    _check_all_used(row, node.function, template, matched)
    if "na.rm" in matched.given and kind != "series":
        raise NotPortedError(f"{node.function}(): na.rm= of what is no column")
    code = _PLACE.sub(lambda found: _place(found, node.function, values), template)
    binding = LAMBDA if code.startswith(("-", "not ")) else ATOM
    return Py(code, kind if row.gives == "same" else row.gives, binding)


def _template_for(row: Row, function: str, kind: str) -> str:
    if isinstance(row.code, Mapping):
        for kinds, template in row.code.items():
            if kind in kinds.split() or kinds == "*":
                return template
        raise NotPortedError(f"{function}() of a {kind}")
    assert row.code is not None
    return row.code


def _filled(at: Expressions, node: Call, formal: Formal, matched: Matched) -> Py | None:
    argument = matched.given.get(formal.name)
    if argument is None or argument.value is None:
        return None if formal.default is None else Py(formal.default)
    return _value(at, node.function, formal, argument.value)


def _check_all_used(row: Row, function: str, template: str, matched: Matched) -> None:
    """Nothing that is given is dropped without a word."""
    passed_over = {formal.name for formal in row.arguments if formal.mark == "-"}
    for name in matched.given.keys() - passed_over:
        if f"{{{name}}}" not in template:
            raise NotPortedError(f"{function}(): argument {name}= has no counterpart")


def _place(found: re.Match[str], function: str, values: Mapping[str, Py | None]) -> str:
    """An argument in its place: bare between brackets and commas, else in parentheses where it binds loosely."""
    value = values[found["name"]]
    if value is None:
        raise NotPortedError(f"{function}() without {found['name']}")
    before, after = found["before"], found["after"]
    inside = before is not None and after is not None
    array = array_text(value) if value.kind in ("range", "named") else value
    return f"{before or ''}{argument_text(array) if inside else array.at(ATOM)}{after or ''}"


def text_argument(at: Expressions, matched: Matched, name: str) -> str | None:
    """A text argument that is written in the script itself, or a name as data(x) takes it."""
    argument = matched.given.get(name)
    if argument is None:
        return None
    if isinstance(argument.value, Text):
        return argument.value.value
    return argument.value.name if isinstance(argument.value, Name) else None
