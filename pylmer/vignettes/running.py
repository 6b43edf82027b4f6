"""The code of a vignette, run in the order of the text: its output compared, its pictures saved."""

from __future__ import annotations

import doctest
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import DataError, FitNote, MissingExtraError

_FENCE = re.compile(r"^```.*$", re.MULTILINE)
_PICTURE = re.compile(r"^!\[[^\]]*\]\(([\w-]+\.png)\)$", re.MULTILINE)
_FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
_KEEP = "_keep_picture"  # what saves a picture, among the names that the code sees
_DOTS = 110  # per inch


@dataclass(frozen=True)
class Ran:
    """What running a text gave.

    pictures  the files written
    tried     examples run;  failed  those with another output than the text has
    report    what they gave, "" if none failed
    """

    pictures: tuple[Path, ...]
    tried: int
    failed: int
    report: str


def run(name: str, source: str, out: Path) -> Ran:
    """Run the examples of a Markdown text, one after the other in one space of names.

    name    for the report
    source  the text: fenced code with prompts; a line that is a picture, `![caption](file.png)`, stands for the figure
            drawn last, which is saved under that name
    out     the folder for pictures
    """
    test = _doctest(name, source)
    written = [out / found for found in _PICTURE.findall(source)]
    if written:
        _pyplot()
    test.globs[_KEEP] = partial(_save, folder=_folder(out))
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        tried = _quietly(partial(doctest.DocTestRunner(optionflags=_FLAGS, verbose=False).run, test, out=said.append))
    return Ran(tuple(written), len(test.examples) - len(written), tried.failed, "".join(said))


def _doctest(name: str, source: str) -> doctest.DocTest:
    """The examples, and after those that draw one that saves; line numbers are those of the text."""
    parts = doctest.DocTestParser().parse(_FENCE.sub("", source), name)
    examples = [example for part in parts for example in _examples(part)]
    return doctest.DocTest(examples, {}, name, f"{name}.md", 0, source)


def _examples(part: str | doctest.Example) -> Iterator[doctest.Example]:
    if isinstance(part, doctest.Example):
        yield part
    else:
        yield from (doctest.Example(f"{_KEEP}({name!r})\n", "") for name in _PICTURE.findall(part))


def _quietly(work: Callable[[], Any]) -> Any:
    """Do it, and put away the figures that it leaves; those that were there before stay."""
    try:
        plt = _pyplot()
    except MissingExtraError:
        return work()
    before = {*plt.get_fignums()}
    try:
        with plt.rc_context(), plt.ioff():
            return work()
    finally:
        for number in {*plt.get_fignums()} - before:
            plt.close(number)


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise MissingExtraError('pictures need matplotlib: pip install "pylmer[plot]"') from None
    return plt


def _save(name: str, folder: Path) -> None:
    figure = _pyplot().gcf()
    figure.savefig(folder / name, dpi=_DOTS)
    _pyplot().close(figure)


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a null byte
        raise DataError(f"{out}: wanted a folder for the pictures: {error}") from error
    return out
