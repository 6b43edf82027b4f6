"""Letters, plots, weights, offsets, many variables, and what the words of marginal means refuse."""

from __future__ import annotations

import functools
import itertools
import string
from collections.abc import Callable
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.design.estimable import NullSpace
from pylmer.inference.marginal_means.basis import Basis
from pylmer.inference.marginal_means.cells import agreeing, numbers, product
from pylmer.inference.marginal_means.letters import letter_sets
from pylmer.inference.marginal_means.records import Axis
from pylmer.inference.marginal_means.regridding import Inherited
from tests.inference.test_marginal_means_more import data

pytestmark = pytest.mark.filterwarnings("ignore:NOTE. Results may be misleading", "ignore:Note. adjust")


@functools.cache
def fit(formula: str = "angle ~ recipe + s + temp + (1 | recipe:replicate)") -> pylmer.LmerFit:
    """The cakes without the rows that marginal_means_more.R leaves out."""
    return pylmer.lmer(formula, data())


@functools.cache
def means() -> pylmer.EmmGrid:
    return pylmer.emmeans(fit(), "recipe")


# --- weights and optional arguments on an unbalanced design --------------------------------------------------------

# emmip(f, ~ s, plotit = FALSE, weights = ) of R's emmeans 1.8.4-1 for the formula LOGS
EMMIP = {
    "proportional": [3.383782994, 3.477784930, 3.449185925],
    "equal": [3.382481137, 3.477690633, 3.446919965],
}
LOGS = "log(angle) ~ recipe * s + temp + (1 | recipe:replicate)"


def test_weights_differ_where_the_design_is_not_balanced() -> None:
    """The twin of test_weights_of_a_balanced_design_are_equal."""
    model = fit("angle ~ recipe * s + temp + (1 | recipe:replicate)")
    kinds = ("equal", "proportional", "outer", "cells", [1, 2, 3])
    found = [pylmer.emmeans(model, "recipe", weights=w).as_frame()["emmean"].to_numpy() for w in kinds]
    for (i, one), (j, other) in itertools.combinations(enumerate(found), 2):
        if {i, j} != {1, 2}:  # with one variable averaged over its own frequencies are those of its cells
            assert np.max(np.abs(one - other)) > 1e-3
    by_hand = pylmer.emmeans(model, ["recipe", "s"]).as_frame().assign(n=_rows(["s", "recipe"]))
    cells = by_hand.groupby("recipe")[["emmean", "n"]].apply(lambda f: np.average(f["emmean"], weights=f["n"]))
    np.testing.assert_allclose(found[3], cells, rtol=1e-10)


def _rows(names: list[str]) -> np.ndarray:
    """Rows of data by cell, the last name running fastest."""
    return data().groupby(names, observed=False).size().to_numpy()


@pytest.mark.parametrize("weights", EMMIP)
def test_emmip_with_weights(weights: str) -> None:
    ax = pylmer.emmip(fit(LOGS), "~ s", weights=weights)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), EMMIP[weights], rtol=1e-8)


def test_emmip_on_the_scale_of_the_response() -> None:
    """emmip(f, s ~ recipe, CIs = TRUE, type = "response", plotit = FALSE): yvar, LCL, UCL."""
    y = {
        "s1": [30.79816144, 28.99936695, 28.58020700],
        "s2": [32.04502071, 31.68614716, 33.44995703],
        "s3": [34.19251398, 30.89707891, 29.31477099],
    }
    low = {"s1": [25.53461886, 24.04324634, 23.57975975], "s2": [26.56838434, 25.61572227, 27.72654311]}
    high = {"s1": [37.14669693, 34.97711048, 34.64107526], "s2": [38.65057577, 39.19514394, 40.35481888]}
    ax = pylmer.emmip(fit(LOGS), "s ~ recipe", CIs=True, type="response")
    for number, line in enumerate(ax.lines):
        name = str(line.get_label())
        np.testing.assert_allclose(line.get_ydata(), y[name], rtol=1e-7)
        ends = np.array(ax.collections[number].get_segments())[:, :, 1]
        if name in low:
            np.testing.assert_allclose(ends, np.column_stack([low[name], high[name]]), rtol=1e-6)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Levels of recipe", "Predicted response")
    assert pylmer.emmip(fit(LOGS), "s ~ recipe").get_ylabel() == "Linear prediction"


def test_emmip_with_a_level() -> None:
    """emmip(f, s ~ recipe | temp, at = list(temp = c(180, 220)), CIs = TRUE, level = 0.8, plotit = FALSE)."""
    axes = pylmer.emmip(fit(LOGS), "s ~ recipe | temp", at={"temp": [180, 220]}, CIs=True, level=0.8)
    ends = np.array(axes[1].collections[1].get_segments())[:, :, 1]
    theirs = [[3.444375619, 3.686842830], [3.416537726, 3.692156276], [3.487186141, 3.729849690]]
    np.testing.assert_allclose(ends, theirs, rtol=1e-6)


def test_an_offset_is_evaluated_in_each_cell() -> None:
    """R's emmeans(f, ~ temp, offset = 0) and what emmeans documents: its release 1.8.4 adds the mean of the offset."""
    model = fit("angle ~ recipe + temp + offset(temp^2/1000) + (1 | recipe:replicate)")
    at = {"temp": [180, 220]}
    zero = pylmer.emmeans(model, "temp", at=at, offset=0).as_frame()["emmean"]
    np.testing.assert_allclose(zero, [-3.389998992, -13.083879147], rtol=1e-8)
    np.testing.assert_allclose(pylmer.emmeans(model, "temp", at=at, offset=5).as_frame()["emmean"], zero + 5)
    whole = pylmer.emmeans(model, "temp", at=at).as_frame()["emmean"]
    np.testing.assert_allclose(whole, zero + np.array([32.4, 48.4]))  # 180^2 / 1000, 220^2 / 1000


def test_vcov_and_coef() -> None:
    """vcov(emmeans(f, ~ recipe)); coef(contrast(emmeans(f, ~ recipe | s, at = ), "consec")) of R."""
    theirs = [
        [3.107037271e00, -4.988214531e-05, -3.475232183e-05],
        [-4.988214531e-05, 3.374841872e00, -1.239644080e-03],
        [-3.475232183e-05, -1.239644080e-03, 3.168671404e00],
    ]
    np.testing.assert_allclose(pylmer.vcov(means()), theirs, rtol=1e-5, atol=1e-8)
    by = pylmer.emmeans(fit(), "~ recipe | s", at={"s": ["s1", "s2"]})
    found = pylmer.coef(pylmer.contrast(by, "consec"))
    assert list(found.columns) == ["recipe", "s", "c.1", "c.2", "c.3", "c.4"]
    np.testing.assert_array_equal(
        found.iloc[:, 2:],
        [[-1, 0, 0, 0], [1, -1, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0], [0, 0, 1, -1], [0, 0, 0, 1]],
    )


# --- letters -------------------------------------------------------------------------------------------------------

WEIGHT = [
    [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
]  # R's PlantGrowth
# cld(emmeans(mod, "group"), adjust = "Tukey", Letters = letters), as published
PAGE = """ group emmean    SE df lower.CL upper.CL .group
 trt1    4.66 0.197 27     4.16     5.16  a
 ctrl    5.03 0.197 27     4.53     5.53  ab
 trt2    5.53 0.197 27     5.02     6.03   b

Confidence level used: 0.95
Conf-level adjustment: sidak method for 3 estimates
P value adjustment: tukey method for comparing a family of 3 estimates
significance level used: alpha = 0.05"""


@functools.cache
def plants() -> pylmer.EmmGrid:
    group = np.repeat(["ctrl", "trt1", "trt2"], 10)
    return pylmer.emmeans(pylmer.lm("weight ~ group", {"weight": np.ravel(WEIGHT), "group": group}), "group")


def test_cld_page() -> None:
    shown = str(pylmer.cld(plants(), adjust="tukey", letters=string.ascii_lowercase))
    assert [line.rstrip() for line in shown.split("\n")][:9] == PAGE.split("\n")
    assert shown.rstrip().endswith("But we also did not show them to be the same.")


def test_cld_columns_and_order() -> None:
    made = pylmer.cld(plants())
    assert made[".group"].tolist() == [" 1 ", " 12", "  2"]
    assert made["group"].tolist() == ["trt1", "ctrl", "trt2"]
    down = pylmer.cld(plants(), decreasing=True)
    assert (down["group"].tolist(), down[".group"].tolist()) == (["trt2", "ctrl", "trt1"], [" 1 ", " 12", "  2"])
    assert pylmer.cld(plants(), sort=False)["group"].tolist() == ["ctrl", "trt1", "trt2"]
    assert pylmer.cld(plants(), alpha=0.01)[".group"].tolist() == [" 1", " 1", " 1"]  # the smallest p is 0.0120
    assert pylmer.cld(pylmer.emmeans(fit(), "~ s | recipe"))[".group"].tolist() == [" 1"] * 9


def test_letters_of_means_that_cannot_be_estimated() -> None:
    model = deficient("angle ~ s:t + temp + (1 | recipe:replicate)")
    table = pylmer.cld(pylmer.emmeans(model, "t"), letters="ab")
    assert table[".group"].tolist()[-1].strip() == ""
    assert np.isnan(table["emmean"].iloc[-1])


@functools.cache
def deficient(formula: str) -> pylmer.LmerFit:
    """A fit some of whose columns are dropped."""
    with pytest.warns(pylmer.FitNote, match="rank deficient"):
        return pylmer.lmer(formula, data())


@pytest.mark.parametrize("seed", range(40))
def test_letters_tell_which_differ_and_none_is_superfluous(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 9))
    differ = np.triu(rng.random((m, m)) < rng.random(), 1)
    differ = differ | differ.T
    sets = letter_sets(differ)
    share = (sets.astype(int) @ sets.T.astype(int)) > 0
    np.testing.assert_array_equal(share, ~differ | np.eye(m, dtype=bool))
    for left_out in range(sets.shape[1]):  # no letter lies in another one
        others = np.delete(sets, left_out, axis=1)
        assert not any(np.all(sets[:, left_out] <= other) for other in others.T)


# --- many variables ------------------------------------------------------------------------------------------------


@functools.cache
def wide() -> pylmer.LmFit:
    rows = np.arange(1, 201)
    columns = {f"X{j}": np.sin(rows * j * 0.7 + j) for j in range(1, 71)}
    code = rows % 3
    y = sum(columns[f"X{j}"] for j in range(1, 6)) + code + 1 + np.cos(rows)
    frame = {**columns, "g": np.array(["a", "b", "c"])[code], "y": y}
    return pylmer.lm(f"y ~ {' + '.join(columns)} + g", frame)


def test_more_variables_than_an_array_has_dimensions() -> None:
    """emmeans(lm(y ~ ., d), ~ g) of R, with 71 variables."""
    found = pylmer.emmeans(wide(), "g").as_frame()
    np.testing.assert_allclose(found["emmean"], [0.972933503126, 1.705594108347, 3.324659080345], rtol=1e-8)
    np.testing.assert_allclose(found["SE"], [0.1847831352, 2.7317638480, 2.7379091947], rtol=1e-6)
    assert found["df"].tolist() == [127, 127, 127]
    tests = pylmer.joint_tests(wide(), cov_reduce=np.mean)
    assert tests["model term"].tolist() == ["g"]


def test_too_many_cells_are_refused_in_words() -> None:
    rows = np.arange(400)
    columns = {f"f{j}": np.where(rows // 2 ** (j % 8) % 2 == (j > 7), "u", "v") for j in range(66)}
    model = pylmer.lm(f"y ~ {' + '.join(columns)}", {**columns, "y": np.sin(rows)})
    with pytest.raises(pylmer.ArgumentError, match="cells, more than 10,000: fix some variables with at="):
        pylmer.emmeans(model, "f0", nesting=None)


def test_cells() -> None:
    cells = product([2, 1, 3])
    np.testing.assert_array_equal(cells, [[i, 0, k] for k in range(3) for i in range(2)])
    np.testing.assert_array_equal(numbers(cells, [2, 1, 3]), np.arange(6))
    distinct, which = agreeing(cells[:, [2]])
    np.testing.assert_array_equal(distinct[which], cells[:, [2]])


# --- digits of degrees of freedom ----------------------------------------------------------------------------------

# print(summary(emmobj(bhat = c(10.5, 11.25, 12), V = diag(1:3), dffun = ), infer = c(FALSE, TRUE))) with these
# degrees of freedom, and print(test(, joint = TRUE, by = "a")): the columns df and df2 of R's pages
DF = {
    (5.006, 5, 5): ["5.01", "5.00", "5.00"],
    (123.456, 9.5, 2): ["123.5", "9.5", "2.0"],
    (1034.56, 3.14159, 17): ["1034.56", "3.14", "17.00"],
    (123456.7, 3.25, 4): ["1.23e+05", "3.25e+00", "4.00e+00"],
    (12.0449, 12.05, 12.051): ["12.0", "12.1", "12.1"],
    (10.004, 100.5, 1000.25): ["10", "100", "1000"],
}
DF2 = {
    (2700.00, 12.93, 322000.00): ["2700.0", "12.9", "322000.0"],
    (338189.6100, 6364.7497, 8506.3542): ["338189.6", "6364.8", "8506.4"],
    (4.91, 9.30, 30.90): ["4.91", "9.30", "30.90"],
}


def three(df: tuple[float, ...]) -> pylmer.EmmGrid:
    method = Inherited(np.diag([1.0, 2.0, 3.0]), np.array(df))
    basis = Basis(np.arange(3), np.array([10.5, 11.25, 12.0]), NullSpace(np.ones(3), np.zeros((3, 0))), method, None)
    axis, zero, one = Axis("a", ("u", "v", "w")), np.zeros(3), np.ones(3)
    return pylmer.EmmGrid(basis, (axis,), np.eye(3), zero, one, infer=(False, True), label="estimate")


def printed(shown: str, name: str) -> list[str]:
    head, *rows = shown.split("\n")[:4]
    return [row.split()[head.split().index(name)] for row in rows]


@pytest.mark.parametrize("df", DF)
def test_digits_of_df(df: tuple[float, ...]) -> None:
    assert printed(str(three(df)), "df") == DF[df]


@pytest.mark.parametrize("df", DF2)
def test_digits_of_df2(df: tuple[float, ...]) -> None:
    assert printed(str(pylmer.test(three(df), joint=True, by="a")), "df2") == DF2[df]


# --- nested variables beyond R -------------------------------------------------------------------------------------


def test_means_of_nested_variables_that_r_stops_at() -> None:
    """R's emmeans(f, ~ dis) ends in "undefined columns selected" where two variables are nested; ~ g * dis does not."""
    model = deficient("angle ~ g / recipe + dis / s + temp + (1 | recipe:replicate)")
    with pytest.warns(pylmer.FitNote, match="recipe %in% g, s %in% dis"):
        dis = pylmer.emmeans(model, "dis").as_frame()["emmean"].to_numpy()
    with pytest.warns(pylmer.FitNote, match="recipe %in% g, s %in% dis"):
        grid = pylmer.emmeans(model, "~ dis * g")
    both = grid.as_frame()["emmean"].to_numpy().reshape(2, 2, order="F")
    np.testing.assert_allclose(dis, both.mean(axis=1))


def test_simple_contrasts_of_nested_variables() -> None:
    model = deficient("angle ~ s / t + temp + (1 | recipe:replicate)")
    with pytest.warns(pylmer.FitNote, match="t %in% s"):
        grid = pylmer.emmeans(model, "t")
    assert str(pylmer.pairs(grid, simple="each")) == str(pylmer.pairs(grid, simple="t"))
    within = pylmer.contrast(grid, interaction="consec", by="s").as_frame()
    assert within["t_consec"].tolist() == ["2 - 1", "3 - 2", "2 - 1", "2 - 1"]
    with pytest.raises(pylmer.ArgumentError, match="make tables of those with by="):
        pylmer.contrast(grid, interaction="consec")


# --- refused -------------------------------------------------------------------------------------------------------


def log_means() -> pylmer.EmmGrid:
    return pylmer.emmeans(fit("log(angle) ~ recipe + temp + (1 | recipe:replicate)"), "recipe")


TWO: Callable[[], Any] = lambda: pylmer.emmeans(fit(), "pairwise ~ recipe")  # noqa: E731
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "summary": (lambda: pylmer.summary(means(), lvl=0.9), r"^summary\(\): .*'lvl'; it takes .*level"),
    "summary of two": (lambda: pylmer.summary(TWO(), lvl=0.9), r"^summary\(\): .*'lvl'"),
    "confint": (lambda: pylmer.confint(means(), lvl=0.9), r"^confint\(\): .*'lvl'"),
    "confint of two": (lambda: pylmer.confint(TWO(), lvl=0.9), r"^confint\(\): .*'lvl'"),
    "as_frame": (lambda: means().as_frame(lvl=0.9), r"^as_frame\(\): .*'lvl'"),
    "to_string": (lambda: means().to_string(lvl=0.9), r"^to_string\(\): .*'lvl'"),
    "to_string of two": (lambda: TWO().to_string(lvl=0.9), r"^to_string\(\): .*'lvl'"),
    "to_string of tables": (lambda: pylmer.summary(TWO()).to_string(lvl=1), r"^to_string\(\): .*'lvl'"),
    "digits": (lambda: means().to_string(digits="x"), "digits='x': wanted a whole number from 1 to 22"),
    "many digits": (lambda: means().to_string(digits=10**9), "1 to 22"),
    "test": (lambda: pylmer.test(means(), lvl=1), r"^test\(\): .*'lvl'"),
    "joint_tests": (lambda: pylmer.joint_tests(means(), lvl=1), r"^joint_tests\(\): .*'lvl'"),
    "reverse": (lambda: pylmer.contrast(means(), "pairwise", reverse="no"), "wanted True or False"),
    "function": (lambda: pylmer.contrast(means(), lambda labels: {}, foo=1), "the function of contrasts.*'foo'"),
    "exclude": (lambda: pylmer.contrast(means(), "pairwise", exclude=[1, 2, 3]), "leaves no means"),
    "degree": (lambda: pylmer.contrast(means(), "poly", max_degree="a"), "wanted a degree"),
    "by frame": (lambda: pylmer.summary(means(), by=pd.DataFrame({"a": [1]})), r"summary\(\) wants a text, or several"),
    "type array": (lambda: pylmer.summary(means(), type=np.array([1, 2])), r"type=.*: summary\(\) wants a text"),
    "bias": (lambda: pylmer.summary(log_means(), type="response", bias_adjust="no"), "True, False or None"),
    "sigma": (lambda: pylmer.summary(log_means(), type="response", bias_adjust=True, sigma=-1), "standard deviation"),
    "sigmas": (lambda: pylmer.summary(log_means(), type="response", bias_adjust=True, sigma=[1, 2]), "or 3, one for"),
    "df": (lambda: pylmer.emmeans(fit(), "s", df=-1), "wanted degrees of freedom"),
    "nesting": (lambda: pylmer.emmeans(fit(), "s", nesting="recipe"), 'wanted "t %in% s"'),
    "nesting unknown": (lambda: pylmer.emmeans(fit(), "s", nesting="s %in% recipes"), "did you mean 'recipe'"),
    "nesting in itself": (lambda: pylmer.emmeans(fit(), "s", nesting="s %in% temp, temp %in% s"), "nested in itself"),
    "nesting number": (lambda: pylmer.emmeans(fit(), "s", nesting={"s": 3}), "nesting="),
    "cov_reduce": (lambda: pylmer.ref_grid(fit(), cov_reduce={"tmp": np.mean}), "did you mean 'temp'"),
    "cov_reduce factor": (lambda: pylmer.ref_grid(fit(), cov_reduce="s ~ temp"), "'s' is no numeric variable"),
    "cov_reduce name": (lambda: pylmer.ref_grid(fit(), cov_reduce="temp ~ zz"), "no variable 'zz'"),
    "cov_keep": (lambda: pylmer.ref_grid(fit(), cov_keep=np.nan), "names of numeric variables"),
    "max_degree": (lambda: pylmer.emtrends(fit(), "s", "temp", max_degree=6), "wanted a degree, 1 to 5"),
    "delta_var": (lambda: pylmer.emtrends(fit(), "s", "temp", delta_var=0), "not 0"),
    "simple": (lambda: pylmer.pairs(means(), simple=[]), 'the variables to compare, or "each"'),
    "combine": (lambda: pylmer.pairs(means(), simple="each", combine="yes"), "True or False"),
    "regrid": (lambda: pylmer.regrid(means(), "lg"), "did you mean 'log'"),
    "regrid a fit": (lambda: pylmer.regrid(fit()), "wants marginal means"),
    "regrid no way back": (
        lambda: pylmer.regrid(pylmer.emmeans(fit("exp(angle/30) ~ recipe + (1 | recipe:replicate)"), "recipe")),
        "the way back from 'exp'",
    ),
    "rbind": (lambda: pylmer.rbind(means(), log_means()), "of different fits"),
    "rbind nothing": (lambda: pylmer.rbind(), "one or more"),
    "eff_size": (lambda: pylmer.eff_size(means(), sigma=0, edf=3), "sigma=0: wanted a positive number"),
    "eff_size without": (lambda: pylmer.eff_size(means()), r"eff_size\(\): missing .*'sigma'"),
    "cld": (lambda: pylmer.cld(means(), alpha=2), "between 0 and 1"),
    "cld letters": (lambda: pylmer.cld(plants(), letters="a"), "2 are needed, and there are 1"),
    "add_grouping": (lambda: pylmer.add_grouping(means(), "h", "recipe", ["a"]), "wanted 3 groups"),
    "add_grouping name": (lambda: pylmer.add_grouping(means(), "recipe", "recipe", list("abc")), "has not"),
    "rows": (lambda: means()[[0, 9]], "wanted rows from 0 to 2"),
    "no specs": (lambda: pylmer.emmeans(fit(), {}), "no means are asked for"),
    "no level": (lambda: pylmer.emmeans(fit(), "s", at={"s": []}), "one or more of its levels"),
    "coef": (lambda: pylmer.coef(means()), "no contrasts"),
    "by all": (lambda: pylmer.pairs(means(), by="recipe"), "none are left to compare"),
    "weights": (lambda: pylmer.emmeans(fit(), "~ s", weights=[1, 2, 3], nesting="recipe %in% s"), "nested variables"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str) -> None:
    call, message = BAD[what]
    with pytest.raises(pylmer.ArgumentError, match=message):
        call()
