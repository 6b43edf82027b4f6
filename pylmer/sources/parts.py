"""Some rows of a table, and where they are."""

from __future__ import annotations

from dataclasses import dataclass

from ..functions import Columns


@dataclass(frozen=True, eq=False)
class TablePart:
    """Some rows of a table: their columns, and where they are from, for messages."""

    columns: Columns
    where: str
