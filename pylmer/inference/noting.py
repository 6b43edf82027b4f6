"""Notes that point at the user's line, however many dispatchers a word passes through."""

from __future__ import annotations

import inspect
import warnings

from ..errors import FitNote

INSIDE = ("pylmer", "functools", "contextlib")


def note(text: str) -> None:
    """Issue a FitNote at the line from which pylmer was called."""
    depth, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_back is not None and frame.f_globals["__name__"].split(".")[0] in INSIDE:
        frame, depth = frame.f_back, depth + 1
    warnings.warn(FitNote(text), stacklevel=depth)
