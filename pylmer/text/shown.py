"""Records that print themselves, though what prints them lies in a higher layer.

A record derives from `Shown` and holds numbers only. `printing` registers its text with `show.register(Record)`,
and notebooks show the same page, its tables as HTML, unless `show_html.register(Record)` knows a better one.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import singledispatch
from importlib import import_module
from typing import Any

from ..errors import ArgumentError
from .arguments import check_call, check_digits, check_plain, is_flag, may_be_none, written

PAGES = "pylmer.printing.registrations"  # what teaches all records, loaded when one is first shown


@singledispatch
def show(record: object, **options: Any) -> str:
    """The text of a record; options as of the function registered for its type."""
    writer = writer_of(show, type(record))
    return object.__repr__(record) if writer is show.registry[object] else writer(record, **options)


@singledispatch
def show_html(record: object) -> str:
    """The HTML of a record; of what no page is known its text."""
    writer = writer_of(show_html, type(record))
    return f"<pre>{html.escape(str(record))}</pre>" if writer is show_html.registry[object] else writer(record)


def writer_of(generic: Any, kind: type) -> Callable[..., str]:
    """What writes records of a kind, all pages loaded."""
    import_module(PAGES)
    writer: Callable[..., str] = generic.dispatch(kind)
    return writer


class InNotebooks:
    """Mixin of what notebooks show as HTML: by `show_html`, which `printing` teaches its kind."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return show_html(self)


class Printed(InNotebooks):
    """Mixin of what `show` prints: also for pandas' classes, whose own `to_string` stays."""

    __slots__ = ()

    def __str__(self) -> str:
        return show(self)

    def __repr__(self) -> str:
        return show(self)


class Copied:
    """Mixin of pandas' classes whose copies are records too, though what is computed from them is an ordinary table.

    pandas makes shallow copies on its way to other tables; those stay ordinary.
    """

    __slots__ = ()

    def copy(self, deep: bool | None = True) -> Any:
        """A copy, of the same kind unless it is shallow; also what `copy` and `deepcopy` give.

        deep  True, the default: with numbers of its own; False: an ordinary table of the same numbers; None: as pandas
        """
        if deep is not None and not is_flag(deep):
            raise ArgumentError(f"deep={written(deep)}: copy() wants True, False or None")
        copied = super().copy(deep=deep)  # type: ignore[misc]
        return type(self)(copied).__finalize__(self) if deep else copied  # type: ignore[attr-defined, call-arg]

    def __copy__(self) -> Any:
        return self.copy()


class Shown(Printed):
    """Base of records that `show` can print."""

    __slots__ = ()

    def to_string(self, **options: Any) -> str:
        """The record's text, with options: `VarCorr(fit).to_string(comp=["Variance"], digits=3)`.

        options  of the record, as R's print has them: digits, the significant digits; of VarCorr comp, of a summary
                 correlation, signif_stars, ranef_comp and show_resids, of marginal means those of `summary`

        Raises ArgumentError for options that the record does not have, and lists those it has.
        """
        writer = writer_of(show, type(self))
        check_plain("to_string", writer, (self,), options)
        check_call("to_string", writer, (self,), options)
        if "digits" in options and not (options["digits"] is None and may_be_none(writer, "digits")):
            check_digits(options["digits"], lowest=1)
        return show(self, **options)
