"""Notes of a fit, issued as warnings."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import FitNote, note


def announce(notes: Iterable[FitNote]) -> None:
    """Issue each note as a warning that points at the user's line."""
    for each in notes:
        note(each)
