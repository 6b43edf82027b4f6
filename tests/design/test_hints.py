"""Notes on R's meaning where it is seldom the user's; said once for a fit."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
import pytest

import pylmer

POLYNOMIAL = r"'q' holds intervals \(pd.cut\) and is ordered: polynomial contrasts q.L, q.Q"
QUIET = pylmer.lmerControl(check_conv_singular="ignore")


def cake() -> pd.DataFrame:
    data = pylmer.datasets.load("cake").assign(z=range(270))
    return data.assign(q=pd.cut(data["temp"], [170, 190, 210, 230]), x=data["temp"])


def notes(formula: str, data: Any = None, **given: Any) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return [str(note) for note in pylmer.lm(formula, cake() if data is None else data, **given).notes]


def test_intervals_are_ordered() -> None:
    """R: cut(temp, ..., ordered_result = TRUE); fixef of lmer(angle ~ q + (1 | recipe:replicate))."""
    with pytest.warns(pylmer.FitNote, match=POLYNOMIAL) as said:
        fit = pylmer.lmer("angle ~ q + (1 | recipe:replicate)", cake())
    assert len(said) == 1
    assert pylmer.fixef(fit).to_dict() == pytest.approx({"(Intercept)": 32.122222, "q.L": 4.690475, "q.Q": 0.394640})
    pylmer.refit(fit, fit.rows.y + 1)  # warnings are errors here: nothing is said again
    pylmer.drop1(fit)
    pylmer.bootMer(fit, pylmer.fixef, nsim=2, seed=1)


def test_intervals_left_of_a_bar_and_in_env() -> None:
    with pytest.warns(pylmer.FitNote, match=POLYNOMIAL):
        pylmer.lmer("angle ~ recipe + (q | replicate)", cake(), control=QUIET)
    data = cake()
    env = {"angle": data["angle"].to_numpy(), "q": data["q"]}
    with pytest.warns(pylmer.FitNote, match=POLYNOMIAL):
        pylmer.lm("angle ~ q", env=env)


@pytest.mark.parametrize(
    ("formula", "given"),
    [
        ("angle ~ C(q, contr.sum)", {}),
        ("angle ~ q", {"contrasts": {"q": "contr.treatment"}}),
        ("angle ~ q", {"contrasts": ("contr.treatment", "contr.treatment")}),
        ("angle ~ q", {"data": cake().assign(q=lambda d: d["q"].cat.as_unordered())}),
        ("angle ~ temperature", {}),  # ordered, and no intervals: meant so
        ("angle ~ recipe", {}),
    ],
)
def test_no_note_where_contrasts_were_chosen(formula: str, given: dict[str, Any]) -> None:
    assert notes(formula, **given) == []


@pytest.mark.parametrize(
    ("right", "power"),
    [
        ("x + x**2", "x^2 is x alone"),
        ("x^2", "x^2 is x alone"),
        ("(x)^2", "(x)^2 is x alone"),
        ("log(x)^2", "log(x)^2 is log(x) alone"),
        ("recipe:z^3", "z^3 is z alone"),
        ("1 + recipe * x^2", "x^2 is x alone"),
    ],
)
def test_powers_cross_terms(right: str, power: str) -> None:
    found = notes(f"angle ~ {right}")
    assert [text.split(":")[0] for text in found] == [power]
    assert "outside I() a ^ crosses terms" in found[0]


def test_powers_of_random_slopes() -> None:
    with pytest.warns(pylmer.FitNote, match=r"x\^2 is x alone.* write I\(x\^2\)"):
        pylmer.lmer("angle ~ x + (x^2 | replicate)", cake(), control=QUIET)


@pytest.mark.parametrize(
    "right", ["I(x^2)", "(x + z)^2", "(x + z)**2:recipe", "recipe^2", "poly(x, 2)", "(recipe + x)^2"]
)
def test_powers_that_are_meant(right: str) -> None:
    assert notes(f"angle ~ {right}") == []


@pytest.mark.parametrize(
    ("subset", "message"),
    [
        ("recipe='A'", r"'=' names an argument; to compare write ==: recipe == 'A'\n  recipe='A'\n        \^"),
        ("recipe = 'A' & temp > 3", "to compare write ==: recipe == 'A' & temp > 3"),
        ("temp > = 3", "'>=' is written without a blank: temp >= 3"),
        ("recipe=", "to compare write ==\n"),
        ("", "the expression is empty; write for example x > 2"),
        ("(recipe='A'", r"this '\(' is never closed"),
        (")", r"unmatched '\)'"),
    ],
)
def test_equals_in_an_expression(subset: str, message: str) -> None:
    for argument in ("subset", "weights"):
        with pytest.raises(pylmer.FormulaSyntaxError, match=message):
            pylmer.lm("angle ~ temp", cake(), **{argument: subset})


def test_names_of_optimizers_are_explained_once() -> None:
    """lme4 runs bobyqa; here it is scipy's nearest, which is said where a fit asks for it."""
    sleep = pylmer.datasets.load("sleepstudy")
    with pytest.warns(pylmer.FitNote, match="COBYQA") as said:
        fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep, control=pylmer.lmerControl(optimizer="bobyqa"))
    assert len(said) == 1
    again = pylmer.refit(fit, sleep["Reaction"] + 1)  # warnings are errors
    assert any("COBYQA" in str(note) for note in again.notes)
    for word in (pylmer.refitML, pylmer.drop1, pylmer.ranova, pylmer.profile, pylmer.step):
        word(fit)
    pylmer.bootMer(fit, lambda each: each.sigma, nsim=2, seed=1)


def test_refit_still_says_what_is_new() -> None:
    """lme4's refit prints "boundary (singular) fit" too."""
    sleep = pylmer.datasets.load("sleepstudy")
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep)
    with pytest.warns(pylmer.FitNote, match="boundary"):
        pylmer.refit(fit, [(-1.0) ** k + k % 10 for k in range(180)])


def test_dir_shows_words() -> None:
    shown = {name for name in dir(pylmer) if not name.startswith("__")}
    assert shown.isdisjoint({"ast", "Path", "Any", "annotations", "import_module", "_HOMES", "_public", "language"})
    assert set(pylmer.__all__) | {"test", "display", "plan", "save", "load"} == shown
