"""Names with and without backticks: `my x`:`f f` is written my x:f f as well, wherever a name is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable

_QUOTED = re.compile(r"`((?:[^`\\]|\\.)*)`")


def plain_name(text: str) -> str:
    r"""The text without the backticks round its names.

    >>> plain_name("`my x`:`f f`b")
    'my x:f fb'
    """
    return _QUOTED.sub(lambda found: found[1].replace("\\`", "`").replace("\\\\", "\\"), text)


def column_name(label: str) -> str:
    """A variable's column in R's model frame: a name loses its backticks, those inside a call stay.

    >>> column_name("`my x`"), column_name("log(`my x`)")
    ('my x', 'log(`my x`)')
    """
    return plain_name(label) if _QUOTED.fullmatch(label) else label


def known_as(given: object, known: Iterable[str]) -> str | None:
    """The known name that is meant: the one written so, else the only one that differs in backticks alone; or None.

    >>> known_as("my x", ["(Intercept)", "`my x`"]), known_as("`z`", ["z"]), known_as("x:z", ["x:z", "`x:z`"])
    ('`my x`', 'z', 'x:z')
    """
    names = list(known)
    if not isinstance(given, str) or given in names:
        return given if isinstance(given, str) else None
    alike = {name for name in names if plain_name(name) == plain_name(given)}
    return alike.pop() if len(alike) == 1 else None
