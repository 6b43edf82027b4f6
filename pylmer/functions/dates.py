"""as.Date: days of texts."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from .arrays import Array
from .factors import as_strings
from .table import r_function
from .values import Factor, RefusedError, Strings, Value, text

_BEGINNINGS = (re.compile(r"\s*(\d{1,4})-(\d{1,2})-(\d{1,2})"), re.compile(r"\s*(\d{1,4})/(\d{1,2})/(\d{1,2})"))


@r_function("as.Date")
def as_date(x: Value, format: Value = None) -> Array:
    """Days: of dates as they are, of texts as 2020-12-31 or 2020/12/31, or by a `format` such as "%d.%m.%Y".

    A text that does not fit is NA; without a format the first one decides which of the two ways holds for all.
    """
    if isinstance(x, np.ndarray) and x.dtype.kind == "M":
        return x.astype("datetime64[D]")
    if not isinstance(x, Strings | Factor):
        raise RefusedError("as.Date() reads texts such as 2020-12-31")
    strings = as_strings(x)
    wanted = None if format is None else text(format, "format")
    days = _ymd(strings) if wanted is None else _parsed([value.strip() for value in strings.values], wanted)
    return np.append(days, np.datetime64("NaT", "D"))[strings.codes]


def whole_days(dates: Array) -> bool:
    """Whether no date has a time of day."""
    return bool(np.all((dates.astype("datetime64[D]") == dates) | np.isnat(dates)))


def _ymd(strings: Strings) -> Array:
    present = strings.codes[strings.codes >= 0]
    if not present.size:
        return _parsed(list(strings.values), "%Y-%m-%d")
    first = strings.values[int(present[0])]
    for beginning in _BEGINNINGS:
        if not np.isnat(_parsed([_normal(first, beginning)], "%Y-%m-%d")[0]):
            return _parsed([_normal(value, beginning) for value in strings.values], "%Y-%m-%d")
    raise RefusedError(f'as.Date() reads texts such as 2020-12-31, not {first!r}; or say the format = "%d.%m.%Y"')


def _normal(value: str, beginning: re.Pattern[str]) -> str:
    """The date at the beginning of a text; what follows it is ignored, as in R."""
    found = beginning.match(value)
    return "-".join(part.zfill(size) for part, size in zip(found.groups(), (4, 2, 2), strict=True)) if found else ""


_COMPLETE = re.compile(r"(?=.*%[Yy])(?=.*%[mbBh])(?=.*%[de])|%[FDx]|(?=.*%[Yy])(?=.*%j)")


def _parsed(values: list[str], form: str) -> Array:
    if not _COMPLETE.match(form):
        raise RefusedError(f"format = {form!r} has no year, month and day; R would take today's")
    try:
        found = pd.to_datetime(pd.Series(values, dtype=object), format=form, errors="coerce")
    except ValueError as error:
        raise RefusedError(f"format = {form!r} cannot be read: {error}") from None
    return found.to_numpy(dtype="datetime64[s]").astype("datetime64[D]")
