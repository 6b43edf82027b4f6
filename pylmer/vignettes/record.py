"""A vignette as a record: its text for a terminal and for a notebook."""

from __future__ import annotations

import base64
import difflib
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import ArgumentError, PylmerError
from ..text.arguments import given_path, written
from .notebooks import OPTION, PICTURE, notebook
from .running import Ran, run

_FOLDER = Path(__file__).parent
CONTENTS = {
    "Begin": ("getting-started", "walk-through", "partial-pooling"),
    "From elsewhere": ("coming-from-R", "differences", "coming-from-statsmodels-and-pymer4"),
    "Models": ("formulas", "convergence", "glmer", "data-larger-than-memory"),
    "Answers": ("tests-and-degrees-of-freedom", "marginal-means", "prediction-intervals", "power"),
    "Inside": ("how-it-works", "speed"),
}


@dataclass(frozen=True)
class Vignette:
    """A text with code; prints as text, and notebooks show it.

    name    as `vignette` takes it
    source  the Markdown as it lies in the package, a doctest
    folder  where its pictures are, if it has been run; else None
    """

    name: str
    source: str
    folder: Path | None = None

    @property
    def title(self) -> str:
        """The first heading."""
        return self.source.partition("\n")[0].lstrip("# ")

    @property
    def text(self) -> str:
        """The Markdown for readers: without what only the doctest needs."""
        return OPTION.sub("", self.source.replace("<BLANKLINE>", ""))

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of its pictures."""
        return tuple(name for _, name in PICTURE.findall(self.source))

    def to_notebook(self) -> str:
        """The same as a Jupyter notebook (JSON): the outputs are those of the text, pictures those of its run."""
        return notebook(self.source, self.folder)

    def run(self, out: str | Path) -> Ran:
        """Run the code in the order of the text, and save its pictures.

        out  the folder for the pictures, made if it is not there

        Raises MissingExtraError where the pictures cannot be drawn.
        """
        return run(self.name, self.source, given_path(out, "out"))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return PICTURE.sub(partial(_shown, folder=self.folder), self.text)


def _shown(picture: re.Match[str], folder: Path | None) -> str:
    """The picture itself, if it has been made; its caption otherwise."""
    caption, name = picture.groups()
    if folder is None:
        return f"*{caption}*"
    return f"![{caption}](data:image/png;base64,{base64.b64encode((folder / name).read_bytes()).decode()})"


def names() -> list[str]:
    """The names that `vignette` takes, in the order in which they are best read.

    >>> names()[0]
    'getting-started'
    """
    return [name for group in CONTENTS.values() for name in group]


def vignette(name: str | None = None, out: str | Path | None = None) -> Vignette:
    """A vignette, a text about a subject with code that runs, as R packages ship them.

    name  one of those that `vignette()` lists, such as "getting-started"; None, the default: the list
    out   a folder: the code is run now, and its pictures and a notebook are written there; None, the default: nothing
          is run

    A `Vignette`, which prints as text; a notebook shows it as a page, with its pictures if there is an `out`. The
    same text is on the command line: `pylmer vignette getting-started`.
    Raises ArgumentError for an unknown name, MissingExtraError for pictures without matplotlib, PylmerError if the code
    gives other output than the text says.

    >>> vignette("power").title
    'Power by simulation'
    """
    if name is None:
        if out is not None:
            raise ArgumentError(f"out={written(out)}: wanted with the name of a vignette, which is then run")
        return Vignette("", _listed())
    read = Vignette(name, _path(name).read_text(encoding="utf-8"))
    if out is None:
        return read
    ran = read.run(out)
    if ran.failed:
        raise PylmerError(f"vignette {name!r}: {ran.failed} of {ran.tried} examples gave something else\n{ran.report}")
    made = Vignette(read.name, read.source, given_path(out, "out"))
    (given_path(out, "out") / f"{name}.ipynb").write_text(made.to_notebook(), encoding="utf-8")
    return made


def _listed() -> str:
    """All titles by group, as Markdown."""
    width = max(map(len, names()))
    groups = ["\n".join([f"{group}\n", *(_line(name, width) for name in CONTENTS[group])]) for group in CONTENTS]
    return "\n\n".join(["# Vignettes: pylmer vignette NAME", *groups])


def _line(name: str, width: int) -> str:
    return f"    {name:<{width}}  {vignette(name).title}"


def _path(name: object) -> Path:
    if not isinstance(name, str) or name not in names():
        near = difflib.get_close_matches(str(name), names(), n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ArgumentError(f"no vignette {name!r}: {hint}there are {', '.join(names())}")
    return _FOLDER / f"{name}.md"
