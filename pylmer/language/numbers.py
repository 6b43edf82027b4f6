"""Numbers as R writes and reads them in code."""

from __future__ import annotations

import math

DIGITS = 15  # what R's deparse and as.character keep


def format_number(x: float) -> str:
    """`x` with up to 15 significant digits, fixed unless the scientific form is narrower, as R's as.character.

    >>> [format_number(x) for x in (0.1, 100000, 123456, 1e-5, 2.0, 1 / 3)]
    ['0.1', '1e+05', '123456', '1e-05', '2', '0.333333333333333']
    """
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Inf" if x > 0 else "-Inf"
    if x == 0:
        return "0"
    mantissa, exponent = f"{float(x):.{DIGITS - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = int(exponent)
    scientific = f"{mantissa}e{power:+03d}"
    decimals = max(0, sum(c.isdigit() for c in mantissa) - 1 - power)
    fixed = f"{float(x):.{decimals}f}" if power <= DIGITS or len(scientific) > power else scientific
    return fixed if len(fixed) <= len(scientific) else scientific


def integer_text(value: float) -> str:
    """An integer literal without its L; beyond R's integers it has become a double.

    >>> integer_text(100000.0)
    '100000'
    """
    return str(int(value)) if abs(value) < 2**31 else format_number(value)


def read_number(literal: str) -> tuple[float, bool]:
    """Value of an R literal, and whether it is an integer (`2L`; `1.5L` is not, as in R).

    >>> read_number("0x1FL"), read_number("1e3")
    ((31.0, True), (1000.0, False))
    """
    digits = literal[:-1] if literal.endswith("L") else literal
    value = _hexadecimal(digits) if digits[:2] in ("0x", "0X") else float(digits)
    return value, literal.endswith("L") and value.is_integer()


def _hexadecimal(digits: str) -> float:
    try:
        return float(int(digits, 16))
    except OverflowError:
        return math.inf
