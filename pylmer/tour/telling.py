"""How a step is told: wrapped prose and small tables."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..text import Column, format_fixed, print_columns

WIDTH = 80


@dataclass(frozen=True)
class ChapterStep:
    """One step of the chapter; `told` gives its blocks of text, `figures` the names of those that belong to it."""

    title: str
    told: Callable[[Any], Sequence[str]]
    figures: tuple[str, ...] = ()

    def text(self, chapter: Any, number: int) -> str:
        """Title and blocks; prose is wrapped, a block of several lines is left as it is."""
        head = f"{number}. {self.title}"
        blocks = [block if "\n" in block else textwrap.fill(block, WIDTH) for block in self.told(chapter)]
        drawn = [f"[{', '.join(f'{name}.png' for name in self.figures)}]"] if self.figures else []
        return "\n\n".join([f"{head}\n{'=' * len(head)}", *blocks, *drawn])


def table(rows: Sequence[str], columns: dict[str, Sequence[str]]) -> str:
    return print_columns(rows, [Column(header, tuple(cells)) for header, cells in columns.items()], WIDTH)


def fixed(values: Iterable[float], decimals: int = 2) -> list[str]:
    return [format_fixed(float(value), decimals) for value in values]


def interval(estimate: float, error: float) -> str:
    return f"({estimate - 2 * error:.2f}, {estimate + 2 * error:.2f})"
