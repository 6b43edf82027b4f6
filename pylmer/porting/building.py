"""c(), list(), seq(), rep(), paste(), families: calls whose text depends on what stands in them."""

from __future__ import annotations

from ..language.nodes import Call, Name, Text
from .context import Expressions
from .rows import Matched
from .values import argument_text, array_text
from .written import ATOM, PRODUCT, SUM, NotPortedError, Py, quoted

SCALARS = frozenset(["number", "text", "flag", "missing", "nothing"])
FAMILIES = {"inverse.gaussian": "inverse_gaussian", "negative.binomial": "negative_binomial"}


def items(at: Expressions, node: Call) -> list[tuple[str | None, Py]]:
    """Names and values of all arguments."""
    found = []
    for each in node.arguments:
        if each.value is None:
            raise NotPortedError(f"{node.function}() with an empty argument")
        found.append((each.name, at.py(each.value)))
    return found


def combine(at: Expressions, node: Call, matched: Matched) -> Py:
    """c(): a list, with names a dict; what is no single value is laid out."""
    parts = items(at, node)
    if any(value.kind in ("fit", "grid", "frame", "table", "byfactor", "function") for _, value in parts):
        raise NotPortedError("c() of what is no vector")
    if parts and all(name for name, _ in parts) and not all(value.kind in SCALARS for _, value in parts):
        at.scope.notes.append("c() of vectors with names: the names are left out")
        return Py(f"np.concatenate([{', '.join(f'np.ravel({value.code})' for _, value in parts)}])", "vector")
    if parts and all(name for name, _ in parts):
        inside = ", ".join(f"{quoted(name or '')}: {value.code}" for name, value in parts)
        return Py(f"{{{inside}}}", "named")
    texts = bool(parts) and all(value.kind in ("text", "texts") for _, value in parts)
    inside = ", ".join(argument_text(value) if value.kind in SCALARS else f"*{value.at(ATOM)}" for _, value in parts)
    return Py(f"[{inside.replace(chr(34) + 'NA' + chr(34), 'np.nan')}]", "texts" if texts else "list")


def list_call(at: Expressions, node: Call, matched: Matched) -> Py:
    """list(): a dict if all have names, a list if none has."""
    parts = items(at, node)
    if parts and all(name for name, _ in parts):
        return Py(
            f"{{{', '.join(f'{quoted(name or str())}: {argument_text(value)}' for name, value in parts)}}}", "dict"
        )
    if any(name for name, _ in parts):
        raise NotPortedError("list() with some names")
    return Py(f"[{', '.join(argument_text(value) for _, value in parts)}]", "list" if parts else "dict")


def bind(at: Expressions, node: Call, matched: Matched) -> Py:
    """rbind() and cbind(): of grids, frames, or vectors."""
    parts = [(name, value) for name, value in items(at, node) if name not in ("deparse.level",)]
    kinds = {value.kind for name, value in parts if name != "adjust"}
    if kinds == {"grid"} and node.function == "rbind":
        return Py(f"rbind({', '.join(f'{name}={v.code}' if name else v.code for name, v in parts)})", "grid")
    if (
        any(name for name, _ in parts)
        and kinds <= {"vector", "series", "number", "list", "range"}
        and node.function == "cbind"
    ):
        return Py(
            f"pd.DataFrame({{{', '.join(f'{quoted(n or str())}: {argument_text(v)}' for n, v in parts)}}})", "frame"
        )
    inside = ", ".join(argument_text(value) for _, value in parts)
    if kinds <= {"frame", "table"}:
        axis = "" if node.function == "rbind" else ", axis=1"
        return Py(f"pd.concat([{inside}]{axis or ', ignore_index=True'})", "frame")
    if kinds <= {"vector", "series", "list", "number", "range", "named_vector"}:
        stack = "vstack" if node.function == "rbind" else "column_stack"
        return Py(f"np.{stack}([{inside}])", "vector")
    raise NotPortedError(f"{node.function}() of {', '.join(sorted(kinds))}")


def matrix_of(at: Expressions, node: Call, matched: Matched) -> Py:
    """matrix(): column by column, unless byrow; one value fills it."""
    data, rows, columns, by_row = (_given(at, matched, name) for name in ("data", "nrow", "ncol", "byrow"))
    if data is None or "dimnames" in matched.given or (rows is None and columns is None):
        raise NotPortedError("matrix() without data or size, or with names")
    shape = f"({'-1' if rows is None else rows.code}, {'-1' if columns is None else columns.code})"
    if data.kind in SCALARS:
        return Py(f"np.full({shape}, {data.code})", "vector")
    order = "" if by_row is not None and by_row.code == "True" else ', order="F"'
    return Py(f"np.reshape({argument_text(data)}, {shape}{order})", "vector")


def applied(at: Expressions, node: Call, matched: Matched) -> Py:
    """sapply() and lapply() of a sequence."""
    x, how = _given(at, matched, "X"), _given(at, matched, "FUN")
    if x is None or how is None or x.kind not in ("list", "range", "vector", "series", "texts"):
        raise NotPortedError(f"{node.function}() of what is no sequence")
    made = f"[{how.at(ATOM)}(each) for each in {x.code}]"
    return Py(f"np.array({made})", "vector") if node.function == "sapply" else Py(made, "list")


def _given(at: Expressions, matched: Matched, name: str) -> Py | None:
    argument = matched.given.get(name)
    return None if argument is None or argument.value is None else at.py(argument.value)


def sequence(at: Expressions, node: Call, matched: Matched) -> Py:
    """seq(): by steps, by length, or of whole numbers."""
    start, stop, step, length = (_given(at, matched, name) for name in ("from", "to", "by", "length.out"))
    if start is not None and stop is None and step is None and length is None:
        several = start.kind not in ("number", "object")
        return Py(f"np.arange(1, {f'len({start.code})' if several else start.at(SUM)} + 1)", "vector")
    first = Py("1", "number") if start is None else start
    if length is not None and stop is not None:
        return Py(f"np.linspace({first.code}, {stop.code}, {length.code})", "vector")
    if length is not None:
        each = Py("1", "number") if step is None else step
        return Py(f"{first.at(SUM)} + {each.at(PRODUCT)} * np.arange({length.code})", "vector", SUM)
    if stop is None:
        raise NotPortedError("seq() without its end")
    if step is None:
        return Py(f"range({first.code}, {stop.at(SUM)} + 1)", "range")
    return Py(f"np.arange({first.code}, {stop.at(SUM)} + {step.at(PRODUCT)} / 2, {step.code})", "vector")


def repeated(at: Expressions, node: Call, matched: Matched) -> Py:
    """rep(): each, times, or times by element."""
    x, times, each, length = (_given(at, matched, name) for name in ("x", "times", "each", "length.out"))
    if x is None or (length is not None and (times or each)):
        raise NotPortedError("rep() without x, or with length.out beside others")
    code = argument_text(x)
    if length is not None:
        return Py(f"np.resize({code}, {length.code})", "vector")
    if each is not None:
        code = f"np.repeat({code}, {each.code})"
    if times is not None:
        several = times.kind in ("list", "vector", "range", "series")
        code = f"np.{'repeat' if several else 'tile'}({code}, {argument_text(times)})"
    return Py(code, "vector")


def paste(at: Expressions, node: Call, matched: Matched) -> Py:
    """paste() and paste0() of single values, or of texts with a sequence."""
    separator = matched.given.get("sep")
    joint = "" if node.function == "paste0" else " "
    if separator is not None:
        if not isinstance(separator.value, Text):
            raise NotPortedError("paste() with a separator that is computed")
        joint = separator.value.value
    parts = [at.py(each.value) for each in matched.dots if each.value is not None]
    if "collapse" in matched.given:
        raise NotPortedError(f"{node.function}() with collapse=")
    if all(part.kind in SCALARS | {"object"} for part in parts):
        return Py(f"{quoted(joint)}.join(map(str, [{', '.join(part.code for part in parts)}]))", "text")
    long = [k for k, part in enumerate(parts) if part.kind not in SCALARS]
    if len(long) != 1:
        raise NotPortedError(f"{node.function}() of several vectors")
    inside = ", ".join("each" if k == long[0] else part.code for k, part in enumerate(parts))
    return Py(f"[{quoted(joint)}.join(map(str, [{inside}])) for each in {argument_text(parts[long[0]])}]", "texts")


def sprintf(at: Expressions, node: Call, matched: Matched) -> Py:
    """sprintf(): Python's % of single values."""
    form = _given(at, matched, "fmt")
    parts = [at.py(each.value) for each in matched.dots if each.value is not None]
    if form is None or any(part.kind not in SCALARS | {"object"} for part in parts):
        raise NotPortedError("sprintf() of vectors")
    return Py(f"{form.at(ATOM)} % ({', '.join(part.code for part in parts)},)", "text", PRODUCT)


def family_call(at: Expressions, node: Call, matched: Matched) -> Py:
    """binomial(), binomial("probit"), negative.binomial(theta = 2)."""
    if not node.arguments:
        return Py(quoted(node.function), "family")
    parts = []
    for each in node.arguments:
        if each.value is None:
            raise NotPortedError(f"{node.function}() with an empty argument")
        bare = isinstance(each.value, Name) and each.value.name not in at.scope.variables  # binomial(link = probit)
        value = Py(quoted(each.value.name)) if bare and isinstance(each.value, Name) else at.py(each.value)
        parts.append(value.code if each.name is None else f"{each.name}={value.code}")
    return Py(f"families.{FAMILIES.get(node.function, node.function)}({', '.join(parts)})", "family")


def scale_column(at: Expressions, node: Call, matched: Matched) -> Py:
    """scale(x) of one column, centred and in units of its standard deviation, or one of both."""
    x = _given(at, matched, "x")
    options = {name: _given(at, matched, name) for name in ("center", "scale")}
    if x is None or x.kind not in ("series", "vector") or any(v and v.kind != "flag" for v in options.values()):
        raise NotPortedError("scale() of what is no column, or by given numbers")
    centred = not (options["center"] and options["center"].code == "False")
    code = f"({x.at(ATOM)} - np.mean({x.code}))" if centred else array_text(x).at(ATOM)
    if options["scale"] and options["scale"].code == "False":
        return Py(code, x.kind)
    if not centred:
        raise NotPortedError("scale() by the root mean square")
    return Py(f"{code} / np.std({x.code}, ddof=1)", x.kind, PRODUCT)
