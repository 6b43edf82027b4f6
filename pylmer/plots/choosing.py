"""Which grouping factor, coefficient or levels a picture is of; what is unknown ends in an ArgumentError."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError
from ..language import known_as
from ..language.suggest import did_you_mean

LISTED = 12  # names that an error lists


def one_group(groups: Iterable[str], group: str | None, word: str) -> str:
    """The grouping factor that is meant: the one there is, or `group`."""
    names = list(groups)
    if group is None and len(names) > 1:
        raise ArgumentError(f"{word}(): there are several grouping factors, {', '.join(names)}; choose one: group=")
    return names[0] if group is None else known(names, group, f"{word}(): group")


def known(names: Iterable[str], name: Any, what: str) -> str:
    """`name`, if it is one of `names`, with or without backticks."""
    there = [str(each) for each in names]
    meant = known_as(name, there)
    if meant not in there:
        listed = ", ".join(there[:LISTED]) + (", ..." if len(there) > LISTED else "")
        hint = did_you_mean(str(name), there)
        raise ArgumentError(f"{what}={name!r}: there is {listed or 'none'}{hint}")
    return meant
