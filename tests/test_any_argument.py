"""Whatever is given for an argument, a word answers or says what it wanted: no traceback of Python's or numpy's."""

from __future__ import annotations

import contextlib
import functools
import warnings
from typing import Any

import numpy as np
import pytest

import pylmer

ANYTHING: list[Any] = [None, True, -1, 1.5, np.nan, "zz", "", [], ["zz"], {}, {"zz": 1}, object(), [[1, 2], [3]], type]

# word -> the arguments that it needs, and those that may be anything
WORDS: dict[str, tuple[dict[str, Any], str]] = {
    "AIC": ({}, "k"),
    "allFit": ({}, "optimizers"),
    "anova": ({}, "type ddf other"),
    "bootMer": ({"nsim": 1, "seed": 1}, "nsim seed use_u re_form type parallel ncpus"),
    "coef_test": ({}, "vcov cluster test coefs"),
    "confint": ({"method": "Wald"}, "parm level method signames oldNames"),
    "contest": ({"L": "temp"}, "L joint rhs ddf confint level"),
    "contest1D": ({"L": "temp"}, "L rhs ddf confint level"),
    "contestMD": ({"L": "temp"}, "L rhs ddf"),
    "dfbeta": ({}, "groups theta"),
    "drop1": ({}, "scope ddf test"),
    "emmeans": ({"specs": "recipe"}, "specs by contr at cov_reduce weights offset type lmer_df infer level adjust"),
    "influence": ({"groups": "recipe:replicate"}, "groups theta"),
    "ls_means": ({}, "which level ddf pairwise"),
    "plot_lines": ({"predictor": "temp", "group": "recipe:replicate"}, "predictor levels group estimates"),
    "power": ({"test": "temp", "nsim": 1, "seed": 1}, "test nsim seed alpha method newparams level progress"),
    "powerCurve": ({"test": "temp", "nsim": 1, "along": "temp", "breaks": [4]}, "test along breaks alpha within"),
    "predict": ({"interval": "confidence"}, "newdata re_form random_only se_fit interval level uncertainty newparams"),
    "show_tests": ({}, "type"),
    "simulate": ({"seed": 1}, "nsim seed use_u re_form newdata newparams weights na_action cond_sim"),
    "summary": ({}, "ddf correlation corr"),
    "step": ({}, "ddf alpha_random alpha_fixed reduce_fixed reduce_random"),
    "tidy": ({}, "effects ddf conf_int conf_method scales"),
    "Wald_test": ({"constraints": ["temp"]}, "constraints vcov cluster test"),
}


@functools.cache
def fit() -> pylmer.LmerFit:
    return pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))


@pytest.mark.parametrize("name", WORDS)
def test_any_argument(name: str) -> None:
    needed, arguments = WORDS[name]
    word = getattr(pylmer, name)
    for argument in arguments.split():
        for given in ANYTHING:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", pylmer.FitNote)
                with contextlib.suppress(pylmer.PylmerError):
                    word(fit(), **{**needed, argument: given})
    for given in ANYTHING:
        with pytest.raises(pylmer.PylmerError):
            word(given, **needed)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pylmer.predict(fit(), se_fit="no"), r"se_fit='no': predict\(\) wants True or False"),
        (lambda: pylmer.predict(fit(), uncertainty=2), r"uncertainty=2: predict\(\) wants a text"),
        (lambda: pylmer.emmeans(fit(), "recipe", at=[("temp", 1)]), "at: wanted values by variable"),
        (lambda: pylmer.emmeans(fit(), "recipe", cov_reduce="mean"), "cov_reduce: wanted a function"),
        (lambda: pylmer.pairs(pylmer.emmeans(fit(), "recipe"), by="recipe"), "none are left to compare"),
        (lambda: pylmer.powerCurve(fit(), "temp", along="zz", breaks=[4]), "no column 'zz' to extend"),
        (lambda: pylmer.drop1(fit(), 3), "scope has 3, which is no term of the model"),
        (lambda: pylmer.AIC(fit(), k="2"), "k='2': wanted a number"),
        (lambda: pylmer.findbars([]), "a formula is a text"),
        (lambda: pylmer.confint(fit(), foo=1), r'confint\(method="profile"\): got an unexpected keyword argument'),
        (lambda: pylmer.simulate(pylmer.lm("y ~ g", {"y": [1, 2], "g": ["a", "b"]})), "no residual degrees of freedom"),
    ],
)
def test_messages(call: Any, message: str) -> None:
    with pytest.raises(pylmer.PylmerError, match=message):
        call()
