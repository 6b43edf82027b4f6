"""Records of whole tables: their text as HTML, LaTeX and Markdown beside the printed page, and great_tables' object."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from .shown import Shown, show, writer_of


@singledispatch
def great_table(record: object) -> Any:
    """The record as great_tables' GT; registered where pages are made."""
    return writer_of(great_table, type(record))(record)


class Tabled(Shown):
    """Base of records that are whole tables: what `show` prints of them takes `output`."""

    __slots__ = ()

    def to_html(self) -> str:
        """The table as HTML, everything escaped: what notebooks show."""
        return show(self, output="html")

    def to_latex(self) -> str:
        """The table as LaTeX, everything escaped, with the rules of the package booktabs."""
        return show(self, output="latex")

    def to_markdown(self) -> str:
        """The table as Markdown, a table of bars, everything escaped."""
        return show(self, output="markdown")

    def to_gt(self) -> Any:
        """The table as a `great_tables.GT`, to be styled further and saved by its own methods.

        Raises MissingExtraError where great_tables is not installed: pip install "pylmer[tables]".
        """
        return great_table(self)
