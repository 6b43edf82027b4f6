"""data.frame(), subset(), with(), aggregate(), factor(), table() and the like: what they say of columns."""

from __future__ import annotations

from ..language.nodes import Binary, Call, Name, Unary
from .building import SCALARS, items
from .context import Expressions
from .nodes import Assign, Block, RNode
from .rows import Matched
from .values import argument_text, array_text, is_formula
from .written import ATOM, NotPortedError, Py, quoted

OPTIONS = frozenset(["stringsAsFactors", "KEEP.OUT.ATTRS", "check.names", "row.names"])
SHORT = {"np.mean": "mean", "np.median": "median", "np.sum": "sum", "np.min": "min", "np.max": "max", "len": "size"}


def _argument(matched: Matched, name: str, function: str) -> RNode:
    argument = matched.given.get(name)
    if argument is None or argument.value is None:
        raise NotPortedError(f"{function}() without {name}")
    return argument.value


def _frame(at: Expressions, node: RNode, function: str) -> Py:
    frame = at.py(node)
    if frame.kind not in ("frame", "table"):
        raise NotPortedError(f"{function}() of a {frame.kind}")
    return frame


def _inside(at: Expressions, frame: Py, node: RNode) -> Py:
    """The node with the frame's columns meant first."""
    at.scope.masks.append(Py(frame.at(ATOM), "frame", columns=frame.columns))
    try:
        return at.py(node)
    finally:
        at.scope.masks.pop()


def _columns(at: Expressions, node: Call) -> list[tuple[str, Py]]:
    found = []
    for (name, value), argument in zip(items(at, node), node.arguments, strict=True):
        if name in OPTIONS:
            continue
        label = name or (argument.value.name if isinstance(argument.value, Name) else None)
        if label is None or value.kind in ("frame", "table"):
            raise NotPortedError(f"{node.function}() of columns without names")
        found.append((label, value))
    return found


READERS = {"read.csv": ",", "read.csv2": ";", "read.delim": "\\t", "read.table": r"\s+"}


def read_file(at: Expressions, node: Call, matched: Matched) -> Py:
    """read.csv() and its kin, of files with a header."""
    given = {name: at.py(each.value) for name, each in matched.given.items() if each.value is not None}
    header = given.get("header", Py("False" if node.function == "read.table" else "True"))
    if header.code != "True":
        raise NotPortedError(f"{node.function}() of a file without a header")
    if node.function == "read.csv2":
        raise NotPortedError("decimal commas")
    separator = given["sep"].code if "sep" in given else f'"{READERS[node.function]}"'
    parts = [given["file"].code] if "file" in given else []
    if "sep" in given or node.function != "read.csv":
        parts.append(f"sep={'r' if separator.startswith(chr(34) + chr(92) + 's') else ''}{separator}")
    parts += ["index_col=0"] if given.get("row.names", Py("")).code == "1" else []
    parts += [f"na_values={given['na.strings'].code}"] if "na.strings" in given else []
    code = f"pd.read_csv({', '.join(parts)})"
    if given.get("stringsAsFactors", Py("")).code == "True":
        code += '.apply(lambda c: c if pd.api.types.is_numeric_dtype(c) else c.astype("category"))'
    return Py(code, "frame")


def framed(at: Expressions, node: Call, matched: Matched) -> Py:
    """data.frame(a = , b = )."""
    columns = _columns(at, node)
    single = all(value.kind in SCALARS for _, value in columns)
    inside = ", ".join(f"{quoted(n)}: {f'[{v.code}]' if single else argument_text(v)}" for n, v in columns)
    return Py(f"pd.DataFrame({{{inside}}})", "frame", columns=frozenset(name for name, _ in columns))


def gridded(at: Expressions, node: Call, matched: Matched) -> Py:
    """expand.grid(a = , b = ): all combinations, the first varies fastest."""
    columns = _columns(at, node)
    values = ", ".join(map(_side, [value for _, value in columns[::-1]]))
    names = [quoted(name) for name, _ in columns]
    code = f"pd.MultiIndex.from_product([{values}], names=[{', '.join(names[::-1])}]).to_frame(index=False)"
    return Py(f"{code}[[{', '.join(names)}]]", "frame", columns=frozenset(name for name, _ in columns))


def _side(value: Py) -> str:
    """The values of one column; texts are factors, their levels in their order."""
    if value.kind in SCALARS:
        return f"[{value.code}]"
    if value.kind == "texts":
        return f"pd.Categorical({value.code}, categories=pd.unique(np.array({value.code})))"
    return argument_text(value)


def selected(at: Expressions, node: Call, matched: Matched) -> Py:
    """subset(): rows by a condition, columns by names."""
    frame = _frame(at, _argument(matched, "x", "subset"), "subset")
    code = frame.at(ATOM)
    if "subset" in matched.given:
        code = f"{code}[{_inside(at, frame, _argument(matched, 'subset', 'subset')).code}]"
    if "select" in matched.given:
        code = _chosen(code, _argument(matched, "select", "subset"))
    return Py(code, "frame", columns=frame.columns if "select" not in matched.given else None)


def _chosen(code: str, node: RNode) -> str:
    """`select = c(a, b)`, `select = -a`."""
    out = isinstance(node, Unary) and node.operator == "-"
    inner = node.operand if isinstance(node, Unary) else node
    several = [a.value for a in inner.arguments] if isinstance(inner, Call) and inner.function == "c" else [inner]
    if not all(isinstance(each, Name) for each in several):
        raise NotPortedError("subset() with a select= that is no list of names")
    names = f"[{', '.join(quoted(each.name) for each in several if isinstance(each, Name))}]"
    return f"{code}.drop(columns={names})" if out else f"{code}[{names}]"


def transformed(at: Expressions, node: Call, matched: Matched) -> Py:
    """transform(d, a = ...): all of them from the old columns, as in R."""
    frame = _frame(at, _argument(matched, "_data", "transform"), "transform")
    parts = []
    for each in matched.dots:
        if each.name is None or each.value is None:
            raise NotPortedError("transform() without a name")
        parts.append(f"{quoted(each.name)}: {argument_text(array_text(_inside(at, frame, each.value)))}")
    columns = None if frame.columns is None else frame.columns | {each.name or "" for each in matched.dots}
    return Py(f"{frame.at(ATOM)}.assign(**{{{', '.join(parts)}}})", "frame", columns=columns)


def within_frame(at: Expressions, node: Call, matched: Matched) -> Py:
    """with(d, expression)."""
    frame = _frame(at, _argument(matched, "data", "with"), "with")
    return _inside(at, frame, _argument(matched, "expr", "with"))


def within_assigned(at: Expressions, node: Call, matched: Matched) -> Py:
    """within(d, x <- expression)."""
    frame = _frame(at, _argument(matched, "data", "within"), "within")
    inner = _argument(matched, "expr", "within")
    if isinstance(inner, Block) and len(inner.statements) == 1:
        inner = inner.statements[0]
    if not (isinstance(inner, Assign) and isinstance(inner.target, Name)):
        raise NotPortedError("within() of more than one assignment")
    value = argument_text(array_text(_inside(at, frame, inner.value)))
    columns = None if frame.columns is None else frame.columns | {inner.target.name}
    return Py(f"{frame.at(ATOM)}.assign(**{{{quoted(inner.target.name)}: {value}}})", "frame", columns=columns)


def aggregated(at: Expressions, node: Call, matched: Matched) -> Py:
    """aggregate(y ~ a + b, d, FUN): rows in R's order, the last factor slowest."""
    formula = _argument(matched, "x", "aggregate")
    if not (is_formula(formula) and isinstance(formula, Binary) and isinstance(formula.left, Name)):
        raise NotPortedError("aggregate() without a formula y ~ a + b")
    frame = _frame(at, _argument(matched, "data", "aggregate"), "aggregate")
    groups = [quoted(name) for name in _summands(formula.right)]
    how = at.py(_argument(matched, "FUN", "aggregate"))
    how_text = quoted(SHORT[how.code]) if how.code in SHORT else how.code
    by = f"{frame.at(ATOM)}.groupby([{', '.join(groups[::-1])}], observed=True)"
    y = quoted(formula.left.name)
    return Py(f"{by}[{y}].agg({how_text}).reset_index()[[{', '.join([*groups, y])}]]", "frame")


def _summands(node: RNode) -> list[str]:
    if isinstance(node, Binary) and node.operator == "+":
        return _summands(node.left) + _summands(node.right)
    if not isinstance(node, Name):
        raise NotPortedError("a formula whose groups are no plain columns")
    return [node.name]


def table_of(at: Expressions, node: Call, matched: Matched) -> Py:
    """table() of one or two columns, or of a frame; xtabs(~ a + b, d)."""
    first = node.arguments[0].value if node.arguments else None
    if is_formula(first):
        frame = at.py(node.arguments[-1].value)  # type: ignore[arg-type]
        if not isinstance(first, Unary) or frame.kind != "frame" or len(node.arguments) != 2:
            raise NotPortedError("xtabs() of counts")
        columns = [f"{frame.at(ATOM)}[{quoted(name)}]" for name in _summands(first.operand)]
    else:
        values = items(at, node)
        columns = [value.at(ATOM) for _, value in values]
        if any(value.kind not in ("series", "vector", "list", "texts", "mask", "factor") for _, value in values):
            raise NotPortedError("table() of what is no column")
    if len(columns) == 1:
        column = columns[0] if columns[0].endswith("]") else f"pd.Series({columns[0]})"
        return Py(f"{column}.value_counts(sort=False).sort_index()", "series")
    if len(columns) == 2:
        return Py(f"pd.crosstab({columns[0]}, {columns[1]}, dropna=False)", "table")
    raise NotPortedError("a table of more than two factors")


def tapplied(at: Expressions, node: Call, matched: Matched) -> Py:
    """tapply(x, group, FUN)."""
    x, group, how = (at.py(_argument(matched, name, "tapply")) for name in ("X", "INDEX", "FUN"))
    if x.kind != "series" or group.kind != "series":
        raise NotPortedError("tapply() of what is no column")
    how_text = quoted(SHORT[how.code]) if how.code in SHORT else how.code
    return Py(f"{x.at(ATOM)}.groupby({group.code}, observed=False).agg({how_text})", "series")


def factored(at: Expressions, node: Call, matched: Matched) -> Py:
    """factor(): R's levels in their order; labels rename them."""
    x = at.py(_argument(matched, "x", node.function))
    options = {
        name: at.py(each.value) for name, each in matched.given.items() if name != "x" and each.value is not None
    }
    if node.function == "ordered":
        options["ordered"] = Py("True", "flag")
    parts = [argument_text(x)]
    parts += [f"categories={argument_text(options['levels'])}"] if "levels" in options else []
    parts += [f"ordered={options['ordered'].code}"] if "ordered" in options else []
    code = f"pd.Categorical({', '.join(parts)})"
    if "labels" in options:
        code += f".rename_categories({argument_text(options['labels'])})"
    return Py(code, "factor")


def head(at: Expressions, node: Call, matched: Matched) -> Py:
    """head(): rows, also `head(x, -2)`."""
    x = at.py(_argument(matched, "x", "head"))
    n = "6" if "n" not in matched.given else at.py(_argument(matched, "n", "head")).code
    if x.kind in ("frame", "table", "series", "named_vector"):
        return Py(f"{x.at(ATOM)}.head({n})", x.kind, columns=x.columns)
    if x.kind in ("vector", "list", "texts", "range"):
        return Py(f"{x.at(ATOM)}[:{n}]", x.kind)
    raise NotPortedError(f"head() of a {x.kind}")
