"""`save` and `load`: a fit as a file, and again."""

from __future__ import annotations

from os import PathLike
from typing import Any

from ..errors import ArgumentError
from ..text.arguments import plain
from . import files

SAVED = ("LmerFit", "GlmerFit", "LmFit", "GlmFit", "LmList")


@plain
def save(fit: Any, path: str | PathLike[str], rows: bool = False) -> None:
    """Write a fit to a file, which `load` reads in another process, on another machine, by another version.

    fit   a fit of `lmer`, `glmer`, `glmer_nb`, `lm`, `glm` or `lmList`
    path  the file, a name with .npz; "~" is the home folder, and the folder must be there. A file of that name is
          replaced, at once and when the new one is complete
    rows  False, the default: without the rows of the data; True: with them, all columns of the data frame

    Without its rows a fit predicts new data, simulates for them, tests and prints: `summary`, `anova` and `emmeans`
    with their degrees of freedom, `confint`, `VarCorr`, `ranef`, `predict(fit, newdata)`. What needs residuals, fitted
    values or another fit (`resid`, `refit`, `update`, `bootMer`; of `glmer` profiles too) raises DataError. With its
    rows a fit is what it was. Estimates and what is computed of them are the same to the last bit; tests of terms that
    a fit without rows has from sums, to rounding.

    What a file without rows tells: no row of the data is in it, and it grows with groups and columns, not with rows. Of
    each group it has the label, sums of products of its columns, its modes and their variances; of each pair of crossed
    groups that meet, sums of products; of factors their levels; what functions such as `poly` have learnt; of numeric
    predictors mean and range, and how often each combination of predictors with few values occurs. Of a group with one
    row the sums are that row, so where groups are persons, or rows are groups, they tell of them. A fit of 18 groups
    takes 8 kB, one of 10,000 with a random slope 1.2 MB.

    The file is an .npz of JSON and arrays, which numpy and nothing else can open: no pickle, no code. What the fit has
    been given that is code (functions in `env`, an optimizer of one's own) cannot be saved, and ArgumentError says so.

    >>> import pathlib, tempfile, pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pylmer.save(fit, pathlib.Path(folder) / "sleep.npz")
    ...     again = pylmer.load(pathlib.Path(folder) / "sleep.npz")
    >>> again.predict({"Days": [3.0], "Subject": ["308"]}).round(1).tolist()
    [312.7]
    """
    if type(fit).__name__ not in SAVED:
        found = type(fit).__name__
        raise ArgumentError(f"save() wants a fit of lmer(), glmer(), lm(), glm() or lmList(), found {found}")
    from .with_rows import with_rows  # late: who loads fits needs neither
    from .without_rows import without_rows

    target = files.target(path)
    files.write(with_rows(fit) if rows else without_rows(fit), target, rows)


@plain
def load(path: str | PathLike[str]) -> Any:
    """Read a fit that `save` wrote.

    path  the file; "~" is the home folder

    A fit of the class that it had. Raises DataError for a file that is none, that is cut or changed, and for one of
    another version of the format, which it names together with what can be done. Nothing in a file is ever run, and no
    other classes are made of it than those of a fit.

    >>> import pathlib, tempfile, pylmer
    >>> fit = pylmer.lm("dist ~ speed", {"speed": [4.0, 7, 8, 9, 10], "dist": [2.0, 4, 16, 10, 18]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pylmer.save(fit, pathlib.Path(folder) / "cars.npz", rows=True)
    ...     again = pylmer.load(pathlib.Path(folder) / "cars.npz")
    >>> bool((again.coef() == fit.coef()).all()), bool((again.resid() == fit.resid()).all())
    (True, True)
    """
    return files.read(files.source(path))
