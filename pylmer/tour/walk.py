"""The walk through the chapter: texts one after the other, figures into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import MissingExtraError
from .chapter import Chapter
from .figures import FIGURES, folder, save
from .steps import STEPS

HEAD = """Multilevel linear models: the basics. Chapter 12 of A. Gelman & J. Hill (2007), Data
Analysis Using Regression and Multilevel/Hierarchical Models, on its own data"""


def walk(out: str | Path | None = None) -> Iterator[str]:
    """The steps as texts, each computed when asked for; with `out`, the figures are written there as PNG.

    Without matplotlib all texts come, and the last one says which extra draws the figures. Raises DataError, before the
    first step, if `out` is no folder that can be written to.

    >>> print(next(walk()).splitlines()[0])
    Multilevel linear models: the basics. Chapter 12 of A. Gelman & J. Hill (2007), Data
    """
    into = None if out is None else folder(Path(out))
    chapter = Chapter()
    yield HEAD
    for number, step in enumerate(STEPS, start=1):
        yield f"\n{step.text(chapter, number)}"
    yield f"\n{_figures(chapter, into)}"


def _figures(chapter: Chapter, into: Path | None) -> str:
    """What became of the figures."""
    if into is None:
        return f"Figures: pylmer tour --out FOLDER writes {len(FIGURES)} of them."
    try:
        written = [save(chapter, figure, into) for figure in FIGURES]
    except MissingExtraError as error:
        return f"Figures: {error}"
    return "\n".join(
        ["Figures:", *(f"  {path}  {figure.title}" for path, figure in zip(written, FIGURES, strict=True))]
    )
