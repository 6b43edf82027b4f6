"""R's `abbreviate(names, minlength)`: short and still distinct names (see R's `?abbreviate`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

VOWELS = frozenset("aeiou")

_Rule: TypeAlias = Callable[[str], bool]


def abbreviate(names: Sequence[str], minlength: int = 4) -> list[str]:
    """Each name cut to `minlength` characters, longer where names would coincide.

    Lower-case vowels go first, then other lower-case letters, then the rest, always from the right; the first
    character of each word stays, and blanks go.

    >>> abbreviate(["(Intercept)", "MachineB", "MachineC"], 6)
    ['(Intr)', 'MachnB', 'MachnC']
    """
    short = {name: _shorten(name, minlength) for name in names}
    while clashing := _clashing(short):
        minlength += 1
        short |= {name: _shorten(name, minlength) for name in clashing}
    return [short[name] for name in names]


def _clashing(short: dict[str, str]) -> list[str]:
    counts = Counter(short.values())
    return [name for name, text in short.items() if counts[text] > 1 and text != name.strip()]


def _shorten(name: str, length: int) -> str:
    name = name.strip()
    if len(name) <= length:
        return name
    letters = list(name)
    for may_go in (_is_vowel, _is_lower, _is_any):
        _drop(letters, length, may_go)
    return "".join(letters).replace(" ", "")


def _drop(letters: list[str], length: int, may_go: _Rule) -> None:
    """Take letters out of `letters`, from the right, until `length` of them are left (blanks do not count)."""
    for i in range(len(letters) - 1, 0, -1):
        if len(letters) - letters.count(" ") <= length:
            return
        if may_go(letters[i]) and letters[i - 1] != " ":
            del letters[i]


def _is_vowel(letter: str) -> bool:
    return letter in VOWELS


def _is_lower(letter: str) -> bool:
    return letter.islower()


def _is_any(letter: str) -> bool:
    return letter != " "
