"""Plans and their sums: made in one place, summed in others, added in any order, saved, fitted."""

from __future__ import annotations

import pickle
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import ArgumentError, DataError

from .conftest import in_parts

FORMULA = "y ~ x * f + (1 + x | g) + (1 | h)"


def rows(n: int = 400, seed: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    g, h, x = draw.integers(0, 25, n), draw.integers(0, 9, n), draw.normal(size=n)
    y = 1 + 0.5 * x + draw.normal(size=25)[g] + draw.normal(size=25)[g] * x / 2 + draw.normal(size=9)[h]
    return pd.DataFrame(
        {"y": y + draw.normal(size=n), "x": x, "f": np.array([*"abc"])[draw.integers(0, 3, n)], "g": g, "h": h}
    )


def assert_same_fit(one: Any, two: Any) -> None:
    assert abs(one.optimum.value - two.optimum.value) <= 1e-8 * abs(two.optimum.value)
    np.testing.assert_allclose(one.beta, two.beta, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(one.theta, two.theta, rtol=1e-5, atol=1e-7)


def test_sums_add_in_any_order() -> None:
    data = rows()
    plan, memory = pylmer.plan(FORMULA, data[:60]), pylmer.lmer(FORMULA, data)
    parts = [plan.sums(data[:90]), plan.sums(data[90:110]), plan.sums(data[110:])]
    for order in permutations(parts):
        assert_same_fit(pylmer.lmer(plan, data=sum(order)), memory)
    whole = plan.sums(in_parts(data, 33))
    assert (whole.n, sum(parts).n) == (400, 400)
    assert_same_fit(pylmer.lmer(plan, data=whole, REML=False), pylmer.lmer(FORMULA, data, REML=False))


def test_sums_of_plans_made_by_each_site_for_itself() -> None:
    """Heads differ, and with them coordinates; the columns mean the same."""
    data = rows().assign(x=lambda d: d["x"] + 1e5, y=lambda d: d["y"] + 1e6)
    sites = [data[:150], data[150:290], data[290:]]
    pooled = sum(pylmer.plan(FORMULA, site).sums(site) for site in sites)
    with pytest.warns(pylmer.FitNote):
        fit, memory = pylmer.lmer(pylmer.plan(FORMULA, data[:50]), data=pooled), pylmer.lmer(FORMULA, data)
    assert abs(fit.optimum.value - memory.optimum.value) <= 1e-8 * abs(memory.optimum.value)
    np.testing.assert_allclose(fit.theta, memory.theta, rtol=1e-5)


def test_a_first_part_that_is_nested_and_a_second_that_is_not() -> None:
    """The order of the factors is decided when all sums are there."""
    data = rows()
    nested = data[data["h"] == data["g"] % 9]
    plan = pylmer.plan(FORMULA, data[:60])
    total = plan.sums(nested) + plan.sums(data.drop(nested.index))
    assert_same_fit(pylmer.lmer(plan, data=total), pylmer.lmer(FORMULA, data))


def test_another_process(tmp_path: Path) -> None:
    data = rows()
    plan = pylmer.plan(FORMULA, data[:60])
    (tmp_path / "plan.pickle").write_bytes(pickle.dumps(plan))
    data[200:].to_csv(tmp_path / "site.csv", index=False)
    code = (
        "import pickle, pathlib, sys; here = pathlib.Path(sys.argv[1]); "
        "plan = pickle.loads((here / 'plan.pickle').read_bytes()); "
        "plan.sums(str(here / 'site.csv')).save(here / 'site.npz')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    total = plan.sums(data[:200]) + pylmer.PlanSums.load(tmp_path / "site.npz")
    assert_same_fit(pylmer.lmer(plan, data=total), pylmer.lmer(FORMULA, data))
    assert_same_fit(pylmer.lmer(plan, data=pickle.loads(pickle.dumps(total))), pylmer.lmer(FORMULA, data))


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"formula": "y ~ x + f + (1 + x | g) + (1 | h)"}, "formulas"),
        ({"contrasts": {"f": "contr.sum"}}, "columns of X"),
        ({"contrasts": {"f": "contr.SAS"}}, "columns of X"),
        ({"weights": "w"}, "arguments"),
        ({"head": lambda d: d[d["f"] != "c"]}, "columns of X"),
    ],
)
def test_sums_that_mean_different_things(other: dict[str, Any], difference: str) -> None:
    data = rows().assign(w=1.0)
    head, formula = other.pop("head", lambda d: d)(data), other.pop("formula", FORMULA)
    one, two = pylmer.plan(FORMULA, data[:60]), pylmer.plan(formula, head, **other)
    with pytest.raises(DataError, match=f"cannot be added: {difference} "):
        one.sums(data[:60]) + two.sums(head)
    with pytest.raises(DataError, match=difference):
        pylmer.lmer(one, data=two.sums(head))


def test_other_knots_are_another_meaning() -> None:
    data = rows()
    plans = [pylmer.plan("y ~ poly(x, 2) + (1 | g)", in_parts(part, 50)) for part in (data[:200], data[200:])]
    with pytest.raises(DataError, match="what functions learnt"):
        plans[0].sums(data[:200]) + plans[1].sums(data[200:])


@pytest.mark.parametrize(
    "term", ["poly(x, 2)", "ns(x, 3)", "scale(x)", "cut(x, 3)", "bs(x, df = 4)", "ns(x, knots = c(-1, 1))"]
)
def test_what_functions_learn_from_all_rows(term: str) -> None:
    data, formula = rows(), f"y ~ {term} + (1 | g)"
    with pytest.raises(DataError, match="learns from all rows"):
        pylmer.plan(formula, data[:60])
    plan = pylmer.plan(formula, in_parts(data, 70))
    total = sum(plan.sums(data[start : start + 150]) for start in range(0, 400, 150))
    assert_same_fit(pylmer.lmer(plan, data=total), pylmer.lmer(formula, data))


@pytest.mark.parametrize(
    "term", ["poly(x, 2, raw = TRUE)", "ns(x, knots = 0, Boundary.knots = c(-5, 5))", "cut(x, c(-9, 0, 9))"]
)
def test_what_the_formula_says_itself_needs_no_table(term: str) -> None:
    data, formula = rows(), f"y ~ {term} + (1 | g)"
    plan = pylmer.plan(formula, data[:60])
    assert_same_fit(pylmer.lmer(plan, data=plan.sums(in_parts(data, 90))), pylmer.lmer(formula, data))


def test_weights_offset_subset_and_missing_values() -> None:
    data = rows().assign(w=lambda d: 1 + d["g"] % 3, o=lambda d: d["x"] / 3)
    data.loc[::17, "x"] = np.nan
    data["g"] = data["g"].astype(str)
    given = {"weights": "w", "offset": "o", "subset": "h > 1", "na_action": "exclude"}
    plan = pylmer.plan(FORMULA, data[:90], **given)
    fit, memory = pylmer.lmer(plan, data=plan.sums(in_parts(data, 90))), pylmer.lmer(FORMULA, data, **given)
    assert_same_fit(fit, memory)
    assert (fit.design.n, fit.design.n_total, fit.design.n_missing) == (
        memory.design.n,
        memory.design.n_total,
        memory.design.n_missing,
    )
    assert str(fit.call).replace("c(", "(") == str(memory.call).replace("c(", "(")


def test_columns_that_follow_from_others_are_left_out_at_the_end() -> None:
    """In the first part x and z are the same, on the whole they are not; x and v are."""
    data = rows().assign(z=lambda d: d["x"] * (np.arange(400) < 200), v=lambda d: 2 * d["x"] - 1)
    formula = "y ~ x + z + v + (1 | g)"
    plan = pylmer.plan(formula, data[:100])
    with pytest.warns(pylmer.FitNote, match="rank deficient so dropping 1 column"):
        fit, memory = pylmer.lmer(plan, data=plan.sums(in_parts(data, 100))), pylmer.lmer(formula, data)
    assert fit.design.dropped == memory.design.dropped == ("v",)
    assert_same_fit(fit, memory)


def test_levels_of_crossed_groups_are_in_order_whatever_they_are() -> None:
    data = rows().assign(h=lambda d: np.array([*"bBaAzZ_1!"])[d["h"]], g=lambda d: d["g"] * 7.5)
    formula = "y ~ x + (1 | g:h) + (0 + x | h)"
    plan = pylmer.plan(formula, data[:60])
    fit, memory = pylmer.lmer(plan, data=plan.sums(in_parts(data, 41))), pylmer.lmer(formula, data)
    for group in ("g:h", "h"):
        assert list(pylmer.ranef(fit)[group].index) == list(pylmer.ranef(memory)[group].index)
    assert_same_fit(fit, memory)
    new = data[:5]
    np.testing.assert_allclose(pylmer.predict(fit, new), pylmer.predict(memory, new), rtol=1e-6)


def test_few_rows_are_not_disclosed(tmp_path: Path) -> None:
    data = rows()
    sums = pylmer.plan("y ~ x + (1 | g)", data).sums(data)
    least = int(data["g"].value_counts().min())
    sums.save(tmp_path / "sums.npz", min_count=least)
    with pytest.raises(DataError, match=r"of 25 levels of 'g' have fewer than"):
        sums.save(tmp_path / "sums.npz", min_count=least + 1)
    with pytest.raises(DataError, match="wanted a number of rows"):
        sums.save(tmp_path / "sums.npz", min_count=0)


def test_a_file_that_holds_no_sums(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match="holds no sums"):
        pylmer.PlanSums.load(tmp_path / "x.npz")


def test_what_a_plan_refuses() -> None:
    data = rows()
    plan = pylmer.plan(FORMULA, data[:60])
    with pytest.raises(DataError, match=r"factor 'f' has the level 'new' in the data, but the plan has a, b, c"):
        plan.sums(data.assign(f="new"))
    with pytest.raises(DataError, match=r"column 'x' is text in the data, but numeric"):
        plan.sums(data.assign(x="much"))
    with pytest.raises(DataError, match=r"column 'g' is text in the data, but numeric in the rows by which"):
        plan.sums(data.assign(g="a"))
    texts = data.assign(g=data["g"].astype(str))
    with pytest.raises(DataError, match=r"grouping factor 'g' holds text in one of the sums, and numbers elsewhere"):
        plan.sums(data) + pylmer.plan(FORMULA, texts[:60]).sums(texts)
    with pytest.raises(ArgumentError, match="must be the sums"):
        pylmer.lmer(plan, data=data)
    with pytest.raises(ArgumentError, match="weights= is given to plan"):
        pylmer.lmer(plan, data=plan.sums(data), weights="x")
    fit = pylmer.lmer(plan, data=plan.sums(data))
    with pytest.raises(DataError, match=r"resid\(\) needs the rows of the data, which this fit has not"):
        fit.resid()
    with pytest.raises(DataError, match="make another plan"):
        pylmer.update(fit, ". ~ . - f")
    assert pylmer.update(fit, REML=False).optimum.value == pytest.approx(
        pylmer.lmer(FORMULA, data, REML=False).optimum.value
    )


def test_no_rows_at_all() -> None:
    data = rows()
    plan = pylmer.plan(FORMULA, data[:60])
    with pytest.raises(DataError, match="0 rows"):
        pylmer.lmer(plan, data=plan.sums(data[:0]))


@pytest.mark.parametrize("shift", ["y", "x"])
def test_numbers_far_from_zero(shift: str) -> None:
    data, formula = rows(), "y ~ x + (1 | g)"
    data[shift] += 1e7 if shift == "y" else 1e5
    plan = pylmer.plan(formula, data[:60])
    fit = pylmer.lmer(plan, data=plan.sums(in_parts(data, 90)), control=QUIET)
    memory = pylmer.lmer(formula, data, control=QUIET)
    assert abs(fit.optimum.value - memory.optimum.value) <= 1e-8 * abs(memory.optimum.value)


def test_a_sorted_table_whose_first_rows_are_alike() -> None:
    """x is constant in the first part, near 1e6; what is lost by that is found, and the sums are formed once more."""
    data = rows(5000).sort_values("x").reset_index(drop=True)
    data["x"] = np.where(np.arange(5000) < 2500, 1e6, 1e6 + data["x"])
    formula = "y ~ x + (1 | g)"
    fit, memory = (pylmer.lmer(formula, each, control=QUIET) for each in (in_parts(data, 500), data))
    assert_same_fit(fit, memory)


QUIET = pylmer.lmerControl(check_scaleX="ignore")


def test_the_rank_of_the_random_effects() -> None:
    """As many effects as rows, of lower rank: lme4's check.nobs.vs.rankZ, of Z'Z."""
    data = rows(60).assign(k=np.arange(60) // 2)
    control = pylmer.lmerControl(check_nobs_vs_rankZ="stop", check_nobs_vs_nRE="ignore")
    for formula, refused in (("y ~ 1 + (1 | k) + (0 + x | k)", True), ("y ~ 1 + (1 | k) + (1 | h)", False)):
        for given in (data, in_parts(data, 25)):
            try:
                pylmer.lmer(formula, given, control=control)
                said = False
            except DataError as error:
                said = "60 observations for random effects of rank 60" in str(error)
            assert said is refused
