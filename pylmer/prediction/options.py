"""What a prediction is asked to give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import ArgumentError
from ..text.arguments import check_level
from .intervals import INTERVALS, UNCERTAINTIES


@dataclass(frozen=True)
class PredictionOptions:
    """The arguments of `predict` that say what is computed."""

    random_only: bool
    se_fit: bool
    interval: str | None
    level: float
    uncertainty: str

    @property
    def means(self) -> bool:
        """Whether means alone are wanted."""
        return not self.se_fit and self.interval is None

    @property
    def new_response(self) -> bool:
        """Whether the interval is that of a new response."""
        return self.interval == "prediction"

    def check(self, newparams: Any, held: bool) -> None:
        """Raise ArgumentError for what cannot be asked; `held`: theta was not estimated."""
        one_of("interval", self.interval, (None, *INTERVALS))
        one_of("uncertainty", self.uncertainty, UNCERTAINTIES)
        check_level(self.level)
        if self.random_only and self.interval == "prediction":
            raise ArgumentError("random_only=True has no prediction interval: a response needs the fixed part too")
        if held and self.uncertainty == "theta":
            raise ArgumentError("theta of this fit is held, not estimated: uncertainty='effects' takes it for true")
        if newparams is not None and not self.means and self.uncertainty != "none":
            raise ArgumentError(
                "newparams are given, not estimated: they have no standard errors; uncertainty='none' gives the "
                "prediction interval of a response from these parameters"
            )


def one_of(name: str, given: Any, known: tuple[Any, ...]) -> None:
    """Raise ArgumentError if an argument is none of the words that it may be."""
    if not any(given is each or (isinstance(given, str) and given == each) for each in known):
        raise ArgumentError(f"{name}={given!r}: wanted one of {', '.join(map(repr, known))}")
