"""Tables made from R's own numbers equal R's page character by character (tests/data/printing/pages.R)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pylmer.extract import Coef, CondVar, Covariance, Ranef, TermStructure, VarCorrs
from pylmer.printing import coefficients

from .pages import PAGES

LONG = [i for i, page in enumerate(PAGES) if "ranef" in page["numbers"]]
TESTED = [i for i, page in enumerate(PAGES) if "correlation" in page]


def frame(table: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(np.array(table["x"], float), index=table["rows"], columns=table["cols"])


def frames(tables: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return {name: frame(table) for name, table in tables.items()}


def varcorr(page: dict[str, Any]) -> VarCorrs:
    entries = {name: Covariance(each) for name, each in frames(page["numbers"]["varcor"]).items()}
    return VarCorrs(entries, page["numbers"]["sc"], {name: TermStructure() for name in entries})


def padded(lines: list[str]) -> list[str]:
    """lme4 2.1 has one empty column more than 1.1-31 where there are correlations."""
    return [f"{line} " for line in lines] if "Corr" in lines[0] else lines


@pytest.mark.parametrize("i", range(len(PAGES)))
def test_VarCorr(i: int) -> None:
    assert str(varcorr(PAGES[i])).split("\n") == padded(PAGES[i]["VarCorr"])
    both = varcorr(PAGES[i]).to_string(comp=["Variance", "Std.Dev."])
    assert both.split("\n") == padded(PAGES[i]["both"])


@pytest.mark.parametrize("i", LONG)
def test_ranef(i: int) -> None:
    modes = frames(PAGES[i]["numbers"]["ranef"])
    some = CondVar({name: np.zeros((len(each), each.shape[1], each.shape[1])) for name, each in modes.items()})
    assert str(Ranef(modes, some)).split("\n") == PAGES[i]["ranef"]


@pytest.mark.parametrize("i", LONG)
def test_coef(i: int) -> None:
    assert str(Coef(frames(PAGES[i]["numbers"]["coef"]))).split("\n") == PAGES[i]["coef"]


@pytest.mark.parametrize("i", range(len(PAGES)))
def test_fixed_effects(i: int) -> None:
    table = frame(PAGES[i]["numbers"]["coefficients"])
    for kind, digits in (("summary", 4), ("digits6", 6)):
        page = PAGES[i][kind]
        start = page.index("Fixed effects:") + 1
        assert coefficients.fixed_table(table, digits).split("\n") == page[start : start + len(table) + 1]


@pytest.mark.parametrize("i", TESTED)
def test_correlations(i: int) -> None:
    page = PAGES[i]["correlation"]
    ours = coefficients.correlation_table(frame(PAGES[i]["numbers"]["vcov"])).split("\n")
    start = page.index("Correlation of Fixed Effects:") + 1
    assert ours == page[start : start + len(ours)]
