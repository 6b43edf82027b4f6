"""A vignette as a Jupyter notebook (nbformat 4): its text in cells of Markdown, its examples in cells of code."""

from __future__ import annotations

import base64
import doctest
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^```pycon\n(.*?)^```$\n?", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"^!\[([^\]]*)\]\(([\w-]+\.png)\)$", re.MULTILINE)
OPTION = re.compile(r" *# doctest: \+\w+(, *\+\w+)*$", re.MULTILINE)
_KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def notebook(source: str, folder: Path | None = None) -> str:
    """The notebook of a Markdown text, as JSON; the outputs are those of the text.

    source  the text, a doctest
    folder  where its pictures are: they become outputs of the code that draws them; None: their captions alone stay
    """
    cells = [*_cells(source, folder)]
    numbered = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)]
    made = {"cells": numbered, "metadata": _KERNEL, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _cells(source: str, folder: Path | None) -> Iterator[dict[str, Any]]:
    at, drawn = 0, _Code([], [])
    for fence in _FENCE.finditer(source):
        yield from _told(source[at : fence.start()], drawn, folder)
        *shown, drawn = _codes(fence[1])
        yield from (code.cell(None) for code in shown)
        at = fence.end()
    yield from _told(source[at:], drawn, folder)


def _told(text: str, drawn: _Code, folder: Path | None) -> Iterator[dict[str, Any]]:
    """The code before a text, with the first picture of the text, then the text."""
    picture = PICTURE.search(text)
    if drawn.lines:
        yield drawn.cell(None if picture is None or folder is None else folder / picture[2])
    told = PICTURE.sub(r"*\1*", text).strip()
    if told:
        yield {"cell_type": "markdown", "metadata": {}, "source": _lines(told)}


class _Code:
    """Examples up to the first with an output: what one cell can show."""

    def __init__(self, lines: list[str], wanted: list[str]) -> None:
        self.lines, self.wanted = lines, wanted

    def cell(self, picture: Path | None) -> dict[str, Any]:
        outputs = [self._output("".join(self.wanted))] if self.wanted else []
        outputs += [] if picture is None else [_drawn(picture)]
        source = _lines("\n".join(self.lines))
        return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": outputs, "source": source}

    def _output(self, text: str) -> dict[str, Any]:
        if self.lines[-1].startswith("print("):
            return {"name": "stdout", "output_type": "stream", "text": _lines(text)}
        data = {"text/plain": _lines(text.rstrip("\n"))}
        return {"data": data, "execution_count": None, "metadata": {}, "output_type": "execute_result"}


def _codes(fence: str) -> list[_Code]:
    """The examples of a fence, a cell for each that shows something."""
    found = [_Code([], [])]
    for example in doctest.DocTestParser().get_examples(fence):
        if found[-1].wanted:
            found.append(_Code([], []))
        found[-1].lines.append(OPTION.sub("", example.source.rstrip("\n")))
        if example.want:
            found[-1].wanted.append(example.want.replace("<BLANKLINE>\n", "\n"))
    return found


def _drawn(picture: Path) -> dict[str, Any]:
    png = base64.b64encode(picture.read_bytes()).decode()
    return {"data": {"image/png": png}, "metadata": {}, "output_type": "display_data"}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
