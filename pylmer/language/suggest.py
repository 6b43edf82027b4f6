"""Did you mean ...: the known name that is closest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# What Python users write, and what R writes.
_PYTHON = {
    "True": "TRUE",
    "False": "FALSE",
    "None": "NULL",
    "nan": "NaN",
    "inf": "Inf",
    "Q": "backticks: `my column`",
    "center": "scale(x, scale = FALSE)",
    "standardize": "scale(x)",
    "Treatment": "contr.treatment",
    "Sum": "contr.sum",
    "Helmert": "contr.helmert",
    "Poly": "contr.poly",
    "power": "I(x^2)",
    "cr": "ns(x, df)",
    "isnull": "is.na",
    "isna": "is.na",
    "where": "ifelse",
    "minimum": "pmin",
    "maximum": "pmax",
    "categorical": "factor",
}


def did_you_mean(name: str, known: Iterable[str], quoted: bool = True) -> str:
    """`; did you mean 'x'?` for the best match of `name`, or "" where nothing is near.

    Python's words and module prefixes are known (`np.log`, `True`), then names that differ in case, dots and
    underscores alone, then names that look alike.

    >>> did_you_mean("Dasy", ["Days", "Subject"]), did_you_mean("np.log", ["log"], quoted=False)
    ("; did you mean 'Days'?", '; did you mean log?')
    """
    found = closest(name, known)
    if found is None:
        return ""
    mark = "'" if quoted and name not in _PYTHON else ""
    return f"; did you mean {mark}{found}{mark}?"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None.

    >>> closest("Log_Radon", ["log.radon", "log_rado"])
    'log.radon'
    """
    names = list(dict.fromkeys(known))
    last = name.rpartition(".")[2]
    if name not in _PYTHON and last != name and last in names:
        return last
    if last in _PYTHON:
        return _PYTHON[last]
    alike = [k for k in names if _bare(k) == _bare(name)]
    return next(iter(alike or get_close_matches(name, names, n=1, cutoff=0.6)), None)


def _bare(name: str) -> str:
    return "".join(c for c in name.casefold() if c not in "._ ")
