"""icc, r2 and variance_ratio against performance (tests/data/inference/explained.R), the book and the definitions."""

from __future__ import annotations

import functools
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pylmer
from tests.printing.pages import lines

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "explained.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
MIXED = [i for i, case in enumerate(CASES) if not case.get("lm")]
sleep = pylmer.datasets.load("sleepstudy")
pytestmark = pytest.mark.filterwarnings("ignore:the model has random slopes:pylmer.FitNote")


@functools.cache
def fitted(i: int) -> Any:
    case = CASES[i]
    data = pylmer.datasets.load(case["data"])
    weights = np.resize([1, 2, 0.5], len(data)) if case.get("weights") else None
    if case.get("lm"):
        return pylmer.lm(case["formula"], data, weights=weights)
    return pylmer.lmer(case["formula"], data, weights=weights, REML=case.get("REML", True))


@pytest.mark.parametrize("i", MIXED)
def test_icc(i: int) -> None:
    fit, case = fitted(i), CASES[i]
    ours = pylmer.icc(fit)
    for name in ("ICC_adjusted", "ICC_unadjusted"):
        np.testing.assert_allclose(getattr(ours, name), case["icc"][name], rtol=1e-6)
    assert lines(str(ours)) == lines(case["page_icc"])
    table = pylmer.icc(fit, by_group=True)
    if case["by_group"] is None:
        assert table.empty
        return
    np.testing.assert_allclose(table["ICC"], np.atleast_1d(case["by_group"]["ICC"]), rtol=1e-6)
    assert lines(str(table)) == lines(case["page_by_group"])
    assert table._repr_html_().count("<tr>") == 1 + len(table)


@pytest.mark.parametrize("i", range(len(CASES)))
def test_r2(i: int) -> None:
    ours, theirs = pylmer.r2(fitted(i)), CASES[i]["r2"]
    np.testing.assert_allclose([getattr(ours, name) for name in theirs], list(theirs.values()), rtol=1e-6, atol=1e-12)
    assert lines(str(ours)) == lines(CASES[i]["page_r2"])


def test_every_term_counts() -> None:
    """performance 0.10.2 forgets all but the first term on a factor, and columns that are no fixed effects."""
    for formula in ("Reaction ~ Days + (Days || Subject)", "Reaction ~ Days + (factor(Days > 4) | Subject)"):
        fit = pylmer.lmer(formula, sleep)
        Z, Lambda = pylmer.getME(fit, "Z").toarray(), pylmer.getME(fit, "Lambda").toarray()
        random = fit.sigma**2 * np.sum((Z @ Lambda) ** 2) / len(Z)
        np.testing.assert_allclose(pylmer.icc(fit).ICC_adjusted, random / (random + fit.sigma**2), rtol=1e-10)


def test_the_book() -> None:
    """Gelman & Hill (2007), 12.3: 0.33^2 / 0.76^2, about five houses; 12.4 with uranium."""
    radon = pylmer.datasets.load("radon")
    row = pylmer.variance_ratio(pylmer.lmer("log_radon ~ floor + (1 | county)", radon)).iloc[0]
    assert (row["group"], row["term"]) == ("county", "(Intercept)")
    assert round(row["ratio"], 2) == 0.19
    assert round(row["n_equal"], 2) == 5.30
    row = pylmer.variance_ratio(pylmer.lmer("log_radon ~ floor + log_uranium + (1 | county)", radon)).iloc[0]
    assert round(np.sqrt(row["ratio"]), 2) == round(0.1580 / 0.7587, 2)


def test_a_zero_variance() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    with pytest.warns(pylmer.FitNote, match="the fit is singular"):
        assert pylmer.icc(fit).ICC_adjusted == 0
    with pytest.warns(pylmer.FitNote, match="the fit is singular"):
        assert pylmer.r2(fit).R2_conditional == pytest.approx(0, abs=1e-12)
    assert pylmer.variance_ratio(fit)["n_equal"].tolist() == [np.inf]


def test_notes_say_which_formula() -> None:
    with pytest.warns(pylmer.FitNote, match="Johnson 2014") as caught:
        pylmer.icc(fitted(0))
    assert caught[0].filename == __file__
    with pytest.warns(pylmer.FitNote, match="do not add up to the ICC"):
        pylmer.icc(fitted(0), by_group=True)


def test_bad_input() -> None:
    for word in (pylmer.icc, pylmer.variance_ratio):
        with pytest.raises(pylmer.ArgumentError, match=r"wants a fit of lmer\(\).*, found LmFit"):
            word(fitted(len(CASES) - 1))
    with pytest.raises(pylmer.ArgumentError, match="it takes fit, by_group"):
        pylmer.icc(fitted(0), group=True)
    with pytest.raises(pylmer.ArgumentError, match="by_group='Subject'"):
        pylmer.icc(fitted(0), by_group="Subject")
