"""The figures of the chapter, drawn by `plots` and written as PNG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import plots
from ..errors import DataError
from .chapter import EIGHT

DPI = 150


@dataclass(frozen=True)
class Figure:
    """File name without ending, title, and what draws it: Axes, or several of one figure."""

    name: str
    title: str
    draw: Callable[[Any], Any]


FIGURES = (
    Figure("figure-12-1", "county means +- s.e. by sample size, M0", lambda c: plots.plot_intercepts(c.M0)),
    Figure(
        "figure-12-2",
        "data and lines of eight counties: complete and no pooling",
        lambda c: plots.plot_lines(c.M1, levels=EIGHT, estimates=("complete", "no")),
    ),
    Figure("criterion", "the REML criterion over theta, M1", lambda c: plots.plot_criterion(c.M1)),
    Figure("figure-12-3", "county intercepts +- s.e. by sample size, M1", lambda c: plots.plot_intercepts(c.M1)),
    Figure("figure-12-4", "eight counties with the multilevel lines", lambda c: plots.plot_lines(c.M1, levels=EIGHT)),
    Figure("shrinkage", "from no pooling to the multilevel estimates, M1", lambda c: plots.plot_shrinkage(c.M1)),
    Figure(
        "figure-12-5",
        "eight counties, uranium as a predictor",
        lambda c: plots.plot_lines(c.M2, "floor", levels=EIGHT),
    ),
    Figure(
        "figure-12-6",
        "county intercepts +- s.e. against uranium",
        lambda c: plots.plot_group_predictor(c.M2, "log_uranium"),
    ),
)


def folder(path: Path) -> Path:
    """The folder, made if need be; DataError if it is none or cannot be written to."""
    probe = path / ".pylmer-tour"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DataError(f"--out {path}: cannot write there ({error.strerror or error}); name another folder") from error
    return path


def save(chapter: Any, figure: Figure, into: Path) -> Path:
    """Draw one figure and write it; MissingExtraError without matplotlib."""
    pyplot = plots.canvas.pyplot()
    drawn = np.ravel(np.asarray(figure.draw(chapter), dtype=object))[0].figure
    path = into / f"{figure.name}.png"
    try:
        drawn.savefig(path, dpi=DPI)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        pyplot.close(drawn)
    return path
