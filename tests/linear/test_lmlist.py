"""lmList against lme4 1.1-31."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import DataError, FitNote, FormulaError

from .cases import CLOSE, LISTS, R, frame, numbers, table


def fitted_list(name: str) -> Any:
    data, formula, options = LISTS[name]
    if name != "radon":
        return pylmer.lmList(formula, frame(data), **options)
    with pytest.warns(FitNote, match="residual degrees of freedom"):
        return pylmer.lmList(formula, frame(data), **options)


@pytest.mark.parametrize("name", LISTS)
def test_list_coefficients_and_intervals(name: str) -> None:
    fits, r = fitted_list(name), R["lmList"][name]
    expected = table(r["coef"])
    ours = pylmer.coef(fits)
    assert list(ours.index) == list(expected.index)
    assert list(ours.columns) == list(expected.columns)
    np.testing.assert_allclose(ours, expected, **CLOSE)
    limits = pylmer.confint(fits)
    values = numbers(r["confint"]["values"])  # (group, bound, coefficient)
    for i, column in enumerate(r["confint"]["columns"]):
        np.testing.assert_allclose(limits[column], values[:, :, i], rtol=1e-8)


@pytest.mark.parametrize("name", [name for name in LISTS if name != "radon"])
def test_list_print_and_sigma(name: str) -> None:
    fits, r = fitted_list(name), R["lmList"][name]
    if name != "scaled":  # a coefficient there ends in 5 where it is rounded: 309.43605
        assert str(fits).split("\n") == r["print"]
    assert pylmer.sigma(fits) == pytest.approx(r["sigma"], rel=1e-12)


def test_radon_by_county() -> None:
    """85 counties, 25 of them with all houses on one floor; the pooled sigma is that of lm with county-wise lines.

    R's lmList counts the slopes that have no estimate as used up (749 degrees of freedom, sigma 0.7591); here, as in
    lm, an aliased coefficient takes none.
    """
    fits = fitted_list("radon")
    assert pylmer.coef(fits).shape == (85, 2)
    assert int(pylmer.coef(fits)["floor"].isna().sum()) == 25
    whole = pylmer.lm("log_radon ~ county * floor", frame("radon"))
    assert pylmer.df_residual(fits) == pylmer.df_residual(whole) == 774
    assert pylmer.sigma(fits) == pytest.approx(pylmer.sigma(whole), rel=1e-12)
    assert len(fits.notes) == 1


def test_pooled_intervals() -> None:
    fits, r = fitted_list("sleepstudy"), R["lmList"]["sleepstudy"]["confint_pooled"]
    limits = pylmer.confint(fits, pool=True)
    for i, column in enumerate(r["columns"]):
        np.testing.assert_allclose(limits[column], numbers(r["values"])[:, :, i], rtol=1e-9)


def test_groups_that_cannot_be_fitted_are_named() -> None:
    data = frame("Machines")
    data = data[(data["Worker"] != "3") | (data["Machine"] == "A")]
    with pytest.warns(FitNote, match="3") as said:
        fits = pylmer.lmList("score ~ Machine | Worker", data)
    assert len(said) == 1
    assert pylmer.coef(fits).loc["3"].isna().all()
    assert pylmer.coef(fits).loc["6"].notna().all()


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("Reaction ~ Days", r"y ~ x \| g"),
        ("Reaction ~ Days + (1 | Subject)", r"y ~ x \| g"),
        ("Reaction ~ Days | nope", "nope"),
    ],
)
def test_list_formula_mistakes(formula: str, message: str) -> None:
    with pytest.raises((FormulaError, DataError), match=message):
        pylmer.lmList(formula, frame("sleepstudy"))


@pytest.mark.parametrize("kind", ["polars", "dict", "env"])
def test_groups_of_any_data(kind: str) -> None:
    """Machine is coded group by group, so the group's rows are taken from the data as they came."""
    pandas = frame("Machines")
    formula = "score ~ Machine | Worker"
    columns = {name: pandas[name].to_list() for name in pandas}
    if kind == "env":
        fits = pylmer.lmList(formula, env=columns)
    else:
        polars = pytest.importorskip("polars")
        fits = pylmer.lmList(formula, polars.DataFrame(columns) if kind == "polars" else columns)
    expected = pylmer.coef(pylmer.lmList(formula, pandas))
    np.testing.assert_allclose(pylmer.coef(fits).loc[expected.index], expected, rtol=1e-12)


def test_fitted_values_and_residuals_make_up_the_response() -> None:
    data = frame("sleepstudy")
    fits = pylmer.lmList("Reaction ~ Days | Subject", data)
    np.testing.assert_allclose(pylmer.fitted(fits) + pylmer.resid(fits), data["Reaction"], rtol=1e-14)
    assert pylmer.nobs(fits) == 180
    assert float((pylmer.resid(fits) ** 2).sum()) == pytest.approx(pylmer.sigma(fits) ** 2 * 144, rel=1e-12)


# --- summary, predict, residuals, sigma: R 4.2.2, lme4 1.1-31, options(digits = 10) ----------------------------------


def three() -> pd.DataFrame:
    """droplevels(subset(sleepstudy, Subject %in% c("308", "309", "310")))."""
    data = frame("sleepstudy")
    data = data[data["Subject"].isin(["308", "309", "310"])].reset_index(drop=True)
    data.attrs["name"] = "d3"
    return data


SUMMARY = """Call:
  Model: Reaction ~ Days | Subject
   Data: d3

Coefficients:
   (Intercept)
    Estimate Std. Error  t value     Pr(>|t|)
308 244.1927   17.01257 14.35366 2.821557e-13
309 205.0549   17.01257 12.05314 1.140545e-11
310 203.4842   17.01257 11.96082 1.337387e-11
   Days
     Estimate Std. Error   t value     Pr(>|t|)
308 21.764702   3.186746 6.8297566 4.599702e-07
309  2.261785   3.186746 0.7097475 4.847000e-01
310  6.114899   3.186746 1.9188533 6.697170e-02

Residual standard error: 28.94506 on 24 degrees of freedom"""


def test_summary_page() -> None:
    """R: print(summary(lmList(Reaction ~ Days | Subject, d3))); its "| NULL" is nlme's "| Subject" here."""
    shown = str(pylmer.summary(pylmer.lmList("Reaction ~ Days | Subject", three())))
    assert "\n".join(line.rstrip() for line in shown.split("\n")).rstrip() == SUMMARY


def test_summary_by_group() -> None:
    """R: summary(lmList(Reaction ~ Days | Subject, sleepstudy)); summary(lmList(..., d3, pool = FALSE))."""
    whole = pylmer.summary(pylmer.lmList("Reaction ~ Days | Subject", frame("sleepstudy")))
    r = [1.129807333e01, 2.817566169, 4.009869744, 9.718196840e-05]
    np.testing.assert_allclose(pylmer.coef(whole)["Days"].loc["372"], r, rtol=1e-9)
    r = [2.670448000e02, 1.504168723e01, 1.775364664e01, 4.373979112e-38]
    np.testing.assert_allclose(whole.coefficients["(Intercept)"].loc["372"], r, rtol=1e-8)
    assert (whole.RSE, whole.df_residual) == (pytest.approx(25.59181563, rel=1e-9), 144)
    np.testing.assert_allclose(whole.sigma[["308", "372"]], [47.77968658, 11.28398629], rtol=1e-9)
    own = pylmer.lmList("Reaction ~ Days | Subject", three(), pool=False)
    table = pylmer.summary(own)
    np.testing.assert_allclose(table.coefficients["Days"]["Std. Error"], [5.2603704, 0.9770772, 1.3564226], rtol=1e-7)
    np.testing.assert_allclose(
        table.coefficients["Days"]["Pr(>|t|)"], [0.003264657, 0.049314430, 0.001980757], rtol=1e-6
    )
    assert "Residual standard error" not in str(table)
    pooled = pylmer.summary(refit_pooled()).coefficients
    pd.testing.assert_frame_equal(pylmer.summary(own, pool=True).coefficients, pooled)


def refit_pooled() -> Any:
    return pylmer.lmList("Reaction ~ Days | Subject", three())


def test_sigma_and_residuals_by_group() -> None:
    """R: sigma(f), sapply(f, sigma), resid(f, type = "pearson"), "pooled.pearson" of rows 1, 11, 21."""
    fits = refit_pooled()
    assert pylmer.sigma(fits) == pytest.approx(28.94506185, rel=1e-9)
    np.testing.assert_allclose(pylmer.sigma(fits, pool=False), [47.779686583, 8.874744091, 12.320319979], rtol=1e-9)
    ours = pylmer.resid(fits, type="pearson").iloc[[0, 10, 20]]
    np.testing.assert_allclose(ours, [0.1123349962, 1.9920523189, -0.3595949993], rtol=1e-9)
    ours = pylmer.resid(fits, type="pooled.pearson").iloc[[0, 10, 20]]
    np.testing.assert_allclose(ours, [0.1854316614, 0.6107761882, -0.1530598026], rtol=1e-9)


def test_pearson_residuals_are_weighted() -> None:
    """As lm's: sqrt(w) (y - fitted) / sigma of the group's lm; R's lmList passes over the weights."""
    data = three()
    w = np.resize([1, 2, 0.5], 30)
    ours = pylmer.resid(pylmer.lmList("Reaction ~ Days | Subject", data, weights=w), type="pearson")
    one = data["Subject"] == "309"
    alone = pylmer.lm("Reaction ~ Days", data[one], weights=w[one])
    np.testing.assert_allclose(ours[one], pylmer.resid(alone, type="pearson", scaled=True), rtol=1e-9)


def test_predict() -> None:
    """R: predict(f, data.frame(Days = 0:2, Subject = c("308", "309", "310"))); se.fit from nlme."""
    new = {"Days": [0, 1, 2], "Subject": ["308", "309", "310"]}
    found = refit_pooled().predict(new, se_fit=True)
    np.testing.assert_allclose(found["fit"], [244.1927, 207.3167, 215.7140], rtol=2e-7)
    np.testing.assert_allclose(found["se_fit"], [17.01257, 14.42861, 12.13477], rtol=5e-7)
    own = pylmer.predict(refit_pooled(), new, se_fit=True, pool=False)
    np.testing.assert_allclose(own["se_fit"], [28.082693, 4.423905, 5.165103], rtol=2e-7)
    scalar = pylmer.predict(refit_pooled(), {"Days": 1, "Subject": ["308", "310"]})
    np.testing.assert_allclose(scalar, [265.9573715, 209.5991242], rtol=1e-8)  # R: fitted(f)[c(2, 22)]


def test_prediction_intervals_of_a_group_are_those_of_its_lm() -> None:
    """R: predict(lm(Reaction ~ Days, subset(sleepstudy, Subject == "308")), data.frame(Days = c(0, 9)), ...)."""
    new = {"Days": [0, 9], "Subject": "308"}
    found = pylmer.predict(refit_pooled(), new, interval="prediction", level=0.9, pool=False)
    r = [[244.1926691, 141.1338377, 347.2515005], [440.0749909, 337.0161595, 543.1338223]]
    np.testing.assert_allclose(found[["fit", "lwr", "upr"]], r, rtol=1e-9)


def test_new_rows_are_coded_as_each_group_was() -> None:
    """R: predict(lmList(Reaction ~ poly(Days, 2) | Subject, sleepstudy), ...); of Machines."""
    fits = pylmer.lmList("Reaction ~ poly(Days, 2) | Subject", frame("sleepstudy"))
    ours = pylmer.predict(fits, {"Days": [0, 9.5], "Subject": ["308", "309"]})
    np.testing.assert_allclose(ours, [241.2841691, 242.3391305], rtol=1e-9)
    machines = pylmer.lmList("score ~ Machine | Worker", frame("Machines"))
    ours = pylmer.predict(machines, {"Machine": ["A", "C"], "Worker": ["1", "6"]})
    np.testing.assert_allclose(ours, [52.63333333, 61.30000000], rtol=1e-9)


@pytest.mark.parametrize("formula", ["Reaction ~ Days | Subject", "Reaction ~ scale(Days) | Subject"])
def test_intervals_of_the_rows_of_the_fit(formula: str) -> None:
    """Without newdata: the rows used, in their order; as predicted from the data themselves."""
    data = frame("sleepstudy").sample(frac=1, random_state=3)
    data.iloc[4, 0] = np.nan
    fits = pylmer.lmList(formula, data, subset="Days > 0")
    ours = pylmer.predict(fits, interval="confidence")
    used = data[data["Reaction"].notna() & (data["Days"] > 0)]
    assert ours.index.equals(used.index)
    pd.testing.assert_frame_equal(ours, pylmer.predict(fits, used, interval="confidence"))
    np.testing.assert_allclose(ours["fit"], pylmer.fitted(fits))


def test_groups_without_data_are_rows_of_nan() -> None:
    """R: d3$Reaction[d3$Subject == "309"] <- NA; coef, sigma, summary of the fit to d3."""
    data = three()
    data.loc[data["Subject"] == "309", "Reaction"] = np.nan
    with pytest.warns(FitNote, match="of 3 groups, without data .missing values in every row.: 309$") as said:
        fits = pylmer.lmList("Reaction ~ Days | Subject", data)
    assert len(said) == 1
    np.testing.assert_allclose(
        pylmer.coef(fits), [[244.1927, 21.764702], [np.nan, np.nan], [203.4842, 6.114899]], rtol=2e-7
    )
    assert pylmer.sigma(fits) == pytest.approx(34.89046, rel=1e-6)
    assert (pylmer.nobs(fits), pylmer.df_residual(fits)) == (20, 16)
    assert pylmer.sigma(fits, pool=False).isna().tolist() == [False, True, False]
    page = str(pylmer.summary(fits)).split("\n")
    assert page[8] == "309       NA         NA       NA           NA"
    assert page[9] == "310 203.4842     20.507  9.92267 3.059840e-08"
    found = pylmer.predict(fits, {"Days": [0, 1], "Subject": ["308", "309"]}, se_fit=True, na_action="omit")
    np.testing.assert_allclose(found["fit"], [244.1927, np.nan], rtol=2e-7)
    assert "309          NA        NA" in str(fits).split("\n")


@pytest.mark.parametrize("formula", ["y ~ x | g", "y ~ scale(x) | g"])
def test_thousands_of_groups_without_data_are_one_line(formula: str) -> None:
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(400), 3)
    data = pd.DataFrame({"y": np.where(g % 2, rng.normal(size=1200), np.nan), "x": rng.normal(size=1200), "g": g})
    with pytest.warns(FitNote) as said:
        fits = pylmer.lmList(formula, data)
    assert len(said) == 1
    assert str(said[0].message).endswith(": 0, 2, 4, 6, 8, 10, 12, 14, 16, 18 and 190 more")
    table = pylmer.coef(fits)
    assert list(table.index) == [str(k) for k in range(400)]
    assert table.notna().all(axis=1).tolist() == [bool(k % 2) for k in range(400)]


def test_groups_outside_the_subset_are_left_out() -> None:
    """R: rownames(coef(lmList(Reaction ~ Days | Subject, d3, subset = Subject != "309")))."""
    fits = pylmer.lmList("Reaction ~ Days | Subject", three(), subset="Subject != '309'")
    assert list(pylmer.coef(fits).index) == ["308", "310"]


def test_rank_deficient_groups_are_named_once() -> None:
    """R: predict() of a group whose Days are all 0, with a warning: 217.5780."""
    data = three()
    data = data[(data["Subject"] == "308") | ((data["Subject"] == "309") & (data["Days"] == 0))]
    more = pd.DataFrame({"Reaction": [200.0, 230.0], "Days": 0.0, "Subject": "309"})
    fits = pylmer.lmList("Reaction ~ Days | Subject", pd.concat([data, more], ignore_index=True))
    with pytest.warns(FitNote, match="rank-deficient fits of the groups 309") as said:
        found = pylmer.predict(fits, {"Days": 1, "Subject": ["308", "309", "309"]})
    assert len(said) == 1
    kept = pylmer.predict(fits, {"Days": [1, 0], "Subject": ["308", "309"]})  # at Days = 0 the mean is told: no note
    assert kept.iloc[1] == pytest.approx(217.5780, rel=2e-7)
    np.testing.assert_allclose(found, [265.9574, 217.5780, 217.5780], rtol=2e-7)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda f: pylmer.predict(f, {"Days": 0, "Subject": ["308", "999"]}), "of which the fit had no rows: 999"),
        (lambda f: pylmer.predict(f, {"Days": 0}), "no column 'Subject'"),
        (lambda f: pylmer.predict(f, interval="both"), "interval='both': wanted one of"),
        (lambda f: pylmer.predict(f, pool=1), r"pool=1: predict\(\) wants True, False or None"),
        (lambda f: pylmer.predict(f, offset=1), "offset= belongs to newdata"),
        (lambda f: pylmer.predict(f, re_form="NA"), "it takes fits, newdata, se_fit, interval, level, pool"),
        (lambda f: pylmer.resid(f, type="working"), "residuals of lmList"),
        (lambda f: pylmer.sigma(f, pool="no"), r"pool='no': sigma\(\) wants True or False"),
        (lambda f: pylmer.summary(f, ddf="lme4"), "it takes fits, pool"),
    ],
)
def test_list_words_refuse(ask: Any, message: str) -> None:
    with pytest.raises(pylmer.PylmerError, match=message):
        ask(refit_pooled())
