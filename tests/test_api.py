"""lmer's arguments, the modular steps, words that refit. Figures: Bates et al. (2015) and lme4's help pages."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.language import deparse

FM1 = "Reaction ~ Days + (Days | Subject)"
REML_FM1 = 1743.6283  # Bates, Maechler, Bolker & Walker (2015), p. 24


@pytest.fixture(scope="module")
def sleep() -> pd.DataFrame:
    return pylmer.datasets.load("sleepstudy")


@pytest.fixture(scope="module")
def fm1(sleep: pd.DataFrame) -> pylmer.LmerFit:
    return pylmer.lmer(FM1, sleep)


def test_modular_steps_lead_to_the_same_fit(sleep: pd.DataFrame, fm1: pylmer.LmerFit) -> None:
    lform = pylmer.lFormula(FM1, sleep)
    assert (lform.n, lform.X_names, lform.random[0].label) == (180, ("(Intercept)", "Days"), "Days | Subject")
    devfun = pylmer.mkLmerDevfun(lform)
    assert devfun.names == ("Subject.(Intercept)", "Subject.Days.(Intercept)", "Subject.Days")
    assert devfun.lower.tolist() == [0, -np.inf, 0]
    optimum = pylmer.optimizeLmer(devfun)
    assert optimum.value == pytest.approx(REML_FM1, abs=1e-4)
    fit = pylmer.mkMerMod(devfun, optimum)
    assert np.allclose(fit.beta, fm1.beta, rtol=1e-12)
    assert str(fit.formula) == FM1


def test_devFunOnly_is_a_function_of_par(sleep: pd.DataFrame, fm1: pylmer.LmerFit) -> None:
    devfun = pylmer.lmer(FM1, sleep, devFunOnly=True)
    assert devfun(fm1.par) == pytest.approx(REML_FM1, abs=1e-4)
    assert devfun([1, 0, 1]) > devfun(fm1.par)
    with pytest.raises(pylmer.ArgumentError, match="par has 2 numbers; this model has 3: Subject"):
        devfun([1, 2])
    with pytest.raises(pylmer.ArgumentError, match="finite"):
        devfun([1, np.nan, 0])


@pytest.mark.parametrize("start", [[1.0, 0, 1], {"theta": [0.5, 0.1, 0.2]}, {"par": (2, 0, 0.1)}])
def test_start(sleep: pd.DataFrame, fm1: pylmer.LmerFit, start: Any) -> None:
    fit = pylmer.lmer(FM1, sleep, start=start)
    assert fit.optimum.value == pytest.approx(fm1.optimum.value, abs=1e-9)
    assert fit.optimum.values == 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"start": [1, 2]}, "par has 2 numbers; this model has 3"),
        ({"start": {"beta": [1]}}, "start has the names \\['beta'\\]; wanted one of 'par', 'theta'"),
        ({"family": "poisson"}, "a family is for glmer"),
        ({"method": "ML"}, "REML=False instead of"),
        ({"REForm": "NA"}, "argument of predict"),
        ({"weigths": [1]}, "did you mean 'weights'"),
        ({"REML": "yes"}, "REML='yes': .* wants True or False"),
        ({"control": {"optimizer": "bobyqa"}}, "control must be lmerControl"),
    ],
)
def test_arguments_that_cannot_be(sleep: pd.DataFrame, given: dict[str, Any], says: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=says):
        pylmer.lmer(FM1, sleep, **given)


def test_a_formula_must_be_a_string(sleep: pd.DataFrame) -> None:
    with pytest.raises(pylmer.ArgumentError, match="formula must be a string"):
        pylmer.lmer(sleep, FM1)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"optimizer": "foo"}, "wanted one of 'newton'"),
        ({"check_nobs_vs_nlev": "maybe"}, "check_nobs_vs_nlev='maybe'"),
        ({"engine": "gpu"}, "wanted one of 'auto'"),
    ],
)
def test_controls_that_cannot_be(given: dict[str, Any], says: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=says):
        pylmer.lmerControl(**given)


@pytest.mark.parametrize("optimizer", ["newton", "bobyqa", "nlminbwrap"])
def test_unknown_optCtrl(sleep: pd.DataFrame, optimizer: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=r"optCtrl=.'wrong'"):
        pylmer.lmer(FM1, sleep, control=pylmer.lmerControl(optimizer=optimizer, optCtrl={"wrong": 1}))


def test_a_callable_optimizer(sleep: pd.DataFrame, fm1: pylmer.LmerFit) -> None:
    from scipy.optimize import minimize

    def simplex(function: Any, start: Any, lower: Any, upper: Any, optCtrl: Any) -> Any:
        return minimize(function, start, method="Nelder-Mead", bounds=list(zip(lower, upper, strict=True)), **optCtrl)

    control = pylmer.lmerControl(optimizer=simplex, optCtrl={"tol": 1e-12})
    fit = pylmer.lmer(FM1, sleep, control=control)
    assert fit.optimum.optimizer == "simplex"
    assert fit.optimum.value == pytest.approx(fm1.optimum.value, abs=1e-8)


def test_an_optimizer_that_stops_early_is_noted(sleep: pd.DataFrame) -> None:
    with pytest.warns(pylmer.FitNote) as said:
        fit = pylmer.lmer(FM1, sleep, control=pylmer.lmerControl(optimizer=lambda f, start, *_: start))
    assert [str(w.message) for w in said] == [str(note) for note in fit.notes]
    assert "a step would lower the criterion by" in str(fit.notes[0])
    assert not fit.optimum.certificate.holds
    with pytest.raises(pylmer.NumericalError, match="a step would lower"):
        pylmer.lmer(FM1, sleep, control=pylmer.lmerControl(optimizer=lambda f, s, *_: s, check_conv_grad="stop"))


def test_newton_stopped_early_says_so(sleep: pd.DataFrame) -> None:
    with pytest.warns(pylmer.FitNote, match="newton did not converge: no convergence in 1 steps"):
        fit = pylmer.lmer(FM1, sleep.iloc[7:], control=pylmer.lmerControl(optCtrl={"maxit": 1}))
    assert not fit.optimum.converged


def test_update(sleep: pd.DataFrame, fm1: pylmer.LmerFit) -> None:
    fm2 = pylmer.update(fm1, ". ~ . - (Days | Subject) + (1 | Subject)")
    assert str(fm2.formula) == "Reaction ~ Days + (1 | Subject)"
    assert fm2.optimum.value == pytest.approx(1786.4651, abs=1e-4)
    ml = pylmer.update(fm1, REML=False)
    assert ml.optimum.value == pytest.approx(1751.9393, abs=1e-4)
    later = pylmer.update(fm1, data=sleep[sleep["Days"] > 1])
    assert pylmer.nobs(later) == 144
    weighted = pylmer.update(fm1, weights="Days + 1")
    assert pylmer.weights(weighted).iloc[:3].tolist() == [1, 2, 3]
    with pytest.raises(pylmer.ArgumentError, match=r"update\(\) has no argument 'wieghts'; did you mean 'weights'"):
        pylmer.update(fm1, wieghts=[1])


def test_calls_of_update_and_refitML_show_what_was_asked(fm1: pylmer.LmerFit) -> None:
    """lme4 1.1-31: lmer(formula = Reaction ~ Days + (Days | Subject), data = ..., REML = FALSE) for both."""
    for ml in (pylmer.refitML(fm1), pylmer.update(fm1, REML=False)):
        assert [argument.name for argument in ml.call.arguments] == ["formula", "data", "REML"]
    asked = pylmer.update(fm1, control=pylmer.lmerControl())
    assert [a.name for a in pylmer.update(asked, verbose=0).call.arguments] == ["formula", "data", "control"]


def test_refit(fm1: pylmer.LmerFit, sleep: pd.DataFrame) -> None:
    y = sleep["Reaction"].to_numpy()
    again = pylmer.refit(fm1, 3 * y + 7)
    assert np.allclose(again.beta, 3 * fm1.beta + [7, 0], rtol=1e-6)
    with pytest.raises(pylmer.DataError, match="has 3 values; wanted 180"):
        pylmer.refit(fm1, [1, 2, 3])
    with pytest.raises(pylmer.DataError, match="missing or infinite"):
        pylmer.refit(fm1, np.where(np.arange(180) == 4, np.nan, y))
    for wrong in (y + 1j, ["fast"] * 180):
        with pytest.raises(pylmer.DataError, match="must be an array of numbers"):
            pylmer.refit(fm1, wrong)
    assert pylmer.refitML(fm1).optimum.value == pytest.approx(1751.9393, abs=1e-4)
    assert not pylmer.isREML(pylmer.refitML(fm1))


def test_fits_pickle_and_predict(fm1: pylmer.LmerFit, sleep: pd.DataFrame) -> None:
    again = pickle.loads(pickle.dumps(fm1))
    assert str(again) == str(fm1)
    assert pylmer.predict(again, sleep.iloc[:5]).equals(pylmer.predict(fm1, sleep.iloc[:5]))
    assert np.array_equal(pylmer.ranef(again).cond_var["Subject"], pylmer.ranef(fm1).cond_var["Subject"])


def test_data_may_be_left_out() -> None:
    rng = np.random.default_rng(1)
    g = np.repeat(["a", "b", "c", "d"], 10)
    x = rng.normal(size=40)
    y = x + rng.normal(size=40) + np.repeat(rng.normal(size=4), 10)
    fit = pylmer.lmer("y ~ x + (1 | g)", env={"y": y, "x": x, "g": g})
    same = pylmer.lmer("y ~ x + (1 | g)", {"y": y, "x": x, "g": g})
    assert np.array_equal(fit.beta, same.beta)
    with pytest.raises(pylmer.FormulaNameError, match="env="):
        pylmer.lmer("y ~ x + (1 | g)", env={"y": y, "x": x})


def test_verbose(sleep: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    pylmer.lmer(FM1, sleep, verbose=1)
    printed, err = capsys.readouterr()
    assert "180 rows, 2 fixed effects; (Days | Subject): 18 levels x 2 (us)" in printed
    assert "engine blocked: one grouping factor" in printed
    assert "1743.628272" in printed
    assert err == ""


def test_symbols_are_numbers_and_words_are_functions(fm1: pylmer.LmerFit) -> None:
    assert isinstance(fm1.sigma, float)
    assert {name: getattr(fm1, name).shape for name in ("theta", "par", "beta", "u", "b")} == {
        "theta": (3,),
        "par": (3,),
        "beta": (2,),
        "u": (36,),
        "b": (36,),
    }
    assert fm1.fixef().equals(pylmer.fixef(fm1))
    assert fm1.engine == "blocked"
    Lambda = pylmer.getME(fm1, "Lambda")
    assert np.allclose(Lambda @ fm1.u, fm1.b)


def test_a_perfect_fit_is_an_error() -> None:
    data = pd.DataFrame({"y": [1.0, 2, 3, 4, 5, 6], "x": [1.0, 2, 3, 4, 5, 6], "g": list("aabbcc")})
    with pytest.raises(pylmer.NumericalError, match="reproduces the response exactly"):
        pylmer.lmer("y ~ x + (1 | g)", data)


def test_notes_point_at_the_users_line() -> None:
    data, formula = pylmer.datasets.load("Dyestuff2"), "Yield ~ 1 + (1 | Batch)"
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fit = pylmer.lmer(formula, data)
        devfun = pylmer.mkLmerDevfun(pylmer.lFormula(formula, data))
        pylmer.mkMerMod(devfun, pylmer.optimizeLmer(devfun))
        pylmer.refit(fit, fit.rows.y)
        pylmer.update(fit, data=data)
        pylmer.lmList("Yield ~ 1 | Batch", data.iloc[4:])
    assert len(said) == 5
    assert {note.filename for note in said} == {__file__}


def test_a_flat_criterion_leaves_the_start_alone() -> None:
    """The group is a fixed effect too: REML says nothing about its variance; R prints 1.327 and -0.613."""
    with pytest.warns(pylmer.FitNote, match="flat at the optimum"):
        fit = pylmer.lmer("log_radon ~ floor + (1 | floor)", pylmer.datasets.load("radon"))
    assert fit.theta.tolist() == [1.0]
    assert fit.beta.round(3).tolist() == [1.327, -0.613]


def test_a_redundant_term_is_said_to_be_undetermined() -> None:
    with pytest.warns(pylmer.FitNote, match="not uniquely determined"):
        fit = pylmer.lmer("log_radon ~ floor + (floor | county) + (1 | county)", pylmer.datasets.load("radon"))
    assert fit.optimum.value == pytest.approx(2168.3246, abs=1e-4)  # as without the second term


def test_the_call_names_na_action_as_r_does() -> None:
    """R: lmer(formula = ..., data = sleepstudy, na.action = na.exclude)."""
    model = pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy"), na_action="exclude")
    assert deparse(model.call).endswith("na.action = na.exclude)")
