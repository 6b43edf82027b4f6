"""The tables: every word is pylmer's, every argument that is passed on is one of the word's."""

from __future__ import annotations

import inspect

import pytest

import pylmer
from pylmer.language.nodes import Argument, Number
from pylmer.porting.port import table, words
from pylmer.porting.rows import DOTS, Row, match
from pylmer.porting.written import NotPortedError

WORDS = sorted(
    {(name, row) for name, rows in table().items() for row in rows if row.word in words()},
    key=lambda pair: (pair[0], pair[1].on),
)
# arguments that a word has for some kinds of fits, beyond its signature
OF_OTHER_KINDS = """
type weights offset use_hessian use_u na_action family level adjust by infer null side delta bias_adjust sigma df nsim
zeta boot_type exclude include ref reverse scale joint regrid contr at cov_reduce cov_keep lmer_df nesting simple edf
method REML seed random_only cond_sim newparams nAGQ df wts
"""


@pytest.mark.parametrize(("name", "row"), WORDS, ids=[f"{name} {row.on}" for name, row in WORDS])
def test_a_word_takes_what_its_row_passes_on(name: str, row: Row) -> None:
    word = pylmer.lmer if row.word == "update" else getattr(pylmer, str(row.code))  # update passes on what lmer takes
    parameters = inspect.signature(word).parameters
    passed = [f for f in row.arguments[row.positional :] if not f.mark.startswith(("-", "!")) and f.name != DOTS]
    unknown = {f.keyword for f in passed if f.keyword not in parameters} - set(OF_OTHER_KINDS.split())
    assert not unknown


def test_matching_is_r_s() -> None:
    row = Row("f", "object nsim seed ... digits")
    one = Number(1.0)
    by_name = match(row, "f", [Argument(one, "seed"), Argument(one), Argument(one)])
    assert set(by_name.given) == {"seed", "object", "nsim"}
    assert set(match(row, "f", [Argument(one, "ns")]).given) == {"nsim"}  # the beginning of a name
    behind = match(row, "f", [Argument(one, "dig")])  # behind ... a name must be whole
    assert (dict(behind.given), len(behind.dots)) == ({}, 1)
    with pytest.raises(NotPortedError, match="more arguments"):
        match(Row("g", "x"), "g", [Argument(one), Argument(one)])
