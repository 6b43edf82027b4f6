"""Records that print themselves, though what prints them lies in a higher layer.

A record derives from `Shown` and holds numbers only. `printing` registers its text with `show.register(Record)`
and its HTML with `show_html.register(Record)`; `str(record)`, `repr(record)` and notebooks then use them.
"""

from __future__ import annotations

import html
from functools import singledispatch
from typing import Any


@singledispatch
def show(record: object, **options: Any) -> str:
    """The text of a record; options as of the function registered for its type."""
    return object.__repr__(record)


@singledispatch
def show_html(record: object) -> str:
    """The HTML of a record: its text, unless something better is registered."""
    return f"<pre>{html.escape(show(record))}</pre>"


class Printed:
    """Mixin of what `show` prints: also for pandas' classes, whose own `to_string` stays."""

    __slots__ = ()

    def __str__(self) -> str:
        return show(self)

    def __repr__(self) -> str:
        return show(self)

    def _repr_html_(self) -> str:
        return show_html(self)


class Shown(Printed):
    """Base of records that `show` can print."""

    __slots__ = ()

    def to_string(self, **options: Any) -> str:
        """The record's text, with options: `VarCorr(fit).to_string(comp=["Variance"], digits=3)`."""
        return show(self, **options)
