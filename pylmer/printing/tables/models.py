"""modelsummary on the page, in each format."""

from __future__ import annotations

from ...errors import ArgumentError
from ...inference.tables.record import OUTPUTS, ModelSummary
from ...text import show, show_html
from ...text.arguments import is_one_of, written
from .grid import grid
from .html_table import grid_html
from .latex import grid_latex
from .markdown import grid_markdown
from .plain_text import grid_text

WRITERS = {"text": grid_text, "html": grid_html, "latex": grid_latex, "markdown": grid_markdown}


@show.register
def show_models(record: ModelSummary, output: str | None = None) -> str:
    """The table in a format; None: that asked for when it was made."""
    wanted = record.look.output if output is None else output
    if not is_one_of(wanted, WRITERS):
        raise ArgumentError(f"output={written(output)}: wanted one of {', '.join(map(repr, OUTPUTS))}")
    return WRITERS[wanted](grid(record))


@show_html.register
def html_models(record: ModelSummary) -> str:
    """The table in a notebook, whatever `str()` gives."""
    return grid_html(grid(record))
