"""`x[i]`, `x[i, j]`, `x[[i]]`: places count from 0 in Python, labels and conditions stay."""

from __future__ import annotations

from ..language.nodes import Argument, Index, Unary
from .context import Expressions
from .nodes import RNode
from .operators import minus_one
from .written import ATOM, SUM, NotPortedError, Py

FRAMES = frozenset(["frame", "table"])
LABELLED = frozenset(["series", "named_vector"])
ELEMENTS = {  # what x[["name"]] gives
    "frame": "series",
    "table": "series",
    "byfactor": "table",
    "gridlist": "grid",
    "series": "number",
    "named_vector": "number",
}
SEQUENCES = frozenset(["vector", "list", "texts", "range", "strings"])


def index_text(at: Expressions, node: Index) -> Py:
    """The index as Python."""
    operand = at.py(node.operand)
    arguments = [each for each in node.arguments if each.name is None]
    if any(each.name not in (None, "drop", "exact") for each in node.arguments):
        raise NotPortedError("an index by name")
    if node.double:
        return _element(at, operand, arguments)
    if len(arguments) == 1:
        return _of_one(at, operand, arguments[0])
    if len(arguments) == 2:
        keep = any(each.name == "drop" for each in node.arguments)
        return _of_two(at, operand, arguments[0], arguments[1], keep)
    raise NotPortedError("an array of three dimensions")


def _element(at: Expressions, operand: Py, arguments: list[Argument]) -> Py:
    if len(arguments) != 1 or arguments[0].value is None:
        raise NotPortedError("[[ ]] with two indices")
    place = at.py(arguments[0].value)
    if place.kind == "text":
        return Py(f"{operand.at(ATOM)}[{place.code}]", ELEMENTS.get(operand.kind, "object"))
    if place.kind == "number":
        if operand.kind in FRAMES:
            return Py(f"{operand.at(ATOM)}.iloc[:, {minus_one(place)}]", "series")
        if operand.kind in LABELLED:
            return Py(f"{operand.at(ATOM)}.iloc[{minus_one(place)}]", "number")
        if operand.kind in ("byfactor", "dict", "gridlist"):
            return Py(f"list({operand.code}.values())[{minus_one(place)}]", ELEMENTS.get(operand.kind, "object"))
        if operand.kind in SEQUENCES or operand.kind == "object":
            return Py(f"{operand.at(ATOM)}[{minus_one(place)}]", "object")
    raise NotPortedError(f"[[ ]] of a {operand.kind}")


def _of_one(at: Expressions, operand: Py, argument: Argument) -> Py:
    if argument.value is None:
        return operand
    place, out = _place(at, argument.value)
    if operand.kind in FRAMES:
        return _columns(operand, place, out)
    if operand.kind in LABELLED:
        return _of_labelled(operand, place, out)
    if operand.kind == "grid":
        return _rows_of_grid(operand, place, out)
    if operand.kind == "formula" and out and place.code == "2":  # formula(fit)[-2]: its right side
        return Py(f'"~" + str({operand.code}).split("~", 1)[1]', "formula", SUM)
    if operand.kind in SEQUENCES or operand.kind == "object":
        return _of_sequence(operand, place, out)
    raise NotPortedError(f"[ ] of a {operand.kind}")


def _place(at: Expressions, node: RNode) -> tuple[Py, bool]:
    """The index, and whether it says what is left out: `-1`, `-(1:3)`."""
    if isinstance(node, Unary) and node.operator == "-":
        return at.py(node.operand), True
    return at.py(node), False


def _columns(frame: Py, place: Py, out: bool) -> Py:
    if place.kind in ("text", "texts", "list") and not out and '"' in place.code:
        return Py(f"{frame.at(ATOM)}[{_listed(place)}]", frame.kind)
    if place.kind in ("number", "range", "list", "vector"):
        return Py(f"{frame.at(ATOM)}{_columns_at(frame, place, out)}", frame.kind)
    raise NotPortedError(f"[ ] of a {frame.kind} by a {place.kind}")


def _columns_at(frame: Py, place: Py, out: bool) -> str:
    if out:
        return f".drop(columns={frame.code}.columns[{_places(place)}])"
    return f".iloc[:, {_places(place, True)}]"


def _of_labelled(operand: Py, place: Py, out: bool) -> Py:
    x = operand.at(ATOM)
    if out:
        return Py(f"{x}.drop({x}.index[{_places(place, True)}])", operand.kind)
    if place.kind == "text":
        return Py(f"{x}[{place.code}]", "number")
    if place.kind == "texts":
        return Py(f"{x}[{place.code}]", operand.kind)
    if place.kind == "number":
        return Py(f"{x}.iloc[{minus_one(place)}]", "number")
    if place.kind in ("range", "list", "vector"):
        return Py(f"{x}.iloc[{_places(place)}]", operand.kind)
    return Py(f"{x}[{place.code}]", operand.kind)


def _rows_of_grid(grid: Py, place: Py, out: bool) -> Py:
    if out or place.kind not in ("number", "range", "list", "vector"):
        raise NotPortedError("rows of a grid that are left out")
    return Py(f"{grid.at(ATOM)}[{_places(place, True)}]", "grid")


def _of_sequence(operand: Py, place: Py, out: bool) -> Py:
    x = operand.at(ATOM)
    if out and operand.kind != "object":
        return Py(f"np.delete({operand.code}, {_places(place, True)})", "vector")
    if out or (operand.kind == "object" and place.kind not in ("number", "text")):
        raise NotPortedError("an index of what is not known")
    if place.kind == "text":
        return Py(f"{x}[{place.code}]", "object")
    if place.kind == "number":
        return Py(f"{x}[{minus_one(place)}]", "text" if operand.kind == "texts" else "number")
    if place.kind in ("range", "list", "vector"):
        array = (
            f"np.array({operand.code})" if operand.kind in ("list", "texts", "strings") and place.kind != "range" else x
        )
        return Py(f"{array}[{_places(place)}]", operand.kind)
    return Py(
        f"np.asarray({operand.code})[{place.code}]" if operand.kind != "vector" else f"{x}[{place.code}]", "vector"
    )


def _of_two(at: Expressions, operand: Py, rows: Argument, columns: Argument, keep: bool) -> Py:
    if operand.kind == "vector":
        return _of_matrix(at, operand, rows, columns, keep)
    if operand.kind not in FRAMES:
        raise NotPortedError(f"[ , ] of a {operand.kind}")
    if rows.value is not None and columns.value is not None and not keep:
        cell = _cell(operand, _place(at, rows.value), _place(at, columns.value))
        if cell is not None:
            return cell
    chosen = operand if rows.value is None else _rows(operand, *_place(at, rows.value))
    if columns.value is None:
        return Py(chosen.code, operand.kind, ATOM, columns=operand.columns)
    return _cells(chosen, *_place(at, columns.value), keep)


def _cell(frame: Py, row: tuple[Py, bool], column: tuple[Py, bool]) -> Py | None:
    """One value: by labels, by places, or by one of each."""
    (r, r_out), (c, c_out) = row, column
    if r_out or c_out or not {r.kind, c.kind} <= {"text", "number"}:
        return None
    x = frame.at(ATOM)
    if r.kind == c.kind:
        how = f".loc[{r.code}, {c.code}]" if r.kind == "text" else f".iloc[{minus_one(r)}, {minus_one(c)}]"
    else:
        how = f"[{c.code}].iloc[{minus_one(r)}]" if c.kind == "text" else f".loc[{r.code}].iloc[{minus_one(c)}]"
    return Py(f"{x}{how}", "number")


def _rows(frame: Py, place: Py, out: bool) -> Py:
    x = frame.at(ATOM)
    if out:
        return Py(f"{x}.drop({x}.index[{_places(place, True)}])", frame.kind)
    if place.kind in ("number", "range", "list", "vector"):
        return Py(f"{x}.iloc[{_places(place, True)}]", frame.kind)
    if place.kind in ("text", "texts"):
        return Py(f"{x}.loc[{_listed(place)}]", frame.kind)
    return Py(f"{x}[{place.code}]", frame.kind)


def _cells(frame: Py, place: Py, out: bool, keep: bool) -> Py:
    """Columns of chosen rows; of one column its values."""
    if out or keep or place.kind not in ("text", "number"):
        return _columns(frame, place, out)
    x = frame.at(ATOM)
    column = f"{x}[{place.code}]" if place.kind == "text" else f"{x}.iloc[:, {minus_one(place)}]"
    return Py(column, "series")


def _of_matrix(at: Expressions, operand: Py, rows: Argument, columns: Argument, keep: bool) -> Py:
    both = [_slot(at, each, keep) for each in (rows, columns)]
    return Py(f"{operand.at(ATOM)}[{', '.join(both)}]", "vector")


def _slot(at: Expressions, argument: Argument, keep: bool) -> str:
    if argument.value is None:
        return ":"
    place, out = _place(at, argument.value)
    if out:
        if place.code != "1":
            raise NotPortedError("rows or columns of a matrix that are left out")
        return "1:"
    return _places(place, keep)


def _places(place: Py, several: bool = False) -> str:
    """Places from 0: a slice of a range, a list of a list; `several`: a list even of one."""
    if place.kind == "number":
        return f"[{minus_one(place)}]" if several else minus_one(place)
    if place.kind == "range" and place.code.count(",") == 1:
        start, stop = place.code.removeprefix("range(")[:-1].split(", ")
        return f"{minus_one(Py(start, binding=SUM))}:{minus_one(Py(stop, binding=SUM)).removesuffix(' + 1 - 1')}"
    if place.kind == "list":
        return f"[{', '.join(minus_one(Py(each, binding=SUM)) for each in place.code[1:-1].split(', '))}]"
    return f"{place.at(SUM)} - 1"


def _listed(place: Py) -> str:
    return f"[{place.code}]" if place.kind == "text" else place.code
