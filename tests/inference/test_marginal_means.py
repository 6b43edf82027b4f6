"""Marginal means, contrasts and tests: pages line by line and numbers as R's emmeans gives them.

Estimates and standard errors agree to 1e-6, Kenward-Roger degrees of freedom to 1e-5 and Satterthwaite's to 1e-4
(all relative), p-values to 1e-5; those of the multivariate t distribution to the Monte Carlo error of R's, 2e-3.
"""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.inference.marginal_means import MeansTable
from tests.printing.pages import lines, same_numbers, same_up_to_rounding

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "marginal_means.json"
MODELS: dict[str, dict[str, Any]] = {m["name"]: m for m in json.loads(FILE.read_text(encoding="utf-8"))}
SAT, ASYMPTOTIC = "satterthwaite", "asymptotic"
Call = Callable[[Any], Any]
STEPS = ("holm", "hochberg", "hommel", "BH", "BY", "fdr")
ADJUSTS = ("tukey", "sidak", "bonferroni", *STEPS, "scheffe", "dunnettx", "none")

means, trends, contrast, pairs = pylmer.emmeans, pylmer.emtrends, pylmer.contrast, pylmer.pairs
summary, confint, joint = pylmer.summary, pylmer.confint, pylmer.joint_tests
DAYS = {"Days": [0, 5, 9]}
OWN = {"a": [1, -1, 0, 0], "b": [0, 0, 0.5, -0.5]}


def cells(f: Any) -> Any:
    return means(f, "~ recipe * temperature", at={"temperature": ["175", "185", "225"]})


def adjusted(adjust: str) -> Call:
    return lambda f: summary(pairs(means(f, "~ nitro"), adjust=adjust), infer=True)


CALLS: dict[str, dict[str, Call]] = {
    "full": {
        "by": lambda f: means(f, "pairwise ~ recipe | temperature"),
        "one": lambda f: means(f, "~ recipe"),
        "two": lambda f: means(f, ["temperature", "recipe"]),
        "revpairwise": lambda f: means(f, "revpairwise ~ recipe"),
        "control": lambda f: means(f, "trt.vs.ctrl ~ recipe", lmer_df=SAT),
        "poly": lambda f: means(f, "poly ~ temperature"),
        "eff": lambda f: means(f, "eff ~ recipe"),
        "del_eff": lambda f: means(f, "del.eff ~ temperature"),
        "consec": lambda f: means(f, "consec ~ temperature", adjust="sidak"),
        "mean_chg": lambda f: means(f, "mean_chg ~ temperature", adjust="none"),
        "identity": lambda f: contrast(means(f, "recipe"), "identity"),
        "joint": joint,
        "joint_by": lambda f: joint(f, by="recipe"),
        "joint_grid": lambda f: joint(means(f, "~ recipe * temperature")),
        "grid": lambda f: summary(pylmer.ref_grid(f, at={"temperature": ["175", "225"]})),
        "simple": lambda f: contrast(
            means(f, "~ recipe * temperature"), "pairwise", by="temperature", adjust="bonferroni"
        ),
        "ungrouped": lambda f: contrast(
            means(f, "~ recipe | temperature", at={"temperature": ["175", "185"]}), "pairwise", by=None
        ),
        "adjusted": lambda f: means(f, "pairwise ~ recipe", adjust="bonferroni"),
        "levels": lambda f: means(f, "pairwise ~ recipe", level=0.9, infer=(True, True)),
        "interaction": lambda f: contrast(cells(f), interaction="pairwise"),
        "interactions": lambda f: contrast(cells(f), interaction=["poly", "eff"], adjust="sidak"),
        "interaction_list": lambda f: contrast(cells(f), interaction={"temperature": "poly", "recipe": "consec"}),
        "interaction_by": lambda f: confint(contrast(cells(f), interaction="consec", by="temperature")),
        "simple_arg": lambda f: pairs(cells(f), simple="recipe"),
        "none": lambda f: means(f, "~ 1"),
        "joint_test": lambda f: pylmer.test(pairs(means(f, "~ recipe | temperature")), joint=True),
    },
    "slopes": {
        "one": lambda f: means(f, "pairwise ~ recipe"),
        "at": lambda f: means(f, "~ recipe | temp", at={"temp": [175, 225]}),
        "temp": lambda f: means(f, "~ temp | recipe", at={"temp": [180.123456, 200]}),
        "trends": lambda f: trends(f, "pairwise ~ recipe", var="temp"),
        "trend": lambda f: trends(f, "~ 1", var="temp"),
        "satterthwaite": lambda f: means(f, "pairwise ~ recipe", lmer_df=SAT),
        "asymptotic": lambda f: means(f, "pairwise ~ recipe", lmer_df=ASYMPTOTIC),
        "joint": joint,
        "joint_satterthwaite": lambda f: joint(f, lmer_df=SAT),
        "joint_asymptotic": lambda f: joint(f, lmer_df=ASYMPTOTIC),
        "joint_by": lambda f: joint(f, by="recipe"),
        "grid": lambda f: summary(pylmer.ref_grid(f)),
        "range": lambda f: means(f, "~ recipe | temp", cov_reduce=lambda x: (x.min(), x.max())),
        "intervals": lambda f: confint(trends(f, "pairwise ~ recipe", var="temp"), level=0.9),
    },
    "ml": {
        "one": lambda f: means(f, "pairwise ~ recipe"),
        "satterthwaite": lambda f: means(f, "pairwise ~ recipe", lmer_df=SAT),
        "joint": joint,
        "joint_satterthwaite": lambda f: joint(f, lmer_df=SAT),
    },
    "empty": {
        "by": lambda f: means(f, "~ recipe | temperature"),
        "one": lambda f: means(f, "~ recipe"),
        "pairs": lambda f: means(f, "pairwise ~ temperature"),
        "joint": joint,
        "joint_by": lambda f: joint(f, by="recipe"),
        "tests": lambda f: pylmer.test(means(f, "~ recipe"), adjust="bonferroni"),
        "holm": lambda f: pairs(means(f, "~ temperature"), adjust="holm"),
        "scheffe": lambda f: pairs(means(f, "~ recipe"), adjust="scheffe"),
    },
    "log": {
        "link": lambda f: means(f, "pairwise ~ recipe"),
        "response": lambda f: means(f, "pairwise ~ recipe", type="response"),
        "intervals": lambda f: confint(means(f, "pairwise ~ recipe", type="response")),
        "eff": lambda f: contrast(means(f, "~ recipe"), "eff", type="response"),
        "own": lambda f: contrast(means(f, "~ recipe"), {"m": [0.5, 0.5, 0]}, type="response"),
        "null": lambda f: pylmer.test(means(f, "~ recipe", type="response"), null=np.log(30)),
        "both": lambda f: summary(means(f, "~ recipe"), type="response", infer=True),
        "both_pairs": lambda f: summary(pairs(means(f, "~ recipe")), type="response", infer=True),
        "consec": lambda f: contrast(means(f, "~ temperature"), "consec", type="response", adjust="none"),
        "control": lambda f: contrast(
            means(f, "~ temperature"), "trt.vs.ctrl", ref=[2, 3], type="response", adjust="holm"
        ),
    },
    "sqrt": {
        "link": lambda f: means(f, "pairwise ~ recipe"),
        "response": lambda f: means(f, "pairwise ~ recipe", type="response"),
        "trends": lambda f: trends(f, "~ 1", var="temp"),
    },
    "log10": {
        "link": lambda f: means(f, "pairwise ~ recipe"),
        "response": lambda f: means(f, "pairwise ~ recipe", type="response"),
    },
    "logplus": {
        "link": lambda f: means(f, "pairwise ~ recipe"),
        "response": lambda f: means(f, "pairwise ~ recipe", type="response"),
    },
    "scale": {
        "link": lambda f: means(f, "pairwise ~ recipe"),
        "response": lambda f: means(f, "~ recipe", type="response"),
    },
    "square": {
        "link": lambda f: means(f, "pairwise ~ recipe"),
        "response": lambda f: means(f, "pairwise ~ recipe", type="response"),
    },
    "kinds": {
        "grid": lambda f: summary(pylmer.ref_grid(f)),
        "equal": lambda f: means(f, "recipe"),
        "proportional": lambda f: means(f, "recipe", weights="proportional"),
        "outer": lambda f: means(f, "recipe", weights="outer"),
        "cells": lambda f: means(f, "recipe", weights="cells"),
        "flat": lambda f: means(f, "recipe", weights="flat"),
        "two": lambda f: means(f, "pairwise ~ two"),
        "odd": lambda f: means(f, "pairwise ~ odd"),
        "word": lambda f: means(f, "pairwise ~ word"),
        "words": lambda f: pairs(means(f, "~ word * odd"), adjust="none"),
        "trends": lambda f: trends(f, "~ temp", var="temp", at={"temp": [180, 200, 220]}),
        "all": lambda f: means(f, "~ 1", weights="proportional"),
        "joint": joint,
        "by": lambda f: means(f, "~ recipe | rep2 + odd", at={"odd": True}),
        "by_arg": lambda f: means(f, "pairwise ~ recipe", by="rep2"),
    },
    "weighted": {
        "satterthwaite": lambda f: means(f, "pairwise ~ recipe", lmer_df=SAT),
        "proportional": lambda f: means(f, "pairwise ~ recipe", lmer_df=SAT, weights="proportional"),
        "cells": lambda f: means(f, "~ recipe", lmer_df=SAT, weights="cells"),
        "outer": lambda f: means(f, "~ recipe", lmer_df=SAT, weights="outer"),
        "joint": lambda f: joint(f, lmer_df=SAT),
    },
    "made": {
        "temp": lambda f: means(f, "~ temp"),
        "at": lambda f: means(f, "pairwise ~ temp", at={"temp": [175, 185]}),
        "recipe": lambda f: means(f, "recipe"),
    },
    "bases": {
        "at": lambda f: means(f, "~ recipe | temp", at={"temp": [180, 200]}),
        "trends": lambda f: trends(f, "pairwise ~ recipe | temp", var="temp", at={"temp": [180, 200]}),
        "joint": joint,
    },
    "logx": {
        "trends": lambda f: trends(f, "~ recipe", var="temp"),
        "log": lambda f: trends(f, "~ recipe", var="log(temp)"),
        "one": lambda f: means(f, "~ recipe"),
    },
    "offset": {
        "one": lambda f: means(f, "~ recipe"),
        "zero": lambda f: means(f, "~ recipe | temp", at={"temp": [180, 220]}, offset=0),
        "pairs": lambda f: pairs(means(f, "~ temp", at={"temp": [180, 220]})),
    },
    "three": {
        "one": lambda f: means(f, "~ word"),
        "two": lambda f: pairs(means(f, "~ word * rep2 | recipe"), adjust="sidak"),
        "joint": joint,
        "joint_by": lambda f: joint(f, by="recipe"),
        "proportional": lambda f: means(f, "~ word", weights="proportional"),
        "cells": lambda f: means(f, "~ word", weights="cells"),
    },
    "sleep": {
        "at": lambda f: means(f, "Days", at=DAYS),
        "mean": lambda f: means(f, "Days"),
        "trend": lambda f: summary(trends(f, "~ 1", var="Days"), infer=True),
        "right": lambda f: pylmer.test(means(f, "Days", at=DAYS), null=250, side=">"),
        "left": lambda f: pylmer.test(means(f, "Days", at=DAYS), null=250, side="<"),
        "null": lambda f: pylmer.test(means(f, "Days", at=DAYS), null=[250, 300, 350]),
        "joint": lambda f: pylmer.test(means(f, "Days", at=DAYS), joint=True),
    },
    "oats": {
        "means": lambda f: means(f, "~ nitro"),
        "variety": lambda f: means(f, "pairwise ~ Variety"),
        "confint": lambda f: confint(pairs(means(f, "~ nitro"))),
        "bonferroni": lambda f: confint(means(f, "~ nitro"), adjust="bonferroni"),
        "changed": lambda f: pylmer.test(means(f, "~ nitro"), adjust="tukey"),
        "both": lambda f: summary(means(f, "~ nitro"), infer=(True, True)),
        "ref": lambda f: contrast(means(f, "~ nitro"), "trt.vs.ctrl", ref=2),
        "last": lambda f: contrast(means(f, "~ nitro"), "trt.vs.ctrlk"),
        "average": lambda f: contrast(means(f, "~ nitro"), "trt.vs.ctrl", ref=[1, 2]),
        "own": lambda f: contrast(means(f, "~ nitro"), OWN),
        "own_sidak": lambda f: contrast(means(f, "~ nitro"), OWN, adjust="sidak"),
        "reverse": lambda f: pairs(means(f, "~ nitro"), reverse=True),
        "joint": lambda f: pylmer.test(pairs(means(f, "~ nitro")), joint=True),
        "joint_consec": lambda f: pylmer.test(contrast(means(f, "~ nitro"), "consec"), joint=True),
        "by": lambda f: means(f, "nitro", by="Variety"),
        "exclude": lambda f: contrast(means(f, "~ nitro"), "pairwise", exclude=2),
        "twice": lambda f: contrast(contrast(means(f, "~ nitro"), "eff"), "pairwise"),
        "control_reverse": lambda f: contrast(means(f, "~ nitro"), "trt.vs.ctrl", ref="nitro0.2", reverse=True),
        "wts": lambda f: contrast(means(f, "~ nitro"), "eff", wts=[1, 2, 3, 4]),
        "wts_del": lambda f: contrast(means(f, "~ nitro"), "del.eff", wts=[1, 2, 3, 4]),
        "cross": lambda f: pairs(means(f, "~ nitro | Variety"), by=None),
        "equivalence": lambda f: pylmer.test(pairs(means(f, "~ nitro")), delta=20, adjust="none"),
        "nonsuperiority": lambda f: pylmer.test(pairs(means(f, "~ nitro")), delta=2, side="<", adjust="holm"),
        "one_sided": lambda f: summary(pairs(means(f, "~ nitro")), side=">", infer=(True, True)),
        "mvt": lambda f: summary(pairs(means(f, "~ nitro"), adjust="mvt"), infer=True),
        "mvt_one_sided": lambda f: summary(pairs(means(f, "~ nitro"), adjust="mvt"), infer=True, side="<"),
        "mvt_default": lambda f: contrast(means(f, "~ nitro"), "consec"),
        **{f"adjust_{adjust}": adjusted(adjust) for adjust in ADJUSTS},
    },
    "machines": {
        "kr": lambda f: means(f, "pairwise ~ Machine"),
        "satterthwaite": lambda f: means(f, "pairwise ~ Machine", lmer_df=SAT),
        "joint": joint,
    },
    "radon": {
        "floor": lambda f: means(f, "pairwise ~ floor"),
        "uranium": lambda f: means(f, "~ floor | log_uranium", at={"log_uranium": [-0.5, 0, 0.5]}),
        "trends": lambda f: trends(f, "pairwise ~ floor", var="log_uranium"),
        "joint": joint,
        "satterthwaite": lambda f: means(f, "~ floor", lmer_df=SAT),
    },
    "lm": {
        "one": lambda f: means(f, "pairwise ~ recipe"),
        "trends": lambda f: trends(f, "pairwise ~ recipe", var="temp"),
        "joint": joint,
    },
    "lm_weights": {
        "one": lambda f: means(f, "pairwise ~ recipe"),
        "proportional": lambda f: means(f, "~ recipe", weights="proportional"),
        "joint": joint,
    },
}
CASES = [(model, call) for model, calls in CALLS.items() for call in calls]


@functools.cache
def data(name: str) -> pd.DataFrame:
    """A data set with the columns that marginal_means.R adds."""
    frame = pylmer.datasets.load(name)
    if name == "cake":
        replicate, rows = frame["replicate"].astype(int), np.arange(1, 271)
        added = {
            "rep2": pd.Categorical(np.array(["u", "v", "w"])[replicate % 3]),
            "two": (replicate > 6).astype(float),
            "odd": replicate % 2 == 1,
            "word": np.array(["a-1", "b c", "zed"])[rows % 3],
            "w": 1.0 + rows % 4,
        }
        frame = frame.assign(**added)
    return frame


@functools.cache
def fitted(name: str) -> Any:
    model = MODELS[name]
    frame = data(model["data"]).iloc[[row - 1 for row in model["rows"]]]
    weights = "w" if model["weights"] else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        if model["lm"]:
            return pylmer.lm(model["formula"], frame, weights=weights)
        return pylmer.lmer(model["formula"], frame, weights=weights, REML=model["REML"])


@functools.cache
def answer(model: str, call: str) -> tuple[Any, list[str]]:
    """What pylmer says, and its notes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = CALLS[model][call](fitted(model))
        text = str(made)
    assert text
    return made, [str(each.message) for each in caught]


ON_PURPOSE = {("empty", "joint")}  # R takes the p-value of what is confounded from F rounded to three decimals


# df of a test with empty cells: by the rows of a basis, one of many that rounding chooses among (183.36 or 183.54)
EMPTY_CELLS = (2e-3, 2e-3)


@pytest.mark.parametrize(("model", "call"), [case for case in CASES if case not in ON_PURPOSE])
def test_page(model: str, call: str) -> None:
    theirs, (made, _) = lines(MODELS[model]["pages"][call]["page"]), answer(model, call)
    ours, near = lines(str(made)), (1e-3, np.inf) if call.startswith("mvt") else (1e-5, 1e-4)
    if (model, call) == ("empty", "joint_by"):
        near = EMPTY_CELLS
    assert same_up_to_rounding(ours, theirs, *near) or same_numbers(ours, theirs, *near), "\n".join(ours)


@pytest.mark.parametrize(("model", "call"), CASES)
def test_numbers(model: str, call: str) -> None:
    for ours, theirs in zip(
        tables(answer(model, call)[0]), reference(MODELS[model]["pages"][call]["numbers"]), strict=True
    ):
        assert set(ours.columns) == set(theirs)
        if "df1" not in theirs:  # R rounds joint tests and orders them otherwise: their pages are compared
            for name, column in theirs.items():
                if pd.api.types.is_numeric_dtype(ours[name]) and not pd.api.types.is_bool_dtype(ours[name]):
                    compare(name, ours[name].to_numpy(float), np.array([number(x) for x in listed(column)]), call)


def test_joint_tests_of_empty_cells() -> None:
    ours, theirs = (
        lines(str(CALLS["empty"]["joint"](fitted("empty")))),
        lines(MODELS["empty"]["pages"]["joint"]["page"]),
    )
    confounded = next(i for i, line in enumerate(theirs) if "(confounded)" in line)
    kept = [[line for i, line in enumerate(page) if i != confounded] for page in (ours, theirs)]
    assert same_up_to_rounding(*kept, *EMPTY_CELLS) or same_numbers(*kept, *EMPTY_CELLS)
    assert ours[confounded].split()[:-1] == theirs[confounded].split()[:-1]


@pytest.mark.parametrize(("model", "call"), CASES)
def test_notes(model: str, call: str) -> None:
    theirs = {text.strip() for text in MODELS[model]["pages"][call]["messages"]}
    assert {text.strip() for text in answer(model, call)[1]} == theirs


def compare(name: str, ours: np.ndarray, theirs: np.ndarray, call: str) -> None:
    """A column of estimates, errors, limits, ... within its tolerance; infinite and missing where R's is."""
    np.testing.assert_array_equal(np.isnan(ours) | np.isinf(ours), np.isnan(theirs) | np.isinf(theirs))
    known, carlo = np.isfinite(theirs), call.startswith("mvt")
    a, b = ours[known], theirs[known]
    largest = np.maximum(np.abs(b), 0.01 * np.max(np.abs(b), initial=1e-12))  # each number's own size, or a hundredth
    if name == "p.value":
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-3 if carlo else 1e-5)
    elif name == "df":
        np.testing.assert_allclose(a, b, rtol=1e-4 if "sat" in call else 1e-5)
    elif name.endswith("ratio") and name != "ratio":
        np.testing.assert_allclose(a / largest, b / largest, rtol=0, atol=1e-6)
    elif name.endswith("CL"):  # R solves for critical values of dunnettx to four digits
        np.testing.assert_allclose(a, b, rtol=0, atol=np.max(largest, initial=0) * (2e-3 if carlo else 3e-6))
    elif name == "SE":
        np.testing.assert_allclose(a, b, rtol=1e-6)
    else:
        np.testing.assert_allclose(a / largest, b / largest, rtol=0, atol=1e-6)


def listed(column: Any) -> list[Any]:
    return column if isinstance(column, list) else [column]


def number(value: Any) -> float:
    return float("nan") if value is None or value == "NA" else float(value)


def tables(made: Any) -> list[pd.DataFrame]:
    if isinstance(made, Mapping):
        return [table for part in made.values() for table in tables(part)]
    return [made if isinstance(made, MeansTable) else made.as_frame()]


def reference(numbers: Any) -> list[dict[str, Any]]:
    """The tables of a page: R binds those of confint() side by side, emmeans.recipe, contrasts.contrast, ..."""
    first, names = next(iter(numbers.values())), list(numbers)
    if isinstance(first, dict):
        return list(numbers.values())
    if all(name.startswith(("emmeans.", "emtrends.", "contrasts.")) for name in names):
        parts = dict.fromkeys(name.split(".")[0] for name in names)
        return [{k.split(".", 1)[1]: v for k, v in numbers.items() if k.startswith(f"{part}.")} for part in parts]
    return [numbers]
