"""A table of models as great_tables' GT, an extra."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pandas as pd

from ...errors import MissingExtraError
from ...inference.tables.record import ModelSummary
from ...text.tabled import great_table
from .grid import ModelGrid, grid
from .html_table import escaped, minus

HEADINGS = {"fixed": "Fixed effects", "ran_pars": "Random effects", "fit": "Fit"}


@great_table.register
def great_models(record: ModelSummary) -> Any:
    """Sections are row groups, responses stand over the models' names."""
    try:
        import great_tables as gt  # late: an extra
    except ImportError:
        raise MissingExtraError('to_gt() needs great_tables: pip install "pylmer[tables]"') from None
    made = grid(record)
    columns = [f"model{k}" for k in range(len(made.names))]
    frame = pd.DataFrame(_rows(made), columns=["section", "label", *columns])
    table = gt.GT(frame, rowname_col="label", groupname_col="section").cols_align("center", columns)
    table = table.cols_label(dict(zip(columns, made.names, strict=True)))
    for k, (label, places) in enumerate(_spans(made)):
        table = table.tab_spanner(label, [columns[place] for place in places], id=f"response{k}")
    if made.title:
        table = table.tab_header(title=gt.html(escaped(made.title)))
    for note in made.notes:
        table = table.tab_source_note(gt.html(escaped(note)))  # as HTML: its texts are Markdown
    return table


def _rows(made: ModelGrid) -> Iterator[list[str]]:
    for section in made.sections:
        for line in section.lines:
            texts = [minus(cell.text, "\N{MINUS SIGN}") + cell.marks for cell in line.cells]
            yield [HEADINGS[section.part], line.label, *texts]


def _spans(made: ModelGrid) -> Iterator[tuple[str, list[int]]]:
    """Responses with the models beside each other that have them; none where these are the names."""
    if made.responses != made.names:
        for label, places in groupby(range(len(made.names)), key=lambda place: made.responses[place]):
            yield label, list(places)
