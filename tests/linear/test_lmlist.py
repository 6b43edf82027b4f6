"""lmList against lme4 1.1-31."""

from __future__ import annotations

from typing import Any

import numpy as np
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
