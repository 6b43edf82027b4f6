"""A piece of Python text: what it is, and how tightly it binds; literals and names as Python writes them."""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass, replace

ATOM, POWER, SIGN, PRODUCT, SUM, BITS_AND, BITS_OR, COMPARE, NOT, AND, OR, LAMBDA = (
    12,
    11,
    10,
    9,
    8,
    7,
    6,
    5,
    4,
    3,
    2,
    1,
)
TAKEN = frozenset([*keyword.kwlist, *dir(builtins), "np", "pd", "plt", "rng", "Path", "datasets", "families"])


class NotPortedError(Exception):
    """A statement, or a part of it, that has no counterpart here; the text is the reason."""


@dataclass(frozen=True)
class Py:
    """Python text.

    kind     what it stands for: fit, frame, table, series, vector, list, named, dict, range, number, text, texts, flag,
             formula, function, grid, family, picture, nothing ... ; "object" if that is not known
    binding  how tightly its outermost operator binds
    names    of a formula, or a text that is evaluated among the data: the names that stand in it
    columns  of a frame: the names of its columns, if known
    word     of a fit: what fitted it
    """

    code: str
    kind: str = "object"
    binding: int = ATOM
    names: tuple[str, ...] = ()
    columns: frozenset[str] | None = None
    word: str = ""

    def at(self, least: int) -> str:
        """The text where something that binds as tightly as `least` is wanted."""
        return self.code if self.binding >= least else f"({self.code})"

    def of(self, kind: str) -> Py:
        """The same text as another kind."""
        return replace(self, kind=kind)


def python_name(name: str, avoid: frozenset[str]) -> str:
    """R's name as Python's: `.` becomes `_`; a name that Python or pylmer has gets a `_` behind it.

    >>> python_name("fm.1", frozenset()), python_name("lambda", frozenset()), python_name("anova", frozenset(["anova"]))
    ('fm_1', 'lambda_', 'anova_')
    """
    plain = re.sub(r"\W", "_", name)
    if not plain.strip("_"):
        plain = "x"
    if plain[0].isdigit():
        plain = f"x{plain}"
    while plain in TAKEN or plain in avoid:
        plain += "_"
    return plain


def number(value: float, integer: bool = False) -> str:
    """A number as Python writes it; R's 2 stays 2, for its doubles count and index too."""
    return str(int(value)) if integer or (value.is_integer() and abs(value) < 2**53) else repr(value)


def quoted(text: str) -> str:
    """A text in double quotes where that needs no escape."""
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in shown and "\\'" not in shown else shown
