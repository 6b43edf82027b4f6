"""Pictures of random effects against lattice's: the numbers that are drawn, to 1e-6 of the largest."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

import pylmer
from pylmer import ArgumentError
from tests.extract.test_two_terms import R as BY_R
from tests.extract.test_two_terms import fit as unbalanced

from .answers import R, bars, close, dyestuff, fit, pastes, points, radon, sleep

Z = 1.959963984540054


def test_dotplot_is_lattices() -> None:
    drawn = pylmer.dotplot(pylmer.ranef(sleep()))
    theirs, se = R["dotplot"], np.array(R["dotplot"]["se"]).reshape(2, 18)
    assert [label.get_text() for label in drawn[0].get_yticklabels()] == theirs["rows"]
    assert ([ax.get_xlabel() for ax in drawn], drawn[0].get_ylabel()) == (["(Intercept)", "Days"], "Subject")
    for ax, x, sd in zip(drawn, theirs["x"], se, strict=True):
        rows = np.array(theirs["order"]) - 1
        close(points(ax)[rows], np.column_stack([x, rows]))
        close(bars(ax)[rows, :, 0], np.column_stack([x - Z * sd, x + Z * sd]))


def test_dotplot_without_variances_has_no_bars() -> None:
    [ax] = pylmer.dotplot(pylmer.ranef(radon(), condVar=False))
    assert len(points(ax)) == 85
    assert all(not container.has_xerr for container in ax.containers)


def test_names_of_many_levels_are_left_out() -> None:
    data = {"y": np.arange(300) % 7 + np.arange(300) // 2, "g": np.arange(300) // 2}
    [ax] = pylmer.dotplot(pylmer.ranef(pylmer.lmer("y ~ 1 + (1 | g)", data)))
    assert list(ax.get_yticks()) == []


def test_qqmath_is_lattices() -> None:
    drawn = pylmer.qqmath(pylmer.ranef(sleep()))
    for ax, theirs, sd in zip(drawn, R["modes"]["points"], np.unique(R["dotplot"]["se"])[::-1], strict=True):
        close(points(ax), np.column_stack([theirs["x"], theirs["y"]]))
        close(np.diff(bars(ax)[:, :, 0], axis=1), np.full((18, 1), 2 * Z * sd))
    assert drawn[0].get_ylabel() == R["modes"]["ylab"]
    [few] = pylmer.qqmath(pylmer.ranef(dyestuff()), level=0.5)
    close(points(few), np.column_stack([R["few"]["x"], R["few"]["y"]]))


def test_intervals_go_with_their_levels() -> None:
    """Unbalanced groups have intervals of different lengths: lme4's postVar (tests/data/extract/two_terms.R)."""
    modes, theirs = pylmer.ranef(unbalanced("above")), BY_R["above"]
    values, errors = np.array(theirs["ranef"]["g"]["x"]), np.array(theirs["se"]["g"]["x"])
    assert np.ptp(errors, axis=0).min() > 0.2
    for k, ax in enumerate(pylmer.qqmath(modes, "g")):
        order = np.argsort(values[:, k])
        np.testing.assert_allclose(points(ax)[:, 0], values[order, k], rtol=1e-4)
        np.testing.assert_allclose(np.diff(bars(ax)[:, :, 0], axis=1)[:, 0], 2 * Z * errors[order, k], rtol=1e-4)
    first = np.argsort(values[:, 0])
    drawn = pylmer.dotplot(modes, "g")
    assert [label.get_text() for label in drawn[0].get_yticklabels()] == [f"g{k:02d}" for k in first]
    for k, ax in enumerate(drawn):
        np.testing.assert_allclose(points(ax)[:, 0], values[first, k], rtol=1e-4)
        np.testing.assert_allclose(np.diff(bars(ax)[:, :, 0], axis=1)[:, 0], 2 * Z * errors[first, k], rtol=1e-4)


def test_plot_of_two_columns_is_lattices() -> None:
    [ax] = pylmer.plot(pylmer.ranef(sleep()))
    theirs = R["scatter"]
    close(points(ax), np.column_stack([theirs["points"]["x"], theirs["points"]["y"]]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == (theirs["xlab"], theirs["ylab"])


def test_plot_of_one_and_of_three_columns() -> None:
    [ax] = pylmer.plot(pylmer.ranef(dyestuff()))
    close(
        points(ax)[:, 0],
        np.array([-1, 1]).repeat(3) * [1.2815516, 0.6433453, 0.2018935, 0.2018935, 0.6433453, 1.2815516],
    )
    three = fit("score ~ 1 + (Machine | Worker)", "Machines")
    drawn = pylmer.plot(pylmer.ranef(three))
    names = ["(Intercept)", "MachineB", "MachineC"]
    assert [(ax.get_ylabel(), ax.get_xlabel()) for ax in drawn] == [
        (names[0], names[1]),
        (names[0], names[2]),
        (names[1], names[2]),
    ]


def test_axes_that_are_given_are_used() -> None:
    figure, axes = plt.subplots(1, 2)
    assert pylmer.dotplot(pylmer.ranef(sleep()), axes=axes) == list(axes)
    assert plt.get_fignums() == [figure.number]


def test_one_of_several_factors() -> None:
    [ax] = pylmer.dotplot(pylmer.ranef(pastes()), "batch")
    assert len(points(ax)) == 10


def test_bad_input() -> None:
    modes = pylmer.ranef(pastes())
    for word in (pylmer.dotplot, pylmer.qqmath, pylmer.plot):
        with pytest.raises(ArgumentError, match=r"several grouping factors, sample, batch; choose one: group="):
            word(modes)
        with pytest.raises(ArgumentError, match="group='bach': there is sample, batch; did you mean 'batch'"):
            word(modes, "bach")
    with pytest.raises(ArgumentError, match="wants random effects, as ranef"):
        pylmer.dotplot(pastes())
    with pytest.raises(ArgumentError, match="a level lies between 0 and 1"):
        pylmer.dotplot(modes, "batch", level=95)
    with pytest.raises(ArgumentError, match=r"axes: wanted 2, one for each panel, found 1"):
        pylmer.dotplot(pylmer.ranef(sleep()), axes=plt.subplots()[1])
    with pytest.raises(ArgumentError, match="wants a fit of lmer"):
        pylmer.qqmath(3)
