"""power, powerCurve, extend, makeLmer: p-values against lmerTest, pbkrtest and lme4 on the same responses
(tests/data/simulation/power.R), power against the noncentral t, and what simr prints."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import pylmer
from pylmer import extend, makeLmer, power, powerCurve
from pylmer.power_analysis import Power, PowerCurve
from pylmer.power_analysis.effect_tests import make_test
from pylmer.power_analysis.words import _variable
from pylmer.printing.power import elapsed, size_text

from .test_simulate import fit

R: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "simulation" / "power.json").read_text(encoding="utf-8")
)
CLOSE = 5e-6  # relative, of p-values: R's optimizer knows theta to six digits


@functools.cache
def study(name: str) -> pylmer.LmerFit:
    if name == "slopes":
        return extend(fit("slopes"), along="Subject", n=20)
    return pylmer.lmer("angle ~ recipe + temp + (1 | replicate)", pylmer.datasets.load("cake"))


@pytest.mark.parametrize("method", ["z", "sa", "kr", "lr"])
@pytest.mark.parametrize(("name", "effect"), [("slopes", "Days"), ("terms", "recipe")])
def test_p_values_are_those_of_R(name: str, effect: str, method: str) -> None:
    Y = np.array(R[name]["Y"]).T
    found = make_test(study(name), effect, method).apply(Y)
    np.testing.assert_allclose(found.p_values, [each[method] for each in R[name]["p"]], rtol=CLOSE)
    assert not found.errors


@pytest.mark.parametrize(("null", "name"), [("~ . - Days", "slopes"), ("~ . - recipe", "terms")])
def test_a_smaller_model_is_compared_by_likelihood(null: str, name: str) -> None:
    Y = np.array(R[name]["Y"]).T
    test = make_test(study(name), null, "sa")
    np.testing.assert_allclose(test.apply(Y).p_values, [each["lr"] for each in R[name]["p"]], rtol=CLOSE)
    assert (test.effect, test.title) == ("model comparison", "Likelihood ratio")


def test_a_random_term_is_compared_too() -> None:
    sleep = pylmer.datasets.load("sleepstudy")
    null = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep)
    y = sleep.Reaction.to_numpy()[:, None]
    table = pylmer.anova(pylmer.refitML(fit("slopes")), pylmer.refitML(null))
    found = make_test(fit("slopes"), "~ Days + (1 | Subject)", "sa").apply(y)
    assert found.p_values[0] == pytest.approx(table["Pr(>Chisq)"].iloc[1], rel=1e-6)


def test_a_function_of_the_fit() -> None:
    def upper(one: Any) -> float:
        return float(stats.norm.sf(one.beta[1] / pylmer.se_fixef(one)["Days"]))

    found = power(study("slopes"), upper, nsim=20, seed=1, newparams={"beta": {"Days": 4}})
    wald = power(study("slopes"), "Days", nsim=20, seed=1, newparams={"beta": {"Days": 4}}, method="z")
    np.testing.assert_allclose(2 * np.minimum(found.p_values, 1 - found.p_values), wald.p_values, rtol=1e-8)
    assert (found.test, found.effect_size) == ("upper", {})


def test_the_only_random_effect_is_tested_by_a_function() -> None:
    study = extend(pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff")), along="Batch", n=30)
    found = power(study, lambda one: pylmer.exactRLRT(one, nsim=500, seed=1).p_value, nsim=5, seed=1)
    assert found.x == 5  # theta = 0.85 in 30 batches of 5 is seen with near certainty


def between(effect: float) -> pylmer.LmerFit:
    """20 groups of 5 rows, half of them treated: group means have variance sigma_alpha^2 + sigma^2 / 5 = 4.2."""
    plan = pd.DataFrame({"g": np.repeat(np.arange(20), 5), "treated": np.repeat([0.0, 1.0], 50)})
    return makeLmer("y ~ treated + (1 | g)", plan, fixef=[0, effect], VarCorr=4, sigma=1, seed=1)


def test_power_is_that_of_the_noncentral_t() -> None:
    """With balanced groups Satterthwaite's test is the t test of the 20 group means, exactly."""
    found = power(between(2.5), "treated", nsim=400, seed=2)
    law = stats.nct(18, 2.5 / np.sqrt(4.2 * 2 / 10))
    t = stats.t(18).ppf(0.975)
    exact = law.sf(t) + law.cdf(-t)
    assert abs(found.power - exact) < 4 * np.sqrt(exact * (1 - exact) / 400)
    lower, upper = found.interval
    assert lower < found.power < upper


def test_p_values_are_uniform_without_an_effect() -> None:
    found = power(between(0.0), "treated", nsim=300, seed=3)
    assert stats.kstest(found.p_values, "uniform").pvalue > 1e-3


def test_seeds_and_tallies() -> None:
    one, two = (power(study("slopes"), nsim=8, seed=4, method="z") for _ in range(2))
    np.testing.assert_array_equal(one.p_values, two.p_values)
    assert one.x == np.sum(one.p_values < 0.05)
    row = one.as_frame().iloc[0]
    assert (row.successes, row.trials, row["mean"]) == (one.x, 8, one.power)


def test_interrupted_work_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def stop(one: Any) -> float:
        calls.append(one)
        if len(calls) > 120:
            raise KeyboardInterrupt
        return 0.01

    with pytest.raises(pylmer.errors.Interrupted, match="stopped after 100 of 300") as caught:
        power(fit("slopes"), stop, nsim=300, seed=1)
    assert isinstance(caught.value.partial, Power)
    assert (caught.value.partial.x, caught.value.partial.n) == (100, 100)


def test_an_interrupted_curve_is_kept() -> None:
    def stop(one: Any) -> float:
        if pylmer.ngrps(one)["Subject"] == 5:
            raise KeyboardInterrupt
        return 0.01

    with pytest.raises(pylmer.errors.Interrupted, match="stopped at size 5") as caught:
        powerCurve(fit("slopes"), stop, "Subject", [4, 5], nsim=2, seed=1)
    partial = caught.value.partial
    assert isinstance(partial, PowerCurve)
    assert list(partial) == ["4"]


def test_what_cannot_be_tested_counts_as_no_rejection() -> None:
    def fails(one: Any) -> float:
        if one.rows.y[0] > 250:
            raise pylmer.NumericalError("too large")
        return 0.001

    found = power(fit("slopes"), fails, nsim=40, seed=5)
    assert 0 < len(found.errors) < 40
    assert found.x == 40 - len(found.errors)
    assert set(found.errors.values()) == {"too large"}
    assert np.flatnonzero(np.isnan(found.p_values)).tolist() == sorted(found.errors)


PAGE = """\
Power for predictor 'Days', (95% confidence interval):
       0.00% ( 0.00, 30.85)

Test: z-test
      Effect size for Days is -0.42

Based on 10 simulations, (2 warnings, 1 errors)
alpha = 0.05, nrow = 3191

Time elapsed: 0 h 0 m 7 s

nb: result might be an observed power calculation"""


def result(x: int, n: int, observed: bool = False) -> Power:
    p = np.full(n, 0.5)
    size = {"Days": -0.42}
    return Power(x, n, 0.05, 0.95, p, "predictor 'Days'", "z-test", size, 2, {3: "no"}, 3191, 7.2, observed)


def test_printed_as_simr_prints() -> None:
    """Layout and figures of print(powerSim(...)) in simr's issues 257 and 275."""
    assert str(result(0, 10, observed=True)) == PAGE
    assert str(result(5, 5)).splitlines()[1] == "      100.0% (47.82, 100.0)"
    assert str(result(9, 10)).splitlines()[1] == "      90.00% (55.50, 99.75)"
    assert [size_text(x) for x in (0.013, -0.1, 0.29, 5, 10.467, 250)] == ["0.013", "-0.10", "0.29", "5.0", "10", "250"]
    assert elapsed(3723.9) == "Time elapsed: 1 h 2 m 3 s"


def responses(of: pylmer.LmerFit, **options: Any) -> np.ndarray:
    """What power() draws (n, nsim)."""
    seen: list[np.ndarray] = []

    def keeps(one: Any) -> float:
        seen.append(np.array(one.rows.y))
        return 0.5

    power(of, keeps, nsim=3, seed=6, **options)
    return np.column_stack(seen)


def test_all_new_parameters_are_the_truth() -> None:
    """Draws less X beta are sigma (Z T u + e): three times sigma makes them three times as large."""
    of, beta = study("slopes"), np.array([10.0, 2.0])
    given = {"beta": beta, "theta": [1.2, 0.1, 0.3]}
    mean = (of.rows.X @ beta)[:, None]
    small, large = (responses(of, newparams=given | {"sigma": sigma}) for sigma in (2.0, 6.0))
    np.testing.assert_allclose(large - mean, 3 * (small - mean), rtol=1e-6, atol=1e-6)
    assert 1 < np.std(small - mean) < 12  # sigma^2 (1 + T T' of days 0 to 9), not the fit's 25
    same = responses(extend(fit("slopes"), along="Subject", n=20, newparams=given | {"sigma": 6.0}))
    np.testing.assert_allclose(same, large, rtol=1e-9)


def test_a_curve_has_the_new_parameters() -> None:
    """Without random effects and nearly without noise every data set shows the effect; with much of it, none does."""
    for sigma, seen in ((0.1, 1.0), (1e6, 0.0)):
        given = {"theta": [0, 0, 0], "beta": {"Days": 1}, "sigma": sigma}
        options: dict[str, Any] = {"nsim": 6, "seed": 1, "method": "z", "newparams": given, "alpha": 1e-4}
        curve = powerCurve(fit("slopes"), "Days", "Subject", [5, 7], **options)
        assert [each.power for each in curve.values()] == [seen, seen]
        assert all(each.effect_size == {"Days": 1} for each in curve.values())


def of_counts(x: int, n: int) -> str:
    """Share and limits of Clopper & Pearson, quantiles of beta distributions, in percent and five characters."""
    limits = (
        stats.beta.ppf(0.025, x, n - x + 1) if x else 0.0,
        stats.beta.ppf(0.975, x + 1, n - x) if x < n else 1.0,
    )
    share, lower, upper = (f"{100 * p:5.2f}" if p < 1 else "100.0" for p in (x / n, *limits))
    return f"{share}% ({lower}, {upper})"


def test_a_page_of_power() -> None:
    """From the p-values that a function gives: counts, share and limits on the page are theirs."""
    given = iter([0.01, 0.04999, 0.05, 0.2, 0.9, 0.03, 0.5, np.nan])

    def test(one: Any) -> float:
        p = next(given)
        if np.isnan(p):
            raise pylmer.NumericalError("no")
        return float(p)

    found = power(fit("slopes"), test, nsim=8, seed=1)
    page = str(found).split("\n")
    assert page[0].startswith("Power for ")
    assert page[0].endswith(", (95% confidence interval):")
    assert page[1:3] == [f"      {of_counts(3, 8)}", ""]
    assert page[3:5] == ["Test: test", ""]
    assert page[5:7] == ["Based on 8 simulations, (0 warnings, 1 errors)", "alpha = 0.05, nrow = 180"]
    assert page[8].startswith("Time elapsed: 0 h 0 m ")
    real = power(fit("slopes"), "Days", nsim=4, seed=1, method="z")
    assert "      Effect size for Days is 10" in str(real).split("\n")
    assert str(real).endswith("\nnb: result might be an observed power calculation")
    hoped = power(fit("slopes"), "Days", nsim=4, seed=1, method="z", newparams={"beta": {"Days": -0.42}})
    assert "      Effect size for Days is -0.42" in str(hoped).split("\n")
    assert "observed power" not in str(hoped)


def curve_lines(curve: PowerCurve, labels: list[str], rows: list[int]) -> list[str]:
    counts = [int(np.sum(each.p_values < each.alpha)) for each in curve.values()]
    sizes = [len(each.p_values) for each in curve.values()]
    shares = [of_counts(x, n) for x, n in zip(counts, sizes, strict=True)]
    return [f"{label:>7}: {share} - {n} rows" for label, share, n in zip(labels, shares, rows, strict=True)]


def test_curves() -> None:
    curve = powerCurve(fit("slopes"), "Days", "Subject", [5, 25], nsim=6, seed=1, method="z")
    assert [each.nrow for each in curve.values()] == [50, 250]
    assert list(curve.as_frame().columns) == ["nrow", "nlevels", "successes", "trials", "mean", "lower", "upper"]
    lines = str(curve).splitlines()
    assert lines[:2] == ["Power for predictor 'Days', (95% confidence interval),", "by number of levels in Subject:"]
    assert lines[2:5] == [*curve_lines(curve, ["5", "25"], [50, 250]), ""]
    table = curve.as_frame()
    assert table["successes"].tolist() == [int(np.sum(each.p_values < 0.05)) for each in curve.values()]
    assert (table["nlevels"].tolist(), table["trials"].tolist()) == ([5, 25], [6, 6])
    days = powerCurve(fit("slopes"), breaks=[4, 12], nsim=2, seed=1, method="z")
    wanted = ["by largest value of Days:", *curve_lines(days, ["3", "11"], [4 * 18, 12 * 18])]
    assert str(days).splitlines()[1:4] == wanted
    assert list(days.labels.values()) == ["3", "11"]
    rows = powerCurve(fit("slopes"), "Days", within="Subject", breaks=[12], nsim=2, seed=1, method="z")
    assert str(rows).splitlines()[1:3] == [
        "by number of observations within Subject:",
        *curve_lines(rows, ["12"], [216]),
    ]
    assert rows["12"].nrow == 216
    assert list(powerCurve(fit("slopes"), nsim=1, seed=1, method="z")) == [str(k) for k in range(3, 11)]
    ten = powerCurve(fit("slopes"), "Days", "Subject", nsim=1, seed=1, method="z")
    assert list(ten) == ["3", "5", "6", "8", "10", "11", "13", "15", "16", "18"]  # round(3 + 15 k / 9)
    assert [each.nrow for each in ten.values()] == [10 * int(size) for size in ten]


def test_a_picture_of_a_curve() -> None:
    pytest.importorskip("matplotlib")
    curve = powerCurve(fit("slopes"), "Days", "Subject", [4, 9], nsim=6, seed=1, method="z")
    ax = pylmer.plot(curve)
    (line,) = [each for each in ax.get_lines() if len(each.get_xdata()) == 2 and each.get_marker() == "o"]
    np.testing.assert_allclose(line.get_xydata(), [[4, curve["4"].power], [9, curve["9"].power]])
    (bars,) = ax.containers[0][2]
    limits = [segment[:, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(limits, [curve["4"].interval, curve["9"].interval], atol=1e-12)
    [dashed] = [each for each in ax.get_lines() if each.get_linestyle() == "--"]
    assert list(dashed.get_ydata()) == [0.8, 0.8]
    assert list(dashed.get_xdata()) == [0, 1]  # from side to side, in the axes' own units
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("number of levels in Subject", "power for predictor 'Days'")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["4", "9"]
    assert pylmer.plot(curve, ax) is ax


# --- extend ----------------------------------------------------------------------------------------------------------


def test_extend_repeats_slices() -> None:
    larger = extend(fit("slopes"), along="Subject", n=40)
    assert (pylmer.nobs(larger), pylmer.ngrps(larger)["Subject"]) == (400, 40)
    labels = larger.design.random[0].labels()
    assert "308" in labels
    assert "Subject40" in labels
    frame = larger.request.data
    np.testing.assert_array_equal(frame.Days[:180], frame.Days[180:360])
    assert larger.beta.tolist() == fit("slopes").beta.tolist()
    np.testing.assert_allclose(larger.theta, fit("slopes").theta, rtol=1e-12)
    smaller = extend(fit("slopes"), along="Subject", n=5)
    assert smaller.design.random[0].labels() == fit("slopes").design.random[0].labels()[:5]


def test_standard_errors_are_those_of_the_larger_design() -> None:
    of = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    larger = extend(of, along="Batch", n=15)
    variance = float(pylmer.VarCorr(of)["Batch"].iloc[0, 0])
    expected = np.sqrt((variance + of.sigma**2 / 5) / 15)
    assert pylmer.se_fixef(larger)["(Intercept)"] == pytest.approx(expected, rel=1e-12)
    rows = extend(of, within="Batch", n=20)
    expected = np.sqrt((variance + of.sigma**2 / 20) / 6)
    assert pylmer.se_fixef(rows)["(Intercept)"] == pytest.approx(expected, rel=1e-12)


def test_predictors_go_on_with_their_steps_or_take_values() -> None:
    larger = extend(fit("slopes"), along="Days", n=13)
    assert sorted(larger.request.data.Days.unique()) == list(range(13))
    chosen = extend(fit("slopes"), along="Days", values=[0, 1, 2, 4, 8])
    assert sorted(chosen.request.data.Days.unique()) == [0, 1, 2, 4, 8]
    assert set(chosen.rows.X[:, 1]) == {0, 1, 2, 4, 8}


def test_coding_stays_that_of_the_fit() -> None:
    of = pylmer.lmer("Reaction ~ scale(Days) + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    larger = extend(of, along="Days", n=20)
    assert larger.rows.X[:, 1].max() == pytest.approx((19 - 4.5) / np.std(np.tile(np.arange(10), 18), ddof=1))
    mean = pylmer.simulate(larger, use_u=False, cond_sim=False, newparams={"theta": [0]})
    expected = pylmer.predict(of, larger.request.data, re_form="NA")
    np.testing.assert_allclose(mean.sim_1, expected, rtol=1e-12)


def test_groups_inside_the_extended_one_are_new_in_its_copies() -> None:
    pastes = pylmer.datasets.load("Pastes")
    of = pylmer.lmer("strength ~ 1 + (1 | sample) + (1 | batch)", pastes)
    larger = extend(of, along="batch", n=20)
    assert pylmer.ngrps(larger).to_dict() == {"sample": 60, "batch": 20}
    explicit = extend(pylmer.lmer("strength ~ 1 + (1 | batch/cask)", pastes), along="batch", n=20)
    assert pylmer.ngrps(explicit).to_dict() == {"cask:batch": 60, "batch": 20}
    crossed = extend(fit("crossed"), along="sample", n=60)
    assert pylmer.ngrps(crossed).to_dict() == {"plate": 24, "sample": 60}
    assert crossed.theta.tolist() == fit("crossed").theta.tolist()


def test_weights_offsets_and_left_out_rows_go_with_their_rows() -> None:
    weighted = extend(fit("weighted"), along="Subject", n=20)
    np.testing.assert_allclose(weighted.rows.weights, 1 + weighted.request.data.Days)
    sleep = pylmer.datasets.load("sleepstudy")
    w, shift = 1.0 + sleep.Days, 2.0 * sleep.Days
    arrays = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep, weights=w, offset=shift, subset=sleep.Days > 0)
    larger = extend(arrays, along="Subject", n=20)
    np.testing.assert_allclose(larger.rows.weights, 1 + larger.request.data.Days)
    np.testing.assert_allclose(larger.rows.offset, 2 * larger.request.data.Days)
    null = pylmer.update(larger, ". ~ . - Days")
    assert pylmer.nobs(null) == 180
    shifted = extend(fit("offset"), along="Days", n=12)
    np.testing.assert_allclose(shifted.rows.offset, 3 * shifted.request.data.Days)
    assert pylmer.nobs(extend(fit("left out"), along="Subject", n=18)) == 178
    assert np.isfinite(pylmer.simulate(extend(fit("padded"), along="Subject", n=36)).to_numpy()).all()


def test_numbered_groups_go_on_counting() -> None:
    plan = PLAN.assign(g=PLAN.g.map({"a": 3, "b": 4, "c": 8, "d": 9, "e": 11, "f": 20}))
    made = makeLmer("y ~ x + (1 | g)", plan, fixef=[2, 1], VarCorr=1, sigma=1)
    assert extend(made, "g", n=8).design.random[0].labels() == ["3", "4", "8", "9", "11", "20", "21", "22"]
    named = extend(made, "g", values=["u", "v"])
    assert named.design.random[0].labels() == ["u", "v"]


@pytest.mark.parametrize("kind", ["polars", "dict"])
def test_other_data_frames(kind: str) -> None:
    sleep = pylmer.datasets.load("sleepstudy")
    columns = {name: sleep[name].to_numpy() for name in sleep.columns}
    data = columns if kind == "dict" else pytest.importorskip("polars").DataFrame(columns)
    larger = extend(pylmer.lmer("Reaction ~ Days + (1 | Subject)", data), along="Subject", n=30)
    assert pylmer.nobs(larger) == 300
    assert power(larger, nsim=3, seed=1, method="lr").n == 3


def test_a_categorical_factor_keeps_its_levels() -> None:
    cake = study("terms")
    fewer = extend(cake, along="replicate", n=7)
    assert pylmer.nobs(fewer) == 7 * 18
    more = extend(cake, along="replicate", n=20)
    assert pylmer.ngrps(more)["replicate"] == 20
    assert more.design.X_names == cake.design.X_names
    assert power(cake, nsim=2, seed=1, method="lr").effect == "predictor 'recipe'"


# --- makeLmer --------------------------------------------------------------------------------------------------------

PLAN = pd.DataFrame([(x, g) for g in "abcdef" for x in range(1, 11)], columns=["x", "g"])


def test_made_models_have_the_parameters_they_were_given() -> None:
    V = np.array([[0.5, 0.05], [0.05, 0.1]])
    made = makeLmer("y ~ x + (x | g)", PLAN, fixef={"x": -0.1, "(Intercept)": 2}, VarCorr=V, sigma=1.5, seed=1)
    assert made.beta.tolist() == [2, -0.1]
    assert made.sigma == 1.5
    np.testing.assert_allclose(pylmer.VarCorr(made)["g"], V, rtol=1e-12)
    assert "y" in made.request.data
    again = makeLmer("y ~ x + (x | g)", PLAN, fixef=[2, -0.1], VarCorr={"g": V}, sigma=1.5, seed=1)
    np.testing.assert_array_equal(made.rows.y, again.rows.y)
    refit = pylmer.lmer("y ~ x + (x | g)", made.request.data)
    np.testing.assert_allclose(refit.rows.y, made.rows.y)
    assert power(made, nsim=5, seed=1).n == 5


def test_several_terms() -> None:
    plan = PLAN.assign(h=np.tile(list("uvwxy"), 12))
    made = makeLmer("y ~ 1 + (1 | g) + (0 + x | g) + (1 | h)", plan, fixef=[0], VarCorr=[4, 0, 9], sigma=2)
    assert {name: float(V.iloc[0, 0]) for name, V in pylmer.VarCorr(made).items()} == {"g": 4, "g.1": 0, "h": 9}
    named = {"h": 9, "g": 4, "g.1": 0}
    same = makeLmer("y ~ 1 + (1 | g) + (0 + x | g) + (1 | h)", plan, fixef=[0], VarCorr=named, sigma=2)
    np.testing.assert_allclose(same.theta, made.theta)


# --- mistakes --------------------------------------------------------------------------------------------------------

GROUPS = np.repeat([1, 2, 3, 4], 3)
ARRAYS = {"y": 3.0 * GROUPS + np.random.default_rng(1).normal(size=12), "g": GROUPS}


def holes() -> pylmer.LmerFit:
    data = pd.DataFrame(ARRAYS).assign(site=[None, *["a"] * 5, *["b"] * 6])
    return pylmer.lmer("y ~ 1 + (1 | g)", data)


MISTAKES: list[tuple[Callable[[], Any], str]] = [
    (lambda: power(fit("slopes"), "Dayz"), "no effect 'Dayz' to test; did you mean 'Days'"),
    (lambda: power(fit("crossed")), "no fixed effect but the intercept"),
    (lambda: power(fit("slopes"), nsim=0), "nsim must be a whole number from 1, found 0"),
    (lambda: power(fit("slopes"), nsim=2.5), "nsim must be a whole number from 1"),
    (lambda: power(fit("slopes"), alpha=5), "alpha=5: a significance level lies between 0 and 1"),
    (lambda: power(fit("slopes"), level=95), "level=95"),
    (lambda: power(fit("slopes"), method="wald"), "method='wald': wanted one of 'sa', 't', 'kr', 'z', 'lr'"),
    (lambda: power(pylmer.refitML(fit("slopes")), method="kr"), "Kenward-Roger needs a REML fit"),
    (lambda: power(fit("slopes"), "~ . + I(Days^2)"), "the comparison wants fewer"),
    (lambda: power(fit("slopes"), "~ Days"), "has no random term; for a test of the only one give a function"),
    (lambda: power(fit("slopes"), lambda one: 3.0, nsim=2), "a p-value between 0 and 1, found 3.0"),
    (lambda: power(fit("slopes"), lambda one: "no", nsim=2), "must return a p-value"),
    (lambda: power(fit("slopes"), newparams={"beta": {"Dayz": 1}}), "did you mean 'Days'"),
    (lambda: power(fit("slopes"), progress="yes"), r"progress='yes': power\(\) wants True, False or None"),
    (lambda: power(3), r"power\(\) wants a fit of lmer\(\)"),
    (lambda: powerCurve(fit("slopes"), "~ . - Days"), "give along="),
    (lambda: powerCurve(fit("slopes"), within="Subject"), "give breaks"),
    (lambda: powerCurve(fit("slopes"), along="Subject", breaks=[0]), "each of breaks must be a whole number from 1"),
    (lambda: powerCurve(fit("slopes"), along="Subject", breaks=[]), "breaks= is empty"),
    (lambda: extend(fit("slopes"), "Subjects", n=3), "no column 'Subjects' to extend; did you mean 'Subject'"),
    (lambda: extend(fit("slopes"), n=3), "one of the two"),
    (lambda: extend(fit("slopes"), "Subject", within="Subject", n=3), "one of the two"),
    (lambda: extend(fit("slopes"), "Subject"), "give n, the number of values of 'Subject', or values"),
    (lambda: extend(fit("slopes"), "Subject", n=0), "n must be a whole number from 1, found 0"),
    (lambda: extend(fit("slopes"), "Days", n=1), "would not determine all coefficients"),
    (lambda: extend(fit("slopes"), "Days", values=[]), "values= is empty"),
    (lambda: extend(fit("slopes"), within="Subject", values=[1]), "values= belongs to along="),
    (lambda: extend(fit("slopes"), within=[], n=2), "within= is empty"),
    (lambda: extend(fit("slopes"), within="Subject + Dayz", n=2), "no column 'Dayz'"),
    (lambda: extend(fit("slopes"), within="Subject"), "n must be a whole number from 1, found None"),
    (lambda: extend(holes(), "site", n=3), "'site' has missing values"),
    (lambda: extend(pylmer.lmer("y ~ 1 + (1 | g)", env=ARRAYS), "g", n=3), "no data frame to extend"),
    (lambda: extend(study("terms"), "recipe", n=4), "does not know the effects of more than 3 levels of 'recipe'"),
    (lambda: extend(study("terms"), "recipe", values=["A", "Z"]), "factor 'recipe' has new level 'Z'"),
    (
        lambda: extend(extend(fit("slopes"), "Days", values=[0, 1, 5]), "Days", n=5),
        "no even steps to go on with; give values=",
    ),
    (lambda: makeLmer("y ~ x + (1 | g)", PLAN, fixef=[1], VarCorr=1, sigma=1), "beta has 1 number; the model has 2"),
    (lambda: makeLmer("y ~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr=-1, sigma=1), "is no covariance matrix"),
    (lambda: makeLmer("y ~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr=np.eye(2), sigma=1), "is 2 x 2; wanted 1 x 1"),
    (lambda: makeLmer("y ~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr=[1, 2], sigma=1), "is 1 x 2; wanted 1 x 1"),
    (lambda: makeLmer("y ~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr={"h": 1}, sigma=1), "VarCorr has 'h'"),
    (lambda: makeLmer("y ~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr={}, sigma=1), "VarCorr lacks g"),
    (lambda: makeLmer("y ~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr="a", sigma=1), "must be numbers"),
    (lambda: makeLmer("y ~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr=1, sigma=0), "sigma must be a positive number"),
    (lambda: makeLmer("log(y) ~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr=1, sigma=1), "must be a name"),
    (lambda: makeLmer("~ x + (1 | g)", PLAN, fixef=[1, 2], VarCorr=1, sigma=1), "must be a name"),
]


@pytest.mark.parametrize(("call", "text"), MISTAKES)
def test_mistakes_are_named(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(pylmer.PylmerError, match=text):
        call()


def test_the_variable_of_a_coefficient_is_its_term() -> None:
    ca = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    assert _variable(ca, "recipeB") == "recipe"
    assert _variable(ca, "temp") == "temp"


def test_a_singular_covariance_of_any_size_is_one() -> None:
    """1e8 (1, 7)(1, 7)': the eigenvalue 0 comes out as -1.5e-8."""
    V = 1e8 * np.outer([1, 7], [1, 7])
    made = makeLmer("y ~ x + (x | g)", PLAN, fixef=[1, 2], VarCorr={"g": V}, sigma=1)
    np.testing.assert_allclose(pylmer.VarCorr(made)["g"], V, rtol=1e-6)
