"""Pictures of fits of glmer: what is drawn against R (tests/data/glmm/pooling.R), lme4's numbers and arithmetic."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import special

import pylmer
from tests.plots.answers import ends, points

from .fits import cbpp
from .test_pooling import R, close, contraception, fit

LIMITS = 2e-3  # R's Hessian is made of differences: of its standard errors the third digit holds


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def second_axis(ax):
    """The axis on the right: (mean, linear predictor) of its marks."""
    [axis] = ax.child_axes
    axis.figure.canvas.draw()
    marks = [
        (float(label.get_text()), place) for label, place in zip(axis.get_yticklabels(), axis.get_yticks(), strict=True)
    ]
    return axis, np.array(marks)


def triangles(ax):
    return {line.get_marker(): line for line in ax.lines if line.get_marker() in ("^", "v")}


# --- intercepts, shrinkage -------------------------------------------------------------------------------------------


def test_intercepts_with_levels_at_the_border():
    theirs = R["contraception"]
    no, multilevel = pylmer.plot_intercepts(contraception())
    finite = pd.Series(theirs["none"]).dropna()
    close(points(no)[:, 1], finite, 1e-8)
    half = pd.Series(theirs["se_none"]).dropna().to_numpy()
    close(ends(no)[:, :, 1], np.column_stack([finite - half, finite + half]), 1e-5)
    close(points(multilevel)[:, 1], theirs["fixef"][0] + np.array(theirs["ranef"]), 2e-5)
    up, down = (triangles(no)[marker] for marker in "^v")
    assert (len(up.get_xdata()), len(down.get_xdata())) == (theirs["ends"].count(1), theirs["ends"].count(0))
    assert (up.get_ydata() > 0.95).all()
    assert (down.get_ydata() < 0.05).all()  # in parts of the height
    assert triangles(multilevel) == {}


def test_the_second_axis_is_the_inverse_link():
    for ax, label, inverse in (
        (pylmer.plot_intercepts(contraception())[1], "probability", special.expit),
        (pylmer.plot_intercepts(fit("y ~ trt + (1 | subject)", "epil", "poisson"))[1], "mean", np.exp),
        (
            pylmer.plot_intercepts(fit("Reaction ~ 1 + (1 | Subject)", "sleepstudy", 'Gamma("inverse")'))[1],
            "mean",
            np.reciprocal,
        ),
    ):
        axis, marks = second_axis(ax)
        assert axis.get_ylabel() == label
        close(marks[:, 0], inverse(marks[:, 1]), 1e-9)
        low, high = ax.get_ylim()
        assert ((low < marks[:, 1]) & (marks[:, 1] < high)).all()
        assert len(marks) >= 3


def test_slopes_have_no_axis_of_means():
    slopes = fit("use ~ age + (urban | district)", "Contraception")
    assert pylmer.plot_intercepts(slopes, "urbanY")[1].child_axes == []
    assert pylmer.plot_shrinkage(slopes).child_axes == []


def test_fits_of_lmer_have_no_axis_of_means():
    radon = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    assert pylmer.plot_intercepts(radon)[1].child_axes == []


def test_shrinkage():
    theirs, ax = R["cbpp"], pylmer.plot_shrinkage(cbpp())
    no, multilevel = (np.asarray(line.get_ydata(), float) for line in ax.lines[:2])
    close(no, theirs["none"], 1e-8)
    close(multilevel, theirs["fixef"][0] + np.array(theirs["ranef"]), 2e-5)
    assert second_axis(ax)[0].get_ylabel() == "probability"
    labels = [text.get_text() for text in pylmer.plot_shrinkage(contraception()).get_legend().get_texts()]
    assert labels.count("no finite estimate") == 1


def test_group_predictor():
    model = fit("immun ~ kid2p + pcInd81 + (1 | comm)", "guImmun")
    ax = pylmer.plot_group_predictor(model, "pcInd81")
    share = pylmer.model_frame(model).groupby("comm", observed=True)["pcInd81"].first()
    b = pylmer.ranef(model)["comm"]["(Intercept)"]
    expected = model.fixef()["(Intercept)"] + model.fixef()["pcInd81"] * share[b.index] + b
    close(points(ax)[:, 1], expected, 1e-12)
    assert second_axis(ax)[0].get_ylabel() == "probability"


# --- lines -----------------------------------------------------------------------------------------------------------


def test_lines_of_means():
    """In district 1 of countrywomen and townswomen as they occur; 3 has users alone, 11 none."""
    model = contraception()
    one, users, none = pylmer.plot_lines(model, "age", levels=["1", "3", "11"])
    assert one.get_ylabel() == "probability of use"
    frame = pylmer.model_frame(model)
    here = frame[frame["district"] == "1"]
    line = one.lines[-1]
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    b = model.fixef()
    town = (here["urban"] == "Y").mean()
    intercept = pylmer.coef(model)["district"].loc["1", "(Intercept)"]
    close(y, special.expit(intercept + b["urbanY"] * town + b["age"] * x), 1e-12)
    assert (np.asarray(users.lines[2].get_ydata()) == 1.0).all()
    assert (np.asarray(none.lines[2].get_ydata()) == 0.0).all()
    dots = np.asarray(one.lines[0].get_ydata())
    assert len(dots) == len(here)
    assert np.round(dots).sum() == (here["use"] == "Y").sum()
    assert ((dots >= 0) & (dots <= 1)).all()


def test_lines_of_complete_pooling():
    theirs = R["contraception"]["complete"]
    [ax] = pylmer.plot_lines(contraception(), "age", levels=["1"], estimates=["complete"])
    frame = pylmer.model_frame(contraception())
    town = (frame[frame["district"] == "1"]["urban"] == "Y").mean()
    x, y = ax.lines[-1].get_data()
    close(y, special.expit(theirs[0] + theirs[1] * town + theirs[2] * np.asarray(x)), 1e-8)


def test_lines_of_linear_predictors():
    drawn = pylmer.plot_lines(contraception(), "age", levels=["1", "3"], type="link")
    assert drawn[0].get_ylabel() == "logit of use"
    assert np.isnan(np.asarray(drawn[0].lines[0].get_ydata())).all()  # no responses on this scale
    assert list(triangles(drawn[1])) == ["^"]
    assert [len(ax.child_axes) for ax in drawn] == [0, 1]
    means = pylmer.plot_lines(contraception(), "age", levels=["1", "3"])
    for linear, mean in zip(drawn[0].lines[1:4], means[0].lines[1:4], strict=True):
        close(special.expit(np.asarray(linear.get_ydata())), mean.get_ydata(), 1e-12)


def test_an_offset_is_taken_out_of_counts():
    data = pylmer.datasets.load("cbpp").assign(quarter=lambda d: d["period"].astype(int))
    model = pylmer.glmer("incidence ~ quarter + offset(log(size)) + (1 | herd)", data, "poisson")
    [ax] = pylmer.plot_lines(model, levels=["7"])
    here = data[data["herd"] == "7"]
    close(ax.lines[0].get_ydata(), here["incidence"] / here["size"], 1e-12)


# --- effects ---------------------------------------------------------------------------------------------------------


def test_effect_of_a_factor_is_that_of_emmeans():
    theirs = pd.DataFrame(R["cbpp"]["emmeans"])
    ax = pylmer.plot_effect(cbpp(), "period")
    [bars] = ax.containers
    close(bars[0].get_ydata(), theirs["prob"], 1e-4)
    limits = np.array([segment[:, 1] for segment in bars[2][0].get_segments()])
    close(limits, theirs[["asymp.LCL", "asymp.UCL"]], LIMITS)
    data = pylmer.datasets.load("cbpp")
    close(ax.lines[0].get_ydata(), data["incidence"] / data["size"], 1e-12)
    assert ax.get_ylabel() == "probability of incidence"


def test_effect_of_a_number_is_that_of_emmeans():
    """Averaged over town and country as they occur, before the inverse link."""
    theirs = R["contraception"]
    ax = pylmer.plot_effect(contraception(), "age")
    line = ax.lines[-1]
    at = [np.interp(theirs["ages"], line.get_xdata(), line.get_ydata())]
    close(at[0], [row["prob"] for row in theirs["emmeans"]], 1e-4)
    band = ax.collections[0].get_paths()[0].vertices
    for age, row in zip(theirs["ages"], theirs["emmeans"], strict=True):
        near = band[np.abs(band[:, 0] - age) < 0.2, 1]
        close([near.min(), near.max()], [row["asymp.LCL"], row["asymp.UCL"]], LIMITS)


def test_effect_of_the_link():
    """Partial residuals are working residuals about the line."""
    model = contraception()
    ax = pylmer.plot_effect(model, "age", type="link")
    line, mean = ax.lines[-1], pylmer.plot_effect(model, "age").lines[-1]
    close(special.expit(np.asarray(line.get_ydata())), mean.get_ydata(), 1e-12)
    ages = pylmer.model_frame(model)["age"].to_numpy()
    expected = np.interp(ages, line.get_xdata(), line.get_ydata()) + pylmer.resid(model, "working").to_numpy()
    close(ax.lines[0].get_ydata(), expected, 1e-6)
    assert second_axis(ax)[0].get_ylabel() == "probability"


def test_effects_of_lmer_are_as_they_were():
    sleep = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    plain, linked = pylmer.plot_effect(sleep, "Days"), pylmer.plot_effect(sleep, "Days", type="link")
    close(plain.lines[-1].get_ydata(), linked.lines[-1].get_ydata(), 1e-15)
    assert linked.child_axes == []


# --- criterion, interaction, and what is refused ---------------------------------------------------------------------


def test_criterion():
    ax = pylmer.plot_criterion(cbpp())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("θ = σ(herd)", "-2 log L")
    curve = next(line for line in ax.lines if len(line.get_xdata()) > 20 and line.get_linestyle() == "-")
    low = np.argmin(np.asarray(curve.get_ydata()))
    assert abs(np.asarray(curve.get_xdata())[low] / float(cbpp().theta[0]) - 1) < 0.15
    assert len(pylmer.plot_criterion(contraception()).lines) == len(ax.lines) - 1  # no limit to show
    gamma = fit("Reaction ~ 1 + (1 | Subject)", "sleepstudy", 'Gamma("log")')
    assert pylmer.plot_criterion(gamma).get_xlabel() == "θ = σ(Subject) / σ(residual)"


def test_emmip():
    theirs = pd.DataFrame(R["cbpp"]["emmeans"])
    ax = pylmer.emmip(cbpp(), "~ period", type="response", CIs=True)
    close(ax.lines[0].get_ydata(), theirs["prob"], 1e-4)
    assert ax.get_ylabel() == "Predicted prob"  # as R's emmip has it
    assert pylmer.emmip(cbpp(), "~ period").get_ylabel() == "Linear prediction"


def test_mistakes():
    linear = pylmer.glm("cbind(incidence, size - incidence) ~ period", pylmer.datasets.load("cbpp"), family="binomial")
    for word in (pylmer.plot_intercepts, pylmer.plot_shrinkage, pylmer.plot_lines):
        with pytest.raises(pylmer.ArgumentError, match=r"wants a fit of lmer\(\) or glmer\(\), found GlmFit"):
            word(linear)
    with pytest.raises(pylmer.ArgumentError, match="type='mean': wanted 'link' or 'response'"):
        pylmer.plot_effect(contraception(), "age", type="mean")
    with pytest.raises(pylmer.ArgumentError, match="type='log': wanted 'link' or 'response'"):
        pylmer.plot_lines(contraception(), "age", type="log")


@pytest.mark.parametrize(("low", "high"), [(0.21, 0.43), (2.2, 4.1), (97, 131), (0.5, 60), (3, 1e5), (1e-4, 2e-3)])
def test_marks_of_means_are_round_and_lie_apart(low, high):
    from pylmer.families import poisson
    from pylmer.plots.scales import _marks

    places, means = _marks(poisson(), np.log(low), np.log(high))
    close(np.exp(places), means, 1e-12)
    assert 3 <= len(means) <= 14
    assert np.diff(np.sort(places)).min() > 0.07 * np.log(high / low)
    close([float(f"{mean:.3g}") for mean in means], means, 1e-12)
