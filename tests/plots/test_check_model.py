"""check_model: which panels a fit has, what they draw, and what is said of bad input."""

from __future__ import annotations

import functools
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

import pylmer
from pylmer import ArgumentError, DataError
from pylmer.diagnostics.standard_residuals import order_limits
from pylmer.plots.texts import shortened, wrapped
from tests.diagnostics.test_collinearity import D

from .answers import close, pastes, points, sleep

TITLES = {
    "pp_check": "Posterior predictive check",
    "linearity": "Linearity",
    "homogeneity": "Homogeneity of variance",
    "binned_residuals": "Binned residuals",
    "overdispersion": "Overdispersion",
    "outliers": "Influential groups",
    "vif": "Collinearity",
    "qq": "Normality of residuals",
    "reqq": "Normality of random effects",
}


@functools.cache
def fits() -> dict[str, Any]:
    return {
        "lmer": pylmer.lmer("y ~ x + z + f + (x | g)", D),
        "poisson": pylmer.glmer("k ~ x + (1 | g)", D, "poisson"),
        "binary": pylmer.glmer("s ~ x + z + (1 | g)", D, "binomial"),
        "lm": pylmer.lm("y ~ x + z", D),
        "glm": pylmer.glm("k ~ x + z", D, "poisson"),
    }


HAS = {
    "lmer": "pp_check linearity homogeneity outliers vif qq reqq reqq",
    "poisson": "pp_check linearity homogeneity overdispersion outliers qq reqq",
    "binary": "pp_check linearity homogeneity binned_residuals outliers vif qq reqq",
    "lm": "pp_check linearity homogeneity outliers vif qq",
    "glm": "pp_check linearity homogeneity overdispersion outliers vif qq",
}


def title(ax: Axes) -> str:
    return ax.get_title(loc="left").strip()


@pytest.mark.parametrize("kind", HAS)
def test_panels_of_each_kind(kind: str) -> None:
    drawn = pylmer.check_model(fits()[kind])
    expected = [TITLES[name] for name in HAS[kind].split()]
    if kind in ("lm", "glm"):
        expected = [name.replace("Influential groups", "Influential rows") for name in expected]
    assert [title(ax) for ax in drawn] == expected
    assert len({id(ax.figure) for ax in drawn}) == 1
    drawn[0].figure.canvas.draw()
    plt.close("all")


def test_chosen_in_their_order_on_given_axes() -> None:
    given = plt.subplots(1, 2)[1]
    drawn = pylmer.check_model(fits()["lm"], ["qq", "linearity"], axes=given)
    assert drawn == list(given)
    assert [title(ax) for ax in drawn] == [TITLES["qq"], TITLES["linearity"]]
    assert len(pylmer.check_model(fits()["lm"], "vif")) == 1
    plt.close("all")


def test_the_seed_decides() -> None:
    def drawn(fit: Any, **given: Any) -> np.ndarray:
        [ax] = pylmer.check_model(fit, "pp_check", **given)
        return np.array(ax.lines[0].get_ydata())

    close(drawn(sleep()), drawn(sleep()))
    assert np.abs(drawn(sleep(), seed=2) - drawn(sleep())).max() > 0
    [one] = pylmer.check_model(sleep(), "pp_check", nsim=7)
    assert len(one.lines) == 8
    plt.close("all")


def test_residuals_are_those_of_plot_diagnostics() -> None:
    of_mean, spread, _, _ = pylmer.plot_diagnostics(sleep())
    ours = pylmer.check_model(sleep(), ["linearity", "homogeneity"])
    close(points(ours[0]), points(of_mean))
    close(points(ours[1]), points(spread))
    plt.close("all")


def test_where_there_are_few_places_the_line_joins_means() -> None:
    fit = pylmer.lm("y ~ h", D)
    [ax] = pylmer.check_model(fit, "homogeneity")
    x, y = (np.array(each, float) for each in ax.lines[1].get_data())
    roots = np.sqrt(np.abs(pylmer.resid(fit)) / fit.sigma).groupby(D["h"].to_numpy()).mean()
    np.testing.assert_allclose(y, roots.to_numpy()[np.argsort(pylmer.fitted(fit).groupby(D["h"]).mean())])
    assert len(x) == 2
    plt.close("all")


def test_the_band_is_about_the_line_through_the_quartiles() -> None:
    [ax] = pylmer.check_model(sleep(), "qq")
    values = np.sort(pylmer.resid(sleep(), scaled=True).to_numpy())
    low, high = np.quantile(values, [0.25, 0.75])
    slope = (high - low) / (2 * 0.6744897501960817)
    vertices = ax.collections[0].get_paths()[0].vertices
    expected = (low + high) / 2 + slope * order_limits(180, 0.95)[0]
    assert vertices[:, 1].min() == pytest.approx(expected[0], rel=1e-9)
    plt.close("all")


def test_distances_and_their_names() -> None:
    [ax] = pylmer.check_model(pastes(), "outliers")
    expected = pylmer.cooks_distance(pylmer.influence(pastes(), "batch"))
    close(points(ax)[:, 1], expected)
    assert [text.get_text() for text in ax.texts[:-1]] == [str(k) for k in expected.index[expected > 0.4]]
    assert ax.get_xlabel() == "batch, in the order of the data"
    [by_sample] = pylmer.check_model(pastes(), "outliers", group="sample")
    assert len(points(by_sample)) == 30
    plt.close("all")


def test_effects_without_variance_say_so() -> None:
    with pytest.warns(pylmer.FitNote):
        singular = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    [ax] = pylmer.check_model(singular, "reqq")
    assert "Their variance is estimated as zero" in [text.get_text() for text in ax.texts]
    plt.close("all")


def test_collinearity_is_check_collinearitys() -> None:
    [ax] = pylmer.check_model(fits()["lmer"], "vif")
    found = pylmer.check_collinearity(fits()["lmer"])
    x, y = np.asarray(ax.collections[-1].get_offsets()).T
    np.testing.assert_allclose(x[np.argsort(-y)], found["VIF"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["x", "z", "f"]
    plt.close("all")


def test_of_columns_that_depend_there_is_no_collinearity() -> None:
    fit = pylmer.lm("y ~ x + I(2 * x)", D)
    assert TITLES["vif"] not in [title(ax) for ax in pylmer.check_model(fit)]
    plt.close("all")


def test_rows_left_out_and_scales() -> None:
    holes = D.copy()
    holes.loc[[3, 5], "y"] = np.nan
    for fit in (pylmer.lmer("y ~ x + (1 | g)", holes, na_action="exclude"), pylmer.lm("y ~ x", holes)):
        assert len(points(pylmer.check_model(fit, "linearity")[0])) == 118
    with pytest.warns(pylmer.FitNote, match="Gamma"):
        gamma = pylmer.glmer("I(k + 1) ~ x + (1 | g)", D, pylmer.families.Gamma("log"))
    assert len(pylmer.check_model(gamma)) == 6
    plt.close("all")


def test_a_fit_of_sums() -> None:
    ready = pylmer.plan("y ~ x + z + (1 | g)", D)
    fit = pylmer.lmer(ready, data=ready.sums(D[:50]) + ready.sums(D[50:]))
    assert len(pylmer.check_model(fit, ["vif", "reqq"])) == 2
    with pytest.raises(DataError, match=r"check_model\(\) needs the rows"):
        pylmer.check_model(fit)
    plt.close("all")


def test_bad_input() -> None:
    fit = fits()["lmer"]
    with pytest.raises(ArgumentError, match=r"wants a fit of lmer\(\), glmer\(\), lm\(\) or glm\(\), found LmList"):
        pylmer.check_model(pylmer.lmList("y ~ x | g", D))
    with pytest.raises(ArgumentError, match=r"checks='vfi': .*did you mean 'vif'"):
        pylmer.check_model(fit, "vfi")
    with pytest.raises(ArgumentError, match="found none"):
        pylmer.check_model(fit, [])
    with pytest.raises(ArgumentError, match="this fit has no 'overdispersion' and no 'binned_residuals'; it has pp"):
        pylmer.check_model(fit, ["overdispersion", "binned_residuals"])
    with pytest.raises(ArgumentError, match="group='h': there is g"):
        pylmer.check_model(fit, group="h")
    with pytest.raises(ArgumentError, match="group='g': a fit without random effects"):
        pylmer.check_model(fits()["lm"], group="g")
    with pytest.raises(ArgumentError, match="wanted 8, one for each panel, found 1"):
        pylmer.check_model(fit, axes=[plt.subplots()[1]])
    with pytest.raises(ArgumentError, match="no residual degrees of freedom"):
        pylmer.check_model(pylmer.lm("y ~ x", D[:2]))


def test_names_that_fit() -> None:
    name = "a_name_of_a_predictor_that_is_much_too_long_for_any_picture"
    assert shortened(name, 20) == "a_name_of_a…_picture"
    assert all(len(shortened(name, k)) <= k for k in range(5, 70))
    assert max(map(len, wrapped(name, 20).split("\n"))) <= 20
