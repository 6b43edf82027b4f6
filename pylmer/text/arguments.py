"""What is given to a word, checked at its entrance: flags and texts by their annotations, and the names of arguments.

Numbers are checked by the words, which know their range.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..errors import ArgumentError, PylmerError

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])
LONGEST = 60  # characters of a value that a message shows


def is_flag(value: object) -> bool:
    """Whether this is True or False."""
    return isinstance(value, bool | np.bool_)


def is_number(value: object) -> bool:
    """Whether this is a number, real and no flag; whole ones beyond 2^63 are none that arithmetic knows."""
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return False
    return isinstance(value, int | float | np.integer | np.floating) and not is_flag(value)


def is_text(value: object) -> bool:
    """Whether this is a text."""
    return isinstance(value, str)


def are_texts(value: object) -> bool:
    """Whether this is a text or several; what can be read only once is not looked into."""
    if isinstance(value, str | Iterator):
        return True
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes | bytearray | memoryview):
        return False
    return getattr(value, "ndim", 1) == 1 and all(isinstance(each, str) for each in value)


KINDS: dict[Any, tuple[Callable[[object], bool], str]] = {  # annotation -> the check, and what is wanted
    "bool": (is_flag, "True or False"),
    "str": (is_text, "a text"),
    "str | Sequence[str]": (are_texts, "a text, or several in a list"),
    "Sequence[str]": (are_texts, "texts in a list"),
}
NONE = {"bool": "True, False"}


def plain(function: F) -> F:
    """A word whose flags and texts are checked, and whose unknown arguments end in an ArgumentError."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        check_plain(function.__name__, function, args, kwargs)
        try:
            return function(*args, **kwargs)
        except TypeError:
            check_call(function.__name__, function, args, kwargs)
            raise

    return called  # type: ignore[return-value]


@functools.cache
def plain_arguments(function: Callable[..., Any]) -> dict[str, tuple[int, bool, Callable[[object], bool], str]]:
    """The arguments with a kind: name -> place, whether it may be None, the check, and what is wanted."""
    out = {}
    for place, each in enumerate(inspect.signature(function).parameters.values()):
        kind, none, _ = str(each.annotation).partition(" | None")
        if kind in KINDS and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            check, wanted = KINDS[kind]
            at = sys.maxsize if each.kind is each.KEYWORD_ONLY else place
            out[each.name] = (at, bool(none), check, f"{NONE.get(kind, wanted)} or None" if none else wanted)
    return out


def check_plain(name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise ArgumentError for a flag that is neither True nor False, and for a word that is no text."""
    for argument, (place, none, check, wanted) in plain_arguments(function).items():
        if argument in kwargs or place < len(args):
            given = kwargs[argument] if argument in kwargs else args[place]
            if not (check(given) or (none and given is None)):
                raise ArgumentError(f"{argument}={written(given)}: {name}() wants {wanted}")


def may_be_none(function: Callable[..., Any], argument: str) -> bool:
    """Whether an argument may be left None."""
    return "None" in str(inspect.signature(function).parameters[argument].annotation)


def check_call(name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise ArgumentError if `function` cannot be called with these arguments."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as misfit:
        called = name if name.endswith(")") else f"{name}()"
        raise ArgumentError(f"{called}: {misfit}; it takes {', '.join(signature.parameters)}") from None


def written(value: object) -> str:
    """What was given, for a message: as Python writes it if that is short, else its kind."""
    text = repr(value)
    return text if len(text) <= LONGEST and "\n" not in text else f"<{type(value).__name__}>"


def is_one_of(value: object, known: Iterable[str]) -> bool:
    """Whether this is one of the texts that are known: whatever is no text is none of them."""
    return isinstance(value, str) and value in known


def under_either_name(**given: bool | None) -> bool | None:
    """A flag that has two names, None where neither was given; ArgumentError where they differ."""
    said = {name: bool(value) for name, value in given.items() if value is not None}
    if len(set(said.values())) > 1:
        shown = ", ".join(f"{name}={value}" for name, value in said.items())
        raise ArgumentError(f"{shown}: two names of one argument; give one of them")
    return next(iter(said.values()), None)


def check_level(level: Any, name: str = "level") -> float:
    """The level, if it lies in (0, 1)."""
    if not is_number(level) or not 0 < level < 1:
        raise ArgumentError(f"{name}={level!r}: a level lies between 0 and 1")
    return float(level)


def check_digits(digits: Any, lowest: int = 0) -> int:
    """Digits as R takes them, a whole number up to 22; ArgumentError for anything else."""
    if not is_number(digits) or digits not in range(lowest, 23):
        raise ArgumentError(f"digits={written(digits)}: wanted a whole number from {lowest} to 22")
    return int(digits)


def call_given(function: Callable[..., Any], what: str, *args: Any) -> Any:
    """What the user's function gives; ArgumentError, with its own error as the cause, where it fails."""
    try:
        return function(*args)
    except PylmerError:
        raise
    except Exception as error:
        raise ArgumentError(f"{what} failed: {type(error).__name__}: {error}") from error


def given_path(path: Any, argument: str = "path") -> Path:
    """The path of a file; ArgumentError for anything else."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ArgumentError(f"{argument}={written(path)}: wanted the name of a file")
    if "\0" in str(path):
        raise ArgumentError(f"{argument}={written(path)}: no name of a file has a null character in it")
    return Path(path)
