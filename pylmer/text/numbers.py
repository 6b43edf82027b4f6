"""Numbers as R writes them: `format`, `signif`, `round`, `zapsmall`, `format.pval` on plain vectors.

R writes the numbers of one vector alike: with as many decimals as the neediest of them takes to show up to `digits`
significant digits, or all in scientific notation when that is narrower (R's `?format`, `?print.default`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EPSILON = 2.220446049250313e-16  # .Machine$double.eps


@dataclass(frozen=True)
class Digits:
    """What one number needs to be shown: its decimal exponent and its significant digits."""

    exponent: int
    significant: int

    @property
    def decimals(self) -> int:
        return max(0, self.significant - self.exponent - 1)


def format_numbers(
    values: Iterable[float], digits: int = 7, nsmall: int = 0, *, na: str = "NA", justify: bool = True
) -> list[str]:
    """R's `format(x, digits=, nsmall=)`: texts of one width, missing values as `na`.

    `justify=False` leaves the texts unpadded. Integers are numbers like others.

    >>> format_numbers([251.405, 10.4673], digits=4)
    ['251.41', ' 10.47']
    >>> format_numbers([1e-10, 1])
    ['1e-10', '1e+00']
    """
    numbers = [float(value) for value in values]
    finite = [number for number in numbers if math.isfinite(number)]
    write = _writer(finite, digits, nsmall)
    texts = [write(number) if math.isfinite(number) else _special(number, na) for number in numbers]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts] if justify else texts


def format_number(value: float, digits: int = 7, nsmall: int = 0) -> str:
    """One number as R's `format` or `cat` writes it: 2251, 2255.2, 1e-10."""
    return format_numbers([value], digits, nsmall)[0]


def digits_of(number: float, digits: int) -> Digits:
    """Exponent and significant digits (trailing zeros dropped) of `number` rounded to `digits` digits."""
    mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
    return Digits(int(exponent), max(1, len(mantissa.lstrip("-").replace(".", "").rstrip("0"))))


def _writer(finite: Sequence[float], digits: int, nsmall: int) -> _Fixed | _Scientific:
    needs = [digits_of(number, digits) for number in finite]
    fixed = _Fixed(max((need.decimals for need in needs), default=0))
    scientific = _Scientific(max((need.significant for need in needs), default=1) - 1)
    if _widest(fixed, finite) <= _widest(scientific, finite):
        return _Fixed(max(fixed.decimals, nsmall))
    return scientific


@dataclass(frozen=True)
class _Fixed:
    decimals: int

    def __call__(self, number: float) -> str:
        return f"{number if number else 0.0:.{self.decimals}f}"


@dataclass(frozen=True)
class _Scientific:
    decimals: int

    def __call__(self, number: float) -> str:
        return f"{number if number else 0.0:.{self.decimals}e}"


def _widest(write: _Fixed | _Scientific, numbers: Sequence[float]) -> int:
    return max((len(write(number)) for number in numbers), default=0)


def _special(number: float, na: str) -> str:
    return na if math.isnan(number) else "Inf" if number > 0 else "-Inf"


def signif(value: float, digits: int = 6) -> float:
    """`value` rounded to `digits` significant digits (R's `signif`)."""
    return float(f"{value:.{max(digits, 1) - 1}e}") if math.isfinite(value) else value


def round_number(value: float, decimals: int = 0) -> float:
    """R's `round(x, decimals)` (since 4.0): the nearer of the two candidates, the even one when both are as near.

    >>> round_number(0.15, 1), round_number(993.705, 2)
    (0.1, 993.7)
    """
    scale = 10.0 ** min(decimals, 300)
    if not math.isfinite(value) or abs(value) * scale >= 1e15:
        return value
    count = math.floor(value * scale)
    below, above = count / scale, math.ceil(value * scale) / scale
    if value - below == above - value:
        return above if count % 2 else below
    return below if value - below < above - value else above


def zapsmall(values: Sequence[float], digits: int = 7) -> list[float]:
    """R's `zapsmall`: round all to the decimals that show about `digits` digits of the largest."""
    largest = max((abs(value) for value in values if not math.isnan(value)), default=0.0)
    decimals = max(0, math.floor(digits - math.log10(largest) + 0.5)) if 0 < largest < math.inf else digits
    return [round_number(value, decimals) for value in values]


def format_fixed(value: float, decimals: int) -> str:
    """R's `formatC(x, digits=, format="f")`."""
    return f"{value:.{decimals}f}" if math.isfinite(value) else _special(value, "NA")


def format_general(value: float, digits: int) -> str:
    """R's `formatC(x, digits=, format="g")`, also `sprintf("%.4g")`."""
    return f"{value:.{digits}g}" if math.isfinite(value) else _special(value, "NA")


def format_pvalues(values: Sequence[float], digits: int = 5, eps: float = EPSILON, *, na: str = "NA") -> list[str]:
    """R's `format.pval(pv, digits, eps)`: fixed, below 1e-4 scientific, below `eps` as "< 2.2e-16"; not padded.

    >>> format_pvalues([0.02, 3.26e-06, 1e-20], digits=3)
    ['0.02', '3.26e-06', '< 2e-16']
    """
    texts = [na] * len(values)
    kinds = [_kind(value, eps, digits) for value in values]
    for kind in ("fixed", "scientific"):
        chosen = [i for i in range(len(values)) if kinds[i] == kind]
        for i, text in zip(chosen, format_numbers([values[i] for i in chosen], digits), strict=True):
            texts[i] = text
    widths = [len(text) for text, kind in zip(texts, kinds, strict=True) if kind in ("fixed", "scientific")]
    bound = _below(eps, digits, max(widths, default=None))
    return [bound if kind == "below" else text for text, kind in zip(texts, kinds, strict=True)]


def _kind(value: float, eps: float, digits: int) -> str:
    if math.isnan(value):
        return "missing"
    if value < eps:
        return "below"
    smallest = -3 if digits == 1 else -4
    return "fixed" if value == 0 or math.floor(math.log10(value)) >= smallest else "scientific"


def _below(eps: float, digits: int, width: int | None) -> str:
    """ "< eps": with two digits less than asked, and no wider than the others where that leaves a digit."""
    shown = max(1, digits - 2)
    if width is not None and shown > 1 and shown + 6 > width:
        shown = max(1, width - 7)
    narrow = shown == 1 and (width is None or width <= 6)
    return f"<{'' if narrow else ' '}{format_number(eps, shown)}"
