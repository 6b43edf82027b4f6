"""anova of lm fits, and of lm beside lmer, against R (tests/data/inference/anova_lm.R)."""

from __future__ import annotations

import functools
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pylmer
from tests.printing.pages import lines, same_numbers

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "anova_lm.json"
R: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
sleep = pylmer.datasets.load("sleepstudy")
MIXED = {"M0": "Reaction ~ Days", "M1": "Reaction ~ Days + (1 | Subject)", "M2": "Reaction ~ Days * Subject"}


@functools.cache
def fitted(formula: str, data: str = "sleepstudy", weights: bool = False) -> Any:
    fit = pylmer.lmer if "|" in formula else pylmer.lm
    return fit(formula, pylmer.datasets.load(data), weights=np.resize([1, 2, 0.5], 180) if weights else None)


def same(table: Any, theirs: dict[str, Any], rtol: float) -> None:
    assert [name.replace("-2*log(L)", "deviance") for name in table.columns] == list(theirs["columns"])
    for ours, values in zip((table[name] for name in table.columns), theirs["columns"].values(), strict=True):
        np.testing.assert_allclose(ours, np.array(values, float), rtol=rtol, atol=1e-9)


@pytest.mark.parametrize("i", range(len(R["one"])))
def test_terms_in_order(i: int) -> None:
    case = R["one"][i]
    table = pylmer.anova(fitted(case["formula"], case["data"], case["weights"]))
    same(table, case, 1e-7)
    assert lines(str(table)) == lines(case["page"])
    assert "<table>" in table._repr_html_()


@pytest.mark.parametrize("i", range(len(R["several"])))
def test_models_beside_each_other(i: int) -> None:
    case = R["several"][i]
    table = pylmer.anova(*(fitted(formula) for formula in case["formulas"]))
    same(table, case, 1e-7)
    assert lines(str(table)) == lines(case["page"])


@pytest.mark.parametrize("i", range(len(R["mixed"])))
def test_an_lm_beside_a_mixed_model(i: int) -> None:
    case = R["mixed"][i]
    fits = [fitted(MIXED[name]) for name in case["names"]]
    note = "refitting" if case["refit"] else "some models fit with REML = TRUE, some not"
    with pytest.warns(pylmer.FitNote, match=note) as caught:
        table = pylmer.anova(*fits, refit=case["refit"], model_names=case["names"])
    assert caught[0].filename == __file__
    same(table, case, 1e-5)
    assert list(table.index) == case["rows"]
    theirs = [line.replace("deviance", "-2*log(L)") for line in case["page"]]  # lme4 2's name, one wider
    assert same_numbers(lines(str(table)), lines(theirs)), str(table)


def test_the_order_of_an_lm_and_a_mixed_model_does_not_matter() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        one = pylmer.anova(fitted(MIXED["M1"]), fitted(MIXED["M0"]), model_names=["M1", "M0"])
        other = pylmer.anova(fitted(MIXED["M0"]), fitted(MIXED["M1"]), model_names=["M0", "M1"])
    assert one.equals(other)


def test_a_perfect_fit() -> None:
    few = sleep[sleep["Subject"].isin(["308", "309"]) & (sleep["Days"] < 2)]
    with pytest.warns(pylmer.FitNote, match="essentially perfect fit"):
        table = pylmer.anova(pylmer.lm("Reaction ~ Days * Subject", few))
    assert table["F value"].isna().all()
    np.testing.assert_allclose(table["Sum Sq"].iloc[:3], [17.32, 1610.62, 177.06], atol=0.01)


def test_bad_input() -> None:
    one, two = fitted("Reaction ~ Days"), fitted("Reaction ~ Days * Subject")
    with pytest.raises(pylmer.ArgumentError, match="sequential, type 1"):
        pylmer.anova(one, type=3)
    assert pylmer.anova(one, type=1).equals(pylmer.anova(one))
    with pytest.raises(pylmer.ArgumentError, match="leave ddf out"):
        pylmer.anova(one, ddf="Kenward-Roger")
    with pytest.raises(pylmer.ArgumentError, match="the types of an analysis of variance are"):
        pylmer.anova(one, type=4)
    with pytest.raises(pylmer.DataError, match=r"Model 1 used 180, Model 2 100"):
        pylmer.anova(one, pylmer.lm("Reaction ~ 1", sleep.iloc[:100]))
    with pytest.raises(pylmer.DataError, match="not all fitted to the same response"):
        pylmer.anova(one, pylmer.lm("log(Reaction) ~ 1", sleep))
    with pytest.raises(pylmer.ArgumentError, match="wanted 2 names"):
        pylmer.anova(one, two, model_names=["a"])
    assert list(pylmer.anova(one, two, model_names=["a", "b"]).index) == ["a", "b"]
