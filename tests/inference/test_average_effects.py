"""avg_predictions, avg_comparisons, avg_slopes: emmeans' numbers on its grids, closed forms on rows.

R's figures: tests/data/inference/average_effects.R. Where a closed form is in the test it is written out there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import pylmer
from pylmer import avg_comparisons, avg_predictions, avg_slopes
from pylmer.errors import ArgumentError, DataError, FitNote
from pylmer.inference.marginal_effects import rows as rows_module
from pylmer.inference.marginal_effects.differentiation import derivatives

R = json.loads((Path(__file__).parent.parent / "data" / "inference" / "average_effects.json").read_text())
GLMER = 2e-4  # what R's optimizer leaves of a glmer
FREQUENCIES = {"cells": [15.0, 14.0, 14.0, 13.0]}  # rows of cbpp in each period


def data(name: str) -> pd.DataFrame:
    return pylmer.datasets.load(name)


@pytest.fixture(scope="module")
def cbpp() -> Any:
    return pylmer.glmer("incidence / size ~ period + (1 | herd)", data("cbpp"), "binomial", weights="size")


@pytest.fixture(scope="module")
def cake() -> Any:
    return pylmer.lmer("angle ~ recipe * temp + (1 | recipe:replicate)", data("cake"))


@pytest.fixture(scope="module")
def cake_log() -> Any:
    return pylmer.lmer("log(angle) ~ recipe + temp + (1 | recipe:replicate)", data("cake"))


def generated(n: int = 120, seed: int = 4) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    made = pd.DataFrame(
        {
            "x": draw.uniform(0.5, 6, n),
            "z": draw.normal(size=n),
            "f": draw.choice(list("abc"), n),
            "g": np.arange(n) % 8,
            "t": draw.uniform(1, 5, n),
            "b": draw.random(n) < 0.4,
        }
    )
    eta = -0.5 + 0.4 * made.x - 0.6 * made.z + 0.3 * (made.f == "b") + 0.5 * draw.normal(size=8)[made.g]
    made["u"] = (draw.random(n) < special.expit(eta)).astype(float)
    made["count"] = draw.poisson(np.exp(0.3 * eta) * made.t)
    made["y"] = eta + draw.normal(size=n)
    return made


def table(grid: Any) -> pd.DataFrame:
    return pylmer.summary(grid)


def same(grid: Any, expected: dict[str, list[float]], rel: float = 1e-6) -> None:
    found = table(grid)
    assert found["estimate"].to_numpy() == pytest.approx(expected["estimate"], rel=rel)
    assert found["SE"].to_numpy() == pytest.approx(expected["SE"], rel=10 * rel)
    df = np.where(np.isinf(found["df"]), 1e99, found["df"])
    assert df == pytest.approx(expected["df"], rel=10 * rel)
    assert found["p.value"].to_numpy() == pytest.approx(expected["p"], rel=1e3 * rel)


# --- R's emmeans -----------------------------------------------------------------------------------------------------

CBPP: dict[str, Callable[[Any], Any]] = {
    "cbpp period": lambda fit: avg_predictions(fit, newdata="grid", by="period"),
    "cbpp equal": lambda fit: avg_predictions(fit, newdata="grid"),
    "cbpp proportional": avg_predictions,
    "cbpp link": lambda fit: avg_predictions(fit, newdata="grid", type="link"),
    "cbpp differences": lambda fit: avg_comparisons(fit, "period", newdata="grid"),
}


@pytest.mark.parametrize("name", CBPP)
def test_glmer_on_the_reference_grid(name: str, cbpp: Any) -> None:
    same(CBPP[name](cbpp), R[name], GLMER)


def test_weights_of_a_grid(cbpp: Any) -> None:
    """Cells weighed by their rows are the average over the rows."""
    grid = pylmer.ref_grid(cbpp)
    assert grid.frequency.tolist() == FREQUENCIES["cells"]
    same(avg_predictions(cbpp, newdata=grid, weights=grid.frequency), R["cbpp proportional"], GLMER)


def test_lmer_on_the_reference_grid(cake: Any, cake_log: Any) -> None:
    same(avg_predictions(cake, newdata="grid", by="recipe"), R["cake means"])
    same(avg_slopes(cake, "temp", newdata="grid", by="recipe"), R["cake trends"])
    same(avg_slopes(cake, "temp"), R["cake trend"])
    same(avg_predictions(cake_log, newdata="grid", by="recipe", type="response"), R["cake log"])


def test_glm_and_lm_on_the_reference_grid() -> None:
    sprays, cars = (pd.read_csv(Path(__file__).parent.parent / "data" / "inference" / f"{name}.csv") for name in
                    ("insect_sprays", "mtcars"))  # fmt: skip
    poisson = pylmer.glm("count ~ spray", sprays, "poisson")
    same(avg_predictions(poisson, by="spray"), R["sprays"], 1e-5)
    same(avg_predictions(poisson, newdata="grid"), R["sprays overall"], 1e-5)
    gaussian = pylmer.glm("mpg ~ wt + factor(cyl)", cars, "gaussian")
    same(avg_predictions(gaussian, newdata="grid", by="cyl"), R["gaussian"])
    gamma = pylmer.glm("mpg ~ wt + factor(cyl)", cars, pylmer.families.Gamma("log"))
    same(avg_predictions(gamma, newdata="grid", by="cyl"), R["gamma"], 1e-5)
    linear = pylmer.lm("mpg ~ wt * factor(cyl)", cars)
    same(avg_predictions(linear, newdata="grid", by="cyl"), R["lm"])
    same(avg_slopes(linear, "wt", newdata="grid", by="cyl"), R["lm trend"])


# --- closed forms ----------------------------------------------------------------------------------------------------


def test_linear_slope_is_the_coefficient() -> None:
    fit = pylmer.lm("y ~ x + z + f", generated())
    found, errors = table(avg_slopes(fit)), np.sqrt(np.diag(pylmer.vcov(fit)))
    assert found["term"].tolist() == ["x", "z", "f", "f"]
    assert found["contrast"].tolist() == ["dY/dX", "dY/dX", "b - a", "c - a"]
    assert found["estimate"].to_numpy() == pytest.approx(fit.beta[1:], rel=1e-12)
    assert found["SE"].to_numpy() == pytest.approx(errors[1:], rel=1e-10)
    t = fit.beta[1:] / errors[1:]
    assert found["t.ratio"].to_numpy() == pytest.approx(t, rel=1e-10)
    assert found["p.value"].to_numpy() == pytest.approx(2 * stats.t.sf(np.abs(t), 120 - 5), rel=1e-8)


@pytest.mark.parametrize("mixed", [False, True])
def test_logit_slope(mixed: bool) -> None:
    """mean p(1 - p) b; gradient mean p(1 - p)(1 - 2p) b x + mean p(1 - p) e."""
    made = generated()
    make = pylmer.glmer if mixed else pylmer.glm
    fit: Any = make("u ~ x + z" + (" + (1 | g)" if mixed else ""), made, "binomial")
    X = np.column_stack([np.ones(120), made.x, made.z])
    p, b = special.expit(X @ fit.beta), fit.beta[2]
    w = p * (1 - p)
    gradient = (w * (1 - 2 * p) * b) @ X / 120 + np.array([0, 0, w.mean()])
    found = table(avg_slopes(fit, "z")).iloc[0]
    assert found["estimate"] == pytest.approx(w.mean() * b, rel=1e-11)
    assert found["SE"] == pytest.approx(np.sqrt(gradient @ pylmer.vcov(fit).to_numpy() @ gradient), rel=1e-9)
    assert found["asymp.UCL"] == pytest.approx(found["estimate"] + stats.norm.ppf(0.975) * found["SE"], rel=1e-12)


def test_probit_slope() -> None:
    """The same of another link, phi(eta) b."""
    made = generated()
    fit = pylmer.glm("u ~ x", made, pylmer.families.binomial("probit"))
    eta = fit.beta[0] + fit.beta[1] * made.x
    assert table(avg_slopes(fit, "x"))["estimate"][0] == pytest.approx(np.mean(stats.norm.pdf(eta)) * fit.beta[1])


TERMS: dict[str, tuple[str, Callable[[Any], Any]]] = {  # formula; derivative along x of the columns after the intercept
    "square": ("y ~ x + I(x^2)", lambda d: [np.ones(len(d)), 2 * d.x]),
    "raw polynomial": ("y ~ poly(x, 3, raw = TRUE)", lambda d: [np.ones(len(d)), 2 * d.x, 3 * d.x**2]),
    "logarithm": ("y ~ log(x)", lambda d: [1 / d.x]),
    "functions": ("y ~ sin(x) + exp(x / 3) + sqrt(x)",
                  lambda d: [np.cos(d.x), np.exp(d.x / 3) / 3, 0.5 / np.sqrt(d.x)]),
    "interaction": ("y ~ x * z", lambda d: [np.ones(len(d)), 0 * d.x, d.z]),
    "with a factor": ("y ~ x * f", lambda d: [np.ones(len(d)), 0 * d.x, 0 * d.x, d.f == "b", d.f == "c"]),
    "with an offset": ("y ~ z + offset(x^2 / 10)", lambda d: [0 * d.x]),
}  # fmt: skip


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("name", TERMS)
def test_slopes_through_terms(name: str, mixed: bool) -> None:
    formula, derivative = TERMS[name]
    made = generated()
    fit: Any = pylmer.lmer(f"{formula} + (1 | g)", made) if mixed else pylmer.lm(formula, made)
    gradient = np.array([0.0, *(float(np.mean(column)) for column in derivative(made))])
    offset = 0.2 * made.x.mean() if "offset" in formula else 0.0
    found = table(avg_slopes(fit, "x")).iloc[0]
    assert found["estimate"] == pytest.approx(gradient @ fit.beta + offset, rel=1e-10)
    V = pylmer.vcovAdj(fit) if mixed else pylmer.vcov(fit)
    error = np.sqrt(gradient @ np.asarray(V) @ gradient)
    assert found["SE"] == pytest.approx(error, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("term", ["ns(x, df = 4)", "bs(x, df = 5)", "poly(x, 3)", "scale(x) + I(scale(x)^2)"])
def test_slopes_of_piecewise_cubics(term: str) -> None:
    """Between knots four predictions give the cubic, and its derivative: at 50 places of their own."""
    made = generated()
    fit = pylmer.lm(f"y ~ {term}", made)
    places, h = np.linspace(0.8, 5.5, 50), 1e-3
    steps = h * np.array([-3, -1, 1, 3])
    values = np.array([pylmer.predict(fit, {"x": places + step}) for step in steps])
    slopes = np.polynomial.polynomial.polyfit(steps / h, values, 3)[1] / h
    found = table(avg_slopes(fit, "x", by="x", newdata={"x": places}))["estimate"].to_numpy()
    assert found == pytest.approx(slopes, abs=1e-7)


def test_slopes_near_the_end_of_a_domain() -> None:
    """log(x) where the least x is a millionth of the range, a thousand times smaller than the first step."""
    made = generated()
    made["x"] = np.geomspace(1e-3, 1e3, 120)
    fit = pylmer.lm("y ~ log(x)", made)
    found = table(avg_slopes(fit, "x", by="x"))["estimate"].to_numpy()
    assert found == pytest.approx(fit.beta[1] / made.x.to_numpy(), rel=1e-8)


def test_offset_of_a_rate() -> None:
    """mu = t exp(x'b): d mu / dt = mu / t, whether the offset is in the formula or an argument."""
    made = generated()
    inside = pylmer.glm("count ~ x + offset(log(t))", made, "poisson")
    beside = pylmer.glm("count ~ x", made, "poisson", offset="log(t)")
    numbers = pylmer.glm("count ~ x", made, "poisson", offset=np.log(made.t))
    mu = made.t * np.exp(inside.beta[0] + inside.beta[1] * made.x)
    for fit in (inside, beside, numbers):
        assert table(avg_predictions(fit))["estimate"][0] == pytest.approx(mu.mean(), rel=1e-8)
        assert table(avg_slopes(fit, "x"))["estimate"][0] == pytest.approx(inside.beta[1] * mu.mean(), rel=1e-7)
    assert table(avg_slopes(inside, "t"))["estimate"][0] == pytest.approx(np.mean(mu / made.t), rel=1e-9)
    assert table(avg_slopes(inside))["term"].tolist() == ["x"]
    assert table(avg_predictions(beside, newdata=made[:7]))["estimate"][0] == pytest.approx(mu[:7].mean(), rel=1e-7)
    with pytest.raises(DataError, match="belong to the rows of the fit"):
        avg_predictions(numbers, newdata=made)
    with pytest.warns(FitNote, match="no column 't'"):
        avg_predictions(beside, newdata=made[["x"]])


def test_weights_are_repeated_rows() -> None:
    made = generated()
    made["k"] = np.arange(120) % 3 + 1
    fit = pylmer.glm("u ~ x * f", made, "binomial")
    repeated = made.loc[np.repeat(made.index, made.k)].reset_index(drop=True)
    for word in (avg_predictions, avg_slopes, avg_comparisons):
        expected = table(word(fit, newdata=repeated))
        for weights in ("k", made.k, made.k.to_numpy() * 5.5):
            found = table(word(fit, weights=weights))
            assert found[["estimate", "SE"]].to_numpy() == pytest.approx(expected[["estimate", "SE"]].to_numpy())
        assert table(word(fit, newdata=made, weights="k"))["SE"].to_numpy() == pytest.approx(expected["SE"].to_numpy())


def test_groups_are_parts_of_the_rows() -> None:
    made = generated()
    fit = pylmer.glmer("u ~ x + f + (1 | g)", made, "binomial")
    for word in (avg_predictions, avg_slopes):
        found = table(word(fit, by=["b", "g"]))
        for (b, g), part in made.groupby(["b", "g"]):
            expected = table(word(fit, newdata=part))
            own = found[(found["b"] == b) & (found["g"] == g)]
            assert own[["estimate", "SE"]].to_numpy() == pytest.approx(expected[["estimate", "SE"]].to_numpy())


def test_counterfactual_predictions() -> None:
    """Every row at each value: means over the rows of a copy of the data."""
    made = generated()
    fit = pylmer.glm("u ~ x * f + b", made, "binomial")
    found = table(avg_predictions(fit, {"f": None, "x": [1, 2.5]}, by="b"))
    assert found.columns[:3].tolist() == ["f", "x", "b"]
    for row in found.itertuples():
        part = made[made.b == row.b].assign(f=row.f, x=row.x)
        assert row.estimate == pytest.approx(pylmer.predict(fit, part, type="response").mean())
    fifths = table(avg_predictions(fit, "x"))["x"].to_numpy()
    assert fifths == pytest.approx(np.quantile(made.x, [0, 0.25, 0.5, 0.75, 1]))


SPANS: dict[Any, Callable[[Any], tuple[Any, Any]]] = {
    "sd": lambda x: (x.mean() - x.std() / 2, x.mean() + x.std() / 2),
    "2sd": lambda x: (x.mean() - x.std(), x.mean() + x.std()),
    "iqr": lambda x: (x.quantile(0.25), x.quantile(0.75)),
    "minmax": lambda x: (x.min(), x.max()),
    (1, 4): lambda x: (1, 4),
    0.5: lambda x: (x, x + 0.5),
    None: lambda x: (x, x + 1),
}


@pytest.mark.parametrize("asked", SPANS)
@pytest.mark.parametrize("comparison", ["difference", "ratio", "odds.ratio"])
def test_comparisons_of_a_number(asked: Any, comparison: str) -> None:
    """Of averages a, b over copies of the data, with the delta method by their Jacobians."""
    made = generated()
    fit = pylmer.glm("u ~ x + z", made, "binomial")
    low, high = (_average(fit, made.assign(x=value)) for value in SPANS[asked](made.x))
    transform: dict[str, Callable[[Any], tuple[Any, Any]]] = {
        "difference": lambda a: (a, 1.0),
        "ratio": lambda a: (np.log(a), 1 / a),
        "odds.ratio": lambda a: (special.logit(a), 1 / (a * (1 - a))),
    }
    (a, da), (b, db) = transform[comparison](high[0]), transform[comparison](low[0])
    gradient = da * high[1] - db * low[1]
    error = np.sqrt(gradient @ pylmer.vcov(fit).to_numpy() @ gradient)
    found = table(avg_comparisons(fit, {"x": asked}, comparison=comparison)).iloc[0]
    value, z = a - b, (a - b) / error
    if comparison != "difference":
        value, error = np.exp(value), np.exp(value) * error
        assert found["null"] == 1
    assert found["estimate" if comparison == "difference" else comparison] == pytest.approx(value, rel=1e-9)
    assert found["SE"] == pytest.approx(error, rel=1e-8)
    assert found["z.ratio"] == pytest.approx(z, rel=1e-8)


def _average(fit: Any, rows: pd.DataFrame) -> tuple[float, Any]:
    """mean p and its gradient."""
    X = np.column_stack([np.ones(len(rows)), rows.x, rows.z])
    p = special.expit(X @ fit.beta)
    return p.mean(), (p * (1 - p)) @ X / len(rows)


def test_pairs_of_levels(cake: Any) -> None:
    means = dict(zip("ABC", R["cake means"]["estimate"], strict=True))
    asked = {
        "reference": ["B - A", "C - A"],
        "sequential": ["B - A", "C - B"],
        "pairwise": ["B - A", "C - A", "C - B"],
        "revpairwise": ["A - B", "A - C", "B - C"],
    }
    for how, labels in asked.items():
        found = table(avg_comparisons(cake, {"recipe": how}))
        assert found["contrast"].tolist() == labels
        expected = [means[label[0]] - means[label[-1]] for label in labels]
        assert found["estimate"].to_numpy() == pytest.approx(expected, abs=1e-9)
    two = table(avg_comparisons(cake, {"recipe": ["C", "B"]}))
    assert two["contrast"].tolist() == ["B - C"]


def test_logical_and_made_factors() -> None:
    made = generated()
    fit = pylmer.lm("y ~ b + factor(g)", made)
    found = table(avg_slopes(fit))
    assert found["contrast"].tolist()[:3] == ["TRUE - FALSE", "1 - 0", "2 - 0"]
    assert found["estimate"].to_numpy() == pytest.approx(fit.beta[1:])


def test_link_scale_goes_back() -> None:
    """Of the linear predictor the summary knows the way back: means, and odds ratios."""
    fit = pylmer.glm("u ~ f", generated(), "binomial")
    back = pylmer.summary(avg_comparisons(fit, type="link"), type="response")
    assert back["odds.ratio"].to_numpy() == pytest.approx(np.exp(fit.beta[1:]))
    means = pylmer.summary(avg_predictions(fit, by="f", type="link"), type="response")
    assert means["prob"].iloc[0] == pytest.approx(special.expit(fit.beta[0]))


def test_random_effects_take_part() -> None:
    made = generated()
    fit = pylmer.glmer("u ~ x + (1 | g)", made, "binomial")
    found = table(avg_predictions(fit, re_form=None, by="g"))["estimate"]
    expected = pylmer.predict(fit, type="response").groupby(made.g).mean()
    assert found.to_numpy() == pytest.approx(expected.to_numpy())
    slopes = pylmer.lmer("y ~ 1 + (0 + x | g)", made)
    b = pylmer.ranef(slopes)["g"]["x"].to_numpy()
    own = table(avg_slopes(slopes, "x", by="g", re_form="~ (0 + x | g)"))
    assert own["estimate"].to_numpy() == pytest.approx(b)
    with pytest.raises(ArgumentError, match="no variable 'x'"):
        avg_slopes(slopes, "x")


def test_new_groups() -> None:
    made = generated()
    fit = pylmer.lmer("y ~ x + (1 | g)", made)
    new = made.assign(g=99)
    with pytest.raises(DataError, match="99"):
        avg_predictions(fit, newdata=new, re_form=None)
    found = avg_predictions(fit, newdata=new, re_form=None, allow_new_levels=True)
    assert table(found)["estimate"][0] == pytest.approx(fit.beta[0] + fit.beta[1] * made.x.mean())


def test_typical_row() -> None:
    made = generated()
    fit = pylmer.lm("y ~ x * f + b", made)
    row = {"x": made.x.mean(), "f": made.f.mode()[0], "b": bool(made.b.mode()[0])}
    found = table(avg_predictions(fit, newdata="mean"))["estimate"][0]
    assert found == pytest.approx(pylmer.predict(fit, row).iloc[0])


def test_transformed_response(cake_log: Any) -> None:
    """Of log(y) the linear predictor by default, exp of it when asked for."""
    X = np.asarray(pylmer.model_matrix(cake_log))
    plain, back = table(avg_slopes(cake_log, "temp")), table(avg_slopes(cake_log, "temp", type="response"))
    assert plain["estimate"][0] == pytest.approx(cake_log.beta[3], rel=1e-10)
    assert back["estimate"][0] == pytest.approx(np.mean(np.exp(X @ cake_log.beta)) * cake_log.beta[3], rel=1e-10)
    with pytest.raises(ArgumentError, match="'ratio' is one of means"):
        avg_comparisons(cake_log, comparison="ratio")
    means = dict(zip("ABC", table(pylmer.emmeans(cake_log, "recipe", regrid="response"))["response"], strict=True))
    found = table(avg_comparisons(cake_log, "recipe", comparison="ratio", type="response"))
    assert found["ratio"].to_numpy() == pytest.approx([means["B"] / means["A"], means["C"] / means["A"]])


def test_what_the_data_do_not_tell() -> None:
    """An empty cell: of rows that have it nothing is known, of the others all is."""
    made = generated()
    made = made[~((made.f == "c") & made.b)].reset_index(drop=True)
    fit = pylmer.lm("y ~ f * b + x", made)
    found = table(avg_predictions(fit, {"b": [False, True]}, by="f"))
    assert np.isnan(found["estimate"]).tolist() == [False] * 5 + [True]
    assert np.isnan(found["SE"]).tolist() == [False] * 5 + [True]
    assert "nonEst" in str(avg_predictions(fit, {"b": [False, True]}, by="f"))
    assert table(avg_slopes(fit, "x"))["estimate"][0] == pytest.approx(pylmer.coef(fit)["x"])


def test_grids_go_on(cake: Any) -> None:
    """The result is a grid as of emmeans: contrasts, tests against another value, covariances."""
    found = avg_slopes(cake, "temp", by="recipe")
    differences = table(pylmer.pairs(found, by=["term", "contrast"]))
    assert differences["estimate"].to_numpy() == pytest.approx(
        table(pylmer.pairs(pylmer.emtrends(cake, "recipe", "temp")))["estimate"].to_numpy(), rel=1e-8
    )
    assert pylmer.vcov(found).to_numpy() == pytest.approx(
        pylmer.vcov(pylmer.emtrends(cake, "recipe", "temp")).to_numpy(), rel=1e-8
    )
    shifted = pylmer.summary(found, null=0.1)
    assert shifted["t.ratio"].to_numpy() == pytest.approx(
        (shifted["estimate"] - 0.1).to_numpy() / shifted["SE"].to_numpy()
    )
    assert table(avg_slopes(cake, "temp", level=0.5))["lower.CL"][0] == pytest.approx(
        R["cake trend"]["estimate"][0] + stats.t.ppf(0.25, R["cake trend"]["df"][0]) * R["cake trend"]["SE"][0]
    )


def test_methods_of_degrees_of_freedom(cake: Any) -> None:
    found = table(avg_slopes(cake, "temp", lmer_df="asymptotic"))
    assert np.isinf(found["df"][0])
    assert found["SE"][0] == pytest.approx(R["cake trend"]["SE"][0], rel=1e-6)


def test_parts_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are taken some at a time."""
    fit = pylmer.glm("u ~ x * f", generated(), "binomial")
    whole = [table(word(fit, by="g")) for word in (avg_predictions, avg_slopes)]
    monkeypatch.setattr(rows_module, "SIZE", 17)
    for word, expected in zip((avg_predictions, avg_slopes), whole, strict=True):
        pd.testing.assert_frame_equal(table(word(fit, by="g")), expected, rtol=1e-11)


def test_fits_of_files_and_of_sums(tmp_path: Path) -> None:
    made, formula = generated(), "y ~ x * f + (1 | g)"
    made.to_csv(tmp_path / "rows.csv", index=False)
    fit = pylmer.lmer(formula, made)
    streamed = pylmer.lmer(formula, str(tmp_path / "rows.csv"))
    for word in (avg_predictions, avg_slopes, avg_comparisons):
        expected = table(word(fit, by="f"))
        pd.testing.assert_frame_equal(table(word(streamed, by="f")), expected, rtol=1e-6, check_dtype=False)
    ready = pylmer.plan(formula, made)
    pooled = pylmer.lmer(ready, data=ready.sums(made[:50]) + ready.sums(made[50:]))
    expected = table(avg_slopes(fit, newdata="grid"))
    pd.testing.assert_frame_equal(table(avg_slopes(pooled, newdata="grid")), expected, rtol=1e-6)
    with pytest.raises(DataError, match="rows"):
        avg_slopes(pooled)


# --- differentiation -------------------------------------------------------------------------------------------------


def test_derivatives_of_known_functions() -> None:
    x = np.linspace(0.01, 4, 40)
    columns = [x**5, np.exp(-x), np.log(x), np.ones_like(x), 1e9 + x, np.cos(40 * x)]
    expected = [5 * x**4, -np.exp(-x), 1 / x, 0 * x, np.ones_like(x), -40 * np.sin(40 * x)]
    found = derivatives(
        lambda _, v: np.column_stack(
            [v**5, np.exp(-v), np.log(v), np.ones_like(v), 1e9 + v, np.cos(40 * v)]
        ), x, 4.0
    )  # fmt: skip
    assert len(columns) == found.values.shape[1]
    assert not found.poor.any()
    assert found.values[:, :4] == pytest.approx(np.column_stack(expected)[:, :4], rel=1e-9, abs=1e-12)
    assert found.values[:, 4] == pytest.approx(1.0, abs=1e-5)  # 1e9 + x has seven digits after the point
    assert found.values[:, 5] == pytest.approx(expected[5], abs=1e-7)


def test_lines_take_two_steps() -> None:
    counted: list[int] = []

    def line(rows: Any, x: Any) -> Any:
        counted.append(len(rows))
        return np.column_stack([np.ones_like(x), x, 3 * x])

    found = derivatives(line, np.linspace(0, 1, 9), 1.0)
    assert counted == [9] * 4
    assert found.values == pytest.approx(np.tile([0.0, 1.0, 3.0], (9, 1)), abs=1e-14)


def test_jumps_are_told() -> None:
    made = generated()
    made.loc[3, "x"] = 3.0
    fit = pylmer.lm("y ~ x + I(x > 3)", made)
    with pytest.warns(FitNote, match="'x' is not sure to six digits in 1 rows"):
        avg_slopes(fit, "x")


# --- rows and words that cannot be taken -----------------------------------------------------------------------------


def test_missing_values_are_left_out() -> None:
    made = generated()
    fit = pylmer.lm("y ~ x + f", made)
    new = made[:6].assign(x=[1, np.nan, 2, 3, 4, 5], f=["a", "b", None, "a", "b", "c"])
    with pytest.warns(FitNote, match="2 of 6 rows of newdata have missing values"):
        found = avg_predictions(fit, newdata=new)
    assert "Averages over 4 of 6 rows of newdata" in str(found)
    assert table(found)["estimate"][0] == pytest.approx(pylmer.predict(fit, new.drop([1, 2])).mean())
    with pytest.raises(DataError, match="nothing to average"):
        avg_predictions(fit, newdata=new.assign(x=np.nan))


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"variables": "tempp"}, ArgumentError, "no variable 'tempp'.*temp"),
    ({"variables": []}, ArgumentError, "none is named"),
    ({"variables": 3}, ArgumentError, "wanted a name"),
    ({"variables": {"recipe": "D"}}, ArgumentError, "no level 'D'"),
    ({"variables": {"temp": "D"}}, ArgumentError, "wanted a step"),
    ({"variables": {"temp": np.nan}}, ArgumentError, "wanted a step"),
    ({"variables": {"temp": [1, 1]}}, ArgumentError, "two different"),
    ({"variables": {"recipe": ["A", "B", "C"]}}, ArgumentError, "two different"),
    ({"by": "nothing"}, DataError, "nothing"),
    ({"by": 3}, ArgumentError, "by=3"),
    ({"newdata": "grids"}, ArgumentError, "newdata='grids'"),
    ({"newdata": 3}, DataError, "cannot be read"),
    ({"newdata": {"recipe": ["A"]}}, DataError, "newdata has no column 'temp'"),
    ({"newdata": {"recipe": ["D"], "temp": [1.0]}}, DataError, "new level"),
    ({"newdata": {"recipe": [], "temp": []}}, DataError, "no rows"),
    ({"weights": [1, 2]}, ArgumentError, "weights"),
    ({"weights": -1}, ArgumentError, "weights"),
    ({"weights": "nothing"}, DataError, "nothing"),
    ({"weights": "w", "newdata": "grid"}, ArgumentError, "no such column"),
    ({"type": "mean"}, ArgumentError, "type="),
    ({"re_form": "~ (1 | foo)"}, ArgumentError, "re_form"),
    ({"lmer_df": "kr"}, ArgumentError, "lmer_df"),
    ({"level": 95}, ArgumentError, "level"),
    ({"foo": 1}, ArgumentError, "foo"),
]


@pytest.mark.parametrize(("given", "error", "match"), WRONG, ids=[str(given) for given, _, _ in WRONG])
def test_what_cannot_be_asked(given: dict[str, Any], error: type[Exception], match: str, cake: Any) -> None:
    with pytest.raises(error, match=match):
        avg_comparisons(cake, **given)


def test_further_refusals(cake: Any, cbpp: Any) -> None:
    with pytest.raises(ArgumentError, match="in by"):
        avg_predictions(cake, "recipe", by="recipe")
    with pytest.raises(ArgumentError, match="wants a text"):
        avg_slopes(cake, {"recipe": "pairwise"})
    with pytest.raises(ArgumentError, match="comparison='lift'"):
        avg_comparisons(cake, comparison="lift")
    with pytest.raises(ArgumentError, match="grid is not one"):
        avg_predictions(cake, newdata=pylmer.emmeans(cake, "recipe", at={"temp": [200]}, by="temp", regrid="response"))
    with pytest.raises(ArgumentError, match="no methods of degrees"):
        avg_predictions(pylmer.glm("u ~ x", generated(), "binomial"), lmer_df="satterthwaite")
    with pytest.raises(ArgumentError, match="no variable 'z'"):
        avg_comparisons(pylmer.lm("y ~ 1 + x", generated()), {"x": "2sd", "z": 1})
    with pytest.raises(ArgumentError, match="no fixed effects"):
        avg_predictions(pylmer.lmer("y ~ 0 + (1 | g)", generated()))
    with pytest.raises(ArgumentError, match="way back"):
        avg_slopes(pylmer.lm("cos(y) ~ x", generated()), type="response")
    with pytest.raises(ArgumentError, match="found LmList"):
        avg_slopes(pylmer.lmList("y ~ x | g", generated()))


def test_intercept_alone() -> None:
    made = generated()
    fit = pylmer.lmer("y ~ 1 + (1 | g)", made)
    assert table(avg_predictions(fit))["estimate"][0] == pytest.approx(fit.beta[0])
    with pytest.raises(ArgumentError, match="no predictors"):
        avg_slopes(fit)


def test_odds_of_what_is_no_probability_are_refused() -> None:
    fit = pylmer.lm("Reaction ~ Days", pylmer.datasets.load("sleepstudy"))
    with pytest.raises(pylmer.ArgumentError, match="averages between 0 and 1, and those of this fit are not"):
        pylmer.avg_comparisons(fit, comparison="odds.ratio")
