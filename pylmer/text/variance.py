"""R's print of class "anova", and of tables whose columns are estimates, statistics and others side by side."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from .coefmat import LEGEND, star
from .layout import Column, print_columns
from .numbers import EPSILON, format_numbers, format_pvalues, round_number, zapsmall

STATISTICS = ("F", "Cp", "Chisq")


def print_anova(
    rows: Sequence[str], headers: Sequence[str], columns: Sequence[Sequence[float]], digits: int = 5
) -> str:
    """R's `print` of an analysis of variance: missing numbers are blank, p-values last.

    >>> print(print_anova(["a"], ["Sum Sq", "Df", "F value"], [[10.2956], [2], [0.24879]]))
      Sum Sq Df F value
    a 10.296  2  0.2488
    """
    tests, zapped = _zapped(headers, columns, digits)
    return print_mixed(rows, headers, zapped, digits, tests=tests)


def _zapped(
    headers: Sequence[str], columns: Sequence[Sequence[float]], digits: int
) -> tuple[list[int], list[list[float]]]:
    """Which columns are statistics; the others, degrees of freedom apart, with their smallest numbers rounded off."""
    tests = [i for i, h in enumerate(headers) if h[1:7] == " value" or h in STATISTICS]
    exact = {*tests, *(i for i, h in enumerate(headers) if h.endswith("Df") or h.startswith("Pr("))}
    return tests, [list(column) if i in exact else zapsmall(column, digits) for i, column in enumerate(columns)]


def print_mixed(
    rows: Sequence[str],
    headers: Sequence[str],
    columns: Sequence[Sequence[float]],
    digits: int = 5,
    *,
    together: Collection[int] = (),
    tests: Collection[int] = (),
    tests_together: bool = False,
    na: str = "",
) -> str:
    """R's `printCoefmat(x, digits, cs.ind = together, tst.ind = tests, na.print = na)`.

    Columns `together` share their decimals, statistics are rounded to `digits - 1` decimals (jointly formatted if
    `tests_together`), the others are formatted each by itself; a last column `Pr(...)` or `p.value` holds p-values.
    """
    if not rows:
        return " ".join(["    ", *headers])
    shown = mixed_columns(
        headers, columns, digits, together=together, tests=tests, tests_together=tests_together, na=na
    )
    text = print_columns(rows, shown)
    return f"{text}\n{LEGEND}" if len(shown) > len(headers) else text


def mixed_columns(
    headers: Sequence[str],
    columns: Sequence[Sequence[float]],
    digits: int = 5,
    *,
    together: Collection[int] = (),
    tests: Collection[int] = (),
    tests_together: bool = False,
    na: str = "",
) -> list[Column]:
    """The columns of `print_mixed`, and one of stars behind them where a p-value is below 0.1."""
    has_p = headers[-1].startswith("Pr(") or headers[-1] == "p.value"
    last = len(headers) - has_p
    decimals = max(1, min(5, digits - 1))
    cells: dict[int, list[str]] = {}
    shared = _estimates([columns[i] for i in together], digits, na)
    cells |= dict(zip(together, shared, strict=True))
    rounded = [[round_number(v, decimals) for v in columns[i]] for i in tests]
    cells |= dict(zip(tests, _formatted(rounded, digits, tests_together, na), strict=True))
    cells |= {i: format_numbers(columns[i], digits, na=na) for i in range(last) if i not in cells}
    shown = [Column(headers[i], tuple(_mended(cells[i], columns[i], digits))) for i in range(last)]
    if not has_p:
        return shown
    p = columns[last]
    shown.append(Column(headers[last], tuple(format_pvalues(p, decimals, EPSILON, na=na))))
    if not any(value < 0.1 for value in p):
        return shown
    marks = [star(value) for value in p]
    shown.append(Column("", tuple(mark.ljust(max(map(len, marks))) for mark in marks)))
    return shown


def _formatted(columns: Sequence[Sequence[float]], digits: int, jointly: bool, na: str) -> list[list[str]]:
    if not jointly:
        return [format_numbers(column, digits, na=na) for column in columns]
    texts = format_numbers([value for column in columns for value in column], digits, na=na)
    count = len(columns[0]) if columns else 0
    return [texts[i * count : (i + 1) * count] for i in range(len(columns))]


def _estimates(columns: Sequence[Sequence[float]], digits: int, na: str) -> list[list[str]]:
    """Columns with the decimals that show `digits` digits of the smallest."""
    flat = [value for column in columns for value in column]
    sizes = [math.floor(math.log10(abs(v))) + 1 for v in flat if v != 0 and math.isfinite(v)]
    decimals = max(1, digits - min(sizes, default=digits))
    return _formatted([[round_number(v, decimals) for v in column] for column in columns], digits, True, na)


def _mended(texts: Sequence[str], values: Sequence[float], digits: int) -> list[str]:
    """A number that is not zero but would read as zero is written with its own digits."""
    hidden = [
        i for i, v in enumerate(values) if v != 0 and math.isfinite(v) and texts[i].strip() and float(texts[i]) == 0
    ]
    own = format_numbers([values[i] for i in hidden], max(1, digits - 1))
    return [dict(zip(hidden, own, strict=True)).get(i, text) for i, text in enumerate(texts)]
