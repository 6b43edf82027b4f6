"""anova(fm0=..., fm=...): who names the models. Numbers: lme4 1.1-31, anova(m0, m1, model.names = ...)."""

from __future__ import annotations

import functools
from typing import Any

import pytest

import pylmer

SLEEP = pylmer.datasets.load("sleepstudy")


@functools.cache
def fits() -> dict[str, Any]:
    return {
        "m0": pylmer.lmer("Reaction ~ 1 + (Days | Subject)", SLEEP, REML=False),
        "m1": pylmer.lmer("Reaction ~ Days + (Days | Subject)", SLEEP, REML=False),
        "l0": pylmer.lm("Reaction ~ 1", SLEEP),
        "l1": pylmer.lm("Reaction ~ Days", SLEEP),
    }


def test_names_from_keywords() -> None:
    m0, m1 = fits()["m0"], fits()["m1"]
    table = pylmer.anova(fm0=m0, fm=m1)
    assert list(table.index) == ["fm0", "fm"]
    assert table.loc["fm"].to_list() == pytest.approx(
        [6, 1763.9, 1783.1, -875.97, 1751.9, 23.537, 1, 1.226e-06], rel=4e-4
    )
    assert [line.rstrip() for line in str(table).splitlines()][1:6] == [
        "Models:",
        "fm0: Reaction ~ 1 + (Days | Subject)",
        "fm: Reaction ~ Days + (Days | Subject)",
        "    npar    AIC    BIC  logLik -2*log(L)  Chisq Df Pr(>Chisq)",
        "fm0    5 1785.5 1801.4 -887.74    1775.5",
    ]
    assert list(m1.anova(null=m0).index) == ["null", "MODEL1"]  # as a method, by number of parameters
    assert list(pylmer.anova(fm=m1).index) == ["Days"]  # one model: its terms


def test_keywords_then_model_names_then_data() -> None:
    m0, m1 = fits()["m0"], fits()["m1"]
    assert list(pylmer.anova(m0, m1).index) == ["MODEL1", "MODEL2"]
    assert list(pylmer.anova(m0, fm=m1).index) == ["MODEL1", "fm"]
    assert list(pylmer.anova(m0, fm=m1, model_names=["null"]).index) == ["null", "fm"]
    other = SLEEP.copy()
    other.attrs["name"] = "night"
    again = pylmer.update(m0, data=other)
    assert list(pylmer.anova(again, m1).index) == ["night", "sleepstudy"]
    assert list(pylmer.anova(again, m1, model_names=["a", "b"]).index) == ["a", "b"]
    assert list(pylmer.anova(x=again, y=m1).index) == ["x", "y"]


def test_lms_and_mixed_lists() -> None:
    """R: anova(l0, l1), F 71.464; lme4's anova(m1, l1)."""
    table = pylmer.anova(l0=fits()["l0"], l1=fits()["l1"])
    assert list(table.index) == ["l0", "l1"]
    assert table.loc["l1", "F"] == pytest.approx(71.464, abs=5e-4)
    assert "l1: Reaction ~ Days" in str(table)
    both = pylmer.anova(linear=fits()["l1"], mixed=fits()["m1"])
    assert list(both.index) == ["linear", "mixed"]
    assert both.loc["mixed", "Chisq"] == pytest.approx(148.35, abs=5e-3)
    assert list(pylmer.anova(l0=fits()["l0"], m0=fits()["m0"], m1=fits()["m1"]).index) == ["l0", "m0", "m1"]


@pytest.mark.parametrize("name", ["type", "ddf", "refit", "model_names", "test", "scale", "object", "dispersion"])
@pytest.mark.parametrize("kind", ["m0", "l0"])
def test_models_called_like_arguments(name: str, kind: str) -> None:
    with pytest.raises(
        pylmer.ArgumentError, match=rf"anova\({name}=...\) is a fitted model, but '{name}' is an argument"
    ):
        pylmer.anova(fm=fits()["m1"], **{name: fits()[kind]})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"test": "F"}, "test='F': it is for glm.*mixed models by likelihood-ratio tests: leave it out"),
        ({"tpye": 3}, "has no argument 'tpye'.* it takes models, and type, ddf, refit, model_names"),
        ({"fm": None}, "found NoneType"),
    ],
)
def test_arguments_that_are_none(given: dict[str, Any], message: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=message):
        pylmer.anova(fits()["m0"], fits()["m1"], **given)


def test_too_many_names() -> None:
    m0, m1 = fits()["m0"], fits()["m1"]
    with pytest.raises(pylmer.ArgumentError, match="all models have names, a, b; leave it out"):
        pylmer.anova(a=m0, b=m1, model_names=["x", "y"])
    with pytest.raises(pylmer.ArgumentError, match="wanted 1 names, one for each model"):
        pylmer.anova(m0, b=m1, model_names=["x", "y"])
    with pytest.raises(pylmer.ArgumentError, match="at least one fitted model"):
        pylmer.anova()
