"""Compact letter displays: means that share a letter are not shown to be different.

Letters are inserted and absorbed (Piepho 2004, J. Comput. Graph. Stat. 13): one letter for all; for each pair that
differs, every letter that both have is made two, one without either; a letter whose means all have another one is left
out.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...fit.words import word_of
from ...numerics.linalg import Array, Codes
from ...text import format_number
from ...text.arguments import is_number
from .contrasting import contrasted
from .grids import MEANS, EmmGrid, EmmList, first_grid
from .options import AS_IS, groups_asked
from .records import MeansTable, means_table
from .summaries import summarize

LETTERS = "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SHARED = (
    "NOTE: If two or more means share the same grouping symbol,\n"
    "      then we cannot show them to be different.\n"
    "      But we also did not show them to be the same."
)


@word_of(EmmGrid, EmmList, wanted=MEANS)
def cld(
    means: EmmGrid | EmmList,
    *,
    alpha: float = 0.05,
    letters: str = LETTERS,
    sort: bool = True,
    decreasing: bool = False,
    by: str | Sequence[str] | None = AS_IS,
    adjust: str | None = None,
    level: float | None = None,
    type: str | None = None,
) -> MeansTable:
    """Marginal means with letters: two means without a common letter differ at level alpha, as emmeans' `cld`.

    means       what `emmeans` returned (of two parts, the means are taken)
    alpha       level of the pairwise comparisons, between 0 and 1; default 0.05
    letters     what letters are called, in the order of their use; default digits, then letters of the alphabet
    sort        whether means are put in order, in which letters are given out; default True
    decreasing  True: from the largest mean down; False, the default: from the smallest up
    by          variables whose values make separate tables; by default as the means have it, None for one table
    adjust      of the comparisons, for their number, as in `contrast`; None, the default: "tukey"
    level       coverage of the intervals in the table; None, the default: as the means have it
    type        "response" shows means transformed back, see `summary`; None, the default: as the means have it

    A DataFrame with the columns of the means and `.group`, that prints as emmeans prints it. Means that cannot be
    estimated have no letter. What has no letter in common differs; what has one is not shown to be the same.

    Source: Piepho (2004), J. Comput. Graph. Stat. 13. Raises ArgumentError.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temperature + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.cld(pylmer.emmeans(fit, "temperature"))
     temperature emmean   SE   df lower.CL upper.CL .group
     175           28.0 1.18 77.5     25.6     30.3  1
     185           30.0 1.18 77.5     27.6     32.3  12
     195           31.4 1.18 77.5     29.1     33.8   2
     205           32.2 1.18 77.5     29.8     34.5   2
     225           35.4 1.18 77.5     33.0     37.7    3
     215           35.8 1.18 77.5     33.5     38.2    3
    <BLANKLINE>
    Results are averaged over the levels of: recipe
    Degrees-of-freedom method: kenward-roger
    Confidence level used: 0.95
    P value adjustment: tukey method for comparing a family of 6 estimates
    significance level used: alpha = 0.05
    NOTE: If two or more means share the same grouping symbol,
          then we cannot show them to be different.
          But we also did not show them to be the same.
    """
    if not is_number(alpha) or not 0 < alpha < 1:
        raise ArgumentError(f"alpha={alpha!r}: wanted a level between 0 and 1")
    if not letters or len(set(letters)) != len(letters):
        raise ArgumentError(f"letters={letters!r}: wanted different letters, such as {LETTERS[:9]!r}")
    grid = first_grid(means)
    groups = groups_asked(grid, by)
    arranged = grid.arranged(groups)
    pairs = summarize(contrasted(arranged, "pairwise", AS_IS, adjust, {}), infer=(False, True))
    table = summarize(arranged, infer=(True, False), adjust=adjust, level=level, type=type)
    order = _order(table, arranged.groups(groups), sort, decreasing)
    differ = np.split(pairs["p.value"].to_numpy(float) < alpha, _ends(arranged.groups(groups)))
    signs = [
        sign
        for rows, different in zip(order, differ, strict=False)
        for sign in _signs(_square(different, len(rows))[np.ix_(_ranks(rows), _ranks(rows))], table, rows, letters)
    ]
    rows = np.concatenate(order)
    columns: dict[str, Any] = {str(name): table[name].to_numpy()[rows] for name in table.columns}
    columns[".group"] = pd.Series(signs, dtype=object)
    said = [text for text in pairs.notes if text.startswith("P value adjustment")]
    notes = (*table.notes, *said, f"significance level used: alpha = {format_number(alpha)}", SHARED)
    return means_table(columns, table.by, table.variables, table.label, notes)


def _ends(groups: Sequence[Codes]) -> Codes:
    """Where the pairs of each table end; R's "(nothing)" stands for those of one mean."""
    return np.cumsum([max(1, len(rows) * (len(rows) - 1) // 2) for rows in groups])[:-1]


def _order(table: MeansTable, groups: Sequence[Codes], sort: bool, decreasing: bool) -> list[Codes]:
    """Rows of each table in their order; without an estimate last."""
    if not sort:
        return list(groups)
    estimate = np.asarray(table["SE"].to_numpy(float) * 0 + table[table.label].to_numpy(float))
    return [rows[np.argsort(-estimate[rows] if decreasing else estimate[rows], kind="stable")] for rows in groups]


def _ranks(rows: Codes) -> Codes:
    """Positions of the rows within their table."""
    return np.asarray(rows - rows.min())


def _square(different: Array, m: int) -> Array:
    """Which of m means differ (m, m), from all pairs in order."""
    out = np.zeros((m, m), bool)
    if m > 1:
        i, j = np.triu_indices(m, 1)
        out[i, j] = out[j, i] = different
    return out


def _signs(differ: Array, table: pd.DataFrame, rows: Codes, letters: str) -> list[str]:
    """The letters of each mean, each letter in its own place."""
    known = ~np.isnan(table["SE"].to_numpy(float)[rows])
    shared = letter_sets(differ[np.ix_(known, known)])
    if shared.shape[1] > len(letters):
        raise ArgumentError(f"letters: {shared.shape[1]} are needed, and there are {len(letters)}")
    whole = np.zeros((len(rows), shared.shape[1]), bool)
    whole[known] = shared
    return [" " + "".join(letters[k] if has else " " for k, has in enumerate(row)) for row in whole]


def letter_sets(differ: Array) -> Array:
    """Which of m means have each letter (m, letters), from which of them differ (m, m).

    Two means have a letter in common if they do not differ, and no letter is superfluous. Letters stand in the order
    of their first means.

    >>> letter_sets(np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]], bool)).astype(int).tolist()
    [[1, 0], [1, 1], [0, 1]]
    """
    m = len(differ)
    columns = [frozenset(range(m))] if m else []
    for i, j in itertools.combinations(range(m), 2):
        if differ[i, j]:
            split = [each - {k} for each in columns if i in each and j in each for k in (i, j)]
            columns = _absorbed([each for each in columns if not (i in each and j in each)] + split)
    columns.sort(key=sorted)
    return np.array([[i in each for each in columns] for i in range(m)], bool).reshape(m, len(columns))


def _absorbed(columns: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """The columns that lie in no other one."""
    distinct = list(dict.fromkeys(columns))
    return [each for each in distinct if not any(each < other for other in distinct)]
