"""Texts that hold a number, as as.numeric() reads them."""

from __future__ import annotations

import math
import re

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?(?:[pP][+-]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"([+-]?)inf(?:inity)?", re.IGNORECASE)


def reading(text: str) -> float:
    """The number of a text, NaN where it is none.

    >>> reading(" 1e5 "), reading("0x1A"), reading("1_000")
    (100000.0, 26.0, nan)
    """
    stripped = text.strip()
    if _DECIMAL.fullmatch(stripped):
        return float(stripped)
    if _HEXADECIMAL.fullmatch(stripped):
        return float.fromhex(stripped)
    found = _INFINITE.fullmatch(stripped)
    if found is None:
        return math.nan
    return -math.inf if found.group(1) == "-" else math.inf
