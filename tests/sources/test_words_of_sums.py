"""Words that test terms and average cells need no rows: of a table too large to be read again, and of pooled sums.

In memory the same words go through the rows; they must agree to 1e-8 of what they say.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.design.predictors import NOTHING, predictors_of
from pylmer.errors import DataError, FitNote
from pylmer.functions import read_columns
from pylmer.sources import tables

from .conftest import in_parts

FORMULAS = {
    "empty cell": "y ~ f * h + x + z + (1 + x | g)",
    "no intercept": "y ~ 0 + f + x:f + poly(z, 2) + (1 | g)",
    "within": "y ~ h + f:h + offset(z / 100) + (1 | g)",
    "slopes alone": "y ~ 0 + f:x + h + (1 | g)",
    "made factors": "y ~ factor(w > 1) + I(x^2) + x + (x > 3) + (1 | g)",
}
WORDS: dict[str, Callable[[Any], Any]] = {
    "type I": lambda fit: pylmer.anova(fit, type=1),
    "type II": lambda fit: pylmer.anova(fit, type=2),
    "type III": lambda fit: pylmer.anova(fit, type=3),
    "Anova": lambda fit: pylmer.Anova(fit, type=3),
    "show_tests": lambda fit: pd.concat(pylmer.show_tests(fit)),
    "drop1": pylmer.drop1,
    "drop1 of two": lambda fit: pylmer.drop1(fit, scope=list(fit.design.fixed_terms.labels[:2])),
    "ls_means": pylmer.ls_means,
    "ref_grid": lambda fit: str(pylmer.ref_grid(fit)),
    "proportional": lambda fit: str(pylmer.emmeans(fit, "x", weights="proportional")) if _has(fit, "x") else "",
    "emtrends": lambda fit: str(pylmer.emtrends(fit, "x", var="x")) if _has(fit, "x") else "",
    "joint_tests": lambda fit: str(pylmer.joint_tests(fit)),
    "explained": lambda fit: pd.Series([pylmer.r2(fit).R2_marginal, pylmer.icc(fit).ICC_adjusted]),
}


def _has(fit: Any, name: str) -> bool:
    return name in fit.design.spec.columns and f"{name} " in str(fit.formula).partition("~")[2]


def frame() -> pd.DataFrame:
    """1,000 rows or so; c:v is empty, and x has a row without a value."""
    draw, n = np.random.default_rng(3), 1200
    data = pd.DataFrame(
        {
            "g": draw.integers(0, 40, n),
            "f": draw.choice(list("abc"), n),
            "h": draw.choice(["u", "v"], n),
            "x": draw.normal(size=n) + 3,
            "z": draw.normal(size=n) * 100,
            "w": draw.uniform(0.5, 2, n),
        }
    )
    data["y"] = data["x"] + (data["f"] == "b") + draw.normal(size=40)[data["g"]] + draw.normal(size=n)
    data.loc[11, "x"] = np.nan
    return data[~((data["f"] == "c") & (data["h"] == "v"))].reset_index(drop=True)


DATA = frame()
FITS: dict[tuple[str, bool], tuple[Any, Any, Any]] = {}


def fits(name: str, weighted: bool) -> tuple[Any, Any, Any]:
    """In memory, in parts, and of the sums of two sites."""
    if (name, weighted) not in FITS:
        formula, given = FORMULAS[name], {"weights": "w"} if weighted else {}
        source = in_parts(DATA, 300)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitNote)
            plan = pylmer.plan(formula, source, **given)
            total = plan.sums(DATA[:400]) + plan.sums(DATA[400:])
            FITS[name, weighted] = (
                pylmer.lmer(formula, DATA, **given),
                pylmer.lmer(formula, source, **given),
                pylmer.lmer(plan, data=total),
            )
    return FITS[name, weighted]


# of weighted rows r2 and icc need the mean of z'Sigma z without weights, which sums have not
CASES = [(name, weighted, word) for name in FORMULAS for weighted in (False, True) for word in WORDS
         if not (weighted and word == "explained")]  # fmt: skip


@pytest.mark.parametrize(("name", "weighted", "word"), CASES)
def test_no_rows_are_needed(name: str, weighted: bool, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, parts, pooled = fits(name, weighted)
    monkeypatch.setattr(tables, "MOST_BYTES", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        expected = WORDS[word](memory)
        for fit in (parts, pooled):
            same(WORDS[word](fit), expected)


def same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, str):
        assert ours == theirs
        return
    assert list(ours.index) == list(theirs.index)
    ours, theirs = (pd.DataFrame(each).select_dtypes("number").to_numpy(float) for each in (ours, theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)  # of estimates at two optima, 1e-8 of a criterion


def test_contrasts_that_are_too_few_need_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of C(f, contr.poly, 1) X has less than the levels of f have: what all levels would say is not in its sums."""
    formula, source = "y ~ C(f, contr.poly, 1) + x + (1 | g)", in_parts(DATA, 300)
    memory, parts = pylmer.lmer(formula, DATA), pylmer.lmer(formula, source)
    same(pylmer.anova(parts, type=3), pylmer.anova(memory, type=3))
    again = pylmer.lmer(formula, source)
    monkeypatch.setattr(tables, "MOST_BYTES", 1000)
    with pytest.raises(DataError, match=r"anova\(\) needs all rows of .* write_augmented"):
        pylmer.anova(again, type=3)


def test_sums_that_know_less_need_rows() -> None:
    """An engine that counts no predictors, and of weighted rows sums no X'X without weights."""
    for given, sought in (({}, pylmer.ref_grid), ({"weights": "w"}, lambda fit: pylmer.anova(fit, type=1))):
        plan = pylmer.plan("y ~ x + f + (1 | g)", DATA, **given)
        total = plan.sums(DATA)
        columns = replace(total.facts.columns, products=None)
        less = replace(total, facts=replace(total.facts, columns=columns, predictors=NOTHING))
        assert sought(pylmer.lmer(plan, data=total)) is not None
        with pytest.raises(DataError, match="needs the rows"):
            sought(pylmer.lmer(plan, data=less))


def test_other_reductions_need_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, parts, pooled = fits("empty cell", False)
    assert str(pylmer.ref_grid(parts, cov_reduce=np.median)) == str(pylmer.ref_grid(memory, cov_reduce=np.median))
    with pytest.raises(DataError, match="needs the rows"):
        pylmer.ref_grid(pooled, cov_reduce=np.median)
    monkeypatch.setattr(tables, "MOST_BYTES", 1000)
    with pytest.raises(DataError, match="write_augmented"):
        pylmer.ref_grid(parts, cov_reduce=np.median)


# --- what predictors were --------------------------------------------------------------------------------------------


def known(data: pd.DataFrame, wide: set[str] | None = None) -> Any:
    read = read_columns(data)
    return predictors_of({name: read[name] for name in data}, len(data), set() if wide is None else wide)


def combinations(found: Any) -> dict[tuple[Any, ...], int]:
    rows = zip(*(found.labels[name].tolist() for name in sorted(found.labels)), strict=True)
    return dict(zip(rows, found.counts.tolist(), strict=True))


def test_facts_of_parts_add_up_to_those_of_all_rows() -> None:
    data = DATA[["f", "h", "x", "z"]].dropna().assign(k=np.arange(len(DATA) - 1) % 3)
    whole, wide = known(data), set[str]()
    pieces = [known(data[start : start + 100], wide) for start in range(0, len(data), 100)]
    total = pieces[0]
    for piece in pieces[1:]:
        total = total + piece
    assert combinations(total) == combinations(whole) == data.groupby(["f", "h", "k"]).size().to_dict()
    for name in ("x", "z", "k"):
        assert total.numbers[name].mean == pytest.approx(data[name].mean(), rel=1e-12)
        assert (total.numbers[name].low, total.numbers[name].high) == (data[name].min(), data[name].max())


def test_a_number_that_gets_many_values_is_no_category_any_more() -> None:
    few = known(pd.DataFrame({"f": ["a", "b"] * 50, "x": [1.0, 2.0] * 50}))
    assert sorted(few.labels) == ["f", "x"]
    more = known(pd.DataFrame({"f": ["a", "b"] * 50, "x": np.arange(100.0)}))
    assert combinations(few + more) == combinations(more + few) == {("a",): 100, ("b",): 100}
    half = [known(pd.DataFrame({"x": start + np.arange(20.0)})) for start in (0.0, 20.0)]
    assert (len(half[0].labels["x"]), (half[0] + half[1]).labels) == (20, {})


def test_rare_combinations_are_not_told_to_others(tmp_path: Path) -> None:
    """Of combinations with fewer rows than `min_count` the file says nothing; the fit is the same."""
    formula = "y ~ f + h + (1 | g)"
    plan = pylmer.plan(formula, DATA)
    sums = plan.sums(pd.concat([DATA, DATA[DATA["h"] == "u"][:1].assign(f="c", h="v", g=1)]))
    assert 1 in sums.facts.predictors.counts
    sums.save(tmp_path / "all.npz")
    sums.save(tmp_path / "told.npz", min_count=5)
    whole, told = (pylmer.PlanSums.load(tmp_path / name) for name in ("all.npz", "told.npz"))
    assert combinations(whole.facts.predictors) == combinations(sums.facts.predictors)
    assert told.facts.predictors.counts is None
    fits_of = [pylmer.lmer(plan, data=each) for each in (whole, told)]
    assert fits_of[0].optimum.value == fits_of[1].optimum.value
    assert str(pylmer.anova(fits_of[0])) == str(pylmer.anova(fits_of[1]))
    assert "emmean" in str(pylmer.emmeans(fits_of[0], "f"))
    with pytest.raises(DataError, match="needs the rows"):
        pylmer.emmeans(fits_of[1], "f")


# --- a table that is gone --------------------------------------------------------------------------------------------

AGAIN: dict[str, Callable[[Any], Any]] = {
    "update": lambda fit: pylmer.update(fit, ". ~ . - x"),
    "drop1": lambda fit: pylmer.drop1(fit, test="Chisq"),
    "refit": lambda fit: pylmer.refit(fit, np.zeros(10)),
    "anova of two": lambda fit: pylmer.anova(fit, pylmer.update(fit, ". ~ . - x")),
    "fitted": pylmer.fitted,
}


@pytest.mark.parametrize("word", AGAIN)
def test_a_table_that_is_gone_is_an_error(word: str, parquet: Any) -> None:
    pattern = parquet(DATA, rows=600)
    fit = pylmer.lmer("y ~ f + x + (1 | g)", pattern, REML=False)
    for path in Path(pattern).parent.glob("*.parquet"):
        path.unlink()
    with pytest.raises(DataError, match="is gone"):
        AGAIN[word](fit)
    assert "f" in str(pylmer.anova(fit))
