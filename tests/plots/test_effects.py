"""Effects of fixed predictors: the line and its standard error against R's x'beta, x'Vx and emmeans, to 1e-6."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes

import pylmer
from pylmer import ArgumentError, DataError

from .answers import R, close, ends, fit, radon, uranium

Z = 1.959963984540054


def band(ax: Axes) -> np.ndarray:
    """Lower and upper edge of the band by place: (G, 2)."""
    [area] = ax.collections
    x, y = area.get_paths()[0].vertices.T
    places = np.unique(x)
    return np.array([[y[x == place].min(), y[x == place].max()] for place in places])


def test_a_number() -> None:
    ax, theirs = pylmer.plot_effect(uranium(), "log_uranium"), R["effect"]
    places, centre = ax.lines[1].get_data()
    at = [-0.5, 0, 0.5]
    np.testing.assert_allclose(np.interp(at, places, centre), theirs["log_uranium"], rtol=1e-6)
    half = np.diff(band(ax), axis=1)[:, 0] / 2
    np.testing.assert_allclose(np.interp(at, places, half), Z * np.array(theirs["se"]), rtol=2e-3)  # it is curved
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("log_uranium", "log_radon")


def test_points_are_the_line_plus_residuals() -> None:
    ax, data = pylmer.plot_effect(uranium(), "log_uranium"), pylmer.datasets.load("radon")
    x, y = ax.lines[0].get_data()
    close(x, data["log_uranium"], 1e-12)
    line = np.interp(x, *ax.lines[1].get_data())
    close(y - line, pylmer.resid(uranium()), 1e-9)


def test_a_factor_is_averaged_as_emmeans_does() -> None:
    """Three varieties, each equally often; nitro, which interacts with them, at its mean."""
    ax, theirs = pylmer.plot_effect(fit("yield ~ Variety * nitro + (1 | Block)", "Oats"), "Variety"), R["effect"]
    close(ax.lines[-1].get_ydata(), theirs["varieties"])
    close(np.diff(ends(ax)[:, :, 1], axis=1)[:, 0], 2 * Z * np.array(theirs["se_varieties"]))
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["Golden Rain", "Marvellous", "Victory"]


def test_other_factors_count_as_often_as_they_occur() -> None:
    data = pylmer.datasets.load("Oats").drop(index=[0, 1, 2, 30])
    model = pylmer.lmer("yield ~ Variety + nitro + (1 | Block)", data)
    ax, beta = pylmer.plot_effect(model, "nitro"), pylmer.fixef(model)
    shares = data["Variety"].value_counts(normalize=True)
    expected = beta["(Intercept)"] + sum(shares[name] * beta[f"Variety{name}"] for name in ("Marvellous", "Victory"))
    assert ax.lines[1].get_ydata()[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("term", ["factor(nitro)", "I(nitro > 0.3)"])
def test_numbers_that_are_coded_as_levels(term: str) -> None:
    formula = f"yield ~ Variety + {term} + (1 | Block)"
    ax = pylmer.plot_effect(fit(formula, "Oats"), "nitro")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.0", "0.2", "0.4", "0.6"]
    pylmer.plot_effect(fit(formula, "Oats"), "Variety")


def test_functions_logicals_and_missing_rows() -> None:
    data = pylmer.datasets.load("sleepstudy")
    data = data.assign(late=data["Days"] > 4, text=np.where(data["Days"] % 2, "odd", "even"))
    data.loc[5, "Days"] = np.nan
    model = pylmer.lmer("Reaction ~ log(Days + 1) + late + text + (1 | Subject)", data)
    assert len(pylmer.plot_effect(model, "Days").lines[0].get_xdata()) == 179
    assert [tick.get_text() for tick in pylmer.plot_effect(model, "late").get_xticklabels()] == ["False", "True"]
    assert [tick.get_text() for tick in pylmer.plot_effect(model, "text").get_xticklabels()] == ["even", "odd"]


def test_columns_of_env() -> None:
    data = pylmer.datasets.load("sleepstudy")
    env = {"y": data["Reaction"].to_numpy(), "d": data["Days"].to_numpy(), "s": data["Subject"].astype(str).to_numpy()}
    ours = pylmer.plot_effect(pylmer.lmer("y ~ I(d^2) + (1 | s)", env=env), "d")
    theirs = pylmer.plot_effect(fit("Reaction ~ I(Days^2) + (1 | Subject)", "sleepstudy"), "Days")
    close(ours.lines[1].get_ydata(), theirs.lines[1].get_ydata(), 1e-9)


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="predictor='flor': there is floor; did you mean 'floor'"):
        pylmer.plot_effect(radon(), "flor")
    with pytest.raises(ArgumentError, match="predictor='county': there is floor"):
        pylmer.plot_effect(radon(), "county")
    with pytest.raises(ArgumentError, match="level=95"):
        pylmer.plot_effect(radon(), "floor", level=95)
    with pytest.raises(ArgumentError, match=r"wants a fit of lmer\(\), glmer\(\), lm\(\) or glm\(\), found LmList"):
        pylmer.plot_effect(pylmer.lmList("Reaction ~ Days | Subject", pylmer.datasets.load("sleepstudy")), "Days")
    with pytest.raises(ArgumentError, match="others='mean': wanted one of 'averaged', 'first'"):
        pylmer.plot_effect(radon(), "floor", others="mean")


def test_a_fit_without_data_says_so() -> None:
    steps = pylmer.lFormula("Reaction ~ log(Days + 1) + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    devfun = pylmer.mkLmerDevfun(steps)
    bare = pylmer.mkMerMod(devfun, pylmer.optimizeLmer(devfun))
    with pytest.raises(DataError, match=r"the fit has kept no column 'Days': .* need a fit made with data"):
        pylmer.plot_effect(bare, "Days")
