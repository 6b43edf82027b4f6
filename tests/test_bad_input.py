"""Bad input of every kind ends in an error of pylmer's that says the way out; never in a bare traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import pylmer
from pylmer import lmer, lmerControl

ONE = "y ~ x + (1 | g)"
Change = Callable[[pd.DataFrame], Any]


def frame() -> pd.DataFrame:
    random = np.random.default_rng(1)
    g, h = np.repeat(np.arange(10), 6), np.tile(np.arange(6), 10)
    x, z = random.normal(size=60), random.normal(size=60)
    a = np.array(list("pqr"))[random.integers(0, 3, 60)]
    y = 1 + x + random.normal(size=10)[g] + random.normal(size=60)
    return pd.DataFrame({"y": y, "x": x, "z": z, "a": a, "g": g, "h": h, "steps": g * 1.0, "x2": 2 * x})


@pytest.fixture
def data() -> pd.DataFrame:
    return frame()


@pytest.fixture(scope="module")
def fit() -> pylmer.LmerFit:
    return lmer(ONE, frame())


@pytest.fixture(scope="module")
def plain() -> pylmer.LmFit:
    return pylmer.lm("y ~ x + a", frame())


DATA: dict[str, tuple[Change, str]] = {
    "integers beyond 64 bits": (lambda d: d.assign(g=[10**25 + int(i) for i in d.g]), "beyond 64 bits; make it text"),
    "two columns of a name": (
        lambda d: pa.table([pa.array(d[c]) for c in "yxxg"], names=list("yxxg")),
        "more than one column of a name",
    ),
    "a set": (lambda d: {"y": set(d.y), "x": d.x, "g": d.g}, "column 'y' is set, not an array"),
    "Series in different orders": (
        lambda d: {"y": d.y, "x": d.x.iloc[::-1], "g": d.g},
        "the Series 'y' and 'x' have different indexes",
    ),
    "huge response": (lambda d: d.assign(y=d.y * 1e300), "sums of squares overflow: rescale"),
    "tiny response": (lambda d: d.assign(y=d.y * 1e-160), "sums of squares vanish: rescale"),
    "constant within groups": (lambda d: d.assign(y=d.steps), "reproduce the response exactly"),
}


@pytest.mark.parametrize("name", DATA)
def test_data(name: str, data: pd.DataFrame) -> None:
    change, text = DATA[name]
    with pytest.raises(pylmer.PylmerError, match=text):
        lmer(ONE, change(data))


# Where the groups reproduce y exactly log|V| + n log r2 falls by 2 (n - q) log c as their deviations grow by c.
EXACT = {
    "a slope too": ("y ~ x + (x | g)", lambda d: d.steps),
    "a slope apart": ("y ~ x + (x || g)", lambda d: d.steps),
    "slopes in y": ("y ~ x + (x | g)", lambda d: 1.1 * d.steps + d.x * (d.steps % 3)),
    "another factor": ("y ~ x + (1 | g) + (1 | h)", lambda d: 1.1 * d.steps),
    "two factors": ("y ~ x + (1 | g) + (1 | h)", lambda d: 1.1 * d.steps + 0.3 * d.h),
    "with a slope of x": ("y ~ x + (1 | g)", lambda d: 1.1 * d.steps + 0.3 + 0.7 * d.x),
}


@pytest.mark.parametrize("REML", [True, False])
@pytest.mark.parametrize("name", EXACT)
def test_a_response_that_groups_reproduce(name: str, REML: bool, data: pd.DataFrame) -> None:
    formula, y = EXACT[name]
    with pytest.raises(pylmer.NumericalError, match="reproduce the response exactly"):
        lmer(formula, data.assign(y=y(data)), REML)


def test_a_response_that_groups_reproduce_nearly(data: pd.DataFrame) -> None:
    """Residuals of 1e-7 are residuals: sigma is theirs."""
    fit = lmer(ONE, data.assign(y=data.steps + 1e-7 * data.y))
    rest = lmer("y ~ x + (1 | g)", data)  # the groups' own means are taken up all the same
    assert fit.sigma == pytest.approx(1e-7 * rest.sigma, rel=0.05)


@pytest.mark.parametrize("size", [1e-250, 1e250, 1e300])
def test_weights_of_any_size_that_can_be_squared(size: float, data: pd.DataFrame) -> None:
    """No predictor is blamed for them, and sigma goes with their root."""
    sigma = lmer(ONE, data, weights=np.full(60, size)).sigma
    assert sigma == pytest.approx(np.sqrt(size) * lmer(ONE, data).sigma, rel=1e-6)


ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "weights of two columns": ({"weights": np.ones((60, 2))}, "weights= has 2 columns; wanted one number"),
    "tiny weights": ({"weights": np.full(60, 1e-300)}, "rescale the response or the weights"),
    "start as text": ({"start": "a"}, "par must be numbers, found 'a'"),
    "start too long": ({"start": [1.0, 2.0]}, "par has 2 numbers; this model has 1"),
    "start far off": ({"start": [1e200]}, "cannot be reached.*leave it out"),
    "env as list": ({"env": [1]}, "env must be a dict"),
    "contrasts as text": ({"contrasts": {"a": [["x"], ["y"], ["z"]]}}, "a matrix of numbers is wanted"),
    "contrasts with NaN": ({"contrasts": {"a": np.full((3, 2), np.nan)}}, "missing or infinite entries"),
    "contrasts that are singular": ({"contrasts": {"a": np.ones((3, 2))}}, "singular contrasts"),
    "maxit as text": ({"control": lmerControl(optCtrl={"maxit": "a"})}, "wanted a whole number from 1"),
    "optimizer that returns text": ({"control": lmerControl(optimizer=lambda *a: "x")}, "the optimizer returned 'x'"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name: str, data: pd.DataFrame) -> None:
    given, text = ARGUMENTS[name]
    with pytest.raises(pylmer.PylmerError, match=text):
        lmer("y ~ x + a + (1 | g)", data, **given)


CONTROLS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"check_foo": "stop"}, "no option 'check_foo'"),
    "R's spelling": ({"check.nobs.vs.nlev": "stop"}, "did you mean 'check_nobs_vs_nlev'"),
    "nothing to switch": ({"calc_derivs": False}, "derivatives are exact .* leave it out"),
    "options as list": ({"optCtrl": [1]}, "optCtrl must be a dict"),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_control(name: str) -> None:
    given, text = CONTROLS[name]
    with pytest.raises(pylmer.ArgumentError, match=text):
        lmerControl(**given)


CALLS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "getME of nothing": (lambda m, lm: pylmer.getME(m, None), "name=None: getME\\(\\) wants a text, or several"),
    "predict with an unknown argument": (lambda m, lm: pylmer.predict(m, REForm=1), "it takes fit, newdata, re_form"),
    "re_form of a number": (lambda m, lm: pylmer.predict(m, re_form=0), "re_form must be None, 'NA' or a formula"),
    "a reader with an unknown argument": (lambda m, lm: pylmer.vcov(lm, full=True), "vcov\\(\\): .*'full'"),
    "a reader without a fit": (lambda m, lm: pylmer.fixef(), "missing a required argument"),
    "ranef of lm": (lambda m, lm: pylmer.ranef(lm), "wants a fit of lmer\\(\\) or glmer\\(\\), found LmFit"),
    "Z of lm": (lambda m, lm: pylmer.model_matrix(lm, type="random"), "no random effects"),
    "refit of lm": (lambda m, lm: pylmer.refit(lm, [1]), "wants a fit of lmer"),
    "refitML of lm": (lambda m, lm: pylmer.refitML(lm), "wants a fit of lmer"),
    "update of lm": (lambda m, lm: pylmer.update(lm, ". ~ . + z"), "wants a fit of lmer"),
    "refit with text": (lambda m, lm: pylmer.refit(m, "z"), "must be an array of numbers, found str"),
    "a level of text": (lambda m, lm: pylmer.confint(lm, level="x"), "a level lies between 0 and 1"),
    "a tolerance of text": (lambda m, lm: pylmer.isSingular(m, tol="x"), "tol must be a number"),
    "lFormula with an unknown argument": (lambda m, lm: pylmer.lFormula(ONE, frame(), foo=1), "no argument 'foo'"),
    "steps out of order": (lambda m, lm: pylmer.mkLmerDevfun(3), "wants what lFormula\\(\\) returns"),
    "no criterion": (lambda m, lm: pylmer.optimizeLmer(3), "wants what mkLmerDevfun\\(\\) returns"),
    "no optimum": (lambda m, lm: pylmer.mkMerMod(m.devfun, 4), "wants what optimizeLmer\\(\\) returns"),
    "a data set by number": (lambda m, lm: pylmer.datasets.load(3), "no data set 3"),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str, fit: pylmer.LmerFit, plain: pylmer.LmFit) -> None:
    call, text = CALLS[name]
    with pytest.raises(pylmer.PylmerError, match=text):
        call(fit, plain)


def test_offset_of_two_columns_points_at_it(data: pd.DataFrame) -> None:
    with pytest.raises(pylmer.FormulaError, match="one number for each row, found 2 columns"):
        lmer("y ~ offset(cbind(x, z)) + (1 | g)", data)


def test_collinear_columns_are_not_fitted_unchecked(data: pd.DataFrame) -> None:
    control = lmerControl(check_rankX="ignore")
    with pytest.raises(pylmer.NumericalError, match="linearly dependent"):
        lmer("y ~ x + x2 + (1 | g)", data, control=control)
    assert pylmer.lFormula("y ~ x + x2 + (1 | g)", data, control=control).X.shape == (60, 3)


def test_masked_entries_are_missing(data: pd.DataFrame) -> None:
    masked = {"y": data.y.to_numpy(), "x": np.ma.masked_greater(data.x.to_numpy(), 1), "g": data.g.to_numpy()}
    assert pylmer.nobs(lmer(ONE, masked)) == int((data.x <= 1).sum())


def test_large_unsigned_groups(data: pd.DataFrame) -> None:
    large = data.assign(g=np.uint64(2**63) + data.g.to_numpy().astype(np.uint64))
    assert lmer(ONE, large).optimum.value == lmer(ONE, data).optimum.value


def test_huge_predictor_warns_once_and_fits(data: pd.DataFrame) -> None:
    with pytest.warns(pylmer.FitNote, match="different scales"):
        fit = lmer(ONE, data.assign(x=data.x * 1e130))
    assert fit.beta[1] * 1e130 == pytest.approx(lmer(ONE, data).beta[1])


def test_a_predictor_whose_variance_is_no_number_is_refused(data: pd.DataFrame) -> None:
    with pytest.raises(pylmer.NumericalError, match=r"'x' is of size .*rescale it"):
        lmer(ONE, data.assign(x=data.x * 1e300))


def test_numpy_booleans_are_REML(data: pd.DataFrame) -> None:
    assert not lmer(ONE, data, REML=np.bool_(False)).REML  # type: ignore[call-overload]


def test_na_exclude_pads_predictions_without_random_effects(data: pd.DataFrame) -> None:
    fit = lmer(ONE, data.assign(x=data.x.where(data.z > -1)), na_action="exclude")
    fixed = pylmer.predict(fit, re_form="~0")
    assert fixed.index.equals(data.index)
    assert fixed.isna().sum() == int((data.z <= -1).sum())


def test_nan_is_NA_for_predict(data: pd.DataFrame) -> None:
    fit = lmer(ONE, data)
    assert pylmer.predict(fit, re_form=np.nan).equals(pylmer.predict(fit, re_form="NA"))


def test_constant_response_of_lm_prints() -> None:
    page = str(pylmer.summary(pylmer.lm("I(0 * x) ~ z", frame())))
    assert "NaN" in page


# --- parameters that the data do not determine -----------------------------------------------------------------------


FLAT = {
    "a column of zeros": ("y ~ x + (0 + I(0 * x) | g)", {}),
    "one level": ("y ~ x + (1 | k)", {"check_nlev_gtr_1": "ignore"}),
    "a level for every row": ("y ~ x + (1 | row)", {"check_nobs_vs_nlev": "ignore", "check_nobs_vs_nRE": "ignore"}),
}


@pytest.mark.parametrize("name", FLAT)
def test_flat_criterion_is_said_and_parameters_stay_small(name: str, data: pd.DataFrame) -> None:
    formula, control = FLAT[name]
    with pytest.warns(pylmer.FitNote, match="not uniquely determined"):
        fit = lmer(formula, data.assign(k="c", row=range(60)), control=lmerControl(**control))
    assert fit.optimum.converged
    assert abs(fit.theta[0]) < 100


def test_redundant_random_columns_are_named(data: pd.DataFrame) -> None:
    with pytest.warns(pylmer.FitNote, match=r"parameters of \(x \+ x2 \| g\) are not uniquely determined"):
        doubled = lmer("y ~ z + (x + x2 | g)", data)
    assert doubled.optimum.value == pytest.approx(lmer("y ~ z + (x | g)", data).optimum.value, abs=1e-6)


def correlated() -> pd.DataFrame:
    """Levels of a share their group effects, so that the correlation of cs and ar1 is 1 at the optimum."""
    random = np.random.default_rng(1)
    g, h = np.repeat(np.arange(10), 6), np.tile(np.arange(6), 10)
    x, z = random.normal(size=60), random.normal(size=60)
    a = np.array(list("pqr"))[random.integers(0, 3, 60)]
    y = 1 + x + random.normal(size=10)[g] + random.normal(size=60)
    y = y + x * random.normal(size=10)[g] * 0.5 + 0.5 * random.normal(size=6)[h]
    return pd.DataFrame({"y": y, "x": x, "z": z, "a": a, "g": g})


@pytest.mark.parametrize("term", ["ar1(0 + a | g, hom = FALSE)", "cs(0 + a | g)"])
def test_correlation_at_its_limit_is_singular(term: str) -> None:
    with pytest.warns(pylmer.FitNote, match="boundary .singular. fit: g: the correlation of .* is 1"):
        fit = lmer(f"y ~ x + {term}", correlated())
    assert fit.par[-1] == pytest.approx(1, abs=1e-4)
    assert pylmer.isSingular(fit)
    assert fit.optimum.certificate.holds


def test_correlation_is_optimal_where_a_deviation_vanishes() -> None:
    with pytest.warns(pylmer.FitNote, match="no variance of ar"):
        fit = lmer("y ~ x + cs(a | g)", correlated())
    devfun = fit.devfun
    assert fit.optimum.certificate.holds
    for rho in np.linspace(-0.45, 0.99, 25):
        assert devfun([*fit.par[:-1], rho]) >= fit.optimum.value - 1e-8
