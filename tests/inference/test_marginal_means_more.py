"""Nested variables, several specs, simple contrasts, scales, covariates, trends: pages and numbers of R's emmeans.

The calls of R stand beside each answer in marginal_means_more.json. Tolerances as in test_marginal_means: estimates and
standard errors 1e-6, degrees of freedom 1e-5, p-values 1e-5.
"""

from __future__ import annotations

import functools
import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import pylmer
from tests.inference.test_marginal_means import Call, compare, listed, number, reference, tables
from tests.printing.pages import lines, same_numbers, same_up_to_rounding

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "marginal_means_more.json"
MODELS: dict[str, dict[str, Any]] = {m["name"]: m for m in json.loads(FILE.read_text(encoding="utf-8"))}

means, trends, contrast, pairs = pylmer.emmeans, pylmer.emtrends, pylmer.contrast, pylmer.pairs
summary, confint, joint, test = pylmer.summary, pylmer.confint, pylmer.joint_tests, pylmer.test
ref_grid, regrid, rbind, eff_size = pylmer.ref_grid, pylmer.regrid, pylmer.rbind, pylmer.eff_size
HEAT = ["low", "low", "mid", "mid", "hi", "hi"]


def span(x: np.ndarray) -> tuple[float, float]:
    return float(x.min()), float(x.max())


def grouped(grid: Any, levels: Any = HEAT) -> Any:
    return pylmer.add_grouping(grid, "heat", "temperature", levels)


def corrected(sigma: float) -> Call:
    return lambda f: summary(means(f, "~ s"), type="response", bias_adjust=True, sigma=sigma)


BIAS: dict[str, Any] = {"type": "response", "bias_adjust": True, "sigma": 0.3}
CALLS: dict[str, dict[str, Call]] = {
    "ab": {
        "by": lambda f: means(f, "~ recipe | s"),
        "one": lambda f: means(f, "~ recipe"),
        "other": lambda f: means(f, "~ s"),
        "both": lambda f: means(f, "~ recipe * s"),
        "temp": lambda f: means(f, "~ s | temp"),
        "trends": lambda f: trends(f, "~ s", var="temp"),
        "trend": lambda f: trends(f, "~ recipe", var="temp"),
        "none": lambda f: means(f, "~ 1"),
    },
    "abc": {
        "by": lambda f: means(f, "~ recipe | s"),
        "both": lambda f: means(f, "~ recipe * s"),
        "trends": lambda f: trends(f, "~ recipe", var="temp"),
        "three": lambda f: means(f, "~ recipe * s", by="temp"),
        "again": lambda f: means(means(f, "~ recipe * s | temp"), "~ recipe | temp"),
    },
    "one": {
        "one_mean": lambda f: pairs(means(f, "~ 1")),
        "one_confint": lambda f: confint(pairs(means(f, "~ 1"))),
        "one_consec": lambda f: contrast(means(f, "~ 1"), "consec"),
        "one_control": lambda f: contrast(means(f, "~ 1"), "trt.vs.ctrl"),
        "one_del": lambda f: contrast(means(f, "~ 1"), "del.eff"),
        "one_change": lambda f: contrast(means(f, "~ 1"), "mean_chg"),
        "one_pairwise": lambda f: means(f, "pairwise ~ 1"),
        "each": lambda f: pairs(means(f, "~ recipe * s"), simple="each"),
        "each_combined": lambda f: pairs(means(f, "~ recipe * s"), simple="each", combine=True),
        "sets": lambda f: pairs(means(f, "~ recipe * s"), simple=[["recipe"], ["recipe", "s"]], combine=True),
        "each_one": lambda f: contrast(means(f, "~ recipe"), simple="each"),
        "each_by": lambda f: contrast(means(f, "~ recipe * s | temp", cov_reduce=span), simple="each", combine=True),
        "each_sidak": lambda f: contrast(
            means(f, "~ recipe * s"), "consec", simple=[["recipe"], ["s"]], combine=True, adjust="sidak"
        ),
        "each_infer": lambda f: summary(
            contrast(means(f, "~ recipe * s"), "consec", simple="each", combine=True), infer=True
        ),
        "each_interaction": lambda f: pairs(means(f, "~ recipe * s"), interaction=True, simple="each"),
        "list": lambda f: means(f, ["pairwise ~ recipe", "eff ~ s"]),
        "list_by": lambda f: means(f, ["pairwise ~ recipe", "~ s | recipe"]),
        "list_named": lambda f: means(f, {"r": "pairwise ~ recipe", "f": "~ s"}),
        "list_names": lambda f: means(f, [["recipe"], ["s", "recipe"]]),
        "list_contr": lambda f: means(f, ["~ s", "~ recipe"], contr="consec", adjust="none"),
        "list_test": lambda f: test(means(f, ["~ recipe", "~ s"])),
        "list_pairs": lambda f: pairs(means(f, ["~ recipe", "~ s"])),
        "list_summary": lambda f: summary(means(f, ["~ s", "pairwise ~ recipe"]), infer=True),
        "rbind": lambda f: rbind(means(f, "~ recipe"), means(f, "~ s")),
        "rbind_pairs": lambda f: rbind(pairs(means(f, "~ recipe")), pairs(means(f, "~ s"))),
        "plus": lambda f: pairs(means(f, "~ recipe")) + pairs(means(f, "~ s")),
        "rbind_holm": lambda f: rbind(pairs(means(f, "~ recipe | s")), adjust="holm"),
        "rbind_both": lambda f: rbind(means(f, "~ s"), pairs(means(f, "~ s"))),
        "rbind_list": lambda f: rbind(means(f, ["pairwise ~ recipe", "~ s"])),
        "rbind_temp": lambda f: rbind(means(f, "~ temp", cov_reduce=span), means(f, "~ s")),
        "subset": lambda f: means(f, "~ recipe | s")[:4],
        "subset_pairs": lambda f: pairs(means(f, "~ s"))[[0, 1]],
        "eff_size": lambda f: eff_size(means(f, "~ recipe"), sigma=4.5, edf=40),
        "eff_size_by": lambda f: eff_size(means(f, "~ recipe | s"), sigma=4.5, edf=30, method="trt.vs.ctrl"),
        "eff_size_identity": lambda f: eff_size(pairs(means(f, "~ recipe")), sigma=4.5, edf=30, method="identity"),
        "eff_size_list": lambda f: eff_size(means(f, "pairwise ~ recipe"), sigma=4, edf=np.inf),
        "eff_size_simple": lambda f: eff_size(means(f, "~ recipe * s"), sigma=4, edf=40, simple="recipe"),
        "eff_size_one": lambda f: eff_size(means(f, "~ 1"), sigma=4, edf=3),
        "eff_size_test": lambda f: test(eff_size(means(f, "~ s"), sigma=4.5, edf=50)),
        "eff_size_both": lambda f: summary(eff_size(means(f, "~ s"), sigma=4.5, edf=50), infer=True),
    },
    "plain": {
        "df": lambda f: summary(pairs(means(f, "~ s")), df=7),
        "df_confint": lambda f: confint(means(f, "~ s"), df=7),
        "df_test": lambda f: test(means(f, "~ s"), df=7, null=30),
        "df_means": lambda f: means(f, "pairwise ~ s", df=9),
        "df_eff": lambda f: contrast(means(f, "~ s"), "eff", df=3),
        "df_inf": lambda f: summary(means(f, "~ s"), df=np.inf),
        "by_both": lambda f: means(f, "pairwise ~ s | recipe", by="temp"),
        "equal": lambda f: means(f, "~ recipe"),
        "proportional": lambda f: means(f, "~ recipe", weights="proportional"),
        "outer": lambda f: means(f, "~ recipe", weights="outer"),
        "flat": lambda f: means(f, "~ recipe", weights="flat"),
        "cells": lambda f: means(f, "~ recipe", weights="cells"),
        "own": lambda f: means(f, "~ recipe", weights=[1, 2, 3]),
        "own_pairs": lambda f: means(f, "pairwise ~ 1", weights=list(range(1, 10))),
        "all": lambda f: means(f, "~ 1", weights="outer"),
        "all_cells": lambda f: means(f, "~ 1", weights="cells"),
        "joint_range": lambda f: joint(f, cov_reduce=span),
        "joint_by": lambda f: joint(f, by="s"),
        "joint_at": lambda f: joint(f, at={"recipe": ["A", "B"]}),
        "max_degree": lambda f: contrast(means(f, "~ s"), "poly", max_degree=1),
        "include": lambda f: contrast(means(f, "~ s"), "consec", include=[1, 2]),
        "reverse": lambda f: means(f, "consec ~ s", reverse=True, adjust="none"),
        "ref": lambda f: means(f, "trt.vs.ctrl1 ~ s", ref="s2", adjust="none"),
        "infer": lambda f: means(f, "pairwise ~ s", infer=(True, True)),
        "infer_one": lambda f: means(f, "~ s", infer=(False, True)),
    },
    "additive": {
        "grid": lambda f: summary(ref_grid(f)),
        "inner": lambda f: means(f, "~ recipe"),
        "outer": lambda f: means(f, "~ g"),
        "pairwise": lambda f: means(f, "pairwise ~ recipe"),
        "pairs_outer": lambda f: pairs(means(f, "~ g")),
        "joint": joint,
        "by": lambda f: means(f, "~ recipe | g"),
        "pairs_by": lambda f: pairs(means(f, "~ recipe | g")),
        "temp": lambda f: means(f, "~ temp"),
        "all": lambda f: means(f, "~ 1"),
        "none": lambda f: means(f, "~ recipe", nesting=None),
        "given": lambda f: means(f, "~ recipe", nesting="recipe %in% g"),
        "given_list": lambda f: means(f, "~ recipe", nesting={"recipe": "g"}),
        "range": lambda f: means(f, "~ recipe * temp", cov_reduce=span),
        "eff": lambda f: means(f, "eff ~ recipe"),
        "consec": lambda f: contrast(means(f, "~ recipe"), "consec", adjust="none"),
        "proportional": lambda f: means(f, "~ g", weights="proportional"),
        "cells": lambda f: means(f, "~ g", weights="cells"),
        "outer_weights": lambda f: means(f, "~ g", weights="outer"),
        "all_weights": lambda f: means(f, "~ 1", weights="proportional"),
        "joint_pairs": lambda f: test(pairs(means(f, "~ recipe")), joint=True),
    },
    "numbered": {
        "inner": lambda f: means(f, "~ t"),
        "outer": lambda f: means(f, "~ s"),
        "pairs_by": lambda f: pairs(means(f, "~ t | s")),
        "pairs": lambda f: pairs(means(f, "~ t")),
        "joint": joint,
        "by": lambda f: means(f, "~ t | s"),
        "two": lambda f: means(f, "~ s * t"),
        "consec": lambda f: contrast(means(f, "~ t"), "consec", adjust="holm"),
        "all": lambda f: means(f, "~ 1"),
        "pairs_outer": lambda f: pairs(means(f, "~ s")),
        "simple": lambda f: pairs(means(f, "~ t"), simple="t"),
        "confint": lambda f: confint(pairs(means(f, "~ t | s"))),
        "joint_pairs": lambda f: test(pairs(means(f, "~ t | s")), joint=True),
        "ungrouped": lambda f: pairs(means(f, "~ t | s"), by=None),
        "eff": lambda f: contrast(means(f, "~ t | s"), "eff"),
        "rbind": lambda f: rbind(pairs(means(f, "~ t | s"))),
        "sidak": lambda f: summary(means(f, "~ t | s"), infer=True, adjust="sidak"),
        "poly": lambda f: contrast(means(f, "~ t | s"), "poly"),
        "control": lambda f: contrast(means(f, "~ t | s"), "trt.vs.ctrl"),
        "bonferroni": lambda f: pairs(means(f, "~ t | s"), adjust="bonferroni"),
        "at": lambda f: means(f, "~ t", at={"s": ["s1", "s2"]}),
        "at_one": lambda f: means(f, "~ t", at={"t": "3"}),
    },
    "three": {
        "grid": lambda f: summary(ref_grid(f)),
        "tt": lambda f: means(f, "~ tt"),
        "s": lambda f: means(f, "~ s"),
        "dis": lambda f: means(f, "~ dis"),
        "tt_by": lambda f: means(f, "~ tt | s"),
        "s_by": lambda f: means(f, "~ s | dis"),
        "joint": joint,
        "pairs": lambda f: pairs(means(f, "~ s")),
    },
    "crossed": {
        "dis": lambda f: means(f, "~ dis"),
        "two": lambda f: means(f, "~ s * recipe"),
        "turned": lambda f: means(f, "~ recipe * s"),
        "all": lambda f: means(f, "~ 1"),
        "recipe": lambda f: means(f, "~ recipe"),
        "dis_by": lambda f: means(f, "~ dis | recipe"),
        "joint": joint,
        "proportional": lambda f: means(f, "~ dis", weights="proportional"),
        "all_proportional": lambda f: means(f, "~ 1", weights="proportional"),
        "outer": lambda f: means(f, "~ dis", weights="outer"),
        "cells": lambda f: means(f, "~ recipe", weights="cells"),
        "recipe_outer": lambda f: means(f, "~ recipe", weights="outer"),
        "recipe_proportional": lambda f: means(f, "~ recipe", weights="proportional"),
        "two_nested": lambda f: means(f, "~ s * recipe", nesting=["s %in% dis", "recipe %in% dis"]),
        "within_two": lambda f: means(f, "~ s", nesting="s %in% (dis*recipe)"),
        "pairs_by": lambda f: pairs(means(f, "~ s | recipe")),
    },
    "inside": {
        "s": lambda f: means(f, "~ s"),
        "by": lambda f: means(f, "~ s | temperature"),
        "joint": joint,
    },
    "slopes": {
        "one": lambda f: means(f, "~ recipe"),
        "range": lambda f: means(f, "~ recipe | temp", cov_reduce=span),
        "temp": lambda f: means(f, "~ temp", cov_reduce=span),
        "trends": lambda f: trends(f, "~ recipe", var="temp"),
        "joint": joint,
    },
    "two": {
        "s": lambda f: means(f, "~ s"),
        "both": lambda f: means(f, "~ s * recipe"),
        "outer": lambda f: means(f, "~ g * dis"),
        "by": lambda f: means(f, "~ recipe | s"),
        "pairs": lambda f: pairs(means(f, "~ s"), reverse=True),
        "pairs_both": lambda f: pairs(means(f, "~ s * recipe"), adjust="none"),
        "both_infer": lambda f: summary(means(f, "pairwise ~ s"), infer=True),
    },
    "both": {"tt": lambda f: means(f, "~ tt"), "t": lambda f: means(f, "~ t")},
    "cells": {"t": lambda f: means(f, "~ t"), "s": lambda f: means(f, "~ s")},
    "alias": {"recipe": lambda f: means(f, "~ recipe"), "rc": lambda f: means(f, "~ rc")},
    "loose": {"given": lambda f: means(f, "~ t", nesting="t %in% s")},
    "heat": {
        "grouped": lambda f: grouped(means(f, "~ temperature")),
        "heat": lambda f: means(grouped(means(f, "~ temperature")), "pairwise ~ heat"),
        "pairs": lambda f: pairs(means(grouped(means(f, "~ temperature")), "~ temperature | heat")),
        "joint": lambda f: joint(grouped(means(f, "~ temperature"))),
        "grid": lambda f: means(grouped(ref_grid(f)), "~ heat | recipe"),
        "grid_joint": lambda f: joint(grouped(ref_grid(f))),
        "grid_recipe": lambda f: means(grouped(ref_grid(f)), "~ recipe"),
        "grid_temperature": lambda f: means(grouped(ref_grid(f)), "~ temperature | recipe"),
        "ordered": lambda f: means(grouped(ref_grid(f), pd.Categorical(HEAT, ["low", "mid", "hi"])), "~ heat"),
    },
    "log": {
        "bias": corrected(0.3),
        "bias_list": lambda f: summary(means(f, "pairwise ~ s"), **BIAS),
        "bias_default": lambda f: summary(means(f, "~ s"), type="response", bias_adjust=True),
        "bias_link": lambda f: summary(means(f, "~ s"), bias_adjust=True, sigma=0.3),
        "bias_confint": lambda f: confint(pairs(means(f, "~ s")), **BIAS),
        "bias_test": lambda f: test(means(f, "~ s"), null=np.log(30), **BIAS),
        "bias_means": lambda f: means(f, "pairwise ~ recipe", **BIAS),
        "bias_contrast": lambda f: contrast(means(f, "~ recipe"), "pairwise", **BIAS),
        "bias_several": lambda f: summary(
            means(f, "~ s | recipe"), type="response", bias_adjust=True, sigma=[0.1, 0.2, 0.3]
        ),
        "regrid": lambda f: regrid(means(f, "~ s")),
        "regrid_pairs": lambda f: pairs(regrid(means(f, "~ s"))),
        "regrid_log10": lambda f: regrid(means(f, "~ s"), "log10"),
        "regrid_log10_pairs": lambda f: pairs(regrid(means(f, "~ s"), "log10")),
        "regrid_bias": lambda f: regrid(means(f, "~ s"), bias_adjust=True, sigma=0.3),
        "regrid_none": lambda f: regrid(means(f, "~ s"), "none"),
        "regrid_pass": lambda f: regrid(means(f, "~ s"), "pass"),
        "regrid_emmeans": lambda f: means(f, "pairwise ~ s", regrid="response"),
        "regrid_by": lambda f: regrid(means(f, "~ recipe | s")),
        "regrid_grid": lambda f: summary(ref_grid(f, regrid="response")),
        "regrid_ratio": lambda f: regrid(pairs(means(f, "~ s"))),
        "simple": lambda f: contrast(means(f, "~ recipe", type="response"), "pairwise", combine=True, simple="each"),
    },
    "sqrt": {
        "bias": lambda f: summary(means(f, "pairwise ~ s"), type="response", bias_adjust=True, sigma=0.5),
        "regrid_log": lambda f: regrid(means(f, "~ s"), "log"),
        "regrid_log_response": lambda f: summary(regrid(means(f, "~ s"), "log"), type="response"),
        "regrid_ratios": lambda f: contrast(regrid(means(f, "~ s"), "log"), "pairwise", type="response"),
        "regrid_sqrt": lambda f: regrid(means(f, "~ s"), "sqrt"),
        "regrid_log2": lambda f: regrid(means(f, "~ s"), "log2"),
        "regrid_mu": lambda f: regrid(means(f, "~ s"), "mu"),
        "regrid_joint": lambda f: test(pairs(regrid(means(f, "~ s"))), joint=True),
        "regrid_eff": lambda f: contrast(regrid(means(f, "~ s")), "eff"),
        "regrid_means": lambda f: means(regrid(ref_grid(f)), "~ s"),
        "eff_size": lambda f: eff_size(means(f, "~ s"), sigma=0.5, edf=50),
    },
    "log1p": {"bias": corrected(0.3)},
    "log10": {"bias": lambda f: summary(means(f, "pairwise ~ s"), type="response", bias_adjust=True, sigma=0.1)},
    "asin": {"bias": corrected(0.3)},
    "twolog": {"bias": corrected(0.3), "regrid": lambda f: regrid(means(f, "~ s"))},
    "scaled": {"bias": corrected(0.1)},
    "poly": {
        "two": lambda f: trends(f, "~ recipe", var="temp", max_degree=2),
        "pairs": lambda f: trends(f, "pairwise ~ recipe", var="temp", max_degree=2),
        "degree": lambda f: trends(f, "~ degree | recipe", var="temp", max_degree=2),
        "all": lambda f: trends(f, "~ 1", var="temp", max_degree=2, at={"temp": [180, 200]}),
        "at": lambda f: trends(f, "~ temp", var="temp", max_degree=2, at={"temp": [180, 200]}, delta_var=5),
        "delta": lambda f: trends(f, "~ recipe", var="temp", delta_var=5),
        "first": lambda f: trends(f, "~ recipe", var="temp", max_degree=1),
    },
    "lmtrend": {
        "two": lambda f: trends(f, "~ temp", var="temp", max_degree=2, at={"temp": 190}),
        "three": lambda f: trends(f, "~ temp", var="temp", max_degree=3, at={"temp": [190, 210]}, delta_var=1),
    },
    "covariates": {
        "one": lambda f: means(f, "~ recipe | temp", cov_reduce={"temp": span}),
        "two": lambda f: summary(ref_grid(f, cov_reduce={"temp": span, "z": np.median})),
        "formula": lambda f: summary(ref_grid(f, cov_reduce="z ~ temp", at={"temp": [180, 220]})),
        "mixed": lambda f: summary(ref_grid(f, cov_reduce=["z ~ temp + recipe", {"temp": span}])),
        "recipe": lambda f: means(f, "~ recipe", cov_reduce="z ~ recipe"),
        "formulas": lambda f: means(f, "~ temp", cov_reduce=["z ~ temp", "k ~ temp"], at={"temp": [180, 220]}),
        "all": lambda f: summary(ref_grid(f, cov_reduce=False, at={"z": 20, "temp": 200})),
        "keep": lambda f: summary(ref_grid(f, cov_keep="k")),
        "keep_number": lambda f: summary(ref_grid(f, cov_keep=3)),
        "usual": lambda f: summary(ref_grid(f, cov_reduce=True)),
        "averaged": lambda f: means(f, "~ recipe", cov_reduce=["z ~ temp", {"temp": span}]),
        "nested": lambda f: summary(ref_grid(f, cov_reduce=False, at={"z": 20})),
    },
    "logtemp": {
        "regrid_trends": lambda f: trends(f, "~ recipe", var="temp", regrid="response"),
        "regrid_at": lambda f: trends(f, "~ recipe", var="temp", at={"temp": [180, 200]}, regrid="response"),
        "regrid": lambda f: means(f, "~ recipe", regrid="response"),
    },
    "lm": {
        "regrid": lambda f: regrid(means(f, "~ s")),
        "pairs": lambda f: pairs(regrid(means(f, "~ s"))),
        "eff_size": lambda f: eff_size(means(f, "~ s"), sigma=pylmer.sigma(f), edf=pylmer.df_residual(f)),
    },
}
CASES = [(model, call) for model, calls in CALLS.items() for call in calls]


@functools.cache
def data() -> pd.DataFrame:
    """The cakes with the columns that marginal_means_more.R adds, on its rows."""
    frame, rows = pylmer.datasets.load("cake"), np.arange(1, 271)
    replicate = frame["replicate"].astype(int).to_numpy()
    s = np.array(["s1", "s2", "s3"])[replicate % 3]
    t = (1 + (replicate > 7) + (replicate > 11) * (s == "s1")).astype(str)
    made = frame.assign(
        s=pd.Categorical(s),
        t=pd.Categorical(t),
        tt=pd.Categorical(np.char.add(np.char.add(s, "t"), t)),
        dis=pd.Categorical(np.where(s == "s1", "x", "y")),
        rc=pd.Categorical(frame["recipe"].astype(str).map({"A": "k", "B": "l", "C": "m"})),
        g=pd.Categorical(np.where(frame["recipe"] == "A", "p", "q")),
        z=np.round(frame["temp"] / 10 + rows * 7 / 11 + (rows * 13) % 7, 2),
        k=1.0 + rows % 3,
    )
    return made.drop(index=[i - 1 for i in (*range(61, 68), *range(171, 175), *range(266, 271))])


@functools.cache
def fitted(name: str) -> Any:
    model = MODELS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        if model["lm"]:
            return pylmer.lm(model["formula"], data())
        return pylmer.lmer(f"{model['formula']} + (1 | recipe:replicate)", data())


@functools.cache
def answer(model: str, call: str) -> tuple[Any, str, list[str]]:
    """What pylmer says, its page, and its notes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = CALLS[model][call](fitted(model))
        text = str(made)
    return made, text, [str(each.message) for each in caught]


def test_every_answer_of_r_is_compared() -> None:
    assert {(name, call) for name, model in MODELS.items() for call in model["pages"]} == set(CASES)


# R names the number of estimates of one table where tables differ: "family of 2", though the first has 3 ...
VARIES = {("numbered", call) for call in ("pairs_by", "simple", "eff", "sidak", "control", "bonferroni")}
# ... and takes the studentized range of 9 means where tables of 3 are compared (see test_the_range_of_each_table)
TOO_WIDE = {("crossed", "pairs_by")}

# R keeps the rows of a frame in the order of the grid, and prints them table by table; pylmer's stand as printed
OTHER_ORDER = {("slopes", "range"), ("two", "by")}


def plain(page: list[str]) -> list[str]:
    """A page without how many estimates were compared."""
    return [re.sub(r"(family of|for) (\d+|\(varies\)) (estimates|tests)", r"\1 n \3", line) for line in page]


@pytest.mark.parametrize(("model", "call"), [case for case in CASES if case not in TOO_WIDE])
def test_page(model: str, call: str) -> None:
    theirs, ours = lines(MODELS[model]["pages"][call]["page"]), lines(answer(model, call)[1])
    if (model, call) in VARIES:
        assert any("(varies)" in line for line in ours)
        theirs, ours = plain(theirs), plain(ours)
    assert same_up_to_rounding(ours, theirs, 1e-5, 1e-4) or same_numbers(ours, theirs, 1e-5, 1e-4), "\n".join(ours)


@pytest.mark.filterwarnings("ignore:Note. adjust")
@pytest.mark.parametrize(("model", "call"), [case for case in CASES if case not in TOO_WIDE])
def test_numbers(model: str, call: str) -> None:
    for ours, theirs in zip(
        tables(answer(model, call)[0]), reference(MODELS[model]["pages"][call]["numbers"]), strict=True
    ):
        assert set(ours.columns) == set(theirs)
        if (model, call) in OTHER_ORDER:
            ours = ours.sort_values("emmean")
            theirs = pd.DataFrame(theirs).sort_values("emmean").to_dict("list")
        if "df1" not in theirs:
            for name, column in theirs.items():
                if pd.api.types.is_numeric_dtype(ours[name]) and not pd.api.types.is_bool_dtype(ours[name]):
                    compare(name, ours[name].to_numpy(float), np.array([number(x) for x in listed(column)]), call)


@pytest.mark.parametrize(("model", "call"), CASES)
def test_notes(model: str, call: str) -> None:
    theirs = {text.strip() for text in MODELS[model]["pages"][call]["messages"]}
    assert {text.strip() for text in answer(model, call)[2]} == theirs


def test_the_range_of_each_table() -> None:
    """Tukey's probability is that of the 3 means of each table; R takes 9, as scipy's range of 9 shows."""
    table, theirs = answer("crossed", "pairs_by")[0].as_frame(), MODELS["crossed"]["pages"]["pairs_by"]["numbers"]
    np.testing.assert_allclose(table["t.ratio"], theirs["t.ratio"], atol=1e-5)
    q = np.sqrt(2) * table["t.ratio"].abs()
    np.testing.assert_allclose(table["p.value"], stats.studentized_range.sf(q, 3, table["df"]), atol=1e-8)
    np.testing.assert_allclose(theirs["p.value"], stats.studentized_range.sf(q, 9, table["df"]), atol=1e-5)
