"""The walk through a chapter: texts one after the other, figures into a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError
from . import logistic
from .chapter import Chapter
from .figures import FIGURES, Figure, folder, save
from .steps import STEPS
from .telling import ChapterStep

HEAD = """Multilevel linear models: the basics. Chapter 12 of A. Gelman & J. Hill (2007), Data
Analysis Using Regression and Multilevel/Hierarchical Models, on its own data"""
LOGISTIC = """Multilevel logistic regression in small: complete, no and partial pooling of
proportions, after chapters 12 and 14 of A. Gelman & J. Hill (2007), on cases of a
cattle disease in 15 herds (M. Lesnoff et al. 2004)"""


@dataclass(frozen=True)
class Told:
    """A chapter: its head, what computes its models, its steps and figures, and the command that tells it."""

    head: str
    models: Callable[[], Any]
    steps: Sequence[ChapterStep]
    figures: Sequence[Figure]
    command: str


CHAPTERS = {
    "lmer": Told(HEAD, Chapter, STEPS, FIGURES, "pylmer tour"),
    "glmer": Told(LOGISTIC, logistic.Herds, logistic.STEPS, logistic.FIGURES, "pylmer tour glmer"),
}


def walk(out: str | Path | None = None, chapter: str = "lmer") -> Iterator[str]:
    """The steps of a chapter as texts, each computed when asked for; with `out`, the figures are written there as PNG.

    chapter  "lmer", the radon data of chapter 12, or "glmer", the logistic one

    Without matplotlib all texts come, and the last one says which extra draws the figures. Raises DataError, before the
    first step, if `out` is no folder that can be written to.

    >>> print(next(walk()).splitlines()[0])
    Multilevel linear models: the basics. Chapter 12 of A. Gelman & J. Hill (2007), Data
    """
    into = None if out is None else folder(Path(out))
    told = CHAPTERS[chapter]
    models = told.models()
    yield told.head
    for number, step in enumerate(told.steps, start=1):
        yield f"\n{step.text(models, number)}"
    yield f"\n{_figures(told, models, into)}"


def _figures(told: Told, models: Any, into: Path | None) -> str:
    """What became of the figures."""
    if into is None:
        return f"Figures: {told.command} --out FOLDER writes {len(told.figures)} of them."
    try:
        written = [save(models, figure, into) for figure in told.figures]
    except MissingExtraError as error:
        return f"Figures: {error}"
    return "\n".join(
        ["Figures:", *(f"  {path}  {figure.title}" for path, figure in zip(written, told.figures, strict=True))]
    )
