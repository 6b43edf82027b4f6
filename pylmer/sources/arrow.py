"""Arrow tables -> columns: numbers as they lie in memory, texts by their distinct values."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, MissingExtraError
from ..functions import Columns, Strings, Value
from ..functions.arrays import Array
from ..functions.series import value_of


def require_arrow(what: str) -> None:
    """MissingExtraError unless pyarrow is there."""
    if find_spec("pyarrow") is None:
        raise MissingExtraError(f'{what} needs pyarrow: pip install "pylmer[arrow]"')


def columns_of_arrow(table: Any) -> Columns:
    """The columns of a pyarrow Table or RecordBatch."""
    names = list(map(str, table.schema.names))
    readers = {name: partial(_value, table, place) for place, name in enumerate(names)}
    twice = frozenset(name for name in names if names.count(name) > 1)
    return Columns(readers, table.num_rows, pd.RangeIndex(table.num_rows), twice)


def _value(table: Any, place: int) -> Value:
    import pyarrow as pa

    column = table.column(place)
    array = _one_array(column) if isinstance(column, pa.ChunkedArray) else column
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _strings(array)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _numbers(array)
    if pa.types.is_decimal(kind):
        return _numbers(array.cast(pa.float64()))
    if pa.types.is_null(kind):
        return np.full(len(array), np.nan)
    return value_of(array.to_pandas(), f"column {table.schema.names[place]!r}")


def _one_array(column: Any) -> Any:
    import pyarrow as pa

    if column.num_chunks == 1:
        return column.chunk(0)
    found = column.combine_chunks()
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found


def _numbers(array: Any) -> Array:
    import pyarrow as pa

    if array.null_count or not (pa.types.is_integer(array.type) or array.type == pa.float64()):
        array = array.cast(pa.float64(), safe=False)
    return np.asarray(array.to_numpy(zero_copy_only=False))


def _strings(array: Any) -> Strings:
    import pyarrow as pa

    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    coded = array.dictionary_encode()
    codes = coded.indices.fill_null(-1) if coded.indices.null_count else coded.indices
    return Strings(codes.to_numpy(zero_copy_only=False).astype(np.int64), tuple(coded.dictionary.to_pylist()))


FAMILIES = (
    ("numeric", ("is_integer", "is_floating", "is_decimal")),
    ("text", ("is_string", "is_large_string", "is_string_view", "is_dictionary")),
    ("logical", ("is_boolean",)),
    ("date", ("is_temporal",)),
)


def sort_of(kind: Any) -> str | None:
    """What columns of an Arrow type hold, in R's words; None where nothing is known."""
    import pyarrow as pa

    if pa.types.is_null(kind):
        return None
    return next((word for word, tests in FAMILIES if any(getattr(pa.types, test)(kind) for test in tests)), str(kind))


def check_alike(found: Any, first: Any, names: Any, where: str, there: str) -> None:
    """DataError that names the file whose column has another type than in the first file."""
    for name in names:
        one, two = sort_of(first.field(name).type), sort_of(found.field(name).type)
        if one != two and None not in (one, two) and {one, two} != {"numeric", "logical"}:
            raise DataError(
                f"column {name!r} is {two} in {where}, but {one} in {there}: write the files alike, or give the ones "
                "that are"
            )
