"""What R draws (tests/data/plots/pictures.R), the fits that it draws, and how to read what was drawn here."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import pylmer

FILE = Path(__file__).resolve().parents[1] / "data" / "plots" / "pictures.json"
EIGHT = ["LAC QUI PARLE", "AITKIN", "KOOCHICHING", "DOUGLAS", "CLAY", "STEARNS", "RAMSEY", "ST LOUIS"]
R: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


@functools.cache
def fit(formula: str, data: str) -> pylmer.LmerFit:
    return pylmer.lmer(formula, pylmer.datasets.load(data))


def sleep() -> pylmer.LmerFit:
    return fit("Reaction ~ Days + (Days | Subject)", "sleepstudy")


def dyestuff() -> pylmer.LmerFit:
    return fit("Yield ~ 1 + (1 | Batch)", "Dyestuff")


def radon() -> pylmer.LmerFit:
    return fit("log_radon ~ floor + (1 | county)", "radon")


def pastes() -> pylmer.LmerFit:
    return fit("strength ~ 1 + (1 | batch) + (1 | sample)", "Pastes")


def uranium() -> pylmer.LmerFit:
    return fit("log_radon ~ floor + log_uranium + (1 | county)", "radon")


@functools.cache
def profile() -> pylmer.LikelihoodProfile:
    return pylmer.profile(sleep())


def points(ax: Axes) -> np.ndarray:
    """The points that are drawn first: (n, 2)."""
    line = next(line for line in ax.lines if line.get_marker() == "o")
    return np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float)


def bars(ax: Axes) -> np.ndarray:
    """The ends of error bars across: (n, 2, 2)."""
    [bars] = [bars for bars in ax.containers if getattr(bars, "has_xerr", False)]
    return np.array(bars[2][0].get_segments())


def ends(ax: Axes) -> np.ndarray:
    """The ends of upright error bars: (n, 2, 2)."""
    [bars] = [bars for bars in ax.containers if getattr(bars, "has_yerr", False)]
    return np.array(bars[2][0].get_segments())


def close(ours: Any, theirs: Any, rtol: float = 1e-6) -> None:
    theirs = np.asarray(theirs, float)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=rtol * np.abs(theirs).max())
