"""One tree of exceptions and notes.

Every error that pylmer raises on purpose is a `PylmerError`. A `FormulaError` knows the formula and the place in it,
and shows both; whatever must be said without stopping is a `FitNote`, which goes through `warnings`.
"""

from __future__ import annotations

import inspect
import sys
import warnings

INSIDE = ("pylmer", "functools", "contextlib")


class PylmerError(Exception):
    """Base of all errors that pylmer raises on purpose."""


class FormulaError(PylmerError, ValueError):
    """A formula that cannot be used; shows the formula with a caret under the place.

    Attributes: `message` (str), `formula` (str or None), `start` and `end` (character offsets into `formula`).
    """

    def __init__(self, message: str, formula: str | None = None, start: int = 0, end: int | None = None) -> None:
        self.message = message
        self.formula = formula
        self.start = start
        self.end = start + 1 if end is None else end
        super().__init__(message if formula is None else f"{message}\n{pointed(formula, self.start, self.end)}")

    def __reduce__(self) -> tuple[type[FormulaError], tuple[str, str | None, int, int]]:
        return type(self), (self.message, self.formula, self.start, self.end)


class FormulaSyntaxError(FormulaError):
    """The text is not a formula."""


class FormulaNameError(FormulaError):
    """A name in the formula is neither a column, nor in `env`, nor a known function."""


class DataError(PylmerError, ValueError):
    """The data cannot be used as the formula asks."""


class ArgumentError(PylmerError, ValueError):
    """An argument of a pylmer function is unknown, of the wrong kind or out of range."""


class NumericalError(PylmerError, ArithmeticError):
    """The arithmetic failed: a criterion that is not finite, a matrix that is not positive definite."""


class MissingExtraError(PylmerError, ImportError):
    """A feature needs an optional package; the message names the extra to install."""


class Interrupted(KeyboardInterrupt):
    """Long work was stopped by the user; `.partial` holds what is done."""

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial


class FitNote(UserWarning):
    """What must be said about a fit and is no error; goes through `warnings` and stays in `fit.notes`."""


def note(text: str | FitNote) -> None:
    """Issue a FitNote at the line from which pylmer was called, however many dispatchers a word passes through."""
    depth, frame = 1, inspect.currentframe()
    while (
        frame is not None and frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in INSIDE
    ):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(text if isinstance(text, FitNote) else FitNote(text), stacklevel=depth)


def word_asked() -> str:
    """The pylmer function that the user called, such as "predict()"; "fit.rows" if none has a public name."""
    public = frozenset(getattr(sys.modules.get("pylmer"), "__all__", ()))
    names, frame = ["fit.rows"], inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in INSIDE:
        if frame.f_code.co_name in public:
            names.append(f"{frame.f_code.co_name}()")
        frame = frame.f_back
    return names[-1]


def pointed(text: str, start: int, end: int) -> str:
    """The line of `text` that holds offset `start`, indented by two, with carets under start:end."""
    first = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    line = text[first : len(text) if stop < 0 else stop]
    width = max(1, min(end, first + len(line)) - start)
    return f"  {line}\n  {' ' * (start - first)}{'^' * width}"
