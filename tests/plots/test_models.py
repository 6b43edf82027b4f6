"""plot_model beside the numbers of sjPlot's plot_model and plot_models (tests/data/plots/models.R)."""

from __future__ import annotations

import functools
import json
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

import pylmer
from pylmer import ArgumentError, DataError
from tests.diagnostics.test_collinearity import D

from .answers import FILE, ends, pastes, points, sleep

R: dict[str, Any] = json.loads((FILE.parent / "models.json").read_text())
COUNTS = "cbind(incidence, size - incidence) ~ period"


@functools.cache
def cake() -> Any:
    return pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))


@functools.cache
def herds() -> Any:
    return pylmer.glmer(f"{COUNTS} + (1 | herd)", pylmer.datasets.load("cbpp"), "binomial")


@functools.cache
def plain() -> Any:
    return pylmer.glm(COUNTS, pylmer.datasets.load("cbpp"), "binomial")


def rows(ax: Axes) -> dict[str, tuple[float, float, float]]:
    """Name -> estimate, low, high of the first fit."""
    names = {float(tick): label.get_text() for tick, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    dots = {float(y): float(x) for x, y in points(ax)}
    bars = {seg[0][1]: (seg[0][0], seg[1][0]) for seg in ax.collections[0].get_segments()}
    return {names[y]: (dots[y], *bars[y]) for y in sorted(dots, reverse=True)}


def test_estimates_are_sjplots() -> None:
    """Its intervals of lmer are those of t with n - 6 degrees of freedom; here Satterthwaite's, as tidy has them."""
    [ax] = pylmer.plot_model(cake())
    found = rows(ax)
    assert list(found) == R["cake_order"]
    np.testing.assert_allclose([x for x, _, _ in found.values()], R["cake"]["estimate"], rtol=1e-7)
    table = pylmer.tidy(cake(), "fixed", conf_int=True).set_index("term").loc[R["cake_order"]]
    np.testing.assert_allclose([low for _, low, _ in found.values()], table["conf.low"])
    np.testing.assert_allclose([high for _, _, high in found.values()], table["conf.high"])
    assert ax.get_xlabel() == "Estimate"


def test_ratios_are_sjplots() -> None:
    [ax] = pylmer.plot_model(herds())
    found = np.array(list(rows(ax).values()))
    theirs = R["herds"]
    np.testing.assert_allclose(found[:, 0], theirs["estimate"], rtol=1e-3)  # lme4's optimum
    np.testing.assert_allclose(found[:, 1], theirs["conf.low"], rtol=1e-2)  # lme4's Hessian is by differences
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "Odds ratio")
    [plainly] = pylmer.plot_model(herds(), exponentiate=False)
    np.testing.assert_allclose(np.exp(list(rows(plainly).values())), found)
    assert plainly.get_xlabel() == "Estimate"


def test_several_fits_are_plot_models() -> None:
    [ax] = pylmer.plot_model([herds(), plain()])
    dots = [line for line in ax.lines if line.get_marker() in "os"]
    theirs = {name: R["both"][name][3:] for name in ("estimate", "conf.low", "conf.high")}
    np.testing.assert_allclose(dots[1].get_xdata(), theirs["estimate"], rtol=1e-7)
    [bars] = [each for each in ax.collections[1:] if hasattr(each, "get_segments")]
    np.testing.assert_allclose([seg[0][0] for seg in bars.get_segments()], theirs["conf.low"], rtol=1e-6)
    np.testing.assert_allclose([seg[1][0] for seg in bars.get_segments()], theirs["conf.high"], rtol=1e-6)
    assert (np.diff(np.array([line.get_ydata() for line in dots]), axis=0) < 0).all()  # the first fit above
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == ["model 1", "model 2"]
    [given] = pylmer.plot_model({"a": herds(), "b": plain()}, axes=[plt.subplots()[1]])
    assert [text.get_text() for text in given.get_legend().get_texts()] == ["a", "b"]


@pytest.mark.parametrize("name", ["sleep", "cake"])
def test_standardized_are_sjplots(name: str) -> None:
    """It fits the model again to standardized data; without interactions that is the same."""
    [ax] = pylmer.plot_model(sleep() if name == "sleep" else cake(), "std")
    found = [x for x, _, _ in rows(ax).values()]
    np.testing.assert_allclose(found, np.atleast_1d(R[f"{name}_std"]["estimate"]), rtol=1e-6)
    assert ax.get_xlabel() == "Standardized estimate"


def test_standardized_interactions_and_polynomials() -> None:
    """The highest term is that of a fit to standardized columns; a polynomial's columns are what is scaled."""
    scaled = D.assign(**{name: (D[name] - D[name].mean()) / D[name].std() for name in ("x", "z", "y")})
    [ax] = pylmer.plot_model(pylmer.lm("y ~ x * z + h", D), "std")
    again = pylmer.coef(pylmer.lm("y ~ x * z + h", scaled))
    assert rows(ax)["x:z"][0] == pytest.approx(again["x:z"], rel=1e-9)
    assert rows(ax)["hb"][0] == pytest.approx(again["hb"], rel=1e-9)
    bent = pylmer.lm("y ~ poly(x, 2)", D)
    [ax] = pylmer.plot_model(bent, "std")
    sd = 1 / np.sqrt(119)  # orthonormal columns
    np.testing.assert_allclose(
        [x for x, _, _ in rows(ax).values()], pylmer.coef(bent)[1:].to_numpy() * sd / D["y"].std(), rtol=1e-9
    )
    [ax] = pylmer.plot_model(pylmer.glm("k ~ x", D, "poisson"), "std", exponentiate=False)
    assert rows(ax)["x"][0] == pytest.approx(pylmer.coef(pylmer.glm("k ~ x", D, "poisson"))["x"] * D["x"].std())


def test_which_in_which_order_under_which_name() -> None:
    def named(**given: Any) -> list[str]:
        return list(rows(pylmer.plot_model(cake(), **given)[0]))

    assert named(intercept=True) == ["(Intercept)", *R["cake_order"]]
    assert named(sort=True) == ["temp", "recipeB", "recipeC"]
    assert named(terms=["temp", "recipeC"]) == ["temp", "recipeC"]
    assert named(terms="temp", labels={"temp": "heat"}) == ["heat"]
    wide, narrow = (rows(pylmer.plot_model(cake(), level=level)[0])["temp"] for level in (0.99, 0.5))
    assert wide[1] < narrow[1] < narrow[2] < wide[2]
    plt.close("all")


def test_coefficients_without_an_estimate_are_left_out() -> None:
    fit = pylmer.lm("y ~ x + I(2 * x) + z", D)
    assert list(rows(pylmer.plot_model(fit)[0])) == ["x", "z"]
    fit_glm = pylmer.glm("k ~ x + I(2 * x) + z", D, "poisson")
    assert list(rows(pylmer.plot_model(fit_glm, "std")[0])) == ["x", "z"]


def test_an_interval_that_has_no_end_is_cut() -> None:
    with pytest.warns(pylmer.FitNote, match="separated"):
        fit = pylmer.glm("s ~ x + q", D.assign(q=(D["s"] == 1) & (D["h"] == "a")), "binomial")
    [ax] = pylmer.plot_model(fit)
    assert np.isfinite(ax.get_xlim()).all()
    ax.figure.canvas.draw()


def test_links() -> None:
    def named(*fits: Any, **given: Any) -> str:
        return str(pylmer.plot_model(list(fits), **given)[0].get_xlabel())

    counts = pylmer.glm("k ~ x", D, "poisson")
    probit = pylmer.glm("s ~ x", D, pylmer.families.binomial("probit"))
    line = pylmer.lm("y ~ x", D)
    assert named(counts) == "Ratio of means"
    assert named(counts, plain()) == "Exp(estimate)"
    assert named(probit) == named(counts, line) == "Estimate"
    assert named(line, exponentiate=True) == "Exp(estimate)"
    plt.close("all")


def test_random_effects_are_sjplots() -> None:
    """sjPlot shows the exponentials, one factor and column below the other."""
    [ax] = pylmer.plot_model(herds(), "re")
    names = [label.get_text() for label in ax.get_yticklabels()]
    found = dict(zip(names, points(ax)[:, 0], strict=True))
    expected = dict(zip(R["herds_re"]["term"], np.log(R["herds_re"]["estimate"]), strict=True))
    np.testing.assert_allclose([found[name] for name in expected], list(expected.values()), atol=2e-3)


def test_random_effects_of_several_factors_on_one_page() -> None:
    drawn = pylmer.plot_model(pastes(), "re")
    assert [ax.get_ylabel() for ax in drawn] == ["sample", "batch"]
    assert drawn[0].figure is drawn[1].figure
    assert [len(points(ax)) for ax in drawn] == [30, 10]
    assert len(pylmer.plot_model(pastes(), "re", group="batch")) == 1
    intercepts, slopes = pylmer.plot_model(sleep(), "re", level=0.5)
    assert (intercepts.get_xlabel(), slopes.get_xlabel()) == ("(Intercept)", "Days")
    given = plt.subplots(2)[1]
    assert pylmer.plot_model(sleep(), "re", axes=given) == list(given)
    plt.close("all")


def test_effects_are_plot_effects() -> None:
    recipe, temp = pylmer.plot_model(cake(), "eff")
    alone = pylmer.plot_effect(cake(), "temp")
    np.testing.assert_allclose(temp.lines[-1].get_ydata(), alone.lines[-1].get_ydata())
    assert [label.get_text() for label in recipe.get_xticklabels()] == ["A", "B", "C"]
    assert len(pylmer.plot_model(cake(), "eff", terms="temp")) == 1
    plt.close("all")


def test_predictions_hold_other_factors_at_their_first_levels() -> None:
    recipe, temp = pylmer.plot_model(cake(), "pred")
    np.testing.assert_allclose(ends(recipe).mean(axis=1)[:, 1], R["pred_recipe"]["predicted"], rtol=1e-7)
    x, y = (np.array(each, float) for each in temp.lines[-1].get_data())
    np.testing.assert_allclose(np.interp(R["pred_temp"]["x"], x, y), R["pred_temp"]["predicted"], rtol=1e-7)
    plt.close("all")


def test_effects_of_lm_and_glm() -> None:
    line = pylmer.lm("y ~ x + h", D)
    [x] = pylmer.plot_model(line, "eff", terms="x")
    at, shown = (np.array(each, float) for each in x.lines[-1].get_data())
    share = np.mean(D["h"] == "b")
    beta = pylmer.coef(line)
    np.testing.assert_allclose(shown, beta["(Intercept)"] + beta["x"] * at + share * beta["hb"])
    residual = points(x)[:, 1] - np.interp(points(x)[:, 0], at, shown)
    np.testing.assert_allclose(residual, pylmer.resid(line), atol=1e-9)
    counts = pylmer.glm("k ~ x + I(2 * x) + h", D, "poisson")
    [x] = pylmer.plot_model(counts, "pred", terms="x")
    at, shown = (np.array(each, float) for each in x.lines[-1].get_data())
    expected = pylmer.predict(counts, {"x": at, "h": ["a"] * len(at)}, type="response")
    np.testing.assert_allclose(shown, expected, rtol=1e-9)
    plt.close("all")


def test_long_names_of_levels_are_aslant() -> None:
    named = D.assign(f=D["f"].astype(str) + " and some more words")
    [f] = pylmer.plot_model(pylmer.lm("y ~ f + x", named), "eff", terms="f")
    assert f.get_xticklabels()[0].get_rotation() == 45
    plt.close("all")


def test_a_fit_of_sums() -> None:
    ready = pylmer.plan("y ~ x + z + (1 | g)", D)
    fit = pylmer.lmer(ready, data=ready.sums(D[:50]) + ready.sums(D[50:]))
    assert list(rows(pylmer.plot_model(fit)[0])) == ["x", "z"]
    assert len(pylmer.plot_model(fit, "re")) == 1
    for kind in ("std", "eff"):
        with pytest.raises(DataError, match=r"plot_model\(\) needs the rows"):
            pylmer.plot_model(fit, kind)
    plt.close("all")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "int"}, "wanted one of 'est', 'std', 're', 'eff', 'pred'"),
        ({"terms": []}, "terms: wanted one or more"),
        ({"terms": "tmp"}, "did you mean 'temp'"),
        ({"labels": ["heat"]}, "wanted a dict coefficient -> text"),
        ({"labels": {"tmp": "heat"}}, "labels='tmp'"),
        ({"level": 95}, "level=95"),
        ({"group": "recipe:replicate"}, "group= is nothing for type='est'"),
        ({"type": "re", "sort": True}, "sort= is nothing for type='re', which takes group"),
        ({"type": "re", "group": "recipe"}, "group='recipe': there is recipe:replicate"),
        ({"type": "eff", "terms": "replicate"}, "terms='replicate': there is recipe, temp"),
        ({"type": "eff", "terms": []}, "terms: wanted one or more of recipe, temp"),
        ({"axes": []}, "wanted 1, one for each panel, found 0"),
    ],
)
def test_bad_input(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        pylmer.plot_model(cake(), **given)
    plt.close("all")


def test_what_is_no_fit() -> None:
    for wrong in (None, "cake", [], {}, [cake(), None], np.ones(3), pylmer.lmList("y ~ x | g", D)):
        with pytest.raises(ArgumentError, match=r"plot_model\(\) wants a fit of lmer"):
            pylmer.plot_model(wrong)
    with pytest.raises(ArgumentError, match="type='re' is of one fit, found 2"):
        pylmer.plot_model([cake(), cake()], "re")
    with pytest.raises(ArgumentError, match="type='re' is of random effects"):
        pylmer.plot_model(plain(), "re")
    with pytest.raises(ArgumentError, match="no coefficients but the intercept"):
        pylmer.plot_model(pylmer.lmer("y ~ 1 + (1 | g)", D))
    with pytest.raises(ArgumentError, match="has no predictors"):
        pylmer.plot_model(pylmer.lmer("y ~ 1 + (1 | g)", D), "eff")
